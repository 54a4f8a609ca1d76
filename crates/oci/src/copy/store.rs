//! The layout that is written: each blob is hashed before it has a name, and the index is replaced last.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proofmark_core::Digest;
use proofmark_net::unnamed;
use tempfile::NamedTempFile;

use super::error::CopyError;
use crate::layout::{LayoutError, files};
use crate::manifest::{Descriptor, ManifestError};
use crate::source::Passed;
use crate::strict_json;

/// How the name of a file begins that is not whole yet.
const UNFINISHED: &str = ".proofmark-";
const MARKER: &str = "oci-layout";
const MARKED: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// A layout directory, locked against other writers as long as this lives.
#[derive(Debug)]
pub(super) struct Store {
    dir: PathBuf,
    _lock: File,
}

/// Says whether `dir` may be written into, and writes nothing.
pub(super) fn check(dir: &Path) -> Result<(), CopyError> {
    match fs::metadata(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unwritten(dir, &error)),
        Ok(meta) if !meta.is_dir() => return Err(CopyError::NotADirectory { path: dir.to_owned() }),
        Ok(_) => {}
    }
    match files::read(&dir.join(MARKER), 4096) {
        Ok(bytes) => return version(dir, &bytes),
        Err(LayoutError::Io { kind: ErrorKind::NotFound, .. }) => {}
        Err(error) => return Err(CopyError::Target(error)),
    }
    let mut entries = fs::read_dir(dir).map_err(|error| unwritten(dir, &error))?;
    // What an interrupted run of ours left before the directory was a layout is nobody's.
    let foreign = entries.any(|entry| entry.is_ok_and(|entry| !is_unfinished(&entry.file_name())));
    if foreign { Err(CopyError::Occupied { dir: dir.to_owned() }) } else { Ok(()) }
}

fn version(dir: &Path, bytes: &[u8]) -> Result<(), CopyError> {
    let path = dir.join(MARKER);
    let malformed = |error| LayoutError::Malformed { path: path.clone(), error: ManifestError::Json(error) };
    let marker: crate::layout::Marker =
        strict_json::from_slice(bytes).map_err(|error| CopyError::Target(malformed(error)))?;
    let version = marker.image_layout_version;
    if version.starts_with("1.") {
        return Ok(());
    }
    Err(CopyError::Target(LayoutError::Version { dir: dir.to_owned(), version }))
}

fn is_unfinished(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(UNFINISHED))
}

fn unwritten(path: &Path, error: &io::Error) -> CopyError {
    // The name of a temporary file says nothing to the reader.
    let cause = error
        .raw_os_error()
        .map_or_else(|| error.kind().to_string(), |code| io::Error::from_raw_os_error(code).to_string());
    CopyError::Write { path: path.to_owned(), kind: error.kind(), cause }
}

impl Store {
    /// Makes the directory a layout, if it is none yet, and takes it.
    pub(super) fn open(dir: &Path) -> Result<Self, CopyError> {
        check(dir)?;
        fs::create_dir_all(dir).map_err(|error| unwritten(dir, &error))?;
        let marker = dir.join(MARKER);
        if !marker.exists() {
            write_whole(&marker, MARKED)?;
        }
        let lock = File::open(&marker).map_err(|error| unwritten(&marker, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(CopyError::Busy { dir: dir.to_owned() }),
            // A file system without locks: the index is replaced whole all the same.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(unwritten(&marker, &error)),
        }
        let store = Self { dir: dir.to_owned(), _lock: lock };
        store.tidy(dir);
        Ok(store)
    }

    /// Removes what an interrupted run left: with the lock, nobody is writing it.
    fn tidy(&self, dir: &Path) {
        let unfinished = |dir: &Path| {
            let entries = fs::read_dir(dir).into_iter().flatten().flatten();
            entries
                .filter(|entry| is_unfinished(&entry.file_name()))
                .map(|entry| entry.path())
                .collect::<Vec<_>>()
        };
        for dir in [dir, &self.dir.join("blobs/sha256"), &self.dir.join("blobs/sha512")] {
            for path in unfinished(dir) {
                // It is in nobody's way if it stays.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// The directory of an algorithm's blobs, made if need be. No part of it may be a link: it would lead elsewhere.
    fn blobs(&self, digest: &Digest) -> Result<PathBuf, CopyError> {
        let mut dir = self.dir.clone();
        for part in ["blobs", digest.algorithm().as_str()] {
            dir.push(part);
            match fs::create_dir(&dir) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    files::plain_dir(&dir).map_err(|_| CopyError::NotADirectory { path: dir.clone() })?;
                }
                Err(error) => return Err(unwritten(&dir, &error)),
            }
        }
        Ok(dir)
    }

    /// Whether the blob is there, whole and unchanged.
    pub(super) fn holds(&self, blob: &Descriptor) -> Result<bool, CopyError> {
        let path = self.blobs(&blob.digest)?.join(blob.digest.hex());
        if !path.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.len() == blob.size) {
            return Ok(false);
        }
        let mut passed = Passed::new(blob);
        let mut nowhere = |_: &[u8]| ControlFlow::Continue(());
        let read = files::stream(&path, blob.size, &mut |piece| passed.pass(piece, &mut nowhere));
        Ok(read.is_ok() && passed.check("", blob).is_ok())
    }

    /// A place for a blob that has no name until [`Self::keep`].
    pub(super) fn begin(&self, digest: &Digest) -> Result<Draft, CopyError> {
        let dir = self.blobs(digest)?;
        Draft::new(&dir).map_err(|error| unwritten(&dir, &error))
    }

    /// Gives a blob its name. The caller has hashed it.
    pub(super) fn keep(&self, draft: Draft, digest: &Digest) -> Result<(), CopyError> {
        let dir = self.blobs(digest)?;
        let path = dir.join(digest.hex());
        draft.keep(&path).map_err(|error| unwritten(&path, &error))
    }

    /// Writes a whole blob.
    pub(super) fn put(&self, digest: &Digest, bytes: &[u8]) -> Result<(), CopyError> {
        let mut draft = self.begin(digest)?;
        draft.write(bytes).map_err(|error| self.unwritten_blob(digest, &error))?;
        self.keep(draft, digest)
    }

    /// What is told of a blob that could not be written.
    pub(super) fn unwritten_blob(&self, digest: &Digest, error: &io::Error) -> CopyError {
        let dir = self.dir.join("blobs").join(digest.algorithm().as_str());
        unwritten(&dir.join(digest.hex()), error)
    }

    /// `index.json` as it is; `None` if there is none yet.
    pub(super) fn index(&self, most: u64) -> Result<Option<Vec<u8>>, CopyError> {
        match files::read(&self.index_path(), most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(LayoutError::Io { kind: ErrorKind::NotFound, .. }) => Ok(None),
            Err(error) => Err(CopyError::Target(error)),
        }
    }

    pub(super) fn index_path(&self) -> PathBuf {
        self.dir.join("index.json")
    }

    /// Replaces `index.json`, once every blob's name is on the disk.
    pub(super) fn write_index(&self, bytes: &[u8]) -> Result<(), CopyError> {
        for algorithm in ["sha256", "sha512"] {
            let dir = self.dir.join("blobs").join(algorithm);
            if dir.is_dir() {
                sync(&dir)?;
            }
        }
        write_whole(&self.index_path(), bytes)
    }
}

/// What is written and has no name yet.
#[derive(Debug)]
pub(super) enum Draft {
    /// A file without a name: whatever ends the process, nothing is left of it.
    Nameless(File),
    /// A file that is removed with this value, and by the next run if the process was ended.
    Named(NamedTempFile),
}

impl Draft {
    fn new(dir: &Path) -> io::Result<Self> {
        match unnamed::open(dir, 0o666)? {
            Some(file) => Ok(Self::Nameless(file)),
            None => named(dir).map(Self::Named),
        }
    }

    /// Adds a piece.
    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::Nameless(file) => file.write_all(piece),
            Self::Named(file) => file.write_all(piece),
        }
    }

    fn keep(self, path: &Path) -> io::Result<()> {
        // What has this name is damaged, or a link: it was looked at before.
        let old = || match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        match self {
            Self::Nameless(file) => {
                file.sync_all()?;
                old()?;
                unnamed::name(&file, path)
            }
            Self::Named(file) => {
                file.as_file().sync_all()?;
                old()?;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
        }
    }
}

fn named(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        // As any program makes a file: the umask takes off what it takes off.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(dir).map_err(|error| error.raw_os_error().map_or(error, io::Error::from_raw_os_error))
}

/// Writes a file that is seen whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CopyError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = named(dir)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| unwritten(path, &error))?;
    sync(dir)
}

fn sync(dir: &Path) -> Result<(), CopyError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| unwritten(dir, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(bytes: &[u8]) -> Descriptor {
        Descriptor {
            media_type: String::new(),
            digest: Digest::sha256(bytes),
            size: bytes.len() as u64,
            platform: None,
            artifact_type: None,
            annotations: std::collections::BTreeMap::new(),
        }
    }

    /// Both ways of writing: with and without files that have no name.
    #[test]
    fn a_blob_has_its_name_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let one = blob(b"one");
        let blobs = store.blobs(&one.digest).unwrap();
        let ways: [fn(&Path) -> io::Result<Draft>; 2] = [Draft::new, |dir| named(dir).map(Draft::Named)];
        for way in ways {
            let mut draft = way(&blobs).unwrap();
            draft.write(b"one").unwrap();
            assert!(!blobs.join(one.digest.hex()).exists());
            store.keep(draft, &one.digest).unwrap();
            assert!(store.holds(&one).unwrap());
            assert_eq!(fs::read_dir(&blobs).unwrap().count(), 1);
            fs::remove_file(blobs.join(one.digest.hex())).unwrap();
        }
        drop(Draft::new(&blobs).unwrap());
        assert_eq!(fs::read_dir(&blobs).unwrap().count(), 0, "nothing is left of what was given up");
    }

    #[test]
    fn what_was_changed_is_not_held() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let one = blob(b"one");
        store.put(&one.digest, b"one").unwrap();
        let path = store.blobs(&one.digest).unwrap().join(one.digest.hex());
        for other in [&b"two"[..], b"longer"] {
            let mut file = named(dir.path()).unwrap();
            file.write_all(other).unwrap();
            file.persist(&path).unwrap();
            assert!(!store.holds(&one).unwrap());
        }
        store.put(&one.digest, b"one").unwrap();
        assert!(store.holds(&one).unwrap());
    }

    /// A layout of a repository that was just cloned must not lead what is written to another directory.
    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = Store::open(dir.path()).unwrap();
        std::os::unix::fs::symlink(other.path(), dir.path().join("blobs")).unwrap();
        let error = store.put(&blob(b"one").digest, b"one").unwrap_err();
        assert!(matches!(error, CopyError::NotADirectory { .. }), "{error}");
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_writes_at_a_time_and_what_was_left_goes() {
        let dir = tempfile::tempdir().unwrap();
        let first = Store::open(dir.path()).unwrap();
        assert!(matches!(Store::open(dir.path()), Err(CopyError::Busy { .. })));
        first.put(&blob(b"one").digest, b"one").unwrap();
        drop(first);
        let left = [dir.path().join(".proofmark-a"), dir.path().join("blobs/sha256/.proofmark-b")];
        for path in &left {
            drop(File::create(path).unwrap());
        }
        let again = Store::open(dir.path()).unwrap();
        assert!(left.iter().all(|path| !path.exists()));
        assert!(again.holds(&blob(b"one")).unwrap());
    }

    #[test]
    fn other_directories_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        drop(File::create(&file).unwrap());
        assert!(matches!(check(dir.path()), Err(CopyError::Occupied { .. })));
        assert!(matches!(check(&file), Err(CopyError::NotADirectory { .. })));
        assert!(matches!(check(&file.join("below")), Err(CopyError::Write { .. })));
        assert!(check(&dir.path().join("new/deep")).is_ok());
        fs::rename(&file, dir.path().join(".proofmark-x")).unwrap();
        assert!(check(dir.path()).is_ok());
        let mut marker = File::create(dir.path().join(MARKER)).unwrap();
        marker.write_all(br#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
        assert!(matches!(check(dir.path()), Err(CopyError::Target(LayoutError::Version { .. }))));
    }
}
