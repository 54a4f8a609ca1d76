//! Why nothing came out of an archive.

use std::io::ErrorKind;

use proofmark_core::Reason;

/// Why an entry is refused, and the archive with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A path from the root, or from a drive.
    #[error("is an absolute path")]
    Absolute,
    /// A path that leads back.
    #[error("leads out of the archive")]
    Parent,
    /// A name that is no text, or that readers take differently: control characters, backslashes, empty parts.
    #[error("has a name that programs read differently")]
    Name,
    /// A symbolic or hard link.
    #[error("is a link")]
    Link,
    /// A device, a pipe or a socket.
    #[error("is a device or a pipe")]
    Device,
    /// A name that stands twice.
    #[error("stands twice")]
    Duplicate,
    /// Bytes that belong to two entries, or to none.
    #[error("shares its bytes with another entry, or leaves a gap")]
    Overlap,
    /// An entry that needs a password.
    #[error("is encrypted")]
    Encrypted,
    /// Two descriptions of one entry that do not agree.
    #[error("is described twice, and differently")]
    Disagrees,
}

/// Why an archive was not unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// The archive cannot be read.
    #[error("the archive cannot be read: {1}")]
    Read(ErrorKind, String),
    /// What comes out cannot be written.
    #[error("the executable cannot be written: {1}")]
    Write(ErrorKind, String),
    /// It holds more, or takes longer, than it may.
    #[error("{0}")]
    Limit(String),
    /// It is not what its kind says, or is damaged.
    #[error("the archive is damaged, or of another kind: {0}")]
    Malformed(String),
    /// It uses what is not read here.
    #[error("the archive uses {0}, which is not read")]
    Unsupported(String),
    /// An entry that no honest archive needs.
    #[error("the archive's entry `{}` {why}", proofmark_core::display::safe_short(entry, 80))]
    Refused {
        /// Its name, as far as it is one.
        entry: String,
        /// Why.
        why: Refused,
    },
    /// The member is not there.
    #[error("the archive has no member `{member}`")]
    Missing {
        /// What was asked for.
        member: String,
        /// Files of the same name elsewhere in it, at most three.
        elsewhere: Vec<String>,
    },
}

impl UnpackError {
    /// The reason of a verdict.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Read(..) | Self::Write(..) => Reason::Unreachable,
            Self::Limit(_) => Reason::Limit,
            Self::Unsupported(_) => Reason::Unsupported,
            Self::Malformed(_) | Self::Refused { .. } | Self::Missing { .. } => Reason::Malformed,
        }
    }

    pub(super) fn malformed(what: &str) -> Self {
        Self::Malformed(what.to_owned())
    }
}
