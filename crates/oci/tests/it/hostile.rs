//! REG rows: registries that want to be read for ever, or to be misread.

use std::time::Duration;

use proofmark_core::{Limits, Reason};
use proofmark_net::{BoxFuture, NetError, Request, Response, Transport};
use proofmark_oci::{Client, ClientConfig, PathKind, PathState, Plan, media_type};
use serde_json::{Value, json};

use crate::support::{
    Answer, BUNDLE, Registry, attachment, by_digest, by_tag, client, examine, examine_within, index,
};

fn is_capped(state: &PathState) -> bool {
    matches!(state, PathState::Capped { .. })
}

/// REG-02, REG-05: pages that lead in a circle, or elsewhere, or on without end.
#[test]
fn reg_02_bounds_paging() {
    let start = |to: &dyn Fn(&str) -> String| {
        let registry = Registry::new();
        let repo = registry.repo();
        let digest = repo.image();
        let list = Answer::json(media_type::OCI_INDEX, &index(&[repo.bundle(&digest, "{\"b\":1}")]));
        let path = format!("/v2/acme/app/referrers/{digest}");
        registry.set(repo.url("referrers", &digest), list.clone().linked(&to(&path)));
        for page in 0..100 {
            let next = format!("{path}?page={}", page + 1);
            registry
                .set(format!("{}?page={page}", repo.url("referrers", &digest)), list.clone().linked(&next));
        }
        let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
        assert_eq!(seen.texts(), ["{\"b\":1}"], "what was listed is read all the same");
        (seen.state(PathKind::Referrers).clone(), registry)
    };
    let failed = |state: &PathState, why: &str| match state {
        PathState::Failed { reason: Reason::Unreachable, cause } => assert!(cause.contains(why), "{cause}"),
        other => panic!("{other:?}"),
    };
    failed(&start(&|path| path.to_owned()).0, "circle");
    let (state, registry) = start(&|path| format!("https://evil.example{path}"));
    failed(&state, "another origin");
    assert_eq!(registry.asked("evil.example"), 0);
    let (state, registry) = start(&|path| format!("{path}?page=0"));
    assert!(is_capped(&state), "{state:?}");
    assert_eq!(registry.asked("/referrers/"), Limits::default().pages);
}

/// REG-05: 20,000 referrers: some are read, and the path says that it is not complete.
#[test]
fn reg_05_caps_descriptors() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let ghost = |n: usize| {
        json!({ "mediaType": media_type::OCI_MANIFEST, "size": 1, "artifactType": "application/x",
                "digest": format!("sha256:{n:064x}") })
    };
    let mut list: Vec<Value> = (0..20_000).map(ghost).collect();
    list.insert(0, repo.bundle(&digest, "{\"b\":1}"));
    repo.referrers(&digest, &list);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"b\":1}"]);
    assert!(!seen.report(PathKind::Referrers).is_complete());
    assert!(registry.log().len() < 1_100);
}

/// REG-05: layers of one `.sig`, the newest first.
#[test]
fn reg_05_caps_layers() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let names: Vec<String> = (0..3_000).map(|n| format!("signature {n}")).collect();
    repo.sig(&digest, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.found.len(), 1024);
    assert_eq!(seen.found[0].annotations["dev.cosignproject.cosign/signature"], "signature 2999");
    assert!(is_capped(seen.state(PathKind::SigTag)));
    assert!(registry.log().len() < 10, "one payload is read once");
}

/// REG-05: a 10 GiB layer is not asked for; the bytes of one image are bounded.
#[test]
fn reg_05_caps_bytes() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let huge = json!({ "mediaType": BUNDLE, "size": 10_u64 << 30, "digest": format!("sha256:{:064x}", 7) });
    let huge = repo.manifest(&attachment(Some(&digest), BUNDLE, &[huge]));
    repo.referrers(&digest, &[huge, repo.bundle(&digest, "{\"b\":1}")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["{\"b\":1}"]);
    assert!(is_capped(seen.state(PathKind::Referrers)));
    assert_eq!(registry.asked(&format!("{:064x}", 7)), 0);

    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let content = |n: u64| format!("{{\"n\":{n},\"pad\":\"{}\"}}", "x".repeat(2000));
    let list: Vec<Value> = (0..40).map(|n| repo.bundle(&digest, &content(n))).collect();
    repo.referrers(&digest, &list);
    let limits = Limits { image_bytes: 60_000, ..Limits::default() };
    let seen = examine_within(&client(&registry), &by_digest(&digest), Plan::SIGNATURES, &limits).unwrap();
    assert!((1..40).contains(&seen.found.len()), "{}", seen.found.len());
    assert!(is_capped(seen.state(PathKind::Referrers)));
}

/// REG-05: an endless manifest.
#[test]
fn reg_05_caps_manifests() {
    let registry = Registry::new();
    let endless = vec![b' '; 5 << 20];
    registry.set(registry.repo().url("manifests", "x"), Answer::bytes(media_type::OCI_MANIFEST, endless));
    let error = examine(&client(&registry), &by_tag("x"), Plan::ALL).err().unwrap();
    assert_eq!(error.reason(), Reason::Limit);
    let digest = registry.repo().image();
    let sig = registry.repo().url("manifests", format!("sha256-{}.sig", digest.hex()));
    registry.set(sig, Answer::bytes(media_type::OCI_MANIFEST, vec![b' '; 5 << 20]));
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::ALL).unwrap();
    assert!(is_capped(seen.state(PathKind::SigTag)));
}

/// REG-06: what is compressed stays so: exactly `size` bytes are read and hashed.
#[test]
fn reg_06_does_not_decompress() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3];
    let layer = repo.blob(&format!("{BUNDLE}+gzip"), &gzip);
    repo.referrers(&digest, &[repo.manifest(&attachment(Some(&digest), BUNDLE, &[layer]))]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.found[0].bytes, gzip);
}

struct Silent;

impl Transport for Silent {
    fn get(&self, _: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(std::future::pending())
    }
}

/// REG-05: a registry that never answers: the deadline holds even if a transport forgets it.
#[test]
fn reg_05_ends_in_time() {
    let transport = std::sync::Arc::new(Silent);
    let config = ClientConfig {
        transport,
        registries: Vec::new(),
        cache: None,
        limits: Limits::default(),
        callers: 1,
    };
    let client = Client::new(config).unwrap();
    let limits = Limits { image_time: Duration::from_millis(30), ..Limits::default() };
    let error = examine_within(&client, &by_tag("x"), Plan::ALL, &limits).err().unwrap();
    assert_eq!(error.reason(), Reason::Limit);
}

/// The network is not used: every path says so.
#[test]
fn offline_is_told_by_every_path() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    for (kind, what) in [
        ("referrers", digest.to_string()),
        ("manifests", format!("sha256-{}", digest.hex())),
        ("manifests", format!("sha256-{}.sig", digest.hex())),
        ("manifests", format!("sha256-{}.att", digest.hex())),
    ] {
        registry.set(repo.url(kind, what), Answer::Error(NetError::Offline));
    }
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::ALL).unwrap();
    for report in &seen.examined.paths {
        assert_eq!(report.incomplete().map(|(reason, _)| reason), Some(Reason::Offline), "{report:?}");
    }
    registry.set(repo.url("manifests", &digest), Answer::Error(NetError::Offline));
    let error = examine(&client(&registry), &by_digest(&digest), Plan::ALL).err().unwrap();
    assert_eq!(error.reason(), Reason::Offline);
}

/// What the image's own bytes cannot be read for.
#[test]
fn reasons_of_the_image() {
    for (status, reason) in [
        (404, Reason::NotFound),
        (401, Reason::Unauthorized),
        (403, Reason::Unauthorized),
        (429, Reason::Unreachable),
        (500, Reason::Unreachable),
    ] {
        let registry = Registry::new();
        registry.set(registry.repo().url("manifests", "x"), Answer::Status(status));
        let error = examine(&client(&registry), &by_tag("x"), Plan::ALL).err().unwrap();
        assert_eq!(error.reason(), reason, "{status}");
        assert_eq!(registry.log().len(), 1, "nothing is discovered for an image that cannot be read");
    }
}
