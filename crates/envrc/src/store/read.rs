//! Reading direnv's folders.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use proofmark_core::Digest;

use super::disk::{Disk, DiskAnswer, FileKind};
use super::hash::{approval_name, denial_name, is_name};
use super::model::{
    Approval, ApprovalState, ApprovalStore, Cached, CachedState, Odd, StartupFile, Store, StoreProblem,
};
use super::path::{above, clean, join};
use super::roots::{Roots, RootsError, Variables};
use super::settings::{MAX_SETTINGS, Settings};

/// What reading may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLimits {
    /// Files of all of direnv's folders.
    pub entries: usize,
    /// Bytes of one `.envrc`, startup file or download.
    pub file: u64,
    /// Bytes of all of them.
    pub total: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { entries: 50_000, file: 16 * 1024 * 1024, total: 256 * 1024 * 1024 }
    }
}

/// Bytes of a file of a store: a path has 4,096 at most.
const MAX_ENTRY: u64 = 16 * 1024;

/// Reads what direnv would, and hashes the files that it names. `others` are absolute paths of `.envrc` files that are known
/// beside those: an approval that says something else is recognised by them.
pub fn read_store(
    variables: &Variables,
    others: &[Vec<u8>],
    disk: &dyn Disk,
    limits: &StoreLimits,
) -> Result<Store, RootsError> {
    let roots = Roots::of(variables)?;
    let store = Store {
        variables: variables.clone(),
        roots,
        approvals: Vec::new(),
        denied: Vec::new(),
        settings: None,
        startup: Vec::new(),
        cached: Vec::new(),
        facts: BTreeMap::new(),
        problems: Vec::new(),
    };
    let mut reader = Reader { disk, limits, left: limits.total, entries: limits.entries, store };
    reader.settings();
    reader.startup();
    let mut entries = reader.entries(b"allow", ApprovalStore::Allow);
    for (folder, _) in reader.named(&join(&reader.store.roots.data, b"allowed-required")) {
        let folder = [b"allowed-required/", folder.as_slice()].concat();
        entries.extend(reader.entries(&folder, ApprovalStore::Required));
    }
    reader.denied();
    reader.approvals(entries, others);
    reader.cached();
    reader.folders_above();
    Ok(reader.store)
}

/// A file of a store, before the file that it approves is looked at.
struct StoreFile {
    store: ApprovalStore,
    name: Vec<u8>,
    file: Vec<u8>,
    content: Result<Vec<u8>, Odd>,
}

/// What is at a path that an approval names.
enum Named {
    Hash(String),
    Gone,
    Unread,
}

struct Reader<'a> {
    disk: &'a dyn Disk,
    limits: &'a StoreLimits,
    /// Bytes and entries that may still be read.
    left: u64,
    entries: usize,
    store: Store,
}

impl Reader<'_> {
    fn problem(&mut self, path: &[u8], why: impl Into<String>) {
        self.store.problems.push(StoreProblem { path: path.to_vec(), why: why.into() });
    }

    /// What a path leads to, noted for the rules about who may write to it.
    fn kind(&mut self, path: &[u8]) -> Option<FileKind> {
        match self.disk.facts(path, true) {
            DiskAnswer::Is(facts) => {
                self.store.facts.insert(path.to_vec(), facts);
                Some(facts.kind)
            }
            DiskAnswer::Absent => None,
            DiskAnswer::Failed(why) => {
                self.problem(path, why);
                None
            }
        }
    }

    fn bytes(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let max = self.limits.file.min(self.left);
        match self.disk.read(path, max) {
            DiskAnswer::Is(bytes) => {
                self.left = self.left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                Some(bytes)
            }
            DiskAnswer::Absent => None,
            DiskAnswer::Failed(why) => {
                self.problem(path, why);
                None
            }
        }
    }

    /// The names in a folder, sorted, each with its path.
    fn named(&mut self, folder: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        if self.kind(folder).is_none() {
            return Vec::new();
        }
        let mut names = match self.disk.list(folder, self.entries) {
            DiskAnswer::Is(names) => names,
            DiskAnswer::Absent => Vec::new(),
            DiskAnswer::Failed(why) => {
                self.problem(folder, why);
                Vec::new()
            }
        };
        self.entries = self.entries.saturating_sub(names.len());
        names.sort();
        names.into_iter().map(|name| (name.clone(), [folder, b"/", name.as_slice()].concat())).collect()
    }

    /// `direnv.toml`, else `config.toml`: the first that is there, whatever it is.
    fn settings(&mut self) {
        for name in [&b"direnv.toml"[..], b"config.toml"] {
            let file = join(&self.store.roots.config, name);
            if self.kind(&file).is_none() {
                continue;
            }
            match self.disk.read(&file, MAX_SETTINGS) {
                DiskAnswer::Is(bytes) => {
                    match Settings::read(&file, &bytes, self.store.roots.home.as_deref()) {
                        Ok(settings) => self.store.settings = Some(settings),
                        Err(why) => self.problem(&file, why),
                    }
                }
                DiskAnswer::Absent => {}
                DiskAnswer::Failed(why) => self.problem(&file, why),
            }
            return;
        }
    }

    /// `lib/*.sh` in the order of bash's pattern, then `direnvrc`, else `~/.direnvrc`.
    fn startup(&mut self) {
        let lib = join(&self.store.roots.config, b"lib");
        let mut files: Vec<Vec<u8>> = self
            .named(&lib)
            .into_iter()
            .filter(|(name, _)| name.ends_with(b".sh") && !name.starts_with(b"."))
            .map(|(_, path)| path)
            .collect();
        let own = join(&self.store.roots.config, b"direnvrc");
        let old = self.store.roots.home.as_ref().map(|home| join(home, b".direnvrc"));
        let found =
            [Some(own), old].into_iter().flatten().find(|path| self.kind(path) == Some(FileKind::File));
        files.extend(found);
        for path in files {
            let Some(kind) = self.kind(&path) else { continue };
            // A folder of that name is no script; bash says so and goes on. A pipe may give it anything.
            if kind == FileKind::Folder {
                continue;
            }
            let sha256 = self.bytes(&path).map(|bytes| Digest::sha256(&bytes).hex().to_owned());
            self.store.startup.push(StartupFile { path, sha256 });
        }
    }

    /// The files of a store that direnv can look for.
    fn entries(&mut self, folder: &[u8], store: ApprovalStore) -> Vec<StoreFile> {
        let folder = join(&self.store.roots.data, folder);
        let mut entries = Vec::new();
        for (name, file) in self.named(&folder) {
            if !is_name(&name) {
                continue;
            }
            let content = match self.disk.facts(&file, false) {
                DiskAnswer::Is(facts) => match facts.kind {
                    FileKind::File => match self.disk.read(&file, MAX_ENTRY) {
                        DiskAnswer::Is(content) => Ok(content),
                        // Removed meanwhile.
                        DiskAnswer::Absent => continue,
                        DiskAnswer::Failed(why) => {
                            self.problem(&file, why);
                            continue;
                        }
                    },
                    FileKind::Link => Err(Odd::Link),
                    FileKind::Folder => Err(Odd::Folder),
                    FileKind::Other => Err(Odd::Other),
                },
                DiskAnswer::Absent => continue,
                DiskAnswer::Failed(why) => {
                    self.problem(&file, why);
                    continue;
                }
            };
            entries.push(StoreFile { store, name, file, content });
        }
        entries
    }

    /// A denial says its path, and holds for the path of its name.
    fn denied(&mut self) {
        let folder = join(&self.store.roots.data, b"deny");
        for (name, file) in self.named(&folder) {
            let DiskAnswer::Is(content) = self.disk.read(&file, MAX_ENTRY) else { continue };
            if let Some(path) = said(&content).filter(|path| denial_name(path).as_bytes() == name) {
                self.store.denied.push(path.to_vec());
            }
        }
        self.store.denied.sort();
    }

    fn approvals(&mut self, entries: Vec<StoreFile>, others: &[Vec<u8>]) {
        let mut files: BTreeMap<Vec<u8>, Named> = BTreeMap::new();
        let said_by = |entry: &StoreFile| {
            entry.content.as_ref().ok().and_then(|content| said(content)).map(<[u8]>::to_vec)
        };
        let exact = self.store.settings.iter().flat_map(|settings| &settings.exact);
        let mut paths: Vec<Vec<u8>> = exact.map(|entry| entry.effective.clone()).collect();
        paths.retain(|path| path.starts_with(b"/"));
        paths.extend(self.store.denied.iter().chain(others).cloned());
        paths.extend(entries.iter().filter_map(said_by));
        for path in paths {
            if let Entry::Vacant(slot) = files.entry(path) {
                let found = self.approved(slot.key());
                slot.insert(found);
            }
        }
        let by_hash: BTreeMap<&[u8], &Vec<u8>> = files
            .iter()
            .filter_map(|(path, found)| match found {
                Named::Hash(hash) => Some((hash.as_bytes(), path)),
                Named::Gone | Named::Unread => None,
            })
            .collect();
        let mut approvals = Vec::new();
        for entry in entries {
            let other = by_hash.get(entry.name.as_slice()).map(|path| (*path).clone());
            let path = said_by(&entry);
            let state = match (&entry.content, &path) {
                (Err(odd), _) => ApprovalState::Odd(*odd, other),
                (Ok(content), None) if content.is_empty() => ApprovalState::Odd(Odd::Empty, other),
                (Ok(_), None) => ApprovalState::Odd(Odd::Content, other),
                (Ok(_), Some(path)) => match (files.get(path), other) {
                    (_, Some(other)) if other == *path => ApprovalState::Current,
                    (_, Some(other)) => ApprovalState::Elsewhere(other),
                    (Some(Named::Hash(_)), None) => ApprovalState::Changed,
                    (Some(Named::Unread), None) => ApprovalState::Unread,
                    (Some(Named::Gone) | None, None) => ApprovalState::Gone,
                },
            };
            approvals.push(Approval { store: entry.store, file: entry.file, path, state });
        }
        self.store.approvals = approvals;
    }

    /// The file at a path, as direnv would hash it.
    fn approved(&mut self, path: &[u8]) -> Named {
        match self.disk.facts(path, true) {
            DiskAnswer::Is(facts) if facts.kind == FileKind::File => match self.bytes(path) {
                Some(bytes) => Named::Hash(approval_name(path, &bytes)),
                None => Named::Unread,
            },
            DiskAnswer::Is(_) | DiskAnswer::Absent => Named::Gone,
            DiskAnswer::Failed(why) => {
                self.problem(path, why);
                Named::Unread
            }
        }
    }

    /// `cas/HEX`: names of 64, 96 and 128 digits are those of SHA-256, SHA-384 and SHA-512. No other is ever looked for.
    fn cached(&mut self) {
        let folder = join(&self.store.roots.cache, b"cas");
        for (name, file) in self.named(&folder) {
            let digits = name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if !digits || !matches!(name.len(), 64 | 96 | 128) {
                continue;
            }
            let state = match self.disk.facts(&file, false) {
                DiskAnswer::Is(facts) if facts.kind == FileKind::File => {
                    self.store.facts.insert(file.clone(), facts);
                    match self.bytes(&file) {
                        None => CachedState::Unread,
                        Some(_) if name.len() == 96 => CachedState::Unchecked,
                        Some(bytes) => kept(&name, &bytes),
                    }
                }
                DiskAnswer::Is(facts) if facts.kind == FileKind::Link => CachedState::Link,
                DiskAnswer::Is(_) | DiskAnswer::Absent => continue,
                DiskAnswer::Failed(why) => {
                    self.problem(&file, why);
                    CachedState::Unread
                }
            };
            self.store.cached.push(Cached { file, state });
        }
    }

    /// Whoever may write to a folder above may put others in the place of what is beneath.
    fn folders_above(&mut self) {
        let settings = self.store.settings.iter();
        let listed = settings.flat_map(|settings| settings.prefixes.iter().chain(&settings.exact));
        let listed: Vec<Vec<u8>> = listed.map(|entry| entry.effective.clone()).collect();
        let bash = self.store.settings.iter().flat_map(|settings| &settings.bash_path);
        let bash: Vec<Vec<u8>> = bash.map(|setting| setting.value.clone().into_bytes()).collect();
        for path in listed.into_iter().chain(bash).filter(|path| path.starts_with(b"/")) {
            let _ = self.kind(&clean(&path));
        }
        let known: Vec<Vec<u8>> =
            self.store.facts.keys().filter(|path| path.starts_with(b"/")).cloned().collect();
        for path in known {
            self.above(&path);
            // What a link leads to lies in folders of its own.
            match self.disk.real(&path) {
                DiskAnswer::Is(real) if real != path => {
                    let _ = self.kind(&real);
                    self.above(&real);
                }
                DiskAnswer::Is(_) | DiskAnswer::Absent => {}
                DiskAnswer::Failed(why) => self.problem(&path, why),
            }
        }
    }

    fn above(&mut self, path: &[u8]) {
        for folder in above(path) {
            if !self.store.facts.contains_key(folder) {
                let _ = self.kind(folder);
            }
        }
    }
}

fn kept(name: &[u8], bytes: &[u8]) -> CachedState {
    let algorithm =
        if name.len() == 64 { proofmark_core::Algorithm::Sha256 } else { proofmark_core::Algorithm::Sha512 };
    let same = Digest::of(algorithm, bytes).hex().as_bytes() == name;
    if same { CachedState::Kept } else { CachedState::Differs }
}

/// The path that a file of a store says: one absolute path without detours and a line feed, as direnv writes it.
fn said(content: &[u8]) -> Option<&[u8]> {
    let path = content.strip_suffix(b"\n")?;
    (path.starts_with(b"/") && !path.contains(&0) && clean(path) == path).then_some(path)
}
