//! Archives with the same bytes for the same files: POSIX ustar, and pax for what that cannot say (IEEE Std 1003.1, pax).

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use crate::files::open_file;

const BLOCK: usize = 512;
/// Bytes of a name that a header takes.
const NAME: usize = 100;
/// The longest file that a header can give the length of: eleven octal digits.
const LONGEST: u64 = 0o777_7777_7777;
/// How names begin of files that are not whole: they are left out.
pub(crate) const LEFT_OUT: &str = ".proofmark-";
/// Directories below the first; a bundle has three.
const MAX_DEPTH: usize = 8;

/// Writes everything below `dir` into `out`, in the order of the names, as files of nobody and of no time.
///
/// # Errors
/// A file that cannot be read, is no regular file, or changes meanwhile; a name that is no text; `out`.
pub(crate) fn write(dir: &Path, out: &mut dyn Write) -> io::Result<()> {
    let mut files = Vec::new();
    list(dir, "", 0, &mut files)?;
    files.sort();
    for (name, path) in files {
        let file = open_file(&path)?;
        let length = file.metadata()?.len();
        head(&name, length, out)?;
        let copied = io::copy(&mut file.take(length), out)?;
        if copied != length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{name} became shorter")));
        }
        fill(length, out)?;
    }
    // "two 512-byte records of zeros"
    out.write_all(&[0; BLOCK * 2])
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

/// The header of a file, after one with what does not fit into it.
fn head(name: &str, length: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut records = String::new();
    if name.len() > NAME {
        records.push_str(&record("path", name));
    }
    if length > LONGEST {
        records.push_str(&record("size", &length.to_string()));
    }
    if !records.is_empty() {
        let bytes = records.as_bytes();
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        out.write_all(&header("pax", size, b'x'))?;
        out.write_all(bytes)?;
        fill(size, out)?;
    }
    out.write_all(&header(name, length, b'0'))
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

fn header(name: &str, length: u64, kind: u8) -> [u8; BLOCK] {
    let mut block = [0_u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        for (to, from) in block.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    put(0, name.as_bytes().get(..NAME).unwrap_or(name.as_bytes()));
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", if length > LONGEST { 0 } else { length }).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    for (to, from) in block.iter_mut().skip(148).zip(sum.as_bytes()) {
        *to = *from;
    }
    block
}

/// Zeros up to the next block.
fn fill(length: u64, out: &mut dyn Write) -> io::Result<()> {
    let over = usize::try_from(length % BLOCK as u64).unwrap_or(0);
    out.write_all(&[0; BLOCK][..(BLOCK - over) % BLOCK])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_itself() {
        assert_eq!(record("path", "x"), "9 path=x\n");
        let long = record("path", &"y".repeat(90));
        assert_eq!(long.len().to_string(), long.split(' ').next().unwrap());
        for length in 80..110 {
            let text = record("path", &"z".repeat(length));
            assert!(text.starts_with(&format!("{} ", text.len())), "{text}");
        }
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
        assert!(one == two && one.len() % BLOCK == 0);
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
