//! Signers, identities and payloads that are not the ones asked for.

use proofmark_core::pattern::IdentityGlob;
use proofmark_core::{CertificateConstraint, Digest, Extension, IdentityPattern, Reason, SanKind};
use proofmark_sigstore::{Authority, Candidate, PublicKey, Question, Step, authorize, verify};
use proofmark_testkit::sigstore::{
    EntryKind, Identity, KeyType, LogSpec, San, SignRequest, SigningKey, Statement, WorldOptions,
};

use crate::support::{
    IMAGE, WORLD, ask, ask_key, blob, build, by_key, image, key, legacy, now, question, read, refused,
    statement,
};

#[test]
fn another_key_of_the_policy_is_the_wrong_key() {
    let (world, root) = &*WORLD;
    let request = image().key(SigningKey::from_seed(KeyType::P256, "somebody"));
    refused(ask_key(world, root, &key(KeyType::P256).1, &request), Step::Signature, Reason::WrongKey);
}

#[test]
fn a_certificate_is_no_key_and_a_key_no_certificate() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    refused(ask_key(world, root, &public, &image()), Step::Signature, Reason::WrongKey);
    let result = ask(world, root, &image().key(private));
    assert_eq!(result.unwrap_err().step, Step::Signature);
}

#[test]
fn a_weak_rsa_key_is_refused_when_it_is_read() {
    let weak = SigningKey::from_seed(KeyType::Rsa1024, "weak");
    assert!(PublicKey::from_pem(&weak.public_pem()).is_err());
}

#[test]
fn sig_13_an_attestation_is_no_signature() {
    let (world, root) = &*WORLD;
    let signed = world.sign(&SignRequest::statement(&statement()));
    let question = Question::ImageSignature { digest: &IMAGE };
    let result = verify(&read(&signed).unwrap(), &question, &Authority::Root(root), now(world));
    refused(result, Step::Predicate, Reason::WrongPredicate);
}

#[test]
fn a_signature_for_another_image_is_for_another_image() {
    let (world, root) = &*WORLD;
    let other = Digest::sha256(b"another manifest");
    refused(ask(world, root, &SignRequest::image(&other)), Step::Subject, Reason::WrongSubject);
    refused(
        ask(world, root, &SignRequest::legacy_image("acme/app", &other)),
        Step::Subject,
        Reason::WrongSubject,
    );
}

#[test]
fn entries_that_nobody_here_verifies_are_unsupported() {
    let (world, root) = &*WORLD;
    for log in [LogSpec::rekor_v2().kind(EntryKind::Dsse), LogSpec::rekor_v1().kind(EntryKind::Intoto001)] {
        refused(ask(world, root, &image().log(log)), Step::Log, Reason::Unsupported);
    }
    let request =
        SignRequest::legacy_attestation(&statement()).log(LogSpec::rekor_v1().kind(EntryKind::Intoto001));
    refused(ask(world, root, &request), Step::Log, Reason::Unsupported);
}

#[test]
fn strangers_worlds_of_the_same_names() {
    let (_, root) = &*WORLD;
    let (other, _) = build(WorldOptions::seeded("elsewhere"));
    for request in [image(), image().rekor_v1(), legacy(), blob()] {
        let rejection = ask(&other, root, &request).unwrap_err();
        assert_eq!(rejection.step, Step::Chain, "{rejection}");
    }
    let (private, public) = key(KeyType::P256);
    let signed = other.sign(&image().key(private));
    let result = verify(&read(&signed).unwrap(), &question(&signed), &by_key(&public, root), now(&other));
    refused(result, Step::Log, Reason::UntrustedRoot);
}

fn constraint(identity: &str, san: &[SanKind], issuer: &str) -> CertificateConstraint {
    CertificateConstraint {
        issuer: issuer.to_owned(),
        identity: IdentityPattern::Glob(IdentityGlob::parse(identity).unwrap()),
        san: san.to_vec(),
        extensions: [].into(),
        trusted_root: "test".to_owned(),
    }
}

fn authorized(identity: Identity, constraint: &CertificateConstraint) -> Result<(), (Step, Reason)> {
    let (world, root) = &*WORLD;
    let verified = ask(world, root, &image().keyless(identity)).unwrap();
    authorize(&verified, constraint).map_err(|rejection| (rejection.step, rejection.reason))
}

const IDP: &str = "https://idp.test";

const WRONG: Result<(), (Step, Reason)> = Err((Step::Identity, Reason::WrongIdentity));

#[test]
fn id_05_the_name_must_be_one_of_the_right_kind() {
    let wanted = constraint("release@acme.test", &[SanKind::Email], IDP);
    let email = |text: &str| San::Email(text.to_owned());
    let identity = |san: San| Identity::new(san, IDP);
    assert_eq!(authorized(identity(email("release@acme.test")), &wanted), Ok(()));
    assert_eq!(authorized(identity(email("eve@acme.test")), &wanted), WRONG);
    assert_eq!(authorized(identity(San::Uri("release@acme.test".to_owned())), &wanted), WRONG);
    assert_eq!(authorized(identity(San::Other("release@acme.test".to_owned())), &wanted), WRONG);
    assert_eq!(authorized(identity(San::Dns("acme.test".to_owned())), &wanted), WRONG);
    let two = identity(email("release@acme.test")).sans([email("release@acme.test"), email("eve@acme.test")]);
    assert_eq!(authorized(two, &wanted), WRONG);
}

#[test]
fn a_certificate_without_a_name_is_nobodys() {
    let (world, root) = &*WORLD;
    let none = Identity::email("x@acme.test", IDP).sans([]);
    let wanted = constraint("*@acme.test", &[SanKind::Email], IDP);
    let refused = match ask(world, root, &image().keyless(none)) {
        Ok(verified) => authorize(&verified, &wanted).unwrap_err().step >= Step::Chain,
        Err(rejection) => rejection.step <= Step::Identity,
    };
    assert!(refused);
}

#[test]
fn id_01_the_issuer_is_exact_and_both_extensions_agree() {
    let wanted = constraint("release@acme.test", &[SanKind::Email], IDP);
    let good = Identity::email("release@acme.test", IDP);
    assert_eq!(authorized(Identity::email("release@acme.test", "https://idp.test/"), &wanted), WRONG);
    let differing = Identity { issuer_v1: Some("https://other.test".to_owned()), ..good.clone() };
    assert_eq!(authorized(differing, &wanted), WRONG);
    assert_eq!(authorized(Identity { issuer_v1: None, ..good.clone() }, &wanted), Ok(()));
    assert_eq!(authorized(Identity { issuer: None, ..good.clone() }, &wanted), Ok(()));
    assert_eq!(authorized(Identity { issuer: None, issuer_v1: None, ..good }, &wanted), WRONG);
}

#[test]
fn id_03_extensions_are_there_and_equal() {
    let issuer = "https://token.actions.githubusercontent.com";
    let mut wanted = constraint("https://github.com/acme/**", &[SanKind::Uri], issuer);
    wanted.extensions.insert(Extension::RunnerEnvironment, "github-hosted".to_owned());
    let good = SignRequest::default_identity();
    assert_eq!(authorized(good.clone(), &wanted), Ok(()));
    let wrong = Err((Step::Extensions, Reason::WrongIdentity));
    assert_eq!(
        authorized(good.clone().extension(Extension::RunnerEnvironment, "self-hosted"), &wanted),
        wrong
    );
    assert_eq!(authorized(good.without(Extension::RunnerEnvironment), &wanted), wrong);
}

#[test]
fn sig_09_what_is_no_signature_at_all() {
    for bytes in [&b""[..], b"null", b"[]", b"{}", b"<!doctype html>", b"{\"mediaType\":null}", b"\xff\xfe"] {
        assert_eq!(Candidate::bundle(bytes).unwrap_err().step, Step::Parse);
        assert_eq!(Candidate::envelope(bytes, &[].into()).unwrap_err().step, Step::Parse);
        assert_eq!(Candidate::simple_signing(bytes, &[].into()).unwrap_err().step, Step::Parse);
    }
}

#[test]
fn sig_10_two_digests_in_one_payload() {
    let (world, root) = &*WORLD;
    let good = proofmark_testkit::sigstore::simple_signing("acme/app", &IMAGE, None);
    let text = String::from_utf8(good).unwrap();
    for key in ["docker-manifest-digest", "Docker-manifest-digest"] {
        let more = format!("\"{key}\":\"{}\",\"docker-manifest-digest\"", Digest::sha256(b"other"));
        let payload = text.replacen("\"docker-manifest-digest\"", &more, 1);
        let rejection = ask(world, root, &SignRequest::legacy_payload(payload.as_bytes())).unwrap_err();
        assert_eq!((rejection.step, rejection.reason), (Step::Parse, Reason::Malformed), "{rejection}");
    }
}

#[test]
fn sig_11_subjects_beyond_the_caps() {
    let (world, root) = &*WORLD;
    let many = (0..1025).fold(Statement::new("x"), |s, n| s.subject(&n.to_string(), &IMAGE));
    let upper = Statement::new("x")
        .raw_subject(serde_json::json!({ "digest": { "sha256": IMAGE.hex().to_uppercase() } }));
    let other_hash =
        Statement::new("x").raw_subject(serde_json::json!({ "digest": { "sha512": "ab".repeat(64) } }));
    for statement in [many, upper, other_hash, Statement::new("x")] {
        let rejection = ask(world, root, &SignRequest::statement(&statement)).unwrap_err();
        assert!(rejection.step <= Step::Subject, "{rejection}");
    }
}
