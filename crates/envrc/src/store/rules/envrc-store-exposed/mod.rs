//! `envrc-store-exposed`: nobody else may write what direnv trusts.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{StoreContext, StoreFinding, row};
use crate::store::disk::FileKind;
use crate::store::model::Store;
use crate::store::path::shown;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-store-exposed",
    summary: "Nobody but the user may write to what direnv trusts, or to a folder above it.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store, context: &StoreContext<'_>) -> Vec<StoreFinding> {
    let mut rows = Vec::new();
    for (path, facts) in &store.facts {
        let what =
            if facts.kind == FileKind::Folder { "what direnv trusts lies in it" } else { "direnv trusts it" };
        let stranger = context.user.is_some_and(|user| facts.owner != user && facts.owner != 0);
        let (severity, message, fix) = if facts.is_everybodys() {
            (META.severity, format!("{what}, and everybody may write to it"), "chmod o-w")
        } else if stranger {
            (META.severity, format!("{what}, and it belongs to user {}", facts.owner), "chown \"$USER\"")
        } else if facts.is_groups() {
            (Severity::Low, format!("{what}, and its group may write to it"), "chmod g-w")
        } else {
            continue;
        };
        rows.push(row(&META, severity, path, message, format!("{fix} {}", shown(path))));
    }
    rows
}
