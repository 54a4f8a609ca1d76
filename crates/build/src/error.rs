//! Why a build stops.

use std::fmt;
use std::io;
use std::path::PathBuf;

use proofmark_core::{Digest, Platform};
use proofmark_lock::LockFailure;
use proofmark_lock::unpack::UnpackError;

/// Why a build stops: one line, with what to do.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not called by cargo as a build script.
    #[error("{0} is not set: this runs in a build script, which cargo calls")]
    NotCargo(&'static str),
    /// A target of rustc that has no platform name here.
    #[error("{0} is a target whose platform is not known: pins name platforms such as linux/amd64")]
    Target(String),
    /// A file of the build cannot be read or written.
    #[error("{} cannot be {action}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The lock is not one.
    #[error("{} ({failure})", first(.0), failure = .0)]
    Lock(LockFailure),
    /// A name that no tool can have.
    #[error("`{0}` is no tool's name: give NAME or NAME@VERSION")]
    Name(String),
    /// The lock and the build script do not agree.
    #[error(
        "{lock} does not pin {wanted} for {platform}; it pins {pinned}: proofmark pin add {wanted} --platform {platform}"
    )]
    NotPinned {
        /// The lock.
        lock: String,
        /// `NAME` or `NAME@VERSION`.
        wanted: String,
        /// For what.
        platform: Platform,
        /// What is pinned under that name.
        pinned: String,
    },
    /// More than one version is pinned, and none was named.
    #[error("{lock} pins {tool} for {platform} in versions {versions}: name one, \"{tool}@VERSION\"")]
    Ambiguous {
        /// The lock.
        lock: String,
        /// The tool.
        tool: String,
        /// For what.
        platform: Platform,
        /// The versions, with commas.
        versions: String,
    },
    /// Nobody has the file.
    #[error("{tool} {version} is not at hand: put {url} into {place}{fetch}")]
    Absent {
        /// The tool.
        tool: String,
        /// Its version.
        version: String,
        /// Its address.
        url: String,
        /// The directory.
        place: String,
        /// What else could be done.
        fetch: &'static str,
    },
    /// A file that is not what is pinned. It was not unpacked.
    #[error("{tool} {version}: {} is not what is pinned: its SHA-256 is {}, not {}", path.display(), found.hex(), pinned.hex())]
    Mismatch {
        /// The tool.
        tool: String,
        /// Its version.
        version: String,
        /// The file.
        path: PathBuf,
        /// What it hashes to.
        found: Digest,
        /// What the lock says.
        pinned: Digest,
    },
    /// What came out of the archive is not what is pinned.
    #[error("{tool} {version}: the executable in {} is not what is pinned: its SHA-256 is {}, not {}", path.display(), found.hex(), pinned.hex())]
    Executable {
        /// The tool.
        tool: String,
        /// Its version.
        version: String,
        /// The archive.
        path: PathBuf,
        /// What it hashes to.
        found: Digest,
        /// What the lock says.
        pinned: Digest,
    },
    /// The archive.
    #[error("{tool} {version}: {}: {error}", path.display())]
    Unpack {
        /// The tool.
        tool: String,
        /// Its version.
        version: String,
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        error: UnpackError,
    },
    /// A value that would be two lines to cargo.
    #[error("{name} holds a line break or is not UTF-8, which cargo cannot be told")]
    Value {
        /// Which value.
        name: String,
    },
    /// A download was asked for and failed.
    #[error("{url}: {message}")]
    Fetch {
        /// The address.
        url: String,
        /// Why, and what to do.
        message: String,
    },
    /// The script asks for what it did not name.
    #[error("{0} was not asked for with `tool` or `artifact`")]
    NotAsked(String),
}

/// A build script that returns it shows its line, and no structure.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn first(failure: &LockFailure) -> String {
    failure.errors.first().map_or_else(String::new, |error| format!("{error}; {}", error.help))
}
