//! `pin-writable`: nobody else can change a pinned executable.

use proofmark_core::{Finding, RuleMeta, RuleStatus, Severity};

use crate::judge::{self, Look};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "pin-writable",
    summary: "Nobody but its owner and root can change an executable, or put another in its place.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.2"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// A finding for everything that others may do to it.
pub(crate) fn findings(look: &dyn Look) -> Vec<Finding> {
    let subject = judge::executable_subject(look, None);
    let row = |what: String| {
        judge::found(
            &META,
            subject.clone(),
            Severity::Medium,
            format!("{what}: what was verified may be another file when it runs"),
            "chmod go-w it, or install it where only root or you may write".to_owned(),
        )
    };
    look.writable().into_iter().map(row).collect()
}
