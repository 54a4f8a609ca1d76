//! Executables on disk.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proofmark_pin::Look;

use super::ask;
use super::open_to::Folders;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::files::open_file;
use crate::paths::{plain, there};

/// Executables of one directory.
const MAX_FILES: usize = 4096;

/// An executable, opened once.
struct OnDisk {
    shown: String,
    tool: String,
    path: PathBuf,
    size: u64,
    file: Result<File, String>,
    folders: Rc<Folders>,
}

impl OnDisk {
    fn new(path: &Path, folders: &Rc<Folders>) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let file = open_file(path).map_err(|error| error.to_string());
        let size = file.as_ref().ok().and_then(|file| file.metadata().ok()).map_or(0, |meta| meta.len());
        let tool = name.strip_suffix(".exe").unwrap_or(&name).to_owned();
        Self { shown: plain(path), tool, path: path.to_owned(), size, file, folders: Rc::clone(folders) }
    }
}

impl Look for OnDisk {
    fn shown(&self) -> &str {
        &self.shown
    }

    fn tool(&self) -> &str {
        &self.tool
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut file = self.file.as_ref().map_err(|error| io::Error::other(error.clone()))?;
        file.rewind()?;
        Ok(Box::new(file))
    }

    fn writable(&self) -> Vec<String> {
        self.folders.others(&self.path)
    }

    fn say(&self, arguments: &[&str]) -> Result<String, String> {
        ask::say(self.file.as_ref().map_err(Clone::clone)?, &self.path, arguments)
    }
}

/// Each file that is named, and every executable of each directory, not of those below it.
pub(crate) fn executables<'a>(paths: &[PathBuf]) -> Result<Vec<Box<dyn Look + 'a>>, Failure> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        let (_, meta) = there(path)?;
        if meta.is_dir() {
            found.extend(of_directory(path)?);
        } else {
            found.push(path.clone());
        }
    }
    // One that is named twice is one subject.
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|path| seen.insert(plain(path)));
    let folders = Rc::new(Folders::default());
    Ok(found.iter().map(|path| Box::new(OnDisk::new(path, &folders)) as Box<dyn Look + 'a>).collect())
}

fn of_directory(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |why: String| {
        let message = format!("{} cannot be read: {why}", directory.display());
        Failure::unverifiable("file-unreadable", message, "name the executables themselves")
    };
    let entries = std::fs::read_dir(directory).map_err(|error| unreadable(error.to_string()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(error.to_string()))?.path();
        if is_executable(&path) {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            return Err(unreadable(format!("it has more than {MAX_FILES} executables")));
        }
    }
    found.sort();
    Ok(found)
}

/// What `PATH` leads to. A directory that is relative there depends on where one stands.
pub(crate) fn first_on_path(tool: &str, environment: &Environment) -> Option<PathBuf> {
    let file = format!("{tool}{}", std::env::consts::EXE_SUFFIX);
    let directories = std::env::split_paths(environment.path.as_ref()?);
    directories.filter(|dir| dir.is_absolute()).map(|dir| dir.join(&file)).find(|path| is_executable(path))
}

#[cfg(unix)]
pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_executable(path: &Path) -> bool {
    path.is_file()
}
