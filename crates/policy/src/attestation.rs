//! `[image.attestation.*]`, typed: what attestations must be there, by whom, and what they must say (verdicts.md 4).

use std::time::Duration;

use proofmark_core::pattern::{Glob, IdentityGlob};
use proofmark_core::{Digest, Origin, Threshold, Timestamp};

/// One demand of a rule, and the line that makes it: every refusal names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand<T> {
    /// What is demanded.
    pub value: T,
    /// Where the policy says so.
    pub origin: Origin,
}

/// `[image.attestation]`: each table that is there is a rule of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attestations {
    /// `provenance`.
    pub provenance: Option<ProvenanceRule>,
    /// `vulnerabilities`.
    pub vulnerabilities: Option<VulnerabilityRule>,
    /// `vsa`.
    pub vsa: Option<VsaRule>,
    /// `sbom`.
    pub sbom: Option<SbomRule>,
    /// `custom`.
    pub custom: Option<CustomRule>,
}

impl Attestations {
    /// Whether no attestation is asked for.
    pub const fn is_empty(&self) -> bool {
        self.provenance.is_none()
            && self.vulnerabilities.is_none()
            && self.vsa.is_none()
            && self.sbom.is_none()
            && self.custom.is_none()
    }

    /// Every `signed-by` and `vex-signed-by`.
    pub fn thresholds(&self) -> impl Iterator<Item = &Threshold> {
        let vex = self.vulnerabilities.as_ref().and_then(|rule| rule.vex_signed_by.as_ref());
        [
            self.provenance.as_ref().map(|rule| &rule.signed_by),
            self.vulnerabilities.as_ref().map(|rule| &rule.signed_by),
            self.vsa.as_ref().map(|rule| &rule.signed_by),
            self.sbom.as_ref().map(|rule| &rule.signed_by),
            self.custom.as_ref().map(|rule| &rule.signed_by),
            vex,
        ]
        .into_iter()
        .flatten()
    }
}

/// `[image.attestation.provenance]`: SLSA provenance, v1 and v0.2. One that satisfies is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenanceRule {
    /// Who must have signed it.
    pub signed_by: Threshold,
    /// The builder's id: an identity pattern.
    pub builder: Option<Demand<IdentityGlob>>,
    /// The source repository's URI, without `git+`, `.git`, `@ref` and `#ref`.
    pub source: Option<Demand<String>>,
    /// The source's ref: a glob.
    pub source_ref: Option<Demand<Glob>>,
    /// The path of the workflow in the source repository.
    pub workflow: Option<Demand<String>>,
    /// The build type's URI, exact.
    pub build_type: Option<Demand<String>>,
    /// External parameters that must not be there: JSON pointers into them.
    pub absent_parameters: Vec<Demand<String>>,
    /// Globs over the URIs of materials; every material must match one. Empty: materials are not looked at.
    pub materials: Vec<Demand<Glob>>,
    /// Where the rule stands.
    pub origin: Origin,
}

/// `[image.attestation.vulnerabilities]`: the newest scan decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VulnerabilityRule {
    /// Who must have signed it.
    pub signed_by: Threshold,
    /// How old the scan may be.
    pub max_age: Option<Demand<Duration>>,
    /// The severity from which on a finding fails.
    pub fail_at: Option<Demand<FailAt>>,
    /// Advisories that are accepted for a time.
    pub allow: Vec<AllowedAdvisory>,
    /// Whose `OpenVEX` statements are believed.
    pub vex_signed_by: Option<Threshold>,
    /// `scope = "index"`: a scan of the index covers its children.
    pub covers_children: bool,
    /// Where the rule stands.
    pub origin: Origin,
}

/// A severity at which a scan fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailAt {
    /// Everything but `none`.
    Low,
    /// Medium and above.
    Medium,
    /// High and above.
    High,
    /// Critical alone.
    Critical,
}

impl FailAt {
    /// Every severity, the lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name in the policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// One row of `allow`: an advisory that does not fail a scan before a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedAdvisory {
    /// The advisory's identifier, exact.
    pub id: String,
    /// Why it is accepted.
    pub why: String,
    /// It is accepted before this moment.
    pub until: Timestamp,
    /// Where the row stands.
    pub origin: Origin,
}

/// `[image.attestation.vsa]`: a SLSA verification summary; the newest decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VsaRule {
    /// Who must have signed it.
    pub signed_by: Threshold,
    /// `verifier.id`, exact: who signs as which verifier is the policy's to say.
    pub verifier: Demand<String>,
    /// Levels that must be stated; of a SLSA track, that level or a higher one.
    pub levels: Vec<Demand<String>>,
    /// The digest of the policy that it was verified by.
    pub policy_digest: Option<Demand<Digest>>,
    /// How old it may be.
    pub max_age: Option<Demand<Duration>>,
    /// Where the rule stands.
    pub origin: Origin,
}

/// `[image.attestation.sbom]`: one that satisfies is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomRule {
    /// Who must have signed it.
    pub signed_by: Threshold,
    /// Formats that count; empty: every format that is read.
    pub formats: Vec<Demand<SbomFormat>>,
    /// Components or packages that must be listed at least: 1 where the policy says nothing.
    pub min_components: Demand<u64>,
    /// `scope = "index"`: an SBOM of the index covers its children.
    pub covers_children: bool,
    /// Where the rule stands.
    pub origin: Origin,
}

/// A format of software bills of materials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SbomFormat {
    /// `CycloneDX` JSON.
    CycloneDx,
    /// SPDX JSON.
    Spdx,
}

impl SbomFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::CycloneDx, Self::Spdx];

    /// The name in the policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CycloneDx => "cyclonedx",
            Self::Spdx => "spdx",
        }
    }
}

/// `[image.attestation.custom]`: a statement of any type. One that satisfies is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRule {
    /// Who must have signed it.
    pub signed_by: Threshold,
    /// The predicate type's URI, exact.
    pub kind: Demand<String>,
    /// Members that must have these values.
    pub conditions: Vec<Condition>,
    /// Where the rule stands.
    pub origin: Origin,
}

/// One row of `where`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// A JSON pointer (RFC 6901) into the statement.
    pub pointer: String,
    /// The value that it must have, of the same type.
    pub equals: Scalar,
    /// Where the row stands.
    pub origin: Origin,
}

/// A value that JSON and TOML have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A string.
    Text(String),
    /// An integer.
    Whole(i64),
    /// `true` or `false`.
    Flag(bool),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&crate::write::quote(text)),
            Self::Whole(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

/// A source repository's URI as it is compared: without a leading `git+`, what follows the first `#` or a `@` of the path,
/// and a final `/` or `.git` (verdicts.md 4). One function for the policy and for provenance.
pub fn source_uri(text: &str) -> &str {
    let text = text.strip_prefix("git+").unwrap_or(text);
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    // The `@` of `git@host` and `https://user@host` is no ref: one stands in the path.
    let path = text.find("://").map_or(0, |at| {
        let after = at + 3;
        text.get(after..).and_then(|rest| rest.find('/')).map_or(text.len(), |slash| after + slash)
    });
    let end = text.get(path..).and_then(|path| path.find('@')).map_or(text.len(), |at| path + at);
    let text = text.get(..end).unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    text.strip_suffix(".git").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_compared_without_ref_and_git() {
        for same in [
            "https://github.com/acme/agents",
            "git+https://github.com/acme/agents",
            "git+https://github.com/acme/agents.git",
            "git+https://github.com/acme/agents@refs/tags/v1",
            "git+https://github.com/acme/agents.git@refs/tags/v1",
            "git+https://github.com/acme/agents.git#refs/heads/main",
            "https://github.com/acme/agents#main@x",
            "https://github.com/acme/agents/",
        ] {
            assert_eq!(source_uri(same), "https://github.com/acme/agents", "{same}");
        }
        for other in ["https://evil.example/https://github.com/acme/agents", "http://github.com/acme/agents"]
        {
            assert_ne!(source_uri(other), "https://github.com/acme/agents", "{other}");
        }
        assert_eq!(
            source_uri("https://user@evil.example/acme/agents"),
            "https://user@evil.example/acme/agents"
        );
        assert_eq!(source_uri(""), "");
    }
}
