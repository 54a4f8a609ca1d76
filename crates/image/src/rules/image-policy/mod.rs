//! `image-policy`: an entry of the policy matches the image.

use proofmark_core::{Expectation, Observation, Reason, Refusal, Repository, RuleMeta, RuleStatus, Severity};
use proofmark_policy::{ImageEntry, Policy};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-policy",
    summary: "An entry of the policy matches the image.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[Reason::NoPolicy],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The entry that decides: the first that matches the repository, or its upstream's name.
pub fn check<'p>(policy: &'p Policy, repository: &Repository) -> Result<&'p ImageEntry, Refusal> {
    policy.entry_for(repository).ok_or_else(|| {
        Refusal::new(
            Reason::NoPolicy,
            "no entry of the policy matches this image",
            format!(
                "add to {} an [[image]] table with match = \"{repository}\", and signed-by or digests",
                policy.path_display()
            ),
        )
        .expecting(Expectation { text: entries(policy), origin: None })
        .observing([Observation::new(repository.to_string())])
    })
}

/// What the policy's entries match, for the reader of a refusal.
fn entries(policy: &Policy) -> String {
    const SHOWN: usize = 5;
    let patterns: Vec<&str> = policy.images.iter().map(|entry| entry.pattern.as_str()).collect();
    match patterns.len() {
        0 => format!("{} has no [[image]] entry", policy.path_display()),
        n if n <= SHOWN => format!("one of {}", patterns.join(", ")),
        n => format!("one of {} and {} more", patterns[..SHOWN].join(", "), n - SHOWN),
    }
}
