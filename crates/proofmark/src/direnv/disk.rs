//! The disk, as the rules about direnv's stores ask for it.

use std::fs::Metadata;
use std::io;

use proofmark_envrc::store::{Disk, DiskAnswer, FileFacts, FileKind};

use super::{bytes_of, path_of};
use crate::files::{open_file, read_all};

/// This machine's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn list(&self, folder: &[u8], max: usize) -> DiskAnswer<Vec<Vec<u8>>> {
        let listed = || {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(path_of(folder))? {
                if names.len() == max {
                    return Err(io::Error::other(format!("it has more than {max} entries")));
                }
                names.push(bytes_of(&entry?.file_name()));
            }
            Ok(names)
        };
        answer(listed())
    }

    fn facts(&self, path: &[u8], follow: bool) -> DiskAnswer<FileFacts> {
        let path = path_of(path);
        let metadata = if follow { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
        answer(metadata.map(|metadata| facts(&metadata)))
    }

    fn real(&self, path: &[u8]) -> DiskAnswer<Vec<u8>> {
        answer(std::fs::canonicalize(path_of(path)).map(|path| bytes_of(path.as_os_str())))
    }

    fn read(&self, path: &[u8], max: u64) -> DiskAnswer<Vec<u8>> {
        answer(open_file(&path_of(path)).and_then(|file| read_all(file, max)))
    }
}

/// A path through something that is no folder leads nowhere, as for direnv.
fn answer<T>(result: io::Result<T>) -> DiskAnswer<T> {
    match result {
        Ok(value) => DiskAnswer::Is(value),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => DiskAnswer::Absent,
            _ => DiskAnswer::Failed(error.to_string()),
        },
    }
}

fn facts(metadata: &Metadata) -> FileFacts {
    let of = metadata.file_type();
    let kind = if of.is_file() {
        FileKind::File
    } else if of.is_dir() {
        FileKind::Folder
    } else if of.is_symlink() {
        FileKind::Link
    } else {
        FileKind::Other
    };
    let (owner, mode) = owner_and_mode(metadata);
    FileFacts { kind, owner, mode }
}

#[cfg(unix)]
fn owner_and_mode(metadata: &Metadata) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.uid(), metadata.mode() & 0o7777)
}

/// Elsewhere nobody's, and for nobody else to write.
#[cfg(not(unix))]
fn owner_and_mode(_metadata: &Metadata) -> (u32, u32) {
    (0, 0)
}
