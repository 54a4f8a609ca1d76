//! Why an executable is not the one that is pinned.

use proofmark_core::{Digest, Reason};

use crate::Miss;

/// Why an executable is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The pin is of an archive that nobody unpacked yet: what the executable in it is, it does not say.
    #[error("the pin does not say what the executable is, only what its archive is")]
    NotLookedAt,
    /// The executable cannot be read.
    #[error("it cannot be read: {0}")]
    Read(String),
    /// It is another file.
    #[error("it is not the pinned executable: its SHA-256 is {}, not {}", found.hex(), expected.hex())]
    Mismatch {
        /// What the lock pins.
        expected: Digest,
        /// What was read.
        found: Digest,
    },
    /// It is longer or shorter than the lock says; what is longer was not read to its end.
    #[error("it is not the pinned executable: it has {} bytes, not {expected}", if *longer { format!("more than {expected}") } else { found.to_string() })]
    Length {
        /// What the lock pins.
        expected: u64,
        /// What was read.
        found: u64,
        /// Whether there was more.
        longer: bool,
    },
    /// It is the pinned file, and none of its evidence is a signature by one who may sign it: the lock itself is not to be believed.
    #[error("it is what the lock pins, and {}: {}", whom(wanted), misses.first().map(ToString::to_string).unwrap_or_default())]
    Unsigned {
        /// Who may sign it; empty where the policy names nobody.
        wanted: Vec<String>,
        /// What was found, the nearest first; never empty.
        misses: Vec<Miss>,
    },
}

fn whom(wanted: &[String]) -> String {
    if wanted.is_empty() {
        return "the policy names nobody who may sign it".to_owned();
    }
    format!("no signature by {} is right", wanted.join(" or "))
}

impl Rejection {
    /// The reason of a verdict.
    pub fn reason(&self) -> Reason {
        match self {
            Self::NotLookedAt => Reason::Unsupported,
            Self::Read(_) => Reason::Unreachable,
            Self::Mismatch { .. } | Self::Length { .. } => Reason::DigestMismatch,
            Self::Unsigned { misses, .. } => {
                misses.first().map_or(Reason::Unsigned, |miss| miss.why.reason())
            }
        }
    }
}
