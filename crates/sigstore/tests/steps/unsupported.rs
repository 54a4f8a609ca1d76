//! What nobody here verifies, and for whom it stands; what is read of a candidate; how near a miss came.

use jiff::ToSpan as _;
use proofmark_core::pattern::IdentityGlob;
use proofmark_core::{CertificateConstraint, Digest, IdentityPattern, Reason, SanKind};
use proofmark_sigstore::{
    Authority, Candidate, Question, Rejection, SignerFacts, Step, UnverifiedSigner, verify,
};
use proofmark_testkit::sigstore::{
    ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN, CertificateSpec, EntryKind, Format, Identity, KeyType, LogSpec,
    SignRequest, Tamper, TokenSpec, WorldOptions,
};

use crate::support::{
    IMAGE, WORLD, ask, ask_key, blob, build, by_key, image, key, legacy, now, question, read, refused,
    statement,
};

/// The workflow of the requests that name none.
fn release() -> CertificateConstraint {
    constraint("https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*")
}

fn constraint(identity: &str) -> CertificateConstraint {
    CertificateConstraint {
        issuer: "https://token.actions.githubusercontent.com".to_owned(),
        identity: IdentityPattern::Glob(IdentityGlob::parse(identity).unwrap()),
        san: vec![SanKind::Uri],
        extensions: [].into(),
        trusted_root: "test".to_owned(),
    }
}

/// A `SubjectPublicKeyInfo` on secp521r1, which nobody here verifies with.
fn p521(leaf: &mut CertificateSpec) {
    let mut spki = vec![0x30, 0x81, 0x9b, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5];
    spki.extend([0x2b, 0x81, 4, 0, 0x23, 3, 0x81, 0x86, 0, 4]);
    spki.extend([1; 132]);
    leaf.spki = spki;
}

#[test]
fn a_key_of_another_kind_is_unsupported_under_a_known_authority_alone() {
    let (world, root) = &*WORLD;
    let request = image().tamper(Tamper::Leaf(p521));
    refused(ask(world, root, &request), Step::Chain, Reason::Unsupported);
    let (elsewhere, _) = build(WorldOptions::seeded("elsewhere"));
    refused(ask(&elsewhere, root, &request), Step::Chain, Reason::UntrustedRoot);
    let no_log = request.tamper(Tamper::SctMissing);
    refused(ask(world, root, &no_log), Step::Chain, Reason::NoTransparency);
}

/// Unsupported evidence of every kind, by the workflow and by another.
fn unsupported(identity: &Identity) -> Vec<Rejection> {
    let (world, root) = &*WORLD;
    let fraction = TokenSpec { fraction: Some("5".to_owned()), ..TokenSpec::default() };
    let requests = [
        image().tamper(Tamper::Leaf(p521)),
        image().tamper(Tamper::SctTwice),
        image().log(LogSpec::rekor_v1().kind(EntryKind::Intoto001)),
        image().log(LogSpec::rekor_v2().kind(EntryKind::Dsse)),
        image().timestamps([fraction]),
    ];
    let ask = |request: SignRequest| ask(world, root, &request.keyless(identity.clone())).unwrap_err();
    requests.into_iter().map(ask).collect()
}

#[test]
fn unsupported_stands_for_an_accepted_identity_alone() {
    for rejection in unsupported(&SignRequest::default_identity()) {
        assert_eq!(rejection.reason, Reason::Unsupported, "{rejection}");
        assert!(rejection.may_be_by_certificate(&release()), "{rejection}");
        assert_eq!(rejection.clone().for_certificate(&release()), rejection);
    }
    for rejection in unsupported(&Identity::github("mallory/agents", "release.yml", "refs/tags/v1.0.0")) {
        assert!(!rejection.may_be_by_certificate(&release()), "{rejection}");
        let (step, unsupported) = (rejection.step, rejection.detail.clone());
        let weighed = rejection.for_certificate(&release());
        assert_eq!((weighed.reason, weighed.step), (Reason::WrongIdentity, step), "{weighed}");
        assert!(weighed.detail.contains("mallory") && weighed.detail.contains(&unsupported), "{weighed}");
    }
    let (world, root) = &*WORLD;
    // Other reasons are nobody's doubt; and before the chain nobody knows who it is.
    let broken = ask(world, root, &image().tamper(Tamper::SignatureBitFlip)).unwrap_err();
    assert_eq!(broken.clone().for_certificate(&constraint("https://x.test/*")), broken);
    for tamper in [Tamper::SignatureBitFlip, Tamper::CertificateUnknownAuthority, Tamper::SctWrongKey] {
        assert!(!ask(world, root, &image().tamper(tamper)).unwrap_err().may_be_by_certificate(&release()));
    }
    assert!(ask(world, root, &image().no_log()).unwrap_err().may_be_by_certificate(&release()));
}

#[test]
fn unsupported_stands_for_the_key_that_signed_alone() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let request = image().key(private).log(LogSpec::rekor_v1().kind(EntryKind::Intoto001));
    let rejection = ask_key(world, root, &public, &request).unwrap_err();
    assert_eq!((rejection.step, rejection.reason), (Step::Log, Reason::Unsupported));
    assert!(rejection.may_be_by_key(public.id()) && !rejection.may_be_by_key("00"));
    assert_eq!(rejection.clone().for_key(public.id()), rejection);
    assert_eq!(rejection.clone().for_key("00").reason, Reason::WrongKey);
    assert_eq!(rejection.for_certificate(&release()).reason, Reason::WrongKey);
    let other = ask_key(world, root, &public, &image()).unwrap_err();
    assert!(!other.may_be_by_key(public.id()));
    assert_eq!(other.clone().for_key("00"), other);
}

/// Before its signature was verified, nothing is known to be by a key.
#[test]
fn who_may_have_signed_is_known_after_the_signature() {
    let facts = SignerFacts::Key { id: "0a".to_owned() };
    let at = |step| Rejection {
        reason: Reason::Unsupported,
        step,
        detail: String::new(),
        signer: Some(Box::new(UnverifiedSigner { facts: facts.clone() })),
        time: None,
    };
    assert!(!at(Step::Signature).may_be_by_key("0a"));
    assert!(at(Step::Chain).may_be_by_key("0a"));
    assert!(at(Step::Log).may_be_by_key("0a"));
}

#[test]
fn steps_have_names() {
    use Step::{Chain, Extensions, Identity, Log, Parse, Predicate, Repository, Signature, Subject, Time};
    let steps = [Parse, Subject, Predicate, Signature, Chain, Log, Time, Identity, Extensions, Repository];
    let names = steps.map(Step::as_str).join(" ");
    assert_eq!(names, "parse subject predicate signature chain log time identity extensions repository");
}

/// A time in a log's own window, and the other times elsewhere.
#[test]
fn a_log_is_held_to_the_times_that_it_gave() {
    let (private, public) = key(KeyType::P256);
    let mut options = WorldOptions::default();
    let (signed_at, over) = (options.now, options.now + 1.hour());
    for log in options.rekor_v1.iter_mut().chain(&mut options.rekor_v2) {
        log.valid_for = proofmark_testkit::sigstore::Window::until(over);
    }
    let (world, root) = build(options);
    let token = |at| TokenSpec { at: Some(at), ..TokenSpec::default() };
    let late = over + 2.hours();
    let ask = |request: SignRequest| ask_key(&world, &root, &public, &request.key(private.clone()));
    // Logged in time, and stamped again when the log was over.
    let both = ask(image().rekor_v1().timestamps([token(late)])).unwrap();
    assert_eq!(both.earliest_time(), Some(signed_at + 2.seconds()));
    assert_eq!(both.times().len(), 2);
    // Logged when the log was over, and stamped in time.
    let log = LogSpec { integrated_at: Some(over + 1.second()), ..LogSpec::rekor_v1() };
    refused(ask(image().log(log).timestamps([token(signed_at)])), Step::Time, Reason::Expired);
    // Rekor v2 gives no time: one of the others must say that the log was trusted.
    assert!(ask(image().timestamps([token(signed_at), token(late)])).is_ok());
    refused(ask(image().timestamps([token(late)])), Step::Time, Reason::Expired);
    assert!(ask(image().timestamps([token(over)])).is_ok());
    refused(ask(image().timestamps([token(over + 1.second())])), Step::Time, Reason::Expired);
}

/// As `cosign verify --key`: the key decides, and a certificate beside it says nothing about anybody.
#[test]
fn a_legacy_signature_by_the_key_beside_a_certificate() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let stranger = world.sign(&legacy());
    let attested = || SignRequest::legacy_attestation(&statement());
    for request in [legacy(), attested()] {
        let mut signed = world.sign(&request.key(private.clone()));
        for name in [ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN] {
            signed.annotations.insert(name.to_owned(), stranger.annotations[name].clone());
        }
        let candidate = read(&signed).unwrap();
        let authority = by_key(&public, root);
        let verified = verify(&candidate, &question(&signed), &authority, now(world)).unwrap();
        assert_eq!(*verified.signer(), SignerFacts::Key { id: public.id().to_owned() });
        // For the certificate it is no signature.
        let result = verify(&candidate, &question(&signed), &Authority::Root(root), now(world));
        refused(result, Step::Signature, Reason::Tampered);
        let (_, other) = (private.clone(), crate::support::key(KeyType::P384).1);
        let result = verify(&candidate, &question(&signed), &by_key(&other, root), now(world));
        refused(result, Step::Signature, Reason::WrongKey);
    }
    // Only cosign's old format has both: a bundle names its kind of signer.
    refused(
        ask_key(world, root, &public, &image().format(Format::BundleV02)),
        Step::Signature,
        Reason::WrongKey,
    );
}

#[test]
fn empty_annotations_are_absent() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let empty = Tamper::Annotations(|annotations| {
        for name in
            [ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN, proofmark_testkit::sigstore::ANNOTATION_TIMESTAMP]
        {
            annotations.insert(name.to_owned(), String::new());
        }
    });
    assert!(ask_key(world, root, &public, &legacy().key(private).tamper(empty)).is_ok());
    let chain = Tamper::Annotations(|annotations| {
        annotations.insert(ANNOTATION_CHAIN.to_owned(), String::new());
    });
    assert!(ask(world, root, &legacy().tamper(chain)).is_ok());
    // White space is not what cosign writes.
    let space = Tamper::Annotations(|annotations| {
        annotations.insert(ANNOTATION_CHAIN.to_owned(), " ".to_owned());
    });
    refused(ask(world, root, &legacy().tamper(space)), Step::Parse, Reason::Malformed);
}

/// A message signature over something else came no nearer than a statement about something else.
#[test]
fn a_message_signature_where_a_statement_is_asked_for() {
    let (world, root) = &*WORLD;
    let judge = |request: &SignRequest, question: &Question<'_>| {
        let candidate = read(&world.sign(request)).unwrap();
        verify(&candidate, question, &Authority::Root(root), now(world))
    };
    let other = SignRequest::blob(b"hello");
    let silent = blob().tamper(Tamper::Document(|d| d["messageSignature"]["messageDigest"] = ().into()));
    let digest: &Digest = &IMAGE;
    for question in [Question::ImageSignature { digest }, Question::Statement { digest }] {
        refused(judge(&other, &question), Step::Subject, Reason::WrongSubject);
        refused(judge(&silent, &question), Step::Subject, Reason::WrongPredicate);
        refused(judge(&blob(), &question), Step::Predicate, Reason::WrongPredicate);
    }
}

/// SIG-04: an entry of the same signer is not this signature's, wherever it stands among the entries.
#[test]
fn sig_04_an_entry_is_chosen_by_its_content() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let own = world.sign(&image().key(private.clone())).document();
    let other = world.sign(&SignRequest::image(&Digest::sha256(b"other")).key(private).rekor_v1()).document();
    let entry = |of: &serde_json::Value| of["verificationMaterial"]["tlogEntries"][0].clone();
    for entries in [[entry(&own), entry(&other)], [entry(&other), entry(&own)]] {
        let mut bundle = own.clone();
        bundle["verificationMaterial"]["tlogEntries"] = entries.to_vec().into();
        let candidate = Candidate::bundle(bundle.to_string().as_bytes()).unwrap();
        let question = Question::ImageSignature { digest: &IMAGE };
        refused(
            verify(&candidate, &question, &by_key(&public, root), now(world)),
            Step::Log,
            Reason::Tampered,
        );
    }
}

/// What nobody verified is not told, not even to a log.
#[test]
fn a_debug_print_tells_nothing_of_a_candidate() {
    let (world, _) = &*WORLD;
    for request in [image(), legacy(), SignRequest::statement(&statement())] {
        let candidate = read(&world.sign(&request)).unwrap();
        let shown = format!("{candidate:?} {candidate:#?}");
        let digest = candidate.envelope_digest().hex();
        for part in ["acme", "predicate", "cosign", IMAGE.hex(), "leaf", "payload"] {
            assert!(!shown.replace(digest, "").contains(part), "{part} in {shown}");
        }
        assert!(shown.contains(digest));
    }
}
