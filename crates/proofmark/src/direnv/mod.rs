//! direnv's files on this machine: read as they are, removed one by one, and written one at a time.

mod approval;
mod disk;
mod place;
mod record;
mod removal;

use std::ffi::OsStr;

pub(crate) use approval::approve;
pub(crate) use disk::RealDisk;
pub(crate) use place::{GUARD, Target, guard_text, is_installed, machine, roots};
pub(crate) use record::Record;
pub(crate) use removal::{Removed, confirmed, remove};

/// The bytes of a path.
#[cfg(unix)]
pub(crate) fn bytes_of(path: &OsStr) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_bytes().to_vec()
}

/// direnv's hash is of a path as text where paths are no bytes.
#[cfg(not(unix))]
pub(crate) fn bytes_of(path: &OsStr) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

/// The path of these bytes.
#[cfg(unix)]
pub(crate) fn path_of(bytes: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).into()
}

/// As [`bytes_of`].
#[cfg(not(unix))]
pub(crate) fn path_of(bytes: &[u8]) -> std::path::PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Who asks, by number.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
pub(crate) fn user() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

/// Elsewhere users have no numbers.
#[cfg(not(unix))]
pub(crate) fn user() -> Option<u32> {
    None
}
