//! Paths as they are written and as they are without links, and what is told of them.

use std::fs;
use std::path::{Component, Path, PathBuf};

use proofmark_core::{Origin, Position};
use proofmark_report::ReportError;

use crate::failure::Failure;
use crate::walk::Candidate;

/// Names of what is left out that a note shows.
const MAX_NAMED: usize = 5;

/// The directory that the paths in a file count from, as the file is shown.
pub(crate) fn written(file: &Candidate) -> PathBuf {
    Path::new(&file.shown).parent().unwrap_or(Path::new("")).to_owned()
}

/// The same without links.
pub(crate) fn base_of(file: &Candidate) -> PathBuf {
    let written = written(file);
    let here = if written.as_os_str().is_empty() { Path::new(".") } else { &written };
    std::fs::canonicalize(here).unwrap_or_else(|_| here.to_owned())
}

/// A path without `.` and, where its words tell, without `..`; as the walk shows it.
pub(crate) fn plain(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|last| last != ".." && !last.is_empty()) => {
                parts.pop();
            }
            Component::RootDir => parts.push(String::new()),
            part => parts.push(part.as_os_str().to_string_lossy().into_owned()),
        }
    }
    parts.join("/")
}

/// An absolute path without `.` and `..`, by its words alone: as Go's `filepath.Join`, with which compose and kustomize put paths
/// together, `link/../x` is `x`, wherever the link leads.
pub(crate) fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(clean.pop()),
            part => clean.push(part),
        }
    }
    clean
}

/// What a path that the user named leads to.
pub(crate) fn there(path: &Path) -> Result<(PathBuf, fs::Metadata), Failure> {
    let real = fs::canonicalize(path).and_then(|real| fs::metadata(&real).map(|meta| (real, meta)));
    real.map_err(|error| {
        Failure::usage(
            "path-unreadable",
            format!("{} cannot be looked into: {error}", path.display()),
            "give a file or a directory that is there",
        )
    })
}

/// An error about a file, at its first line.
pub(crate) fn unread(code: &'static str, shown: &str, why: &str, help: &str) -> ReportError {
    let failure = Failure::unverifiable("file-not-read", format!("{shown} was not read: {why}"), help);
    let start = Position { line: 1, column: 1 };
    let origin = Origin { file: shown.to_owned(), start, end: start, line_text: String::new() };
    let mut error = failure.report_errors().remove(0);
    code.clone_into(&mut error.code);
    error.see = crate::failure::page(code);
    error.location = Some(origin);
    error
}

/// The first names, and how many more there are.
pub(crate) fn named(names: &[&str]) -> String {
    let shown = names.get(..MAX_NAMED.min(names.len())).unwrap_or_default().join(", ");
    match names.len().saturating_sub(MAX_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
