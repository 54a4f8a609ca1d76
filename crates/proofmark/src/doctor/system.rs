//! The files that are looked at.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::files::{open_file, read_all};

/// Bytes of one file.
const MAX_FILE: u64 = 1 << 20;

/// Files of one folder.
const MAX_FILES: usize = 2048;

/// What is asked of the machine.
pub(crate) trait System {
    /// `PATH`.
    fn path(&self) -> Option<OsString>;

    /// `HOME`.
    fn home(&self) -> Option<PathBuf>;

    /// The bytes of a regular file; `None`: it is not there.
    ///
    /// # Errors
    /// What the system says.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;

    /// The files of a folder, sorted; empty where there is none or it cannot be read.
    fn list(&self, path: &Path) -> Vec<PathBuf>;

    /// Whether somebody may run it.
    fn is_executable(&self, path: &Path) -> bool;

    /// Where links end; the path itself where there is nothing.
    fn real(&self, path: &Path) -> PathBuf;
}

/// The machine.
pub(crate) struct Disk<'a>(pub(crate) &'a Environment);

impl System for Disk<'_> {
    fn path(&self) -> Option<OsString> {
        self.0.path.clone()
    }

    fn home(&self) -> Option<PathBuf> {
        self.0.home.clone()
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match open_file(path).and_then(|file| read_all(file, MAX_FILE)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn list(&self, path: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
        let mut files: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).take(MAX_FILES).collect();
        files.sort();
        files
    }

    fn is_executable(&self, path: &Path) -> bool {
        crate::pins::is_executable(path)
    }

    fn real(&self, path: &Path) -> PathBuf {
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }
}

/// A machine of a test.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Map {
    files: std::collections::BTreeMap<PathBuf, Result<Vec<u8>, ()>>,
    programs: std::collections::BTreeSet<PathBuf>,
}

#[cfg(test)]
impl Map {
    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(PathBuf::from(path), Ok(text.as_bytes().to_vec()));
        self
    }

    pub(super) fn unreadable(mut self, path: &str) -> Self {
        self.files.insert(PathBuf::from(path), Err(()));
        self
    }

    pub(super) fn program(mut self, path: &str) -> Self {
        self.programs.insert(PathBuf::from(path));
        self
    }
}

#[cfg(test)]
impl System for Map {
    fn path(&self) -> Option<OsString> {
        Some("/home/a/bin:/usr/bin".into())
    }

    fn home(&self) -> Option<PathBuf> {
        Some("/home/a".into())
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match self.files.get(path) {
            None => Ok(None),
            Some(Ok(bytes)) => Ok(Some(bytes.clone())),
            Some(Err(())) => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    fn list(&self, path: &Path) -> Vec<PathBuf> {
        self.files.keys().filter(|file| file.parent() == Some(path)).cloned().collect()
    }

    fn is_executable(&self, path: &Path) -> bool {
        self.programs.contains(path)
    }

    fn real(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}
