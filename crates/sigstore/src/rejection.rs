//! Why a candidate is not evidence, and how near it came.

use proofmark_core::{CertificateConstraint, Reason, Timestamp};

use crate::authorize;
use crate::facts::SignerFacts;

/// The steps of a verification, in their order: the nearest miss is the rejection with the most steps passed
/// (verdicts.md 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The bytes are a bundle, payload or annotation set of a known shape.
    Parse,
    /// The signed content is about the digest that was asked for.
    Subject,
    /// The signed content is of the type that was asked for.
    Predicate,
    /// The signature is over the content, by the key or by the certificate's key.
    Signature,
    /// The certificate leads to an authority of the trusted root, with a certificate timestamp if the root asks.
    Chain,
    /// The signature is in a transparency log of the trusted root.
    Log,
    /// Verified times lie in every validity that they must lie in.
    Time,
    /// The issuer and the subject alternative name are the policy's.
    Identity,
    /// The certificate's extensions are the policy's.
    Extensions,
    /// The claims name this repository; judged by the caller.
    Repository,
}

impl Step {
    /// The lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Subject => "subject",
            Self::Predicate => "predicate",
            Self::Signature => "signature",
            Self::Chain => "chain",
            Self::Log => "log",
            Self::Time => "time",
            Self::Identity => "identity",
            Self::Extensions => "extensions",
            Self::Repository => "repository",
        }
    }
}

/// Who a rejected candidate says it is from: for people and for the nearest miss, **never** a reason to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedSigner {
    /// What the certificate says, or which key was tried.
    pub facts: SignerFacts,
}

/// A candidate that is not evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at {}: {detail}", step.as_str())]
pub struct Rejection {
    /// The reason, of the closed list of verdicts.md 5.
    pub reason: Reason,
    /// The step that failed: all before it passed.
    pub step: Step,
    /// What differs, in one sentence without a full stop.
    pub detail: String,
    /// Who it says it is from. Unverified.
    pub signer: Option<Box<UnverifiedSigner>>,
    /// The earliest verified time, where the time step was passed; the latest, where all are later than the evaluation time.
    pub time: Option<Timestamp>,
}

impl Rejection {
    pub(crate) fn new(reason: Reason, step: Step, detail: impl Into<String>) -> Self {
        Self { reason, step, detail: detail.into(), signer: None, time: None }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Reason::Malformed, Step::Parse, detail)
    }

    pub(crate) fn by(mut self, facts: &SignerFacts) -> Self {
        self.signer = Some(Box::new(UnverifiedSigner { facts: facts.clone() }));
        self
    }

    /// Whether a certificate of a known authority with an accepted identity signed this, though its log, time or
    /// format could not be verified: verdicts.md 4, "attestation rules", the row `unsupported`.
    ///
    /// The chain was verified when this is true, and the signature unless the certificate's key is of a kind that
    /// nobody here verifies ([`Step::Chain`]); nothing later was.
    pub fn may_be_by_certificate(&self, constraint: &CertificateConstraint) -> bool {
        self.leads_to_the_root()
            && matches!(self.signer.as_deref(), Some(UnverifiedSigner { facts: SignerFacts::Certificate(facts) })
                if authorize::certificate(facts, constraint).is_ok())
    }

    /// What is unsupported at the chain step has led to an authority of the root: [`crate::verify`] asks that first.
    fn leads_to_the_root(&self) -> bool {
        self.step > Step::Chain || self.step == Step::Chain && self.reason == Reason::Unsupported
    }

    /// Whether the key of this id signed this, though its log, time or format could not be verified.
    ///
    /// The signature was verified when this is true; nothing later was.
    pub fn may_be_by_key(&self, key_id: &str) -> bool {
        self.step > Step::Signature
            && matches!(self.signer.as_deref(), Some(UnverifiedSigner { facts: SignerFacts::Key { id } })
                if id == key_id)
    }

    /// The rejection, weighed for a certificate signer. `unsupported` says that the question could not be answered, so
    /// it stands only where the answer could be this signer: what a stranger brings changes nothing (verdicts.md 4). A
    /// certificate of a known authority that names somebody else is refused for that, at the step that it reached.
    #[must_use]
    pub fn for_certificate(self, constraint: &CertificateConstraint) -> Self {
        if self.reason != Reason::Unsupported {
            return self;
        }
        let Some(UnverifiedSigner { facts: SignerFacts::Certificate(facts) }) = self.signer.as_deref() else {
            return Self { reason: Reason::WrongKey, ..self };
        };
        match authorize::certificate(facts, constraint) {
            Ok(()) => self,
            Err(other) => {
                let detail = format!("{} (besides, {})", other.detail, self.detail);
                Self { reason: other.reason, detail, ..self }
            }
        }
    }

    /// The same for a managed key: without a signature by it, whatever it is was made by another.
    #[must_use]
    pub fn for_key(self, key_id: &str) -> Self {
        if self.reason != Reason::Unsupported || self.may_be_by_key(key_id) {
            return self;
        }
        Self { reason: Reason::WrongKey, ..self }
    }
}
