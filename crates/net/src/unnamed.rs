//! Files that have no name until they are whole: whatever ends the process, nothing is left of one.

use std::fs::File;
use std::io;
use std::path::Path;

/// An empty file in `dir`, with these permissions less the umask; `None` where the system or the file system has no such files.
///
/// # Errors
/// Whatever else keeps a file from being made.
#[cfg(target_os = "linux")]
pub fn open(dir: &Path, mode: u32) -> io::Result<Option<File>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = i32::try_from(rustix::fs::OFlags::TMPFILE.bits()).unwrap_or_default();
    match std::fs::OpenOptions::new().read(true).write(true).mode(mode).custom_flags(flags).open(dir) {
        Ok(file) => Ok(Some(file)),
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::IsADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Gives a file of [`open`] its name. `open(2)` names this way for who has no capabilities.
///
/// # Errors
/// The name is taken, or cannot be given.
#[cfg(target_os = "linux")]
pub fn name(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let from = format!("/proc/self/fd/{}", file.as_raw_fd());
    let flags = rustix::fs::AtFlags::SYMLINK_FOLLOW;
    rustix::fs::linkat(rustix::fs::CWD, from, rustix::fs::CWD, path, flags).map_err(io::Error::from)
}

/// None: they are Linux's.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn open(_: &Path, _: u32) -> io::Result<Option<File>> {
    Ok(None)
}

/// As on Linux; there is no file to name.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn name(_: &File, _: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}
