//! Every honest combination is accepted, and says who, when and where.
#![allow(clippy::unwrap_used)]

mod support;

use jiff::ToSpan as _;
use proofmark_core::{Extension, SanKind, Transparency};
use proofmark_sigstore::{Authority, Content, SignerFacts, TimeKind, Verified, claims, verify};
use proofmark_testkit::sigstore::{
    CaOptions, EntryKind, Format, Identity, KeyType, LeafSpec, LogOptions, LogSpec, San, SignRequest, Tamper,
    TokenSpec, TsaOptions, Window, WorldOptions,
};
use support::{IMAGE, WORLD, ask, ask_key, blob, build, image, key, legacy, now, question, read, statement};

const BUNDLES: [Format; 4] = [Format::BundleV01, Format::BundleV02, Format::BundleV03, Format::BundleV03Old];

#[track_caller]
fn accepted(request: &SignRequest) -> Verified<Content> {
    let (world, root) = &*WORLD;
    ask(world, root, request).unwrap()
}

#[test]
fn every_bundle_version_with_either_log_and_either_content() {
    for format in BUNDLES {
        for request in [image(), blob(), SignRequest::statement(&statement())] {
            // Version 0.1 must have a promise, which Rekor v2 does not give.
            if format != Format::BundleV01 {
                let v2 = accepted(&request.clone().format(format));
                assert_eq!(v2.times().len(), 1, "{format:?}");
                assert_eq!(v2.times()[0].kind, TimeKind::Timestamp);
                assert_eq!(v2.log_entries()[0].kind, "hashedrekord/0.0.2");
            }
            let v1 = accepted(&request.rekor_v1().format(format));
            assert_eq!(v1.times()[0].kind, TimeKind::Log);
            assert_eq!(v1.earliest_time(), Some(WORLD.0.options().now + 2.seconds()));
        }
    }
}

#[test]
fn rekor_v1_with_a_timestamp_gives_both_times() {
    let both = accepted(&image().log(LogSpec::rekor_v1()));
    assert_eq!(both.times().len(), 2);
    assert_eq!(both.earliest_time(), Some(WORLD.0.options().now + 1.second()));
}

#[test]
fn every_supported_kind_of_entry() {
    for (kind, name) in [(EntryKind::Dsse, "dsse/0.0.1"), (EntryKind::Intoto002, "intoto/0.0.2")] {
        let request = image().log(LogSpec::rekor_v1().kind(kind)).timestamps([]);
        assert_eq!(accepted(&request).log_entries()[0].kind, name);
    }
}

#[test]
fn legacy_signatures_and_attestations() {
    let signature = accepted(&legacy());
    assert!(matches!(signature.content(), Content::SimpleSigning(_)));
    assert_eq!(claims(&signature), ["ghcr.io/acme/agents"]);
    let attestation = accepted(&SignRequest::legacy_attestation(&statement()));
    assert!(matches!(attestation.content(), Content::Statement(_)));
    assert_eq!(claims(&attestation), ["ghcr.io/acme/agents"]);
    let intoto =
        SignRequest::legacy_attestation(&statement()).log(LogSpec::rekor_v1().kind(EntryKind::Intoto002));
    assert_eq!(accepted(&intoto).log_entries()[0].kind, "intoto/0.0.2");
    let stamped = legacy().timestamps([TokenSpec::default()]);
    assert_eq!(accepted(&stamped).times().len(), 2);
}

#[test]
fn every_kind_of_name_with_its_extensions() {
    for (san, kind) in [
        (San::Uri("https://acme.test/job".to_owned()), SanKind::Uri),
        (San::Email("release@acme.test".to_owned()), SanKind::Email),
        (San::Other("release".to_owned()), SanKind::Other),
    ] {
        let identity = Identity::new(san, "https://idp.test").extension(Extension::BuildTrigger, "push");
        let verified = accepted(&image().keyless(identity));
        let SignerFacts::Certificate(facts) = verified.signer() else { panic!("no certificate") };
        assert_eq!(facts.san().map(|(found, _)| found), Some(kind));
        assert_eq!(facts.issuer(), Some("https://idp.test"));
        assert_eq!(facts.extensions[&Extension::BuildTrigger], "push");
    }
    let verified = accepted(&image());
    let SignerFacts::Certificate(facts) = verified.signer() else { panic!("no certificate") };
    assert_eq!(facts.extensions.len(), 15);
    assert_eq!(facts.extensions[&Extension::SourceRepositoryOwnerIdentifier], "4711");
}

#[test]
fn honest_oddities() {
    let embedded = TokenSpec { embed_certificate: true, ..TokenSpec::default() };
    let sha512 = TokenSpec { sha512: true, ..TokenSpec::default() };
    for request in [
        blob().timestamps([embedded]),
        blob().timestamps([sha512]),
        blob().tamper(Tamper::CheckpointCosigned),
        blob().leaf(LeafSpec { sct_extensions: vec![1, 2, 3], ..LeafSpec::default() }),
        image().leaf(LeafSpec { key: KeyType::P384, ..LeafSpec::default() }).rekor_v1(),
    ] {
        let verified = accepted(&request);
        assert_eq!(verified.log_entries().len(), 1, "{request:?}");
    }
}

#[test]
fn managed_keys_in_both_logs() {
    let (world, root) = &*WORLD;
    for kind in [KeyType::P256, KeyType::Ed25519, KeyType::Rsa2048] {
        let (private, public) = key(kind);
        for request in [image().rekor_v1(), blob().rekor_v1(), legacy()] {
            let verified = ask_key(world, root, &public, &request.key(private.clone())).unwrap();
            assert_eq!(*verified.signer(), SignerFacts::Key { id: public.id().to_owned() }, "{kind:?}");
        }
    }
    let (private, public) = key(KeyType::P384);
    assert!(ask_key(world, root, &public, &image().rekor_v1().key(private)).is_ok());
    let (private, public) = key(KeyType::P256);
    for request in [image(), blob()] {
        let verified = ask_key(world, root, &public, &request.key(private.clone())).unwrap();
        assert_eq!(verified.times()[0].kind, TimeKind::Timestamp);
    }
}

#[test]
fn a_key_alone_where_transparency_is_optional() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let signed = world.sign(&image().key(private).no_log().timestamps([]));
    let authority = Authority::Key {
        key: &public,
        transparency: Transparency::Optional,
        root: Some(root),
        valid_until: None,
    };
    let verified = verify(&read(&signed).unwrap(), &question(&signed), &authority, now(world)).unwrap();
    assert_eq!(verified.earliest_time(), None);
    assert_eq!(verified.notes(), ["no log entry and no timestamp"]);
}

#[test]
fn other_worlds() {
    let base = WorldOptions::default;
    let p256 = CaOptions { key: KeyType::P256, ..CaOptions::default() };
    let direct = CaOptions { intermediate: false, ..CaOptions::default() };
    let end = base().now + 1.hour();
    let ended = CaOptions { valid_for: Window::until(end), ..CaOptions::default() };
    let retired = LogOptions { valid_for: Window::until(end), ..LogOptions::new(KeyType::P256) };
    let old_tsa = TsaOptions {
        valid_for: Window::until(end),
        certificate: Window::until(end),
        ..TsaOptions::default()
    };
    for options in [
        WorldOptions { authorities: vec![p256], ..base() },
        WorldOptions { authorities: vec![direct], ..base() },
        WorldOptions { authorities: vec![ended], ..base() },
        WorldOptions { ct_logs: vec![], ..base() },
        WorldOptions { rekor_v1: vec![retired], ..base() },
        WorldOptions { rekor_v2: vec![LogOptions::new(KeyType::P256)], ..base() },
        WorldOptions { timestamp_authorities: vec![old_tsa], ..base() },
        WorldOptions {
            timestamp_authorities: vec![TsaOptions { key: KeyType::P384, ..TsaOptions::default() }],
            ..base()
        },
    ] {
        let (world, root) = build(options);
        for request in [image(), image().rekor_v1()] {
            assert!(
                ask(&world, &root, &request).is_ok(),
                "{:?}: {:?}",
                world.options(),
                ask(&world, &root, &request)
            );
        }
    }
}

#[test]
fn services_beyond_the_first() {
    let two = |kind| vec![LogOptions::new(kind), LogOptions::new(kind)];
    let options = WorldOptions {
        authorities: vec![CaOptions::default(), CaOptions::default()],
        ct_logs: two(KeyType::P256),
        rekor_v2: two(KeyType::Ed25519),
        timestamp_authorities: vec![TsaOptions::default(), TsaOptions::default()],
        ..WorldOptions::default()
    };
    let (world, root) = build(options);
    let second = TokenSpec { authority: 1, ..TokenSpec::default() };
    let request = image()
        .leaf(LeafSpec { authority: 1, ct_log: 1, ..LeafSpec::default() })
        .log(LogSpec { log: 1, ..LogSpec::rekor_v2() })
        .timestamps([second.clone(), TokenSpec::default()]);
    let verified = ask(&world, &root, &request).unwrap();
    assert_eq!(verified.times().len(), 2);
    assert_ne!(verified.times()[0].authority, verified.times()[1].authority);
}

#[test]
fn a_root_without_logs_rests_on_a_timestamp() {
    let options =
        WorldOptions { rekor_v1: vec![], rekor_v2: vec![], ct_logs: vec![], ..WorldOptions::default() };
    let (world, root) = build(options);
    let verified = ask(&world, &root, &image().no_log()).unwrap();
    assert!(verified.log_entries().is_empty());
    assert_eq!(verified.times().len(), 1);
}

#[test]
fn the_same_envelope_in_two_bundles_is_one_envelope() {
    let (v1, v2) = (accepted(&image().rekor_v1()), accepted(&image()));
    assert_eq!(v1.envelope_digest(), v2.envelope_digest());
    assert_ne!(v1.envelope_digest(), accepted(&blob()).envelope_digest());
    assert_eq!(IMAGE.algorithm(), v1.envelope_digest().algorithm());
}
