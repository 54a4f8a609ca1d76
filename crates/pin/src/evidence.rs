//! The evidence of a pin, and who may have made it.

use proofmark_core::{Digest, Reason, Timestamp};
use proofmark_lock::{Evidence, EvidenceKind, Over};
use proofmark_vendorsig::{minisign, openpgp};

/// Who may sign an executable: every key stands for itself, and one good signature is enough.
#[derive(Clone, Copy)]
pub struct Authority<'a> {
    /// Keys with the names that the policy gives them.
    pub keys: &'a [(String, VendorKey)],
    /// Who judges Sigstore bundles.
    pub bundles: &'a dyn Bundles,
}

impl std::fmt::Debug for Authority<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// A vendor's key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum VendorKey {
    /// OpenPGP.
    OpenPgp(Box<openpgp::Key>),
    /// minisign.
    Minisign(minisign::PublicKey),
}

/// Judges Sigstore bundles over a digest; nothing else here knows of Sigstore.
pub trait Bundles {
    /// Every signer that the bundle satisfies, if it is by one who may sign this digest; never empty.
    ///
    /// # Errors
    /// Why not.
    fn verify(&self, bundle: &[u8], digest: &Digest, now: Timestamp) -> Result<Vec<BundleSigner>, Why>;

    /// The names of those who may sign with a bundle.
    fn names(&self) -> Vec<String>;
}

/// A signer that a bundle satisfies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSigner {
    /// The name that the policy gives it.
    pub by: String,
    /// The key or identity: equal for two names of one.
    pub with: String,
}

/// Nobody may sign with a bundle.
#[derive(Debug, Clone, Copy)]
pub struct NoBundles;

impl Bundles for NoBundles {
    fn verify(&self, _: &[u8], _: &Digest, _: Timestamp) -> Result<Vec<BundleSigner>, Why> {
        Err(Why::Nobody(EvidenceKind::Sigstore))
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A signature that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signed {
    /// The signer, as the policy names it.
    pub by: String,
    /// What was signed.
    pub over: Over,
    /// The key or identity.
    pub with: String,
    /// When, as the signer says, where a signature says it.
    pub made: Option<Timestamp>,
}

/// A signature that did not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} over the {}: {why}", kind.as_str(), over.as_str())]
pub struct Miss {
    /// How it is signed.
    pub kind: EvidenceKind,
    /// What was signed.
    pub over: Over,
    /// Why it does not count.
    pub why: Why,
}

/// Why a signature does not count, from the nearest miss to the farthest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// OpenPGP's answer.
    #[error("{0}")]
    OpenPgp(#[from] openpgp::Rejection),
    /// minisign's answer.
    #[error("{0}")]
    Minisign(#[from] minisign::Rejection),
    /// The verifier of bundles says no.
    #[error("{message}")]
    Bundle {
        /// Its reason.
        reason: Reason,
        /// Its words.
        message: String,
    },
    /// The signed list of checksums gives the archive another one, or none.
    #[error("the signed list gives {}", given.as_ref().map_or_else(|| "no checksum for it".to_owned(), |sum| format!("it the SHA-256 {sum}")))]
    Checksum {
        /// What the list says.
        given: Option<String>,
    },
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// No key or identity of this kind may sign.
    #[error("no signer of the policy signs with {}", .0.as_str())]
    Nobody(EvidenceKind),
}

impl Why {
    /// The reason of a verdict.
    pub const fn reason(&self) -> Reason {
        use openpgp::{KeyProblem, Rejection};
        match self {
            Self::OpenPgp(rejection) => match rejection {
                Rejection::Expired { .. }
                | Rejection::OutsideKey { .. }
                | Rejection::Key(KeyProblem::Expired { .. }) => Reason::Expired,
                Rejection::Key(KeyProblem::Revoked { .. } | KeyProblem::UnreadableRevocation(_)) => {
                    Reason::Revoked
                }
                Rejection::WrongKey { .. } | Rejection::Key(_) => Reason::WrongKey,
                _ => Reason::Tampered,
            },
            Self::Minisign(minisign::Rejection::WrongKey { .. }) => Reason::WrongKey,
            Self::Minisign(minisign::Rejection::LegacyTooLong { .. }) => Reason::Limit,
            Self::Minisign(_) | Self::Checksum { .. } => Reason::Tampered,
            Self::Bundle { reason, .. } => *reason,
            Self::Unreadable(_) => Reason::Malformed,
            Self::Nobody(_) => Reason::Unsigned,
        }
    }

    /// How far it came: what was right but for its time is nearer than what is of another key.
    const fn rank(&self) -> u8 {
        match self.reason() {
            Reason::Expired | Reason::Revoked => 0,
            Reason::Tampered => 1,
            Reason::WrongKey => 2,
            Reason::Malformed | Reason::Limit => 3,
            Reason::Unsigned => 5,
            _ => 4,
        }
    }
}

/// The nearest first.
pub(crate) fn sort(misses: &mut [Miss]) {
    misses.sort_by_key(|miss| (miss.why.rank(), miss.over, miss.kind));
}

/// A signature that waits for its bytes, with the key that it names.
pub(crate) enum Reading<'a> {
    OpenPgp { by: &'a str, verifier: Box<openpgp::Verifier<'a>> },
    Minisign { by: &'a str, verifier: Box<minisign::Verifier<'a>> },
}

impl Reading<'_> {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        match self {
            Self::OpenPgp { verifier, .. } => verifier.update(piece),
            Self::Minisign { verifier, .. } => verifier.update(piece),
        }
    }

    pub(crate) fn finish(self, over: Over, now: Timestamp) -> Result<Signed, Why> {
        match self {
            Self::OpenPgp { by, verifier } => {
                let verified = verifier.finish(now)?;
                let (with, made) = (verified.signer.to_string(), Some(verified.made));
                Ok(Signed { by: by.to_owned(), over, with, made })
            }
            Self::Minisign { by, verifier } => {
                let verified = verifier.finish()?;
                Ok(Signed { by: by.to_owned(), over, with: verified.key.to_string(), made: None })
            }
        }
    }
}

/// A signature that was read.
pub(crate) enum Parsed {
    OpenPgp(Box<openpgp::Signature>),
    Minisign(Box<minisign::Signature>),
    Sigstore,
}

impl Parsed {
    pub(crate) fn of(evidence: &Evidence) -> Result<Self, Why> {
        let unreadable = |error: &dyn std::fmt::Display| Why::Unreadable(error.to_string());
        match evidence.kind {
            EvidenceKind::OpenPgp => openpgp::Signature::parse(&evidence.signature)
                .map(|signature| Self::OpenPgp(Box::new(signature)))
                .map_err(|error| unreadable(&error)),
            EvidenceKind::Minisign => minisign::Signature::parse(&evidence.signature)
                .map(|signature| Self::Minisign(Box::new(signature)))
                .map_err(|error| unreadable(&error)),
            EvidenceKind::Sigstore => Ok(Self::Sigstore),
        }
    }

    /// The verifier by the key that the signature names; else the nearest miss. Bundles have none: they are over digests.
    pub(crate) fn reading<'a>(&'a self, authority: &Authority<'a>) -> Result<Option<Reading<'a>>, Why> {
        let mut nearest = Err(Why::Nobody(match self {
            Self::OpenPgp(_) => EvidenceKind::OpenPgp,
            Self::Minisign(_) => EvidenceKind::Minisign,
            Self::Sigstore => return Ok(None),
        }));
        for (by, key) in authority.keys {
            let reading = match (self, key) {
                (Self::OpenPgp(signature), VendorKey::OpenPgp(key)) => openpgp::Verifier::new(signature, key)
                    .map(|verifier| Reading::OpenPgp { by, verifier: Box::new(verifier) })
                    .map_err(Why::from),
                (Self::Minisign(signature), VendorKey::Minisign(key)) => {
                    minisign::Verifier::new(signature, key, minisign::Legacy::Refused)
                        .map(|verifier| Reading::Minisign { by, verifier: Box::new(verifier) })
                        .map_err(Why::from)
                }
                _ => continue,
            };
            match (reading, &nearest) {
                (Ok(reading), _) => return Ok(Some(reading)),
                (Err(why), Err(before)) if why.rank() < before.rank() => nearest = Err(why),
                _ => {}
            }
        }
        nearest
    }
}
