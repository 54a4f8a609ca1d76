//! Who owns the policy, and who may write to it.

use std::fs::Metadata;

use super::FileError;
use crate::OwnerRule;

/// What is asked of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// A file or directory of the policy: owner and permissions.
    Own,
    /// A directory above, up to the tree's root: permissions.
    Parent,
    /// A directory above, where there is no tree: permissions, unless the sticky bit protects what is in it.
    ParentOutsideTree,
}

/// The rule, with what it needs to know.
#[derive(Debug)]
pub(super) struct Ownership {
    rule: OwnerRule,
    #[cfg_attr(not(unix), allow(dead_code, reason = "ownership is asked for on unix alone"))]
    directory_owner: u32,
}

#[cfg(unix)]
impl Ownership {
    pub(super) fn new(rule: OwnerRule, directory: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { rule, directory_owner: directory.uid() }
    }

    /// Whether a group may write; an error if that, or more, may not be.
    pub(super) fn check(&self, path: &str, meta: &Metadata, access: Access) -> Result<bool, FileError> {
        use std::os::unix::fs::MetadataExt as _;
        if self.rule == OwnerRule::Any {
            return Ok(false);
        }
        if access == Access::Own {
            self.check_owner(path, meta.uid())?;
        }
        self.check_mode(path, meta.mode(), access)
    }

    fn check_owner(&self, path: &str, owner: u32) -> Result<(), FileError> {
        let (allowed, words) = match self.rule {
            OwnerRule::CallerOrRoot { uid } => ([uid, 0], format!("you (user {uid}) or root")),
            OwnerRule::DirectoryOwner => (
                [self.directory_owner, 0],
                format!("its directory's owner (user {}) or root", self.directory_owner),
            ),
            OwnerRule::Root => ([0, 0], "root".to_owned()),
            OwnerRule::Any => return Ok(()),
        };
        if allowed.contains(&owner) {
            return Ok(());
        }
        Err(FileError::Owner { path: path.to_owned(), owner, allowed: words })
    }

    fn check_mode(&self, path: &str, mode: u32, access: Access) -> Result<bool, FileError> {
        const STICKY: u32 = 0o1000;
        const GROUP: u32 = 0o020;
        const WORLD: u32 = 0o002;
        let protected = access == Access::ParentOutsideTree && mode & STICKY != 0;
        if mode & WORLD != 0 && !protected {
            return Err(FileError::WorldWritable(path.to_owned()));
        }
        let group = mode & GROUP != 0 && !protected;
        if group && self.rule == OwnerRule::Root {
            return Err(FileError::GroupWritable(path.to_owned()));
        }
        Ok(group)
    }
}

#[cfg(not(unix))]
impl Ownership {
    pub(super) fn new(rule: OwnerRule, _directory: &Metadata) -> Self {
        Self { rule, directory_owner: 0 }
    }

    /// Nothing is known here: only the rule that asks nothing is satisfied.
    pub(super) fn check(&self, path: &str, _meta: &Metadata, _access: Access) -> Result<bool, FileError> {
        match self.rule {
            OwnerRule::Any => Ok(false),
            _ => Err(FileError::Unsupported(path.to_owned())),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ownership(rule: OwnerRule) -> Ownership {
        Ownership { rule, directory_owner: 1000 }
    }

    #[test]
    fn owners() {
        let ok = |rule, owner| ownership(rule).check_owner("p", owner).is_ok();
        assert!(ok(OwnerRule::CallerOrRoot { uid: 7 }, 7) && ok(OwnerRule::CallerOrRoot { uid: 7 }, 0));
        assert!(!ok(OwnerRule::CallerOrRoot { uid: 7 }, 1000));
        assert!(ok(OwnerRule::DirectoryOwner, 1000) && ok(OwnerRule::DirectoryOwner, 0));
        assert!(!ok(OwnerRule::DirectoryOwner, 7));
        assert!(ok(OwnerRule::Root, 0) && !ok(OwnerRule::Root, 1000));
    }

    #[test]
    fn modes() {
        let check = |rule, mode, access| ownership(rule).check_mode("p", mode, access);
        let caller = OwnerRule::CallerOrRoot { uid: 7 };
        assert_eq!(check(caller, 0o644, Access::Own), Ok(false));
        assert_eq!(check(caller, 0o664, Access::Own), Ok(true));
        assert!(check(caller, 0o666, Access::Own).is_err() && check(caller, 0o777, Access::Parent).is_err());
        assert!(
            check(caller, 0o1777, Access::Own).is_err() && check(caller, 0o1777, Access::Parent).is_err()
        );
        assert_eq!(check(caller, 0o1777, Access::ParentOutsideTree), Ok(false));
        assert!(check(caller, 0o777, Access::ParentOutsideTree).is_err());
        assert!(check(OwnerRule::Root, 0o664, Access::Own).is_err());
    }
}
