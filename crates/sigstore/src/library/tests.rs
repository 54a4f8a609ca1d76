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

/// Version 0.1 is the one that must have a promise; without a log entry there is none.
#[test]
fn cosigns_annotations_become_the_bundle_that_fits() {
    let entry = Entry {
        index: 0,
        log_id: [0; 32],
        kind: "hashedrekord".to_owned(),
        version: "0.0.1".to_owned(),
        integrated_time: None,
        promise: None,
        proof: None,
        body: Vec::new(),
        parsed_body: Value::Null,
    };
    let version = |form: Form, entries: Vec<Entry>| {
        let signed = Signed::Message { digest: None, payload: None };
        let material = Material::Key { hint: String::new() };
        let model = Model { form, signed, signature: Vec::new(), material, entries, tokens: Vec::new() };
        to_json(&model)["mediaType"]
            .as_str()
            .unwrap_or_default()
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    for form in [Form::LegacySignature, Form::LegacyEnvelope] {
        assert_eq!(version(form, Vec::new()), "2");
        assert_eq!(version(form, vec![entry.clone()]), "1");
    }
    assert_eq!(version(Form::Bundle(Version::V01), Vec::new()), "1");
    assert_eq!(version(Form::Bundle(Version::V02), vec![entry.clone()]), "2");
    assert_eq!(version(Form::Bundle(Version::V03), vec![entry]), "3+json");
}
