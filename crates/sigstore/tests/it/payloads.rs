//! What is signed, and what it is not taken for.

use proofmark_core::{Digest, Reason};
use proofmark_sigstore::{
    Artifact, Authority, Candidate, Content, Question, Rejection, Step, claims, verify,
};
use proofmark_testkit::sigstore::{IN_TOTO, SignRequest, Statement};
use serde_json::json;

use crate::{candidate, image, keyless, now, refused, root_of, world};

fn simple(payload: &str) -> Result<(), Rejection> {
    keyless(&world(), &SignRequest::legacy_payload(payload.as_bytes())).map(|_| ())
}

fn payload(inner: &str) -> String {
    let digest = image();
    format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"a"}},"image":{{"docker-manifest-digest":"{digest}"{inner}}},"type":"cosign container image signature"}},"optional":null}}"#
    )
}

/// SIG-10: Go's decoder is blind to case, and the last duplicate wins.
#[test]
fn sig_10_duplicate_and_case_variant_keys() {
    assert!(simple(&payload("")).is_ok());
    let other = Digest::sha256(b"other");
    for key in ["docker-manifest-digest", "Docker-manifest-digest", "DOCKER-MANIFEST-DIGEST", "x"] {
        let rejection = simple(&payload(&format!(r#","{key}":"{other}""#))).unwrap_err();
        assert_eq!((rejection.reason, rejection.step), (Reason::Malformed, Step::Parse), "{key}");
    }
}

#[test]
fn simple_signing_types() {
    let other = payload("").replace("cosign container", "atomic container");
    let rejection = simple(&other).unwrap_err();
    assert_eq!((rejection.reason, rejection.step), (Reason::WrongPredicate, Step::Predicate));
    let upper = payload("").replace(image().hex(), &image().hex().to_uppercase());
    assert_eq!(simple(&upper).unwrap_err().reason, Reason::Malformed);
}

/// What a candidate may be is told before it is verified: a statement of its own type alone, one that cannot be read of any.
#[test]
fn what_is_worth_verifying() {
    let may_be = |request: &SignRequest, kind: &str| {
        candidate(&world().sign(request)).unwrap().may_be_of(&|predicate_type| predicate_type == kind)
    };
    let sbom = "https://cyclonedx.org/bom";
    let statement = Statement::new(sbom).subject("", &image());
    assert!(may_be(&SignRequest::statement(&statement), sbom));
    assert!(!may_be(&SignRequest::statement(&statement), "https://spdx.dev/Document"));
    assert!(may_be(&SignRequest::dsse(b"{".to_vec(), IN_TOTO), sbom));
    for other in [
        SignRequest::dsse(b"hello".to_vec(), "text/plain"),
        SignRequest::blob(b"manifest"),
        SignRequest::legacy_payload(payload("").as_bytes()),
    ] {
        assert!(!may_be(&other, sbom));
    }
}

/// SIG-13: an attestation by the trusted identity is no signature.
#[test]
fn sig_13_an_attestation_is_no_signature() {
    for kind in [
        "https://spdx.dev/Document",
        "https://sigstore.dev/cosign/sign/v2",
        "https://sigstore.dev/cosign/sign/v1/",
    ] {
        let statement = Statement::new(kind).subject("", &image());
        refused(
            keyless(&world(), &SignRequest::statement(&statement)),
            Reason::WrongPredicate,
            Step::Predicate,
        );
    }
    let text = SignRequest::dsse(b"hello".to_vec(), "text/plain");
    refused(keyless(&world(), &text), Reason::WrongPredicate, Step::Predicate);
    refused(keyless(&world(), &SignRequest::blob(b"manifest")), Reason::WrongPredicate, Step::Predicate);
}

/// SIG-09, SIG-11: statements that are none.
#[test]
fn sig_11_statements_at_their_limits() {
    let digest = image();
    let sign = "https://sigstore.dev/cosign/sign/v1";
    let many = |count: usize| {
        (0..count).fold(Statement::new(sign), |statement, n| statement.subject(&n.to_string(), &digest))
    };
    assert!(keyless(&world(), &SignRequest::statement(&many(1024))).is_ok());
    refused(keyless(&world(), &SignRequest::statement(&many(1025))), Reason::Malformed, Step::Parse);
    let digests = |count: usize| {
        let mut map: serde_json::Map<_, _> = (1..count).map(|n| (format!("x{n}"), json!("00"))).collect();
        map.insert("sha256".to_owned(), json!(digest.hex()));
        Statement::new(sign).raw_subject(json!({ "digest": map }))
    };
    assert!(keyless(&world(), &SignRequest::statement(&digests(32))).is_ok());
    refused(keyless(&world(), &SignRequest::statement(&digests(33))), Reason::Malformed, Step::Parse);
    let upper =
        Statement::new(sign).raw_subject(json!({ "digest": { "sha256": digest.hex().to_uppercase() } }));
    refused(keyless(&world(), &SignRequest::statement(&upper)), Reason::Malformed, Step::Parse);
    let null = r#"{"_type":"https://in-toto.io/Statement/v1","subject":null,"predicateType":"p"}"#;
    refused(keyless(&world(), &SignRequest::dsse(null.into(), IN_TOTO)), Reason::Malformed, Step::Parse);
    let sha512_only = Statement::new(sign).raw_subject(json!({ "digest": { "sha512": "0".repeat(128) } }));
    refused(keyless(&world(), &SignRequest::statement(&sha512_only)), Reason::WrongSubject, Step::Subject);
}

/// What is read of a statement, and what it must have.
#[test]
fn what_a_statement_says() {
    let text = |subjects: &str, kind: &str| {
        let digest = image();
        let subject = format!(r#"{{"digest":{{"sha256":"{}"}}}}"#, digest.hex());
        let subjects = subjects.replace('S', &subject);
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{subjects}],"predicateType":"{kind}","predicate":{{"a":[1]}},"more":true}}"#
        )
    };
    let digest = image();
    let asked = |text: String| {
        let (world, dsse) = (world(), SignRequest::dsse(text.into_bytes(), IN_TOTO));
        let root = root_of(&world);
        let signed = candidate(&world.sign(&dsse))?;
        verify(&signed, &Question::Statement { digest: &digest }, &Authority::Root(&root), now(&world))
    };
    let verified = asked(text("S", &"p".repeat(1024))).unwrap();
    let Content::Statement(statement) = verified.content() else { panic!("no statement") };
    assert_eq!(statement.predicate_type(), "p".repeat(1024));
    assert_eq!(statement.predicate(), &json!({ "a": [1] }));
    assert_eq!(statement.document().pointer("/more"), Some(&json!(true)));
    for bad in [text("S", ""), text("S", &"p".repeat(1025)), text("", "p")] {
        refused(asked(bad), Reason::Malformed, Step::Parse);
    }
}

/// A statement about several things claims, of this one, its own name alone.
#[test]
fn claims_are_of_the_subject_that_was_asked_for() {
    let other = Digest::sha256(b"other");
    let several = Statement::new("https://cyclonedx.org/bom")
        .subject("ghcr.io/mallory/app", &other)
        .subject("ghcr.io/acme/app", &image());
    let world = world();
    let (root, digest) = (root_of(&world), image());
    let signed = candidate(&world.sign(&SignRequest::statement(&several))).unwrap();
    let question = Question::Statement { digest: &digest };
    let verified = verify(&signed, &question, &Authority::Root(&root), now(&world)).unwrap();
    assert_eq!(claims(&verified), ["ghcr.io/acme/app"]);
}

/// SIG-05: artifacts by their bytes and by their digest.
#[test]
fn sig_05_blobs() {
    let world = world();
    let root = root_of(&world);
    let signed = Candidate::bundle(world.sign(&SignRequest::blob(b"artifact")).bundle()).unwrap();
    let ask = |artifact| verify(&signed, &Question::Blob(artifact), &Authority::Root(&root), now(&world));
    let (good, bad) = (Digest::sha256(b"artifact"), Digest::sha256(b"other"));
    assert!(ask(Artifact::Bytes(b"artifact")).is_ok());
    assert!(ask(Artifact::Digest(&good)).is_ok());
    refused(ask(Artifact::Bytes(b"")), Reason::WrongSubject, Step::Subject);
    refused(ask(Artifact::Digest(&bad)), Reason::WrongSubject, Step::Subject);
}
