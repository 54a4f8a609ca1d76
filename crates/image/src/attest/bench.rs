//! What was accepted for one rule, and what it amounts to for one digest. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use proofmark_core::{Digest, Origin, Reason, Threshold, Timestamp};
use proofmark_sigstore::threshold::{self, DistinctIdentity};

use super::rule::{Reading, Rule, Unmet};
use crate::decide::{Attested, Semantics};
use crate::rules::signature::candidate::{Evaluation, Miss};
use crate::rules::signature::tally::Tally;

/// Statements and envelopes that are kept for one rule and image; more make the paths capped.
const MAX_KEPT: usize = 4096;
/// Digests of other subjects that are kept with them, all together.
const MAX_SUBJECTS: usize = 65_536;
/// Clocks differ: a payload's time may be this much later than the earliest verified one (verdicts.md 6).
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A verified statement by a signer of the rule.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    /// SHA-256 of the envelope's content: copies count once.
    pub(crate) envelope: Digest,
    /// The signer's name in the policy.
    pub(crate) signer: String,
    /// What makes it distinct for a threshold.
    pub(crate) identity: DistinctIdentity,
    /// The earliest verified time, of all copies.
    pub(crate) verified: Option<Timestamp>,
    /// What the rule made of it.
    pub(crate) reading: Arc<Reading>,
    /// The digest that it is attached to, and about.
    pub(crate) covers: Digest,
    /// The digests of its other subjects, where they matter.
    pub(crate) subjects: Arc<[Digest]>,
    /// Who signed, where it is logged, where it was found.
    pub(crate) facts: Facts,
}

/// What is said of an accepted statement, all of it verified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Facts {
    /// The discovery path and the manifest.
    pub(crate) place: String,
    /// The identity or the key.
    pub(crate) who: String,
    /// The OIDC issuer of a certificate.
    pub(crate) issuer: Option<String>,
    /// The log's entry, or what stands in its place.
    pub(crate) witness: Option<String>,
}

/// An envelope that an accepted signer may have made, and that cannot be verified or read here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    envelope: Digest,
    signer: String,
    covers: Digest,
    /// Why not: `unsupported`, or `limit`.
    reason: Reason,
}

/// Everything that is kept for one rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bench {
    accepted: Vec<Accepted>,
    open: Vec<Open>,
    subjects: usize,
    full: bool,
    refused: Tally,
}

/// What becomes of a statement once all others are known: findings that VEX excuses, for one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Demands that it leaves unmet, beside those of its [`Reading`].
    pub(crate) unmet: Vec<Unmet>,
    /// What is said of it in evidence, beside the reading's.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Whether other statements were asked for.
    pub(crate) open: bool,
}

/// Settles a statement.
pub(crate) type Settle<'a> = &'a dyn Fn(&Accepted) -> Settled;

/// What is asked of a bench.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) rule: &'a Rule<'a>,
    pub(crate) now: Timestamp,
    /// The digest that is judged.
    pub(crate) digest: &'a Digest,
    /// The index that it is a child of, or itself.
    pub(crate) index: &'a Digest,
    /// What becomes of each statement.
    pub(crate) settle: Settle<'a>,
}

/// What a rule asks of statements beside their content.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) semantics: Semantics,
    pub(crate) threshold: &'a Threshold,
    pub(crate) max_age: Option<(SignedDuration, &'a Origin)>,
    pub(crate) now: Timestamp,
    pub(crate) settle: Settle<'a>,
}

/// One statement that decides, or of several that are not enough.
#[derive(Debug, Clone)]
pub(crate) struct Weighed<'a> {
    pub(crate) accepted: &'a Accepted,
    /// When it was made; none where that cannot be told.
    pub(crate) time: Option<Timestamp>,
    /// What it leaves unmet, age and times included.
    pub(crate) unmet: Vec<Unmet>,
    /// What was said of it when it was settled.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Whether it was settled by asking other statements.
    pub(crate) open: bool,
}

/// What a bench amounts to for one digest.
#[derive(Debug, Clone)]
pub(crate) struct Answer<'a> {
    pub(crate) attested: Attested,
    /// An envelope by an accepted signer that cannot be verified, and no copy of it can.
    pub(crate) unsupported: bool,
    /// A statement of a type that is read, by an accepted signer, is beyond the caps of signed payloads.
    pub(crate) too_large: bool,
    /// The statements that the answer rests on, those that decide first.
    pub(crate) deciding: Vec<Weighed<'a>>,
    /// How many statements were accepted.
    pub(crate) accepted: usize,
    /// How many signers of the threshold are satisfied by distinct identities.
    pub(crate) have: usize,
}

impl Bench {
    /// Keeps a statement; a copy of a known one adds its time alone.
    pub(crate) fn accept(&mut self, one: Accepted) {
        let same = |other: &&mut Accepted| {
            other.envelope == one.envelope
                && other.signer == one.signer
                && other.identity == one.identity
                && other.covers == one.covers
        };
        if let Some(known) = self.accepted.iter_mut().find(same) {
            known.verified = known.verified.into_iter().chain(one.verified).min();
            if one.facts < known.facts {
                known.facts = one.facts;
            }
            return;
        }
        self.subjects += one.subjects.len();
        if self.accepted.len() >= MAX_KEPT || self.subjects > MAX_SUBJECTS {
            self.full = true;
            return;
        }
        self.accepted.push(one);
    }

    /// Keeps an envelope that an accepted signer may have made, and why nobody can tell what it says.
    pub(crate) fn leave_open(&mut self, envelope: Digest, signer: &str, covers: &Digest, reason: Reason) {
        let one = Open { envelope, signer: signer.to_owned(), covers: covers.clone(), reason };
        if self.open.contains(&one) {
            return;
        }
        if self.open.len() >= MAX_KEPT {
            self.full = true;
            return;
        }
        self.open.push(one);
    }

    /// Counts a candidate that is no evidence, and keeps it while it is among the nearest.
    pub(crate) fn refuse(&mut self, miss: Miss) {
        self.refused.add(Evaluation::Refused(Box::new(miss)));
    }

    /// Whether something was left out: what was seen is not all.
    pub(crate) const fn is_full(&self) -> bool {
        self.full
    }

    /// The candidates that are no evidence.
    pub(crate) fn refused(&self) -> Tally {
        self.refused.clone()
    }

    /// What all this amounts to for one digest.
    pub(crate) fn answer(&self, question: &Question<'_>) -> Answer<'_> {
        let Question { rule, now, digest, index, settle } = *question;
        let max_age = rule
            .max_age()
            .and_then(|demand| Some((SignedDuration::try_from(demand.value).ok()?, &demand.origin)));
        let terms = Terms { semantics: rule.semantics(), threshold: rule.threshold(), max_age, now, settle };
        let relevant = self.relevant(rule, digest, index);
        let answer = weigh(&terms, &relevant);
        Answer {
            unsupported: self.is_open(Reason::Unsupported, digest, index),
            too_large: self.is_open(Reason::Limit, digest, index),
            ..answer
        }
    }

    /// The statements that say something of the digest, which may be a child of the index.
    pub(crate) fn relevant(&self, rule: &Rule<'_>, digest: &Digest, index: &Digest) -> Vec<&Accepted> {
        let covers = |one: &&Accepted| {
            one.covers == *digest
                || one.covers == *index && (rule.covers_children() || one.subjects.contains(digest))
        };
        self.accepted.iter().filter(covers).collect()
    }

    /// Whether an envelope is open for this reason, and no copy of it was accepted.
    pub(crate) fn is_open(&self, reason: Reason, digest: &Digest, index: &Digest) -> bool {
        self.open.iter().any(|one| {
            one.reason == reason
                && (one.covers == *digest || one.covers == *index)
                && !self
                    .accepted
                    .iter()
                    .any(|other| other.envelope == one.envelope && other.signer == one.signer)
        })
    }
}

/// What accepted statements amount to under a rule's terms.
pub(crate) fn weigh<'a>(terms: &Terms<'_>, relevant: &[&'a Accepted]) -> Answer<'a> {
    let mut earliest: BTreeMap<(&Digest, &DistinctIdentity), Timestamp> = BTreeMap::new();
    for one in relevant {
        if let Some(time) = one.verified {
            let known = earliest.entry((&one.envelope, &one.identity)).or_insert(time);
            *known = time.min(*known);
        }
    }
    let mut weighed: Vec<Weighed<'a>> = relevant
        .iter()
        .map(|one| one_weighed(terms, one, earliest.get(&(&one.envelope, &one.identity)).copied()))
        .collect();
    let order = |one: &Weighed<'a>| {
        (one.accepted.envelope.clone(), one.accepted.signer.clone(), one.accepted.facts.clone())
    };
    weighed.sort_by_cached_key(order);
    let accepted = weighed.len();
    let (attested, deciding, have) = match terms.semantics {
        Semantics::OneIsEnough => one_is_enough(terms, weighed),
        Semantics::NewestDecides => newest_decides(terms, weighed),
    };
    Answer { attested, unsupported: false, too_large: false, deciding, accepted, have }
}

/// When it was made, and whether it satisfies: the earliest of verified times and the payload's own (verdicts.md 6).
fn one_weighed<'a>(terms: &Terms<'_>, one: &'a Accepted, verified: Option<Timestamp>) -> Weighed<'a> {
    let Settled { unmet: settled, facts, open } = (terms.settle)(one);
    let mut unmet = [one.reading.unmet.as_slice(), &settled].concat();
    let later = |time: Timestamp, than: Timestamp| than.checked_add(SKEW).is_ok_and(|limit| time > limit);
    // "A time later than now + 5 min is not counted."
    let payload = one.reading.time.filter(|time| !later(*time, terms.now));
    if let (Some(said), Some(verified)) = (one.reading.time, verified)
        && later(said, verified)
    {
        unmet.push(Unmet {
            reason: Reason::Condition,
            expected: "a time of its own no later than the earliest verified one".to_owned(),
            observed: format!("it says {said}, and existed at {verified}"),
            origin: terms.threshold.origin.clone(),
        });
    }
    // A managed key's envelope can be logged and stamped again at any time: only its own time says how old it is.
    let bound = payload.is_some() || matches!(one.identity, DistinctIdentity::Certificate { .. });
    let time = if bound { verified.into_iter().chain(payload).min() } else { None };
    if let (Some((age, origin)), Some(time)) = (terms.max_age, time)
        && terms.now.duration_since(time) > age
    {
        unmet.push(Unmet {
            reason: Reason::TooOld,
            expected: format!("no older than {}", spelled(age)),
            observed: format!("made at {time}, {} ago", spelled(terms.now.duration_since(time))),
            origin: origin.clone(),
        });
    }
    Weighed { accepted: one, time, unmet, facts, open }
}

/// Days, or hours and minutes.
fn spelled(duration: SignedDuration) -> String {
    let hours = duration.as_hours();
    match (hours / 24, hours) {
        (0, 0) => format!("{} min", duration.as_mins()),
        (0 | 1, hours) => format!("{hours} h"),
        (days, _) => format!("{days} days"),
    }
}

type Outcome<'a> = (Attested, Vec<Weighed<'a>>, usize);

fn one_is_enough<'a>(terms: &Terms<'_>, mut weighed: Vec<Weighed<'a>>) -> Outcome<'a> {
    // Satisfying ones first, then the nearest: what leaves least unmet.
    weighed.sort_by_key(|one| one.unmet.len());
    let have = satisfied(terms, weighed.iter().filter(|one| one.unmet.is_empty()));
    let attested = if have >= terms.threshold.at_least {
        weighed.retain(|one| one.unmet.is_empty());
        Attested::Satisfied
    } else {
        unsatisfied(&weighed)
    };
    (attested, weighed, have)
}

fn newest_decides<'a>(terms: &Terms<'_>, weighed: Vec<Weighed<'a>>) -> Outcome<'a> {
    // "`any` takes the newest of all signers, `all` and `at-least` each signer's own"
    let mut groups: BTreeMap<&str, Vec<Weighed<'a>>> = BTreeMap::new();
    for one in weighed {
        let group = if terms.threshold.at_least == 1 { "" } else { one.accepted.signer.as_str() };
        groups.entry(group).or_default().push(one);
    }
    let (mut deciding, mut counted, mut unknown) = (Vec::new(), Vec::new(), false);
    for group in groups.into_values() {
        if group.iter().any(|one| one.time.is_none()) {
            unknown = true;
            deciding.extend(group.into_iter().filter(|one| one.time.is_none()));
            continue;
        }
        let newest = group.iter().map(|one| one.time).max().flatten();
        // "ties must all satisfy"
        let tied: Vec<Weighed<'a>> = group.into_iter().filter(|one| one.time == newest).collect();
        if tied.iter().all(|one| one.unmet.is_empty()) {
            counted.extend(tied.iter().cloned());
        }
        deciding.extend(tied);
    }
    let have = satisfied(terms, counted.iter());
    if have >= terms.threshold.at_least {
        return (Attested::Satisfied, counted, have);
    }
    deciding.sort_by_key(|one| one.unmet.is_empty());
    let attested = if unknown { Attested::OrderUnknown } else { unsatisfied(&deciding) };
    (attested, deciding, have)
}

fn satisfied<'w, 'a: 'w>(terms: &Terms<'_>, all: impl Iterator<Item = &'w Weighed<'a>>) -> usize {
    let pairs: Vec<(String, DistinctIdentity)> =
        all.map(|one| (one.accepted.signer.clone(), one.accepted.identity.clone())).collect();
    threshold::satisfied(&pairs, &terms.threshold.of, terms.threshold.at_least).pairs.len()
}

/// The reason of what comes nearest and does not satisfy.
fn unsatisfied(weighed: &[Weighed<'_>]) -> Attested {
    match weighed.iter().find_map(|one| one.unmet.first()) {
        Some(unmet) => Attested::Refused(unmet.reason),
        None if weighed.is_empty() => Attested::Missing,
        None => Attested::TooFew,
    }
}

#[cfg(test)]
mod tests;
