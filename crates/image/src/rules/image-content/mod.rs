//! `image-content`: the reference leads to bytes that are what they are called.

use proofmark_core::{Expectation, Reason, Refusal, RuleMeta, RuleStatus, Severity};
use proofmark_oci::ReadError;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-content",
    summary: "The reference leads to an image whose bytes hash to their digests.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[
        Reason::DigestMismatch,
        Reason::Malformed,
        Reason::Platform,
        Reason::Unreachable,
        Reason::Unauthorized,
        Reason::NotFound,
        Reason::Offline,
        Reason::Limit,
        Reason::Unsupported,
    ],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The refusal for an image that could not be read, or whose bytes are not what was asked for.
pub fn refusal(error: &ReadError) -> Refusal {
    let refusal = Refusal::new(error.reason(), error.to_string(), error.help());
    match error.reason() {
        Reason::DigestMismatch => refusal.expecting(Expectation {
            text: "bytes that hash to the digest asked for".to_owned(),
            origin: None,
        }),
        _ => refusal,
    }
}
