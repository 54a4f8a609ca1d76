//! Exceptions: a Fail that someone answers for, until a day (verdicts.md 7).

use proofmark_core::{Digest, DigestRef, Origin, Reason, ReasonKind, Repository, Timestamp};

/// Days that an exception may lie ahead when it is loaded.
pub const MAX_DAYS: i32 = 180;

/// Reasons that no exception can allow (verdicts.md 7).
pub const NEVER_EXCEPTED: &[Reason] =
    &[Reason::Tampered, Reason::DigestMismatch, Reason::Revoked, Reason::RegistryNotAllowed];

/// One row of `allowlists/exceptions.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The rule that is answered for.
    pub rule: String,
    /// `repository@digest`: never a pattern, never a file.
    pub subject: DigestRef,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// It holds before this moment: the end of the day written, UTC.
    pub until: Timestamp,
    /// Where the row stands.
    pub origin: Origin,
}

impl Exception {
    /// Whether it turns this refusal into *allowed*: never an Unverifiable, never a reason of [`NEVER_EXCEPTED`].
    pub fn allows(
        &self,
        rule: &str,
        repository: &Repository,
        digest: &Digest,
        reason: Reason,
        now: Timestamp,
    ) -> bool {
        reason.kind() == ReasonKind::Fail
            && !NEVER_EXCEPTED.contains(&reason)
            && self.rule == rule
            && self.subject.repository == *repository
            && self.subject.digest == *digest
            && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::nowhere;

    /// POL-02: scoped by digest, expiring, and never for what was changed or revoked.
    #[test]
    fn pol_02_an_exception_is_narrow() {
        let repository = Repository::parse("ghcr.io/acme/app").unwrap();
        let (digest, other) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
        let exception = Exception {
            rule: "image-signature".into(),
            subject: DigestRef { repository: repository.clone(), digest: digest.clone() },
            reason: "r".into(),
            owner: "o".into(),
            until: Timestamp::from_second(1000).unwrap(),
            origin: nowhere("e.toml"),
        };
        let at = |second| Timestamp::from_second(second).unwrap();
        let allows = |reason, now| exception.allows("image-signature", &repository, &digest, reason, at(now));
        assert!(allows(Reason::Unsigned, 999));
        assert!(!allows(Reason::Unsigned, 1000));
        for reason in Reason::ALL {
            let never = reason.kind() == ReasonKind::Unverifiable || NEVER_EXCEPTED.contains(reason);
            assert_eq!(allows(*reason, 0), !never, "{reason}");
        }
        assert!(!exception.allows("image-digest", &repository, &digest, Reason::Unsigned, at(0)));
        assert!(!exception.allows("image-signature", &repository, &other, Reason::Unsigned, at(0)));
        let elsewhere = Repository::parse("ghcr.io/acme/app2").unwrap();
        assert!(!exception.allows("image-signature", &elsewhere, &digest, Reason::Unsigned, at(0)));
    }
}
