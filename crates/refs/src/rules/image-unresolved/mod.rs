//! `image-unresolved`: every place that names an image says which.

use proofmark_core::{Finding, Observation, RuleMeta, RuleStatus, Severity};

use crate::found::{Found, Unresolved};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-unresolved",
    summary: "Every place that names an image says which image, without anything being run.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.1"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The finding for a place of which no image is known.
pub(crate) fn finding(found: &Found, why: &Unresolved) -> Finding {
    let message =
        "which image this names is not known before a build, a run or a rendering; it was not verified";
    let mut row = super::row(&META, found, message.to_owned(), help(why).to_owned());
    row.observed.push(Observation::new(why.to_string()));
    row
}

/// One thing that would make the image known.
const fn help(why: &Unresolved) -> &'static str {
    match why {
        Unresolved::Variable(_) => "give the variable a default with a digest where it is declared",
        Unresolved::Expansion(_) | Unresolved::Expression(_) => "write the image out, with its digest",
        Unresolved::Template => {
            "check what is rendered: helm template … > rendered.yaml, then proofmark check rendered.yaml"
        }
        Unresolved::Malformed(_) | Unresolved::NotText | Unresolved::TooLong => {
            "write HOST/REPOSITORY:TAG@sha256:…"
        }
        Unresolved::NoStage(_) => "name a stage that the Dockerfile has, or an image",
        Unresolved::ForeignStage(_) => "name an image: the stages of another build are not known here",
        Unresolved::ShortFeature(_) => {
            "write the feature with its registry, such as ghcr.io/devcontainers/features/node:1"
        }
        Unresolved::TagElsewhere => "write newTag or digest beside newName",
        Unresolved::Unparsed => "mend the document around it first",
    }
}
