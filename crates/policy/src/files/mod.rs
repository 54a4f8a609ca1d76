//! The files of a policy: a directory, or bytes in memory (a revision, a test, the command line).

mod directory;
mod owner;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_core::Digest;

pub use directory::DirectoryFiles;

/// Why a file of the policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A path or link that leads out of the policy's directory.
    #[error("{0} leads out of the policy's directory")]
    Outside(String),
    /// A directory, device, socket or pipe.
    #[error("{0} is no regular file")]
    NotRegular(String),
    /// More bytes than such a file may have.
    #[error("{path} is larger than {max} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The cap.
        max: u64,
    },
    /// Someone else's.
    #[error("{path} belongs to user {owner}, not to {allowed}")]
    Owner {
        /// The file or directory.
        path: String,
        /// The owner's user id.
        owner: u32,
        /// Who may own it, in words.
        allowed: String,
    },
    /// Everyone may change it.
    #[error("everyone may write to {0}")]
    WorldWritable(String),
    /// A group may change what must be root's alone.
    #[error("a group may write to {0}")]
    GroupWritable(String),
    /// Ownership cannot be asked for on this platform.
    #[error("ownership of {0} cannot be checked on this platform: unsupported")]
    Unsupported(String),
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        cause: String,
    },
}

/// Where a policy's files are read from. Paths are relative to the policy's directory, with `/`.
pub trait Files {
    /// The bytes of a file, at most `max` of them; `None` if there is no such file.
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>, FileError>;

    /// The path as it is shown.
    fn display(&self, path: &str) -> String;

    /// The path of a directory for those who open it later: layouts that are mirrors. It need not be there, and it must not
    /// lead out of the policy's directory.
    fn directory(&self, path: &str) -> Result<PathBuf, FileError>;

    /// The names of what is in a directory, as far as they can be known: for findings alone.
    fn names(&self, _directory: &str) -> Vec<String> {
        Vec::new()
    }

    /// Files and directories that a group may change; known once they were read.
    fn group_writable(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Files in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryFiles(pub BTreeMap<String, Vec<u8>>);

impl Files for MemoryFiles {
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>, FileError> {
        match self.0.get(path) {
            Some(bytes) if bytes.len() as u64 > max => {
                Err(FileError::TooLarge { path: path.to_owned(), max })
            }
            found => Ok(found.cloned()),
        }
    }

    fn display(&self, path: &str) -> String {
        path.to_owned()
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let below = |path: &String| path.strip_prefix(directory)?.strip_prefix('/').map(str::to_owned);
        self.0.keys().filter_map(below).filter(|name| !name.contains('/')).collect()
    }

    fn directory(&self, path: &str) -> Result<PathBuf, FileError> {
        if is_confined(path) {
            Ok(Path::new(path).to_owned())
        } else {
            Err(FileError::Outside(path.to_owned()))
        }
    }
}

/// Whether a path of the policy stays below the policy's directory, by its text alone: relative, no `.` and `..`,
/// no backslash, colon or control character (CVE-2024-3727 is what loose paths lead to).
pub(crate) fn is_confined(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 255
        && !path.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The digest of a policy: SHA-256 of one line a file, `<sha256 of its bytes, hexadecimal>  <path>\n`, in the byte
/// order of the paths relative to the policy's directory; that is the output of
/// `sha256sum proofmark.toml allowlists/… trust-roots/…` in that order.
pub fn files_digest(files: &BTreeMap<String, Digest>) -> Digest {
    let mut text = String::new();
    for (path, digest) in files {
        text.push_str(digest.hex());
        text.push_str("  ");
        text.push_str(path);
        text.push('\n');
    }
    Digest::sha256(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for good in ["images.toml", "a/b.toml", "..a", "a..b"] {
            assert!(is_confined(good), "{good}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../x",
            "a//b",
            "./a",
            "a/",
            "a\\b",
            "C:x",
            "a\nb",
            &"x".repeat(256),
        ] {
            assert!(!is_confined(bad), "{bad}");
        }
    }

    #[test]
    fn the_digest_is_what_sha256sum_would_give() {
        let files =
            BTreeMap::from([("a".to_owned(), Digest::sha256(b"1")), ("b".to_owned(), Digest::sha256(b"2"))]);
        let text = format!("{}  a\n{}  b\n", Digest::sha256(b"1").hex(), Digest::sha256(b"2").hex());
        assert_eq!(files_digest(&files), Digest::sha256(text.as_bytes()));
    }
}
