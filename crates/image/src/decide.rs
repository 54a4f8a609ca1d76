//! The decision table of monotone rules: pure, one function, one generated test a row
//! (`docs/vectors/decisions.toml`).

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
    match admission {
        Admission::Denied => return Decision::Refuse(Reason::Revoked),
        Admission::RegistryNotAllowed => return Decision::Refuse(Reason::RegistryNotAllowed),
        Admission::NoPolicy => return Decision::Refuse(Reason::NoPolicy),
        Admission::Admitted => {}
    }
    match bytes {
        Bytes::NotObtained(reason) => return Decision::Refuse(reason),
        Bytes::OtherDigest => return Decision::Refuse(Reason::DigestMismatch),
        Bytes::Verified => {}
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
