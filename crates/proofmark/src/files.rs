//! Files that are read whole and within a bound, and written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Reads at most `max` bytes; more is an error.
pub(crate) fn read_bounded(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    read_all(File::open(path)?, max)
}

/// Reads at most `max` bytes of a stream; more is an error.
pub(crate) fn read_all(source: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("longer than {max} bytes")));
    }
    Ok(bytes)
}

/// Writes to a temporary file beside `path`, syncs it and renames it: whoever looks sees the old file or the new.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Asked first, and cut to its kind after: the name of a temporary file says nothing to the reader.
    std::fs::metadata(directory)?;
    let made = tempfile::Builder::new().prefix(".proofmark-").tempfile_in(directory);
    let mut file = made.map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let file = file.persist(path).map_err(|error| error.error)?;
    drop(file);
    // The rename itself survives a power cut once the directory is synced.
    File::open(directory)?.sync_all()
}

/// Writes a file that the user named. A pipe or a device is written to, and never replaced by a file.
pub(crate) fn write_output(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_stream(path) {
        return OpenOptions::new().append(true).open(path)?.write_all(bytes);
    }
    write_atomically(path, bytes)
}

/// Pipes, devices, and the links that stand for open streams (`/dev/stdout`), wherever those lead.
fn is_stream(path: &Path) -> bool {
    let special = std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    let link = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
    let in_system = || {
        let directory = path.parent().and_then(|parent| std::fs::canonicalize(parent).ok());
        directory.is_some_and(|directory| directory.starts_with("/dev") || directory.starts_with("/proc"))
    };
    special || (link && in_system())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_stays_a_device() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        assert!(is_stream(Path::new("/dev/null")));
        let dir = tempfile::tempdir().unwrap();
        // Through a link in a directory that may be written to: nothing of the system is at stake if this fails.
        let path = dir.path().join("null");
        symlink("/dev/null", &path).unwrap();
        write_output(&path, b"report").unwrap();
        assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
        assert!(std::fs::metadata(&path).unwrap().file_type().is_char_device());
    }

    /// A link in a repository must not lead a report to another file.
    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_is_replaced_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = (dir.path().join("target"), dir.path().join("report.json"));
        write_atomically(&target, b"precious").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        write_output(&path, b"report").unwrap();
        assert_eq!(read_bounded(&target, 10).unwrap(), b"precious");
        assert_eq!(read_bounded(&path, 10).unwrap(), b"report");
    }

    #[test]
    fn errors_do_not_name_temporary_files() {
        let error = write_atomically(Path::new("/nonexistent/report.json"), b"").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains(".proofmark-"), "{error}");
    }

    #[test]
    fn reads_within_the_bound() {
        assert_eq!(read_all(&b"abc"[..], 3).unwrap(), b"abc");
        assert_eq!(read_all(&b"abcd"[..], 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn replaces_whole_files_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.json");
        write_atomically(&path, b"old").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(read_bounded(&path, 10).unwrap(), b"new");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
        assert!(write_atomically(&dir.path().join("absent/report.json"), b"x").is_err());
    }
}
