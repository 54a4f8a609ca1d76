//! `envrc-startup-file`: what runs before every `.envrc` is what was reviewed.

use proofmark_core::{Expectation, Observation, RuleMeta, RuleStatus, Severity};

use super::{StoreContext, StoreFinding, row};
use crate::store::model::{StartupFile, Store};
use crate::store::path::shown;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-startup-file",
    summary: "The files that run before every .envrc are those of allowlists/envrc.toml.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store, context: &StoreContext<'_>) -> Vec<StoreFinding> {
    store.startup.iter().flat_map(|file| one(store, file, context)).collect()
}

fn one(store: &Store, file: &StartupFile, context: &StoreContext<'_>) -> Vec<StoreFinding> {
    // What could not be read is a problem of the run.
    let Some(sha256) = &file.sha256 else { return Vec::new() };
    let read = format!("read it: proofmark envrc audit {}", shown(&file.path));
    if context.permitted.is_empty() {
        let message = "it runs before every .envrc, and no list says what it should hold";
        return vec![row(&META, Severity::Info, &file.path, message, read)];
    }
    let mut rows = Vec::new();
    for list in context.permitted {
        let mut known = list.startup(&file.path, store.roots.home.as_deref()).peekable();
        let listed = known.peek().map(|row| row.origin.clone());
        if known.any(|row| row.sha256 == *sha256) {
            continue;
        }
        let (severity, message) = match listed {
            Some(_) => (Severity::High, "it runs before every .envrc, and is not what was reviewed"),
            None => (META.severity, "it runs before every .envrc, and the list does not name it"),
        };
        let mut found = row(&META, severity, &file.path, message, format!("{read}; then list its SHA-256"));
        let text = "the SHA-256 of the list".to_owned();
        let origin = listed.or_else(|| Some(list.origin.clone()));
        found.finding.expected = Some(Expectation { text, origin });
        found.finding.observed.push(Observation::new(format!("sha256 {sha256}")));
        rows.push(found);
    }
    rows
}
