//! What was found of direnv on a machine.

use std::collections::BTreeMap;

use super::disk::FileFacts;
use super::roots::{Roots, Variables};
use super::settings::Settings;

/// In which of direnv's stores an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApprovalStore {
    /// `allow/HASH`: the file is loaded.
    Allow,
    /// `allowed-required/PATH-HASH/HASH`: a file that an `.envrc` asked for with `require_allowed` (after 2.37).
    Required,
}

/// Why a file of a store is not what direnv writes: one line with an absolute path without detours. direnv looks at its name alone, and
/// takes it for an approval all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// It is empty. Versions before 2.15 wrote such files.
    Empty,
    /// It holds something else.
    Content,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A pipe, a device, a socket.
    Other,
}

/// What an approval is worth now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalState {
    /// The file at its path has the bytes that it approves.
    Current,
    /// The file has other bytes.
    Changed,
    /// There is no regular file at its path.
    Gone,
    /// The file is there and could not be read.
    Unread,
    /// It says one path, and approves the bytes that this other one has.
    Elsewhere(Vec<u8>),
    /// It is not what direnv writes; the file whose bytes it approves, where that is one of those that are known.
    Odd(Odd, Option<Vec<u8>>),
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The store.
    pub store: ApprovalStore,
    /// The file of the store.
    pub file: Vec<u8>,
    /// The path that it says, if it says one.
    pub path: Option<Vec<u8>>,
    /// What it is worth.
    pub state: ApprovalState,
}

/// A file that direnv loads before every `.envrc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupFile {
    /// `direnvrc`, `lib/*.sh`.
    pub path: Vec<u8>,
    /// SHA-256 of its bytes in hexadecimal; `None` where it could not be read.
    pub sha256: Option<String>,
}

/// What the name of a file in `cas/` promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachedState {
    /// Its bytes have this name.
    Kept,
    /// They have another: `source_url` runs it unasked.
    Differs,
    /// A hash that direnv never writes, and that is not computed here: SHA-384.
    Unchecked,
    /// No regular file; direnv follows links.
    Link,
    /// It could not be read.
    Unread,
}

/// A file of `cas/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// The file.
    pub file: Vec<u8>,
    /// Whether it is what its name says.
    pub state: CachedState,
}

/// What could not be looked at. A run with one is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreProblem {
    /// The path.
    pub path: Vec<u8>,
    /// Why.
    pub why: String,
}

/// Everything of direnv that decides what is loaded unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The variables it was found by.
    pub variables: Variables,
    /// The folders.
    pub roots: Roots,
    /// In the order of their files.
    pub approvals: Vec<Approval>,
    /// Paths that are denied, sorted: direnv 2.33 and later load nothing there, earlier ones do not look.
    pub denied: Vec<Vec<u8>>,
    /// `direnv.toml`, where there is one.
    pub settings: Option<Settings>,
    /// In the order in which they are loaded.
    pub startup: Vec<StartupFile>,
    /// The downloads of `source_url`, in the order of their names.
    pub cached: Vec<Cached>,
    /// Every folder and file that was looked at, with the folders above, and what is known of it, links followed.
    pub facts: BTreeMap<Vec<u8>, FileFacts>,
    /// What could not be looked at.
    pub problems: Vec<StoreProblem>,
}

impl Store {
    /// Nothing of direnv is here.
    pub fn is_empty(&self) -> bool {
        self.approvals.is_empty()
            && self.denied.is_empty()
            && self.settings.is_none()
            && self.startup.is_empty()
            && self.cached.is_empty()
            && self.problems.is_empty()
    }

    /// Whether direnv 2.33 and later would load nothing at this path, whatever is approved.
    pub fn is_denied(&self, path: &[u8]) -> bool {
        self.denied.binary_search_by(|denied| denied.as_slice().cmp(path)).is_ok()
    }
}
