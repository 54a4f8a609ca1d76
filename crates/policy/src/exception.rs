//! Exceptions: a Fail that someone answers for, until a day (verdicts.md 7).

use std::fmt;

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
    /// What it is for.
    pub subject: ExceptionSubject,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// It holds before this moment: the end of the day written, UTC.
    pub until: Timestamp,
    /// Where the row stands.
    pub origin: Origin,
}

/// What an exception is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptionSubject {
    /// Of rules about images: `repository@digest`, never a pattern, never a file.
    Image(DigestRef),
    /// Of rules about what an `.envrc` does: the file, from the root of the version-controlled tree in which the policy lies.
    File(String),
}

impl fmt::Display for ExceptionSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(subject) => subject.fmt(f),
            Self::File(path) => f.write_str(path),
        }
    }
}

impl Exception {
    /// Whether it turns what this rule found in this file into *allowed*.
    pub fn allows_file(&self, rule: &str, path: &str, now: Timestamp) -> bool {
        let named = matches!(&self.subject, ExceptionSubject::File(subject) if subject == path);
        named && self.rule == rule && now < self.until
    }

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
            && matches!(&self.subject, ExceptionSubject::Image(subject)
                if subject.repository == *repository && subject.digest == *digest)
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
            subject: ExceptionSubject::Image(DigestRef {
                repository: repository.clone(),
                digest: digest.clone(),
            }),
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
    #[test]
    fn one_for_a_file_is_for_no_image_and_no_other_file() {
        let exception = Exception {
            rule: "envrc-network".into(),
            subject: ExceptionSubject::File("a/.envrc".into()),
            reason: "r".into(),
            owner: "o".into(),
            until: Timestamp::from_second(1000).unwrap(),
            origin: nowhere("e.toml"),
        };
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(exception.allows_file("envrc-network", "a/.envrc", at(999)));
        assert!(!exception.allows_file("envrc-network", "a/.envrc", at(1000)));
        assert!(!exception.allows_file("envrc-secret", "a/.envrc", at(0)));
        assert!(!exception.allows_file("envrc-network", "b/a/.envrc", at(0)));
        let repository = Repository::parse("ghcr.io/acme/app").unwrap();
        assert!(!exception.allows(
            "envrc-network",
            &repository,
            &Digest::sha256(b""),
            Reason::Unsigned,
            at(0)
        ));
    }
}
