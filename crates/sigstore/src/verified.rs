//! What verification leaves behind: content that may be read, because it was verified.

use proofmark_core::{Digest, Timestamp};

use crate::facts::{LogEntryFacts, SignerFacts, VerifiedTime};
use crate::payload::{SimpleSigning, Statement};

/// Verified content.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// cosign's legacy payload.
    SimpleSigning(SimpleSigning),
    /// An in-toto statement: an attestation, or cosign v3's image signature.
    Statement(Statement),
    /// A signature over an artifact that the caller has.
    Message,
}

/// Content that a key or certificate of the given authority signed. Only [`crate::verify`] makes one.
///
/// It says nothing about *who* may sign: that is [`crate::authorize`] for certificates, and for keys it is the key
/// that was given.
#[derive(Debug, Clone)]
pub struct Verified<T = Content> {
    pub(crate) content: T,
    pub(crate) signer: SignerFacts,
    pub(crate) times: Vec<VerifiedTime>,
    pub(crate) log_entries: Vec<LogEntryFacts>,
    pub(crate) notes: Vec<String>,
    pub(crate) envelope_digest: Digest,
    pub(crate) about: Option<Digest>,
}

impl<T> Verified<T> {
    /// The content.
    pub fn content(&self) -> &T {
        &self.content
    }

    /// Who signed.
    pub fn signer(&self) -> &SignerFacts {
        &self.signer
    }

    /// Every verified time that counts, the earliest first.
    pub fn times(&self) -> &[VerifiedTime] {
        &self.times
    }

    /// The earliest verified time: the signature existed then. Anyone can re-log or re-stamp an old envelope of a
    /// managed key later, never earlier (verdicts.md 6).
    pub fn earliest_time(&self) -> Option<Timestamp> {
        self.times.first().map(|time| time.at)
    }

    /// The log entries that were verified, one a log.
    pub fn log_entries(&self) -> &[LogEntryFacts] {
        &self.log_entries
    }

    /// What was found where the policy demands nothing (`transparency = "optional"`): one sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// As [`crate::Candidate::envelope_digest`].
    pub fn envelope_digest(&self) -> &Digest {
        &self.envelope_digest
    }
}

/// What the content says about repositories: the `docker-reference`, or the names of those subjects whose digest was
/// asked for. Whether a text claims a repository, and which, is the caller's to judge (verdicts.md 2).
pub fn claims(verified: &Verified<Content>) -> Vec<String> {
    match &verified.content {
        Content::SimpleSigning(simple) => vec![simple.docker_reference.clone()],
        Content::Statement(statement) => statement
            .subjects()
            .iter()
            .filter(|subject| verified.about.as_ref().is_none_or(|digest| subject.is(digest)))
            .map(|subject| subject.name.clone())
            .collect(),
        Content::Message => Vec::new(),
    }
    .into_iter()
    .filter(|claim| !claim.is_empty())
    .collect()
}
