//! The strict reading: limits, versions, repetitions, and what cosign's old format may hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::{Digest, Reason};
use proofmark_sigstore::{
    Artifact, Authority, Candidate, KeyError, PublicKey, Question, Rejection, RootSource, Step, TrustRoot,
    verify,
};
use proofmark_testkit::sigstore::{
    ANNOTATION_BUNDLE, ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN, ANNOTATION_SIGNATURE, Format, Identity,
    KeyType, LogOptions, LogSpec, San, SignRequest, Signed, Tamper, WorldOptions,
};
use serde_json::{Value, json};

use crate::support::{
    IMAGE, MANIFEST, WORLD, ask, blob, build, by_key, image, key, legacy, now, question, refused, root,
    statement,
};

fn bundle(request: &SignRequest) -> Value {
    WORLD.0.sign(request).document()
}

#[track_caller]
fn malformed(document: &Value, says: &str) {
    let error = Candidate::bundle(document.to_string().as_bytes()).unwrap_err();
    assert_eq!((error.step, error.reason), (Step::Parse, Reason::Malformed), "{error}");
    assert!(error.detail.contains(says), "{error}");
}

#[test]
fn the_certificates_form_belongs_to_the_version() {
    let mut late = bundle(&image().format(Format::BundleV02));
    late["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.3+json".into();
    malformed(&late, "does not belong to the bundle's version");
    let mut early = bundle(&image());
    early["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2".into();
    malformed(&early, "does not belong to the bundle's version");
}

/// Exactly one kind of material, and the refusal says which of the two mistakes it is.
#[test]
fn one_kind_of_material() {
    let mut none = bundle(&image());
    none["verificationMaterial"].as_object_mut().unwrap().remove("certificate");
    malformed(&none, "has no certificate and no public key");
    let mut both = bundle(&image());
    both["verificationMaterial"]["publicKey"] = json!({ "hint": "h" });
    malformed(&both, "more than one kind of key");
}

#[test]
fn more_names_than_anyone_needs() {
    let names = vec![San::Email("ci@acme.test".to_owned()); 17];
    let identity = Identity::email("ci@acme.test", "https://idp.acme.test").sans(names);
    malformed(&bundle(&image().keyless(identity)), "too many subject alternative names");
}

/// One signature is in one log once, under whichever number it is repeated.
#[test]
fn an_entry_is_repeated_by_its_body_or_its_index() {
    let good = bundle(&image().rekor_v1());
    let own = good["verificationMaterial"]["tlogEntries"][0].clone();
    let mut renumbered = own.clone();
    renumbered["logIndex"] = "99".into();
    let mut other =
        bundle(&SignRequest::blob(b"other").rekor_v1())["verificationMaterial"]["tlogEntries"][0].clone();
    other["logIndex"] = own["logIndex"].clone();
    for second in [renumbered, other] {
        let mut document = good.clone();
        document["verificationMaterial"]["tlogEntries"] = json!([own, second]);
        malformed(&document, "repeats an entry");
    }
}

/// A bundle says by its form who signed: there a key's signature beside a certificate is not the key's.
#[test]
fn a_bundle_with_a_certificate_is_no_keys() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let mut document = bundle(&image().key(private));
    let material = document["verificationMaterial"].as_object_mut().unwrap();
    material.remove("publicKey");
    material
        .insert("certificate".to_owned(), bundle(&image())["verificationMaterial"]["certificate"].clone());
    let candidate = Candidate::bundle(document.to_string().as_bytes()).unwrap();
    let question = Question::ImageSignature { digest: &IMAGE };
    refused(
        verify(&candidate, &question, &by_key(&public, root), now(world)),
        Step::Signature,
        Reason::WrongKey,
    );
}

fn layer(change: impl FnOnce(&mut Signed)) -> Result<Candidate, Rejection> {
    let mut signed = WORLD.0.sign(&legacy());
    change(&mut signed);
    Candidate::simple_signing(&signed.payload, &signed.annotations)
}

fn with(name: &str, value: String) -> Result<Candidate, Rejection> {
    layer(|signed| drop(signed.annotations.insert(name.to_owned(), value)))
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}

#[track_caller]
fn says(result: Result<Candidate, Rejection>, words: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.step, error.reason), (Step::Parse, Reason::Malformed), "{error}");
    assert!(error.detail.contains(words), "{error}");
}

#[test]
fn annotations_at_their_limits() {
    assert!(with(ANNOTATION_SIGNATURE, STANDARD.encode(vec![7; 8192])).is_ok());
    says(with(ANNOTATION_SIGNATURE, STANDARD.encode(vec![7; 8193])), "longer than 8192 bytes");
    says(with(ANNOTATION_SIGNATURE, String::new()), "is empty");
    says(with(ANNOTATION_CERTIFICATE, pem(&vec![7; 64 << 10])), "is not X.509");
    says(with(ANNOTATION_CERTIFICATE, pem(&vec![7; (64 << 10) + 1])), "longer than 65536 bytes");
    let own = WORLD.0.sign(&legacy()).annotations[ANNOTATION_CERTIFICATE].clone();
    says(with(ANNOTATION_CERTIFICATE, own.repeat(2)), "is not exactly one certificate");
    says(with(ANNOTATION_CHAIN, own.repeat(9)), "is not 1 to 8 PEM certificates");
    assert!(with(ANNOTATION_CHAIN, own.repeat(8)).is_ok());
    let orphan = layer(|signed| drop(signed.annotations.remove(ANNOTATION_CERTIFICATE)));
    says(orphan, "a certificate chain and no certificate");
}

#[test]
fn a_rekor_annotation_is_of_the_first_version() {
    let edit = |change: &dyn Fn(&mut Value)| {
        layer(|signed| {
            let mut value: Value = serde_json::from_str(&signed.annotations[ANNOTATION_BUNDLE]).unwrap();
            change(&mut value["Payload"]);
            signed.annotations.insert(ANNOTATION_BUNDLE.to_owned(), value.to_string());
        })
    };
    let version = |payload: &mut Value| {
        let body = STANDARD.decode(payload["body"].as_str().unwrap()).unwrap();
        let body = String::from_utf8(body).unwrap().replace("0.0.1", "0.0.2");
        payload["body"] = STANDARD.encode(body).into();
    };
    says(edit(&version), "Rekor v2 has no signed entry timestamps");
    let shorter = |payload: &mut Value| payload["logID"] = "00".into();
    says(edit(&shorter), "logID is not 64 hexadecimal digits");
}

/// cosign writes the whole chain, root included, and only what the root does not know is needed from it.
#[test]
fn a_chain_beside_a_root_that_knows_its_own_certificate_alone() {
    let (world, _) = &*WORLD;
    let mut document = world.trusted_root();
    let chain = document["certificateAuthorities"][0]["certChain"]["certificates"].as_array_mut().unwrap();
    chain.remove(0);
    assert_eq!(chain.len(), 1);
    let root = root(&document.to_string());
    assert!(ask(world, &root, &legacy()).is_ok());
    let bare = Tamper::Annotations(|annotations| drop(annotations.remove(ANNOTATION_CHAIN)));
    refused(ask(world, &root, &legacy().tamper(bare)), Step::Chain, Reason::UntrustedRoot);
    assert!(ask(world, &root, &image().format(Format::BundleV02)).is_ok());
}

/// Logs of every kind of key that the library reads; staging's root has an RSA key bare.
#[test]
fn certificate_logs_of_every_kind() {
    for kind in [KeyType::P256, KeyType::P384, KeyType::Rsa2048] {
        let (world, known) =
            build(WorldOptions { ct_logs: vec![LogOptions::new(kind)], ..WorldOptions::default() });
        assert!(ask(&world, &known, &image()).is_ok(), "{kind:?}");
        refused(ask(&world, &known, &image().tamper(Tamper::SctWrongKey)), Step::Chain, Reason::Tampered);
        if kind == KeyType::Rsa2048 {
            let mut document = world.trusted_root();
            let key = &mut document["ctlogs"][0]["publicKey"]["rawBytes"];
            let der = STANDARD.decode(key.as_str().unwrap()).unwrap();
            *key = STANDARD.encode(&der[24..]).into();
            assert!(ask(&world, &root(&document.to_string()), &image()).is_ok());
        }
    }
    let ed25519 =
        WorldOptions { ct_logs: vec![LogOptions::new(KeyType::Ed25519)], ..WorldOptions::default() };
    let (world, known) = build(ed25519);
    refused(ask(&world, &known, &image()), Step::Chain, Reason::Unsupported);
}

#[test]
fn two_logs_that_a_checkpoint_could_not_tell_apart() {
    let (world, _) = &*WORLD;
    let mut document = world.trusted_root();
    let id = |n: usize| STANDARD.decode(document["tlogs"][n]["logId"]["keyId"].as_str().unwrap()).unwrap();
    let mixed = [&id(0)[..4], &id(1)[4..]].concat();
    document["tlogs"][1]["logId"]["keyId"] = STANDARD.encode(mixed).into();
    let source = RootSource::File { path: "x".to_owned(), fetched: None };
    let error = TrustRoot::parse("x", document.to_string().as_bytes(), source).unwrap_err();
    assert!(error.to_string().contains("key hint"), "{error}");
}

#[test]
fn a_key_files_size() {
    let pem = key(KeyType::P256).0.public_pem();
    let padded = |size: usize| format!("{pem}{}", "\n".repeat(size - pem.len()));
    assert!(PublicKey::from_pem(&padded(16 << 10)).is_ok());
    assert_eq!(PublicKey::from_pem(&padded((16 << 10) + 1)), Err(KeyError::Shape));
}

/// SIG-05: an artifact's digest, by every way in which it can be said.
#[test]
fn sig_05_digests_of_artifacts() {
    let (world, root) = &*WORLD;
    let judge = |document: &Value, artifact: Artifact<'_>| {
        let candidate = Candidate::bundle(document.to_string().as_bytes()).unwrap();
        verify(&candidate, &Question::Blob(artifact), &Authority::Root(root), now(world))
    };
    let attested = bundle(&SignRequest::statement(&statement()));
    assert!(judge(&attested, Artifact::Bytes(MANIFEST)).is_ok());
    assert!(judge(&attested, Artifact::Digest(&IMAGE)).is_ok());
    let other = judge(&attested, Artifact::Bytes(b"other")).unwrap_err();
    assert_eq!((other.step, other.reason), (Step::Subject, Reason::WrongSubject));
    assert!(
        other.detail.starts_with("it is about another artifact, not sha256:"),
        "by our own stage: {other}"
    );
    let said = |algorithm: &str, digest: &Digest| {
        let mut document = bundle(&blob());
        document["messageSignature"]["messageDigest"] =
            json!({ "algorithm": algorithm, "digest": STANDARD.encode(digest.to_bytes()) });
        document
    };
    let sha512 = |bytes| Digest::of(proofmark_core::Algorithm::Sha512, bytes);
    let (own, other) = (sha512(MANIFEST), sha512(b"other"));
    refused(judge(&said("SHA2_512", &other), Artifact::Bytes(MANIFEST)), Step::Subject, Reason::WrongSubject);
    refused(judge(&said("SHA2_384", &own), Artifact::Bytes(MANIFEST)), Step::Subject, Reason::Unsupported);
    refused(judge(&said("SHA2_512", &own), Artifact::Digest(&IMAGE)), Step::Subject, Reason::Unsupported);
    refused(judge(&said("SHA2_256", &IMAGE), Artifact::Digest(&own)), Step::Subject, Reason::Unsupported);
    // The digest is right, and P-256 signs over SHA-256 alone.
    refused(judge(&said("SHA2_512", &own), Artifact::Bytes(MANIFEST)), Step::Log, Reason::Unsupported);
    assert!(judge(&said("SHA2_256", &IMAGE), Artifact::Bytes(MANIFEST)).is_ok());
}

/// One signature is one, whether or not it says its digest.
#[test]
fn an_envelopes_digest_is_its_contents() {
    let (world, root) = &*WORLD;
    let silent = blob().tamper(Tamper::Document(|d| d["messageSignature"]["messageDigest"] = ().into()));
    let verified = |request: &SignRequest, artifact: Artifact<'_>| {
        let candidate = Candidate::bundle(world.sign(request).bundle()).unwrap();
        let verified = verify(&candidate, &Question::Blob(artifact), &Authority::Root(root), now(world));
        verified.unwrap().envelope_digest().clone()
    };
    let expected = Digest::sha256(&IMAGE.to_bytes());
    for request in [blob(), silent] {
        assert_eq!(verified(&request, Artifact::Bytes(MANIFEST)), expected);
        assert_eq!(verified(&request, Artifact::Digest(&IMAGE)), expected);
    }
}

/// Annotations of other names, and of a log's second version, are no evidence.
#[test]
fn what_is_not_read_of_a_layer() {
    let (world, root) = &*WORLD;
    let signed = world.sign(&legacy().log(LogSpec::rekor_v2()));
    assert!(!signed.annotations.contains_key(ANNOTATION_BUNDLE));
    let candidate = Candidate::simple_signing(&signed.payload, &signed.annotations).unwrap();
    let result = verify(&candidate, &question(&signed), &Authority::Root(root), now(world));
    refused(result, Step::Log, Reason::NoTransparency);
}
