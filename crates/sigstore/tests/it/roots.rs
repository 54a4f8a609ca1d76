//! Trusted roots.

use proofmark_core::Timestamp;
use proofmark_sigstore::{AuthorityKind, Change, RootError, RootSource, TrustRoot};
use proofmark_testkit::sigstore::{World, WorldOptions};

use crate::{root_of, world};

#[test]
fn built_in_roots_are_the_files_that_their_notes_name() {
    for (name, logs, note) in [
        ("sigstore-public-good", true, include_str!("../../../../trust-roots/sigstore-public-good.toml")),
        ("github", false, include_str!("../../../../trust-roots/github.toml")),
    ] {
        let root = TrustRoot::builtin(name).unwrap();
        assert_eq!((root.has_logs(), root.has_ct_logs(), root.has_tsas()), (logs, logs, true));
        assert_eq!(root.name(), name);
        let logs_there = root.authorities().iter().any(|one| one.kind == AuthorityKind::TransparencyLog);
        assert_eq!((logs_there, root.authorities().is_empty()), (logs, false));
        assert!(note.contains(root.digest().hex()), "{name}");
        assert!(matches!(root.source(), RootSource::BuiltIn { fetched: Some(_) }));
        assert!(!root.is_expired("2026-10-13T00:00:00Z".parse().unwrap()));
        assert!(root.is_expired(Timestamp::UNIX_EPOCH));
    }
    assert!(matches!(TrustRoot::builtin("staging"), Err(RootError::UnknownBuiltIn(_))));
}

#[test]
fn a_root_without_timestamp_authorities_says_so() {
    let without = WorldOptions { timestamp_authorities: Vec::new(), ..WorldOptions::default() };
    assert!(!root_of(&World::new(without)).has_tsas());
    assert!(root_of(&world()).has_tsas());
}

#[test]
fn differences_between_roots() {
    let (one, other) = (root_of(&world()), root_of(&World::new(WorldOptions::seeded("other"))));
    assert!(one.diff(&one).is_empty());
    let changes = one.diff(&other);
    let added = changes.iter().filter(|change| matches!(change, Change::Added(_))).count();
    assert_eq!((added, changes.len()), (5, 10));
    let mut document = world().trusted_root();
    document["tlogs"][0]["publicKey"]["validFor"]["end"] = "2030-01-01T00:00:00Z".into();
    let source = RootSource::File { path: "x".to_owned(), fetched: None };
    let ended = TrustRoot::parse("x", document.to_string().as_bytes(), source).unwrap();
    let [Change::Changed { before, after }] = &one.diff(&ended)[..] else { panic!("{:?}", one.diff(&ended)) };
    assert_eq!((before.kind, after.window.until.is_some()), (AuthorityKind::TransparencyLog, true));
}

/// TUF-03 and what a root must not be.
#[test]
fn tuf_03_roots_that_are_refused() {
    let parse = |text: &str| {
        TrustRoot::parse("x", text.as_bytes(), RootSource::File { path: "x".to_owned(), fetched: None })
    };
    let good = world().trusted_root();
    assert!(parse(&good.to_string()).is_ok());
    for text in ["", "{}", "[]", "null", "{\"mediaType\":\"x\"}"] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert!(matches!(
        parse(&good.to_string().replacen('{', "{\"tlogs\":[],", 1)),
        Err(RootError::Json { .. })
    ));
    let mut no_start = good.clone();
    no_start["tlogs"][0]["publicKey"]["validFor"] = serde_json::json!({ "end": "2030-01-01T00:00:00Z" });
    let mut repeated = good.clone();
    let log = good["tlogs"][0].clone();
    repeated["tlogs"].as_array_mut().unwrap().push(log);
    let mut reversed = good.clone();
    reversed["tlogs"][0]["publicKey"]["validFor"] =
        serde_json::json!({ "start": "2030-01-01T00:00:00Z", "end": "2020-01-01T00:00:00Z" });
    let mut broken = good;
    broken["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] = "AAAA".into();
    for document in [no_start, repeated, reversed, broken] {
        assert!(matches!(parse(&document.to_string()), Err(RootError::Invalid { .. })));
    }
}
