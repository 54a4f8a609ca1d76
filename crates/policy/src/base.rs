//! Approved base images, `allowlists/base-images.toml`: recognised by their layers, never by their name.

use proofmark_core::{Digest, Origin, Platform, Timestamp};

/// One row of `allowlists/base-images.toml`: a base image as it is on some platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedBase {
    /// What it is called in reports; one row for each name and platform.
    pub name: String,
    /// Digests of its index and manifest, by which provenance names it. Never empty.
    pub digests: Vec<Digest>,
    /// The platforms on which it has these layers. Never empty.
    pub platforms: Vec<Platform>,
    /// The digests of all of its uncompressed layers, the lowest first (OCI image-spec `config.md`, `rootfs.diff_ids`).
    /// Never empty.
    pub diff_ids: Vec<Digest>,
    /// The row holds before this moment.
    pub not_after: Option<Timestamp>,
    /// Why it is no longer approved.
    pub revoked: Option<String>,
    /// Who approved it.
    pub added_by: String,
    /// Why it is approved.
    pub why: String,
    /// Where the row stands.
    pub origin: Origin,
}

/// `base` of an `[[image]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseRule {
    /// Whether an image that begins with no known base is taken as built from scratch: `approved-or-scratch`.
    pub scratch: bool,
    /// Where the entry asks for it.
    pub origin: Origin,
}

impl BaseRule {
    /// The words of `base`, the strict one first.
    pub(crate) const WORDS: &'static [&'static str] = &["approved", "approved-or-scratch"];

    /// The word in the policy.
    pub const fn as_str(&self) -> &'static str {
        if self.scratch { Self::WORDS[1] } else { Self::WORDS[0] }
    }
}
