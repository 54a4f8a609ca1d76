//! A policy's files in a revision: nothing of them comes from the work tree.

use std::path::{Path, PathBuf};

use proofmark_policy::{DirectoryFiles, FileError, Files, OwnerRule};

use super::Revision;
use super::object::Node;
use super::store::Trouble;

/// Files of a policy that are read from a revision.
#[derive(Debug)]
pub(crate) struct RevisionFiles<'a> {
    revision: &'a Revision,
    /// The policy's directory, below the root; empty is the root.
    directory: String,
    /// The directory as it is shown.
    shown: PathBuf,
}

impl<'a> RevisionFiles<'a> {
    /// The files below `directory`, which is shown relative to `base` where it lies below it.
    pub(crate) fn new(revision: &'a Revision, directory: &str, base: Option<&Path>) -> Self {
        let whole =
            if directory.is_empty() { revision.root().to_owned() } else { revision.root().join(directory) };
        let base = base.and_then(|base| std::fs::canonicalize(base).ok());
        let below = base.and_then(|base| whole.strip_prefix(base).map(Path::to_owned).ok());
        Self { revision, directory: directory.to_owned(), shown: below.unwrap_or(whole) }
    }

    /// The path as it is shown, without the revision.
    pub(crate) fn plain(&self, path: &str) -> String {
        self.shown.join(path).display().to_string()
    }

    fn below(&self, path: &str) -> String {
        if self.directory.is_empty() { path.to_owned() } else { format!("{}/{path}", self.directory) }
    }
}

impl Files for RevisionFiles<'_> {
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>, FileError> {
        let shown = self.display(path);
        let trouble = |trouble: Trouble| match trouble {
            Trouble::TooLarge(max) => FileError::TooLarge { path: shown.clone(), max },
            other => FileError::Io { path: shown.clone(), cause: other.to_string() },
        };
        // By its text alone, as on disk: a revision has no `..`, but what is asked for must be what is meant.
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(FileError::Outside(shown));
        }
        match self.revision.node(&self.below(path)).map_err(trouble)? {
            Node::Nothing => Ok(None),
            Node::File(id) => self.revision.blob(&id, max).map(Some).map_err(trouble),
            Node::Directory(_) | Node::Link(_) | Node::Submodule => Err(FileError::NotRegular(shown)),
            Node::Behind => Err(FileError::Io {
                path: shown,
                cause: "a link or a submodule stands on the way, and in a revision they are not followed"
                    .to_owned(),
            }),
        }
    }

    fn display(&self, path: &str) -> String {
        format!("{}@{}", self.plain(path), self.revision.short())
    }

    /// Layouts are images and no part of the policy: they are read where they lie, in the work tree.
    fn directory(&self, path: &str) -> Result<PathBuf, FileError> {
        let whole = self.revision.root().join(&self.directory);
        match std::fs::canonicalize(&whole) {
            // A link in the directory's place would lead elsewhere.
            Ok(real) if real != whole => Err(FileError::Outside(whole.join(path).display().to_string())),
            Ok(_) => DirectoryFiles::open(&whole, Some(self.revision.root()), OwnerRule::Any, None)?
                .directory(path),
            Err(_) => Ok(whole.join(path)),
        }
    }
}
