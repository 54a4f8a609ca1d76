//! `image-vulnerabilities`: the newest signed scan is young enough and found nothing too bad
//! (`[image.attestation.vulnerabilities]`).

pub(crate) mod scan;
mod settle;
pub(crate) mod severity;
pub(crate) mod vex;

use std::collections::BTreeSet;

use proofmark_core::{Reason, RuleMeta, RuleStatus, Severity as RuleSeverity};
use proofmark_policy::VulnerabilityRule;
use proofmark_sigstore::Statement;
use serde_json::Value;

use self::scan::Finding;
use self::severity::Severity;
use crate::attest::json;
use crate::attest::rule::{Reading, Unmet};

pub(crate) use settle::{Case, Documents, settle};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-vulnerabilities",
    summary: "The newest signed vulnerability scan is recent and found nothing too severe.",
    doc: include_str!("doc.md"),
    severity: RuleSeverity::High,
    threats: &["T3.1"],
    reasons: &[
        Reason::Missing,
        Reason::Condition,
        Reason::TooOld,
        Reason::Threshold,
        Reason::WrongRepository,
        Reason::OrderUnknown,
        Reason::Unreachable,
        Reason::Unauthorized,
        Reason::NotFound,
        Reason::Offline,
        Reason::Limit,
        Reason::Unsupported,
    ],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// Findings of one scan that are kept: those that fail it.
const MAX_FINDINGS: usize = 4096;

/// Whether a statement of this type is a scan.
pub(crate) fn reads(predicate_type: &str) -> bool {
    predicate_type == scan::COSIGN || scan::INTOTO.contains(&predicate_type)
}

/// Reads a verified scan: what of it fails is kept, for [`settle`] to hold against allowed advisories and VEX.
pub(crate) fn read(rule: &VulnerabilityRule, statement: &Statement) -> Reading {
    let predicate = statement.predicate();
    let mut reading = Reading::default();
    let malformed = |observed: String| Unmet {
        reason: Reason::Condition,
        expected: format!("a predicate of type {}", json::short(statement.predicate_type())),
        observed,
        origin: rule.signed_by.origin.clone(),
    };
    // Both formats require it.
    match json::time(predicate, "/metadata/scanFinishedOn") {
        Ok(Some(time)) => reading.time = Some(time),
        Ok(None) => reading.unmet(malformed("scanFinishedOn is nothing".to_owned())),
        Err(observed) => reading.unmet(malformed(observed)),
    }
    match scan::findings(statement.predicate_type(), predicate) {
        Ok(all) => keep(rule, all, &mut reading),
        // Where no finding fails, what cosign's predicate holds may be in any form; it must still hold something.
        Err(_) if rule.fail_at.is_none() && holds_something(statement) => {}
        Err(observed) => reading.unmet(malformed(observed)),
    }
    let facts = [
        ("scanner", "/scanner/uri"),
        ("scanner-version", "/scanner/version"),
        ("database", "/scanner/db/version"),
        ("database-updated", "/scanner/db/lastUpdate"),
        ("scanned-at", "/metadata/scanFinishedOn"),
    ];
    let fact = |(name, pointer)| Some((name, json::short(json::text(predicate, pointer)?)));
    reading.facts.extend(facts.into_iter().filter_map(fact));
    reading
}

fn holds_something(statement: &Statement) -> bool {
    let result = statement.predicate().pointer("/scanner/result");
    statement.predicate_type() == scan::COSIGN && result.is_some_and(Value::is_object)
}

fn keep(rule: &VulnerabilityRule, all: Vec<Finding>, reading: &mut Reading) {
    reading.facts.push(("findings", counted(&all)));
    let Some(fail_at) = &rule.fail_at else { return };
    let failing: BTreeSet<Finding> =
        all.into_iter().filter(|finding| finding.severity.fails(fail_at.value)).collect();
    if failing.len() > MAX_FINDINGS {
        let expected = format!("no finding of severity {} or worse", fail_at.value.as_str());
        reading.unmet(Unmet::condition(fail_at, expected, format!("{} such findings", failing.len())));
    }
    // The worst come last in their order.
    reading.findings = failing.into_iter().rev().take(MAX_FINDINGS).collect();
}

/// `1 critical, 2 low`, or `none`.
fn counted(all: &[Finding]) -> String {
    let levels = [
        (Severity::Unknown, "unknown"),
        (Severity::Critical, "critical"),
        (Severity::High, "high"),
        (Severity::Medium, "medium"),
        (Severity::Low, "low"),
        (Severity::None, "of severity none"),
    ];
    let count = |level: Severity| all.iter().filter(|finding| finding.severity == level).count();
    let told: Vec<String> = levels
        .into_iter()
        .map(|(level, name)| (count(level), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}
