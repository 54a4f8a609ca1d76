//! Reading the files of direnv, and what they load.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_engine::{Audited, in_parallel};
use proofmark_envrc::{Facts, FileAnswer, Files, Judged, Limits, judge};
use proofmark_refs::ByName;
use proofmark_report::ReportError;

use crate::failure::Failure;
use crate::files::{base, open_file};
use crate::git::Index;
use crate::paths::{base_of, named, unread};
use crate::scanning::glob;
use crate::walk::{Candidate, walk_for};

/// The name that direnv looks for.
const NAME: &str = ".envrc";

/// Threads that read and judge.
const MAX_THREADS: usize = 8;

/// Judges each file that is named, and every `.envrc` below each directory.
pub(crate) fn audit_files(paths: &[PathBuf], excludes: &[String]) -> Result<Audited, Failure> {
    let globs = excludes.iter().map(|text| glob(text)).collect::<Result<Vec<Glob>, Failure>>()?;
    let walked = walk_for(paths, &globs, is_envrc)?;
    let mut audited = Audited { files: Vec::new(), errors: walked.errors, notes: walked.notes };
    let idle = walked.idle.iter().filter_map(|at| globs.get(*at));
    audited.notes.extend(idle.map(|glob| format!("--exclude {} left nothing out", glob.as_str())));
    let limits = Limits::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let indexes = Indexes::of(&walked.files);
    let answers = quietly(|| in_parallel(&walked.files, threads, |file| one(file, &indexes, &limits)));
    let mut empty = Vec::new();
    for (file, answer) in walked.files.iter().zip(answers) {
        match answer {
            Some(Ok(judged)) if is_empty(&judged) => empty.push(file.shown.as_str()),
            Some(Ok(judged)) => audited.files.push((file.shown.clone(), judged)),
            Some(Err(error)) => audited.errors.push(*error),
            None => audited.errors.push(unread(
                "file-not-read",
                &file.shown,
                "proofmark itself failed on this file",
                "report this, with the file and the version of proofmark",
            )),
        }
    }
    if !empty.is_empty() {
        audited.notes.push(format!("there is no command in {}", named(&empty)));
    }
    if audited.files.is_empty() && audited.errors.is_empty() {
        audited.notes.push("no .envrc was judged".to_owned());
    } else if !indexes.all_known {
        audited
            .notes
            .push("whether git has what is loaded was not judged: no index of git's is known".to_owned());
    }
    Ok(audited)
}

fn is_envrc(path: &str) -> ByName {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == NAME { ByName::Yes } else { ByName::No }
}

/// Nothing that could be judged, and nothing wrong with it.
fn is_empty(judged: &Judged) -> bool {
    judged.events == 0 && judged.findings.iter().all(|row| row.outcome == proofmark_core::Outcome::Pass)
}

/// A reader of bash that panics is no answer, and is told as such: what it would print is for nobody.
fn quietly<T>(run: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = run();
    std::panic::set_hook(hook);
    result
}

fn one(file: &Candidate, indexes: &Indexes, limits: &Limits) -> Result<Judged, Box<ReportError>> {
    let error = |why: &io::Error| {
        let help = "make it a readable file, or leave it out with --exclude";
        Box::new(unread("file-not-read", &file.shown, &why.to_string(), help))
    };
    // What is longer is a finding, whatever follows.
    let most = u64::try_from(limits.shell.bytes).unwrap_or(u64::MAX) + 1;
    let bytes = read(&file.path, most).map_err(|why| error(&why))?;
    let folder = Folder::around(file, indexes, most);
    Ok(judge(&file.shown, &bytes, &folder, limits))
}

/// At most so many bytes of a regular file.
fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What git has of each tree.
struct Indexes {
    all: Vec<Index>,
    all_known: bool,
}

impl Indexes {
    fn of(files: &[Candidate]) -> Self {
        let mut indexes = Self { all: Vec::new(), all_known: true };
        for file in files {
            let folder = base_of(file);
            if !indexes.all.iter().any(|index| index.is_of(&folder)) {
                match Index::around(&folder, &[]) {
                    Some(index) => indexes.all.push(index),
                    None => indexes.all_known = false,
                }
            }
        }
        indexes
    }
}

/// The folder of an audited file.
struct Folder<'a> {
    /// Without links.
    path: PathBuf,
    /// The tree around it, out of which nothing is read.
    tree: PathBuf,
    index: Option<&'a Index>,
    /// Levels to the root of git's working tree.
    above: Option<usize>,
    /// Bytes of a file, one more than are judged.
    most: u64,
}

impl<'a> Folder<'a> {
    fn around(file: &Candidate, indexes: &'a Indexes, most: u64) -> Self {
        let path = base_of(file);
        let tree = base(&path).map_or_else(|| path.clone(), |base| base.root);
        let index = indexes.all.iter().find(|index| index.is_of(&path));
        let is_root = |path: &Path| fs::symlink_metadata(path.join(".git")).is_ok();
        let above = path.ancestors().position(is_root);
        Self { path, tree, index, above, most }
    }
}

impl Files for Folder<'_> {
    fn read(&self, path: &str) -> FileAnswer {
        let joined = self.path.join(path);
        if fs::symlink_metadata(&joined).is_err() {
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

    fn above(&self) -> Option<usize> {
        self.above
    }

    fn facts(&self, path: &str) -> Facts {
        let joined = self.path.join(path);
        let Ok(meta) = fs::symlink_metadata(&joined) else { return Facts::default() };
        let real = fs::canonicalize(&joined);
        let leads_out = real.as_ref().map_or(true, |real| !real.starts_with(&self.tree));
        let has = real.ok().filter(|_| meta.is_file()).and_then(|real| self.index?.has(&real));
        Facts {
            exists: true,
            leads_out,
            foreign: is_foreign(&meta, &self.path),
            writable: is_writable(&meta),
            uncommitted: has == Some(false),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// It was there when the folder was listed.
    #[test]
    fn a_file_that_is_gone_when_it_is_read_is_an_error() {
        let file = Candidate {
            shown: "gone/.envrc".to_owned(),
            path: PathBuf::from("/nonexistent/.envrc"),
            certain: true,
            kind: None,
        };
        let indexes = Indexes { all: Vec::new(), all_known: true };
        let error = one(&file, &indexes, &Limits::default()).unwrap_err();
        assert_eq!(error.code, "file-not-read");
        assert!(error.message.contains("gone/.envrc"), "{}", error.message);
    }

    #[test]
    fn nothing_is_read_out_of_the_tree() {
        let dir = tempfile::tempdir().unwrap();
        let file = Candidate {
            shown: dir.path().join(".envrc").display().to_string(),
            path: dir.path().join(".envrc"),
            certain: true,
            kind: None,
        };
        let indexes = Indexes { all: Vec::new(), all_known: true };
        let folder = Folder::around(&file, &indexes, 1024);
        assert_eq!(folder.read("../../etc/hostname"), FileAnswer::Refused);
        assert_eq!(folder.read("absent"), FileAnswer::Absent);
    }

    #[test]
    fn the_root_of_the_working_tree_is_above() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::create_dir(dir.path().join(".git")).unwrap();
        let indexes = Indexes { all: Vec::new(), all_known: true };
        for (path, levels) in [(".envrc", 0), ("a/b/.envrc", 2)] {
            let path = dir.path().join(path);
            let file = Candidate { shown: path.display().to_string(), path, certain: true, kind: None };
            assert_eq!(Folder::around(&file, &indexes, 1024).above(), Some(levels));
        }
    }
}
