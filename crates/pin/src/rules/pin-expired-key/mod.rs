//! `pin-expired-key`: the keys of those who sign have not ended.

use proofmark_core::{Finding, Origin, RuleMeta, RuleStatus, Severity, Subject, SubjectKind, Timestamp};

use crate::{KeyEnd, VendorKey, judge};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "pin-expired-key",
    summary: "No key of a vendor whose signatures are asked for has ended, or ends soon.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.2"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// Seconds before its end from which on a key is told of.
const SOON: i64 = 30 * 24 * 60 * 60;

/// A finding for a key that has ended, or will within 30 days. `origin` is where the policy names it.
pub fn check(signer: &str, file: &str, key: &VendorKey, origin: &Origin, now: Timestamp) -> Option<Finding> {
    let (severity, message) = match key.end(now)? {
        KeyEnd::Ended(why) => (Severity::Medium, format!("the key of signer `{signer}` has ended: {why}")),
        KeyEnd::At(end) if end.as_second().saturating_sub(now.as_second()) <= SOON => {
            (Severity::Low, format!("the key of signer `{signer}` ends at {end}"))
        }
        KeyEnd::At(_) => return None,
    };
    let mut row = judge::found(
        &META,
        Subject::named(SubjectKind::Policy, origin.file.clone()),
        severity,
        message,
        format!(
            "get the renewed key from its owner as trust-roots/{file}: the same fingerprint, with a later end"
        ),
    );
    row.location = Some(origin.clone());
    Some(row)
}
