//! What the policy of a repository says of its `.envrc` files: the closures that were locked, and where they count from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proofmark_core::Finding;
use proofmark_engine::locks_of;
use proofmark_envrc::closure::Lock;
use proofmark_envrc::closure::rules::changed;
use proofmark_policy::Policy;

use crate::files::base;
use crate::git::Revision;

/// The locks of one policy.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    /// The root of the tree in which the policy lies, without links.
    root: Option<PathBuf>,
    rows: BTreeMap<String, Vec<Lock>>,
}

impl Locks {
    /// Those of a policy that lies on disk, or in a revision.
    pub(crate) fn of(policy: &Policy, revision: Option<&Revision>) -> Self {
        let root = match revision {
            Some(revision) => Some(revision.root().to_owned()),
            None => root_of(&policy.path),
        };
        Self { root, rows: locks_of(policy) }
    }

    /// The path of a file from the root, as the policy writes it; `None` for what lies elsewhere. By its folder without links: a
    /// mark of another tree that a change puts above a file takes no lock from it.
    pub(crate) fn key(&self, file: &Path) -> Option<String> {
        key(self.root.as_deref()?, file)
    }

    /// The root of the tree.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The locks of a file.
    pub(crate) fn for_file(&self, file: &Path) -> &[Lock] {
        self.key(file).and_then(|key| self.rows.get(&key)).map_or(&[], Vec::as_slice)
    }

    /// Locks of files that are gone from below these directories.
    pub(crate) fn gone(&self, directories: &[PathBuf]) -> Vec<Finding> {
        let Some(root) = &self.root else { return Vec::new() };
        let mut seen = BTreeSet::new();
        let mut rows = Vec::new();
        for (key, locks) in &self.rows {
            let path = root.join(key);
            let asked = directories.iter().any(|directory| path.starts_with(directory));
            let gone = std::fs::symlink_metadata(&path).is_err_and(|error| {
                matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
            });
            if asked && gone && seen.insert(key) {
                rows.extend(locks.first().map(|lock| changed::gone(key, lock)));
            }
        }
        rows
    }
}

/// The root of the tree in which a policy lies; without one, its directory.
pub(crate) fn root_of(policy: &Path) -> Option<PathBuf> {
    let directory = std::fs::canonicalize(policy).ok()?.parent()?.to_owned();
    Some(base(&directory).map_or(directory, |base| base.root))
}

/// The path of a file from a root, with `/`.
pub(crate) fn key(root: &Path, file: &Path) -> Option<String> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = std::fs::canonicalize(parent).ok()?.join(file.file_name()?);
    let below = whole.strip_prefix(root).ok()?;
    let names: Option<Vec<&str>> = below.iter().map(|name| name.to_str()).collect();
    names.map(|names| names.join("/"))
}
