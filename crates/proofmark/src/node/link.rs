//! The link in containerd's directory of verifiers, and who could change what it leads to.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file may not decide on a node: somebody else than root could replace it.
#[cfg(unix)]
pub(super) fn changeable(path: &Path) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    let real = std::fs::canonicalize(path)?;
    for (depth, part) in real.ancestors().enumerate() {
        let meta = std::fs::metadata(part)?;
        let mode = meta.mode();
        if meta.uid() != 0 {
            return Ok(Some(format!("{} belongs to user {}, not to root", part.display(), meta.uid())));
        }
        // What stands in a sticky directory can be replaced by its owner alone.
        let protected = depth > 0 && mode & STICKY != 0;
        if mode & 0o022 != 0 && !protected {
            return Ok(Some(format!("{} may be written to by others than root", part.display())));
        }
    }
    Ok(None)
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
        std::fs::remove_file(&file).unwrap();
        assert!(changeable(&link).is_err());
    }
}
