//! The lock of pinned binaries, and what takes one executable out of a hostile archive.
//!
//! [`Lock`] is `proofmark.lock`: read strictly, with places, and written so that equal pins are equal bytes. [`unpack::extract`] reads an
//! archive to its end and hands over exactly one member. Nothing here uses the network or opens a file: bytes come through [`std::io::Read`].

mod embedded;
mod error;
mod evidence;
mod model;
mod read;
pub mod unpack;
mod write;

pub use embedded::{EmbeddedError, MACH_O_SECTION, MAGIC, SECTION};
pub use error::{Code, LockError, LockFailure};
pub use evidence::{Checksums, Evidence, EvidenceKind, Over};
pub use model::{Executable, Lock, Mode, Pin, SourceOf};
pub use read::{is_tool_name, is_url, is_version};
pub use unpack::is_member_name;

/// The name of the lock beside the policy.
pub const FILE_NAME: &str = "proofmark.lock";

/// Bytes of a lock: twenty thousand pins with their signatures.
pub const MAX_LOCK: usize = 64 << 20;

/// Pins of one lock.
pub const MAX_PINS: usize = 20_000;
