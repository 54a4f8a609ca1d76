//! cosign's annotations.

use proofmark_core::{Digest, Reason};
use proofmark_sigstore::{Authority, Candidate, Question, Step, verify};
use proofmark_testkit::sigstore::{
    ANNOTATION_BUNDLE, ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN, ANNOTATION_SIGNATURE, EntryKind, LogSpec,
    SignRequest, Statement, Tamper,
};

use crate::{candidate, image, keyless, now, refused, root_of, world};

fn legacy() -> SignRequest {
    SignRequest::legacy_image("ghcr.io/acme/agents", &image())
}

/// SIG-01, SIG-03: the annotation of another signature.
#[test]
fn sig_03_borrowed_rekor_bundles() {
    for tamper in [
        Tamper::EntryOfOtherSignature,
        Tamper::EntryOtherDigest,
        Tamper::EntryOtherSignature,
        Tamper::EntryOtherVerifier,
        Tamper::SetBitFlip,
        Tamper::SetOfOtherEntry,
        Tamper::IntegratedTimeShifted(5),
        Tamper::LogIndexShifted(1),
    ] {
        refused(keyless(&world(), &legacy().tamper(tamper)), Reason::Tampered, Step::Log);
    }
}

/// SIG-09: every annotation empty, white space, a web page, cut: an error, never a panic, never a pass.
#[test]
fn sig_09_annotations_that_are_something_else() {
    let signed = world().sign(&legacy());
    for name in [ANNOTATION_BUNDLE, ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN, ANNOTATION_SIGNATURE] {
        for value in ["", " ", "<html></html>", "{}", "null", "[]", "AA==", "-----BEGIN CERTIFICATE-----"] {
            let mut annotations = signed.annotations.clone();
            annotations.insert(name.to_owned(), value.to_owned());
            let (root, digest, world) = (root_of(&world()), image(), world());
            let result = Candidate::simple_signing(signed.layer(), &annotations).and_then(|candidate| {
                let question = Question::ImageSignature { digest: &digest };
                verify(&candidate, &question, &Authority::Root(&root), now(&world))
            });
            // cosign writes empty texts for what it has not: the root itself knows the way from the certificate.
            let honest = value.is_empty() && name == ANNOTATION_CHAIN;
            assert_eq!(result.is_ok(), honest, "{name} = {value:?}");
        }
    }
    let none = std::collections::BTreeMap::new();
    assert!(Candidate::simple_signing(signed.layer(), &none).is_err());
}

/// cosign without a log: nothing says when, or that anyone saw it.
#[test]
fn a_signature_without_its_rekor_bundle() {
    let tamper = Tamper::Annotations(|annotations| {
        annotations.remove(ANNOTATION_BUNDLE);
    });
    refused(keyless(&world(), &legacy().tamper(tamper)), Reason::NoTransparency, Step::Log);
}

#[test]
fn a_signature_for_another_image() {
    let other = SignRequest::legacy_image("ghcr.io/acme/agents", &Digest::sha256(b"other"));
    let rejection = refused(keyless(&world(), &other), Reason::WrongSubject, Step::Subject);
    assert!(rejection.detail.contains(image().hex()), "{rejection}");
}

/// Attestations: dsse entries verify; of intoto 0.0.1, which logs no signature, nothing can be verified.
#[test]
fn attestations() {
    let world = world();
    let (root, digest) = (root_of(&world), image());
    let statement = Statement::new("https://slsa.dev/provenance/v1").subject("ghcr.io/acme/agents", &digest);
    let ask = |request: &SignRequest| {
        let question = Question::Statement { digest: &digest };
        verify(&candidate(&world.sign(request)).unwrap(), &question, &Authority::Root(&root), now(&world))
    };
    let request = SignRequest::legacy_attestation(&statement);
    assert_eq!(proofmark_sigstore::claims(&ask(&request).unwrap()), ["ghcr.io/acme/agents"]);
    let old = request.log(LogSpec::rekor_v1().kind(EntryKind::Intoto001));
    let rejection = refused(ask(&old), Reason::Unsupported, Step::Log);
    assert!(rejection.signer.is_some());
}
