//! What is wrong with a lock: every error has a stable code, a place and one thing to do.

use proofmark_core::Origin;

/// The stable name of an error. Codes are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// Two sides of a merge stand in the file.
    Conflict,
    /// Not TOML, or not UTF-8.
    Syntax,
    /// A `version` that this build does not read.
    Version,
    /// A key that has no meaning here.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of another type or form.
    BadValue,
    /// More than a lock may hold.
    Limit,
    /// The same pin stands twice.
    Duplicate,
    /// Two pins of one tool, version and platform say different things.
    Disagree,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 9] = [
        Self::Conflict,
        Self::Syntax,
        Self::Version,
        Self::UnknownKey,
        Self::MissingKey,
        Self::BadValue,
        Self::Limit,
        Self::Duplicate,
        Self::Disagree,
    ];

    /// The name as printed in `error[…]`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "lock-conflict",
            Self::Syntax => "lock-syntax",
            Self::Version => "lock-version",
            Self::UnknownKey => "lock-unknown-key",
            Self::MissingKey => "lock-missing-key",
            Self::BadValue => "lock-bad-value",
            Self::Limit => "lock-limit",
            Self::Duplicate => "lock-duplicate",
            Self::Disagree => "lock-disagree",
        }
    }
}

/// One error of a lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct LockError {
    /// Its stable name.
    pub code: Code,
    /// One sentence; may hold text of the lock.
    pub message: String,
    /// Where it stands.
    pub origin: Origin,
    /// One thing to do.
    pub help: String,
}

/// Why a lock is not used: its errors in the order of the file, at most [`LockFailure::MAX`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lock has {} error{}", errors.len() + omitted, if errors.len() + omitted == 1 { "" } else { "s" })]
pub struct LockFailure {
    /// Never empty.
    pub errors: Vec<LockError>,
    /// Errors beyond those, which are only counted.
    pub omitted: usize,
}

impl LockFailure {
    /// Errors that are kept.
    pub const MAX: usize = 200;
}
