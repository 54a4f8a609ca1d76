//! Hash algorithms of signatures.

use std::fmt;

use aws_lc_rs::digest;

/// A hash algorithm by its OpenPGP number (RFC 9580 9.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HashAlgorithm(pub(super) u8);

impl HashAlgorithm {
    /// SHA-1: judged where believing it is the careful side, as of revocations.
    pub(super) const SHA1: Self = Self(2);

    /// Whether a signature over it may be believed: SHA-2 of 256 bits and more.
    pub const fn is_strong(self) -> bool {
        matches!(self.0, 8..=10)
    }

    /// The implementation; `None` for what this build cannot compute.
    pub(super) fn implementation(self) -> Option<&'static digest::Algorithm> {
        match self.0 {
            2 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            8 => Some(&digest::SHA256),
            9 => Some(&digest::SHA384),
            10 => Some(&digest::SHA512),
            _ => None,
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            1 => "MD5",
            2 => "SHA-1",
            3 => "RIPEMD-160",
            8 => "SHA-256",
            9 => "SHA-384",
            10 => "SHA-512",
            11 => "SHA-224",
            12 => "SHA3-256",
            14 => "SHA3-512",
            other => return write!(f, "hash algorithm {other}"),
        })
    }
}

impl fmt::Debug for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
