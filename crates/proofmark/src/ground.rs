//! The disk around an `.envrc`, as its audit and its closure ask for it.

use std::cell::Cell;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use proofmark_core::{Algorithm, Digest, Hasher};
use proofmark_envrc::closure::{Ground, Held};
use proofmark_envrc::{Facts, FileAnswer, Files};

use crate::files::{base, open_file};
use crate::git::{Ignores, Index};
use crate::paths::lexical;

/// Bytes of one member, and of all that are hashed for one file.
const MAX_MEMBER: u64 = 64 << 20;
const MAX_HASHED: u64 = 512 << 20;
/// Names of one folder.
const MAX_NAMES: usize = 5_000;
/// Bytes that are hashed at once.
const CHUNK: usize = 64 * 1024;

/// How far is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything in the tree, be it committed or not: what an audit here judges.
    Folder,
    /// What the repository holds, the same on every machine: what git ignores is not there, and nothing outside is looked at.
    Repository,
    /// Everything that would be loaded on this machine.
    Machine,
}

/// What a machine has beside the tree.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    /// The home directory.
    pub(crate) home: Option<PathBuf>,
    /// Files that direnv reads first; `true` for a folder.
    pub(crate) startup: Vec<(String, bool)>,
    /// A startup file of our own, with the bytes that it must have to count for nothing.
    pub(crate) own: Option<(PathBuf, Vec<u8>)>,
}

/// The folder of one file.
#[derive(Debug)]
pub(crate) struct DiskGround<'a> {
    /// Without links.
    folder: PathBuf,
    /// The tree around it, out of which nothing is followed.
    tree: PathBuf,
    index: Option<&'a Index>,
    ignores: &'a Ignores,
    scope: Scope,
    machine: Option<&'a Machine>,
    /// Bytes of a file that is followed, one more than are judged.
    most: u64,
    hashed: Cell<u64>,
}

impl<'a> DiskGround<'a> {
    /// Around a folder without links.
    pub(crate) fn new(folder: PathBuf, index: Option<&'a Index>, ignores: &'a Ignores, most: u64) -> Self {
        let tree = base(&folder).map_or_else(|| folder.clone(), |base| base.root);
        let (scope, machine, hashed) = (Scope::Folder, None, Cell::new(0));
        Self { folder, tree, index, ignores, scope, machine, most, hashed }
    }

    /// The same folder as the repository has it, whose root is told.
    pub(crate) fn in_repository(self, root: &Path) -> Self {
        Self { tree: root.to_owned(), scope: Scope::Repository, ..self }
    }

    /// The same folder with everything of this machine.
    pub(crate) fn on_machine(self, machine: &'a Machine) -> Self {
        Self { scope: Scope::Machine, machine: Some(machine), ..self }
    }

    fn elsewhere(&self, folder: PathBuf) -> Self {
        Self { folder, tree: self.tree.clone(), hashed: Cell::new(self.hashed.get()), ..*self }
    }

    /// Where a member is.
    fn placed(&self, path: &str) -> Option<PathBuf> {
        if let Some(rest) = path.strip_prefix("~/") {
            return self.machine?.home.as_ref().map(|home| home.join(rest));
        }
        Some(lexical(&self.folder.join(path)))
    }

    /// What the repository does not have, though it lies there.
    fn is_left_out(&self, path: &Path) -> bool {
        self.scope == Scope::Repository && self.is_untracked(path) && self.ignores.has(path)
    }

    fn is_untracked(&self, path: &Path) -> bool {
        self.index.and_then(|index| index.has(path)) == Some(false)
    }

    fn digest(&self, path: &Path) -> io::Result<Digest> {
        let mut file = open_file(path)?.take(MAX_MEMBER + 1);
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let (mut buffer, mut length) = (vec![0; CHUNK], 0_u64);
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            length += u64::try_from(count).unwrap_or(u64::MAX);
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
        self.hashed.set(self.hashed.get() + length);
        if length > MAX_MEMBER || self.hashed.get() > MAX_HASHED {
            let why = format!("more than {MAX_MEMBER} bytes, or {MAX_HASHED} of all files, are not hashed");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        Ok(hasher.finish())
    }

    fn list(&self, folder: &Path, programs: bool) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // A link that leads nowhere is no file that could be loaded.
            let Ok(meta) = fs::metadata(entry.path()) else { continue };
            if !meta.is_file() || programs && !is_program(&meta) || self.is_own(&entry.path()) {
                continue;
            }
            let name = entry.file_name().into_string();
            names.push(
                name.map_err(|name| io::Error::other(format!("the name {} is no text", name.display())))?,
            );
            if names.len() > MAX_NAMES {
                return Err(io::Error::other(format!("it has more than {MAX_NAMES} files")));
            }
        }
        if self.scope == Scope::Repository {
            let untracked = |name: &String| self.is_untracked(&folder.join(name));
            let (open, mut kept): (Vec<String>, Vec<String>) = names.into_iter().partition(untracked);
            let paths: Vec<PathBuf> = open.iter().map(|name| folder.join(name)).collect();
            let ignored = self.ignores.each(folder, &paths);
            kept.extend(open.into_iter().zip(ignored).filter(|(_, ignored)| !ignored).map(|(name, _)| name));
            return Ok(kept);
        }
        Ok(names)
    }

    /// The guard itself, as this program writes it.
    fn is_own(&self, path: &Path) -> bool {
        let own = self.machine.and_then(|machine| machine.own.as_ref());
        own.is_some_and(|(file, bytes)| {
            let most = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            file == path && crate::files::read_bounded(path, most).is_ok_and(|read| read == *bytes)
        })
    }
}

/// At most so many bytes of a regular file.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Files for DiskGround<'_> {
    fn read(&self, path: &str) -> FileAnswer {
        let joined = self.folder.join(path);
        if fs::symlink_metadata(&joined).is_err() || self.is_left_out(&joined) {
            return FileAnswer::Absent;
        }
        match fs::canonicalize(&joined) {
            Ok(real) if real.starts_with(&self.tree) && real.is_dir() => FileAnswer::Folder,
            Ok(real) if real.starts_with(&self.tree) => match read(&real, self.most) {
                Ok(bytes) if u64::try_from(bytes.len()).unwrap_or(u64::MAX) < self.most => {
                    FileAnswer::Bytes(bytes)
                }
                _ => FileAnswer::Refused,
            },
            _ => FileAnswer::Refused,
        }
    }

    fn facts(&self, path: &str) -> Facts {
        let joined = self.folder.join(path);
        let Ok(meta) = fs::symlink_metadata(&joined) else { return Facts::default() };
        let real = fs::canonicalize(&joined);
        let leads_out = real.as_ref().map_or(true, |real| !real.starts_with(&self.tree));
        let has = real.ok().filter(|_| meta.is_file()).and_then(|real| self.index?.has(&real));
        let uncommitted = has == Some(false);
        Facts {
            exists: true,
            leads_out,
            foreign: is_foreign(&meta, &self.folder),
            writable: is_writable(&meta),
            uncommitted,
            ignored: uncommitted && self.ignores.has(&joined),
        }
    }

    fn listed(&self, folder: &str) -> Vec<String> {
        let mut names = self.names(folder, false).ok().flatten().unwrap_or_default();
        names.sort_unstable();
        names
    }
}

impl Ground for DiskGround<'_> {
    fn held(&self, path: &str) -> Held {
        let Some(path) = self.placed(path) else { return Held::Failed("HOME is not set".to_owned()) };
        match fs::symlink_metadata(&path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Held::Absent;
            }
            Err(error) => return Held::Failed(error.to_string()),
            Ok(_) if self.is_left_out(&path) => return Held::Absent,
            Ok(_) => {}
        }
        match fs::metadata(&path) {
            // A link that leads nowhere: nothing is loaded.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Held::Absent,
            Err(error) => return Held::Failed(error.to_string()),
            Ok(meta) if meta.is_dir() => return Held::Folder,
            Ok(_) => {}
        }
        let leads_out = || fs::canonicalize(&path).map_or(true, |real| !real.starts_with(&self.tree));
        if self.scope == Scope::Repository && leads_out() {
            return Held::Failed("it is a link that leads out of the repository".to_owned());
        }
        match self.digest(&path) {
            Ok(digest) => Held::File(digest),
            Err(error) => Held::Failed(error.to_string()),
        }
    }

    fn names(&self, path: &str, programs: bool) -> Result<Option<Vec<String>>, String> {
        let Some(folder) = self.placed(path) else { return Err("HOME is not set".to_owned()) };
        match fs::metadata(&folder) {
            Ok(meta) if meta.is_dir() => {
                self.list(&folder, programs).map(Some).map_err(|error| error.to_string())
            }
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn covers(&self, path: &str) -> bool {
        match self.scope {
            Scope::Machine => true,
            Scope::Folder | Scope::Repository => {
                let steps = path.split('/').take_while(|part| *part == "..").count();
                !path.starts_with(['/', '~']) && steps <= self.above()
            }
        }
    }

    fn above(&self) -> usize {
        match self.scope {
            Scope::Machine => self.folder.ancestors().count() - 1,
            Scope::Folder | Scope::Repository => {
                self.folder.strip_prefix(&self.tree).map_or(0, |below| below.components().count())
            }
        }
    }

    fn at(&self, steps: usize) -> Option<Box<dyn Ground + '_>> {
        let folder = self.folder.ancestors().nth(steps)?.to_owned();
        Some(Box::new(self.elsewhere(folder)))
    }

    fn bytes_above(&self, steps: usize, name: &str) -> Option<Vec<u8>> {
        read(&self.folder.ancestors().nth(steps)?.join(name), self.most).ok()
    }

    fn startup(&self) -> Vec<(String, bool)> {
        self.machine.map_or(Vec::new(), |machine| machine.startup.clone())
    }
}

/// It belongs neither to the caller, nor to root, nor to whom the folder belongs.
#[cfg(unix)]
fn is_foreign(meta: &fs::Metadata, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = fs::metadata(folder).map_or(0, |meta| meta.uid());
    ![0, rustix::process::geteuid().as_raw(), owner].contains(&meta.uid())
}

#[cfg(not(unix))]
fn is_foreign(_meta: &fs::Metadata, _folder: &Path) -> bool {
    false
}

/// Everybody may write it. Groups are those of the user alone on most machines.
#[cfg(unix)]
fn is_writable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    !meta.is_symlink() && meta.mode() & 0o002 != 0
}

#[cfg(not(unix))]
fn is_writable(_meta: &fs::Metadata) -> bool {
    false
}

/// Somebody may run it.
#[cfg(unix)]
fn is_program(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    meta.mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_program(_meta: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_followed_out_of_the_tree() {
        let dir = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(dir.path()).unwrap();
        let ignores = Ignores::default();
        let ground = DiskGround::new(folder.clone(), None, &ignores, 1024);
        assert_eq!(ground.read("../../etc/hostname"), FileAnswer::Refused);
        assert_eq!(ground.read("absent"), FileAnswer::Absent);
        assert!(!ground.covers("/etc/hostname") && !ground.covers("~/x") && !ground.covers("../x"));
        assert_eq!(ground.above(), 0);
        let machine = Machine::default();
        let ground = ground.on_machine(&machine);
        assert!(ground.covers("/etc/hostname") && ground.above() == folder.components().count() - 1);
        assert_eq!(ground.held("~/x"), Held::Failed("HOME is not set".to_owned()));
    }

    #[cfg(unix)]
    #[allow(clippy::disallowed_methods, reason = "makes a pipe")]
    #[test]
    fn what_is_no_file_is_not_hashed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(dir.path()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap();
        assert!(made.success());
        fs::create_dir(folder.join("bin")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("link")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("out")).unwrap();
        fs::File::create(folder.join("huge")).unwrap().set_len(MAX_MEMBER + 1).unwrap();
        let ignores = Ignores::default();
        let ground = DiskGround::new(folder.clone(), None, &ignores, 1024).in_repository(&folder);
        assert_eq!(ground.held("pipe"), Held::Failed("it is no regular file".to_owned()));
        assert_eq!((ground.held("bin"), ground.held("link")), (Held::Folder, Held::Absent));
        assert!(matches!(ground.held("out"), Held::Failed(why) if why.contains("leads out")));
        assert!(matches!(ground.held("huge"), Held::Failed(why) if why.contains("not hashed")));
    }
}
