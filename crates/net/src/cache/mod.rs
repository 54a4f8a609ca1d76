//! A cache of content by digest, shared by processes without locks.
//!
//! Only what its own hash proves is kept: no tag, no list, no verdict (verdicts.md 4, "Mirrors"). A file has no name until it
//! is whole, or is renamed then, so a reader sees all of it or nothing. It is not synced to the disk: every read
//! hashes, so what a crash tore is a miss, and a run over hundreds of images does not wait for the disk hundreds of times.

mod evict;
mod file;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use proofmark_core::{Digest, room};

use crate::unnamed;

pub use file::Incoming;

/// Who may read what is kept: its owner alone.
const MODE: u32 = 0o600;
/// Begins the names of files that are being written.
const TEMPORARY: &str = ".tmp-";

/// Whether the cache is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheState {
    /// It is.
    On,
    /// It could not be written, so the run goes on without writing it. Reading goes on.
    Off {
        /// What the system said.
        cause: String,
    },
}

/// Content by digest in one directory, of a bounded size.
///
/// It never fails a run: what cannot be read is a miss, what cannot be written is not kept, and [`Cache::state`] tells.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    max_bytes: u64,
    /// Bytes in the directory as far as this process knows; `None` until it first writes.
    size: Mutex<Option<u64>>,
    counter: AtomicU64,
    state: Mutex<CacheState>,
}

impl Cache {
    /// A cache in `dir` of at most about `max_bytes`. The directory is made, readable by its owner alone, when there is
    /// something to keep: a run that needs no cache does not touch it.
    pub fn open(dir: impl Into<PathBuf>, max_bytes: u64) -> Self {
        Self {
            dir: dir.into(),
            max_bytes,
            size: Mutex::new(None),
            counter: AtomicU64::new(0),
            state: Mutex::new(CacheState::On),
        }
    }

    /// Whether it is in use.
    pub fn state(&self) -> CacheState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The content with this digest, if it is there, is no longer than `max` bytes, and hashes to it. A file that does not
    /// is removed.
    pub fn get(&self, digest: &Digest, max: u64) -> Option<Vec<u8>> {
        let path = self.path(digest);
        // Never a link or a pipe, whoever put it there.
        let meta = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        if meta.len() > max {
            return None;
        }
        let mut bytes = Vec::with_capacity(room(usize::try_from(meta.len()).ok()?));
        File::open(&path).ok()?.take(max.saturating_add(1)).read_to_end(&mut bytes).ok()?;
        if bytes.len() as u64 <= max && digest.matches(&bytes) {
            return Some(bytes);
        }
        // Another process may have removed it already.
        let _ = fs::remove_file(&path);
        None
    }

    /// Keeps content under its digest. Content that does not hash to it is not kept; nor is content larger than a quarter
    /// of the cache, which would push out everything else.
    pub fn put(&self, digest: &Digest, bytes: &[u8]) {
        let length = bytes.len() as u64;
        if self.state() != CacheState::On || length > self.max_bytes / 4 || !digest.matches(bytes) {
            return;
        }
        if let Err(error) = self.write(&self.path(digest), bytes) {
            let cause = describe(&self.dir, &error);
            *self.state.lock().unwrap_or_else(PoisonError::into_inner) = CacheState::Off { cause };
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if is_there(path, bytes.len()) {
            return Ok(());
        }
        let unnamed = unnamed::open(&self.dir, MODE).or_else(|error| match error.kind() {
            ErrorKind::NotFound => make_dir(&self.dir).and_then(|()| unnamed::open(&self.dir, MODE)),
            _ => Err(error),
        })?;
        match unnamed {
            Some(mut file) => {
                file.write_all(bytes)?;
                name(&file, path, bytes.len())?;
            }
            None => self.write_named(path, bytes)?,
        }
        self.account(bytes.len() as u64, path);
        Ok(())
    }

    /// Where files cannot be without a name: under one of its own, which is removed an hour later if the process ended.
    fn write_named(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        make_dir(&self.dir)?;
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let temporary = self.dir.join(format!("{TEMPORARY}{}-{number}-{}", std::process::id(), random()));
        let written = create_new(&temporary)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Counts what was written; looks at the whole directory once at the start and whenever it may be too large.
    fn account(&self, added: u64, written: &Path) {
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        let known = size.map(|size| size.saturating_add(added));
        *size = match known {
            Some(known) if known <= self.max_bytes => Some(known),
            _ => evict::shrink(&self.dir, self.max_bytes, written),
        };
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        // A `Digest` has a known algorithm and lower-case hexadecimal digits alone: it is a safe file name.
        self.dir.join(format!("{}-{}", digest.algorithm().as_str(), digest.hex()))
    }
}

/// A file of this length: whether it is what its name says is seen when it is read.
fn is_there(path: &Path, length: usize) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == length as u64)
}

/// Gives a file its name. Another process may have written the same meanwhile; what else has the name goes.
fn name(file: &File, path: &Path, length: usize) -> io::Result<()> {
    match unnamed::name(file, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        named => return named,
    }
    if is_there(path, length) {
        return Ok(());
    }
    let gone = |error: &io::Error| error.kind() == ErrorKind::NotFound;
    fs::remove_file(path).or_else(|error| if gone(&error) { Ok(()) } else { Err(error) })?;
    match unnamed::name(file, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        named => named,
    }
}

fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, MODE);
    options.open(path)
}

fn describe(dir: &Path, error: &io::Error) -> String {
    let what = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "cannot be written",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "is on a full disk",
        _ => "cannot be used",
    };
    format!("{} {what}: {error}", dir.display())
}

/// Part of a name that no other process on any machine that shares the directory takes.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "makes files")]
mod tests {
    use super::*;

    /// Both ways of writing, over what is there: a directory has whole files afterwards and nothing else.
    #[test]
    fn what_has_the_name_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path(), 1 << 20);
        let digest = Digest::sha256(b"content");
        let path = cache.path(&digest);
        for unnamed in [true, false] {
            let way = if unnamed { Cache::write } else { Cache::write_named };
            for old in [None, Some(&b"other"[..]), Some(b"content")] {
                if let Some(old) = old {
                    fs::write(&path, old).unwrap();
                }
                way(&cache, &path, b"content").unwrap();
                assert_eq!(cache.get(&digest, 100).as_deref(), Some(&b"content"[..]), "{old:?}");
                assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
                fs::remove_file(&path).unwrap();
            }
        }
    }
}
