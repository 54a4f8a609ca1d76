//! `envrc-new-ability`: what a change lets a file do is told.

use proofmark_core::{Finding, Outcome, RuleMeta, RuleStatus, Severity, Subject, SubjectKind};

use crate::ability::Ability;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-new-ability",
    summary: "What a change lets a file do is told.",
    doc: include_str!("doc.md"),
    severity: Severity::Info,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Preview,
};

/// A row for one thing that a file does now and did not before, at its place.
pub fn row(shown: &str, ability: &Ability) -> Finding {
    Finding {
        rule: &META,
        subject: Subject::named(SubjectKind::Envrc, shown),
        severity: META.severity,
        outcome: Outcome::Finding,
        reason: None,
        message: format!("it now also {}", ability.what),
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: Some(ability.at.clone()),
        help: "say in the review why it is needed, or take it out".to_owned(),
    }
}
