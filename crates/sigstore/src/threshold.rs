//! `at-least`: how many distinct identities stand behind the signers that accepted (verdicts.md 2).

use std::collections::BTreeSet;

use crate::facts::SignerFacts;

/// What makes two signatures the same signer's, whatever names the policy gives them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DistinctIdentity {
    /// A managed key, by the SHA-256 of its `SubjectPublicKeyInfo`.
    Key(String),
    /// A certificate's holder.
    Certificate {
        /// The OIDC issuer.
        issuer: String,
        /// The subject alternative name; of a CI identity, what is left of its last `@`: one workflow at two refs is
        /// one workflow.
        name: String,
    },
}

impl DistinctIdentity {
    /// The identity behind a signature; `None` where a certificate has no one issuer and name: it counts for nobody.
    pub fn of(signer: &SignerFacts) -> Option<Self> {
        match signer {
            SignerFacts::Key { id } => Some(Self::Key(id.clone())),
            SignerFacts::Certificate(facts) => {
                let (kind, san) = facts.san()?;
                // At the first `@`: a ref may hold one itself (`refs/tags/a@b`), and one workflow stays one identity.
                let name = match (kind, san.split_once('@')) {
                    (proofmark_core::SanKind::Uri, Some((workflow, _))) => workflow,
                    _ => san,
                };
                Some(Self::Certificate { issuer: facts.issuer()?.to_owned(), name: name.to_owned() })
            }
        }
    }
}

/// Who was counted for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// Signer entries and the identity that each was matched with, in the policy's order.
    pub pairs: Vec<(String, DistinctIdentity)>,
    /// Whether there are enough.
    pub satisfied: bool,
}

/// A maximum matching between the signer entries of `of` and the distinct identities of `accepted`: every entry is
/// counted once, every identity is counted once. So one key under two names counts once, and so does one workflow
/// at two refs. An `at_least` of zero is never satisfied.
pub fn satisfied(accepted: &[(String, DistinctIdentity)], of: &[String], at_least: usize) -> Matching {
    let signers: Vec<&String> = of.iter().collect::<BTreeSet<_>>().into_iter().collect();
    let identities: Vec<&DistinctIdentity> =
        accepted.iter().map(|(_, identity)| identity).collect::<BTreeSet<_>>().into_iter().collect();
    let edges: Vec<Vec<usize>> = signers
        .iter()
        .map(|signer| {
            let mut reached: Vec<usize> = accepted
                .iter()
                .filter(|(name, _)| name == *signer)
                .filter_map(|(_, identity)| identities.binary_search(&identity).ok())
                .collect();
            reached.sort_unstable();
            reached.dedup();
            reached
        })
        .collect();
    let mut holder: Vec<Option<usize>> = vec![None; identities.len()];
    for signer in 0..signers.len() {
        augment(signer, &edges, &mut holder, &mut vec![false; identities.len()]);
    }
    let pair = |(identity, signer): (usize, &Option<usize>)| {
        signer.map(|signer| (signers[signer].clone(), identities[identity].clone()))
    };
    let mut pairs: Vec<(String, DistinctIdentity)> = holder.iter().enumerate().filter_map(pair).collect();
    pairs.sort_by_key(|(name, _)| of.iter().position(|other| other == name));
    let satisfied = at_least > 0 && pairs.len() >= at_least;
    Matching { pairs, satisfied }
}

/// Kuhn's algorithm: an augmenting path from `signer`, if there is one. Depth is bounded by the number of signers.
fn augment(signer: usize, edges: &[Vec<usize>], holder: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &identity in &edges[signer] {
        if std::mem::replace(&mut seen[identity], true) {
            continue;
        }
        let free = match holder[identity] {
            None => true,
            Some(other) => augment(other, edges, holder, seen),
        };
        if free {
            holder[identity] = Some(signer);
            return true;
        }
    }
    false
}
