//! Why nothing is pinned.

use proofmark_core::{Digest, Refusal};
use proofmark_lock::LockFailure;
use proofmark_lock::unpack::UnpackError;

use super::outside::FetchError;

/// Why a tool is not pinned. The lock stays as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// There is no build for the platform.
    #[error("there is no {tool} for {platform}")]
    NoBuild {
        /// The tool.
        tool: String,
        /// The platform.
        platform: String,
        /// Those for which there is one.
        known: Vec<String>,
    },
    /// The policy does not let the version be pinned.
    #[error("the policy does not let {tool} {version} be pinned")]
    NotListed {
        /// The tool.
        tool: String,
        /// The version.
        version: String,
        /// What may be.
        listed: Vec<String>,
    },
    /// No answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its server says that it is not there.
    #[error("{url} is not there")]
    NotThere {
        /// What was asked for.
        url: String,
    },
    /// The index does not name it.
    #[error("{at} does not name {file}")]
    NotIndexed {
        /// The index.
        at: String,
        /// The file.
        file: String,
    },
    /// The vendor's own list, which nobody signed, gives it another SHA-256.
    #[error("{at} gives another SHA-256 than {url} has")]
    Checksum {
        /// The list.
        at: String,
        /// The download.
        url: String,
        /// What the list says.
        listed: String,
        /// What was downloaded.
        found: Digest,
    },
    /// Another operator's list gives it another SHA-256.
    #[error("{operator} gives another SHA-256 than {url} has")]
    Disagree {
        /// Who.
        operator: String,
        /// The list.
        at: String,
        /// The download.
        url: String,
        /// What the list says.
        listed: Vec<Digest>,
        /// What was downloaded.
        found: Digest,
    },
    /// Fewer other operators than the policy asks for give the same SHA-256.
    #[error("{found} of {wanted} other operators give {url} the same SHA-256")]
    Sources {
        /// The download.
        url: String,
        /// How many do.
        found: usize,
        /// How many must.
        wanted: usize,
        /// What the lists say that do not, a sentence each.
        silent: Vec<String>,
    },
    /// The lock pins another SHA-256.
    #[error("{name} is pinned with another SHA-256")]
    Differs {
        /// Tool, version and platform.
        name: String,
        /// What the lock pins.
        pinned: Digest,
        /// What was downloaded.
        found: Digest,
    },
    /// The archive.
    #[error("{url}: {error}")]
    Unpack {
        /// The download.
        url: String,
        /// What is wrong with it.
        error: UnpackError,
    },
    /// Nobody signed it, and nobody accepted that.
    #[error("{tool} has no signature that can be verified: {why}")]
    NoEvidence {
        /// The tool.
        tool: String,
        /// Why.
        why: String,
    },
    /// It has a signature, and the policy names nobody who may have made it.
    #[error("{tool} is signed, and the policy does not ask by whom")]
    NotAsked {
        /// The tool.
        tool: String,
    },
    /// What was signed, or what it says of itself, is not what the policy asks for.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// There is no room for the executable.
    #[error("the executable cannot be unpacked here: {0}")]
    Scratch(std::io::Error),
    /// What would be written could not be read again.
    #[error("{0}")]
    Invalid(#[from] LockFailure),
}
