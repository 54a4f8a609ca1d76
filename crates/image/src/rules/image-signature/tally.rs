//! What the candidates of one image amount to. Memory does not grow with their number.

use std::collections::BTreeMap;

use proofmark_core::{Reason, Threshold};
use proofmark_sigstore::threshold::{self, DistinctIdentity};

use super::candidate::{Accepted, Evaluation, Miss};
use crate::decide::Standing;

/// Misses kept for `--explain`; the rest are counted.
const KEPT: usize = 32;

/// Accepted signatures kept: more by the same signer and identity add nothing.
const KEPT_BY_IDENTITY: usize = 4;

/// Counts and keeps the nearest misses.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    accepted: Vec<Accepted>,
    misses: Vec<Miss>,
    refused: usize,
    by_reason: BTreeMap<Reason, usize>,
}

impl Tally {
    /// Adds one candidate's answer.
    pub fn add(&mut self, evaluation: Evaluation) {
        match evaluation {
            Evaluation::Accepted(accepted) => {
                for one in accepted {
                    self.keep(one);
                }
            }
            Evaluation::Refused(miss) => {
                self.refused += 1;
                *self.by_reason.entry(miss.reason).or_default() += 1;
                self.misses.push(*miss);
                sort(&mut self.misses);
                self.misses.truncate(KEPT);
            }
        }
    }

    fn keep(&mut self, one: Accepted) {
        let same = |other: &&Accepted| {
            other.signer == one.signer && other.identity == one.identity && other.binds == one.binds
        };
        let known = self.accepted.iter().filter(same).count();
        let repeated = self.accepted.iter().filter(same).any(|other| other.facts == one.facts);
        if known < KEPT_BY_IDENTITY && !repeated {
            self.accepted.push(one);
        }
    }

    /// The accepted signatures, in a fixed order.
    pub fn accepted(&mut self) -> &[Accepted] {
        self.accepted.sort_by(|a, b| (&a.signer, &a.facts).cmp(&(&b.signer, &b.facts)));
        &self.accepted
    }

    /// The nearest misses, nearest first, and how many there were in all.
    pub fn misses(&self) -> (&[Miss], usize) {
        (&self.misses, self.refused)
    }

    /// How many candidates were refused for each reason.
    pub const fn refused_by_reason(&self) -> &BTreeMap<Reason, usize> {
        &self.by_reason
    }

    /// How many signers of the threshold are satisfied by distinct identities.
    pub fn satisfied(&self, threshold: &Threshold) -> usize {
        let accepted: Vec<(String, DistinctIdentity)> =
            self.accepted.iter().map(|one| (one.signer.clone(), one.identity.clone())).collect();
        threshold::satisfied(&accepted, &threshold.of, threshold.at_least).pairs.len()
    }

    /// What all this amounts to under `threshold`; `bound` demands that one statement claims the repository.
    pub fn standing(&self, threshold: &Threshold, bound: bool) -> Standing {
        if self.satisfied(threshold) >= threshold.at_least {
            if bound && !self.accepted.iter().any(|one| one.binds) {
                return Standing::Refused(Reason::WrongRepository);
            }
            return Standing::Satisfied;
        }
        if !self.accepted.is_empty() {
            return Standing::TooFew;
        }
        self.misses().0.first().map_or(Standing::Nothing, |miss| Standing::Refused(miss.reason))
    }
}

/// Nearest miss: most steps passed; ties by digest, then by text, so that the order of arrival does not show.
fn sort(misses: &mut [Miss]) {
    misses.sort_by(|a, b| {
        b.step
            .cmp(&a.step)
            .then_with(|| (&a.manifest, &a.detail, &a.place).cmp(&(&b.manifest, &b.detail, &b.place)))
    });
}

#[cfg(test)]
mod tests {
    use proofmark_core::Digest;
    use proofmark_sigstore::Step;

    use super::super::candidate::Facts;
    use super::*;

    fn miss(step: Step, manifest: &str) -> Evaluation {
        let reason = if step == Step::Identity { Reason::WrongIdentity } else { Reason::Tampered };
        Evaluation::Refused(Box::new(Miss {
            step,
            reason,
            detail: String::new(),
            signer: None,
            claimed: None,
            claims: Vec::new(),
            place: String::new(),
            time: None,
            manifest: Digest::sha256(manifest.as_bytes()),
        }))
    }

    /// The nearest are kept, whenever they come, and all are counted.
    #[test]
    fn the_nearest_misses_are_kept_and_all_are_counted() {
        let far = |from: usize| (from..from + KEPT).map(|at| miss(Step::Signature, &at.to_string()));
        let near = || [miss(Step::Identity, "near")];
        for all in [
            near().into_iter().chain(far(0)).chain(far(KEPT)).collect::<Vec<_>>(),
            far(0).chain(near()).chain(far(KEPT)).collect(),
            far(KEPT).chain(far(0)).chain(near()).collect(),
        ] {
            let mut tally = Tally::default();
            for one in all {
                tally.add(one);
            }
            let (kept, count) = tally.misses();
            assert_eq!((kept.len(), count), (KEPT, 2 * KEPT + 1));
            assert_eq!(kept[0].step, Step::Identity);
            assert!(kept[1..].is_sorted_by_key(|one| &one.manifest));
            let counted = [(Reason::WrongIdentity, 1), (Reason::Tampered, 2 * KEPT)];
            assert_eq!(tally.refused_by_reason(), &BTreeMap::from(counted));
        }
    }

    fn accepted(signer: &str, key: &str, binds: bool, place: &str) -> Accepted {
        Accepted {
            signer: signer.to_owned(),
            identity: DistinctIdentity::Key(key.to_owned()),
            facts: Facts {
                who: key.to_owned(),
                issuer: None,
                time: None,
                witness: None,
                place: place.to_owned(),
                claims: Vec::new(),
            },
            binds,
            ties_tag: false,
            covers: Digest::sha256(b"an image"),
        }
    }

    /// Of one signer, identity and claim no more than a few, each place once; another of them is another.
    #[test]
    fn accepted_signatures_that_add_nothing_are_not_kept() {
        let kept = |all: &[Accepted]| {
            let mut tally = Tally::default();
            tally.add(Evaluation::Accepted(all.to_vec()));
            tally.accepted().len()
        };
        let one = |place: &str| accepted("release", "a", true, place);
        assert_eq!(kept(&[one("1"), one("1")]), 1);
        assert_eq!(kept(&[one("1"), one("2")]), 2);
        let many: Vec<Accepted> = (0..2 * KEPT_BY_IDENTITY).map(|at| one(&at.to_string())).collect();
        assert_eq!(kept(&many), KEPT_BY_IDENTITY);
        for other in [
            accepted("platform", "a", true, "1"),
            accepted("release", "b", true, "1"),
            accepted("release", "a", false, "1"),
        ] {
            let with: Vec<Accepted> = many.iter().cloned().chain([other.clone()]).collect();
            assert_eq!(kept(&with), KEPT_BY_IDENTITY + 1, "{other:?}");
            assert_eq!(kept(&[one("1"), other.clone(), other]), 2);
        }
    }
}
