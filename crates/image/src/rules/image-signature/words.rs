//! What a person reads: evidence of a pass, and what would mend a refusal.

use proofmark_core::{
    Digest, Evidence, Expectation, Observation, Reason, Refusal, Signer, SignerKind, Threshold, Transparency,
    Verdict,
};
use proofmark_oci::PathReport;
use proofmark_sigstore::Step;

use super::candidate::{Accepted, Claimed, Context, Miss};
use super::tally::Tally;
use crate::paths;

/// A pass with everything that it rests on.
pub(super) fn pass(context: &Context<'_>, accepted: &[Accepted], reports: &[PathReport]) -> Verdict {
    let mut signatures = accepted.iter().map(signature);
    let Some(first) = signatures.next() else {
        // No signature, no pass: a threshold is at least one, so this is never reached with a satisfied rule.
        return Verdict::refuse(Refusal::new(Reason::Unsigned, "no accepted signature", ""));
    };
    let mut rest: Vec<Evidence> = signatures.collect();
    rest.push(repository(context, accepted));
    rest.push(tag(context, accepted));
    rest.extend(paths::incomplete_evidence(reports));
    Verdict::pass(first, rest)
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
    let summary = if bound {
        format!("bound to {name}")
    } else {
        "unbound: the signature covers the digest, not the name".to_owned()
    };
    let mut evidence =
        Evidence::new("repository", summary).with("repository", if bound { "bound" } else { "unbound" });
    let mut claims: Vec<&String> = accepted.iter().flat_map(|one| &one.facts.claims).collect();
    claims.sort();
    claims.dedup();
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

/// What is known when a refusal is put into words.
pub(super) struct Refused<'a> {
    /// The reason that was decided.
    pub(super) reason: Reason,
    /// Signers satisfied by distinct identities.
    pub(super) have: usize,
    /// The threshold is met, and nothing claims the repository.
    pub(super) unbound: bool,
    /// The digest that was judged.
    pub(super) digest: &'a Digest,
    /// The discovery paths.
    pub(super) reports: &'a [PathReport],
}

/// A refusal with the policy's line, what was found and one thing to do.
pub(super) fn refuse(
    context: &Context<'_>,
    threshold: &Threshold,
    tally: &mut Tally,
    refused: &Refused<'_>,
) -> Verdict {
    let expected = expectation(context, threshold);
    let mut observed = paths::incomplete_observations(refused.reports);
    if matches!(refused.reason, Reason::Threshold) {
        let text = format!("{} of the {} signers needed", refused.have, threshold.at_least);
        observed.push(Observation::new(text));
    }
    if refused.unbound {
        observed.push(Observation::new("signed as asked, and no statement claims this repository"));
    }
    observed.extend(tally.accepted().iter().map(accepted_observation));
    let (misses, total) = tally.misses();
    let message = message(refused, misses.first());
    observed.extend(misses.iter().map(|miss| miss_observation(miss, &message)));
    if total > misses.len() {
        observed.push(Observation::new(format!("and {} more candidates, refused", total - misses.len())));
    }
    if observed.is_empty() {
        observed.push(Observation::new(format!("no signature: {}", paths::searched(refused.reports))));
    }
    let help = help(context, refused, misses.first());
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

fn expectation(context: &Context<'_>, threshold: &Threshold) -> Expectation {
    let names = threshold.of.join(", ");
    let text = match (threshold.of.len(), threshold.at_least) {
        (1, _) => context.signers.first().map_or(names, |signer| format!("signed by {}", describe(signer))),
        (_, 1) => format!("signed by one of {names}"),
        (all, n) if all == n => format!("signed by all of {names}"),
        (_, n) => format!("signed by at least {n} of {names}"),
    };
    Expectation { text, origin: Some(threshold.origin.clone()) }
}

fn describe(signer: &Signer) -> String {
    match &signer.kind {
        SignerKind::Certificate(certificate) => {
            format!("{}: {} (issuer {})", signer.name, certificate.identity.as_str(), certificate.issuer)
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
    let Claimed { identity, issuer } = claimed;
    let verb = if step > Step::Chain { "signed by" } else { "says it is signed by" };
    match issuer {
        Some(issuer) => format!("{verb} {identity} (issuer {issuer})"),
        None => format!("{verb} {identity}"),
    }
}

/// One command or one policy line.
fn help(context: &Context<'_>, refused: &Refused<'_>, nearest: Option<&Miss>) -> String {
    let name = context.names.first().map(ToString::to_string).unwrap_or_default();
    match refused.reason {
        Reason::Unsigned | Reason::WrongPredicate | Reason::WrongKey => {
            sign_command(context, &name, refused.digest)
        }
        Reason::Threshold => "have the missing signers sign the same digest".to_owned(),
        Reason::WrongIdentity => other_identity(context, nearest),
        Reason::WrongSubject => "the signature belongs to another image: sign this digest itself".to_owned(),
        Reason::WrongRepository => {
            format!("if {name} is a promotion or mirror, add also = [\"<claimed> = {name}\"] to the entry")
        }
        Reason::UntrustedRoot => "if the root has rotated: proofmark trust update".to_owned(),
        Reason::NoTransparency | Reason::NoTime => no_witness(context),
        Reason::Expired => "sign the image again with a certificate or key that is valid now".to_owned(),
        Reason::Tampered | Reason::Malformed => {
            "do not use this evidence; fetch the image from its origin and verify again".to_owned()
        }
        Reason::Limit => {
            "raise the budget in [limits] of the policy, or remove stale attachments from the repository"
                .to_owned()
        }
        Reason::Offline => "run once without --offline, or add an OCI layout as a mirror".to_owned(),
        Reason::Unauthorized => format!("log in: docker login {}", registry(context)),
        Reason::Unsupported => {
            let what = nearest.map_or("", |miss| miss.detail.as_str());
            format!("sign again with cosign 3 in its default bundle format ({what})")
        }
        _ => format!("check that {} answers, then run the command again", registry(context)),
    }
}

/// Only the reader can know whether whoever signed is who should; the line is whole, to be compared and kept.
fn other_identity(context: &Context<'_>, nearest: Option<&Miss>) -> String {
    let Some(signer) = context.signers.first() else {
        return "run an image that is signed as asked".to_owned();
    };
    let name = &signer.name;
    let asked = match &signer.kind {
        SignerKind::Certificate(certificate) => Some(certificate.issuer.as_str()),
        SignerKind::Key(_) => None,
    };
    let line = nearest.and_then(|miss| miss.claimed.as_ref()).map(|claimed| match &claimed.issuer {
        Some(issuer) if asked != Some(issuer) => format!("issuer = \"{issuer}\""),
        _ => format!("identity = \"{}\"", claimed.identity),
    });
    match line {
        Some(line) => format!("run an image that {name} signed; only if this is {name}, its line is {line}"),
        None => format!("run an image that {name} signed"),
    }
}

fn registry(context: &Context<'_>) -> String {
    context.names.first().map(|name| name.host().to_string()).unwrap_or_default()
}

fn sign_command(context: &Context<'_>, name: &str, digest: &Digest) -> String {
    let keyed = context.signers.iter().find_map(|signer| match &signer.kind {
        SignerKind::Key(_) => Some(signer.name.as_str()),
        SignerKind::Certificate(_) => None,
    });
    match keyed {
        Some(signer) if context.signers.len() == 1 => {
            format!("sign it with the key of {signer}: cosign sign --key KEY {name}@{digest}")
        }
        _ => format!("sign it in the workflow that the policy names: cosign sign {name}@{digest}"),
    }
}

fn no_witness(context: &Context<'_>) -> String {
    let optional = context.signers.iter().any(
        |signer| matches!(&signer.kind, SignerKind::Key(key) if key.transparency == Transparency::Required),
    );
    if optional {
        "sign with a transparency log, or set transparency = \"optional\" for this key if its owner never logs".to_owned()
    } else {
        "sign again with cosign 3: it logs and timestamps by default".to_owned()
    }
}
