//! A policy in a directory: nothing outside of it is read, and nobody else may have written it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::owner::{Access, Ownership};
use super::{FileError, Files, is_confined};
use crate::OwnerRule;

/// So many names of a directory are looked at.
const MAX_NAMES: usize = 4096;

/// The files below a policy's directory.
#[derive(Debug)]
pub struct DirectoryFiles {
    /// As the user wrote it.
    shown: PathBuf,
    /// Without links.
    real: PathBuf,
    ownership: Ownership,
    checked: RefCell<BTreeSet<PathBuf>>,
    group_writable: RefCell<BTreeSet<String>>,
}

impl DirectoryFiles {
    /// Opens a directory and asks who may write to it and, up to `tree_root` (or the file system's root), to its parents.
    pub fn open(
        directory: &Path,
        tree_root: Option<&Path>,
        rule: OwnerRule,
        display_base: Option<&Path>,
    ) -> Result<Self, FileError> {
        let io = |error: &std::io::Error| FileError::Io {
            path: directory.display().to_string(),
            cause: error.to_string(),
        };
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let real = fs::canonicalize(directory).map_err(|error| io(&error))?;
        let meta = fs::metadata(&real).map_err(|error| io(&error))?;
        let files = Self {
            shown: shown(directory, &real, display_base),
            ownership: Ownership::new(rule, &meta),
            real,
            checked: RefCell::default(),
            group_writable: RefCell::default(),
        };
        files.check(&files.real.clone(), &meta, Access::Own)?;
        files.check_parents(tree_root)?;
        Ok(files)
    }

    fn check_parents(&self, tree_root: Option<&Path>) -> Result<(), FileError> {
        let root = tree_root.and_then(|root| fs::canonicalize(root).ok());
        if root.as_deref() == Some(&self.real) {
            return Ok(());
        }
        for parent in self.real.ancestors().skip(1) {
            let meta = fs::metadata(parent).map_err(|error| self.io(parent, &error))?;
            // Outside of a tree, a directory such as /tmp is on the way: its sticky bit keeps strangers from replacing ours.
            let access = if root.is_some() { Access::Parent } else { Access::ParentOutsideTree };
            self.check(parent, &meta, access)?;
            if root.as_deref() == Some(parent) {
                break;
            }
        }
        Ok(())
    }

    fn check(&self, path: &Path, meta: &Metadata, access: Access) -> Result<(), FileError> {
        if !self.checked.borrow_mut().insert(path.to_owned()) {
            return Ok(());
        }
        let shown = self.show_real(path);
        if self.ownership.check(&shown, meta, access)? {
            self.group_writable.borrow_mut().insert(shown);
        }
        Ok(())
    }

    fn show_real(&self, path: &Path) -> String {
        match path.strip_prefix(&self.real) {
            Ok(below) if below.as_os_str().is_empty() && self.shown.as_os_str().is_empty() => ".".to_owned(),
            Ok(below) if below.as_os_str().is_empty() => self.shown.display().to_string(),
            Ok(below) => self.shown.join(below).display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }

    fn io(&self, path: &Path, error: &std::io::Error) -> FileError {
        FileError::Io { path: self.show_real(path), cause: error.to_string() }
    }

    /// The path without links, which must be below the policy's directory all the way; `None` if nothing is there.
    fn real_path(&self, path: &str) -> Result<Option<PathBuf>, FileError> {
        let shown = self.display(path);
        if !is_confined(path) {
            return Err(FileError::Outside(shown));
        }
        let mut real = self.real.clone();
        for part in path.split('/') {
            let next = real.join(part);
            real = match fs::canonicalize(&next) {
                Ok(real) if real.starts_with(&self.real) => real,
                Ok(_) => return Err(FileError::Outside(shown)),
                // A link that leads nowhere is not the same as no file: someone meant something.
                Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(&next).is_ok() => {
                    return Err(FileError::Io { path: shown, cause: "the link leads nowhere".to_owned() });
                }
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(FileError::Io { path: shown, cause: error.to_string() }),
            };
        }
        Ok(Some(real))
    }

    /// Every directory between the policy's and the file, and the file itself, must not be anyone else's.
    fn check_way(&self, real: &Path) -> Result<(), FileError> {
        let mut way: Vec<&Path> = real.ancestors().take_while(|path| *path != self.real).collect();
        way.reverse();
        for path in way {
            let meta = fs::metadata(path).map_err(|error| self.io(path, &error))?;
            self.check(path, &meta, Access::Own)?;
        }
        Ok(())
    }
}

impl Files for DirectoryFiles {
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>, FileError> {
        let shown = self.display(path);
        let Some(real) = self.real_path(path)? else { return Ok(None) };
        self.check_way(&real)?;
        let io = |error: std::io::Error| FileError::Io { path: shown.clone(), cause: error.to_string() };
        // Asked before opening: opening a pipe would wait for its writer.
        if !fs::metadata(&real).map_err(io)?.is_file() {
            return Err(FileError::NotRegular(shown));
        }
        let file = File::open(&real).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(FileError::NotRegular(shown));
        }
        let mut bytes = Vec::new();
        file.take(max + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > max {
            return Err(FileError::TooLarge { path: shown, max });
        }
        Ok(Some(bytes))
    }

    fn display(&self, path: &str) -> String {
        self.shown.join(path).display().to_string()
    }

    fn directory(&self, path: &str) -> Result<PathBuf, FileError> {
        // Without links, so that it is the directory that was looked at here that is opened later.
        Ok(self.real_path(path)?.unwrap_or_else(|| self.real.join(path)))
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let real = self.real_path(directory).ok().flatten();
        let entries = real.and_then(|real| fs::read_dir(real).ok()).into_iter().flatten().take(MAX_NAMES);
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
    }

    fn group_writable(&self) -> Vec<String> {
        self.group_writable.borrow().iter().cloned().collect()
    }
}

/// The directory as it is shown: relative to `base` when below it, else as written.
fn shown(directory: &Path, real: &Path, base: Option<&Path>) -> PathBuf {
    let base = base.and_then(|base| fs::canonicalize(base).ok());
    match base.as_deref().and_then(|base| real.strip_prefix(base).ok()) {
        Some(below) => below.to_owned(),
        None => directory.to_owned(),
    }
}
