//! Files that other files name: they are read as what they are named, wherever in the tree they lie and whatever they are called. What
//! is not read is told at the place of its name.

mod builds;
mod classes;
mod environments;
mod services;
mod workspace;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_refs::{FileKind, Found, NamedFile, NamedKind, NotRead};

use crate::dotenv::DOTENV;
use crate::paths::{base_of, lexical, plain, written};
use crate::scanning::{Read, Reading};
use crate::walk::{Candidate, DirectoryLink};

/// Files that name files that name files.
const MAX_ROUNDS: usize = 64;

/// What kustomize looks for in a directory.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Where is looked for what files name.
pub(crate) struct Around<'a> {
    /// The directories, without links, that files may lie in.
    pub(crate) roots: Vec<PathBuf>,
    /// The trees around them, that environment files may lie in.
    pub(crate) trees: Vec<PathBuf>,
    /// Links to directories in them.
    pub(crate) links: Vec<DirectoryLink>,
    /// What the user asked about, and the patterns of what is left out of it.
    pub(crate) paths: &'a [PathBuf],
    pub(crate) excludes: &'a [Glob],
}

/// The state of following.
pub(crate) struct Following<'a> {
    around: &'a Around<'a>,
    /// As what each file was read or is to be read; without links.
    known: HashMap<PathBuf, Vec<FileKind>>,
    /// For a compose file that is merged into others, the directories that its paths may count from; with how they are written.
    projects: BTreeMap<PathBuf, BTreeMap<PathBuf, PathBuf>>,
    /// Where Dockerfiles were looked for, and what is there.
    dockerfiles: HashMap<PathBuf, Option<PathBuf>>,
    /// Names that led nowhere yet, by the scan and their place in it: another file may say where they count from.
    open: BTreeMap<(usize, usize), NotRead>,
    /// For a compose file, those that include or extend it.
    users: BTreeMap<PathBuf, Users>,
    /// Whether what was gathered lets names count from elsewhere, since they were tried.
    moved: bool,
    /// Compose files that were asked who uses them, and whether these were too many.
    asked: usize,
    tired: bool,
    /// Scans that were looked at, and those of them that were made again.
    seen: usize,
    again: Vec<usize>,
    /// Names of what is left out.
    pub(crate) left_out: BTreeSet<String>,
    /// The patterns that leave them out.
    pub(crate) used: BTreeSet<usize>,
}

/// What a compose file is used by.
#[derive(Debug, Default)]
struct Users {
    /// Without links.
    paths: BTreeSet<PathBuf>,
    /// Environment files.
    files: BTreeSet<PathBuf>,
}

/// Where a name leads.
enum Leads {
    /// To what is read already.
    Known,
    /// To these.
    To(Vec<Candidate>),
    /// To what is left out.
    Excluded,
    Nowhere(NotRead),
}

impl<'a> Following<'a> {
    pub(crate) fn new(around: &'a Around<'a>) -> Self {
        Self {
            around,
            known: HashMap::new(),
            projects: BTreeMap::new(),
            dockerfiles: HashMap::new(),
            open: BTreeMap::new(),
            users: BTreeMap::new(),
            moved: false,
            asked: 0,
            tired: false,
            seen: 0,
            again: Vec::new(),
            left_out: BTreeSet::new(),
            used: BTreeSet::new(),
        }
    }

    /// Reads round by round until nothing new is named and no variable gets another value; then tells what was not read.
    pub(crate) fn all(&mut self, reads: &mut Vec<Read>, reading: &mut Reading) {
        for _ in 0..MAX_ROUNDS {
            let mut files = self.next(reads);
            if files.is_empty() && !self.environments(reads, reading) {
                let (built, changed) = self.builds(reads, reading);
                if built.is_empty() && !changed {
                    return self.tell(reads);
                }
                files = built;
            }
            reads.extend(reading.read(&files));
        }
        for at in self.fresh(reads) {
            self.open.extend((0..reads[at].scan.named.len()).map(|name| ((at, name), NotRead::TooDeep)));
        }
        self.tell(reads);
    }

    /// The scans whose names were not looked at.
    fn fresh(&mut self, reads: &[Read]) -> BTreeSet<usize> {
        let fresh = std::mem::take(&mut self.again).into_iter().chain(self.seen..reads.len()).collect();
        self.seen = reads.len();
        fresh
    }

    /// What is to be read next, beside what was read so far.
    fn next(&mut self, reads: &[Read]) -> Vec<Candidate> {
        if self.seen == 0 && reads.iter().all(|read| read.scan.named.is_empty()) {
            return Vec::new();
        }
        let mut names: Vec<(usize, usize)> = Vec::new();
        for read in reads.get(self.seen..).unwrap_or_default() {
            self.known.entry(read.file.path.clone()).or_default().push(read.scan.kind);
        }
        self.moved = false;
        for at in self.fresh(reads) {
            self.gather(&reads[at]);
            names.extend((0..reads[at].scan.named.len()).map(|name| (at, name)));
        }
        if self.moved {
            names.extend(self.open.keys());
            names.sort_unstable();
        }
        let mut files = Vec::new();
        let mut directory: Option<(usize, PathBuf)> = None;
        for (at, name) in names {
            let Read { file, scan, .. } = &reads[at];
            let base = match directory.take() {
                Some((of, base)) if of == at => base,
                _ => base_of(file),
            };
            match self.leads(file, &scan.named[name], &base) {
                Leads::Known | Leads::Excluded => drop(self.open.remove(&(at, name))),
                Leads::To(found) => {
                    self.open.remove(&(at, name));
                    files.extend(found);
                }
                Leads::Nowhere(why) => drop(self.open.insert((at, name), why)),
            }
            directory = Some((at, base));
        }
        files.sort();
        files
    }

    fn tell(&self, reads: &mut [Read]) {
        self.pulled(reads);
        for ((at, name), why) in &self.open {
            let Read { file, scan, .. } = &mut reads[*at];
            let named = &scan.named[*name];
            // Each place once, whatever is looked for there.
            if scan.unread.last().is_none_or(|last| last.span != named.span) {
                // As what it would be left out.
                let value = self.below(&plain(&workspace::from(file, named.kind).join(&named.path)));
                scan.unread.push(Found { value, ..named.unread(*why) });
            }
        }
    }

    /// What a file says of where the paths and variables of others come from.
    fn gather(&mut self, Read { file, scan, .. }: &Read) {
        let own = written(file);
        if scan.kind == FileKind::Compose {
            self.through_links(file);
        }
        for named in &scan.named {
            if named.kind != NamedKind::File(FileKind::Compose) {
                continue;
            }
            let Ok(real) = std::fs::canonicalize(own.join(&named.path)) else { continue };
            // Through a link, the paths in it count from where the link lies.
            let link = lexical(&base_of(file).join(&named.path));
            if let (Some(from), true) = (link.parent(), link.parent() != real.parent()) {
                let shown = PathBuf::from(plain(&own.join(&named.path)));
                let shown = shown.parent().unwrap_or(Path::new("")).to_owned();
                let known = self.projects.entry(real.clone()).or_default().insert(from.to_owned(), shown);
                self.moved |= known.is_none();
            }
            if let Some(project) = named.project.as_ref().map(|project| own.join(project))
                && let Ok(base) = std::fs::canonicalize(&project)
            {
                self.moved |= self.projects.entry(real.clone()).or_default().insert(base, project).is_none();
            }
            let users = self.users.entry(real).or_default();
            users.files.extend(named.environment.iter().map(|path| own.join(path)));
            if matches!(scan.kind, FileKind::Compose | FileKind::Environment) {
                users.files.insert(own.join(DOTENV));
                users.paths.insert(file.path.clone());
            }
        }
    }

    /// Whoever runs compose in a directory that was entered through a link has the paths count from there (the shell's `PWD`).
    fn through_links(&mut self, file: &Candidate) {
        for link in &self.around.links {
            let Some(below) = file.path.parent().and_then(|at| at.strip_prefix(&link.target).ok()) else {
                continue;
            };
            let (base, shown) = (link.path.join(below), Path::new(&link.shown).join(below));
            let known = self.projects.entry(file.path.clone()).or_default().insert(base, shown);
            self.moved |= known.is_none();
        }
    }

    /// From its own directory, and from where other files say that it counts: whatever is there is read.
    fn leads(&mut self, file: &Candidate, named: &NamedFile, base: &Path) -> Leads {
        if matches!(named.kind, NamedKind::Workspace { .. } | NamedKind::Action { .. }) {
            return self.in_workspace(file, named, base);
        }
        let mut directories = vec![(written(file), base.to_owned())];
        let projects = self.projects.get(&file.path).into_iter().flatten();
        directories.extend(projects.map(|(base, written)| (written.clone(), base.clone())));
        let (mut to, mut known, mut nowhere) = (Vec::new(), named.is_guess(), NotRead::Missing);
        for (at, (written, base)) in directories.into_iter().enumerate() {
            match self.at(&written, &base, &named.path, named) {
                Leads::Known | Leads::Excluded => known = true,
                Leads::To(files) => to.extend(files),
                Leads::Nowhere(why) if at == 0 => nowhere = why,
                Leads::Nowhere(_) => {}
            }
        }
        match (to.is_empty(), known) {
            (false, _) => Leads::To(to),
            (true, true) => Leads::Known,
            (true, false) => Leads::Nowhere(nowhere),
        }
    }

    /// A path from a directory, as it is written and as it is without links.
    fn at(&mut self, directory: &Path, base: &Path, path: &str, named: &NamedFile) -> Leads {
        if self.is_known(base, path, named.kind) {
            return Leads::Known;
        }
        let whole = directory.join(path);
        let shown = plain(&whole);
        let nowhere = |why| match self.excluded(&shown) {
            Some(pattern) => (Leads::Excluded, Some(pattern)),
            None => (Leads::Nowhere(why), None),
        };
        let (leads, pattern) = match std::fs::canonicalize(lexical(&base.join(path))) {
            Err(_) => nowhere(named.missing()),
            Ok(real) if !self.is_inside(&real) => nowhere(NotRead::Outside),
            Ok(real) => match (named.kind, real.is_dir(), real.is_file()) {
                (NamedKind::File(kind) | NamedKind::IfThere(kind), _, true) => {
                    return self.read(vec![(real, shown)], kind);
                }
                (NamedKind::Resource, _, true) => {
                    return self.read(vec![(real, shown)], FileKind::Kubernetes);
                }
                (NamedKind::Resource, true, _) => {
                    let all = self.kustomizations(&real, &whole);
                    if !all.is_empty() {
                        return self.read(all, FileKind::Kustomization);
                    }
                    nowhere(NotRead::NoKustomization)
                }
                _ => nowhere(NotRead::NoFile),
            },
        };
        if let Some(pattern) = pattern {
            self.used.insert(pattern);
            self.left_out.insert(shown);
        }
        leads
    }

    fn is_inside(&self, real: &Path) -> bool {
        self.around.roots.iter().any(|root| real.starts_with(root))
    }

    /// The kustomizations of a directory, of which kustomize takes one alone.
    fn kustomizations(&self, directory: &Path, written: &Path) -> Vec<(PathBuf, String)> {
        let mut all = Vec::new();
        for name in KUSTOMIZATIONS {
            let real = std::fs::canonicalize(directory.join(name)).ok();
            if let Some(real) = real.filter(|real| real.is_file() && self.is_inside(real)) {
                all.push((real, plain(&written.join(name))));
            }
        }
        all
    }

    /// Whether a path leads to what is read, without asking the disk: a path that goes through a link is no path of a file that
    /// is known, as these have none.
    fn is_known(&self, base: &Path, path: &str, kind: NamedKind) -> bool {
        let mut whole = base.to_owned();
        let mut down = false;
        for part in Path::new(path).components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => {
                    whole.push(name);
                    down = true;
                }
                Component::ParentDir if !down => drop(whole.pop()),
                _ => return false,
            }
        }
        match kind {
            NamedKind::File(kind) | NamedKind::IfThere(kind) => self.covers(&whole, kind),
            NamedKind::Workspace { .. } | NamedKind::Action { .. } => false,
            NamedKind::Resource => {
                self.covers(&whole, FileKind::Kubernetes)
                    || KUSTOMIZATIONS
                        .iter()
                        .any(|name| self.covers(&whole.join(name), FileKind::Kustomization))
            }
        }
    }

    /// A kustomization is also read for the objects in it.
    fn covers(&self, real: &Path, kind: FileKind) -> bool {
        self.known.get(real).is_some_and(|kinds| {
            kinds.contains(&kind) || kind == FileKind::Kubernetes && kinds.contains(&FileKind::Kustomization)
        })
    }

    fn read(&mut self, files: Vec<(PathBuf, String)>, kind: FileKind) -> Leads {
        let mut to = Vec::new();
        for (real, shown) in files {
            if self.covers(&real, kind) {
                continue;
            }
            // The walk tells of what it came by alone.
            if let Some(pattern) = self.excluded(&shown) {
                self.used.insert(pattern);
                self.left_out.insert(shown);
                continue;
            }
            self.known.entry(real.clone()).or_default().push(kind);
            to.push(Candidate { shown, path: real, certain: true, kind: Some(kind) });
        }
        if to.is_empty() { Leads::Known } else { Leads::To(to) }
    }

    /// The pattern that leaves out the file or a directory that it lies in.
    fn excluded(&self, shown: &str) -> Option<usize> {
        let below = self.below(shown);
        let ends = below.match_indices('/').map(|(at, _)| at).chain([below.len()]);
        let mut parts = ends.filter_map(|end| below.get(..end));
        parts.find_map(|part| self.around.excludes.iter().position(|glob| glob.matches(part)))
    }

    /// The path from where patterns count: below what was asked about, or as it is shown if it lies elsewhere.
    fn below(&self, shown: &str) -> String {
        let from = |start: &PathBuf| {
            let start = plain(start);
            if start.is_empty() {
                return Some(shown.to_owned());
            }
            shown.strip_prefix(&start)?.strip_prefix('/').map(str::to_owned)
        };
        self.around.paths.iter().find_map(from).unwrap_or_else(|| shown.to_owned())
    }
}
