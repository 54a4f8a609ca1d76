//! `envrc-trust-store`: no variable changes whom programs believe.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::known::variables::Decides;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-trust-store",
    "No variable changes whom programs believe.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    super::set::check(audit, hits, Decides::Trust);
}
