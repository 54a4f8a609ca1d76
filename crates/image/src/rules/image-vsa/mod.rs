//! `image-vsa`: a signed SLSA verification summary says that the image was verified (`[image.attestation.vsa]`).

use proofmark_core::{Reason, RuleMeta, RuleStatus, Severity};
use proofmark_policy::{SlsaLevel, VsaRule};
use proofmark_sigstore::Statement;
use serde_json::Value;

use crate::attest::json;
use crate::attest::rule::{Named, Reading, Unmet};
use crate::claims;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-vsa",
    summary: "The newest signed verification summary of the image has passed.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[
        Reason::Missing,
        Reason::Condition,
        Reason::TooOld,
        Reason::Threshold,
        Reason::WrongRepository,
        Reason::OrderUnknown,
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

/// SLSA verification summary v1 (<https://slsa.dev/spec/v1.2/verification_summary>).
pub(crate) const TYPE: &str = "https://slsa.dev/verification_summary/v1";
/// Levels of one summary that are told.
const MAX_LEVELS: usize = 16;

/// Holds a verified summary against the demands.
pub(crate) fn read(rule: &VsaRule, statement: &Statement, image: &Named<'_>) -> Reading {
    let said = statement.predicate();
    let mut reading = Reading::default();
    let unmet = |reason: Reason, expected: String, observed: String| Unmet {
        reason,
        expected,
        observed,
        origin: rule.origin.clone(),
    };
    let result = said.pointer("/verificationResult");
    if result.and_then(Value::as_str) != Some("PASSED") {
        let observed = format!("verificationResult is {}", json::shown(result));
        reading.unmet(unmet(Reason::Condition, "verificationResult is PASSED".to_owned(), observed));
    }
    let uri = said.pointer("/resourceUri");
    let claim = uri.and_then(Value::as_str).and_then(claims::claimed_repository);
    if !claim.as_ref().is_some_and(image.is_ours) {
        // Another image's summary is another thing than one that says nothing of its image.
        let reason = if claim.is_some() { Reason::WrongRepository } else { Reason::Condition };
        let observed = format!("resourceUri is {}", json::shown(uri));
        reading.unmet(unmet(reason, format!("a resourceUri that names {}", image.name), observed));
    }
    match json::time(said, "/timeVerified") {
        Ok(time) => reading.time = time,
        Err(observed) => {
            let expected = "timeVerified is a time (RFC 3339)".to_owned();
            reading.unmet(unmet(Reason::Condition, expected, observed));
        }
    }
    demanded(rule, said, &mut reading);
    levels(rule, said, &mut reading);
    facts(said, &mut reading);
    reading
}

fn facts(said: &Value, reading: &mut Reading) {
    let facts = [
        ("verifier", "/verifier/id"),
        ("resource", "/resourceUri"),
        ("result", "/verificationResult"),
        ("verified-at", "/timeVerified"),
        ("policy", "/policy/uri"),
        ("policy-digest", "/policy/digest/sha256"),
    ];
    let fact = |(name, pointer)| Some((name, json::short(json::text(said, pointer)?)));
    reading.facts.extend(facts.into_iter().filter_map(fact));
    let levels: Vec<&str> =
        json::list(said, "/verifiedLevels").iter().filter_map(Value::as_str).take(MAX_LEVELS).collect();
    reading.facts.push(("levels", json::short(&levels.join(", "))));
}

/// Who verified, and by which policy. The signer speaks as this verifier and as no other: "verifiers must check that the
/// signer is trusted for `verifier.id`" (SLSA v1.2, "How to verify").
fn demanded(rule: &VsaRule, said: &Value, reading: &mut Reading) {
    let verifier = said.pointer("/verifier/id");
    if verifier.and_then(Value::as_str) != Some(rule.verifier.value.as_str()) {
        let expected = format!("verifier is {}", rule.verifier.value);
        let observed = format!("verifier is {}", json::shown(verifier));
        reading.unmet(Unmet::condition(&rule.verifier, expected, observed));
    }
    if let Some(demand) = &rule.policy_digest {
        let pointer = format!("/policy/digest/{}", demand.value.algorithm().as_str());
        let found = said.pointer(&pointer);
        if found.and_then(Value::as_str) != Some(demand.value.hex()) {
            let expected = format!("the policy has digest {}", demand.value);
            let observed = format!("the policy's digest is {}", json::shown(found));
            reading.unmet(Unmet::condition(demand, expected, observed));
        }
    }
}

/// "verifiedLevels": each that is demanded is stated, or a higher one of the same track; none is `FAILED`, and none claims
/// SLSA's own prefix for something else.
fn levels(rule: &VsaRule, said: &Value, reading: &mut Reading) {
    let mut malformed = |observed: String| {
        reading.unmet(Unmet {
            reason: Reason::Condition,
            expected: "verifiedLevels is a list of levels".to_owned(),
            observed,
            origin: rule.origin.clone(),
        });
    };
    let found = said.pointer("/verifiedLevels");
    let Some(list) = found.and_then(Value::as_array) else {
        return malformed(format!("verifiedLevels is {}", json::shown(found)));
    };
    let mut stated = Vec::new();
    for level in list {
        match level.as_str() {
            Some(text) if text != "FAILED" && SlsaLevel::is_name(text) => stated.push(text),
            _ => malformed(format!("verifiedLevels has {}", json::shown(Some(level)))),
        }
    }
    for demand in &rule.levels {
        if !stated.iter().any(|level| SlsaLevel::satisfies(level, &demand.value)) {
            let observed = match stated.as_slice() {
                [] => "no level is stated".to_owned(),
                some => format!("levels are {}", json::short(&some.join(", "))),
            };
            reading.unmet(Unmet::condition(demand, format!("level {}", demand.value), observed));
        }
    }
}
