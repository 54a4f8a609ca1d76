//! `envrc-hijack-variable`: no variable makes programs load or run code.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::known::variables::Decides;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-hijack-variable",
    "No variable makes a program load or run code from here.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    super::set::check(audit, hits, Decides::Code);
}
