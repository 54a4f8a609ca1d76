//! Mirrors (verdicts.md 4): asked first, believed no more than the origin.

use proofmark_core::Reason;
use proofmark_core::registry::MirrorAt;
use proofmark_oci::{Client, PathKind, PathReport, PathState, Plan, ReadError};
use std::sync::Arc;

use crate::support::{Answer, Registry, Repo, by_digest, by_tag, client_of, entry, examine};

const MIRROR: &str = "https://mirror.corp";

struct Mirrored {
    registry: Arc<Registry>,
    mirror: Repo,
    origin: Repo,
}

fn mirrored() -> Mirrored {
    let registry = Registry::new();
    let mirror = registry.repo_at(&format!("{MIRROR}/v2/cache/acme/app"));
    let origin = registry.repo();
    Mirrored { registry, mirror, origin }
}

impl Mirrored {
    fn client(&self, authoritative: bool) -> Client {
        let at = MirrorAt::Registry { base: MIRROR.to_owned(), prefix: "cache".to_owned() };
        client_of(&self.registry, vec![entry("r.example", vec![(at, authoritative)])], None)
    }
}

/// A tag is resolved by the first mirror that has it, and the report names it. What a mirror that is no authority does
/// not have is asked of the origin too.
#[test]
fn evidence_absent_from_a_mirror_is_asked_of_the_origin() {
    let all = mirrored();
    let digest = all.mirror.image();
    all.origin.referrers(&digest, &[all.origin.bundle(&digest, "{\"origin\":1}")]);
    let seen = examine(&all.client(false), &by_tag("1.4.0"), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.examined.resolved_from, "https://mirror.corp/cache");
    assert_eq!(seen.texts(), ["{\"origin\":1}"]);
    assert_eq!(seen.found[0].source, "r.example");
    assert_eq!(all.registry.asked("r.example/v2/acme/app/manifests/1.4.0"), 0);
    let sources: Vec<&str> = seen.examined.paths.iter().map(|report| report.source.as_str()).collect();
    assert_eq!(sources[0], "https://mirror.corp/cache");
    assert_eq!(sources[sources.len() - 1], "r.example");
}

#[test]
fn an_authoritative_mirror_is_asked_alone() {
    let all = mirrored();
    let digest = all.mirror.image();
    all.origin.referrers(&digest, &[all.origin.bundle(&digest, "{\"origin\":1}")]);
    let seen = examine(&all.client(true), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert!(seen.found.is_empty() && seen.examined.paths.iter().all(PathReport::is_complete));
    assert_eq!(all.registry.asked("r.example"), 0);
    // An image that only the origin has: then its evidence is there as well.
    let all = mirrored();
    let digest = all.origin.image();
    all.origin.referrers(&digest, &[all.origin.bundle(&digest, "{\"origin\":1}")]);
    for target in [by_tag("1.4.0"), by_digest(&digest)] {
        let seen = examine(&all.client(true), &target, Plan::SIGNATURES).unwrap();
        assert_eq!(seen.texts(), ["{\"origin\":1}"]);
    }
}

/// If the origin cannot be asked, the path failed.
#[test]
fn an_unreachable_origin_fails_the_path() {
    let all = mirrored();
    let digest = all.mirror.image();
    let offline = Answer::Error(proofmark_net::NetError::Offline);
    all.registry.set(all.origin.url("referrers", &digest), offline);
    let seen = examine(&all.client(false), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    let merged = PathReport::merged(&seen.examined.paths);
    let referrers = merged.iter().find(|report| report.path == PathKind::Referrers).unwrap();
    assert_eq!(referrers.incomplete().map(|(reason, _)| reason), Some(Reason::Offline));
    assert_eq!(referrers.source, "r.example");
}

/// An error of a mirror moves on, and is remembered.
#[test]
fn an_error_of_a_mirror_moves_on() {
    let all = mirrored();
    let digest = all.origin.image();
    all.registry.set(all.mirror.url("manifests", "1.4.0"), Answer::Status(500));
    let seen = examine(&all.client(false), &by_tag("1.4.0"), Plan::NOTHING).unwrap();
    assert_eq!((seen.examined.digest, seen.examined.resolved_from.as_str()), (digest, "r.example"));
    assert_eq!(seen.examined.skipped[0].source, "https://mirror.corp/cache");
    assert_eq!(seen.examined.skipped[0].error.reason(), Reason::Unreachable);
}

/// A mirror that lies about bytes is passed over; if nobody tells the truth, the lie is the reason.
#[test]
fn a_lying_mirror_is_passed_over() {
    let all = mirrored();
    let digest = all.origin.image();
    all.registry.set(all.mirror.url("manifests", &digest), Answer::bytes("x", "{}"));
    let seen = examine(&all.client(false), &by_digest(&digest), Plan::NOTHING).unwrap();
    assert_eq!(seen.examined.skipped[0].error.reason(), Reason::DigestMismatch);
    all.registry.set(all.origin.url("manifests", &digest), Answer::Status(500));
    let error = examine(&all.client(false), &by_digest(&digest), Plan::NOTHING).err().unwrap();
    assert_eq!(error.reason(), Reason::DigestMismatch);
}

/// Bytes with the digest that was asked for are the image's, also from a mirror: nothing that the origin could say would make them better.
#[test]
fn what_is_wrong_with_the_bytes_of_a_digest_is_wrong_everywhere() {
    let all = mirrored();
    let bytes = "{\"schemaVersion\":2,\"schemaVersion\":2}";
    let digest = proofmark_core::Digest::sha256(bytes.as_bytes());
    let answer = || Answer::bytes("application/vnd.oci.image.manifest.v1+json", bytes);
    all.registry.set(all.mirror.url("manifests", &digest), answer());
    all.registry.set(all.origin.url("manifests", &digest), Answer::Status(500));
    let error = examine(&all.client(false), &by_digest(&digest), Plan::NOTHING).err().unwrap();
    assert_eq!(error.reason(), Reason::Malformed, "{error}");
    // Under a tag the origin may name other bytes.
    all.registry.set(all.mirror.url("manifests", "9"), answer());
    all.registry.set(all.origin.url("manifests", "9"), Answer::Status(500));
    let error = examine(&all.client(false), &by_tag("9"), Plan::NOTHING).err().unwrap();
    assert_eq!(error.reason(), Reason::Unreachable, "{error}");
}

/// Where nobody gives it, what each said is told: mending one of them is enough.
#[test]
fn every_source_that_failed_is_told() {
    let all = mirrored();
    let answers = |mirror: u16, origin: u16| {
        all.registry.set(all.mirror.url("manifests", "9"), Answer::Status(mirror));
        all.registry.set(all.origin.url("manifests", "9"), Answer::Status(origin));
        examine(&all.client(false), &by_tag("9"), Plan::NOTHING).err().unwrap()
    };
    let others = |error: &ReadError| match error {
        ReadError::Everywhere { others, .. } => {
            others.iter().map(|one| (one.source.clone(), one.error.reason())).collect::<Vec<_>>()
        }
        _ => panic!("{error:?}"),
    };
    let mirror = |reason| [("https://mirror.corp/cache".to_owned(), reason)];

    let error = answers(404, 418);
    assert_eq!((error.reason(), error.is_absent()), (Reason::Unreachable, false));
    assert_eq!(others(&error), mirror(Reason::NotFound));
    assert!(
        error.help().contains("or check the name and the tag, which https://mirror.corp/cache does not have")
    );

    let error = answers(401, 418);
    assert_eq!(others(&error), mirror(Reason::Unauthorized));
    assert!(
        error.help().contains("; or, for https://mirror.corp/cache: log in: docker login"),
        "{}",
        error.help()
    );

    let error = answers(418, 404);
    assert_eq!((error.reason(), error.is_absent()), (Reason::Unreachable, false));
    assert_eq!(others(&error), [("r.example".to_owned(), Reason::NotFound)]);

    let error = answers(404, 404);
    assert_eq!((error.reason(), error.is_absent()), (Reason::NotFound, true));
    assert!(error.to_string().starts_with("r.example has no "), "the origin's: {error}");
    assert!(!error.help().contains("; or"), "{}", error.help());
}

/// The same attachment at both: read once; a blob that the mirror lacks comes from the origin.
#[test]
fn content_is_the_same_everywhere() {
    let all = mirrored();
    let digest = all.mirror.image();
    let list = [all.mirror.bundle(&digest, "{\"b\":1}"), all.mirror.bundle(&digest, "{\"b\":2}")];
    all.mirror.referrers(&digest, &list);
    all.origin.referrers(
        &digest,
        &[all.origin.bundle(&digest, "{\"b\":1}"), all.origin.bundle(&digest, "{\"b\":2}")],
    );
    let second = proofmark_core::Digest::sha256(b"{\"b\":2}");
    all.registry.set(all.mirror.url("blobs", &second), Answer::Status(404));
    let seen = examine(&all.client(false), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"b\":1}", "{\"b\":2}"]);
    for report in seen.examined.paths.iter().filter(|report| report.path == PathKind::Referrers) {
        assert_eq!(report.state, PathState::Complete { candidates: 2 });
    }
    assert_eq!(all.registry.asked(&format!("/blobs/{}", proofmark_core::Digest::sha256(b"{\"b\":1}"))), 1);
}
