//! Pinned binaries: whether an executable is the one that the lock pins, and whether its vendor signed it.
//!
//! [`verify`] reads an executable once, piece by piece, and answers by the lock and by the evidence kept in it: offline, at any time, wherever
//! the executable is installed. Who may have signed, the caller says ([`Authority`]); the lock never does.

mod evidence;
mod rejection;
mod verify;

pub use evidence::{Authority, Bundles, Miss, NoBundles, Signed, VendorKey, Why};
pub use rejection::Rejection;
pub use verify::{Proof, Verified, verify};
