//! The image's own bytes: not obtained is unverifiable with the cause; other bytes than the digest's fail; a header is
//! never believed.

use proofmark_testkit::registry::{Behaviour, Effect, Pushed, Registry};

use crate::row::{Row, Want};
use crate::scene::{REPOSITORY, Scene, TAG, by_tag};

fn spoilt(effect: Effect) -> Scene {
    Scene::spoilt(by_tag(), effect)
}

/// Where the bytes of another image are.
fn other(scene: &Scene) -> String {
    scene.registry.url(&format!("/v2/{REPOSITORY}/manifests/{}", scene.other().digest))
}

/// 2^30 paths through thirty indexes.
fn nested(registry: &Registry, image: &Pushed) -> Pushed {
    registry.push_index_bomb(REPOSITORY, 30, image)
}

/// How often the tag was resolved.
fn resolved(scene: &Scene, times: usize) -> Result<(), String> {
    match scene.registry.count(&by_tag()) {
        count if count == times => Ok(()),
        count => Err(format!("the tag was resolved {count} times, not {times}")),
    }
}

/// A tag that names the signed image and another one in turn.
fn moving(signed_first: bool) -> Scene {
    let scene = Scene::signed(Behaviour::plain());
    let mut digests = [scene.image.digest.clone(), scene.other().digest];
    if !signed_first {
        digests.reverse();
    }
    scene.registry.moving_tag(REPOSITORY, TAG, &digests);
    scene
}

pub(super) const ROWS: &[Row] = &[
    Row::new("an honest registry", Want::Pass, || Scene::signed(Behaviour::plain())),
    Row::new("an honest registry without signature", Want::Fail("unsigned"), || {
        Scene::unsigned(Behaviour::plain())
    }),
    Row::new("lying digest: other bytes", Want::Fail("digest-mismatch"), || {
        Scene::signed(Behaviour::plain()).fault_on_image(Effect::BitFlip).by_digest()
    }),
    Row::new("lying digest: redirect to another image", Want::Fail("digest-mismatch"), || {
        let scene = Scene::signed(Behaviour::plain());
        let other = other(&scene);
        scene.fault_on_image(Effect::RedirectTo(other)).by_digest()
    }),
    // The body is not signed; the header names an image that is.
    Row::new("lying header: a signed digest", Want::Fail("unsigned"), || {
        let scene = Scene::signed(Behaviour::plain());
        let (signed, other) = (scene.image.digest.clone(), scene.other());
        scene.registry.tag(REPOSITORY, TAG, &other.digest);
        scene.fault(by_tag(), Effect::DigestHeader(signed.to_string()))
    }),
    Row::new("lying header: another digest", Want::Pass, || {
        let scene = Scene::signed(Behaviour::plain());
        let other = scene.other().digest;
        scene.fault(by_tag(), Effect::DigestHeader(other.to_string()))
    }),
    Row::new("truncated manifest", Want::Unverifiable("unreachable"), || spoilt(Effect::Truncated(50))),
    Row::new("manifest that is reset", Want::Unverifiable("unreachable"), || spoilt(Effect::Reset)),
    Row::new("endless manifest", Want::Unverifiable("limit"), || spoilt(Effect::Endless)),
    Row::new("manifest of 1 TiB", Want::Unverifiable("limit"), || spoilt(Effect::Declared(1 << 40))),
    Row::new("slow manifest", Want::Unverifiable("limit"), || spoilt(Effect::Slow(5)).short()),
    Row::new("silent manifest", Want::Unverifiable("limit"), || spoilt(Effect::Silent).short()),
    // Nothing is decoded that was not asked for: what comes are not the image's bytes.
    Row::new("compressed bomb as manifest", Want::Unverifiable("unreachable"), || {
        spoilt(Effect::GzipBomb(512 << 20))
    }),
    Row::new("deep JSON as manifest", Want::Fail("malformed"), || spoilt(Effect::DeepJson(1_000_000))),
    Row::new("manifest shorter than its length", Want::Unverifiable("unreachable"), || {
        spoilt(Effect::WrongLength(10))
    }),
    Row::new("manifest longer than its length", Want::Fail("malformed"), || spoilt(Effect::WrongLength(-10))),
    Row::new("manifest longer than its length, by digest", Want::Fail("digest-mismatch"), || {
        Scene::signed(Behaviour::plain()).fault_on_image(Effect::WrongLength(-10)).by_digest()
    }),
    Row::new("2^30 nested indexes", Want::Unverifiable("limit"), || {
        Scene::unsigned(Behaviour::plain()).within(nested)
    }),
    // Within the limits each index is read once, however many paths lead to it.
    Row::new("2^30 nested indexes within the limits", Want::Pass, || {
        Scene::unsigned(Behaviour::plain()).within(nested).limits("index-depth = 40")
    })
    .and(|scene| match scene.registry.requests().len() {
        ..50 => Ok(()),
        many => Err(format!("{many} requests")),
    }),
    // A signature on an index covers its children through the index's bytes: not one that is asked for by itself.
    Row::new("index signed, child by digest", Want::Fail("unsigned"), || {
        Scene::unsigned(Behaviour::plain()).child_of_a_signed_index()
    }),
    Row::new("index signed", Want::Pass, || {
        Scene::unsigned(Behaviour::plain())
            .within(|registry, image| registry.push_index(REPOSITORY, std::slice::from_ref(image)))
    }),
    Row::new("tag that moves away from the signed image", Want::Pass, || moving(true))
        .and(|scene| resolved(scene, 1)),
    Row::new("tag that moves to the signed image", Want::Fail("unsigned"), || moving(false))
        .and(|scene| resolved(scene, 1)),
    Row::new("tag that moves, by digest", Want::Pass, || moving(false).by_digest())
        .and(|scene| resolved(scene, 0)),
];
