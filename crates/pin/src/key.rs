//! Vendors' keys, read as the policy describes them.

use proofmark_core::Timestamp;
use proofmark_vendorsig::{minisign, openpgp};

use crate::VendorKey;

/// Why the file of a key is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// OpenPGP's answer.
    #[error("{0}")]
    OpenPgp(#[from] openpgp::KeyError),
    /// minisign's answer.
    #[error("{0}")]
    Minisign(#[from] minisign::KeyError),
    /// What the policy calls a fingerprint is none of a version 4 key.
    #[error("`{0}` is not the fingerprint of a version 4 key, which has 40 digits")]
    Fingerprint(String),
    /// It is another key.
    #[error("the key in the file is {found}, not {expected}")]
    Other {
        /// What the policy says.
        expected: openpgp::Fingerprint,
        /// What the file holds.
        found: openpgp::Fingerprint,
    },
    /// It could never sign, whatever the time.
    #[error("{0}")]
    Useless(openpgp::KeyProblem),
}

/// What has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEnd {
    /// It cannot sign any more, for this reason.
    Ended(String),
    /// It will have ended at this moment.
    At(Timestamp),
}

impl VendorKey {
    /// An OpenPGP key, armored or binary, whose primary key has this fingerprint. That it has ended is no fault: what it signed before
    /// is judged where it is used.
    ///
    /// # Errors
    /// [`KeyFault`]; also for a key that is for no signing of files at all.
    pub fn openpgp(bytes: &[u8], fingerprint: &str, now: Timestamp) -> Result<Self, KeyFault> {
        let expected = openpgp::Fingerprint::parse(fingerprint)
            .ok_or_else(|| KeyFault::Fingerprint(fingerprint.to_owned()))?;
        let key = openpgp::Key::parse(bytes)?;
        if key.fingerprint() != expected {
            return Err(KeyFault::Other { expected, found: key.fingerprint() });
        }
        match key.standing(now) {
            Err(problem) if !is_about_time(&problem) => Err(KeyFault::Useless(problem)),
            _ => Ok(Self::OpenPgp(Box::new(key))),
        }
    }

    /// A minisign public key.
    ///
    /// # Errors
    /// [`KeyFault::Minisign`].
    pub fn minisign(bytes: &[u8]) -> Result<Self, KeyFault> {
        Ok(Self::Minisign(minisign::PublicKey::parse(bytes)?))
    }

    /// What people compare: the fingerprint, or minisign's number.
    pub fn id(&self) -> String {
        match self {
            Self::OpenPgp(key) => key.fingerprint().to_string(),
            Self::Minisign(key) => key.id().to_string(),
        }
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::OpenPgp(_) => "openpgp",
            Self::Minisign(_) => "minisign",
        }
    }

    /// When it ends, or that it has; `None`: never.
    pub fn end(&self, now: Timestamp) -> Option<KeyEnd> {
        match self {
            Self::OpenPgp(key) => match key.standing(now) {
                Ok(standing) => standing.expires.map(KeyEnd::At),
                Err(problem) => Some(KeyEnd::Ended(problem.to_string())),
            },
            Self::Minisign(_) => None,
        }
    }
}

/// Another day the answer is, or was, another one.
const fn is_about_time(problem: &openpgp::KeyProblem) -> bool {
    use openpgp::KeyProblem;
    matches!(
        problem,
        KeyProblem::Expired { .. }
            | KeyProblem::Revoked { .. }
            | KeyProblem::UnreadableRevocation(_)
            | KeyProblem::FromFuture { .. }
    )
}
