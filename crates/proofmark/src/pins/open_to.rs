//! Who else may change a file, or put another in its place.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A sentence for the file and for each folder above it that others than root and the caller may write to.
#[cfg(unix)]
pub(crate) fn others(path: &Path) -> Vec<String> {
    Folders::default().others(path)
}

/// What is known of the folders above several files: those of one folder have them in common.
#[derive(Debug, Default)]
pub(crate) struct Folders(RefCell<BTreeMap<PathBuf, Vec<String>>>);

#[cfg(unix)]
impl Folders {
    /// As [`others`].
    pub(crate) fn others(&self, path: &Path) -> Vec<String> {
        let Ok(real) = std::fs::canonicalize(path) else { return Vec::new() };
        let mut told: Vec<String> = told(&real, false).into_iter().collect();
        let Some(folder) = real.parent() else { return told };
        let mut known = self.0.borrow_mut();
        let above = known
            .entry(folder.to_owned())
            .or_insert_with(|| folder.ancestors().filter_map(|place| self::told(place, true)).collect());
        told.extend(above.iter().cloned());
        told
    }
}

#[cfg(unix)]
fn told(place: &Path, is_folder: bool) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = std::fs::symlink_metadata(place).ok()?;
    let caller = rustix::process::geteuid().as_raw();
    words(place, is_folder, (meta.uid(), meta.gid(), meta.mode()), caller)
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub(crate) fn others(_path: &Path) -> Vec<String> {
    Vec::new()
}

#[cfg(not(unix))]
impl Folders {
    /// As [`others`].
    pub(crate) fn others(&self, _path: &Path) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(unix)]
fn words(place: &Path, is_folder: bool, (uid, gid, mode): (u32, u32, u32), caller: u32) -> Option<String> {
    const STICKY: u32 = 0o1000;
    let shown = place.display();
    if uid != 0 && uid != caller {
        return Some(format!("{shown} belongs to the user {uid}"));
    }
    // In such a folder nobody may replace what is another's.
    if is_folder && mode & STICKY != 0 {
        return None;
    }
    if mode & 0o002 != 0 {
        return Some(format!("everyone may write to {shown}"));
    }
    // Root's own group is root.
    (mode & 0o020 != 0 && gid != 0).then(|| format!("the group {gid} may write to {shown}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_modes() {
        let said = |folder, uid, gid, mode| words(Path::new("/x"), folder, (uid, gid, mode), 1000);
        for (folder, uid, gid, mode) in [
            (false, 0, 0, 0o755),
            (false, 1000, 1000, 0o755),
            (false, 0, 0, 0o775),
            (true, 0, 0, 0o1777),
            (true, 0, 0, 0o755),
        ] {
            assert_eq!(said(folder, uid, gid, mode), None, "{folder} {uid} {gid} {mode:o}");
        }
        for (folder, uid, gid, mode, words) in [
            (false, 1001, 0, 0o755, "/x belongs to the user 1001"),
            (true, 1001, 0, 0o1777, "/x belongs to the user 1001"),
            (false, 0, 0, 0o777, "everyone may write to /x"),
            (true, 1000, 1000, 0o777, "everyone may write to /x"),
            (false, 0, 0, 0o1777, "everyone may write to /x"),
            (false, 1000, 1000, 0o775, "the group 1000 may write to /x"),
            (true, 0, 50, 0o2775, "the group 50 may write to /x"),
        ] {
            assert_eq!(said(folder, uid, gid, mode).as_deref(), Some(words), "{folder} {uid} {gid} {mode:o}");
        }
    }
}
