//! What is asked, in which order it is handed over, and what makes a path incomplete.

use std::sync::Arc;

use proofmark_core::{Digest, Limits, Reason};
use proofmark_net::NetError;
use proofmark_oci::{Budget, ContentCache, Descriptor, PathKind, PathState, Plan, media_type};
use serde_json::{Value, json};

use crate::support::{
    Answer, BUNDLE, Registry, attachment, by_digest, by_tag, client, client_of, digest_of, examine,
    examine_within, image, index,
};

/// design.md 7: one keyless image by digest takes at most six requests, and no `/v2/` ping.
#[test]
fn six_requests_for_a_keyless_image() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    repo.referrers(&digest, &[repo.bundle(&digest, "{\"b\":1}")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"b\":1}"]);
    let log = registry.log();
    assert_eq!(log.len(), 6, "{log:#?}");
    assert!(log.iter().all(|url| url.starts_with("https://r.example/v2/acme/app/")));
    let found = &seen.found[0];
    assert_eq!((found.path, found.source.as_str()), (PathKind::Referrers, "r.example"));
    assert_eq!(found.descriptor_artifact_type.as_deref(), Some(BUNDLE));
    assert!(found.is_bundle() && found.subject == Some(digest));
    assert_eq!(*seen.state(PathKind::SigTag), PathState::Absent);
    assert!(seen.examined.paths.iter().all(|report| report.path != PathKind::AttTag));
}

/// REG-04: bundles and legacy signatures are one union; none hides the other.
#[test]
fn reg_04_reads_every_path() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    repo.referrers(&digest, &[repo.bundle(&digest, "{\"api\":1}")]);
    repo.fallback(&digest, &[repo.bundle(&digest, "{\"tag\":1}")]);
    repo.sig(&digest, &["first", "second"]);
    let envelope = repo.blob(media_type::DSSE, b"{\"envelope\":1}");
    repo.tag(&format!("sha256-{}.att", digest.hex()), &attachment(None, "", &[envelope]));
    let seen = examine(&client(&registry), &by_tag("1.4.0"), Plan::ALL).unwrap();
    let payload = "{\"critical\":{}}";
    assert_eq!(seen.texts(), ["{\"api\":1}", "{\"tag\":1}", payload, payload, "{\"envelope\":1}"]);
    // `.sig` layers from last to first, each with its own annotations; the shared payload is read once.
    let signature = |at: usize| seen.found[at].annotations["dev.cosignproject.cosign/signature"].clone();
    assert_eq!((signature(2), signature(3)), ("second".to_owned(), "first".to_owned()));
    assert_eq!(registry.asked(&format!("/blobs/{}", Digest::sha256(payload.as_bytes()))), 1);
    assert_eq!(*seen.state(PathKind::SigTag), PathState::Complete { candidates: 2 });
    assert_eq!(*seen.state(PathKind::AttTag), PathState::Complete { candidates: 1 });
}

/// A descriptor's type is a hint: bundles are read first, and everything else is read too.
#[test]
fn reads_bundle_types_first_and_all_others() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let sbom = repo.blob("application/spdx+json", b"{}");
    let mut sbom = repo.manifest(&attachment(Some(&digest), "application/spdx+json", &[sbom]));
    sbom["artifactType"] = json!("application/spdx+json");
    let mut mislabelled = repo.bundle(&digest, "{\"mislabelled\":1}");
    mislabelled["artifactType"] = json!("application/spdx+json");
    let mut empty = repo.bundle(&digest, "{\"empty\":1}");
    empty["artifactType"] = json!(media_type::OCI_EMPTY);
    repo.referrers(&digest, &[sbom.clone(), mislabelled, empty, repo.bundle(&digest, "{\"typed\":1}")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"typed\":1}", "{\"empty\":1}", "{\"mislabelled\":1}"]);
    let report = seen.report(PathKind::Referrers);
    assert_eq!((report.others.len(), &report.others[0].digest), (1, &digest_of(&sbom)));
    assert_eq!(report.others[0].artifact_type.as_deref(), Some("application/spdx+json"));
    assert_eq!(registry.asked("/blobs/"), 3, "other artifacts are not downloaded");
}

/// Equal digests are read once, whoever lists them; every path that lists them counts them.
#[test]
fn reads_equal_digests_once() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let bundle = repo.bundle(&digest, "{\"b\":1}");
    repo.referrers(&digest, &[bundle.clone(), bundle.clone()]);
    repo.fallback(&digest, std::slice::from_ref(&bundle));
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.found.len(), 1);
    assert_eq!(*seen.state(PathKind::FallbackTag), PathState::Complete { candidates: 1 });
    assert_eq!(registry.asked(&digest_of(&bundle).to_string()), 1);
}

/// One candidate that cannot be read makes its path fail with that cause; the others are still handed over.
#[test]
fn one_bad_candidate_fails_the_path_and_hides_none() {
    type Break = fn(&Arc<Registry>, &str, &str);
    let breaks: [(Break, &str); 6] = [
        (|registry, _, blob| registry.set(blob, Answer::Status(404)), "has no"),
        (|registry, _, blob| registry.set(blob, Answer::bytes("x", "{\"B\":2}")), "gave bytes of"),
        (|registry, _, blob| registry.set(blob, Answer::bytes("x", "{\"b\":2} longer")), "not 7 bytes long"),
        (|registry, manifest, _| registry.set(manifest, Answer::Status(500)), "HTTP 500"),
        (|registry, manifest, _| registry.set(manifest, Answer::bytes("x", "{}")), "gave bytes of"),
        (|registry, manifest, _| registry.set(manifest, Answer::Error(NetError::Offline)), "--offline"),
    ];
    for (spoil, cause) in breaks {
        let registry = Registry::new();
        let repo = registry.repo();
        let digest = repo.image();
        let broken = repo.bundle(&digest, "{\"b\":2}");
        let list = [repo.bundle(&digest, "{\"b\":1}"), broken.clone(), repo.bundle(&digest, "{\"b\":3}")];
        repo.referrers(&digest, &list);
        let blob = repo.url("blobs", Digest::sha256(b"{\"b\":2}"));
        spoil(&registry, &repo.url("manifests", digest_of(&broken)), &blob);
        let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
        assert_eq!(seen.texts(), ["{\"b\":1}", "{\"b\":3}"], "{cause}");
        match seen.state(PathKind::Referrers) {
            PathState::Failed { cause: told, .. } => assert!(told.contains(cause), "{told}"),
            other => panic!("{cause}: {other:?}"),
        }
        assert_eq!(*seen.state(PathKind::SigTag), PathState::Absent);
    }
}

/// An attachment that is whole and no manifest is a stranger's: it is counted, and changes nothing.
#[test]
fn malformed_attachments_are_counted() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let ambiguous = repo.manifest(&json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "manifests": [], "layers": []
    }));
    repo.referrers(&digest, &[ambiguous, repo.bundle(&digest, "{\"b\":1}")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"b\":1}"]);
    let report = seen.report(PathKind::Referrers);
    assert_eq!(report.state, PathState::Complete { candidates: 1 });
    assert!(report.others[0].note.starts_with("malformed: "), "{report:?}");
}

struct Kept(std::sync::Mutex<std::collections::HashMap<Digest, Vec<u8>>>);

impl ContentCache for Kept {
    fn get(&self, digest: &Digest, max_bytes: u64) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap();
        kept.get(digest).filter(|bytes| bytes.len() as u64 <= max_bytes).cloned()
    }
    fn put(&self, digest: &Digest, bytes: &[u8]) {
        self.0.lock().unwrap().insert(digest.clone(), bytes.to_vec());
    }
}

/// Content is cached by digest; tags and lists are asked for every time; what a cache gives is hashed again.
#[test]
fn caches_content_alone() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    repo.referrers(&digest, &[repo.bundle(&digest, "{\"b\":1}")]);
    let cache = Arc::new(Kept(std::sync::Mutex::default()));
    let client = client_of(&registry, Vec::new(), Some(Arc::<Kept>::clone(&cache)));
    for _ in 0..2 {
        let seen = examine(&client, &by_tag("1.4.0"), Plan::SIGNATURES).unwrap();
        assert_eq!(seen.texts(), ["{\"b\":1}"]);
    }
    assert_eq!(registry.asked("/blobs/"), 1);
    assert_eq!((registry.asked("/manifests/1.4.0"), registry.asked("/referrers/")), (2, 2));
    for bytes in cache.0.lock().unwrap().values_mut() {
        bytes[0] ^= 1;
    }
    let seen = examine(&client, &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"b\":1}"], "a spoiled cache is asked again at the registry");
}

#[test]
fn blobs_are_of_their_size_and_digest() {
    let registry = Registry::new();
    let repo = registry.repo();
    let descriptor = repo.blob("text/plain", b"content");
    let place = proofmark_oci::Place::registry(crate::support::repository());
    let wanted = |size: u64| Descriptor {
        media_type: "text/plain".to_owned(),
        digest: digest_of(&descriptor),
        size,
        platform: None,
        artifact_type: None,
        annotations: std::collections::BTreeMap::new(),
    };
    let client = client(&registry);
    let read = |size, limits: &Limits| client.blob(&place, &wanted(size), &Budget::new(limits));
    let limits = Limits::default();
    assert_eq!(read(7, &limits).unwrap(), b"content");
    assert_eq!(read(6, &limits).unwrap_err().reason(), Reason::Malformed);
    assert_eq!(read(8, &limits).unwrap_err().reason(), Reason::Malformed);
    assert_eq!(read(u64::MAX, &limits).unwrap_err().reason(), Reason::Limit);
    let small = Limits { image_bytes: 6, ..Limits::default() };
    assert_eq!(read(7, &small).unwrap_err().reason(), Reason::Limit);
}

/// The order and the states depend on the lists alone.
#[test]
fn is_deterministic() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let list: Vec<Value> = (0..60).map(|n| repo.bundle(&digest, &format!("{{\"b\":{n}}}"))).collect();
    repo.referrers(&digest, &list[..40]);
    repo.tag(&format!("sha256-{}", digest.hex()), &index(&list[30..]));
    repo.sig(&digest, &["a", "b", "c"]);
    let limits = Limits { image_bytes: 40_000, ..Limits::default() };
    let client = client(&registry);
    registry.answer_out_of_order();
    let run = || {
        let seen = examine_within(&client, &by_digest(&digest), Plan::ALL, &limits).unwrap();
        (seen.found.clone(), seen.examined.paths)
    };
    let first = run();
    assert!(!first.0.is_empty());
    for _ in 0..5 {
        assert_eq!(run(), first);
    }
}

/// One client serves several threads; what one image's threads see does not depend on its neighbours (REG-04).
#[test]
fn reg_04_neighbours_do_not_matter() {
    let registry = Registry::new();
    let repo = registry.repo();
    let signed = repo.image();
    repo.referrers(&signed, &[repo.bundle(&signed, "{\"b\":1}")]);
    let bare = digest_of(&repo.manifest(&image(&repo.config("linux", "arm64"), &[])));
    registry.answer_out_of_order();
    let client = client(&registry);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let seen = examine(&client, &by_digest(&signed), Plan::SIGNATURES).unwrap();
                assert_eq!(seen.texts(), ["{\"b\":1}"]);
            });
            scope.spawn(|| {
                let seen = examine(&client, &by_digest(&bare), Plan::SIGNATURES).unwrap();
                assert!(seen.found.is_empty());
            });
        }
    });
}
