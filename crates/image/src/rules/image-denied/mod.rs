//! `image-denied`: the digest is not denied. Looked at first, and no signature helps.

use proofmark_core::{
    Digest, Expectation, Observation, Reason, Refusal, Repository, RuleMeta, RuleStatus, Severity,
};
use proofmark_policy::Policy;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-denied",
    summary: "The digest is not on the list of denied digests.",
    doc: include_str!("doc.md"),
    severity: Severity::Critical,
    threats: &["T3.1", "T1.2"],
    reasons: &[Reason::Revoked],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// Refuses a digest that `allowlists/denied.toml` names, for every repository or for this one.
///
/// A release made by an abused workflow stays signed for ever: this is how it is stopped.
pub fn check(policy: &Policy, repository: &Repository, digest: &Digest) -> Result<(), Refusal> {
    let Some(row) = policy.denied_for(repository, digest) else { return Ok(()) };
    Err(Refusal::new(
        Reason::Revoked,
        format!("this digest is denied: {}", row.why),
        "use another version: a denied digest has no exception",
    )
    .expecting(Expectation { text: format!("not denied by {}", row.by), origin: Some(row.origin.clone()) })
    .observing([Observation::new(digest.to_string())]))
}
