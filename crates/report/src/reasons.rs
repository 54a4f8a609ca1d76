//! The page of each reason: what `proofmark explain REASON` prints, and what `docs/reasons/` holds.

use proofmark_core::Reason;

/// The Markdown page of a reason, with the same headings on each: what it means, why it is refused or could not be
/// answered, what to do, and an example.
pub const fn reason_page(reason: Reason) -> &'static str {
    match reason {
        Reason::Unsigned => include_str!("reasons/unsigned.md"),
        Reason::WrongKey => include_str!("reasons/wrong-key.md"),
        Reason::WrongIdentity => include_str!("reasons/wrong-identity.md"),
        Reason::WrongSubject => include_str!("reasons/wrong-subject.md"),
        Reason::WrongPredicate => include_str!("reasons/wrong-predicate.md"),
        Reason::WrongRepository => include_str!("reasons/wrong-repository.md"),
        Reason::Tampered => include_str!("reasons/tampered.md"),
        Reason::NoTransparency => include_str!("reasons/no-transparency.md"),
        Reason::NoTime => include_str!("reasons/no-time.md"),
        Reason::Expired => include_str!("reasons/expired.md"),
        Reason::TooOld => include_str!("reasons/too-old.md"),
        Reason::UntrustedRoot => include_str!("reasons/untrusted-root.md"),
        Reason::Threshold => include_str!("reasons/threshold.md"),
        Reason::Missing => include_str!("reasons/missing.md"),
        Reason::Condition => include_str!("reasons/condition.md"),
        Reason::Base => include_str!("reasons/base.md"),
        Reason::NotListed => include_str!("reasons/not-listed.md"),
        Reason::Revoked => include_str!("reasons/revoked.md"),
        Reason::DigestMismatch => include_str!("reasons/digest-mismatch.md"),
        Reason::Malformed => include_str!("reasons/malformed.md"),
        Reason::Platform => include_str!("reasons/platform.md"),
        Reason::RegistryNotAllowed => include_str!("reasons/registry-not-allowed.md"),
        Reason::NoPolicy => include_str!("reasons/no-policy.md"),
        Reason::Unreachable => include_str!("reasons/unreachable.md"),
        Reason::Unauthorized => include_str!("reasons/unauthorized.md"),
        Reason::NotFound => include_str!("reasons/not-found.md"),
        Reason::Offline => include_str!("reasons/offline.md"),
        Reason::Limit => include_str!("reasons/limit.md"),
        Reason::OrderUnknown => include_str!("reasons/order-unknown.md"),
        Reason::Unsupported => include_str!("reasons/unsupported.md"),
    }
}
