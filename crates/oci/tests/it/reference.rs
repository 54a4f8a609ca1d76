//! REF rows: what a reference resolves to, and which bytes are believed.

use proofmark_core::{Digest, Reason};
use proofmark_oci::{PathKind, PathState, Plan, ReadError, media_type, parse_manifest};
use serde_json::{Value, json};

use crate::support::{
    Answer, Registry, attachment, by_digest, by_tag, client, digest_of, examine, image, index,
};

/// REF-01 (CVE-2022-47633): the tag moves between requests; it is resolved once, and everything after is by digest.
#[test]
fn ref_01_resolves_a_tag_once() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let first = image(&repo.config("linux", "amd64"), &[]);
    let other = image(&repo.config("linux", "arm64"), &[]);
    repo.bundle(&digest, "{}");
    registry.script(
        repo.url("manifests", "1.4.0"),
        vec![Answer::json(media_type::OCI_MANIFEST, &first), Answer::json(media_type::OCI_MANIFEST, &other)],
    );
    let seen = examine(&client(&registry), &by_tag("1.4.0"), Plan::ALL).unwrap();
    assert_eq!(seen.examined.digest, digest);
    assert_eq!(registry.asked("/manifests/1.4.0"), 1);
    assert_eq!(registry.asked(&format!("/referrers/{digest}")), 1);
    assert_eq!(registry.asked(&format!("sha256-{}.sig", digest.hex())), 1);
}

/// With `tag@digest` the tag is not resolved at all (design.md 2.2).
#[test]
fn ref_01_does_not_resolve_a_tag_beside_a_digest() {
    let registry = Registry::new();
    let digest = registry.repo().image();
    let reference = format!("r.example/acme/app:1.4.0@{digest}");
    let target = proofmark_oci::Target::Registry(proofmark_core::ImageRef::parse(&reference).unwrap());
    examine(&client(&registry), &target, Plan::ALL).unwrap();
    assert_eq!(registry.asked("1.4.0"), 0);
}

/// REF-02 (CVE-2023-47630): bytes that do not hash to the digest are refused, whatever a header says; nothing of what is
/// attached is handed over.
#[test]
fn ref_02_hashes_the_body() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    repo.referrers(&digest, &[repo.bundle(&digest, "{}")]);
    let lie = image(&repo.config("linux", "arm64"), &[]);
    registry.set(repo.url("manifests", &digest), Answer::json(media_type::OCI_MANIFEST, &lie));
    let mut handed = 0;
    let budget = proofmark_oci::Budget::new(&proofmark_core::Limits::default());
    let error =
        client(&registry).examine(&by_digest(&digest), Plan::ALL, &budget, &mut |_| handed += 1).unwrap_err();
    assert_eq!((error.reason(), handed), (Reason::DigestMismatch, 0));
    assert!(matches!(error, ReadError::DigestMismatch { expected, .. } if expected == digest));
}

/// REF-03 (CVE-2024-3727): what is written as a digest in a manifest is one.
#[test]
fn ref_03_refuses_digests_that_are_none() {
    let upper = format!("sha256:{}", "A".repeat(64));
    for bad in ["", "sha256:", "sha256:../../x", "md5:00", "sha999:00", upper.as_str()] {
        let config = json!({ "mediaType": media_type::OCI_CONFIG, "digest": bad, "size": 1 });
        let error = parse_manifest(image(&config, &[]).to_string().as_bytes()).unwrap_err();
        assert_eq!(error.reason(), Reason::Malformed, "{bad}");
    }
}

fn resolve(answer: Answer) -> Result<proofmark_oci::ImageManifest, ReadError> {
    let registry = Registry::new();
    registry.set(registry.repo().url("manifests", "x"), answer);
    examine(&client(&registry), &by_tag("x"), Plan::NOTHING).map(|seen| seen.examined.manifest)
}

/// REF-04 (GHSA-5j5w-g665-5m35): documents that two readers take for different things.
#[test]
fn ref_04_refuses_ambiguous_manifests() {
    let registry = Registry::new();
    let good = image(&registry.repo().config("linux", "amd64"), &[]);
    let with = |key: &str, value: Value| {
        let mut changed = good.clone();
        changed[key] = value;
        changed
    };
    let mut untyped = good.clone();
    untyped.as_object_mut().unwrap().remove("mediaType");
    let manifest = media_type::OCI_MANIFEST;
    for (content_type, fine) in [
        (manifest, &good),
        (manifest, &untyped),
        ("application/json", &good),
        (media_type::DOCKER_MANIFEST, &with("mediaType", json!(media_type::DOCKER_MANIFEST))),
    ] {
        assert!(resolve(Answer::json(content_type, fine)).is_ok(), "{content_type} {fine}");
    }
    for (content_type, bad) in [
        (manifest, &with("manifests", json!([]))),
        (manifest, &with("manifests", json!(null))),
        (manifest, &with("Manifests", json!([]))),
        (media_type::OCI_INDEX, &good),
        (media_type::OCI_INDEX, &untyped),
        (media_type::DOCKER_MANIFEST, &good),
        (manifest, &with("mediaType", json!(media_type::OCI_INDEX))),
        (manifest, &with("mediaType", json!("text/html"))),
        (manifest, &json!({ "schemaVersion": 2 })),
        (manifest, &json!([])),
    ] {
        let error = resolve(Answer::json(content_type, bad)).unwrap_err();
        assert_eq!(error.reason(), Reason::Malformed, "{content_type} {bad}");
        assert!(!error.help().is_empty());
    }
    let twice = format!("{{\"schemaVersion\":2,{}", &good.to_string()[1..]);
    assert!(resolve(Answer::bytes(manifest, twice)).is_err(), "duplicate key");
    let old = json!({ "schemaVersion": 1, "fsLayers": [], "history": [] });
    let signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    assert_eq!(resolve(Answer::json(signed, &old)).unwrap_err().reason(), Reason::Unsupported);
}

/// REF-05 (CVE-2023-33959): a referrer that is attached to another image says so.
#[test]
fn ref_05_tells_the_subject() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let other = Digest::sha256(b"another image");
    repo.referrers(&digest, &[repo.bundle(&other, "{\"stranger\":1}"), repo.bundle(&digest, "{\"own\":1}")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    let subjects: Vec<_> = seen.found.iter().map(|found| found.subject.clone().unwrap()).collect();
    assert_eq!(subjects, [other, digest]);
    assert_eq!(*seen.state(PathKind::Referrers), PathState::Complete { candidates: 2 });
}

/// REF-06: discovery can be asked for the index and for each child.
#[test]
fn ref_06_discovers_children_apart() {
    let registry = Registry::new();
    let repo = registry.repo();
    let mut child = repo.manifest(&image(&repo.config("linux", "amd64"), &[]));
    child["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let child_digest = digest_of(&child);
    let whole = index(&[child]);
    repo.tag("1.4.0", &whole);
    repo.manifest(&whole);
    repo.referrers(&child_digest, &[repo.bundle(&child_digest, "{\"child\":1}")]);
    let client = client(&registry);
    let seen = examine(&client, &by_tag("1.4.0"), Plan::SIGNATURES).unwrap();
    assert!(seen.found.is_empty() && seen.examined.manifest.is_index());
    let mut found = Vec::new();
    let budget = proofmark_oci::Budget::new(&proofmark_core::Limits::default());
    let place = &seen.examined.place;
    let reports =
        client.discover(place, &child_digest, Plan::SIGNATURES, &budget, &mut |one| found.push(one));
    assert_eq!((found.len(), found[0].bytes.as_slice()), (1, b"{\"child\":1}".as_slice()));
    assert!(reports.iter().all(proofmark_oci::PathReport::is_complete));
}

/// The whole answer to "where did this come from" and the empty artifact: an image that is none is still read.
#[test]
fn ref_04_reads_artifacts() {
    let registry = Registry::new();
    let manifest = attachment(None, "application/vnd.acme.policy", &[]);
    registry.repo().tag("x", &manifest);
    let seen = examine(&client(&registry), &by_tag("x"), Plan::NOTHING).unwrap();
    assert_eq!(seen.examined.manifest.artifact_type(), Some("application/vnd.acme.policy"));
    assert_eq!((seen.examined.resolved_from.as_str(), seen.examined.paths.len()), ("r.example", 0));
}
