//! What weakens a policy, as findings of a report.

use proofmark_core::{Finding, Outcome, Severity, Subject, SubjectKind};
use proofmark_policy::{LintFinding, Policy, ROOT_OLD, lint};

use crate::registry;

/// Everything that loading and linting found, in the order of file and line.
pub(crate) fn findings(policy: &Policy) -> Vec<Finding> {
    rows(lint(policy))
}

/// What loading alone found: it weakens a verdict, so every run says it. That a root is old comes with time alone: it is
/// told, and fails no run that passed the day before; `policy lint` gives it its own weight.
pub(crate) fn of_loading(policy: &Policy) -> Vec<Finding> {
    let mut found = policy.findings.clone();
    for old in found.iter_mut().filter(|found| found.rule == ROOT_OLD) {
        old.severity = Severity::Low;
    }
    rows(found)
}

fn rows(mut found: Vec<LintFinding>) -> Vec<Finding> {
    found.sort_by(|a, b| (&a.origin, a.rule, &a.message).cmp(&(&b.origin, b.rule, &b.message)));
    found.iter().filter_map(finding).collect()
}

/// A finding whose rule is not registered cannot be documented; the registry's test refuses such a rule.
fn finding(found: &LintFinding) -> Option<Finding> {
    Some(Finding {
        rule: registry::rule(found.rule)?,
        subject: Subject::named(SubjectKind::Policy, found.origin.file.clone()),
        severity: found.severity,
        outcome: Outcome::Finding,
        reason: None,
        message: found.message.clone(),
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: Some(found.origin.clone()),
        help: found.help.clone(),
    })
}
