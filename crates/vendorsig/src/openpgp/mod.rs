//! OpenPGP detached signatures (RFC 9580, version 4 keys and signatures alone).
//!
//! [`Key::parse`] and [`Signature::parse`] read strictly and believe nothing; [`Verifier`] takes the file piece by piece and says
//! who signed it, or why that is not so. Which self-signature counts, when a key has ended and what is too weak, this module
//! decides (docs/decisions/0017); the arithmetic is aws-lc's.

mod armor;
mod error;
mod fingerprint;
mod hash;
mod key;
mod material;
mod packet;
mod signature;
mod standing;
mod subpacket;
mod verify;

pub use error::{ArmorError, KeyError, KeyProblem, Malformed, Rejection, SignatureError};
pub use fingerprint::Fingerprint;
pub use hash::HashAlgorithm;
pub use key::Key;
pub use signature::Signature;
pub use standing::Standing;
pub use verify::{Verified, Verifier};

use proofmark_core::Timestamp;

/// Bytes of a key file: the certificates of a web of trust grow, and vendors' do not.
pub const MAX_KEY: usize = 1 << 20;

/// Bytes of a signature file.
pub const MAX_SIGNATURE: usize = 64 << 10;

/// A moment as OpenPGP writes it: seconds since 1970, to 2106.
fn moment(seconds: u64) -> Timestamp {
    i64::try_from(seconds).ok().and_then(|at| Timestamp::from_second(at).ok()).unwrap_or(Timestamp::MAX)
}
