//! `envrc-download-changed`: the downloads of `source_url` are what their names say.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{FIX, StoreFinding, row};
use crate::store::model::{CachedState, Store};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-download-changed",
    summary: "Every download that source_url would reuse has the hash of its name.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store) -> Vec<StoreFinding> {
    let mut rows = Vec::new();
    for cached in &store.cached {
        let (severity, message) = match cached.state {
            CachedState::Kept | CachedState::Unread => continue,
            CachedState::Differs => {
                (META.severity, "its content has another hash, and `source_url` runs it without a look")
            }
            CachedState::Link => {
                (META.severity, "it is a link, so that `source_url` runs whatever its target comes to hold")
            }
            CachedState::Unchecked => {
                (Severity::Medium, "it is named by a SHA-384, and direnv never writes such a file")
            }
        };
        let mut found = row(&META, severity, &cached.file, message, format!("{FIX}; it is fetched again"));
        found.removable.push(cached.file.clone());
        rows.push(found);
    }
    rows
}
