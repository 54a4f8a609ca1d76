//! Mirrors and layouts: what is absent from a mirror is absent only if that mirror is authoritative (verdicts.md 4).

use proofmark_core::{Reason, Repository};
use proofmark_oci::Target;
use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Pushed, Registry, Route};
use proofmark_testkit::sigstore::SignRequest;

use crate::support::{Layout, REPOSITORY, Scene, signed, stranger, world};

/// A mirror called `mirror.test` that has the usual image, and no evidence.
fn mirrored(authoritative: bool) -> (Scene, Registry, Pushed) {
    let mut scene = Scene::new();
    let mirror = Registry::start(Behaviour::plain()).unwrap();
    scene.name("mirror.test", &mirror);
    scene.registries(&format!(
        "[[registry]]\nhost = \"registry.test\"\nmirrors = [{{ at = \"https://mirror.test\", authoritative = {authoritative} }}]\n"
    ));
    let image = mirror.push_image(REPOSITORY, &ImageSpec::named("mirrored"));
    mirror.tag(REPOSITORY, "1", &image.digest);
    (scene, mirror, image)
}

#[test]
fn the_mirror_has_the_tag_and_the_origin_the_evidence() {
    let (scene, mirror, image) = mirrored(false);
    assert_eq!(scene.registry.push_image(REPOSITORY, &ImageSpec::named("mirrored")), image);
    scene.verify(&scene.by_tag()).refused(Reason::Unsigned);
    scene.attach(&image, &signed(&image.digest));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert!(
        judged.0[0].message.contains("mirror.test"),
        "the report names what resolved the tag: {judged:?}"
    );
    assert_eq!(judged.0[0].subject.mirror.as_deref(), Some("https://mirror.test"));
    assert_eq!(
        scene.registry.count(&Route::Tag("1".to_owned())),
        0,
        "resolved once, by the first that has it"
    );
    assert!(mirror.count(&Route::Tags) > 0);
}

/// What came from where its name says came from no mirror.
#[test]
fn the_origin_is_no_mirror() {
    let scene = Scene::new();
    scene.image();
    assert_eq!(scene.verify(&scene.by_tag()).refused(Reason::Unsigned).subject.mirror, None);
}

#[test]
fn the_origin_of_a_mirror_is_down() {
    let (mut scene, mirror, image) = mirrored(false);
    scene.origin_down();
    let judged = scene.verify(&scene.by_tag());
    judged.refused(Reason::Unreachable);
    assert!(judged.says("registry.test"), "{judged:?}");
    mirror.attach_bundle(REPOSITORY, &image, &signed(&image.digest));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert!(!judged.evidence("incomplete").is_empty(), "{judged:?}");
}

/// A mirror that gives other bytes, or fails, is passed over, and the report says so.
#[test]
fn a_mirror_that_was_passed_over_is_told() {
    for (effect, reason) in [
        (Effect::Status(500), "unreachable"),
        (Effect::BitFlip, "digest-mismatch"),
        (Effect::Status(401), "unauthorized"),
    ] {
        let (scene, mirror, image) = mirrored(false);
        scene.registry.push_image(REPOSITORY, &ImageSpec::named("mirrored"));
        mirror.fault(Fault::on(Route::Manifests, effect));
        let by_digest = scene.by_digest(&image.digest);
        let refused = scene.verify(&by_digest);
        assert!(refused.says("the mirror was passed over"), "{refused:?}");
        scene.attach(&image, &signed(&image.digest));
        let judged = scene.verify(&by_digest);
        let told = judged.evidence("mirror-skipped");
        assert!(told.len() == 1 && told[0].summary.starts_with("https://mirror.test: "), "{judged:?}");
        assert!(told[0].facts.iter().any(|fact| fact.name == "reason" && fact.value == reason), "{judged:?}");
    }
}

#[test]
fn an_authoritative_mirror_answers_alone() {
    let (mut scene, mirror, image) = mirrored(true);
    scene.origin_down();
    scene.verify(&scene.by_tag()).refused(Reason::Unsigned);
    mirror.attach_bundle(REPOSITORY, &image, &signed(&image.digest));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert!(judged.evidence("incomplete").is_empty(), "{judged:?}");
    assert!(scene.asked().iter().all(|url| url.starts_with("https://mirror.test/")), "{:?}", scene.asked());
}

/// The usual host with a layout as its mirror, without an origin.
fn behind(layout: &Layout, authoritative: bool) -> Scene {
    let mut scene = Scene::new();
    scene.origin_down();
    scene.layout(layout);
    scene.registries(&format!(
        "[[registry]]\nhost = \"registry.test\"\nmirrors = [{{ at = \"oci:images\", authoritative = {authoritative} }}]\n"
    ));
    scene
}

#[test]
fn a_layout_as_mirror() {
    let mut layout = Layout::new();
    let image = layout.image("registry.test/agents/planner:1");
    let authoritative = behind(&layout, true);
    authoritative.verify(&authoritative.by_tag()).refused(Reason::Unsigned);
    assert!(authoritative.asked().is_empty(), "{:?}", authoritative.asked());
    let partial = behind(&layout, false);
    partial.verify(&partial.by_tag()).refused(Reason::Unreachable);
    layout.bundle(&image, &world().sign(&SignRequest::image(&image).keyless(stranger())));
    let scene = behind(&layout, true);
    scene.verify(&scene.by_tag()).refused(Reason::WrongIdentity);
    layout.bundle(&image, &signed(&image));
    let scene = behind(&layout, true);
    for reference in [scene.by_tag(), scene.by_digest(&image)] {
        let judged = scene.verify(&reference);
        assert_eq!(judged.pinned(), image.to_string());
        assert!(judged.evidence("incomplete").is_empty(), "{judged:?}");
    }
    let partial = behind(&layout, false);
    assert!(!partial.verify(&partial.by_tag()).evidence("incomplete").is_empty());
}

/// `oci:DIR` with `--as`: the name that the user gives chooses the policy, the layout's annotations never do.
#[test]
fn a_layout_as_reference() {
    let mut layout = Layout::new();
    let image = layout.image("registry.test/agents/planner:1");
    layout.bundle(&image, &signed(&image));
    let scene = Scene::new();
    let text = format!("oci:{}:registry.test/agents/planner:1", layout.path().display());
    let verify = |name: &str| {
        let target = Target::parse_layout(&text, Repository::parse(name).unwrap()).unwrap();
        scene.verify_target(&text, target, None)
    };
    let judged = verify("registry.test/agents/planner");
    assert_eq!(judged.pinned(), image.to_string());
    assert!(judged.0[0].subject.pinned.as_ref().unwrap().starts_with("registry.test/agents/planner@"));
    verify("elsewhere.test/agents/planner").refused(Reason::RegistryNotAllowed);
    assert!(scene.asked().is_empty(), "{:?}", scene.asked());
}

/// A mirror's bytes that are not those of the digest do not hide behind the origin's.
#[test]
fn a_mirror_that_lies_is_passed_over_or_named() {
    use proofmark_testkit::registry::{Effect, Fault};
    let (mut scene, mirror, image) = mirrored(false);
    scene.registry.push_image(REPOSITORY, &ImageSpec::named("mirrored"));
    scene.attach(&image, &signed(&image.digest));
    let route = Route::Manifest(image.digest.to_string());
    mirror.fault(Fault::on(route, Effect::BitFlip));
    assert_eq!(scene.verify(&scene.by_digest(&image.digest)).pinned(), image.digest.to_string());
    scene.origin_down();
    scene.verify(&scene.by_digest(&image.digest)).refused(Reason::DigestMismatch);
}
