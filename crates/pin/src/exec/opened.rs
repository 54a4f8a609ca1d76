//! A file that is open for good: everything from here on is about its descriptor, and never about its name.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat};

use super::walk::{self, End, failed, judge};
use super::{Kind, Refusal, kind};

const SETUID: u32 = 0o4000;
const ANY_EXECUTE: u32 = 0o111;

/// What changes when a file's bytes change, whoever writes them: the kernel sets `ctime`, and nobody else can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    /// Seconds and nanoseconds.
    pub(crate) modified: (i64, u32),
    pub(crate) changed: (i64, u32),
}

impl Identity {
    fn of(stat: &Stat) -> Self {
        let nanoseconds = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(u64::MAX),
            modified: (stat.st_mtime, nanoseconds(stat.st_mtime_nsec)),
            changed: (stat.st_ctime, nanoseconds(stat.st_ctime_nsec)),
        }
    }
}

/// An executable that nobody but root and the user can change, open for reading.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) file: File,
    /// Its path without links.
    pub(super) path: PathBuf,
    user: u32,
}

impl Opened {
    /// Walks to the file and opens it. A pipe or a device is never waited for.
    pub(super) fn open(path: &Path, user: u32) -> Result<Self, Refusal> {
        let End { directory, name, path } = walk::to_file(path, user)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file =
            openat(&directory, &name, flags, Mode::empty()).map_err(|error| failed(&path, "read", error))?;
        Ok(Self { file: file.into(), path, user })
    }

    /// Looks at the descriptor itself: whose it is, who may write to it, who may run it, and as whom it would run.
    pub(super) fn look(&self) -> Result<Identity, Refusal> {
        let stat = fstat(&self.file).map_err(|error| failed(&self.path, "looked at", error))?;
        let (path, mode) = (|| self.path.clone(), stat.st_mode);
        if FileType::from_raw_mode(mode) != FileType::RegularFile {
            return Err(Refusal::NotAFile { path: path() });
        }
        judge(&self.path, &stat, self.user)?;
        if mode & ANY_EXECUTE == 0 {
            return Err(Refusal::NotExecutable { path: path(), mode });
        }
        if mode & SETUID != 0 {
            return Err(Refusal::Setuid { path: path(), mode, owner: stat.st_uid });
        }
        Ok(Identity::of(&stat))
    }

    /// What it is by its first bytes.
    pub(super) fn kind(&self) -> Result<Kind, Refusal> {
        let mut head = [0; kind::HEAD];
        let mut filled = 0;
        while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unread(error)),
            }
        }
        Ok(Kind::of(head.get(..filled).unwrap_or_default()))
    }

    /// Its bytes from the first on.
    pub(super) fn bytes(&self) -> Result<impl Read + '_, Refusal> {
        let mut file = &self.file;
        file.rewind().map_err(|error| self.unread(error))?;
        Ok(file)
    }

    pub(super) fn unread(&self, error: io::Error) -> Refusal {
        Refusal::Io { path: self.path.clone(), action: "read", error }
    }
}
