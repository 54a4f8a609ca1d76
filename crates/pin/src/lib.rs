//! Pinned binaries: whether an executable is the one that the lock pins, and whether its vendor signed it.
//!
//! [`verify`] reads an executable once, piece by piece, and answers by the lock and by the evidence kept in it: offline, at any time, wherever
//! the executable is installed. Who may have signed, the caller says ([`Authority`]); the lock never does. [`exec`] runs what was verified.

mod add;
mod demand;
mod evidence;
pub mod exec;
mod import;
mod install;
mod judge;
mod key;
pub mod recipe;
mod rejection;
pub mod rules;
mod stream;
mod update;
mod verify;
pub mod version;

pub use add::{
    AddError, Added, Bench, Fetch, FetchError, MAX_DOWNLOAD, MAX_LISTING, MAX_SIGNATURE, Order, Whole, add,
};
pub use demand::{Demand, Wanted, name_of, operators};
pub use evidence::{Authority, BundleSigner, Bundles, Miss, NoBundles, Signed, VendorKey, Why};
pub use import::{Difference, ImportError, ImportOptions, Imported, MAX_LIST, import};
pub use install::{InstallError, Installed, Placing, Target, install};
pub use judge::{Look, embedded, executable, lock, lock_broken, lock_subjects, lock_without_policy};
pub use key::{KeyEnd, KeyFault};
pub use rejection::Rejection;
pub use rules::RULES;
pub use update::{Choice, choose};
pub use verify::{Proof, Told, Verified, archive_signed, told, verify};
