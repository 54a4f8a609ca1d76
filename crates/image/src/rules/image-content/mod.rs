//! `image-content`: the reference leads to bytes that are what they are called.

use proofmark_core::display::safe_short;
use proofmark_core::{Expectation, Observation, Reason, Refusal, RuleMeta, RuleStatus, Severity};
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

/// Characters of a platform that are shown, and platforms.
const SHOWN: usize = 60;
const PLATFORMS: usize = 8;

/// The refusal for an image that could not be read, or whose bytes are not what was asked for.
pub fn refusal(error: &ReadError) -> Refusal {
    let refusal = Refusal::new(error.reason(), error.to_string(), error.help());
    let Some((expected, observed)) = difference(error) else { return refusal };
    let observed = Observation { text: observed, place: None, reason: Some(error.reason()), time: None };
    refusal.expecting(Expectation { text: expected, origin: None }).observing([observed])
}

/// What was asked for and what came instead. Where nothing came, there is nothing to compare.
fn difference(error: &ReadError) -> Option<(String, String)> {
    match error {
        ReadError::DigestMismatch { from, expected, actual } => {
            Some((format!("bytes of {expected}"), format!("bytes of {actual} from {from}")))
        }
        ReadError::SizeMismatch { from, digest, expected } => {
            Some((format!("{expected} bytes of {digest}"), format!("another length from {from}")))
        }
        ReadError::Malformed { from, what, error } => Some((
            "an image manifest that every reader reads alike".to_owned(),
            format!("{what} from {from}: {error}"),
        )),
        ReadError::Platform { wanted, present } => {
            let expected = wanted.as_ref().map_or_else(
                || "an image that can run".to_owned(),
                |wanted| format!("an image for {}", safe_short(&wanted.to_string(), SHOWN)),
            );
            let there: Vec<String> =
                present.iter().take(PLATFORMS).map(|one| safe_short(&one.to_string(), SHOWN)).collect();
            let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            let more = present.len().saturating_sub(PLATFORMS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Some((expected, format!("an index of {there}{more}")))
        }
        _ => None,
    }
}
