//! Directories that are not looked into, and what of them is part of the repository all the same.

use std::path::Path;

use crate::git::Index;

/// What npm installs.
const PACKAGES: &str = "node_modules";

/// What cargo builds, where it says so.
const TARGET: &str = "target";

/// What version control other than git keeps for itself: git does commit these.
const OTHER_STORES: [&str; 3] = [".hg", ".jj", ".svn"];

/// The first line of a `CACHEDIR.TAG` (Cache Directory Tagging Specification), which cargo puts into `target`.
pub(crate) const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Why a directory is not looked into.
pub(crate) fn left_out(path: &Path, name: &str) -> Option<&'static str> {
    if name == PACKAGES {
        return Some("installed packages");
    }
    if OTHER_STORES.contains(&name) {
        return Some("stores of version control");
    }
    let tagged = || {
        let tag = crate::files::read_head(&path.join("CACHEDIR.TAG"), CACHE_TAG.len() as u64);
        tag.is_ok_and(|tag| tag == CACHE_TAG)
    };
    (name == TARGET && tagged()).then_some("build output")
}

/// What git has of such directories: the index of each work tree is read once, and only if there is such a directory.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    indexes: Vec<Index>,
}

impl Committed {
    /// The files below a directory that git has, from there; none: that is not known.
    pub(crate) fn below(&mut self, directory: &Path) -> Option<Vec<String>> {
        let known = self.indexes.iter().position(|index| index.is_of(directory));
        let at = known.unwrap_or(self.indexes.len());
        if known.is_none() {
            let [hg, jj, svn] = OTHER_STORES;
            let Some(index) = Index::around(directory, &[PACKAGES, TARGET, hg, jj, svn]) else {
                return Some(Vec::new());
            };
            self.indexes.push(index);
        }
        let paths = self.indexes.get(at)?.below(directory)?;
        Some(paths.into_iter().map(str::to_owned).collect())
    }
}
