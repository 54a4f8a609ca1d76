//! The decision tables, pure: one function a table, one generated test a row (`docs/vectors/decisions.toml` for monotone
//! rules, `docs/vectors/attestations.toml` for rules about attestations).

use proofmark_core::Reason;

/// What is known of the image's own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    /// They could not be read, for this reason (Unverifiable).
    NotObtained(Reason),
    /// They do not hash to the digest that was asked for.
    OtherDigest,
    /// They were hashed and are what was asked for.
    Verified,
}

/// What is known of the discovery paths together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// Every path that can hold the rule's evidence was read to its end, or is not offered.
    Complete,
    /// At least one path failed or was capped: the cause of the first in reading order.
    Incomplete(Reason),
}

/// What the candidates amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The whole rule is satisfied, threshold and all.
    Satisfied,
    /// Nothing was found.
    Nothing,
    /// Some signatures are accepted, too few.
    TooFew,
    /// Candidates were found and all refused: the nearest miss's reason.
    Refused(Reason),
}

/// The answer, still without words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Pass; `incomplete` says whether the evidence names paths that failed or were capped.
    Pass {
        /// Some path was not read to its end.
        incomplete: bool,
    },
    /// Fail or Unverifiable, by the reason.
    Refuse(Reason),
}

/// Facts that come before the image's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The digest is denied.
    Denied,
    /// The registry or repository is not listed.
    RegistryNotAllowed,
    /// No entry of the policy matches.
    NoPolicy,
    /// The policy has an entry for it.
    Admitted,
}

/// Decides a monotone rule (verdicts.md 4, "Monotone rules"): evidence that a stranger adds never turns a pass into a fail.
pub const fn monotone(admission: Admission, bytes: Bytes, paths: Paths, standing: Standing) -> Decision {
    if let Some(reason) = before_evidence(admission, bytes) {
        return Decision::Refuse(reason);
    }
    match (standing, paths) {
        (Standing::Satisfied, Paths::Complete) => Decision::Pass { incomplete: false },
        (Standing::Satisfied, Paths::Incomplete(_)) => Decision::Pass { incomplete: true },
        // A path that was not read to its end may hold what is missing: never `unsigned`.
        (_, Paths::Incomplete(reason)) | (Standing::Refused(reason), Paths::Complete) => {
            Decision::Refuse(reason)
        }
        (Standing::Nothing, Paths::Complete) => Decision::Refuse(Reason::Unsigned),
        (Standing::TooFew, Paths::Complete) => Decision::Refuse(Reason::Threshold),
    }
}

/// The rows in which no evidence is looked at.
const fn before_evidence(admission: Admission, bytes: Bytes) -> Option<Reason> {
    match (admission, bytes) {
        (Admission::Denied, _) => Some(Reason::Revoked),
        (Admission::RegistryNotAllowed, _) => Some(Reason::RegistryNotAllowed),
        (Admission::NoPolicy, _) => Some(Reason::NoPolicy),
        (Admission::Admitted, Bytes::NotObtained(reason)) => Some(reason),
        (Admission::Admitted, Bytes::OtherDigest) => Some(Reason::DigestMismatch),
        (Admission::Admitted, Bytes::Verified) => None,
    }
}

/// How statements of one rule decide (verdicts.md 4, "Attestation rules").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Semantics {
    /// One statement that satisfies is enough, whatever else there is: monotone.
    OneIsEnough,
    /// The newest statement decides: a later one can turn a pass into a fail, so that everything must have been seen.
    NewestDecides,
}

/// What the accepted statements amount to; with [`Semantics::NewestDecides`] the newest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attested {
    /// The whole rule is satisfied, threshold and all.
    Satisfied,
    /// No statement is accepted.
    Missing,
    /// Statements satisfy, by fewer signers than are needed.
    TooFew,
    /// What decides does not satisfy: its reason.
    Refused(Reason),
    /// Which of the accepted statements is the newest cannot be told.
    OrderUnknown,
}

/// Decides a rule about attestations. `unsupported` says that an accepted signer made a statement whose log, time or
/// format cannot be verified here, and which is not accepted in another copy: it may be the one that decides.
pub const fn attestation(
    semantics: Semantics,
    admission: Admission,
    bytes: Bytes,
    paths: Paths,
    standing: Attested,
    unsupported: bool,
) -> Decision {
    if let Some(reason) = before_evidence(admission, bytes) {
        return Decision::Refuse(reason);
    }
    if let (Semantics::OneIsEnough, Attested::Satisfied) = (semantics, standing) {
        return Decision::Pass { incomplete: matches!(paths, Paths::Incomplete(_)) };
    }
    // What was not seen, or cannot be read, may be newer or may be the one that is enough.
    if let Paths::Incomplete(reason) = paths {
        return Decision::Refuse(reason);
    }
    if unsupported {
        return Decision::Refuse(Reason::Unsupported);
    }
    match standing {
        Attested::Satisfied => Decision::Pass { incomplete: false },
        Attested::Missing => Decision::Refuse(Reason::Missing),
        Attested::TooFew => Decision::Refuse(Reason::Threshold),
        Attested::Refused(reason) => Decision::Refuse(reason),
        Attested::OrderUnknown => Decision::Refuse(Reason::OrderUnknown),
    }
}
