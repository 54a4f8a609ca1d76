//! Paths as they are written, and as they are without links.

use std::path::{Component, Path, PathBuf};

use crate::walk::Candidate;

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
