//! minisign signatures (<https://jedisct1.github.io/minisign/>, "Signature format"), which signify's are not.
//!
//! [`PublicKey::parse`] and [`Signature::parse`] read strictly, [`Verifier`] takes the file piece by piece. minisign's keys have no end
//! and cannot be revoked: a policy that names a key is all there is.

mod error;
mod read;
mod verify;

pub use error::{KeyError, Malformed, Rejection, SignatureError};
pub use read::{KeyId, PublicKey, Signature};
pub use verify::{Legacy, Verified, Verifier};

/// Bytes of a key or signature file: minisign's own bounds for its four lines.
pub const MAX_FILE: usize = 16 << 10;
