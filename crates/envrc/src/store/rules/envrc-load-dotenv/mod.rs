//! `envrc-load-dotenv`: `.env` files are not loaded by themselves.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{StoreFinding, row};
use crate::store::model::Store;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-load-dotenv",
    summary: "direnv loads no .env file where no .envrc asks for it.",
    doc: include_str!("doc.md"),
    severity: Severity::Low,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store) -> Vec<StoreFinding> {
    let Some(settings) = &store.settings else { return Vec::new() };
    let on = settings.load_dotenv.iter();
    on.map(|setting| {
        let message = "`load_dotenv` is on: a folder with a `.env` alone is loaded too, once it is approved";
        let help = "remove it, and write `dotenv` into the `.envrc` files that need it";
        row(&META, META.severity, &settings.file, message, help).at(&setting.origin)
    })
    .collect()
}
