//! The names of direnv's approvals.

use proofmark_core::{Algorithm, Hasher};

/// The name of the approval of these bytes at this absolute path: SHA-256 of the path, a line feed and the bytes, in
/// hexadecimal (direnv: `fileHash`; 2.32 to 2.37).
pub fn approval_name(path: &[u8], bytes: &[u8]) -> String {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update(path);
    hasher.update(b"\n");
    hasher.update(bytes);
    hasher.finish().hex().to_owned()
}

/// The name of the denial of this path, and of the folder of its required files (direnv 2.33 and later: `pathHash`).
pub fn denial_name(path: &[u8]) -> String {
    approval_name(path, b"")
}

/// Whether direnv could look for a file of this name: 64 lower-case hexadecimal digits.
pub(super) fn is_name(name: &[u8]) -> bool {
    name.len() == 64 && name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
