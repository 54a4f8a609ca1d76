//! What a person reads: evidence of a pass, and what would mend a refusal.

use std::collections::BTreeMap;

use proofmark_core::{
    Evidence, Expectation, Observation, Reason, Refusal, Signer, SignerKind, Threshold, Verdict,
};
use proofmark_oci::PathReport;
use proofmark_sigstore::Step;

use super::candidate::{Accepted, Claimed, Context, Miss};
use super::help::{self, Refused};
use super::tally::Tally;
use crate::paths;

/// A pass with everything that it rests on.
pub(super) fn pass(context: &Context<'_>, tally: &mut Tally, reports: &[PathReport]) -> Verdict {
    let refused = &tally.refused_by_reason().clone();
    let accepted = tally.accepted();
    let mut signatures = accepted.iter().map(signature);
    let Some(first) = signatures.next() else {
        // No signature, no pass: a threshold is at least one, so this is never reached with a satisfied rule.
        return Verdict::refuse(Refusal::new(Reason::Unsigned, "no accepted signature", ""));
    };
    let mut rest: Vec<Evidence> = signatures.collect();
    rest.push(repository(context, accepted));
    rest.push(tag(context, accepted));
    rest.extend(paths::incomplete_evidence(reports));
    rest.extend(not_counted(refused, paths::malformed(reports)));
    Verdict::pass(first, rest)
}

/// What else is attached and was refused: it "is counted and shown, and changes nothing" (verdicts.md 4). An attestation is no
/// signature, and not refused by this: other rules ask for it.
fn not_counted(refused: &BTreeMap<Reason, usize>, malformed: usize) -> Option<Evidence> {
    let signatures = refused.iter().filter(|(why, _)| **why != Reason::WrongPredicate);
    let mut by_reason: BTreeMap<&str, usize> = signatures.map(|(why, n)| (why.as_str(), *n)).collect();
    if malformed > 0 {
        *by_reason.entry(Reason::Malformed.as_str()).or_default() += malformed;
    }
    let count: usize = by_reason.values().sum();
    let each: Vec<String> = by_reason.iter().map(|(why, n)| format!("{n} {why}")).collect();
    let (noun, verb) = if count == 1 { ("attachment", "does") } else { ("attachments", "do") };
    let text = format!("{count} other {noun} {verb} not count: {}", each.join(", "));
    (count > 0).then(|| Evidence::new("refused", text).with("count", count.to_string()))
}

fn signature(one: &Accepted) -> Evidence {
    let facts = &one.facts;
    let when =
        facts.time.as_deref().map_or(", at no verified time".to_owned(), |time| format!(", before {time}"));
    let mut evidence = Evidence::new("signature", format!("signed by {}: {}{when}", one.signer, facts.who))
        .with("signer", one.signer.clone())
        .with("identity", facts.who.clone());
    let optional = [("issuer", &facts.issuer), ("time", &facts.time), ("witness", &facts.witness)];
    for (name, value) in optional {
        if let Some(value) = value {
            evidence = evidence.with(name, value.clone());
        }
    }
    evidence.with("covers", one.covers.to_string()).with("found-at", facts.place.clone())
}

fn repository(context: &Context<'_>, accepted: &[Accepted]) -> Evidence {
    let bound = accepted.iter().any(|one| one.binds);
    let name = context.names.first().map(ToString::to_string).unwrap_or_default();
    let mut claims: Vec<&String> = accepted.iter().flat_map(|one| &one.facts.claims).collect();
    claims.sort();
    claims.dedup();
    let told = claims.iter().map(|claim| claim.as_str()).collect::<Vec<_>>().join(", ");
    let summary = match (bound, claims.as_slice()) {
        (true, [claim]) if **claim == name => format!("bound to {name}"),
        (true, _) => format!("bound to {name}: it is signed for {told}"),
        (false, []) => "unbound: the signature covers the digest, not the name".to_owned(),
        (false, _) => format!("unbound: it is signed for {told}, and the entry takes any"),
    };
    let mut evidence =
        Evidence::new("repository", summary).with("repository", if bound { "bound" } else { "unbound" });
    for claim in claims {
        evidence = evidence.with("claims", claim.clone());
    }
    evidence
}

fn tag(context: &Context<'_>, accepted: &[Accepted]) -> Evidence {
    let tied = accepted.iter().any(|one| one.ties_tag);
    match context.tag {
        Some(tag) if tied => {
            Evidence::new("tag", format!("{tag} is named by the source ref")).with("tag", "covered")
        }
        _ => Evidence::new("tag", "not covered by the signature").with("tag", "not covered"),
    }
}

/// A refusal with the policy's line, what was found and one thing to do.
pub(super) fn refuse(
    context: &Context<'_>,
    threshold: &Threshold,
    tally: &mut Tally,
    refused: &Refused<'_>,
) -> Verdict {
    let mut observed = paths::incomplete_observations(refused.reports);
    let missing: Vec<&str> = threshold
        .of
        .iter()
        .map(String::as_str)
        .filter(|name| tally.accepted().iter().all(|one| one.signer != *name))
        .collect();
    if matches!(refused.reason, Reason::Threshold) {
        observed.push(Observation::new(threshold_text(threshold, refused.have, &missing)));
    }
    if refused.reason == Reason::UntrustedRoot {
        let root = help::root_of(context, tally.misses().0.first());
        observed.push(Observation::new(context.trust.age(root, context.now)));
    }
    if refused.unbound {
        observed.push(Observation::new("signed as asked, and no statement claims this repository"));
    }
    observed.extend(tally.accepted().iter().map(accepted_observation));
    let (misses, total) = tally.misses();
    let expected = expectation(context, threshold, misses.first());
    let message = message(refused, misses.first());
    observed.extend(misses.iter().map(|miss| miss_observation(miss, &message)));
    if total > misses.len() {
        observed.push(Observation::new(format!("and {} more candidates, refused", total - misses.len())));
    }
    if observed.is_empty() {
        observed.push(Observation::new(format!("no signature: {}", paths::searched(refused.reports))));
    }
    let malformed = paths::malformed(refused.reports);
    if malformed > 0 {
        let text = format!("malformed, and changing nothing: {malformed} of what is attached");
        observed.push(Observation::new(text));
    }
    let help = help::help(context, refused, misses.first(), &missing);
    Verdict::refuse(Refusal::new(refused.reason, message, help).expecting(expected).observing(observed))
}

fn message(refused: &Refused<'_>, nearest: Option<&Miss>) -> String {
    let reason = refused.reason;
    if refused.unbound {
        return "the signatures are good, and none claims this repository".to_owned();
    }
    match nearest {
        Some(miss) if miss.reason == reason => miss.detail.clone(),
        _ => reason.summary().to_owned(),
    }
}

/// How many there are, and who is missing.
fn threshold_text(threshold: &Threshold, have: usize, missing: &[&str]) -> String {
    let counted = format!("{have} of the {} signers needed", threshold.at_least);
    if missing.is_empty() { counted } else { format!("{counted}; nothing by {}", missing.join(", ")) }
}

/// The policy's line; of several signers, the one that was nearly met as well.
fn expectation(context: &Context<'_>, threshold: &Threshold, nearest: Option<&Miss>) -> Expectation {
    let names = threshold.of.join(", ");
    let near = nearest.filter(|miss| miss.reason == Reason::WrongIdentity);
    let step = near.map(|miss| miss.step);
    let nearly = near.and_then(|miss| context.signer(miss.signer.as_deref()?));
    let text = match (threshold.of.len(), threshold.at_least) {
        (1, _) => {
            context.signers.first().map_or(names, |signer| format!("signed by {}", describe(signer, step)))
        }
        (_, 1) => format!("signed by one of {names}"),
        (all, n) if all == n => format!("signed by all of {names}"),
        (_, n) => format!("signed by at least {n} of {names}"),
    };
    let text = match nearly.filter(|_| threshold.of.len() > 1) {
        Some(signer) => format!("{text}; nearest is {}", describe(signer, step)),
        None => text,
    };
    Expectation { text, origin: Some(threshold.origin.clone()) }
}

/// Who a signer is; with what its certificate must say besides, where that is what differs.
fn describe(signer: &Signer, step: Option<Step>) -> String {
    match &signer.kind {
        SignerKind::Certificate(certificate) => {
            let mut text =
                format!("{}: {} (issuer {}", signer.name, certificate.identity.as_str(), certificate.issuer);
            if step == Some(Step::Extensions) {
                for (extension, value) in &certificate.extensions {
                    text = format!("{text}, {} {value}", extension.as_str());
                }
            }
            format!("{text})")
        }
        SignerKind::Key(key) => format!("{}: the key {}", signer.name, key.file),
    }
}

fn accepted_observation(one: &Accepted) -> Observation {
    Observation {
        text: format!("accepted for {}: {}", one.signer, one.facts.who),
        place: Some(one.facts.place.clone()),
        reason: None,
        time: one.facts.time.clone(),
    }
}

/// Who signed, in full, and how that differs unless the refusal has just said so.
fn miss_observation(miss: &Miss, said: &str) -> Observation {
    let who = miss.claimed.as_ref().map(|claimed| signed_by(claimed, miss.step));
    let text = match who {
        Some(who) if miss.detail == said => who,
        Some(who) => format!("{}; {who}", miss.detail),
        None => miss.detail.clone(),
    };
    Observation { text, place: Some(miss.place.clone()), reason: Some(miss.reason), time: miss.time.clone() }
}

/// A name is the signer's from the step on at which signature and certificate were verified.
fn signed_by(claimed: &Claimed, step: Step) -> String {
    let Claimed { identity, issuer, .. } = claimed;
    let verb = if step > Step::Chain { "signed by" } else { "says it is signed by" };
    match issuer {
        Some(issuer) => format!("{verb} {identity} (issuer {issuer})"),
        None => format!("{verb} {identity}"),
    }
}
