//! One folder a rule: `mod.rs` (the check), `doc.md` (its page), `cases/` (inputs with expected findings).

#[path = "image-attestation/mod.rs"]
pub mod attestation;
#[path = "image-base/mod.rs"]
pub mod base;
#[path = "image-content/mod.rs"]
pub mod content;
#[path = "image-denied/mod.rs"]
pub mod denied;
#[path = "image-digest/mod.rs"]
pub mod digest;
#[path = "image-policy/mod.rs"]
pub mod policy;
#[path = "image-provenance/mod.rs"]
pub mod provenance;
#[path = "image-registry/mod.rs"]
pub mod registry;
#[path = "image-sbom/mod.rs"]
pub mod sbom;
#[path = "image-signature/mod.rs"]
pub mod signature;
#[path = "image-vsa/mod.rs"]
pub mod vsa;
#[path = "image-vulnerabilities/mod.rs"]
pub mod vulnerabilities;

use proofmark_core::RuleMeta;

/// The rules of this crate, in the order in which they are judged.
pub const RULES: &[&RuleMeta] = &[
    &denied::META,
    &registry::META,
    &policy::META,
    &content::META,
    &digest::META,
    &signature::META,
    &base::META,
    &provenance::META,
    &sbom::META,
    &vulnerabilities::META,
    &vsa::META,
    &attestation::META,
];
