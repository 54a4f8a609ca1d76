//! What a rule about attestations is: whom it asks, which types of statement it reads, and what it makes of one.

use std::time::Duration;

use crate::base::Material;
use proofmark_core::{Origin, Reason, Repository, RuleMeta, Threshold, Timestamp};
use proofmark_policy::{
    Attestations, CustomRule, Demand, ProvenanceRule, SbomFormat, SbomRule, VsaRule, VulnerabilityRule,
};
use proofmark_sigstore::Statement;

use crate::decide::Semantics;
use crate::rules::vulnerabilities::{self, scan::Finding, vex};
use crate::rules::{attestation, provenance, sbom, vsa};

/// Demands that one statement leaves unmet, at most so many of which are told.
pub(crate) const MAX_UNMET: usize = 16;

/// A demand that a statement does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmet {
    /// The reason it comes to.
    pub(crate) reason: Reason,
    /// What the policy asks for.
    pub(crate) expected: String,
    /// What the statement says; cut and escaped.
    pub(crate) observed: String,
    /// The policy's line.
    pub(crate) origin: Origin,
}

impl Unmet {
    /// A demand of the policy's line that is not met.
    pub(crate) fn condition<T>(demand: &Demand<T>, expected: String, observed: String) -> Self {
        Self { reason: Reason::Condition, expected, observed, origin: demand.origin.clone() }
    }
}

/// What a rule makes of a verified statement: short, whatever the statement's size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The signed payload's own time (verdicts.md 6); none where its type has none, or it is unreadable.
    pub(crate) time: Option<Timestamp>,
    /// Demands that it leaves unmet, whenever it was made.
    pub(crate) unmet: Vec<Unmet>,
    /// What is said of it in evidence: name and text, cut and escaped.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What the image was built from, of provenance.
    pub(crate) materials: Vec<Material>,
    /// Whether it lists more than are kept.
    pub(crate) materials_cut: bool,
    /// What a scan found that fails it, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// What a VEX document says of this image.
    pub(crate) vex: Vec<vex::Entry>,
}

impl Reading {
    /// Adds a demand that is not met; those beyond [`MAX_UNMET`] are like those before.
    pub(crate) fn unmet(&mut self, unmet: Unmet) {
        if self.unmet.len() < MAX_UNMET {
            self.unmet.push(unmet);
        }
    }
}

/// The image, as statements name it.
pub(crate) struct Named<'a> {
    /// The repository that was asked for.
    pub(crate) name: String,
    /// Whether a claimed repository is this one, by a name of its own or by `also`.
    pub(crate) is_ours: &'a dyn Fn(&Repository) -> bool,
}

/// A rule of an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule<'a> {
    /// `provenance`.
    Provenance(&'a ProvenanceRule),
    /// `sbom`.
    Sbom(&'a SbomRule),
    /// `vulnerabilities`.
    Vulnerabilities(&'a VulnerabilityRule),
    /// `vex-signed-by` of `vulnerabilities`: it speaks no verdict of its own.
    Vex(&'a VulnerabilityRule, &'a Threshold),
    /// `vsa`.
    Vsa(&'a VsaRule),
    /// `custom`.
    Custom(&'a CustomRule),
}

/// The rules of an entry, in the order in which they are judged, and last what they ask.
pub(crate) fn rules(attestation: &Attestations) -> Vec<Rule<'_>> {
    let provenance = attestation.provenance.as_ref().map(Rule::Provenance);
    let sbom = attestation.sbom.as_ref().map(Rule::Sbom);
    let scan = attestation.vulnerabilities.as_ref();
    let vulnerabilities = scan.map(Rule::Vulnerabilities);
    let vex = scan.and_then(|rule| Some(Rule::Vex(rule, rule.vex_signed_by.as_ref()?)));
    let vsa = attestation.vsa.as_ref().map(Rule::Vsa);
    let custom = attestation.custom.as_ref().map(Rule::Custom);
    [provenance, sbom, vulnerabilities, vsa, custom, vex].into_iter().flatten().collect()
}

impl<'a> Rule<'a> {
    pub(crate) const fn meta(self) -> &'static RuleMeta {
        match self {
            Self::Provenance(_) => &provenance::META,
            Self::Sbom(_) => &sbom::META,
            Self::Vulnerabilities(_) | Self::Vex(..) => &vulnerabilities::META,
            Self::Vsa(_) => &vsa::META,
            Self::Custom(_) => &attestation::META,
        }
    }

    pub(crate) const fn threshold(self) -> &'a Threshold {
        match self {
            Self::Provenance(rule) => &rule.signed_by,
            Self::Sbom(rule) => &rule.signed_by,
            Self::Vulnerabilities(rule) => &rule.signed_by,
            Self::Vex(_, threshold) => threshold,
            Self::Vsa(rule) => &rule.signed_by,
            Self::Custom(rule) => &rule.signed_by,
        }
    }

    pub(crate) const fn semantics(self) -> Semantics {
        match self {
            Self::Provenance(_) | Self::Sbom(_) | Self::Custom(_) => Semantics::OneIsEnough,
            Self::Vulnerabilities(_) | Self::Vex(..) | Self::Vsa(_) => Semantics::NewestDecides,
        }
    }

    /// What it asks for, in words: `SLSA provenance`.
    pub(crate) fn noun(self) -> String {
        match self {
            Self::Provenance(_) => "SLSA provenance".to_owned(),
            Self::Sbom(_) => "an SBOM".to_owned(),
            Self::Vulnerabilities(_) => "a vulnerability scan".to_owned(),
            Self::Vex(..) => "a VEX document".to_owned(),
            Self::Vsa(_) => "a verification summary".to_owned(),
            Self::Custom(rule) => format!("a statement of type {}", rule.kind.value),
        }
    }

    /// The kind of its evidence.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Provenance(_) => "provenance",
            Self::Sbom(_) => "sbom",
            Self::Vulnerabilities(_) => "vulnerabilities",
            Self::Vex(..) => "vex",
            Self::Vsa(_) => "vsa",
            Self::Custom(_) => "attestation",
        }
    }

    /// What `cosign attest --type` calls it.
    pub(crate) fn cosign_type(self) -> String {
        match self {
            Self::Provenance(_) => "slsaprovenance1".to_owned(),
            Self::Sbom(rule) => {
                let spdx = rule.formats.first().is_some_and(|one| one.value == SbomFormat::Spdx);
                if spdx { "spdxjson" } else { "cyclonedx" }.to_owned()
            }
            Self::Vulnerabilities(_) => "vuln".to_owned(),
            Self::Vex(..) => "openvex".to_owned(),
            Self::Vsa(_) => vsa::TYPE.to_owned(),
            Self::Custom(rule) => rule.kind.value.clone(),
        }
    }

    /// Whether a statement of this type is one that the rule reads.
    pub(crate) fn reads(self, predicate_type: &str) -> bool {
        match self {
            Self::Provenance(_) => provenance::TYPES.contains(&predicate_type),
            Self::Sbom(_) => sbom::reads(predicate_type),
            Self::Vulnerabilities(_) => vulnerabilities::reads(predicate_type),
            Self::Vex(..) => vex::TYPES.contains(&predicate_type),
            Self::Vsa(_) => predicate_type == vsa::TYPE,
            Self::Custom(rule) => rule.kind.value == predicate_type,
        }
    }

    /// Whether a statement about an index says something of each of its children (verdicts.md 3: not a scan or an SBOM).
    pub(crate) const fn covers_children(self) -> bool {
        match self {
            Self::Sbom(rule) => rule.covers_children,
            Self::Vulnerabilities(rule) | Self::Vex(rule, _) => rule.covers_children,
            Self::Provenance(_) | Self::Vsa(_) | Self::Custom(_) => true,
        }
    }

    pub(crate) const fn max_age(self) -> Option<&'a Demand<Duration>> {
        match self {
            Self::Vsa(rule) => rule.max_age.as_ref(),
            Self::Vulnerabilities(rule) => rule.max_age.as_ref(),
            Self::Provenance(_) | Self::Sbom(_) | Self::Vex(..) | Self::Custom(_) => None,
        }
    }

    /// Reads a verified statement of a type that [`Self::reads`], about this image.
    pub(crate) fn read(self, statement: &Statement, image: &Named<'_>) -> Reading {
        match self {
            Self::Provenance(rule) => provenance::read(rule, statement),
            Self::Sbom(rule) => sbom::read(rule, statement),
            Self::Vulnerabilities(rule) => vulnerabilities::read(rule, statement),
            Self::Vex(rule, _) => vex::read(rule, statement),
            Self::Vsa(rule) => vsa::read(rule, statement, image),
            Self::Custom(rule) => attestation::read(rule, statement),
        }
    }
}
