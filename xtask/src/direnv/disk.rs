//! The disk of this machine, for the model of direnv's stores.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;

use proofmark_envrc::store::{Disk, DiskAnswer, FileFacts, FileKind};

pub(super) struct Real;

fn answer<T>(result: io::Result<T>) -> DiskAnswer<T> {
    match result {
        Ok(value) => DiskAnswer::Is(value),
        Err(error) if error.kind() == io::ErrorKind::NotFound => DiskAnswer::Absent,
        Err(error) => DiskAnswer::Failed(error.to_string()),
    }
}

impl Disk for Real {
    fn list(&self, folder: &[u8], _max: usize) -> DiskAnswer<Vec<Vec<u8>>> {
        let names = fs::read_dir(OsStr::from_bytes(folder))
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name().into_vec())).collect());
        answer(names)
    }

    fn facts(&self, path: &[u8], follow: bool) -> DiskAnswer<FileFacts> {
        let path = OsStr::from_bytes(path);
        let metadata = if follow { fs::metadata(path) } else { fs::symlink_metadata(path) };
        answer(metadata.map(|of| {
            let kind = match of.file_type() {
                kind if kind.is_file() => FileKind::File,
                kind if kind.is_dir() => FileKind::Folder,
                kind if kind.is_symlink() => FileKind::Link,
                _ => FileKind::Other,
            };
            FileFacts { kind, owner: of.uid(), mode: of.mode() & 0o7777 }
        }))
    }

    fn real(&self, path: &[u8]) -> DiskAnswer<Vec<u8>> {
        answer(fs::canonicalize(OsStr::from_bytes(path)).map(|path| path.into_os_string().into_vec()))
    }

    fn read(&self, path: &[u8], max: u64) -> DiskAnswer<Vec<u8>> {
        let mut bytes = Vec::new();
        let read =
            fs::File::open(OsStr::from_bytes(path)).and_then(|file| file.take(max).read_to_end(&mut bytes));
        answer(read.map(|_| bytes))
    }
}
