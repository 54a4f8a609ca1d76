//! REG-05: caps. What stays unread makes a path capped: a pass says so, and no refusal is `unsigned`.

use proofmark_core::Reason;
use proofmark_testkit::registry::{Behaviour, Pushed};

use crate::support::{RELEASE, REPOSITORY, Scene, signed};

/// A scene whose policy has these limits.
fn limited(limits: &str) -> (Scene, Pushed) {
    let mut scene = Scene::called("registry.test", Behaviour::plain().pages_of(50));
    scene.policy(&format!("[limits]\n{limits}\n[[image]]\nmatch = \"registry.test/**\"\n{RELEASE}\n"));
    let image = scene.image();
    (scene, image)
}

/// Attaches so many junk bundles with the good one among them.
fn among(scene: &Scene, image: &Pushed, before: usize, after: usize) {
    scene.registry.attach_junk(REPOSITORY, image, before);
    scene.attach(image, &signed(&image.digest));
    // Junk counts from zero: what follows must be other junk.
    for n in 0..after {
        let junk = format!("{{\"after\":{n}}}");
        let media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
        scene.registry.attach(REPOSITORY, image, media_type, junk.as_bytes(), None);
    }
}

/// Within the budget the good one is found wherever it stands.
#[test]
fn reg_05_junk_within_the_budget() {
    for (before, after) in [(0, 60), (30, 30), (60, 0)] {
        let (scene, image) = limited("manifests = 100");
        among(&scene, &image, before, after);
        let judged = scene.verify(&scene.by_tag());
        assert_eq!(judged.pinned(), image.digest.to_string());
        assert!(judged.evidence("incomplete").is_empty(), "{judged:?}");
    }
}

/// Beyond the budget it is found if it stands within; else the answer is `limit`, never `unsigned`.
#[test]
fn reg_05_junk_beyond_the_budget() {
    let (scene, image) = limited("manifests = 40");
    among(&scene, &image, 20, 60);
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert_eq!(judged.fact("incomplete", "reason"), "limit");
    let (scene, image) = limited("manifests = 40");
    among(&scene, &image, 60, 0);
    let judged = scene.verify(&scene.by_tag());
    judged.refused(Reason::Limit);
    assert!(judged.says("[limits]"), "{judged:?}");
}

/// 5,000 attachments meet the default budget of 1,024 manifests: the good one is read if it comes first. Absent ones
/// cost the attacker nothing but the list; reading them breaks the path, and satisfied stays satisfied.
#[test]
fn reg_05_five_thousand_descriptors() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    scene.registry.list_absent_referrers(REPOSITORY, &image.digest, 5000);
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert!(!judged.evidence("incomplete").is_empty(), "{judged:?}");
    assert!(scene.asked().len() < 1100, "{}", scene.asked().len());
}

/// One piece of evidence that is too large.
#[test]
fn reg_05_a_large_attachment() {
    let (scene, image) = limited("evidence-bytes = 65536");
    let media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
    scene.registry.attach(REPOSITORY, &image, media_type, &vec![b' '; 65537], None);
    scene.verify(&scene.by_tag()).refused(Reason::Limit);
    scene.attach(&image, &signed(&image.digest));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert_eq!(judged.fact("incomplete", "reason"), "limit");
}

/// 2^20 paths through twenty indexes: deeper than the limit; within it, each index is read once.
#[test]
fn reg_05_a_recursive_index() {
    let (scene, image) = limited("index-depth = 12");
    let deep = scene.registry.push_index_bomb(REPOSITORY, 20, &image);
    scene.attach(&deep, &signed(&deep.digest));
    scene.verify(&scene.by_digest(&deep.digest)).refused(Reason::Limit);
    let bearable = scene.registry.push_index_bomb(REPOSITORY, 10, &image);
    scene.attach(&bearable, &signed(&bearable.digest));
    scene.registry.clear_requests();
    assert_eq!(scene.verify(&scene.by_digest(&bearable.digest)).pinned(), bearable.digest.to_string());
    assert!(scene.registry.requests().len() < 30, "{}", scene.registry.requests().len());
}
