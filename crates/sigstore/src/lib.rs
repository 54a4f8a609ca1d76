//! Trust roots and strict verification of Sigstore bundles and cosign's legacy formats. No I/O.
//!
//! Bytes become a [`Candidate`] by a strict reading; [`verify`] turns a candidate into [`Verified`] content or into a
//! [`Rejection`] that names the step and what differs; [`authorize`] compares the signer with the policy.
//!
//! Two judges must agree: our own stages, which know the reasons and the facts, and the `sigstore-verify` library.
//! No other crate names that library.

mod authorize;
mod bundle;
mod candidate;
mod certificate;
mod chain;
mod checkpoint;
mod difference;
mod entry;
mod facts;
mod fields;
mod hex;
mod json;
mod key;
mod legacy;
mod library;
mod log;
mod log_body;
mod model;
mod payload;
mod pem;
mod rejection;
mod root;
mod root_facts;
mod sct;
mod signature;
mod signed_once;
mod stamp;
pub mod threshold;
mod time;
mod token;
pub mod tuf;
mod verified;
mod verify;
mod witnesses;

pub use authorize::authorize;
pub use candidate::{Artifact, COSIGN_SIGN, Candidate, Question};
pub use facts::{CertificateFacts, ClaimedSigner, LogEntryFacts, San, SignerFacts, TimeKind, VerifiedTime};
pub use key::{KeyAlgorithm, KeyError, PublicKey};
pub use payload::{SimpleSigning, Statement, Subject};
pub use rejection::{Rejection, Step, UnverifiedSigner};
pub use root::{RootError, RootSource, TrustRoot};
pub use root_facts::{AuthorityFacts, AuthorityKind, Change, Window};
pub use verified::{Content, Verified, claims};
pub use verify::{Authority, verify};
