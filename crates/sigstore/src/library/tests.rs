//! What the library minds, in our words: its refusal after our stages passed.

use jiff::Timestamp;

use super::*;

#[test]
fn every_refusal_has_a_reason_of_ours() {
    use Reason::{
        Expired, Malformed, NoTime, NoTransparency, Tampered, Unsupported, UntrustedRoot, WrongSubject,
    };
    let text = String::new;
    let time = Timestamp::UNIX_EPOCH;
    let table: Vec<(Error, Reason, Step)> = vec![
        (Error::ArtifactMismatch(text()), WrongSubject, Step::Subject),
        (Error::SignatureInvalid(text()), Unsupported, Step::Log),
        (Error::UnsupportedArtifact(text()), Unsupported, Step::Log),
        (Error::UnsupportedBundle(text()), Unsupported, Step::Log),
        (TransparencyLogError::MalformedEntry(text()).into(), Unsupported, Step::Log),
        (CertificateError::Sct(text()).into(), Tampered, Step::Chain),
        (CertificateError::ChainInvalid(text()).into(), UntrustedRoot, Step::Chain),
        (CertificateError::Malformed(text()).into(), Malformed, Step::Parse),
        (Error::InvalidBundle(text()), Malformed, Step::Parse),
        (CertificateError::Expired { time, not_after: time }.into(), Expired, Step::Time),
        (CertificateError::NotYetValid { time, not_before: time }.into(), Expired, Step::Time),
        (TimestampError::OutsideAuthorityValidity { time }.into(), Expired, Step::Time),
        (TransparencyLogError::IntegratedTime(text()).into(), NoTime, Step::Time),
        (TimestampError::NoVerifiedTimestamp(text()).into(), NoTime, Step::Time),
        (TimestampError::Invalid(text()).into(), Tampered, Step::Time),
        (TransparencyLogError::UnknownLog { log_id: text() }.into(), UntrustedRoot, Step::Log),
        (TransparencyLogError::InclusionProof(text()).into(), Tampered, Step::Log),
        (TransparencyLogError::Checkpoint(text()).into(), Tampered, Step::Log),
        (TransparencyLogError::EntryMismatch(text()).into(), Tampered, Step::Log),
        (sigstore_verify::bundle::Error::UnsupportedVerificationMaterial.into(), NoTransparency, Step::Log),
        (Error::InvalidTrustRoot(text()), UntrustedRoot, Step::Chain),
    ];
    for (error, reason, step) in table {
        let ours = rejection(&error);
        assert_eq!((ours.reason, ours.step), (reason, step), "{error:?}");
        assert!(ours.detail.contains(&error.to_string()), "{}", ours.detail);
    }
}
