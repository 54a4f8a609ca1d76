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
                if self.misses.len() > 2 * KEPT {
                    self.trim();
                }
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

    fn trim(&mut self) {
        sort(&mut self.misses);
        self.misses.truncate(KEPT);
    }

    /// The accepted signatures, in a fixed order.
    pub fn accepted(&mut self) -> &[Accepted] {
        self.accepted.sort_by(|a, b| (&a.signer, &a.facts).cmp(&(&b.signer, &b.facts)));
        &self.accepted
    }

    /// The nearest misses, nearest first, and how many there were in all.
    pub fn misses(&mut self) -> (&[Miss], usize) {
        self.trim();
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
    pub fn standing(&mut self, threshold: &Threshold, bound: bool) -> Standing {
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
