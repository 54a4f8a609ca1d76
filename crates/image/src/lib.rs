//! Discovery of evidence and the decision over one image.
//!
//! The way of the data: [`verify`] resolves a reference through `oci`, hands what is attached to the
//! rules, and puts their verdicts into findings. Nothing here prints, and no tag is pulled.

mod attest;
pub mod base;
pub mod claims;
pub mod decide;
mod paths;
mod read;
pub mod rules;
pub mod signed;
mod signer;
pub mod tree;
mod trust;
pub mod verify;

pub use proofmark_sigstore::tuf;
pub use proofmark_sigstore::{
    Authority, AuthorityFacts, Change, PublicKey, RootSource, SignerFacts, TrustRoot,
};
pub use rules::RULES;
pub use trust::{Trust, TrustError, key_facts, root_facts};
pub use verify::{BaseOptions, DeepCaps, Request, Setting, check_base, verify};
