//! Archives with the same bytes for the same files: in the order of the names, as files of nobody and of no time.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use tar::{Builder, Header};

use crate::files::open_file;

/// How names begin of files that are not whole: they are left out.
pub(crate) const LEFT_OUT: &str = ".proofmark-";
/// Directories below the first; a bundle has three.
const MAX_DEPTH: usize = 8;

/// Writes everything below `dir` into `out`.
///
/// # Errors
/// A file that cannot be read, is no regular file, or changes meanwhile; a name that is no text; `out`.
pub(crate) fn write(dir: &Path, out: &mut dyn Write) -> io::Result<()> {
    let mut files = Vec::new();
    list(dir, "", 0, &mut files)?;
    files.sort();
    let mut archive = Builder::new(out);
    for (name, path) in files {
        let file = open_file(&path)?;
        let length = file.metadata()?.len();
        let mut header = Header::new_gnu();
        header.set_size(length);
        header.set_mode(0o644);
        // The archive has as many bytes as its header says, whatever becomes of the file.
        let mut whole = Exactly { left: length, from: file.take(length) };
        archive.append_data(&mut header, &name, &mut whole)?;
    }
    archive.into_inner().map(drop)
}

/// A file that must be as long as it was.
struct Exactly<R> {
    left: u64,
    from: R,
}

impl<R: io::Read> io::Read for Exactly<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        if read == 0 && self.left > 0 && !into.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file became shorter"));
        }
        Ok(read)
    }
}

fn list(dir: &Path, prefix: &str, depth: usize, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::ErrorKind::InvalidFilename)?;
        if name.starts_with(LEFT_OUT) {
            continue;
        }
        let name = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() && depth < MAX_DEPTH {
            list(&entry.path(), &format!("{name}/"), depth + 1, files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_shorter_is_an_error() {
        let mut short = Exactly { left: 3, from: &b"12"[..] };
        let mut read = Vec::new();
        let error = short.read_to_end(&mut read).unwrap_err();
        assert_eq!((error.kind(), read.as_slice()), (io::ErrorKind::UnexpectedEof, &b"12"[..]));
    }

    /// Read back by the system's tar.
    #[allow(clippy::disallowed_methods, reason = "makes files, and starts tar")]
    #[cfg(unix)]
    #[test]
    fn what_is_written_is_read_back() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let long = format!("blobs/{}", "f".repeat(128));
        fs::create_dir_all(from.path().join("blobs/empty")).unwrap();
        for (name, bytes) in [("a", &b"1"[..]), (&long, &[7; 512]), ("blobs/b", b""), (".proofmark-x", b"3")]
        {
            fs::write(from.path().join(name), bytes).unwrap();
        }
        let (mut one, mut two) = (Vec::new(), Vec::new());
        write(from.path(), &mut one).unwrap();
        write(from.path(), &mut two).unwrap();
        assert!(one == two && one.len() % 512 == 0);
        let archive = to.path().join("x.tar");
        fs::write(&archive, &one).unwrap();
        let tar = std::process::Command::new("tar").arg("-xf").arg(&archive).current_dir(to.path()).status();
        assert!(tar.unwrap().success());
        assert_eq!(fs::read(to.path().join(&long)).unwrap(), [7; 512]);
        assert_eq!(fs::read(to.path().join("a")).unwrap(), b"1");
        assert_eq!(fs::read(to.path().join("blobs/b")).unwrap(), b"");
        assert!(!to.path().join(".proofmark-x").exists());
    }
}
