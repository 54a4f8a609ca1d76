//! Attestations: one pass over what is found feeds every rule that asks for statements (verdicts.md 4).
//!
//! [`Jury`] verifies each candidate once for each signer that a rule names, has the rule read the verified statement, and
//! keeps the short [`rule::Reading`] alone. [`bench`] says what the readings amount to; [`crate::decide`] decides.

pub(crate) mod bench;
mod hearing;
pub(crate) mod json;
pub(crate) mod rule;
mod unread;
mod words;

use proofmark_core::{Digest, Reason, Repository, RuleMeta, Signer, Timestamp, Verdict};
use proofmark_oci::{Found, PathKind, PathReport};
use proofmark_policy::{ImageEntry, Policy};
use proofmark_sigstore::{Candidate, Rejection};

use self::bench::{Accepted, Answer, Bench, Question, Settled};
use self::rule::Rule;
use crate::base::{Built, BuiltFrom};
use crate::decide::{Admission, Bytes, Decision, Paths, attestation};
use crate::paths;
use crate::rules::vulnerabilities::{self, Documents};
use crate::trust::Trust;

/// What statements are held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The policy: its signers.
    pub(crate) policy: &'a Policy,
    /// Its entry.
    pub(crate) entry: &'a ImageEntry,
    /// Roots and keys.
    pub(crate) trust: &'a Trust,
    /// The names under which the image is known.
    pub(crate) names: &'a [Repository],
    /// Evaluation time.
    pub(crate) now: Timestamp,
}

/// One rule with what was accepted for it.
#[derive(Clone)]
struct Seat<'a> {
    rule: Rule<'a>,
    signers: Vec<&'a Signer>,
    bench: Bench,
}

impl Seat<'_> {
    /// What the paths amount to for this rule: what was not kept was not seen, nor what was too large to be read.
    fn paths(&self, reports: &[PathReport], answer: &Answer<'_>) -> Paths {
        match paths::summary(&PathReport::merged(&own(reports))) {
            Paths::Complete if self.bench.is_full() || answer.too_large => Paths::Incomplete(Reason::Limit),
            other => other,
        }
    }
}

/// The tag of legacy signatures holds no attestation.
fn own(reports: &[PathReport]) -> Vec<PathReport> {
    reports.iter().filter(|report| report.path != PathKind::SigTag).cloned().collect()
}

/// What becomes of one statement for a rule: scans are held against allowed advisories and VEX.
fn settled(
    rule: &Rule<'_>,
    one: &Accepted,
    vex: &Documents<'_>,
    now: Timestamp,
    digest: &Digest,
    index: &Digest,
) -> Settled {
    let Rule::Vulnerabilities(rule) = rule else { return Settled::default() };
    let index = rule.covers_children.then_some(index);
    vulnerabilities::settle(&vulnerabilities::Case { rule, vex, now, digest, index }, one)
}

/// Judges the attestations of one image as they arrive. A clone goes on from what has been seen.
#[derive(Clone)]
pub(crate) struct Jury<'a> {
    context: Context<'a>,
    seats: Vec<Seat<'a>>,
}

impl<'a> Jury<'a> {
    /// A jury for the entry's rules, which has seen nothing.
    pub(crate) fn new(context: Context<'a>) -> Self {
        let seat = |rule: Rule<'a>| {
            let wanted = rule.threshold().of.iter();
            let signers = wanted.filter_map(|name| context.policy.signers.get(name)).collect();
            Seat { rule, signers, bench: Bench::default() }
        };
        let seats = rule::rules(&context.entry.attestation).into_iter().map(seat).collect();
        Self { context, seats }
    }

    /// Whether there is no rule to judge by.
    pub(crate) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// Takes one candidate, as it was read.
    pub(crate) fn consider(&mut self, found: &Found, read: &Result<Candidate, Rejection>) {
        hearing::hear(&self.context, &mut self.seats, found, read);
    }

    /// Each rule's verdict on `digest`, which may be a child of `index`, and whether any of its evidence stands on `index`.
    pub(crate) fn verdicts(
        &self,
        reports: &[PathReport],
        digest: &Digest,
        index: &Digest,
    ) -> Vec<(&'static RuleMeta, Verdict, Option<Digest>)> {
        let reports = own(reports);
        let one = |seat: &Seat<'a>| {
            let (verdict, carrier) = self.verdict(seat, &reports, digest, index);
            (seat.rule.meta(), verdict, carrier)
        };
        // VEX is asked, and speaks no verdict.
        self.seats.iter().filter(|seat| !matches!(seat.rule, Rule::Vex(..))).map(one).collect()
    }

    fn verdict(
        &self,
        seat: &Seat<'a>,
        reports: &[PathReport],
        digest: &Digest,
        index: &Digest,
    ) -> (Verdict, Option<Digest>) {
        let rule = &seat.rule;
        let vex = self.vex(seat);
        let accepted = vex.map(|vex| vex.bench.relevant(&vex.rule, digest, index)).unwrap_or_default();
        let documents = Documents::new(&accepted);
        let settle = |one: &Accepted| settled(rule, one, &documents, self.context.now, digest, index);
        let question = Question { rule, now: self.context.now, digest, index, settle: &settle };
        let mut answer = seat.bench.answer(&question);
        // A document that cannot be verified or read, or was not kept, may be the newest where one is asked for.
        if let Some(vex) = vex.filter(|_| answer.deciding.iter().any(|one| one.open)) {
            answer.unsupported |= vex.bench.is_open(Reason::Unsupported, digest, index);
            answer.too_large |= vex.bench.is_open(Reason::Limit, digest, index) || vex.bench.is_full();
        }
        let decision = attestation(
            rule.semantics(),
            Admission::Admitted,
            Bytes::Verified,
            seat.paths(reports, &answer),
            answer.attested,
            answer.unsupported,
        );
        let case = words::Case {
            context: &self.context,
            rule,
            signers: &seat.signers,
            digest,
            reports,
            asked: vex.map(|vex| &vex.bench),
        };
        match decision {
            Decision::Pass { .. } => {
                let on_index = answer.deciding.iter().any(|one| one.accepted.covers == *index);
                let carrier = if on_index { index } else { digest };
                (words::pass(&case, &answer), Some(carrier.clone()))
            }
            Decision::Refuse(reason) => (words::refuse(&case, &seat.bench, &answer, reason), None),
        }
    }

    /// The seat of the VEX documents that a rule asks.
    fn vex(&self, seat: &Seat<'a>) -> Option<&Seat<'a>> {
        let asks = matches!(seat.rule, Rule::Vulnerabilities(_));
        self.seats.iter().find(|other| asks && matches!(other.rule, Rule::Vex(..)))
    }

    /// What the accepted provenance says that `digest` was built from; `None` where the policy asks for none.
    pub(crate) fn built_from(
        &self,
        reports: &[PathReport],
        digest: &Digest,
        index: &Digest,
    ) -> Option<BuiltFrom> {
        let seat = self.seats.iter().find(|seat| matches!(seat.rule, Rule::Provenance(_)))?;
        let settle = &|_: &Accepted| Settled::default();
        let question = Question { rule: &seat.rule, now: self.context.now, digest, index, settle };
        let answer = seat.bench.answer(&question);
        let built = |one: &bench::Weighed<'_>| Built {
            signer: one.accepted.signer.clone(),
            identity: one.accepted.identity.clone(),
            satisfies: one.unmet.is_empty(),
            materials: one.accepted.reading.materials.clone(),
        };
        let cut = answer.deciding.iter().any(|one| one.accepted.reading.materials_cut);
        let open = match seat.paths(reports, &answer) {
            Paths::Incomplete(reason) => Some(reason),
            Paths::Complete if answer.unsupported => Some(Reason::Unsupported),
            Paths::Complete => cut.then_some(Reason::Limit),
        };
        let statements = answer.deciding.iter().map(built).collect();
        Some(BuiltFrom { statements, threshold: seat.rule.threshold().clone(), open })
    }
}
