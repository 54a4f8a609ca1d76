//! One thing wrong, and the reason and step that must be named for it.

use proofmark_core::Reason::{self, Malformed, NoTime, NoTransparency, Tampered, UntrustedRoot};
use proofmark_sigstore::Step;
use proofmark_testkit::sigstore::{Format, LogSpec, SignRequest, Tamper, TokenSpec};

use crate::{image, keyless, refused, world};

fn table(request: &SignRequest, rows: Vec<(Tamper, Reason, Step)>) {
    let world = world();
    for (tamper, reason, step) in rows {
        let result = keyless(&world, &request.clone().tamper(tamper.clone()));
        let got = result
            .map(|_| "accepted")
            .map_err(|rejection| (rejection.reason, rejection.step, rejection.detail));
        match got {
            Err((r, s, _)) if (r, s) == (reason, step) => {}
            other => panic!("{tamper:?}: {other:?}, not {reason} at {}", step.as_str()),
        }
    }
}

#[test]
fn certificates() {
    table(
        &SignRequest::image(&image()),
        vec![
            (Tamper::SctMissing, NoTransparency, Step::Chain),
            (Tamper::SctWrongKey, Tampered, Step::Chain),
            (Tamper::SctUnknownLog, UntrustedRoot, Step::Chain),
            (Tamper::SctOtherCertificate, Tampered, Step::Chain),
            (Tamper::SctTwice, Reason::Unsupported, Step::Chain),
            (Tamper::SctExtensionsAdded, Tampered, Step::Chain),
            (Tamper::CertificateUnknownAuthority, UntrustedRoot, Step::Chain),
            (Tamper::CertificateForged, Tampered, Step::Chain),
            (Tamper::CertificateBitFlip, Tampered, Step::Chain),
            (Tamper::LeafIsCa, UntrustedRoot, Step::Chain),
            (Tamper::CertificateOtherKey, Tampered, Step::Signature),
        ],
    );
}

/// SIG-07 and SIG-08 among them.
#[test]
fn signatures() {
    table(
        &SignRequest::image(&image()),
        vec![
            (Tamper::SignatureBitFlip, Tampered, Step::Signature),
            (Tamper::SignatureOtherKey, Tampered, Step::Signature),
            (Tamper::RawPayloadSigned, Tampered, Step::Signature),
            (Tamper::NoSignature, Malformed, Step::Parse),
            (Tamper::SecondSignature, Malformed, Step::Parse),
            (Tamper::SignatureTwice, Malformed, Step::Parse),
            (Tamper::PayloadTypeReplaced("text/plain".to_owned()), Reason::WrongPredicate, Step::Predicate),
        ],
    );
}

/// SIG-01, SIG-02: whatever is valid by itself and for something else.
#[test]
fn sig_01_02_entries_of_something_else() {
    let rows = || {
        vec![
            (Tamper::EntryOfOtherSignature, Tampered, Step::Log),
            (Tamper::EntryOtherDigest, Tampered, Step::Log),
            (Tamper::EntryOtherSignature, Tampered, Step::Log),
            (Tamper::EntryOtherVerifier, Tampered, Step::Log),
            (Tamper::EntryWhitespaceLogged, Malformed, Step::Parse),
            (Tamper::EntryWhitespaceAdded, Malformed, Step::Parse),
            (Tamper::EntryTwice, Malformed, Step::Parse),
            (Tamper::EntryTimes(33), Malformed, Step::Parse),
            (Tamper::EntryOfUnknownLogAdded, UntrustedRoot, Step::Log),
            (Tamper::UnknownLog, UntrustedRoot, Step::Log),
            (Tamper::LogIdReplaced, UntrustedRoot, Step::Log),
            (Tamper::KindReplaced, Malformed, Step::Parse),
            (Tamper::ProofMissing, Malformed, Step::Parse),
            (Tamper::ProofHashBitFlip, Tampered, Step::Log),
            (Tamper::ProofHashDropped, Tampered, Step::Log),
            (Tamper::ProofHashAdded, Tampered, Step::Log),
            (Tamper::CheckpointMissing, Malformed, Step::Parse),
            (Tamper::CheckpointOrigin, Tampered, Step::Log),
            (Tamper::CheckpointHint, Tampered, Step::Log),
            (Tamper::CheckpointBitFlip, Tampered, Step::Log),
            (Tamper::CheckpointWrongKey, Tampered, Step::Log),
        ]
    };
    table(&SignRequest::image(&image()), rows());
    table(&SignRequest::image(&image()).rekor_v1(), rows());
}

/// Copies that sigstore-go does not read: a wrong one is malformed evidence.
#[test]
fn redundant_fields_of_rekor_v2() {
    table(
        &SignRequest::image(&image()),
        vec![
            (Tamper::ProofRootHash, Malformed, Step::Log),
            (Tamper::ProofTreeSize(1), Malformed, Step::Log),
            (Tamper::ProofLogIndex(1), Malformed, Step::Parse),
            (Tamper::LogIndexShifted(1), Malformed, Step::Parse),
            (Tamper::CheckpointOfOtherTree, Malformed, Step::Log),
            (
                Tamper::Document(|bundle| {
                    bundle["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = "1".into();
                }),
                Malformed,
                Step::Parse,
            ),
        ],
    );
}

/// TIME-01: a log's time counts under a promise alone.
#[test]
fn time_01_promises_of_rekor_v1() {
    table(
        &SignRequest::image(&image()).rekor_v1(),
        vec![
            (Tamper::SetBitFlip, Tampered, Step::Log),
            (Tamper::SetWrongKey, Tampered, Step::Log),
            (Tamper::SetOfOtherEntry, Tampered, Step::Log),
            (Tamper::SetMissing, NoTime, Step::Time),
            (Tamper::IntegratedTimeShifted(1), Tampered, Step::Log),
            (Tamper::IntegratedTimeShifted(-3600), Tampered, Step::Log),
            (Tamper::LogIndexShifted(1), Tampered, Step::Log),
            (Tamper::ProofRootHash, Tampered, Step::Log),
            (Tamper::ProofTreeSize(1), Tampered, Step::Log),
            (Tamper::CheckpointOfOtherTree, Tampered, Step::Log),
        ],
    );
}

/// TIME-04 among them.
#[test]
fn timestamps() {
    table(
        &SignRequest::image(&image()),
        vec![
            (Tamper::TimestampOfOtherBytes, Tampered, Step::Time),
            (Tamper::TimestampUnknownAuthority, UntrustedRoot, Step::Time),
            (Tamper::TimestampForged, Tampered, Step::Time),
            (Tamper::TimestampBitFlip, Tampered, Step::Time),
            (Tamper::TimestampTwice, Malformed, Step::Parse),
            (Tamper::TimestampTimes(33), Malformed, Step::Parse),
            (Tamper::TimestampOfUnknownAuthorityAdded, UntrustedRoot, Step::Time),
        ],
    );
    let rejected = TokenSpec { status: 2, ..TokenSpec::default() };
    let request = SignRequest::image(&image()).timestamps([rejected]);
    assert!(keyless(&world(), &request).is_err());
    refused(keyless(&world(), &SignRequest::image(&image()).timestamps([])), NoTime, Step::Time);
}

/// The strictness gaps of the library, each closed by the reading before it.
#[test]
fn documents() {
    table(
        &SignRequest::image(&image()),
        vec![
            (Tamper::CertificateAndKey, Malformed, Step::Parse),
            (
                Tamper::MediaType("application/vnd.dev.sigstore.bundle.v0.4+json".to_owned()),
                Malformed,
                Step::Parse,
            ),
            (
                Tamper::MediaType("application/vnd.dev.sigstore.bundle+json;version=0.1".to_owned()),
                Malformed,
                Step::Parse,
            ),
            (Tamper::DuplicateKey("mediaType"), Malformed, Step::Parse),
            (Tamper::DuplicateKey("rawBytes"), Malformed, Step::Parse),
            (Tamper::DuplicateKey("logIndex"), Malformed, Step::Parse),
            (Tamper::Document(|bundle| bundle["extra"] = 1.into()), Malformed, Step::Parse),
            (
                Tamper::Document(|bundle| bundle["MediaType"] = bundle["mediaType"].clone()),
                Malformed,
                Step::Parse,
            ),
            (
                Tamper::Document(|bundle| bundle["dsseEnvelope"]["signatures"][0]["x"] = 1.into()),
                Malformed,
                Step::Parse,
            ),
            (
                Tamper::Document(|bundle| {
                    bundle["verificationMaterial"]["tlog_entries"] = serde_json::Value::Array(vec![]);
                }),
                Malformed,
                Step::Parse,
            ),
            (Tamper::Text(|text| format!("{text}x")), Malformed, Step::Parse),
            (Tamper::Text(|text| format!("{text}{{}}")), Malformed, Step::Parse),
            (Tamper::Text(|text| text.replace("\"payload\":\"", "\"payload\":\" ")), Malformed, Step::Parse),
        ],
    );
    table(
        &SignRequest::image(&image()).format(Format::BundleV02),
        vec![(Tamper::RootInChain, Malformed, Step::Parse), (Tamper::EmptyChain, Malformed, Step::Parse)],
    );
}

/// A v0.3 bundle relabelled v0.1 with its proof dropped rests on the promise alone: refused.
#[test]
fn the_relabel_trick() {
    let mut promise_only = LogSpec::rekor_v1();
    promise_only.proof = false;
    let request = SignRequest::image(&image()).log(promise_only).timestamps([]).format(Format::BundleV01);
    refused(keyless(&world(), &request), Malformed, Step::Parse);
}

#[test]
fn no_log_entry() {
    refused(keyless(&world(), &SignRequest::image(&image()).no_log()), NoTransparency, Step::Log);
}
