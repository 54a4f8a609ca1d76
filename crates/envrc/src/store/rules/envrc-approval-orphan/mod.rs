//! `envrc-approval-orphan`: no approval is of a file that is gone.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{FIX, StoreFinding, by_path, counted, row};
use crate::store::model::{ApprovalState, Store};
use crate::store::path::above;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-approval-orphan",
    summary: "No approval is of a file that is gone.",
    doc: include_str!("doc.md"),
    severity: Severity::Low,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store) -> Vec<StoreFinding> {
    let gone = by_path(store, |state| *state == ApprovalState::Gone);
    gone.into_iter()
        .map(|(path, approvals)| {
            let message = format!(
                "there is no such file any more, and {} approved",
                counted(approvals.len(), "what it held stays", "contents that it had stay")
            );
            // Anyone may make the folders again that lead there.
            let open = above(path).any(|folder| matches!(folder, b"/tmp" | b"/var/tmp" | b"/dev/shm"));
            let severity = if open { Severity::Medium } else { META.severity };
            row(&META, severity, path, message, FIX).of(&approvals)
        })
        .collect()
}
