//! Executables that were accepted before, so that they need not be hashed again.
//!
//! A record for each inode and policy, in a directory that root and the user alone can write: whoever can write there could write the executable as
//! well. A record that is damaged, too young, too old, or about another state of the file is none: the file is hashed.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use proofmark_core::Digest;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, fstatfs, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;
use rustix::process::getpid;

use super::Refusal;
use super::opened::Identity;
use super::record::{MAX_RECORD, Record};
use super::walk::{self, failed};

/// Records that are kept: far more than a machine has tools. When there are more all are removed, and files are hashed once again.
const MAX_RECORDS: usize = 1024;

/// File systems whose times others than this kernel set, by `f_type` (statfs(2)): NFS, 9P, CIFS, SMB2, FUSE, Ceph, AFS, VBoxSF.
const FOREIGN: [u64; 9] = [
    0x6969,
    0x0102_1997,
    0xff53_4d42,
    0xfe53_4d42,
    0x6573_5546,
    0x00c3_6400,
    0x5346_414f,
    0x6b41_4653,
    0x786f_4256,
];

/// The directory of records.
#[derive(Debug)]
pub struct Cache {
    directory: OwnedFd,
    user: u32,
}

impl Cache {
    /// Opens `directory`, and makes it and what is missing above it, for `user` alone.
    ///
    /// # Errors
    /// It cannot be made, or others may write to it or to a directory above: then nothing in it is believed.
    pub fn open(directory: &Path, user: u32) -> Result<Self, Refusal> {
        let path_only = match walk::to_directory(directory, user) {
            Err(Refusal::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                make(directory, user)?;
                walk::to_directory(directory, user)?
            }
            found => found?,
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(&path_only, ".", flags, Mode::empty())
            .map_err(|error| failed(directory, "read", error))?;
        Ok(Self { directory, user })
    }

    /// What is remembered of a file; `None` where nothing is, or nothing that can be believed.
    pub(super) fn read(&self, identity: &Identity, basis: &Digest) -> Option<Record> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.directory, name(identity, basis), flags, Mode::empty()).ok()?;
        let stat = fstat(&file).ok()?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        // The same file under another name could be written by whoever has that name's directory.
        if !regular || stat.st_nlink != 1 || walk::judge(Path::new(""), &stat, self.user).is_err() {
            return None;
        }
        let mut text = String::new();
        File::from(file).take(MAX_RECORD as u64 + 1).read_to_string(&mut text).ok()?;
        Record::parse(&text).filter(|_| text.len() <= MAX_RECORD)
    }

    /// Remembers a file: whoever reads sees the old record or the new.
    pub(super) fn write(&self, record: &Record, basis: &Digest) -> Result<(), Errno> {
        self.make_room()?;
        let name = name(&record.identity, basis);
        let temporary = format!(".{name}.{}", getpid().as_raw_nonzero());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(openat(&self.directory, &temporary, flags, Mode::RUSR | Mode::WUSR)?);
        let written =
            fill(file, record).and_then(|()| renameat(&self.directory, &temporary, &self.directory, &name));
        if written.is_err() {
            let _ = unlinkat(&self.directory, &temporary, AtFlags::empty());
        }
        written
    }

    fn make_room(&self) -> Result<(), Errno> {
        let names: Vec<_> = Dir::read_from(&self.directory)?
            .filter_map(Result::ok)
            .map(|entry| entry.file_name().to_owned())
            .filter(|name| name.as_bytes() != b"." && name.as_bytes() != b"..")
            .take(MAX_RECORDS + 1)
            .collect();
        if names.len() > MAX_RECORDS {
            for name in names {
                // Another process may have been faster.
                let _ = unlinkat(&self.directory, name, AtFlags::empty());
            }
        }
        Ok(())
    }
}

/// Whether the times of a file are this kernel's: else nothing is remembered of it.
pub(super) fn is_local(file: &File) -> bool {
    fstatfs(file).is_ok_and(|stat| {
        // The numbers have 32 bits, and the field has the sign and size that the machine gives it.
        #[allow(
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "the lower 32 bits are meant"
        )]
        let kind = u64::from(stat.f_type as u32);
        !FOREIGN.contains(&kind)
    })
}

/// One for each inode and each policy that judges it.
fn name(identity: &Identity, basis: &Digest) -> String {
    format!("{:x}-{:x}-{}", identity.device, identity.inode, basis.short())
}

/// Makes what is missing of a path, each directory for its owner alone.
fn make(directory: &Path, user: u32) -> Result<(), Refusal> {
    let made = |error| failed(directory, "made", error);
    let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let (mut missing, mut at) = (Vec::new(), directory);
    let mut above = loop {
        match (walk::to_directory(at, user), at.parent(), at.file_name()) {
            (Err(Refusal::Io { error, .. }), Some(parent), Some(name)) if is_missing(&error) => {
                missing.push(name);
                at = parent;
            }
            (found, ..) => break found?,
        }
    };
    for name in missing.into_iter().rev() {
        match mkdirat(&above, name, Mode::RWXU) {
            // Another process may have been faster: what it made is judged with the rest of the way.
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(made(error)),
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        above = openat(&above, name, flags, Mode::empty()).map_err(made)?;
    }
    Ok(())
}

fn fill(mut file: File, record: &Record) -> Result<(), Errno> {
    let whole = file.write_all(record.to_text().as_bytes()).and_then(|()| file.sync_all());
    whole.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}
