//! `image-signature`: signed by whom the policy says.
//!
//! A signature is a simple-signing payload or a statement of type `https://sigstore.dev/cosign/sign/v1`, nothing
//! else: an SBOM attestation by the right identity is not a signature (SIG-13).

pub mod candidate;
mod help;
pub mod tally;
mod words;

use proofmark_core::{Digest, Reason, RuleMeta, RuleStatus, Severity, Threshold, Verdict};
use proofmark_oci::{Found, PathReport};
use proofmark_policy::RepositoryRule;
use proofmark_sigstore::{Candidate, Rejection};

use self::candidate::{Context, evaluate};
use self::tally::Tally;
use crate::decide::{Admission, Bytes, Decision, Standing, monotone};
use crate::paths;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-signature",
    summary: "The image is signed by whom the policy names.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1", "T1.2"],
    reasons: &[
        Reason::Unsigned,
        Reason::WrongKey,
        Reason::WrongIdentity,
        Reason::WrongSubject,
        Reason::WrongPredicate,
        Reason::WrongRepository,
        Reason::Tampered,
        Reason::NoTransparency,
        Reason::NoTime,
        Reason::Expired,
        Reason::UntrustedRoot,
        Reason::Threshold,
        Reason::Malformed,
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

/// Judges the signatures of one image as they arrive.
#[derive(Debug, Clone)]
pub struct Judge<'a> {
    context: Context<'a>,
    threshold: &'a Threshold,
    tally: Tally,
}

impl<'a> Judge<'a> {
    /// A judge who has seen nothing.
    pub fn new(context: Context<'a>, threshold: &'a Threshold) -> Self {
        Self { context, threshold, tally: Tally::default() }
    }

    /// Takes one candidate, as it was read.
    pub fn consider(&mut self, found: &Found, read: &Result<Candidate, Rejection>) {
        self.tally.add(evaluate(&self.context, found, read));
    }

    /// The verdict on `digest`, and the digest that carries the evidence: `index` if any of it stands there.
    pub fn verdict(
        mut self,
        reports: &[PathReport],
        digest: &Digest,
        index: &Digest,
    ) -> (Verdict, Option<Digest>) {
        let bound = self.context.entry.repository == RepositoryRule::Bound;
        let standing = self.tally.standing(self.threshold, bound);
        let decision = monotone(
            Admission::Admitted,
            Bytes::Verified,
            paths::summary(&PathReport::merged(reports)),
            standing,
        );
        match decision {
            Decision::Pass { .. } => {
                let accepted = self.tally.accepted();
                let carrier = if accepted.iter().any(|one| one.covers == *index) {
                    Some(index.clone())
                } else {
                    accepted.first().map(|one| one.covers.clone())
                };
                (words::pass(&self.context, &mut self.tally, reports), carrier)
            }
            Decision::Refuse(reason) => {
                let have = self.tally.satisfied(self.threshold);
                let unbound = matches!(standing, Standing::Refused(Reason::WrongRepository)) && have > 0;
                let refusal = help::Refused { reason, have, unbound, digest, reports };
                (words::refuse(&self.context, self.threshold, &mut self.tally, &refusal), None)
            }
        }
    }
}
