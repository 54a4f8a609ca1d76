//! The disk around an audited file, as its closure asks for it.

use proofmark_core::{Digest, closure_digest};

use crate::files::Files;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Absent,
    /// A regular file with this SHA-256, links followed.
    File(Digest),
    /// A folder.
    Folder,
    /// It could not be read, and why: no regular file, more bytes than are hashed, permissions.
    Failed(String),
}

/// Where the members of a closure are. Paths are those of [`super::Member`].
pub trait Ground: Files {
    /// What stands there.
    fn held(&self, path: &str) -> Held;

    /// The names of the files in a folder, in any order; with `programs`, of those alone that may be run. `None` where it is
    /// no folder; an error where it cannot be listed.
    fn names(&self, path: &str, programs: bool) -> Result<Option<Vec<String>>, String>;

    /// Whether a path is looked at at all: the closure of a repository ends where the repository does.
    fn covers(&self, path: &str) -> bool;

    /// How many folders above the one of the file are looked through for what `source_up` finds.
    fn above(&self) -> usize;

    /// The ground of a folder above: so many steps.
    fn at(&self, steps: usize) -> Option<Box<dyn Ground + '_>>;

    /// The bytes of a file in the folder so many steps above, to be followed as well.
    fn bytes_above(&self, steps: usize, name: &str) -> Option<Vec<u8>>;

    /// Files and folders that direnv reads before every `.envrc`, those that are not there included: `true` marks a folder
    /// of which the names that end in `.sh` count.
    fn startup(&self) -> Vec<(String, bool)> {
        Vec::new()
    }
}

/// What a folder holds: the digest of its names, sorted.
pub(super) fn names_digest(names: &[String]) -> Digest {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    closure_digest(names.into_iter().map(|name| [name, "", ""]))
}
