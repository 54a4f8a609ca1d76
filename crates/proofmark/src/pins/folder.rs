//! A folder in which executables are unpacked, judged, and given their names.
//!
//! They have none before: on Linux a file is made without one, so that whatever ends the process, nothing is left of it.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, Write};
use std::path::{Path, PathBuf};

use proofmark_core::{Algorithm, Digest, Hasher};
use proofmark_net::unnamed;
use proofmark_pin::{Bench, Look, Placing, Target};
use tempfile::TempPath;

use super::{ask, groups};
use crate::files::open_file;

/// Who may read and run what has no name yet: whoever asks it for its version.
const MODE: u32 = 0o700;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// A folder.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// One that is there, or can be made.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }
}

/// An executable that is being written.
pub(crate) struct Scratch {
    file: File,
    path: Option<TempPath>,
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// One that is written: nobody has it open for writing, so that it can be run.
pub(crate) struct Ready {
    file: File,
    path: RefCell<Option<TempPath>>,
    tool: String,
    size: u64,
}

impl Look for Ready {
    fn shown(&self) -> &str {
        &self.tool
    }

    fn tool(&self) -> &str {
        &self.tool
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut file = &self.file;
        file.rewind()?;
        Ok(Box::new(file))
    }

    fn writable(&self) -> Vec<String> {
        Vec::new()
    }

    fn say(&self, arguments: &[&str]) -> Result<String, String> {
        let path = self.path.borrow();
        ask::say(&self.file, path.as_deref().unwrap_or(Path::new("")), arguments)
    }
}

impl Bench for Folder {
    type Scratch = Scratch;
    type Ready = Ready;

    fn scratch(&self) -> io::Result<Scratch> {
        if let Some(file) = unnamed::open(&self.dir, MODE)? {
            return Ok(Scratch { file, path: None });
        }
        let made = tempfile::Builder::new().prefix(".proofmark-").tempfile_in(&self.dir)?;
        let (file, path) = made.into_parts();
        Ok(Scratch { file, path: Some(path) })
    }

    fn ready(&self, scratch: Scratch, tool: &str) -> io::Result<Ready> {
        let Scratch { file, path } = scratch;
        set_mode(&file, MODE)?;
        file.sync_all()?;
        let size = file.metadata()?.len();
        let file = match &path {
            Some(path) => open_file(path)?,
            None => reopened(&file)?,
        };
        Ok(Ready { file, path: RefCell::new(path), tool: tool.to_owned(), size })
    }
}

impl Target for Folder {
    fn present(&self, name: &str) -> Option<(Digest, u32)> {
        let path = self.dir.join(name);
        // Never through a link: what it leads to is another's.
        fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let mut file = open_file(&path).ok()?;
        Some((hash(&mut file).ok()?, mode(&file).ok()?))
    }

    fn mode_of(&self, placing: &Placing<'_>) -> u32 {
        let bits = placing.mode.bits();
        if placing.mode.is_setgid() && groups::grantable(placing.group).is_err() {
            bits & 0o777
        } else {
            bits
        }
    }

    fn place(&self, ready: Ready, placing: &Placing<'_>) -> io::Result<Vec<String>> {
        let Ready { file, path, .. } = ready;
        let mut notes = Vec::new();
        if placing.mode.is_setgid() {
            match groups::grantable(placing.group) {
                // Before the mode: a change of the group takes the bit away.
                Ok(group) => groups::give(&file, group)?,
                Err(why) => notes.push(why),
            }
        }
        set_mode(&file, self.mode_of(placing))?;
        file.sync_all()?;
        let to = self.dir.join(placing.name);
        match path.into_inner() {
            Some(path) => path.persist(&to).map_err(|error| error.error)?,
            None => name(&file, &self.dir, &to)?,
        }
        // The name itself survives a power cut once the folder is synced.
        File::open(&self.dir)?.sync_all()?;
        Ok(notes)
    }
}

/// Names a file that has no name, over what has the name: linked beside it first, since only a rename replaces.
fn name(file: &File, dir: &Path, to: &Path) -> io::Result<()> {
    // A name that is free, which the rename takes away again.
    let beside =
        tempfile::Builder::new().prefix(".proofmark-").make_in(dir, |path| unnamed::name(file, path))?;
    beside.into_temp_path().persist(to).map_err(|error| error.error)
}

fn hash(file: &mut File) -> io::Result<Digest> {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The same file, to be read alone: one that is open for writing is not run (`ETXTBSY`).
#[cfg(target_os = "linux")]
fn reopened(file: &File) -> io::Result<File> {
    use std::os::fd::AsRawFd as _;
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Elsewhere every file has a name.
#[cfg(not(target_os = "linux"))]
fn reopened(file: &File) -> io::Result<File> {
    file.try_clone()
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// Elsewhere a file's rights are its folder's.
#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn mode(file: &File) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o7777)
}

/// What was asked for is what it has.
#[cfg(not(unix))]
fn mode(_file: &File) -> io::Result<u32> {
    Ok(0o755)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::os::unix::fs::symlink;

    use proofmark_lock::Mode;

    use super::*;

    fn put(folder: &Folder, bytes: &[u8], name: &str) -> io::Result<Vec<String>> {
        let mut scratch = folder.scratch()?;
        scratch.write_all(bytes)?;
        let ready = folder.ready(scratch, name)?;
        folder.place(ready, &Placing { name, mode: Mode::PLAIN, group: None })
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_has_a_name_before_it_is_placed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().join("bin")).unwrap();
        let mut scratch = folder.scratch().unwrap();
        scratch.write_all(b"half").unwrap();
        assert_eq!(names(&dir.path().join("bin")), [""; 0]);
        drop(scratch);
        assert_eq!(put(&folder, b"the tool", "op").unwrap(), [""; 0]);
        assert_eq!(names(&dir.path().join("bin")), ["op"]);
        assert_eq!(folder.present("op"), Some((Digest::sha256(b"the tool"), 0o755)));
        // What has the name is replaced, and was not written to.
        let mut before = File::open(dir.path().join("bin/op")).unwrap();
        put(&folder, b"the next", "op").unwrap();
        let mut text = String::new();
        before.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), names(&dir.path().join("bin"))), ("the tool", vec!["op".to_owned()]));
    }

    #[test]
    fn links_are_replaced_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        put(&folder, b"precious", "target").unwrap();
        symlink(dir.path().join("target"), dir.path().join("op")).unwrap();
        assert_eq!(folder.present("op"), None);
        put(&folder, b"the tool", "op").unwrap();
        assert_eq!(folder.present("target").unwrap().0, Digest::sha256(b"precious"));
        assert_eq!(folder.present("op").unwrap().0, Digest::sha256(b"the tool"));
        // What is no file keeps its name.
        fs::create_dir(dir.path().join("dir")).unwrap();
        assert!(put(&folder, b"x", "dir").is_err() && dir.path().join("dir").is_dir());
        assert_eq!(names(dir.path()), ["dir", "op", "target"]);
    }

    /// What is asked for its version has no name yet.
    #[test]
    fn what_has_no_name_can_be_run() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let mut scratch = folder.scratch().unwrap();
        io::copy(&mut File::open("/usr/bin/env").unwrap(), &mut scratch).unwrap();
        let ready = folder.ready(scratch, "env").unwrap();
        assert!(ready.say(&[]).unwrap().contains("LC_ALL=C"));
        assert_eq!(names(dir.path()), [""; 0]);
    }
}
