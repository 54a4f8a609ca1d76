//! What discovery hands over, and what it reports of each path.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Reason};

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Ask every path that can hold a signature: adds the `.sig` tag.
    pub signatures: bool,
    /// Ask every path that can hold an attestation: adds the `.att` tag.
    pub attestations: bool,
    /// Run discovery at all. Digest lists and base images need none.
    pub discover: bool,
}

impl Plan {
    /// Read the manifest alone.
    pub const NOTHING: Self = Self { signatures: false, attestations: false, discover: false };
    /// Look for signatures.
    pub const SIGNATURES: Self = Self { signatures: true, attestations: false, discover: true };
    /// Look for signatures and attestations.
    pub const ALL: Self = Self { signatures: true, attestations: true, discover: true };
}

/// A way by which something can be attached to an image (verdicts.md 4, "Discovery").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathKind {
    /// The referrers API.
    Referrers,
    /// The tag `sha256-<hex>`, an index.
    FallbackTag,
    /// The tag `sha256-<hex>.sig`.
    SigTag,
    /// The tag `sha256-<hex>.att`.
    AttTag,
    /// An OCI layout directory: every way at once.
    Layout,
}

impl PathKind {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Referrers => "referrers",
            Self::FallbackTag => "fallback-tag",
            Self::SigTag => "sig-tag",
            Self::AttTag => "att-tag",
            Self::Layout => "layout",
        }
    }
}

impl std::fmt::Display for PathKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One candidate: bytes that hash to the digest by which they were listed, and nothing more is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The path by which it was found.
    pub path: PathKind,
    /// The registry, mirror or layout that gave it.
    pub source: String,
    /// The digest whose attachments were asked for.
    pub attached_to: Digest,
    /// The digest of the manifest that holds it.
    pub manifest_digest: Digest,
    /// The digest of `bytes`.
    pub digest: Digest,
    /// The layer's media type, which says how to parse: a Sigstore bundle, simple signing, or a DSSE envelope.
    pub media_type: String,
    /// The layer's annotations that cosign writes, where legacy signatures live; none for bundles. Unauthenticated.
    pub annotations: BTreeMap<String, String>,
    /// The content, whole.
    pub bytes: Vec<u8>,
    /// What the holding manifest says it is attached to. If this is another image, the candidate is evidence for that
    /// one (REF-05, CVE-2023-33959).
    pub subject: Option<Digest>,
    /// The artifact type in the descriptor that listed the manifest: a hint.
    pub descriptor_artifact_type: Option<String>,
}

impl Found {
    /// Whether `bytes` are a Sigstore bundle by their media type.
    pub fn is_bundle(&self) -> bool {
        self.media_type.starts_with(crate::media_type::SIGSTORE_BUNDLE)
    }
}

/// An attachment that is no signature and no attestation that proofmark reads: listed, never downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The manifest's digest.
    pub digest: Digest,
    /// Its artifact type. Text from outside: escape it.
    pub artifact_type: Option<String>,
    /// Why it is not read: `malformed: …` for a manifest that is none; else what it holds.
    pub note: String,
}

/// How far a path was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathState {
    /// Read to its end.
    Complete {
        /// Candidates handed over.
        candidates: usize,
    },
    /// There is nothing: a tag's 404.
    Absent,
    /// The registry does not have this way.
    NotOffered,
    /// Something could not be read; what could be was handed over.
    Failed {
        /// Always one of Unverifiable.
        reason: Reason,
        /// For people; may hold text from outside.
        cause: String,
    },
    /// A cap was reached; what lies before it was handed over.
    Capped {
        /// What was capped, for people.
        what: String,
    },
}

/// One path at one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathReport {
    /// The path.
    pub path: PathKind,
    /// The registry, mirror or layout that was asked.
    pub source: String,
    /// How far it was read.
    pub state: PathState,
    /// Attachments of other kinds.
    pub others: Vec<Other>,
}

impl PathReport {
    /// Whether everything that this path can hold was seen.
    pub const fn is_complete(&self) -> bool {
        matches!(self.state, PathState::Complete { .. } | PathState::Absent | PathState::NotOffered)
    }

    /// Why this path is not complete: the reason and one line.
    pub fn incomplete(&self) -> Option<(Reason, String)> {
        match &self.state {
            PathState::Failed { reason, cause } => Some((*reason, cause.clone())),
            PathState::Capped { what } => Some((Reason::Limit, what.clone())),
            _ => None,
        }
    }

    /// One report a path, over all sources: a path is as complete as its least complete source; otherwise the
    /// candidates are added up (verdicts.md 4, "Mirrors").
    pub fn merged(reports: &[Self]) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        for report in reports {
            match merged.iter_mut().find(|one| one.path == report.path) {
                Some(one) => one.absorb(report),
                None => merged.push(report.clone()),
            }
        }
        merged
    }

    fn absorb(&mut self, other: &Self) {
        self.others.extend(
            other.others.iter().filter(|one| !self.others.contains(one)).cloned().collect::<Vec<_>>(),
        );
        if let (PathState::Complete { candidates }, PathState::Complete { candidates: more }) =
            (&mut self.state, &other.state)
        {
            *candidates += more;
            return;
        }
        if other.rank() > self.rank() {
            self.state = other.state.clone();
            self.source.clone_from(&other.source);
        }
    }

    const fn rank(&self) -> u8 {
        match self.state {
            PathState::NotOffered => 0,
            PathState::Absent => 1,
            PathState::Complete { .. } => 2,
            PathState::Capped { .. } => 3,
            PathState::Failed { .. } => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(path: PathKind, source: &str, state: PathState) -> PathReport {
        PathReport { path, source: source.to_owned(), state, others: Vec::new() }
    }

    #[test]
    fn a_path_is_as_complete_as_its_least_complete_source() {
        let failed = PathState::Failed { reason: Reason::Offline, cause: "c".into() };
        let merged = PathReport::merged(&[
            report(PathKind::Referrers, "mirror", PathState::Complete { candidates: 1 }),
            report(PathKind::SigTag, "mirror", PathState::Absent),
            report(PathKind::Referrers, "origin", PathState::Complete { candidates: 2 }),
            report(PathKind::SigTag, "origin", failed.clone()),
        ]);
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].state, PathState::Complete { candidates: 3 });
        assert_eq!((&merged[1].state, merged[1].source.as_str()), (&failed, "origin"));
        assert_eq!(merged[1].incomplete(), Some((Reason::Offline, "c".to_owned())));
        assert!(merged[0].is_complete() && !merged[1].is_complete());
    }
}
