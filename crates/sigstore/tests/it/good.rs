//! What must be accepted, and what is then known.

use proofmark_sigstore::{Content, SignerFacts, TimeKind, claims};
use proofmark_testkit::sigstore::{
    EntryKind, Format, KeyType, LeafSpec, LogSpec, SignRequest, Tamper, TokenSpec,
};

use crate::{image, keyless, world};

#[test]
fn every_form_of_an_honest_signature() {
    let world = world();
    let base = SignRequest::image(&image());
    let requests = [
        base.clone(),
        base.clone().format(Format::BundleV03Old),
        base.clone().format(Format::BundleV02),
        base.clone().rekor_v1(),
        base.clone().rekor_v1().format(Format::BundleV01),
        base.clone().log(LogSpec::rekor_v1().kind(EntryKind::Intoto002)).timestamps([]),
        base.clone().timestamps([TokenSpec { embed_certificate: true, ..TokenSpec::default() }]),
        base.clone().timestamps([TokenSpec { sha512: true, ..TokenSpec::default() }]),
        base.clone().leaf(LeafSpec { sct_extensions: vec![1, 2, 3], ..LeafSpec::default() }),
        base.clone().leaf(LeafSpec { key: KeyType::P384, ..LeafSpec::default() }),
        base.clone().leaf(LeafSpec { key: KeyType::Ed25519, ..LeafSpec::default() }),
        base.tamper(Tamper::CheckpointCosigned),
        SignRequest::legacy_image("ghcr.io/acme/agents", &image()),
    ];
    for request in requests {
        let verified =
            keyless(&world, &request).unwrap_or_else(|rejection| panic!("{request:?}: {rejection}"));
        assert_eq!(verified.log_entries().len(), 1);
        assert!(verified.earliest_time().is_some_and(|at| at >= world.options().now));
    }
}

#[test]
fn facts_of_a_rekor_v2_signature() {
    let verified = keyless(&world(), &SignRequest::image(&image())).unwrap();
    let Content::Statement(statement) = verified.content() else { panic!("{:?}", verified.content()) };
    assert_eq!(statement.predicate_type(), proofmark_sigstore::COSIGN_SIGN);
    assert_eq!(verified.times()[0].kind, TimeKind::Timestamp);
    assert_eq!(verified.times()[0].authority, "https://timestamp-0.test/api/v1/timestamp");
    assert_eq!(verified.log_entries()[0].kind, "hashedrekord/0.0.2");
    assert_eq!(verified.log_entries()[0].origin.as_deref(), Some("log2026.rekor-0.test"));
    let SignerFacts::Certificate(facts) = verified.signer() else { panic!("{:?}", verified.signer()) };
    assert_eq!(facts.issuer(), Some("https://token.actions.githubusercontent.com"));
    assert_eq!(facts.spki.len(), 64);
    assert!(claims(&verified).is_empty(), "a v3 signature claims no repository");
}

/// SIG-12: the claim is handed over, not judged here.
#[test]
fn sig_12_legacy_claim_and_log_time() {
    let verified = keyless(&world(), &SignRequest::legacy_image("ghcr.io/acme/agents", &image())).unwrap();
    assert_eq!(claims(&verified), ["ghcr.io/acme/agents"]);
    assert_eq!(verified.times()[0].kind, TimeKind::Log);
    assert_eq!(verified.log_entries()[0].origin, None);
}

#[test]
fn one_envelope_in_several_bundles_counts_once() {
    let world = world();
    let request = SignRequest::image(&image());
    let (v2, v1) =
        (keyless(&world, &request).unwrap(), keyless(&world, &request.clone().rekor_v1()).unwrap());
    assert_eq!(v2.envelope_digest(), v1.envelope_digest());
}
