//! `envrc-identity`: no variable changes for whom programs work.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::known::variables::Decides;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-identity",
    "No variable changes for whom programs work, and where they keep what they trust.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    super::set::check(audit, hits, Decides::Identity);
}
