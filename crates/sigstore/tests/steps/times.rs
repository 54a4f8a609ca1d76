//! Times, and the windows in which they must lie.

use jiff::ToSpan as _;
use proofmark_core::{Reason, Transparency};
use proofmark_sigstore::{Authority, Candidate, Step, verify};
use proofmark_testkit::sigstore::{
    Eku, Format, KeyType, LeafSpec, LogOptions, LogSpec, Signed, TokenSpec, TsaOptions, Window, WorldOptions,
};

use crate::support::{WORLD, ask, ask_key, build, image, key, legacy, now, question, read, refused};

#[test]
fn no_log_entry_and_no_time() {
    let (world, root) = &*WORLD;
    refused(ask(world, root, &image().no_log()), Step::Log, Reason::NoTransparency);
    refused(ask(world, root, &image().timestamps([])), Step::Time, Reason::NoTime);
    refused(ask(world, root, &legacy().no_log()), Step::Log, Reason::NoTransparency);
    let (private, public) = key(KeyType::P256);
    refused(ask_key(world, root, &public, &image().key(private).no_log()), Step::Log, Reason::NoTransparency);
}

#[test]
fn signed_before_or_after_the_certificate() {
    let (world, root) = &*WORLD;
    let start = world.options().now;
    for at in [start - 1.second(), start + 601.seconds()] {
        let token = TokenSpec { at: Some(at), ..TokenSpec::default() };
        refused(ask(world, root, &image().timestamps([token.clone()])), Step::Time, Reason::Expired);
        let log = LogSpec { integrated_at: Some(at), ..LogSpec::rekor_v1() };
        refused(ask(world, root, &image().log(log.clone()).timestamps([])), Step::Time, Reason::Expired);
        refused(ask(world, root, &legacy().log(log)), Step::Time, Reason::Expired);
        let both = image().timestamps([TokenSpec::default(), token]);
        refused(ask(world, root, &both), Step::Time, Reason::Expired);
    }
}

/// RFC 5280 section 4.1.2.5: "from notBefore through notAfter, inclusive". Outside it is the certificate that is named, not an
/// authority.
#[test]
fn the_first_and_the_last_second_of_the_certificate() {
    let (world, root) = &*WORLD;
    let start = world.options().now;
    let stamped = |at| {
        let token = TokenSpec { at: Some(at), ..TokenSpec::default() };
        ask(world, root, &image().timestamps([token]))
    };
    for at in [start, start + 600.seconds()] {
        assert!(stamped(at).is_ok(), "{at}");
    }
    for at in [start - 1.second(), start + 601.seconds()] {
        let error = stamped(at).unwrap_err();
        assert!(error.detail.contains("the certificate is valid from"), "{error}");
    }
}

#[test]
fn a_time_later_than_the_evaluation_is_no_time() {
    let (world, root) = &*WORLD;
    let signed = world.sign(&image());
    let early = world.options().now - 1.hour();
    let result = verify(&read(&signed).unwrap(), &question(&signed), &Authority::Root(root), early);
    refused(result, Step::Time, Reason::NoTime);
}

/// A world with something that ended an hour before the signing.
fn ended(change: fn(&mut WorldOptions, Window)) -> WorldOptions {
    let mut options = WorldOptions::default();
    let window = Window::until(options.now - 1.hour());
    change(&mut options, window);
    options
}

#[test]
fn time_02_windows_of_the_root_that_are_over() {
    for (options, request, step) in [
        (ended(|o, w| o.authorities[0].valid_for = w), image(), Step::Time),
        (ended(|o, w| o.rekor_v1[0].valid_for = w), image().rekor_v1(), Step::Time),
        (ended(|o, w| o.rekor_v2[0].valid_for = w), image(), Step::Time),
        (ended(|o, w| o.timestamp_authorities[0].valid_for = w), image(), Step::Time),
        (ended(|o, w| o.timestamp_authorities[0].certificate = w), image(), Step::Time),
    ] {
        let (world, root) = build(options);
        refused(ask(&world, &root, &request), step, Reason::Expired);
    }
    let (world, root) = build(ended(|o, w| o.ct_logs[0].valid_for = w));
    refused(ask(&world, &root, &image()), Step::Chain, Reason::Expired);
}

#[test]
fn time_03_an_intermediate_that_was_over_when_it_was_signed() {
    let over_before = ended(|o, w| o.authorities[0].intermediate_certificate = w);
    let (world, root) = build(over_before);
    let request = image().format(Format::BundleV02);
    refused(ask(&world, &root, &request), Step::Time, Reason::Expired);
    // Valid when the certificate was issued, over when it was used.
    let mut options = WorldOptions::default();
    options.authorities[0].intermediate_certificate = Window::until(options.now + 5.minutes());
    let (world, root) = build(options);
    assert!(ask(&world, &root, &image()).is_ok());
    let late = TokenSpec { at: Some(world.options().now + 8.minutes()), ..TokenSpec::default() };
    refused(ask(&world, &root, &image().timestamps([late])), Step::Time, Reason::Expired);
}

#[test]
fn time_04_a_timestamp_leaf_for_another_use() {
    for tsa in [
        TsaOptions { ekus: vec![Eku::CodeSigning], ..TsaOptions::default() },
        TsaOptions { ekus: vec![], ..TsaOptions::default() },
        TsaOptions { leaf_is_ca: true, ..TsaOptions::default() },
    ] {
        let (world, root) =
            build(WorldOptions { timestamp_authorities: vec![tsa], ..WorldOptions::default() });
        let rejection = ask(&world, &root, &image()).unwrap_err();
        assert_eq!(rejection.step, Step::Time, "{rejection}");
    }
}

#[test]
fn time_05_one_authoritys_window_is_not_anothers() {
    let mut options = WorldOptions::default();
    let over = Window::until(options.now - 1.hour());
    options.timestamp_authorities =
        vec![TsaOptions { valid_for: over, ..TsaOptions::default() }, TsaOptions::default()];
    let (world, root) = build(options);
    refused(ask(&world, &root, &image()), Step::Time, Reason::Expired);
    let other = TokenSpec { authority: 1, ..TokenSpec::default() };
    assert!(ask(&world, &root, &image().timestamps([other])).is_ok());
}

#[test]
fn time_06_entries_of_two_logs_count_twice_and_of_one_log_once() {
    let (world, root) = build(WorldOptions {
        rekor_v2: vec![LogOptions::new(KeyType::Ed25519), LogOptions::new(KeyType::Ed25519)],
        ..WorldOptions::default()
    });
    // The same signature, since the world is made from seeds, in either log.
    let [first, second] = [0, 1].map(|log| world.sign(&image().log(LogSpec { log, ..LogSpec::rekor_v2() })));
    let judge = |entries: [&Signed; 2]| {
        let mut bundle = first.document();
        bundle["verificationMaterial"]["tlogEntries"] =
            entries.map(|signed| signed.document()["verificationMaterial"]["tlogEntries"][0].clone()).into();
        let candidate = Candidate::bundle(bundle.to_string().as_bytes())?;
        verify(&candidate, &question(&first), &Authority::Root(&root), now(&world))
    };
    assert_eq!(judge([&first, &second]).unwrap().log_entries().len(), 2);
    refused(judge([&first, &first]), Step::Parse, Reason::Malformed);
}

#[test]
fn a_token_that_the_authority_did_not_grant() {
    let (world, root) = &*WORLD;
    let rejected = TokenSpec { status: 2, ..TokenSpec::default() };
    let rejection = ask(world, root, &image().timestamps([rejected])).unwrap_err();
    assert_eq!(rejection.step, Step::Time, "{rejection}");
}

#[test]
fn a_key_that_was_no_longer_valid() {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let signed = world.sign(&image().key(private));
    let at = world.options().now;
    let judge = |until| {
        let authority = Authority::Key {
            key: &public,
            transparency: Transparency::Required,
            root: Some(root),
            valid_until: Some(until),
        };
        verify(&read(&signed).unwrap(), &question(&signed), &authority, now(world))
    };
    assert!(judge(at + 1.hour()).is_ok());
    refused(judge(at), Step::Time, Reason::Expired);
}

#[test]
fn a_certificate_that_ends_before_it_begins() {
    let (world, root) = &*WORLD;
    let leaf = LeafSpec { seconds: -1, ..LeafSpec::default() };
    let rejection = ask(world, root, &image().leaf(leaf)).unwrap_err();
    assert!(rejection.step >= Step::Chain && rejection.step <= Step::Time, "{rejection}");
}
