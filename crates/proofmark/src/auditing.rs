//! Reading the files of direnv, and what they load.

use std::io;
use std::path::{Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_engine::{Audited, in_parallel};
use proofmark_envrc::closure::{Closure, Unheld, closure_of, judge_closure};
use proofmark_envrc::{Judged, Limits, judge};
use proofmark_refs::ByName;
use proofmark_report::ReportError;

use crate::failure::Failure;
use crate::git::{Ignores, Index};
use crate::ground::{DiskGround, read};
use crate::locks::Locks;
use crate::paths::{base_of, named, unread};
use crate::scanning::glob;
use crate::walk::{Candidate, walk_for};

/// The name that direnv looks for.
const NAME: &str = ".envrc";

/// Threads that read and judge.
const MAX_THREADS: usize = 8;

/// Judges each file that is named, and every `.envrc` below each directory, by the rules and by what was locked.
pub(crate) fn audit_files(paths: &[PathBuf], excludes: &[String], locks: &Locks) -> Result<Audited, Failure> {
    let globs = excludes.iter().map(|text| glob(text)).collect::<Result<Vec<Glob>, Failure>>()?;
    let walked = walk_for(paths, &globs, is_envrc)?;
    let mut audited = Audited { errors: walked.errors, notes: walked.notes, ..Audited::default() };
    let idle = walked.idle.iter().filter_map(|at| globs.get(*at));
    audited.notes.extend(idle.map(|glob| format!("--exclude {} left nothing out", glob.as_str())));
    let limits = Limits::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let indexes = Indexes::of(&walked.files);
    let answers = quietly(|| in_parallel(&walked.files, threads, |file| one(file, &indexes, &limits, locks)));
    let mut empty = Vec::new();
    for (file, answer) in walked.files.iter().zip(answers) {
        match answer {
            Some(Ok((judged, _))) if is_empty(&judged) => empty.push(file.shown.as_str()),
            Some(Ok((judged, errors))) => {
                audited.paths.extend(locks.key(&file.path).map(|key| (file.shown.clone(), key)));
                audited.files.push((file.shown.clone(), judged));
                audited.errors.extend(errors);
            }
            Some(Err(error)) => audited.errors.push(*error),
            None => audited.errors.push(unread(
                "file-not-read",
                &file.shown,
                "proofmark itself failed on this file",
                "report this, with the file and the version of proofmark",
            )),
        }
    }
    audited.gone = locks.gone(&walked.directories);
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

pub(crate) fn is_envrc(path: &str) -> ByName {
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

/// What one file does, and which of its members could not be looked at.
fn one(
    file: &Candidate,
    indexes: &Indexes,
    limits: &Limits,
    locks: &Locks,
) -> Result<(Judged, Vec<ReportError>), Box<ReportError>> {
    let error = |why: &io::Error| {
        let help = "make it a readable file, or leave it out with --exclude";
        Box::new(unread("file-not-read", &file.shown, &why.to_string(), help))
    };
    // What is longer is a finding, whatever follows.
    let most = u64::try_from(limits.shell.bytes).unwrap_or(u64::MAX) + 1;
    let bytes = read(&file.path, most).map_err(|why| error(&why))?;
    let (folder, ignores) = (base_of(file), Ignores::default());
    let ground = DiskGround::new(folder.clone(), indexes.of_folder(&folder), &ignores, most);
    let mut judged = judge(&file.shown, &bytes, &ground, limits);
    let (locked, Some(root)) = (locks.for_file(&file.path), locks.root()) else {
        return Ok((judged, Vec::new()));
    };
    if locked.is_empty() {
        return Ok((judged, Vec::new()));
    }
    let name = file.path.file_name().map_or(NAME.into(), |name| name.to_string_lossy());
    let closure = closure_of(&name, &bytes, &ground.in_repository(root), limits);
    judged.findings.extend(judge_closure(&file.shown, &closure, locked));
    Ok((judged, unheld(&file.shown, &closure)))
}

/// Members that could not be looked at: whether they are as they were is not known.
pub(crate) fn unheld(shown: &str, closure: &Closure) -> Vec<ReportError> {
    let one = |member: &Unheld| {
        let why = format!("{}, which it loads, cannot be looked at: {}", member.path, member.why);
        unread("closure-unread", shown, &why, "make it a readable file, or do not load it")
    };
    closure.unheld.iter().map(one).collect()
}

/// What git has of the tree around a folder.
pub(crate) fn index_around(folder: &Path) -> Option<Index> {
    Index::around(folder, &[])
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

    /// That of the tree around a folder.
    fn of_folder(&self, folder: &Path) -> Option<&Index> {
        self.all.iter().find(|index| index.is_of(folder))
    }
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
        let error = one(&file, &indexes, &Limits::default(), &Locks::default()).unwrap_err();
        assert_eq!(error.code, "file-not-read");
        assert!(error.message.contains("gone/.envrc"), "{}", error.message);
    }
}
