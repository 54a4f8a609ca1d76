//! Timestamp tokens: whose certificates were valid, and what is not read.

use jiff::ToSpan as _;
use proofmark_core::{Reason, Timestamp};
use proofmark_sigstore::{Step, TrustRoot};
use proofmark_testkit::sigstore::{KeyType, Tamper, TokenSpec, TsaOptions, Window, World, WorldOptions};

use crate::support::{WORLD, ask, ask_key, build, image, key, refused};

fn of(tsa: TsaOptions) -> (World, TrustRoot) {
    build(WorldOptions { timestamp_authorities: vec![tsa], ..WorldOptions::default() })
}

fn with_intermediate() -> TsaOptions {
    TsaOptions { intermediate: true, ..TsaOptions::default() }
}

fn signing() -> Timestamp {
    WorldOptions::default().now
}

#[test]
fn an_authority_with_an_intermediate_is_honest() {
    let (world, root) = of(with_intermediate());
    let verified = ask(&world, &root, &image()).unwrap();
    assert_eq!(verified.earliest_time(), Some(signing() + 1.second()));
}

#[test]
fn time_03_every_certificate_of_a_timestamp_authority_is_valid_then() {
    let over = || Window::until(signing() - 1.hour());
    let early = || Window::from(signing() + 1.hour());
    let (private, public) = key(KeyType::P256);
    for window in [over, early] {
        for tsa in [
            TsaOptions { root_certificate: window(), ..TsaOptions::default() },
            TsaOptions { root_certificate: window(), ..with_intermediate() },
            TsaOptions { intermediate_certificate: window(), ..with_intermediate() },
            TsaOptions { certificate: window(), ..with_intermediate() },
        ] {
            let (world, root) = of(tsa);
            refused(ask(&world, &root, &image()), Step::Time, Reason::Expired);
            let by_key = image().key(private.clone());
            refused(ask_key(&world, &root, &public, &by_key), Step::Time, Reason::Expired);
        }
    }
}

#[test]
fn time_03_a_timestamp_root_is_judged_at_the_stamped_time() {
    let until = signing() + 5.minutes();
    let (world, root) = of(TsaOptions { root_certificate: Window::until(until), ..TsaOptions::default() });
    let at = |at| image().timestamps([TokenSpec { at: Some(at), ..TokenSpec::default() }]);
    assert!(ask(&world, &root, &at(until)).is_ok());
    refused(ask(&world, &root, &at(until + 1.second())), Step::Time, Reason::Expired);
}

/// Of a token that neither the library nor we read, nobody can say that it was changed.
#[test]
fn tokens_that_nobody_here_verifies_are_unsupported() {
    for kind in [KeyType::Rsa2048, KeyType::Ed25519] {
        let (world, root) = of(TsaOptions { key: kind, ..TsaOptions::default() });
        refused(ask(&world, &root, &image()), Step::Time, Reason::Unsupported);
        // What can be told is told: it is over other bytes.
        let other = image().tamper(Tamper::TimestampOfOtherBytes);
        refused(ask(&world, &root, &other), Step::Time, Reason::Tampered);
    }
    let (world, root) = &*WORLD;
    let fraction = TokenSpec { fraction: Some("25".to_owned()), ..TokenSpec::default() };
    refused(ask(world, root, &image().timestamps([fraction.clone()])), Step::Time, Reason::Unsupported);
    let both = image().timestamps([TokenSpec::default(), fraction.clone()]);
    refused(ask(world, root, &both), Step::Time, Reason::Unsupported);
    // A stranger's stays a stranger's.
    let strange = image().timestamps([fraction]).tamper(Tamper::TimestampUnknownAuthority);
    refused(ask(world, root, &strange), Step::Time, Reason::UntrustedRoot);
}

#[test]
fn what_is_written_around_a_token_is_nobodys_word() {
    let (world, root) = &*WORLD;
    let ask = |spec: TokenSpec| ask(world, root, &image().timestamps([spec]));
    let plain = ask(TokenSpec::default()).unwrap();
    for spec in [
        TokenSpec { status_text: Some("Operation Okay".to_owned()), ..TokenSpec::default() },
        TokenSpec { status: 1, ..TokenSpec::default() },
        TokenSpec { bare: true, ..TokenSpec::default() },
    ] {
        assert_eq!(ask(spec).unwrap().times(), plain.times());
    }
    for spec in [
        TokenSpec { status: 2, ..TokenSpec::default() },
        TokenSpec { status: 2, status_text: Some("Operation Okay".to_owned()), ..TokenSpec::default() },
        TokenSpec { failure: true, ..TokenSpec::default() },
    ] {
        refused(ask(spec), Step::Time, Reason::Malformed);
    }
}
