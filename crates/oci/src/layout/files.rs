//! Files of a directory that someone else filled: plain, bounded, never followed out of it.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use proofmark_core::room;

use super::LayoutError;

/// Bytes that are handed over at a time.
const PIECE: usize = 64 * 1024;

/// The whole content of a plain file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, LayoutError> {
    let (file, length) = open(path)?;
    let too_large = || LayoutError::TooLarge { path: path.to_owned(), limit };
    if length > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(room(usize::try_from(length).unwrap_or_default()));
    // One byte more, to see a file that grows.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| io(path, error.kind()))?;
    if u64::try_from(bytes.len()).is_ok_and(|read| read > limit) {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Hands a plain file over piece by piece, up to `limit` bytes and one more, to see a file that is longer.
pub(crate) fn stream(
    path: &Path,
    limit: u64,
    sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), LayoutError> {
    let (file, _) = open(path)?;
    let mut file = file.take(limit.saturating_add(1));
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece).map_err(|error| io(path, error.kind()))?;
        if read == 0 || sink(piece.get(..read).unwrap_or_default()).is_break() {
            return Ok(());
        }
    }
}

/// The first byte that is no white space among the first 64, if it is a plain file: enough to tell JSON from archives.
pub(super) fn starts_with(path: &Path, byte: u8) -> Result<bool, LayoutError> {
    let (file, _) = open(path)?;
    let mut start = Vec::with_capacity(64);
    file.take(64).read_to_end(&mut start).map_err(|error| io(path, error.kind()))?;
    Ok(start.trim_ascii_start().first() == Some(&byte))
}

/// That `path` is a directory and no link to one.
pub(crate) fn plain_dir(path: &Path) -> Result<(), LayoutError> {
    if metadata(path)?.is_dir() { Ok(()) } else { Err(LayoutError::NotAFile { path: path.to_owned() }) }
}

fn open(path: &Path) -> Result<(File, u64), LayoutError> {
    let before = metadata(path)?;
    if !before.is_file() {
        return Err(LayoutError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(|error| io(path, error.kind()))?;
    let opened = file.metadata().map_err(|error| io(path, error.kind()))?;
    // What was looked at is what was opened: a link put in its place meanwhile is another file.
    if !opened.is_file() || !same_file(&before, &opened) {
        return Err(LayoutError::NotAFile { path: path.to_owned() });
    }
    Ok((file, opened.len()))
}

#[cfg(unix)]
fn same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same_file(one: &Metadata, other: &Metadata) -> bool {
    one.len() == other.len()
}

fn metadata(path: &Path) -> Result<Metadata, LayoutError> {
    path.symlink_metadata().map_err(|error| io(path, error.kind()))
}

fn io(path: &Path, kind: ErrorKind) -> LayoutError {
    LayoutError::Io { path: path.to_owned(), kind }
}
