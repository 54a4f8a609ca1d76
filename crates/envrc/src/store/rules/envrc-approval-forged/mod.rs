//! `envrc-approval-forged`: approvals are what direnv wrote, for the file that they say.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{FIX, StoreFinding, row};
use crate::store::model::{ApprovalState, Odd, Store};
use crate::store::path::shown;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-approval-forged",
    summary: "Every approval is one that direnv wrote, for the file that it names.",
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
    for approval in &store.approvals {
        let (subject, message) = match &approval.state {
            ApprovalState::Elsewhere(other) => {
                let said = approval.path.as_deref().map(shown).unwrap_or_default();
                (
                    other,
                    format!("it is approved by a file that says `{said}`: direnv looks at the name alone"),
                )
            }
            ApprovalState::Odd(odd, Some(other)) => {
                (other, format!("it is approved by {}: direnv looks at the name alone", words(*odd)))
            }
            ApprovalState::Odd(odd, None) => {
                (&approval.file, format!("{}: it approves some file, and nobody can tell which", words(*odd)))
            }
            _ => continue,
        };
        let help = format!("{FIX}, then `direnv allow` what you have read");
        rows.push(row(&META, META.severity, subject, message, help).of(&[approval]));
    }
    rows
}

const fn words(odd: Odd) -> &'static str {
    match odd {
        Odd::Empty => "an empty file",
        Odd::Content => "a file that holds no path as direnv writes it",
        Odd::Link => "a symbolic link",
        Odd::Folder => "a folder",
        Odd::Other => "a pipe or device",
    }
}
