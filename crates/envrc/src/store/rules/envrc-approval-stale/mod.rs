//! `envrc-approval-stale`: no approval is of bytes that the file has no longer.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{FIX, StoreFinding, approved, by_path, counted, denial, row};
use crate::store::model::{ApprovalState, Store};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-approval-stale",
    summary: "No approval is of content that its file has no longer.",
    doc: include_str!("doc.md"),
    severity: Severity::Low,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store) -> Vec<StoreFinding> {
    let present = approved(store);
    let changed = by_path(store, |state| *state == ApprovalState::Changed);
    let alone = changed.into_iter().filter(|(path, _)| !present.contains(path));
    alone
        .map(|(path, approvals)| {
            let message = format!(
                "it has changed since it was approved, and {} approved{}",
                counted(approvals.len(), "the earlier content stays", "earlier contents stay"),
                denial(store, path)
            );
            row(&META, META.severity, path, message, FIX).of(&approvals)
        })
        .collect()
}
