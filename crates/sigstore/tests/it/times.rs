//! Verified times, and the validities that they must lie in.

use jiff::SignedDuration;
use proofmark_core::{Reason, Timestamp};
use proofmark_sigstore::{Authority, Candidate, Question, Step, verify};
use proofmark_testkit::sigstore::{
    CaOptions, KeyType, LogOptions, SignRequest, TokenSpec, TsaOptions, Window, World, WorldOptions,
};

use crate::{image, keyless, refused, root_of, world};

fn hours(world: &World, hours: i64) -> Timestamp {
    world.options().now + SignedDuration::from_hours(hours)
}

fn token(at: Timestamp) -> TokenSpec {
    TokenSpec { at: Some(at), ..TokenSpec::default() }
}

/// TIME-02: every verified time, not the most convenient one.
#[test]
fn time_02_every_time_in_the_certificates_validity() {
    let world = world();
    for early_or_late in [-1, 1] {
        let bad = token(hours(&world, early_or_late));
        let request = SignRequest::image(&image());
        // Beside a good one; the evaluation time lets both count.
        let signed = world.sign(&request.timestamps([TokenSpec::default(), bad]));
        let (root, digest) = (root_of(&world), image());
        let question = Question::ImageSignature { digest: &digest };
        let result = verify(
            &Candidate::bundle(signed.bundle()).unwrap(),
            &question,
            &Authority::Root(&root),
            hours(&world, 2),
        );
        refused(result, Reason::Expired, Step::Time);
    }
}

/// A time later than the evaluation time by more than five minutes is not counted.
#[test]
fn times_ahead_of_the_evaluation_time() {
    let world = world();
    let signed = world.sign(&SignRequest::image(&image()));
    let (root, digest) = (root_of(&world), image());
    let candidate = Candidate::bundle(signed.bundle()).unwrap();
    let at = |seconds: i64| {
        let when = world.options().now + SignedDuration::from_secs(seconds);
        verify(&candidate, &Question::ImageSignature { digest: &digest }, &Authority::Root(&root), when)
    };
    assert!(at(1 - 300).is_ok());
    let told = at(-300).unwrap_err().time;
    assert!(
        told.is_some_and(|time| time >= world.options().now),
        "what would have to pass is told: {told:?}"
    );
    refused(at(-300), Reason::NoTime, Step::Time);
    refused(at(-3600), Reason::NoTime, Step::Time);
}

/// TIME-03: an authority that had expired.
#[test]
fn time_03_authorities_are_judged_at_the_verified_time() {
    let past = hours(&world(), -1);
    for authority in [
        CaOptions { intermediate_certificate: Window::until(past), ..CaOptions::default() },
        CaOptions { root_certificate: Window::until(past), ..CaOptions::default() },
    ] {
        let world = World::new(WorldOptions { authorities: vec![authority], ..WorldOptions::default() });
        refused(keyless(&world, &SignRequest::image(&image())), Reason::Expired, Step::Time);
    }
    let authority = CaOptions { valid_for: Window::until(past), ..CaOptions::default() };
    let world = World::new(WorldOptions { authorities: vec![authority], ..WorldOptions::default() });
    refused(keyless(&world, &SignRequest::image(&image())), Reason::Expired, Step::Time);
}

/// TIME-02, for logs: the time lies in the window of the log that gave it, and of the log that the entry is in.
#[test]
fn time_02_logs_have_windows() {
    let past = hours(&world(), -1);
    let log = |key| LogOptions { valid_for: Window::until(past), ..LogOptions::new(key) };
    let v1 = World::new(WorldOptions { rekor_v1: vec![log(KeyType::P256)], ..WorldOptions::default() });
    refused(keyless(&v1, &SignRequest::image(&image()).rekor_v1()), Reason::Expired, Step::Time);
    let v2 = World::new(WorldOptions { rekor_v2: vec![log(KeyType::Ed25519)], ..WorldOptions::default() });
    refused(keyless(&v2, &SignRequest::image(&image())), Reason::Expired, Step::Time);
}

/// TIME-05: one authority's window does not vouch for another's token.
#[test]
fn time_05_an_authoritys_own_window() {
    let past = hours(&world(), -1);
    let retired = TsaOptions { valid_for: Window::until(past), ..TsaOptions::default() };
    let world = World::new(WorldOptions {
        timestamp_authorities: vec![retired, TsaOptions::default()],
        ..WorldOptions::default()
    });
    let request = SignRequest::image(&image());
    refused(keyless(&world, &request), Reason::Expired, Step::Time);
    let second = TokenSpec { authority: 1, ..TokenSpec::default() };
    assert!(keyless(&world, &request.timestamps([second])).is_ok());
    let expired = TsaOptions { certificate: Window::until(past), ..TsaOptions::default() };
    let world = World::new(WorldOptions { timestamp_authorities: vec![expired], ..WorldOptions::default() });
    refused(keyless(&world, &SignRequest::image(&image())), Reason::Expired, Step::Time);
}

/// TIME-04: what must not stamp.
#[test]
fn time_04_leafs_that_must_not_stamp() {
    use proofmark_testkit::sigstore::Eku;
    for options in [
        TsaOptions { ekus: vec![Eku::CodeSigning], ..TsaOptions::default() },
        TsaOptions { ekus: Vec::new(), ..TsaOptions::default() },
    ] {
        let world =
            World::new(WorldOptions { timestamp_authorities: vec![options], ..WorldOptions::default() });
        assert!(keyless(&world, &SignRequest::image(&image())).is_err());
    }
}

/// TIME-06: two tokens of one authority, two entries of one log.
#[test]
fn time_06_the_earliest_comes_first_and_logs_count_once() {
    let world = world();
    let start = world.options().now;
    let tokens = [9, 3].map(|seconds| token(start + SignedDuration::from_secs(seconds)));
    let verified = keyless(&world, &SignRequest::image(&image()).timestamps(tokens)).unwrap();
    assert_eq!(verified.earliest_time(), Some(start + SignedDuration::from_secs(3)));
    assert_eq!(verified.times().len(), 2);
}

/// A root without logs: no entry and no certificate timestamp, but a time always.
#[test]
fn a_root_without_logs() {
    let world = World::new(WorldOptions {
        ct_logs: Vec::new(),
        rekor_v1: Vec::new(),
        rekor_v2: Vec::new(),
        ..WorldOptions::default()
    });
    let request = SignRequest::image(&image()).no_log();
    let verified = keyless(&world, &request).unwrap();
    assert!(verified.log_entries().is_empty() && verified.times().len() == 1);
    refused(keyless(&world, &request.timestamps([])), Reason::NoTime, Step::Time);
}
