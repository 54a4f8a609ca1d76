//! Why a minisign key or signature is not believed.

use super::KeyId;

/// Text that is not minisign's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Longer than may be.
    #[error("it is longer than {max} bytes")]
    TooLong {
        /// The cap.
        max: usize,
    },
    /// Not UTF-8.
    #[error("it is no text")]
    NotText,
    /// A line that does not begin as it must.
    #[error("line {line} does not begin with \"{prefix}\"")]
    Comment {
        /// Counted from one.
        line: usize,
        /// What it must begin with.
        prefix: &'static str,
    },
    /// A character in a comment that is none: programs end a line there, or hide what follows.
    #[error("the comment in line {line} has a control character")]
    Control {
        /// Counted from one.
        line: usize,
    },
    /// A line that is not base64 of the right length.
    #[error("line {line} is not base64 of {bytes} bytes")]
    Base64 {
        /// Counted from one.
        line: usize,
        /// The bytes that it must hold.
        bytes: usize,
    },
    /// More lines than there may be.
    #[error("line {line} is one too many")]
    Outside {
        /// Counted from one.
        line: usize,
    },
}

/// Why a text is not a minisign public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not minisign's.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// A secret key, which nobody should hand out.
    #[error("it is a secret key: name the .pub file, and think of this one as known")]
    Secret,
    /// Another algorithm.
    #[error("its algorithm is not Ed25519 (\"Ed\")")]
    Algorithm,
}

/// Why a text is not a minisign signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Not minisign's.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// Another algorithm.
    #[error("its algorithm is neither \"ED\" nor \"Ed\"")]
    Algorithm,
}

/// Why a file is not signed by a minisign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Another key made the signature, by its own words.
    #[error("it is by key {issuer}, and not by {expected}")]
    WrongKey {
        /// What the signature names.
        issuer: KeyId,
        /// The key that was expected.
        expected: KeyId,
    },
    /// The older kind, which signs the file itself, where only that over its hash is accepted.
    #[error("it is of the older kind, made without hashing the file first (minisign -l)")]
    Legacy,
    /// The file is longer than a signature of the older kind may be of.
    #[error("it is of the older kind, and the file is longer than {max} bytes")]
    LegacyTooLong {
        /// The cap.
        max: usize,
    },
    /// The signature is not one of this key over these bytes.
    #[error("it is not a signature by {key} over these bytes")]
    BadSignature {
        /// The key.
        key: KeyId,
    },
    /// The trusted comment is another than the one that was signed.
    #[error("the trusted comment is not the one that {key} signed")]
    BadComment {
        /// The key.
        key: KeyId,
    },
}
