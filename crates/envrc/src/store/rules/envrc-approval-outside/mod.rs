//! `envrc-approval-outside`: approvals stay within the restricted list.

use proofmark_core::{Expectation, Finding, Outcome, RuleMeta, RuleStatus, Severity};

use super::{FIX, StoreContext, StoreFinding, by_path, row};
use crate::store::model::{ApprovalState, Store};
use crate::store::path::clean;
use crate::store::permitted::Permitted;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-approval-outside",
    summary: "What is approved is in a folder of allowlists/envrc.toml.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The first list that does not have the path.
fn refusing<'a>(context: &StoreContext<'a>, store: &Store, path: &[u8]) -> Option<&'a Permitted> {
    context.permitted.iter().find(|list| !list.has(path, store.roots.home.as_deref()))
}

pub(super) fn check(store: &Store, context: &StoreContext<'_>) -> Vec<StoreFinding> {
    let mut rows = Vec::new();
    let help = |fix: &str| format!("{fix}, or add its folder to allowlists/envrc.toml by review");
    for (path, approvals) in by_path(store, |_| true) {
        if let Some(list) = refusing(context, store, path) {
            let found =
                row(&META, META.severity, path, "approved, outside every folder of the list", help(FIX));
            rows.push(expecting(found, list).of(&approvals));
        }
    }
    for approval in &store.approvals {
        let (ApprovalState::Elsewhere(path) | ApprovalState::Odd(_, Some(path))) = &approval.state else {
            continue;
        };
        if let Some(list) = refusing(context, store, path) {
            let message = "approved under another name, outside every folder of the list";
            rows.push(expecting(row(&META, META.severity, path, message, help(FIX)), list).of(&[approval]));
        }
    }
    for entry in store.settings.iter().flat_map(|settings| settings.prefixes.iter().chain(&settings.exact)) {
        if let Some(list) = refusing(context, store, &clean(&entry.effective)) {
            let message = "the whitelist of direnv.toml loads it unasked, outside every folder of the list";
            let found = row(&META, META.severity, &entry.effective, message, help("remove the entry"));
            rows.push(expecting(found, list).at(&entry.origin));
        }
    }
    rows
}

/// A file that is to be approved, where some list does not permit it. `shown` is its path as the user would write it.
pub fn refusal(shown: &str, path: &[u8], lists: &[Permitted], home: Option<&[u8]>) -> Option<Finding> {
    let list = lists.iter().find(|list| !list.has(path, home))?;
    let message = "it is outside every folder of the list, and may not be approved";
    let help = "move it, or add its folder to allowlists/envrc.toml by review";
    let mut finding = expecting(row(&META, META.severity, shown.as_bytes(), message, help), list).finding;
    finding.outcome = Outcome::Fail;
    Some(finding)
}

fn expecting(mut found: StoreFinding, list: &Permitted) -> StoreFinding {
    let text = "a folder of the list".to_owned();
    found.finding.expected = Some(Expectation { text, origin: Some(list.origin.clone()) });
    found
}
