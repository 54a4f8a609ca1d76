//! `envrc-approval-rollback`: no earlier content stays approved beside the present one.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{FIX, StoreFinding, approved, by_path, counted, denial, row};
use crate::store::model::{ApprovalState, Store};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-approval-rollback",
    summary: "Of an approved file no other content is approved as well.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store) -> Vec<StoreFinding> {
    let present = approved(store);
    let changed = by_path(store, |state| *state == ApprovalState::Changed);
    let both = changed.into_iter().filter(|(path, _)| present.contains(path));
    both.map(|(path, approvals)| {
        let message = format!(
            "beside what it holds now, {} still approved: whoever puts that back is not asked{}",
            counted(approvals.len(), "another content is", "other contents are"),
            denial(store, path)
        );
        row(&META, META.severity, path, message, FIX).of(&approvals)
    })
    .collect()
}
