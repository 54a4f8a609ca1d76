//! Hexadecimal of hashes and ids.

use proofmark_core::Digest;

/// SHA-256 of `bytes`, 64 lower-case digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Digest::sha256(bytes).hex().to_owned()
}

/// The lower-case digits of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}
