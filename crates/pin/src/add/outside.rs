//! What adding and installing need of the world. The program has a network and a disk; tests have maps.

use std::io::{self, Read, Seek, Write};

use proofmark_core::{Digest, Reason};

use crate::judge::Look;

/// Bytes of one download.
pub const MAX_DOWNLOAD: u64 = 2 << 30;

/// Bytes of a signature or a bundle.
pub const MAX_SIGNATURE: u64 = 4 << 20;

/// Bytes of a list of checksums, of versions, or of an index.
pub const MAX_LISTING: u64 = 64 << 20;

/// Why something was not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {message}")]
pub struct FetchError {
    /// What was asked for.
    pub url: String,
    /// The kind: `offline`, `limit`, `unreachable`, `unauthorized`, `not-found`.
    pub reason: Reason,
    /// One sentence.
    pub message: String,
    /// One thing to do.
    pub help: String,
}

/// A whole download, from its first byte on.
#[derive(Debug)]
pub struct Whole<F> {
    /// Its bytes.
    pub file: F,
    /// The SHA-256 of exactly these bytes, computed here.
    pub sha256: Digest,
    /// Their number.
    pub size: u64,
}

/// The network.
pub trait Fetch {
    /// The bytes of a download, wherever they are kept meanwhile.
    type File: Read + Seek;

    /// A small file; `None`: its server says that there is none.
    ///
    /// # Errors
    /// [`FetchError`]: no answer, or one that is none.
    fn small(&mut self, url: &str, max: u64) -> Result<Option<Vec<u8>>, FetchError>;

    /// A download of at most [`MAX_DOWNLOAD`] bytes; `None`: its server says that there is none. One whose SHA-256 is known may come from
    /// what was downloaded before.
    ///
    /// # Errors
    /// [`FetchError`].
    fn whole(&mut self, url: &str, known: Option<&Digest>) -> Result<Option<Whole<Self::File>>, FetchError>;
}

/// Where an executable is put before it is judged.
pub trait Bench {
    /// One that is being written.
    type Scratch: Write;
    /// One that is written, and nobody writes to any more.
    type Ready: Look;

    /// A new file without a name.
    ///
    /// # Errors
    /// What the system says.
    fn scratch(&self) -> io::Result<Self::Scratch>;

    /// Ends the writing; `tool` is whose executable it is.
    ///
    /// # Errors
    /// What the system says.
    fn ready(&self, scratch: Self::Scratch, tool: &str) -> io::Result<Self::Ready>;
}
