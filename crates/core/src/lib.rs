//! The vocabulary of proofmark: digests, references, patterns, signers, verdicts and findings.
//!
//! Nothing here does I/O, reads a clock or prints. Every other crate speaks in these types.

mod clock;
mod closure;
mod digest;
pub mod display;
mod evidence;
mod finding;
mod limits;
mod origin;
pub mod pattern;
mod platform;
mod reason;
mod redacted;
mod reference;
pub mod registry;
mod room;
mod rule;
mod severity;
mod signer;
mod source;
mod verdict;

pub use clock::{Clock, FixedClock};
pub use closure::{MEMBER_KINDS, closure_digest, is_integrity, is_member_content};
pub use digest::{Algorithm, Digest, DigestError, Hasher};
pub use evidence::{Evidence, Fact};
pub use finding::{Expectation, Finding, Observation, Outcome, Subject, SubjectKind};
pub use jiff::Timestamp;
pub use limits::Limits;
pub use origin::{Origin, Position};
pub use platform::Platform;
pub use reason::{Reason, ReasonKind};
pub use redacted::Redacted;
pub use reference::{DigestRef, Host, ImageRef, ReferenceError, Repository, Tag};
pub use room::room;
pub use rule::{RuleMeta, RuleStatus};
pub use severity::Severity;
pub use signer::{
    CertificateConstraint, Extension, IdentityPattern, KeyConstraint, SanKind, Signer, SignerKind, Threshold,
    Transparency,
};
pub use source::Source;
pub use verdict::{Refusal, Verdict};
