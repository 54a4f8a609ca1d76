//! Where a first policy is written.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proofmark_policy::{FILE_NAME, MemoryFiles};
use proofmark_report::inert;

use crate::failure::Failure;
use crate::files::{Readers, read_bounded, write_atomically};
use crate::paths::there;

/// The directory of the policy.
pub(super) struct Place {
    directory: PathBuf,
}

impl Place {
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        let (_, meta) = there(path)?;
        if !meta.is_dir() {
            return Err(Failure::usage(
                "path-unreadable",
                format!("{} is no directory, and a policy lies beside what it judges", path.display()),
                "give the directory of the repository",
            ));
        }
        Ok(Self { directory: path.to_owned() })
    }

    /// A file below it.
    pub(super) fn file(&self, below: &str) -> PathBuf {
        if self.directory == Path::new(".") { PathBuf::from(below) } else { self.directory.join(below) }
    }

    /// Asked first: with a policy there, nothing needs to be looked at.
    pub(super) fn is_free(&self) -> Result<(), Failure> {
        self.takes(FILE_NAME, None)
    }

    /// Nothing that is there is ever written over. What an earlier run left is as it would be written again.
    fn takes(&self, below: &str, bytes: Option<&[u8]>) -> Result<(), Failure> {
        let file = self.file(below);
        if let Some(linked) = self.link_above(below) {
            return Err(Failure::usage(
                "policy-exists",
                format!("{} is a link, and nothing is written where it leads", linked.display()),
                "show what would be written with --dry-run, or put a directory in its place",
            ));
        }
        if std::fs::symlink_metadata(&file).is_err() || bytes.is_some_and(|bytes| is_there(&file, bytes)) {
            return Ok(());
        }
        Err(Failure::usage(
            "policy-exists",
            format!("{} is there already, and is not written over", file.display()),
            "show what would be written with --dry-run, or move the file away",
        ))
    }

    /// A directory below the policy's own that is a link: whoever made the repository chose where it leads.
    fn link_above(&self, below: &str) -> Option<PathBuf> {
        let parents = Path::new(below).ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
        parents
            .map(|parent| self.directory.join(parent))
            .find(|parent| std::fs::symlink_metadata(parent).is_ok_and(|meta| meta.is_symlink()))
    }

    /// Writes the files, the policy last: where it is there, all that it names is.
    pub(super) fn write(&self, files: &MemoryFiles) -> Result<String, Failure> {
        files.0.iter().try_for_each(|(below, bytes)| self.takes(below, Some(bytes)))?;
        let mut page = String::new();
        let (last, first): (Vec<_>, Vec<_>) = files.0.iter().partition(|(path, _)| *path == FILE_NAME);
        for (below, bytes) in first.into_iter().chain(last) {
            let file = self.file(below);
            if is_there(&file, bytes) {
                continue;
            }
            one(&file, bytes).map_err(|error| {
                Failure::unverifiable(
                    "policy-not-written",
                    format!("{} could not be written: {error}", file.display()),
                    "make the directory writable, and run it again",
                )
            })?;
            // Writing to a String cannot fail.
            let _ = writeln!(page, "wrote {}", inert(&file.display().to_string()));
        }
        Ok(page)
    }
}

fn is_there(file: &Path, bytes: &[u8]) -> bool {
    read_bounded(file, bytes.len() as u64).is_ok_and(|there| there == bytes)
}

fn one(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent)?;
    }
    write_atomically(file, bytes, Readers::AsBefore)
}
