//! `image-base`: the image stands on an approved base image.

use std::collections::BTreeMap;

use proofmark_core::display::safe_short;
use proofmark_core::{
    Digest, Evidence, Expectation, Observation, Platform, Reason, Refusal, RuleMeta, RuleStatus, Severity,
    Timestamp, Verdict,
};
use proofmark_oci::{BASE_DIGEST, BASE_NAME};
use proofmark_policy::{ApprovedBase, BaseRule};

use crate::base::{self, BuiltFrom, Standing};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-base",
    summary: "The image stands on an approved base image.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[
        Reason::Base,
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

/// Bases that come near, as a refusal lists them.
const MAX_NEAR: usize = 3;
/// Characters of a claim that are shown.
const MAX_CLAIM: usize = 200;

/// What is judged: an image whose manifest and configuration were hashed, and whose lists of layers agree.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The rows of `base-images.toml`.
    pub bases: &'a [ApprovedBase],
    /// What the policy's entry asks for.
    pub rule: &'a BaseRule,
    /// The platform of the configuration.
    pub platform: &'a Platform,
    /// The digests of the uncompressed layers, the lowest first.
    pub diff_ids: &'a [Digest],
    /// The manifest's annotations: claims.
    pub annotations: &'a BTreeMap<String, String>,
    /// What the signed provenance says that the image was built from; `None`: the policy asks for no provenance.
    pub built_from: Option<&'a BuiltFrom>,
    /// Evaluation time.
    pub now: Timestamp,
}

/// The verdict, and the approved base that it rests on.
pub fn check<'a>(question: &Question<'a>) -> (Verdict, Option<&'a ApprovedBase>) {
    let found = base::standing(question.bases, question.platform, question.diff_ids, question.now);
    let claim = claim(question.annotations);
    match found {
        Standing::Approved(base) if question.built_from.is_some_and(|from| !from.names(base)) => {
            (Verdict::refuse(unnamed(base, question)), None)
        }
        Standing::Approved(base) => {
            (Verdict::pass(on(base, question), claim.into_iter().collect()), Some(base))
        }
        Standing::Unknown if question.rule.scratch => match disowned(question) {
            Some(base) => (Verdict::refuse(squashed(base, question)), None),
            None => (Verdict::pass(from_scratch(question), claim.into_iter().collect()), None),
        },
        Standing::Ended(base) => (Verdict::refuse(ended(base, question)), None),
        Standing::Revoked(base) => (Verdict::refuse(revoked(base, question)), None),
        Standing::Unknown => (Verdict::refuse(unknown(question, claim)), None),
    }
}

/// A base that is out of force and that the accepted provenance names: layers that were squashed are no layers of its own.
fn disowned<'a>(question: &Question<'a>) -> Option<&'a ApprovedBase> {
    let from = question.built_from?;
    question.bases.iter().find(|base| !base::is_in_force(base, question.now) && from.mentions(base))
}

fn on(base: &ApprovedBase, question: &Question<'_>) -> Evidence {
    let layers = covered(base, question);
    let digests: Vec<String> = base.digests.iter().map(ToString::to_string).collect();
    let evidence = Evidence::new(
        "base",
        format!("on {}, {layers} layers; approved by {}: {}", base.name, base.added_by, base.why),
    )
    .with("base", base.name.clone())
    .with("digests", digests.join(" "))
    .with("platform", question.platform.to_string())
    .with("layers", layers)
    .with("listed-at", base.origin.to_string());
    match base.not_after {
        Some(end) => evidence.with("not-after", end.to_string()),
        None => evidence,
    }
}

fn from_scratch(question: &Question<'_>) -> Evidence {
    let layers = question.diff_ids.len();
    Evidence::new("base-scratch", format!("on no listed base: all {layers} layers are taken as its own"))
        .with("platform", question.platform.to_string())
        .with("layers", layers.to_string())
        .with("allowed-at", question.rule.origin.to_string())
}

/// How many of the image's layers are the base's.
fn covered(base: &ApprovedBase, question: &Question<'_>) -> String {
    format!("{} of {}", base.diff_ids.len(), question.diff_ids.len())
}

/// What the image says of its base. Anyone who builds an image writes it.
fn claim(annotations: &BTreeMap<String, String>) -> Option<Evidence> {
    let text = |key| annotations.get(key).map(|text: &String| safe_short(text, MAX_CLAIM));
    let (name, digest) = (text(BASE_NAME), text(BASE_DIGEST));
    let both: Vec<String> = [&name, &digest].into_iter().flatten().cloned().collect();
    if both.is_empty() {
        return None;
    }
    let summary = format!("the image claims, unproven, to be built on {}", both.join("@"));
    let evidence = Evidence::new("base-claimed", summary);
    let facts = [("name", name), ("digest", digest)];
    Some(facts.into_iter().fold(evidence, |evidence, (key, value)| match value {
        Some(value) => evidence.with(key, value),
        None => evidence,
    }))
}

fn ended(base: &ApprovedBase, question: &Question<'_>) -> Refusal {
    let end = base.not_after.map_or_else(String::new, |end| end.to_string());
    refusal(
        base,
        question,
        format!("the image stands on {}, whose approval has ended", base.name),
        format!("not-after = {end}"),
        "rebuild the image on a current base, or review this one again and set a later not-after",
    )
}

fn revoked(base: &ApprovedBase, question: &Question<'_>) -> Refusal {
    let why = base.revoked.as_deref().unwrap_or_default();
    refusal(
        base,
        question,
        format!("the image stands on {}, which is revoked: {why}", base.name),
        format!("revoked = {why}"),
        "rebuild the image on a base that is approved: proofmark policy show lists them",
    )
}

/// The layers say that it stands on nothing, and the provenance that it was built from a base that is out of force.
fn squashed(base: &ApprovedBase, question: &Question<'_>) -> Refusal {
    let what = match (&base.revoked, &base.not_after) {
        (Some(why), _) => format!("which is revoked: {why}"),
        (None, Some(end)) => format!("whose approval ended at {end}"),
        (None, None) => "which is not in force".to_owned(),
    };
    let own = format!("{} layers for {}, of no listed base", question.diff_ids.len(), question.platform);
    Refusal::new(
        Reason::Base,
        format!("the image begins with no listed base, and its provenance names {}, {what}", base.name),
        "rebuild the image on a base that is approved: proofmark policy show lists them",
    )
    .expecting(Expectation {
        text: format!("no material with a digest of {}", base.name),
        origin: Some(base.origin.clone()),
    })
    .observing([Observation::new(own)])
}

/// The layers say one thing, and the provenance that the policy asks for another, or nothing.
fn unnamed(base: &ApprovedBase, question: &Question<'_>) -> Refusal {
    let said = question.built_from.map(BuiltFrom::uris).unwrap_or_default();
    let said = if said.is_empty() {
        "no accepted provenance names anything that the image was built from".to_owned()
    } else {
        format!("provenance names {}", safe_short(&said.join(", "), MAX_CLAIM))
    };
    let expected = format!("a material with one of the digests of {}", base.name);
    let refused = match question.built_from.and_then(|from| from.open) {
        // What could not be read may name it: that is no answer (verdicts.md 4).
        Some(reason) => {
            let message = format!(
                "the image has the layers of {}, and whether its provenance names it is not known",
                base.name
            );
            let help =
                "see why not all of the provenance could be read: image-provenance says it; then try again";
            Refusal { reason, ..refusal(base, question, message, expected, help) }
        }
        // It is named, by a statement that another rule refuses or by fewer signers than must say it.
        None if question.built_from.is_some_and(|from| from.mentions(base)) => {
            let message = format!(
                "the image has the layers of {}, and the provenance that names it is not accepted",
                base.name
            );
            refusal(base, question, message, expected, "see what image-provenance says, and mend that")
        }
        None => refusal(
            base,
            question,
            format!("the image has the layers of {}, and its provenance does not name it", base.name),
            expected,
            "build the image with a builder that records its base images by digest, on this base",
        ),
    };
    refused.observing([Observation::new(said)])
}

fn refusal(
    base: &ApprovedBase,
    question: &Question<'_>,
    message: String,
    expected: String,
    help: &str,
) -> Refusal {
    // A row that is out of force counts for images of other platforms too.
    let listed = base.platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let observed = format!(
        "{} layers of the image, which is for {}, are those of {} for {listed}",
        covered(base, question),
        question.platform,
        base.name,
    );
    Refusal::new(Reason::Base, message, help)
        .expecting(Expectation { text: expected, origin: Some(base.origin.clone()) })
        .observing([Observation::new(observed)])
}

fn unknown(question: &Question<'_>, claim: Option<Evidence>) -> Refusal {
    let own = format!("{} layers for {}", question.diff_ids.len(), question.platform);
    let observed = near(question).into_iter().chain([own]).chain(claim.map(|claim| claim.summary));
    Refusal::new(
        Reason::Base,
        "the image begins with the layers of no approved base image",
        "rebuild it on an approved base without squashing, or approve its base: proofmark image base add REF",
    )
    .expecting(Expectation {
        text: format!("base = {}", question.rule.as_str()),
        origin: Some(question.rule.origin.clone()),
    })
    .observing(observed.map(Observation::new))
}

/// Bases that begin like the image, and those of which it has all layers on another platform; the nearest first.
fn near(question: &Question<'_>) -> Vec<String> {
    let mut near: Vec<(usize, String)> = Vec::new();
    let platform = question.platform.normalised();
    for base in question.bases {
        let common = base::in_common(base, question.diff_ids);
        let all = base.diff_ids.len();
        if common == 0 {
            continue;
        }
        if common < all {
            near.push((
                common,
                format!("the first {common} of {all} layers of {}, and not the rest", base.name),
            ));
        } else if !base.platforms.iter().any(|listed| base::is_same(&platform, listed)) {
            let listed: Vec<String> = base.platforms.iter().map(ToString::to_string).collect();
            near.push((
                common,
                format!("all layers of {}, which is listed for {}", base.name, listed.join(", ")),
            ));
        }
    }
    near.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    near.into_iter().take(MAX_NEAR).map(|(_, text)| text).collect()
}
