//! Exceptions: a Fail that someone answers for becomes *allowed*, never verified (verdicts.md 7).

use std::collections::BTreeSet;

use proofmark_core::{
    Evidence, Finding, ImageRef, Outcome, RuleMeta, RuleStatus, Severity, Subject, SubjectKind, Timestamp,
};
use proofmark_policy::{Exception, Policy};

/// What is known of `exception-unused` before it runs.
pub(crate) static UNUSED: RuleMeta = RuleMeta {
    id: "exception-unused",
    summary: "Every exception is still needed.",
    doc: include_str!("rules/exception-unused/doc.md"),
    severity: Severity::Low,
    threats: &["T2.2"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The rules about exceptions themselves; none of them can be excepted.
pub(crate) const RULES: &[&RuleMeta] = &[&UNUSED];

/// Turns each Fail that an exception answers for into *allowed*. Returns the places of the exceptions used.
pub(crate) fn apply<'p>(results: &mut [Finding], policy: &'p Policy, now: Timestamp) -> Vec<&'p Exception> {
    let mut used: Vec<&Exception> = Vec::new();
    for row in results.iter_mut().filter(|row| row.outcome == Outcome::Fail) {
        let Some(exception) = policy.exceptions.iter().find(|exception| answers_for(exception, row, now))
        else {
            continue;
        };
        row.outcome = Outcome::Allowed;
        row.evidence.push(
            Evidence::new("exception", format!("allowed by {} until {}", exception.owner, exception.until))
                .with("reason", exception.reason.clone())
                .with("owner", exception.owner.clone())
                .with("until", exception.until.to_string())
                .with("listed-at", exception.origin.to_string()),
        );
        if !used.contains(&exception) {
            used.push(exception);
        }
    }
    used
}

fn answers_for(exception: &Exception, row: &Finding, now: Timestamp) -> bool {
    let reference = row.subject.reference.as_deref().and_then(|text| ImageRef::parse(text).ok());
    let (Some(reference), Some(digest), Some(reason)) = (reference, &row.subject.digest, row.reason) else {
        return false;
    };
    exception.allows(row.rule.id, reference.repository(), digest, reason, now)
}

/// Exceptions whose rule passed on their subject in this run: they are not needed.
///
/// One whose subject was not asked about says nothing: a run over one image must not call the others' unused. Nor does one
/// whose rule was not reached (a denied digest is refused before it), or that any row of the subject still fails.
pub(crate) fn findings(policy: &Policy, used: &[&Exception], judged: &[Finding]) -> Vec<Finding> {
    let (mut passed, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for row in judged {
        let key = subject_of(row).map(|subject| (row.rule.id, subject));
        match row.outcome {
            Outcome::Pass => passed.extend(key),
            Outcome::Fail | Outcome::Unverifiable | Outcome::Allowed => refused.extend(key),
            Outcome::Finding => {}
        }
    }
    let unused = |exception: &&Exception| {
        let key = (exception.rule.as_str(), exception.subject.to_string());
        !used.contains(exception) && passed.contains(&key) && !refused.contains(&key)
    };
    policy.exceptions.iter().filter(unused).map(unused_finding).collect()
}

/// `repository@digest` of a row.
fn subject_of(row: &Finding) -> Option<String> {
    let reference = ImageRef::parse(row.subject.reference.as_deref()?).ok()?;
    Some(format!("{}@{}", reference.repository(), row.subject.digest.as_ref()?))
}

fn unused_finding(exception: &Exception) -> Finding {
    Finding {
        rule: &UNUSED,
        subject: Subject::named(SubjectKind::Policy, exception.origin.file.clone()),
        severity: UNUSED.severity,
        outcome: Outcome::Finding,
        reason: None,
        message: format!("the exception for {} is not needed: {} passes", exception.subject, exception.rule),
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: Some(exception.origin.clone()),
        help: format!("remove the exception of {} at {}", exception.owner, exception.origin),
    }
}

/// Whole days until the next of the used exceptions ends.
pub(crate) fn next_expiry_days(used: &[&Exception], now: Timestamp) -> Option<i64> {
    const DAY: i64 = 24 * 60 * 60;
    used.iter().map(|exception| exception.until.as_second().saturating_sub(now.as_second()) / DAY).min()
}
