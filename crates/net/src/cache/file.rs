//! Content that is too large for memory: written where it will be kept, and read as a file.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use proofmark_core::{Digest, Hasher};

use super::{Cache, CacheState, MODE, TEMPORARY, create_new, describe, make_dir, name, random};
use crate::unnamed;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// Content that comes, and has no digest yet. What is dropped leaves nothing.
#[derive(Debug)]
pub struct Incoming<'a> {
    cache: &'a Cache,
    /// To be written, from the first byte on; it can be read too.
    pub file: File,
    /// Its name where files must have one.
    path: Option<PathBuf>,
}

impl Cache {
    /// Room for content of any length; it counts when it is kept.
    ///
    /// # Errors
    /// The directory cannot be written, or the cache was given up.
    pub fn incoming(&self) -> io::Result<Incoming<'_>> {
        if let CacheState::Off { cause } = self.state() {
            return Err(io::Error::other(cause));
        }
        self.make_incoming().inspect_err(|error| self.give_up(error))
    }

    fn make_incoming(&self) -> io::Result<Incoming<'_>> {
        make_dir(&self.dir)?;
        if let Some(file) = unnamed::open(&self.dir, MODE)? {
            return Ok(Incoming { cache: self, file, path: None });
        }
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.join(format!("{TEMPORARY}{}-{number}-{}", std::process::id(), random()));
        drop(create_new(&path)?);
        let file = File::options().read(true).write(true).open(&path)?;
        Ok(Incoming { cache: self, file, path: Some(path) })
    }

    /// The content with this digest as a file at its first byte, if it is there, is no longer than `max` bytes, and hashes to it. A
    /// file that does not is removed.
    pub fn open_file(&self, digest: &Digest, max: u64) -> Option<(File, u64)> {
        let path = self.path(digest);
        let meta = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        if meta.len() > max {
            return None;
        }
        let mut file = File::open(&path).ok()?;
        let length = hashed(&mut file, digest, max);
        if length.is_none() {
            // Another process may have removed it already.
            let _ = fs::remove_file(&path);
        }
        Some((file, length?))
    }

    fn give_up(&self, error: &io::Error) {
        let cause = describe(&self.dir, error);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = CacheState::Off { cause };
    }
}

impl Incoming<'_> {
    /// Keeps what was written under its digest, of which the caller is sure. The file stays open, and is as good if it could not be
    /// kept: [`Cache::state`] tells.
    ///
    /// # Errors
    /// The process has no descriptor left.
    pub fn keep(mut self, digest: &Digest, length: u64) -> io::Result<File> {
        let to = self.cache.path(digest);
        let kept = match self.path.take() {
            Some(from) => fs::rename(&from, &to).inspect_err(|_| drop(fs::remove_file(&from))),
            None => usize::try_from(length)
                .map_err(io::Error::other)
                .and_then(|length| name(&self.file, &to, length)),
        };
        match kept {
            Ok(()) => self.cache.account(length, &to),
            Err(error) => self.cache.give_up(&error),
        }
        self.file.try_clone()
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// The length of a file of at most `max` bytes that hashes to the digest, left at its first byte.
fn hashed(file: &mut File, digest: &Digest, max: u64) -> Option<u64> {
    let (mut hasher, mut length) = (Hasher::new(digest.algorithm()), 0_u64);
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                length += read as u64;
                hasher.update(buffer.get(..read).unwrap_or_default());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
        if length > max {
            return None;
        }
    }
    (hasher.finish() == *digest && file.rewind().is_ok()).then_some(length)
}
