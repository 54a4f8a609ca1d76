//! `envrc-closure-changed`: what a file loads is what was locked.

use proofmark_core::{
    Expectation, Finding, Observation, Origin, Outcome, RuleMeta, RuleStatus, Severity, Subject, SubjectKind,
};

use crate::closure::{Closure, Member, MemberChange, compare};
use crate::finding::{beginning, path_of};

/// Changes that are told one by one.
const MAX_TOLD: usize = 20;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-closure-changed",
    summary: "What a file loads is what was locked.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Preview,
};

/// A closure as it was reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Its members, sorted.
    pub members: Vec<Member>,
    /// Where it is recorded.
    pub origin: Origin,
}

/// A closure beside those that were locked for its file: it must be one of them. Without a lock nothing is said.
pub fn check(shown: &str, closure: &Closure, locks: &[Lock]) -> Option<Finding> {
    let compared = locks.iter().map(|lock| (lock, compare(&lock.members, &closure.members)));
    let (lock, changes) = compared.min_by_key(|(_, changes)| changes.len())?;
    let (first, _) = changes.first()?;
    let folder = shown.rsplit_once('/').map(|(folder, _)| folder);
    let place = |member: &Member| path_of(folder, &member.path);
    let observed = changes.iter().take(MAX_TOLD).map(|(member, change)| {
        let (kind, path) = (member.kind.as_str(), &member.path);
        let text = match change {
            MemberChange::Dropped => format!("{kind} {path} {}", change.words()),
            _ => format!("{kind} {path} {}: {}", change.words(), member.content),
        };
        Observation { place: Some(place(member)), ..Observation::new(text) }
    });
    Some(Finding {
        rule: &META,
        subject: Subject::named(SubjectKind::Envrc, shown),
        severity: META.severity,
        outcome: Outcome::Fail,
        reason: None,
        message: message(&changes),
        expected: Some(Expectation {
            text: "the files that were locked, as they were".to_owned(),
            origin: Some(lock.origin.clone()),
        }),
        observed: observed.collect(),
        evidence: Vec::new(),
        location: Some(beginning(&place(first))),
        help: format!("read what changed, then lock it: proofmark envrc allow {shown}"),
    })
}

fn message(changes: &[(&Member, MemberChange)]) -> String {
    let first: Vec<String> = changes
        .iter()
        .take(3)
        .map(|(member, change)| format!("{} {}", member.path, change.words()))
        .collect();
    let more = changes.len().saturating_sub(first.len());
    let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
    format!("it loads something else than was locked: {}{rest}", first.join(", "))
}

/// A lock of a file that is not there any more: nothing is loaded, and the row can go.
pub fn gone(shown: &str, lock: &Lock) -> Finding {
    Finding {
        rule: &META,
        subject: Subject::named(SubjectKind::Envrc, shown),
        severity: Severity::Low,
        outcome: Outcome::Finding,
        reason: None,
        message: "it is locked, and is not there any more".to_owned(),
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: Some(lock.origin.clone()),
        help: "remove its [[closure]]".to_owned(),
    }
}
