//! A cache of content by digest, shared by processes without locks.
//!
//! Only what its own hash proves is kept: no tag, no list, no verdict (verdicts.md 4, "Mirrors"). A file is written under
//! a name of its own and renamed, so a reader sees all of it or nothing. It is not synced to the disk: every read
//! hashes, so what a crash tore is a miss, and a run over hundreds of images does not wait for the disk hundreds of times.

mod evict;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use proofmark_core::{Digest, room};

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
        if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == bytes.len() as u64) {
            return Ok(());
        }
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let temporary = self.dir.join(format!("{TEMPORARY}{}-{number}-{}", std::process::id(), random()));
        let created = create_new(&temporary).or_else(|error| match error.kind() {
            ErrorKind::NotFound => make_dir(&self.dir).and_then(|()| create_new(&temporary)),
            _ => Err(error),
        });
        let written =
            created.and_then(|mut file| file.write_all(bytes)).and_then(|()| fs::rename(&temporary, path));
        if let Err(error) = written {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        self.account(bytes.len() as u64, path);
        Ok(())
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
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
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
