//! Who else may change a file, or put another in its place.

use std::path::Path;

/// A sentence for the file and for each folder above it that others than root and the caller may write to.
#[cfg(unix)]
pub(crate) fn others(path: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(real) = std::fs::canonicalize(path) else { return Vec::new() };
    let caller = rustix::process::geteuid().as_raw();
    let mut told = Vec::new();
    for (at, place) in real.ancestors().enumerate() {
        let Ok(meta) = std::fs::symlink_metadata(place) else { continue };
        told.extend(words(place, at > 0, (meta.uid(), meta.gid(), meta.mode()), caller));
    }
    told
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub(crate) fn others(_path: &Path) -> Vec<String> {
    Vec::new()
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
