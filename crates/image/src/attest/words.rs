//! What a person reads of a rule about attestations: evidence of a pass, and what would mend a refusal.

use proofmark_core::{
    Digest, Evidence, Expectation, Observation, Reason, Refusal, Signer, SignerKind, Verdict,
};
use proofmark_oci::PathReport;

use super::Context;
use super::bench::{Answer, Bench, Weighed};
use super::hearing::name;
use super::rule::Rule;
use crate::rules::signature::candidate::Miss;
use crate::{paths, trust};

/// Statements that are told in one refusal.
const MAX_TOLD: usize = 8;

/// What the words are about.
pub(super) struct Case<'c, 'a> {
    pub(super) context: &'c Context<'a>,
    pub(super) rule: &'c Rule<'a>,
    pub(super) signers: &'c [&'a Signer],
    pub(super) digest: &'c Digest,
    pub(super) reports: &'c [PathReport],
    /// What was found of the statements that the rule asks.
    pub(super) asked: Option<&'c Bench>,
}

/// A pass with every statement that it rests on.
pub(super) fn pass(case: &Case<'_, '_>, answer: &Answer<'_>) -> Verdict {
    let mut statements =
        answer.deciding.iter().filter(|one| one.unmet.is_empty()).map(|one| evidence(case, one));
    let Some(first) = statements.next() else {
        // A threshold is at least one, so a satisfied rule has a statement; without one there is no pass.
        return Verdict::refuse(Refusal::new(
            Reason::Missing,
            Reason::Missing.summary(),
            help(case, answer, Reason::Missing, None),
        ));
    };
    let mut rest: Vec<Evidence> = statements.collect();
    rest.extend(paths::incomplete_evidence(case.reports));
    Verdict::pass(first, rest)
}

fn evidence(case: &Case<'_, '_>, one: &Weighed<'_>) -> Evidence {
    let accepted = one.accepted;
    let facts = &accepted.facts;
    let when = match accepted.verified {
        Some(time) => format!(", before {time}"),
        None => ", at no verified time".to_owned(),
    };
    let summary = format!("{} by {}: {}{when}", case.rule.noun(), accepted.signer, facts.who);
    let mut evidence = Evidence::new(case.rule.kind(), summary)
        .with("signer", accepted.signer.clone())
        .with("identity", facts.who.clone());
    let time = accepted.verified.map(|time| time.to_string());
    for (name, value) in [("issuer", &facts.issuer), ("time", &time), ("witness", &facts.witness)] {
        if let Some(value) = value {
            evidence = evidence.with(name, value.clone());
        }
    }
    for (name, value) in accepted.reading.facts.iter().chain(&one.facts) {
        evidence = evidence.with(name, value.clone());
    }
    evidence.with("covers", accepted.covers.to_string()).with("found-at", facts.place.clone())
}

/// A refusal with the policy's lines, what was found and one thing to do.
pub(super) fn refuse(case: &Case<'_, '_>, bench: &Bench, answer: &Answer<'_>, reason: Reason) -> Verdict {
    let decisive = answer.deciding.iter().flat_map(|one| &one.unmet).find(|unmet| unmet.reason == reason);
    let expected = match decisive {
        Some(unmet) => Expectation { text: unmet.expected.clone(), origin: Some(unmet.origin.clone()) },
        None => asked(case),
    };
    let mut observed = paths::incomplete_observations(case.reports);
    if reason == Reason::Threshold {
        observed.push(Observation::new(format!(
            "{} of the {} signers needed",
            answer.have,
            case.rule.threshold().at_least
        )));
    }
    if answer.too_large {
        observed.push(Observation::new(
            "a statement by one of these signers is too large or too deep to be read",
        ));
    }
    if bench.is_full() {
        observed.push(Observation::new("more statements than are kept: not all were judged"));
    }
    observed.extend(answer.deciding.iter().take(MAX_TOLD).flat_map(statement));
    if answer.accepted > MAX_TOLD {
        observed.push(Observation::new(format!("and {} more statements", answer.accepted - MAX_TOLD)));
    }
    let refused = bench.refused();
    let (misses, total) = refused.misses();
    let nearest = misses.first().cloned();
    observed.extend(misses.iter().take(MAX_TOLD).map(miss));
    if total > MAX_TOLD {
        observed.push(Observation::new(format!("and {} more candidates, refused", total - MAX_TOLD)));
    }
    if let Some(miss) = nearest.as_ref().filter(|miss| miss.reason == Reason::UntrustedRoot) {
        let context = case.context;
        observed.push(Observation::new(context.trust.age(root_of(case, Some(miss)), context.now)));
    }
    if let Some(asked) = case.asked.filter(|_| answer.deciding.iter().any(|one| one.open)) {
        // Candidates of another type are in both lists: what was told is not told again.
        let refused = asked.refused();
        let (others, _) = refused.misses();
        let new = others.iter().take(MAX_TOLD).map(self::miss).filter(|one| !observed.contains(one));
        let new: Vec<Observation> = new.collect();
        observed.extend(new);
    }
    if observed.is_empty() {
        let searched = paths::searched(case.reports);
        observed.push(Observation::new(format!("no {}: {searched}", case.rule.noun())));
    }
    let message = match (decisive, reason, &nearest) {
        (Some(unmet), ..) => format!("{}: {}", case.rule.noun(), unmet.observed),
        (None, Reason::Unsupported, Some(miss)) => miss.detail.clone(),
        _ => reason.summary().to_owned(),
    };
    let help = help(case, answer, reason, nearest.as_ref());
    Verdict::refuse(Refusal::new(reason, message, help).expecting(expected).observing(observed))
}

/// Whom the rule asks, and where the policy says so.
fn asked(case: &Case<'_, '_>) -> Expectation {
    let threshold = case.rule.threshold();
    let names = threshold.of.join(", ");
    let by = match (threshold.of.len(), threshold.at_least) {
        (1, _) => names,
        (_, 1) => format!("one of {names}"),
        (all, n) if all == n => format!("all of {names}"),
        (_, n) => format!("at least {n} of {names}"),
    };
    Expectation {
        text: format!("{}, signed by {by}", case.rule.noun()),
        origin: Some(threshold.origin.clone()),
    }
}

/// One observation for each demand that a statement leaves unmet; one for a statement that meets all.
fn statement(one: &Weighed<'_>) -> Vec<Observation> {
    let accepted = one.accepted;
    let told = |text: String, reason: Option<Reason>| Observation {
        text,
        place: Some(accepted.facts.place.clone()),
        reason,
        time: accepted.verified.map(|time| time.to_string()),
    };
    if one.unmet.is_empty() {
        return vec![told(format!("accepted for {}: {}", accepted.signer, accepted.facts.who), None)];
    }
    let line = |unmet: &super::rule::Unmet| {
        told(
            format!("{} (by {}; expected {})", unmet.observed, accepted.signer, unmet.expected),
            Some(unmet.reason),
        )
    };
    one.unmet.iter().map(line).collect()
}

/// The root that the nearest candidate was held against; else the first signer's.
fn root_of<'a>(case: &Case<'_, 'a>, nearest: Option<&Miss>) -> &'a str {
    let near = nearest.and_then(|miss| {
        let name = miss.signer.as_deref()?;
        case.signers.iter().copied().find(|signer| signer.name == name)
    });
    near.or(case.signers.first().copied()).map_or("", Signer::trusted_root)
}

fn miss(miss: &Miss) -> Observation {
    let text = match &miss.claimed {
        Some(claimed) => format!("{}; it names {}", miss.detail, claimed.identity),
        None => miss.detail.clone(),
    };
    Observation { text, place: Some(miss.place.clone()), reason: Some(miss.reason), time: miss.time.clone() }
}

/// One command or one policy line.
fn help(case: &Case<'_, '_>, answer: &Answer<'_>, reason: Reason, nearest: Option<&Miss>) -> String {
    let image = name(case.context);
    let host = case.context.names.first().map(|name| name.host().to_string()).unwrap_or_default();
    match reason {
        Reason::Missing | Reason::TooOld => attest_command(case, &image),
        Reason::OrderUnknown => {
            "sign it with a certificate, or have it say when it was made: anyone can log a key's envelope again"
                .to_owned()
        }
        Reason::Threshold => "have the missing signers attest the same digest".to_owned(),
        Reason::Condition if matches!(case.rule, Rule::Vulnerabilities(_)) => {
            "rebuild the image on mended packages and scan it again, or accept an advisory for a time in `allow`"
                .to_owned()
        }
        Reason::Condition => {
            "run an image of which the statement holds, or change the line of the policy that is named"
                .to_owned()
        }
        Reason::WrongRepository => {
            format!("if {image} is a promotion or mirror, add also = [\"<claimed> = {image}\"] to the entry")
        }
        Reason::Limit if answer.too_large && paths::incomplete_observations(case.reports).is_empty() => {
            "attest a smaller document: of a signed payload some 60,000 values or 2 MiB are read, 64 levels deep".to_owned()
        }
        Reason::Limit => {
            "raise the budget in [limits] of the policy, or remove stale attachments from the repository"
                .to_owned()
        }
        Reason::Offline => "run once without --offline, or add an OCI layout as a mirror".to_owned(),
        Reason::Unsupported => match nearest {
            Some(miss) if miss.reason == Reason::UntrustedRoot => {
                trust::renew(root_of(case, Some(miss)))
            }
            _ => "attest again with cosign 3 in its default bundle format".to_owned(),
        },
        reason => paths::mend(reason, case.reports, &host),
    }
}

fn attest_command(case: &Case<'_, '_>, image: &str) -> String {
    let kind = case.rule.cosign_type();
    let digest = case.digest;
    let keyed = case.signers.iter().all(|signer| matches!(signer.kind, SignerKind::Key(_)));
    let key = if keyed { " --key KEY" } else { "" };
    // GitHub keeps attestations at its API unless told to push them, and its API is no discovery path.
    format!(
        "cosign attest{key} --type {kind} --predicate FILE {image}@{digest} (GitHub's attest actions: push-to-registry: true)"
    )
}
