//! `image-tag-drift`: the tag beside a digest still names it.

use proofmark_core::{Digest, Expectation, Finding, ImageRef, Observation, RuleMeta, RuleStatus, Severity};

use crate::found::Found;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-tag-drift",
    summary: "The tag beside a digest still names that digest.",
    doc: include_str!("doc.md"),
    severity: Severity::Low,
    threats: &["T3.1"],
    reasons: &[],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// What a tag names now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// This digest.
    Now(Digest),
    /// Nothing: the registry answers that there is no such tag.
    Gone,
    /// Not asked, or no answer. Nothing is said then: the digest decides what runs.
    Unknown,
}

/// Whether the rule speaks of the reference: one with a tag and a digest.
pub fn applies(image: &ImageRef) -> bool {
    image.tag().is_some() && image.digest().is_some()
}

/// A finding where the tag has moved on.
pub(crate) fn check(found: &Found, image: &ImageRef, drift: &Drift) -> Option<Finding> {
    let (tag, digest) = image.tag().zip(image.digest())?;
    let (message, observed) = match drift {
        Drift::Now(now) if now == digest => return None,
        Drift::Unknown => return None,
        Drift::Now(now) => {
            (format!("the tag `{tag}` names another image than the digest beside it"), now.to_string())
        }
        Drift::Gone => (format!("the tag `{tag}` is not there any more"), "no such tag".to_owned()),
    };
    let help =
        format!("review what the tag names now, then: proofmark image pin --update {}", found.origin.file);
    let mut row = super::row(&META, found, message, help);
    row.expected = Some(Expectation { text: format!("{tag} is {digest}"), origin: None });
    row.observed.push(Observation::new(observed));
    Some(row)
}
