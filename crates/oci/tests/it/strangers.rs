//! What one stranger pushed, or one source hides, must not cost what the others have (verdicts.md 4: "evidence that a
//! stranger adds never turns a pass into a fail").

use std::sync::Arc;
use std::time::Duration;

use proofmark_core::registry::MirrorAt;
use proofmark_core::{Digest, Limits, Reason};
use proofmark_net::{BoxFuture, NetError, Request, Response, Transport};
use proofmark_oci::{Client, ClientConfig, PathKind, PathState, Plan, media_type};
use serde_json::{Value, json};

use crate::support::{
    Answer, BUNDLE, Registry, attachment, by_digest, by_tag, client, client_of, digest_of, entry, examine,
    examine_within, index,
};

/// As many layers as its path may read, before and after the good bundle: the first layer of every manifest is read first.
#[test]
fn one_manifest_of_many_layers_leaves_room_for_the_others() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let layers: Vec<Value> = (0..1_024).map(|n| repo.blob(BUNDLE, format!("{n}").as_bytes())).collect();
    let mut many = repo.manifest(&attachment(Some(&digest), BUNDLE, &layers));
    many["artifactType"] = json!(BUNDLE);
    repo.referrers(&digest, &[many, repo.bundle(&digest, "good")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts()[..2], ["1023", "good"]);
    assert_eq!(seen.found.len(), 1_024, "the rest of the room is used");
    assert!(matches!(seen.state(PathKind::Referrers), PathState::Capped { .. }));
}

/// The good bundle's digest with another size is another claim, which fails alone.
#[test]
fn a_wrong_size_hides_no_layer() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let lie = json!({ "mediaType": BUNDLE, "digest": Digest::sha256(b"good").to_string(), "size": 1 });
    let lie = repo.manifest(&attachment(Some(&digest), BUNDLE, &[lie]));
    repo.referrers(&digest, &[lie, repo.bundle(&digest, "good")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["good"]);
}

/// A mirror lists the origin's evidence with a size that is not its own.
#[test]
fn a_mirror_that_lies_about_a_size_hides_nothing_of_the_origin() {
    let registry = Registry::new();
    let (mirror, origin) = (registry.repo_at("https://mirror.corp/v2/acme/app"), registry.repo());
    let digest = origin.image();
    mirror.image();
    let good = origin.bundle(&digest, "good");
    origin.referrers(&digest, std::slice::from_ref(&good));
    let mut lie = good;
    lie["size"] = json!(1);
    mirror.referrers(&digest, &[lie]);
    let at = MirrorAt::Registry { base: "https://mirror.corp".to_owned(), prefix: String::new() };
    let client = client_of(&registry, vec![entry("r.example", vec![(at, false)])], None);
    let seen = examine(&client, &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["good"]);
    let of = |source: &str| {
        let mut reports = seen.examined.paths.iter();
        reports.find(|one| one.path == PathKind::Referrers && one.source == source).unwrap()
    };
    assert!(of("r.example").is_complete() && !of("https://mirror.corp").is_complete());
}

/// A list of 5 MiB, most of it annotations that somebody's manifest has and the registry repeats.
#[test]
fn a_long_list_is_read_up_to_its_share() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let mut long = repo.bundle(&digest, "long");
    long["annotations"] = json!({ "x": "x".repeat(5 << 20) });
    repo.referrers(&digest, &[long, repo.bundle(&digest, "good")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["long", "good"]);
    assert!(seen.report(PathKind::Referrers).is_complete());
}

/// The honest signature's layer once more, under the type of an envelope: it is read by its type, so it is another candidate.
#[test]
fn a_wrong_type_hides_no_legacy_layer() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    repo.sig(&digest, &["good"]);
    let mut twin = repo.blob(media_type::DSSE, b"{\"critical\":{}}");
    twin["annotations"] = json!({ "dev.cosignproject.cosign/signature": "good" });
    let mut relabelled = repo.manifest(&attachment(None, BUNDLE, &[twin]));
    relabelled["artifactType"] = json!(BUNDLE);
    repo.fallback(&digest, &[relabelled]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::ALL).unwrap();
    let types: Vec<&str> = seen.found.iter().map(|found| found.media_type.as_str()).collect();
    assert_eq!(types, [media_type::DSSE, media_type::SIMPLE_SIGNING]);
}

/// A descriptor that is none is passed over, and told.
#[test]
fn a_bad_descriptor_hides_no_other() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    let bad = json!({ "mediaType": "x", "digest": "blake3:00", "size": 1 });
    repo.referrers(&digest, &[bad, repo.bundle(&digest, "good")]);
    let seen = examine(&client(&registry), &by_digest(&digest), Plan::SIGNATURES).unwrap();
    assert_eq!(seen.texts(), ["good"]);
    match seen.state(PathKind::Referrers) {
        PathState::Failed { reason: Reason::Unreachable, cause } => {
            assert!(cause.contains("blake3"), "{cause}");
        }
        other => panic!("{other:?}"),
    }
}

/// Never answers for some paths.
struct Deaf(Arc<Registry>);

impl Transport for Deaf {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        if request.url.contains("/referrers/") {
            return Box::pin(std::future::pending());
        }
        self.0.get(request)
    }
}

/// A referrers API that never answers takes half of the time, and makes no other path fail.
#[test]
fn a_silent_list_leaves_time_for_the_others() {
    let registry = Registry::new();
    let repo = registry.repo();
    let digest = repo.image();
    repo.sig(&digest, &["good"]);
    let transport = Arc::new(Deaf(registry));
    let config = ClientConfig {
        transport,
        registries: Vec::new(),
        cache: None,
        limits: Limits::default(),
        callers: 1,
    };
    let limits = Limits { image_time: Duration::from_secs(1), ..Limits::default() };
    let client = Client::new(config).unwrap();
    for target in [by_digest(&digest), by_tag("1.4.0")] {
        let seen = examine_within(&client, &target, Plan::SIGNATURES, &limits).unwrap();
        assert_eq!(seen.found.len(), 1);
        assert!(matches!(seen.state(PathKind::Referrers), PathState::Failed { reason: Reason::Limit, .. }));
        assert_eq!(*seen.state(PathKind::SigTag), PathState::Complete { candidates: 1 });
    }
}

/// Text of a registry is shown in a line, however long it is.
#[test]
fn what_a_registry_says_is_shown_short() {
    let registry = Registry::new();
    let repo = registry.repo();
    let long = "x".repeat(3 << 20);
    for manifest in [
        json!({ "schemaVersion": 2, "mediaType": long, "manifests": [] }),
        json!({ "schemaVersion": 2, "manifests": [{ "mediaType": "x", "digest": long, "size": 1 }] }),
        json!({ "schemaVersion": 2, "manifests": [], "a": { long.as_str(): 1, "Manifests": 1 } }),
    ] {
        registry.set(repo.url("manifests", "x"), Answer::json(media_type::OCI_INDEX, &manifest));
        let error = examine(&client(&registry), &by_tag("x"), Plan::ALL).err().unwrap();
        assert_eq!(error.reason(), Reason::Malformed);
        assert!(error.to_string().len() < 500, "{} bytes", error.to_string().len());
    }
    let on = |n: u64| {
        json!({ "mediaType": media_type::OCI_MANIFEST, "digest": format!("sha256:{n:064x}"), "size": 1,
                "platform": { "os": "linux", "architecture": format!("{n}{}", "x".repeat(5_000)) } })
    };
    let children = client(&registry);
    let root = index(&(0..500).map(on).collect::<Vec<_>>());
    let digest = digest_of(&repo.manifest(&root));
    let seen = examine(&children, &by_digest(&digest), Plan::NOTHING).unwrap().examined;
    let budget = proofmark_oci::Budget::new(&Limits::default());
    let reached = children.children(&seen.place, &digest, &seen.manifest, &budget).unwrap();
    let wanted = proofmark_core::Platform::parse("linux/amd64").unwrap();
    let error = proofmark_oci::select_platform(&reached.runnable, &wanted).unwrap_err();
    assert!(error.to_string().len() < 3_000 && error.to_string().contains("490 more"), "{error}");
}
