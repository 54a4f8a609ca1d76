//! Files that are read whole and within a bound, and written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use proofmark_report::Base;

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

/// At most the first `max` bytes of a regular file.
pub(crate) fn read_head(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path)?.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file. A pipe is refused, and never waited for.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    without_waiting(&mut options);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    Ok(file)
}

/// Opening a pipe would wait until somebody writes to it.
#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.custom_flags(i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0));
}

/// Elsewhere a pipe has no path in a directory.
#[cfg(not(unix))]
fn without_waiting(_options: &mut OpenOptions) {}

/// What marks the root of a version-controlled tree. In worktrees and submodules `.git` is a file.
const TREE_MARKS: [&str; 4] = [".git", ".jj", ".hg", ".svn"];

/// A directory, and the root of the version-controlled tree around it, if there is one.
pub(crate) fn base(directory: &Path) -> Option<Base> {
    let directory = std::fs::canonicalize(directory).ok()?;
    let marked = |path: &&Path| TREE_MARKS.iter().any(|mark| path.join(mark).exists());
    let root = directory.ancestors().find(marked)?.to_owned();
    Some(Base { root, directory })
}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// The user alone: what is remembered between runs.
    Owner,
    /// As the old file has it; a new one as the umask has it.
    AsBefore,
}

/// Writes to a temporary file beside `path`, syncs it and renames it: whoever looks sees the old file or the new.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Asked first, and cut to its kind after: the name of a temporary file says nothing to the reader.
    std::fs::metadata(directory)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".proofmark-");
    if readers == Readers::AsBefore {
        shared(&mut builder);
    }
    let made = builder.tempfile_in(directory);
    let mut file = made.map_err(|error| io::Error::from(error.kind()))?;
    if readers == Readers::AsBefore {
        as_before(path, file.as_file())?;
    }
    // The file itself: its errors do not name the temporary one.
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    let file = file.persist(path).map_err(|error| error.error)?;
    drop(file);
    // The rename itself survives a power cut once the directory is synced.
    File::open(directory)?.sync_all()
}

/// A new file is what the umask lets it be: the kernel takes that off where the file is made.
#[cfg(unix)]
fn shared(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

/// Elsewhere a file inherits who may read it from its directory.
#[cfg(not(unix))]
fn shared(_builder: &mut tempfile::Builder<'_, '_>) {}

/// Keeps whose the file is that is replaced, and who may read it. A link is replaced and not followed: what it leads to says
/// nothing.
fn as_before(path: &Path, file: &File) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(before) if before.is_file() => {
            owned_as(&before, file)?;
            file.set_permissions(before.permissions())
        }
        _ => Ok(()),
    }
}

/// Root gives the file to whose it was. Whoever else writes here makes it their own, as editors do.
#[cfg(unix)]
fn owned_as(before: &std::fs::Metadata, file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let now = file.metadata()?;
    if (now.uid(), now.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    match std::os::unix::fs::fchown(file, Some(before.uid()), Some(before.gid())) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}

/// Elsewhere a file is whose its directory says.
#[cfg(not(unix))]
fn owned_as(_before: &std::fs::Metadata, _file: &File) -> io::Result<()> {
    Ok(())
}

/// Writes a file that the user named. A pipe or a device is written to, and never replaced by a file.
pub(crate) fn write_output(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_stream(path) {
        return OpenOptions::new().append(true).open(path)?.write_all(bytes);
    }
    write_atomically(path, bytes, Readers::AsBefore)
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
        write_atomically(&target, b"precious", Readers::Owner).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        write_output(&path, b"report").unwrap();
        assert_eq!(read_bounded(&target, 10).unwrap(), b"precious");
        assert_eq!(read_bounded(&path, 10).unwrap(), b"report");
    }

    /// Whoever collects reports is seldom who wrote them.
    #[cfg(unix)]
    #[test]
    fn a_file_is_readable_as_before_or_as_the_umask_has_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let plain = dir.path().join("plain");
        drop(File::create(&plain).unwrap());
        let new = dir.path().join("new");
        write_output(&new, b"report").unwrap();
        assert_eq!(mode(&new), mode(&plain), "as any program makes a file here");
        for before in [0o600, 0o640, 0o644] {
            std::fs::set_permissions(&new, std::fs::Permissions::from_mode(before)).unwrap();
            write_output(&new, b"again").unwrap();
            assert_eq!(mode(&new), before);
        }
        let own = dir.path().join("own");
        write_atomically(&own, b"state", Readers::Owner).unwrap();
        assert_eq!(mode(&own), 0o600);
    }

    /// As root, who else's files can be written.
    #[cfg(unix)]
    #[test]
    fn a_file_stays_whose_it_was() {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("compose.yaml");
        write_output(&path, b"old").unwrap();
        let (uid, gid) = if chown(&path, Some(1234), Some(1235)).is_ok() {
            (1234, 1235)
        } else {
            let meta = std::fs::metadata(&path).unwrap();
            (meta.uid(), meta.gid())
        };
        write_output(&path, b"new").unwrap();
        let after = std::fs::metadata(&path).unwrap();
        assert_eq!((after.uid(), after.gid()), (uid, gid));
        assert_eq!(read_bounded(&path, 10).unwrap(), b"new");
    }

    #[test]
    fn errors_do_not_name_temporary_files() {
        let error = write_atomically(Path::new("/nonexistent/report.json"), b"", Readers::Owner).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains(".proofmark-"), "{error}");
    }

    /// One that takes the place of a file between two looks must not hold the program.
    #[cfg(unix)]
    #[allow(clippy::disallowed_methods, reason = "makes a pipe")]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(open_file(&path).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        write_atomically(&dir.path().join("x"), b"abc", Readers::Owner).unwrap();
        assert_eq!(read_head(&dir.path().join("x"), 2).unwrap(), b"ab");
        assert_eq!(open_file(dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
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
        write_atomically(&path, b"old", Readers::AsBefore).unwrap();
        write_atomically(&path, b"new", Readers::AsBefore).unwrap();
        assert_eq!(read_bounded(&path, 10).unwrap(), b"new");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
        assert!(write_atomically(&dir.path().join("absent/report.json"), b"x", Readers::Owner).is_err());
    }
}
