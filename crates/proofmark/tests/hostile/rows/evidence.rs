//! The evidence itself: what the registry spoils makes its path fail; what a stranger attached changes nothing.

use proofmark_testkit::registry::{Behaviour, Effect, Route, bombs};

use crate::row::{Row, Want};
use crate::scene::Scene;

/// The good bundle is spoilt on its way.
fn spoilt(effect: Effect) -> Scene {
    Scene::spoilt(Route::Blobs, effect)
}

/// A stranger attached this before and after the good bundle.
fn beside(bytes: &[u8]) -> Scene {
    let more = [bytes, b" "].concat();
    Scene::unsigned(Behaviour::plain()).junk(bytes).bundle().junk(&more)
}

/// What hides the only good bundle is a failure of its path.
const FAILED: Want = Want::Unverifiable("unreachable");

pub(super) const ROWS: &[Row] = &[
    Row::new("lying digest: other bytes for the bundle", FAILED, || spoilt(Effect::BitFlip)),
    Row::new("lying digest: other bytes for the bundle's manifest", FAILED, || {
        let scene = Scene::signed(Behaviour::plain());
        scene.fault(Route::Manifests, Effect::BitFlip)
    }),
    Row::new("truncated bundle", FAILED, || spoilt(Effect::Truncated(100))),
    Row::new("bundle shorter than its length", FAILED, || spoilt(Effect::WrongLength(10))),
    Row::new("bundle longer than its length", FAILED, || spoilt(Effect::WrongLength(-10))),
    // Longer than its descriptor says, which is no limit of ours: these are other bytes.
    Row::new("endless bundle", FAILED, || spoilt(Effect::Endless)),
    Row::new("bundle of 1 TiB", FAILED, || spoilt(Effect::Declared(1 << 40))),
    Row::new("slow bundle", Want::Unverifiable("limit"), || spoilt(Effect::Slow(5)).short()),
    Row::new("silent bundle", Want::Unverifiable("limit"), || spoilt(Effect::Silent).short()),
    Row::new("compressed bomb for the bundle", FAILED, || spoilt(Effect::GzipBomb(512 << 20))),
    Row::new(
        "500 for the bundle, .sig good",
        Want::PassIncomplete { path: "referrers", reason: "unreachable" },
        || {
            let scene = Scene::signed(Behaviour::plain());
            let bundle = scene.bundle_blob();
            scene.legacy().fault(bundle, Effect::Status(500))
        },
    ),
    Row::new("compressed bombs beside the bundle", Want::Pass, || beside(&bombs::gzip(512 << 20))),
    Row::new("deep JSON beside the bundle", Want::Pass, || beside(&bombs::deep_json(1_000_000))),
];
