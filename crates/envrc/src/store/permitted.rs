//! The restricted list: which folders may hold approved files at all, and what runs before each of them.

use proofmark_core::Origin;

use super::path::{clean, is_within, join};

/// A folder of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedFolder {
    /// Absolute, or `~/…`.
    pub path: String,
    /// The line of the list.
    pub origin: Origin,
}

/// A startup file of the list, with the bytes that were reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedStartup {
    /// Absolute, or `~/…`.
    pub path: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// The line of the list.
    pub origin: Origin,
}

/// One list (`allowlists/envrc.toml`). Where there are several, each must permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    /// Approvals may stand for what is in these folders or beneath.
    pub folders: Vec<PermittedFolder>,
    /// Startup files may hold these bytes.
    pub startup: Vec<PermittedStartup>,
    /// The list itself.
    pub origin: Origin,
}

impl Permitted {
    /// Whether a clean absolute path is in a folder of the list, or is one.
    pub fn has(&self, path: &[u8], home: Option<&[u8]>) -> bool {
        let inside =
            |folder: &PermittedFolder| placed(&folder.path, home).is_some_and(|at| is_within(path, &at));
        self.folders.iter().any(inside)
    }

    /// The rows for a startup file: none if the list does not know it.
    pub fn startup<'a>(
        &'a self,
        path: &'a [u8],
        home: Option<&'a [u8]>,
    ) -> impl Iterator<Item = &'a PermittedStartup> {
        self.startup.iter().filter(move |row| placed(&row.path, home).is_some_and(|at| at == path))
    }
}

/// Where a path of the list is on this machine; nowhere without the home directory that it counts from.
fn placed(path: &str, home: Option<&[u8]>) -> Option<Vec<u8>> {
    match path.strip_prefix('~') {
        Some(rest) => home.map(|home| join(home, rest.as_bytes())),
        None => Some(clean(path.as_bytes())),
    }
}
