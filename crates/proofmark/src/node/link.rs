//! The link in containerd's directory of verifiers, and who could change what it leads to.

use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use crate::files::open_file;

/// Links that are followed, as many as Linux follows.
#[cfg(unix)]
const MAX_LINKS: usize = 40;

/// Why a file may not decide on a node: somebody else than root could replace it, or a link or a directory on the way there.
#[cfg(unix)]
pub(super) fn changeable(path: &Path) -> io::Result<Option<String>> {
    use std::collections::VecDeque;
    use std::ffi::OsString;
    use std::path::Component;
    let parts = |path: &Path| -> Vec<OsString> {
        path.components().map(|part| part.as_os_str().to_owned()).collect()
    };
    let mut pending: VecDeque<OsString> = parts(&std::path::absolute(path)?).into();
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    while let Some(part) = pending.pop_front() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => _ = at.pop(),
            Some(Component::RootDir) => at = PathBuf::from("/"),
            Some(Component::Normal(name)) => at.push(name),
            _ => {}
        }
        let meta = std::fs::symlink_metadata(&at)?;
        if let Some(why) = by_others(&at, &meta) {
            return Ok(Some(why));
        }
        if meta.is_symlink() {
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::other("it leads over too many links"));
            }
            for part in parts(&std::fs::read_link(&at)?).into_iter().rev() {
                pending.push_front(part);
            }
            at.pop();
        }
    }
    Ok(None)
}

/// Who else than root could change one file, directory or link.
#[cfg(unix)]
fn by_others(path: &Path, meta: &std::fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    if meta.uid() != 0 {
        return Some(format!("{} belongs to user {}, not to root", path.display(), meta.uid()));
    }
    // What stands in a sticky directory can be replaced by its owner alone; the mode of a link says nothing.
    let protected = meta.is_symlink() || meta.is_dir() && meta.mode() & STICKY != 0;
    (meta.mode() & 0o022 != 0 && !protected)
        .then(|| format!("{} may be written to by others than root", path.display()))
}

/// Nothing is known of owners here, and containerd's verifiers are Linux's.
#[cfg(not(unix))]
pub(super) fn changeable(_path: &Path) -> io::Result<Option<String>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "unsupported on this system"))
}

/// Whether it may be run.
#[cfg(unix)]
pub(super) fn is_program(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.is_file() && meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
pub(super) fn is_program(meta: &std::fs::Metadata) -> bool {
    meta.is_file()
}

/// Makes `link` lead to `program`, at once: whoever looks sees the old link or the new.
#[cfg(unix)]
pub(super) fn place(link: &Path, program: &Path) -> io::Result<()> {
    use std::os::unix::fs::symlink;
    let directory = link.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(directory)?;
    let made =
        tempfile::Builder::new().prefix(".proofmark-").make_in(directory, |path| symlink(program, path))?;
    let path = made.into_temp_path();
    std::fs::rename(&path, link)?;
    // The name is gone with the rename; there is nothing to remove.
    path.keep().map_err(|error| error.error)?;
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn place(_link: &Path, _program: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "unsupported on this system"))
}

/// Whether two files have the same bytes.
pub(super) fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (open_file(one)?, open_file(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one), BufReader::new(other));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left[..length] != right[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        one.consume(length);
        other.consume(length);
    }
}

/// The names in a directory, in the order in which containerd asks them.
pub(super) fn verifiers(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "a directory that stands for containerd's")]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_link_is_placed_whole_and_replaces_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("a/b/link");
        place(&link, Path::new("/one")).unwrap();
        place(&link, Path::new("/two")).unwrap();
        assert_eq!(std::fs::read_link(&link).unwrap(), Path::new("/two"));
        assert_eq!(verifiers(link.parent().unwrap()).unwrap(), [link], "nothing is left behind");
    }

    #[test]
    fn files_of_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let long = vec![7; 100_000];
        let one = file("one", &long);
        assert!(same(&one, &file("same", &long)).unwrap());
        let changed = [&long[..99_999], b"x"].concat();
        assert!(!same(&one, &file("other", &changed)).unwrap());
        assert!(!same(&one, &file("longer", &[&long[..], b"x"].concat())).unwrap());
        assert!(same(&one, &dir.path().join("none")).is_err());
    }

    #[test]
    fn who_could_change_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "").unwrap();
        symlink(&file, &link).unwrap();
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(dir.path(), 0o755);
        mode(&file, 0o755);
        let owned = std::fs::metadata(&file).is_ok_and(|meta| {
            use std::os::unix::fs::MetadataExt as _;
            meta.uid() == 0
        });
        if !owned {
            assert!(changeable(&link).unwrap().unwrap().contains("not to root"));
            return;
        }
        assert_eq!(changeable(&link).unwrap(), None);
        mode(&file, 0o775);
        assert!(changeable(&link).unwrap().unwrap().contains("file may be written"));
        mode(&file, 0o755);
        mode(dir.path(), 0o777);
        assert!(changeable(&link).unwrap().unwrap().contains("may be written"));
        mode(dir.path(), 0o1777);
        assert_eq!(changeable(&link).unwrap(), None);
        // A link that others can replace, to a file that they cannot; and one on the way.
        let open = dir.path().join("open");
        std::fs::create_dir(&open).unwrap();
        symlink(&file, open.join("link")).unwrap();
        symlink("open/link", dir.path().join("over")).unwrap();
        symlink("open", dir.path().join("through")).unwrap();
        for name in ["open/link", "over", "through/link", "through/../over"] {
            mode(&open, 0o755);
            assert_eq!(changeable(&dir.path().join(name)).unwrap(), None, "{name}");
            mode(&open, 0o777);
            let why = changeable(&dir.path().join(name)).unwrap().unwrap();
            assert!(why.ends_with("/open may be written to by others than root"), "{name}: {why}");
        }
        std::os::unix::fs::lchown(dir.path().join("over"), Some(1), None).unwrap();
        assert!(changeable(&dir.path().join("over")).unwrap().unwrap().contains("over belongs to user 1"));
        symlink("round", dir.path().join("round")).unwrap();
        assert!(changeable(&dir.path().join("round")).is_err());
        std::fs::remove_file(&file).unwrap();
        assert!(changeable(&link).is_err());
    }
}
