//! `envrc-whitelist`: direnv.toml lets nothing be loaded unasked.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{StoreFinding, row};
use crate::store::model::Store;
use crate::store::path::{clean, is_within, shown};
use crate::store::settings::Whitelisted;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-whitelist",
    summary: "The whitelist of direnv.toml lets no file be loaded whatever it holds.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store) -> Vec<StoreFinding> {
    let Some(settings) = &store.settings else { return Vec::new() };
    let mut rows: Vec<StoreFinding> = settings.prefixes.iter().map(|entry| prefix(store, entry)).collect();
    for entry in &settings.exact {
        let message = "`exact` loads it unasked, whatever it comes to hold";
        let help = "remove the entry, and `direnv allow` the file as it is";
        rows.push(row(&META, Severity::Low, &entry.effective, message, help).at(&entry.origin));
    }
    rows
}

fn prefix(store: &Store, entry: &Whitelisted) -> StoreFinding {
    let text = &entry.effective;
    let folder = clean(text);
    let name = shown(text);
    let at_home = store.roots.home.as_deref().is_some_and(|home| is_within(home, &folder));
    let facts = store.facts.get(&folder);
    let (severity, message) = if text.is_empty() {
        (Severity::High, "the empty prefix loads every file of the machine unasked".to_owned())
    } else if !text.starts_with(b"/") || is_unclean(text) {
        (Severity::Low, "no path of direnv's begins so: the entry has no effect".to_owned())
    } else if at_home {
        (Severity::High, "everything in the home directory, downloads too, is loaded unasked".to_owned())
    } else if facts.is_some_and(|facts| facts.mode & 0o002 != 0) {
        (Severity::High, "everybody may put files there, and they are loaded unasked".to_owned())
    } else if text.ends_with(b"/") {
        (Severity::Low, "whatever is cloned there is loaded unasked".to_owned())
    } else if entry.written.ends_with('/') {
        let why = "direnv takes the slash off behind `~/`";
        (Severity::Medium, format!("{why}: `{name}-other/.envrc` is loaded unasked too"))
    } else {
        let why = "the entry is a piece of text, and no folder";
        (Severity::Medium, format!("{why}: `{name}-other/.envrc` is loaded unasked too"))
    };
    let help = match severity {
        Severity::Medium => format!("write \"{name}/\", or remove the entry and allow file by file"),
        _ => "remove the entry and allow file by file".to_owned(),
    };
    let subject = if text.is_empty() { b"\"\"" } else { text.as_slice() };
    row(&META, severity, subject, message, help).at(&entry.origin)
}

/// direnv compares with clean paths.
fn is_unclean(text: &[u8]) -> bool {
    let has = |piece: &[u8]| text.windows(piece.len()).any(|window| window == piece);
    has(b"//") || has(b"/./") || has(b"/../")
}
