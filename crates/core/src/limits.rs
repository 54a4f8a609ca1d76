//! Caps on everything that is read from outside. Reaching one is the reason `limit`.

use std::time::Duration;

use serde::Serialize;

const MIB: u64 = 1024 * 1024;

/// The budgets of one run (verdicts.md 4, "Discovery"). `[limits]` in the policy raises them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Bytes of one manifest or index.
    pub manifest_bytes: u64,
    /// Bytes of one bundle, signature payload or attestation.
    pub evidence_bytes: u64,
    /// Bytes read for one image in all.
    pub image_bytes: u64,
    /// Descriptors read from one discovery path.
    pub descriptors: usize,
    /// Manifests, or layers of a `.sig`, read from one discovery path.
    pub manifests: usize,
    /// Pages of a referrers list.
    pub pages: usize,
    /// Depth of nested indexes.
    pub index_depth: usize,
    /// Distinct manifests of one image's index graph.
    pub index_nodes: usize,
    /// Time for one image.
    #[serde(serialize_with = "millis")]
    pub image_time: Duration,
    /// Images verified at the same time.
    pub images_in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: 4 * MIB,
            evidence_bytes: 16 * MIB,
            image_bytes: 64 * MIB,
            descriptors: 4096,
            manifests: 1024,
            pages: 64,
            index_depth: 8,
            index_nodes: 1024,
            image_time: Duration::from_secs(20),
            images_in_flight: 8,
        }
    }
}

fn millis<S: serde::Serializer>(time: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
