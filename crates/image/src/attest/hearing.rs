//! One candidate before the jury: read strictly, verified once for each signer, and read by each rule that it is for.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use proofmark_core::{Digest, Reason, Repository, Signer, SignerKind};
use proofmark_oci::Found;
use proofmark_policy::RepositoryRule;
use proofmark_sigstore::threshold::DistinctIdentity;
use proofmark_sigstore::{
    Authority, Candidate, Content, Question, Rejection, Statement, Step, Verified, authorize, verify,
};

use super::bench::{Accepted, Facts};
use super::rule::{Named, Reading, Rule, Unmet};
use super::unread::Unread;
use super::{Context, Seat};
use crate::claims;
use crate::rules::signature::candidate::{Miss, claimed};
use crate::signer;

/// The answer for one signer: verified and authorised, or why not.
type Heard = Result<(Verified<Content>, DistinctIdentity), Refused>;

/// Why a candidate does not count for a signer.
struct Refused {
    rejection: Rejection,
    /// It may be the signer's all the same: verdicts.md 4, the row `unsupported`.
    may_be: bool,
    /// It is the signer's, and its content could not be read.
    unread: bool,
}

pub(super) fn hear(
    context: &Context<'_>,
    seats: &mut [Seat<'_>],
    found: &Found,
    read: &Result<Candidate, Rejection>,
) {
    let candidate = match read {
        Ok(candidate) => candidate,
        Err(rejection) => {
            for seat in seats {
                seat.bench.refuse(miss(found, rejection, None));
            }
            return;
        }
    };
    let mut heard: BTreeMap<&str, Heard> = BTreeMap::new();
    let unread = LazyCell::new(|| Unread::of(found));
    for seat in seats {
        let rule = seat.rule;
        if !candidate.may_be_of(&|predicate_type| rule.reads(predicate_type)) {
            continue;
        }
        for signer in &seat.signers {
            heard
                .entry(&signer.name)
                .or_insert_with(|| judge(context, signer, candidate, found, &|| unread.as_ref()));
        }
        let rejected = |signer: &&Signer| {
            let refused = heard.get(signer.name.as_str())?.as_ref().err();
            refused.filter(|refused| refused.unread).map(|refused| &refused.rejection)
        };
        let open = seat
            .signers
            .iter()
            .find_map(rejected)
            .and_then(|rejection| unread.as_ref()?.leaves_open(rejection, |kind| rule.reads(kind)));
        attend(context, seat, candidate, found, &heard, open);
    }
}

/// What one rule takes from a candidate that was heard. `open` is why an unread one leaves the rule without an answer.
fn attend(
    context: &Context<'_>,
    seat: &mut Seat<'_>,
    candidate: &Candidate,
    found: &Found,
    heard: &BTreeMap<&str, Heard>,
    open: Option<Reason>,
) {
    let covers = &found.attached_to;
    let (mut reading, mut counts, mut nearest): (Option<Arc<Reading>>, bool, Option<&Rejection>) =
        (None, false, None);
    for signer in &seat.signers {
        match heard.get(signer.name.as_str()) {
            Some(Ok((verified, identity))) => {
                counts = true;
                let Content::Statement(statement) = verified.content() else { continue };
                if !seat.rule.reads(statement.predicate_type()) {
                    continue;
                }
                let reading =
                    reading.get_or_insert_with(|| Arc::new(read(context, seat.rule, statement, verified)));
                let subjects = subjects(seat.rule, statement, covers);
                let facts = Facts {
                    place: place(found),
                    who: signer::who(verified.signer()),
                    issuer: signer::issuer(verified.signer()),
                    witness: signer::witness(verified),
                };
                seat.bench.accept(Accepted {
                    envelope: verified.envelope_digest().clone(),
                    signer: signer.name.clone(),
                    identity: identity.clone(),
                    verified: verified.earliest_time(),
                    reading: Arc::clone(reading),
                    covers: covers.clone(),
                    subjects,
                    facts,
                });
            }
            Some(Err(refused)) => {
                let reason = match refused {
                    Refused { unread: true, .. } => open,
                    Refused { may_be, .. } => may_be.then_some(Reason::Unsupported),
                };
                if let Some(reason) = reason {
                    let envelope = candidate.envelope_digest().clone();
                    seat.bench.leave_open(envelope, &signer.name, covers, reason);
                }
                if nearest.is_none_or(|best| nearness(&refused.rejection) > nearness(best)) {
                    nearest = Some(&refused.rejection);
                }
            }
            None => {}
        }
    }
    if let (false, Some(rejection)) = (counts, nearest) {
        seat.bench.refuse(miss(found, rejection, Some(candidate)));
    }
}

fn nearness(rejection: &Rejection) -> (Step, bool) {
    (rejection.step, rejection.reason == Reason::Unsupported)
}

fn judge<'u>(
    context: &Context<'_>,
    signer: &Signer,
    candidate: &Candidate,
    found: &Found,
    unread: &dyn Fn() -> Option<&'u Unread>,
) -> Heard {
    let refused = |rejection: Rejection| Refused { rejection, may_be: false, unread: false };
    let authority = context.trust.authority(signer).ok_or_else(|| {
        refused(Rejection {
            reason: Reason::UntrustedRoot,
            step: Step::Chain,
            detail: format!("no trusted root for signer {}", signer.name),
            signer: None,
            time: None,
        })
    })?;
    let question = Question::Statement { digest: &found.attached_to };
    let verified = verify(candidate, &question, &authority, context.now).map_err(|rejection| {
        // What was read but for its statement: the signature is asked for by itself.
        let unread = rejection.step == Step::Parse
            && unread().is_some_and(|unread| unread.is_by(signer, &authority, context.now));
        Refused { unread, ..weigh(rejection, signer, &authority) }
    })?;
    if let SignerKind::Certificate(constraint) = &signer.kind {
        authorize(&verified, constraint).map_err(refused)?;
    }
    let identity = DistinctIdentity::of(verified.signer()).ok_or_else(|| {
        refused(Rejection {
            reason: Reason::WrongIdentity,
            step: Step::Identity,
            detail: "the certificate names no single identity".to_owned(),
            signer: None,
            time: verified.earliest_time(),
        })
    })?;
    Ok((verified, identity))
}

/// Whether what was refused may be the signer's: "an envelope by an accepted key, or by a certificate of a known CA with an
/// accepted identity, whose log, time or format we cannot verify". What was seen to be changed or expired was answered.
fn weigh(rejection: Rejection, signer: &Signer, authority: &Authority<'_>) -> Refused {
    let open = matches!(
        rejection.reason,
        Reason::Unsupported | Reason::UntrustedRoot | Reason::NoTransparency | Reason::NoTime
    );
    match (&signer.kind, authority) {
        (SignerKind::Certificate(constraint), _) => {
            let may_be = open && rejection.may_be_by_certificate(constraint);
            Refused { rejection: rejection.for_certificate(constraint), may_be, unread: false }
        }
        (SignerKind::Key(_), Authority::Key { key, .. }) => {
            let may_be = open && rejection.may_be_by_key(key.id());
            Refused { rejection: rejection.for_key(key.id()), may_be, unread: false }
        }
        (SignerKind::Key(_), Authority::Root(_)) => Refused { rejection, may_be: false, unread: false },
    }
}

/// What the rule makes of a statement, and of the repository that it claims (verdicts.md 2, "Repository").
fn read(
    context: &Context<'_>,
    rule: Rule<'_>,
    statement: &Statement,
    verified: &Verified<Content>,
) -> Reading {
    let is_ours = |claim: &Repository| is_ours(context, claim);
    let mut reading = rule.read(statement, &Named { name: name(context), is_ours: &is_ours });
    let claims = claims::claims(verified);
    let minded = context.entry.repository != RepositoryRule::Any;
    if minded && !claims.is_empty() && !claims.iter().any(is_ours) {
        let shown: Vec<String> = claims.iter().map(ToString::to_string).collect();
        reading.unmet(Unmet {
            reason: Reason::WrongRepository,
            expected: format!("a statement about {}", name(context)),
            observed: format!("it claims another repository: {}", super::json::short(&shown.join(", "))),
            origin: context.entry.origin.clone(),
        });
    }
    reading
}

/// Whether a claimed repository is the image's, by its name or by `also`.
pub(super) fn is_ours(context: &Context<'_>, claim: &Repository) -> bool {
    context.names.contains(claim)
        || context.entry.also.iter().filter_map(|also| also.maps(claim)).any(|to| context.names.contains(&to))
}

/// The image's name.
pub(super) fn name(context: &Context<'_>) -> String {
    context.names.first().map(ToString::to_string).unwrap_or_default()
}

/// The other subjects, where a statement about an index covers a child only by naming it.
fn subjects(rule: Rule<'_>, statement: &Statement, covers: &Digest) -> Arc<[Digest]> {
    if rule.covers_children() {
        return Arc::default();
    }
    let parsed = statement.subjects().iter().flat_map(|subject| &subject.digests);
    parsed
        .filter_map(|(algorithm, hex)| Digest::parse(&format!("{algorithm}:{hex}")).ok())
        .filter(|digest| digest != covers)
        .collect()
}

fn place(found: &Found) -> String {
    format!("{} {}", found.path.as_str(), found.manifest_digest)
}

fn miss(found: &Found, rejection: &Rejection, candidate: Option<&Candidate>) -> Miss {
    Miss {
        step: rejection.step,
        reason: rejection.reason,
        detail: rejection.detail.clone(),
        signer: None,
        claimed: candidate.and_then(claimed),
        claims: Vec::new(),
        place: place(found),
        time: rejection.time.map(|time| time.to_string()),
        manifest: found.manifest_digest.clone(),
    }
}
