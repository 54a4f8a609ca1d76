//! Everyday registries: an honest no on any of them would make people switch the verifier off.

use proofmark_core::{Digest, Reason};
use proofmark_oci::{PathKind, PathState, Plan, media_type};
use serde_json::json;

use crate::support::{Answer, ORIGIN, Registry, Seen, by_digest, client, examine, index};

fn look(registry: &std::sync::Arc<Registry>, digest: &Digest) -> Seen {
    examine(&client(registry), &by_digest(digest), Plan::ALL).unwrap()
}

/// REG-01, GHCR: the API answers with an empty list while the fallback tag is filled, with descriptors that say
/// `application/vnd.oci.empty.v1+json`.
#[test]
fn reg_01_ghcr_empty_api_and_filled_fallback_tag() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let mut bundle = repo.bundle(&digest, "{\"b\":1}");
    bundle["artifactType"] = json!(media_type::OCI_EMPTY);
    repo.referrers(&digest, &[]);
    repo.fallback(&digest, &[bundle]);
    let seen = look(&registry, &digest);
    assert_eq!(seen.texts(), ["{\"b\":1}"]);
    assert_eq!(seen.found[0].path, PathKind::FallbackTag);
    assert_eq!(*seen.state(PathKind::Referrers), PathState::Complete { candidates: 0 });
}

/// Docker Hub, Quay, Artifactory and others without the API, by the status that each uses; the fallback tag holds
/// descriptors without annotations and types.
#[test]
fn reg_01_registries_without_the_api() {
    for status in [400, 404, 405, 406, 501] {
        let registry = Registry::new();
        let repo = registry.repo();
        let digest = repo.image();
        let mut bundle = repo.bundle(&digest, "{\"b\":1}");
        bundle.as_object_mut().unwrap().remove("artifactType");
        repo.fallback(&digest, &[bundle]);
        registry.set(repo.url("referrers", &digest), Answer::Status(status));
        let seen = look(&registry, &digest);
        assert_eq!(seen.texts(), ["{\"b\":1}"], "{status}");
        assert_eq!(*seen.state(PathKind::Referrers), PathState::NotOffered, "{status}");
        assert!(seen.examined.paths.iter().all(proofmark_oci::PathReport::is_complete), "{status}");
    }
}

/// A 200 that is no index is "not offered"; a cut or damaged index is a failure.
#[test]
fn reg_02_tells_another_answer_from_a_cut_one() {
    let cut = "{\"schemaVersion\":2,\"manifests\":[";
    let bad_digest = index(&[json!({ "mediaType": "x", "digest": "sha256:../../x", "size": 1 })]);
    for (content_type, body, offered) in [
        ("text/html", "<html>".to_owned(), false),
        ("application/json", "{\"errors\":[]}".to_owned(), false),
        ("application/json", "[]".to_owned(), false),
        ("text/plain", String::new(), false),
        (media_type::OCI_INDEX, cut.to_owned(), true),
        ("application/json", cut.to_owned(), true),
        (media_type::OCI_INDEX, "<html>".to_owned(), true),
        (media_type::OCI_INDEX, bad_digest.to_string(), true),
        ("application/json", "{\"manifests\":[],\"manifests\":[]}".to_owned(), true),
    ] {
        let registry = Registry::new();
        let repo = registry.repo();
        let digest = repo.image();
        registry.set(repo.url("referrers", &digest), Answer::bytes(content_type, body.clone()));
        let seen = look(&registry, &digest);
        match seen.state(PathKind::Referrers) {
            PathState::NotOffered => assert!(!offered, "{content_type} {body}"),
            PathState::Failed { reason: Reason::Unreachable, .. } => {
                assert!(offered, "{content_type} {body}");
            }
            other => panic!("{content_type} {body}: {other:?}"),
        }
    }
    // Go writes null for an empty list; some registries leave the schema version and the media type out.
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let null = Answer::bytes("application/json", "{\"manifests\":null}");
    registry.set(repo.url("referrers", &digest), null);
    assert_eq!(*look(&registry, &digest).state(PathKind::Referrers), PathState::Complete { candidates: 0 });
}

/// Artifactory: 406 for referrers, 403 for a tag that is not there. With the image readable by the same token, that is
/// absence.
#[test]
fn reg_02_artifactory_forbids_missing_tags() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    registry.missing_tags_are(403);
    registry.set(repo.url("referrers", &digest), Answer::Status(406));
    let seen = look(&registry, &digest);
    let manifest = repo.url("manifests", &digest);
    assert_eq!(registry.asked(&manifest), 1, "the image was just read: nothing more is asked");
    for path in [PathKind::FallbackTag, PathKind::SigTag, PathKind::AttTag] {
        assert_eq!(*seen.state(path), PathState::Absent);
    }
    // Without an examination before, the manifest is asked for once.
    let place = &seen.examined.place;
    let budget = proofmark_oci::Budget::new(&proofmark_core::Limits::default());
    let reports = client(&registry).discover(place, &digest, Plan::ALL, &budget, &mut |_| {});
    assert!(reports.iter().all(proofmark_oci::PathReport::is_complete), "{reports:?}");
    assert_eq!(registry.asked(&manifest), 2);
    // If the image cannot be read either, the 403 says nothing of the tag.
    registry.set(manifest, Answer::Status(403));
    let reports = client(&registry).discover(place, &digest, Plan::ALL, &budget, &mut |_| {});
    let unauthorized =
        reports.iter().filter_map(proofmark_oci::PathReport::incomplete).map(|(reason, _)| reason);
    assert_eq!(unauthorized.collect::<Vec<_>>(), [Reason::Unauthorized; 3]);
}

/// REG-02, REG-03: 401 on referrers alone, 429, 5xx: an error is an error, never "none", and never a reason to take an
/// older format for all there is.
#[test]
fn reg_03_errors_are_not_absence() {
    for (status, reason) in [
        (401, Reason::Unauthorized),
        (403, Reason::Unauthorized),
        (429, Reason::Unreachable),
        (500, Reason::Unreachable),
        (503, Reason::Unreachable),
        (302, Reason::Unreachable),
    ] {
        let registry = Registry::new();
        let repo = registry.repo();
        let digest = repo.image();
        repo.sig(&digest, &["old signer"]);
        registry.set(repo.url("referrers", &digest), Answer::Status(status));
        let seen = look(&registry, &digest);
        assert_eq!(seen.found.len(), 1);
        match seen.state(PathKind::Referrers) {
            PathState::Failed { reason: told, .. } => assert_eq!(*told, reason, "{status}"),
            other => panic!("{status}: {other:?}"),
        }
    }
    for status in [401, 429, 500, 400, 406] {
        let registry = Registry::new();
        let digest = registry.repo().image();
        registry.missing_tags_are(status);
        let seen = look(&registry, &digest);
        assert!(matches!(seen.state(PathKind::SigTag), PathState::Failed { .. }), "{status}");
    }
}

/// Docker Hub's API stands under another name; its referrers answer 404 (ECR and Harbor answer with lists).
#[test]
fn docker_hub_is_asked_by_its_api_name() {
    let registry = Registry::new();
    let repo = registry.repo_at("https://registry-1.docker.io/v2/library/postgres");
    let digest = repo.image();
    let target = proofmark_oci::Target::Registry(proofmark_core::ImageRef::parse("postgres:1.4.0").unwrap());
    let seen = examine(&client(&registry), &target, Plan::ALL).unwrap();
    assert_eq!(seen.examined.digest, digest);
    assert_eq!(seen.examined.resolved_from, "docker.io");
    assert!(seen.found.is_empty());
}

/// Harbor as a pull-through cache under its own path: nothing but the path differs. The list comes in pages.
#[test]
fn reg_02_pages_of_a_harbor_proxy() {
    let registry = Registry::new();
    let repo = registry.repo_at("https://harbor.corp/v2/hub/library/postgres");
    let digest = repo.image();
    let first = repo.url("referrers", &digest);
    let next = format!("/v2/hub/library/postgres/referrers/{digest}?next=2");
    let pages = [repo.bundle(&digest, "{\"b\":1}"), repo.bundle(&digest, "{\"b\":2}")];
    registry.set(&first, Answer::json(media_type::OCI_INDEX, &index(&pages[..1])).linked(&next));
    let last = Answer::json(media_type::OCI_INDEX, &index(&pages[1..]));
    registry.set(format!("https://harbor.corp{next}"), last);
    let reference = format!("harbor.corp/hub/library/postgres@{digest}");
    let target = proofmark_oci::Target::Registry(proofmark_core::ImageRef::parse(&reference).unwrap());
    let seen = examine(&client(&registry), &target, Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"b\":1}", "{\"b\":2}"]);
    assert_eq!(*seen.state(PathKind::Referrers), PathState::Complete { candidates: 2 });
}

/// Loopback hosts speak HTTP, unless they are listed with authorities of their own.
#[test]
fn loopback_speaks_http() {
    let registry = Registry::new();
    let repo = registry.repo_at("http://127.0.0.1:5000/v2/app");
    let digest = repo.image();
    let target =
        proofmark_oci::Target::Registry(proofmark_core::ImageRef::parse("127.0.0.1:5000/app:1.4.0").unwrap());
    assert_eq!(examine(&client(&registry), &target, Plan::NOTHING).unwrap().examined.digest, digest);
    assert!(!registry.log()[0].starts_with(ORIGIN));
}
