//! Documents within their byte limits that can take many times their size to hold. Most of them a stranger can attach: what
//! verifies nowhere is counted and changes nothing, and it must not cost more than the rest.

use std::time::Duration;

use proofmark_testkit::registry::{Behaviour, Effect, MEDIA_MANIFEST, Route};
use serde_json::json;

use crate::row::{Row, Want};
use crate::scene::{BUNDLE, REPOSITORY, Scene, by_tag};

pub(super) const MIB: usize = 1 << 20;
/// The longest manifest that is read leaves this much beside the rest of the document.
pub(super) const ALMOST_A_MANIFEST: usize = 4 * MIB - 4096;

/// A member that is an array of zeros, two bytes each.
fn zeros(bytes: usize) -> String {
    format!("{{\"x\":[0{}]}}", ",0".repeat(bytes / 2))
}

/// Annotations of at most eleven bytes each.
pub(super) fn annotations(bytes: usize) -> String {
    let entries: Vec<String> = (0..bytes / 11).map(|n| format!("\"{n:x}\":\"\"")).collect();
    format!("{{{}}}", entries.join(","))
}

/// Attaches a manifest with so many layers, which are one blob, and these annotations.
pub(super) fn attachment(scene: Scene, layers: usize, annotations: &str) -> Scene {
    let blob = scene.registry.push_blob(REPOSITORY, b"{}");
    let layer = json!({ "mediaType": BUNDLE, "digest": blob.to_string(), "size": 2 }).to_string();
    let layers = vec![layer.as_str(); layers].join(",");
    let mut subject = scene.image.clone();
    subject.platform = None;
    let subject = subject.descriptor();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MEDIA_MANIFEST}","artifactType":"{BUNDLE}","config":{layer},
        "layers":[{layers}],"subject":{subject},"annotations":{annotations}}}"#
    );
    scene.registry.push_manifest(REPOSITORY, MEDIA_MANIFEST, manifest.as_bytes());
    scene
}

/// A `.sig` manifest whose one layer has these annotations.
pub(super) fn sig(scene: Scene, annotations: &str) -> Scene {
    let blob = scene.registry.push_blob(REPOSITORY, b"{}");
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MEDIA_MANIFEST}","config":{{"mediaType":"x","digest":"{blob}","size":2}},
        "layers":[{{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"{blob}","size":2,
        "annotations":{annotations}}}]}}"#
    );
    let pushed = scene.registry.push_manifest(REPOSITORY, MEDIA_MANIFEST, manifest.as_bytes());
    let tag = format!("sha256-{}.sig", scene.image.digest.hex());
    scene.registry.tag(REPOSITORY, &tag, &pushed.digest);
    scene
}

/// A statement about the image with this in it.
fn statement(scene: &Scene, value: &str) -> String {
    let digest = scene.image.digest.hex();
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{digest}"}}}}],
        "predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{{"x":{value}}}}}"#
    )
}

/// A stranger's SBOM of so many packages.
fn sbom(packages: usize) -> Scene {
    let scene = Scene::signed(plain());
    let package =
        r#"{"name":"left-pad","versionInfo":"1.3.0","licenseConcluded":"NOASSERTION","supplier":"n"},"#;
    let statement = statement(&scene, &format!("[{}0]", package.repeat(packages)));
    scene.by_a_stranger(statement.as_bytes())
}

/// A statement about the image with so many small objects in it.
fn objects(scene: &Scene, count: usize) -> String {
    statement(scene, &format!("[{{\"a\":0}}{}]", ",{\"a\":0}".repeat(count)))
}

/// A stranger's statement about the image with one long text in it.
fn one_text(length: usize) -> Scene {
    let scene = Scene::signed(plain());
    let statement = statement(&scene, &format!("\"{}\"", "x".repeat(length)));
    scene.by_a_stranger(statement.as_bytes())
}

/// Descriptors that do not repeat what the manifests say.
pub(super) fn plain() -> Behaviour {
    Behaviour { descriptor_annotations: false, ..Behaviour::plain() }
}

pub(super) const ROWS: &[Row] = &[
    Row::new("wide JSON as manifest", Want::Fail("malformed"), || {
        let body = zeros(ALMOST_A_MANIFEST).into_bytes();
        Scene::spoilt(by_tag(), Effect::Body(MEDIA_MANIFEST, body))
    }),
    // An object without a list, and not said to be an index: the API is not offered.
    Row::new("wide JSON for referrers, .sig good", Want::Pass, || {
        let body = zeros(ALMOST_A_MANIFEST).into_bytes();
        Scene::legacy_spoilt(Route::Referrers, Effect::Body("application/json", body))
    }),
    Row::new("wide JSON beside the bundle", Want::Pass, || {
        Scene::signed(plain()).junk(zeros(15 * MIB).as_bytes())
    }),
    Row::new("one string of 15 MiB beside the bundle", Want::Pass, || {
        Scene::signed(plain()).junk(format!("{{\"x\":\"{}\"}}", "x".repeat(15 * MIB)).as_bytes())
    }),
    Row::new("an attachment of many annotations", Want::Pass, || {
        attachment(Scene::signed(plain()), 1, &annotations(ALMOST_A_MANIFEST))
    }),
    Row::new("four attachments of many annotations", Want::Pass, || {
        let scene = Scene::signed(plain()).time(Duration::from_mins(1));
        (1..=4).fold(scene, |scene, n| attachment(scene, n, &annotations(ALMOST_A_MANIFEST)))
    }),
    Row::new("an attachment of many annotations and many layers", Want::Pass, || {
        attachment(Scene::signed(plain()), 1000, &annotations(MIB / 4))
    }),
    Row::new(
        "many attachments of many layers",
        Want::PassIncomplete { path: "referrers", reason: "limit" },
        || (0..12).fold(Scene::signed(plain()), |scene, n| attachment(scene, 20_000 + n, "{}")),
    ),
    Row::new("a .sig of many annotations", Want::Pass, || {
        sig(Scene::signed(plain()), &annotations(ALMOST_A_MANIFEST))
    }),
    Row::new("a stranger's statement of many values", Want::Pass, || {
        Scene::signed(plain()).by_a_stranger(zeros(10 * MIB).as_bytes())
    }),
    Row::new("a stranger's statement of one text", Want::Pass, || one_text(11 * MIB)),
    // As long as one that is read, and so verified.
    Row::new("a stranger's statement of one text that is read", Want::Pass, || one_text(4 * MIB)),
    // An SBOM of a large image, and the largest that is read.
    Row::new("a stranger's statement of 100,000 values", Want::Pass, || sbom(20_000)),
    Row::new("a stranger's statement of 60,000 values", Want::Pass, || sbom(12_000)),
    Row::new("a stranger's statement of 25,000 objects", Want::Pass, || {
        let scene = Scene::signed(plain());
        let statement = objects(&scene, 25_000);
        scene.by_a_stranger(statement.as_bytes())
    }),
    Row::new("a stranger's statement of many objects", Want::Pass, || {
        let scene = Scene::signed(plain());
        let statement = objects(&scene, 400_000);
        scene.by_a_stranger(statement.as_bytes())
    }),
];
