//! What is large, at many images of one run: memory does not grow with their number.

use std::time::Duration;

use super::amplified::{ALMOST_A_MANIFEST, annotations, attachment, plain, sig};
use crate::row::{Row, Want};
use crate::scene::Scene;

/// A program that is not optimised does all of it on two processors, and each image waits for the others.
const TIME: Duration = Duration::from_mins(2);

fn images(count: usize, attach: fn(Scene) -> Scene) -> Scene {
    Scene::unsigned(plain()).time(TIME).images_with(count, attach)
}

fn long_bundles(scene: Scene) -> Scene {
    let text = "x".repeat(14_000_000);
    (0..3).fold(scene.bundle(), |scene, n| scene.junk(format!("{{\"{n}\":\"{text}\"}}").as_bytes()))
}

fn wide_manifests(scene: Scene) -> Scene {
    let annotations = annotations(ALMOST_A_MANIFEST);
    sig(attachment(scene.bundle(), 1, &annotations), &annotations)
}

fn layers(scene: Scene) -> Scene {
    attachment(scene.bundle(), 20_000, "{}")
}

pub(super) const ROWS: &[Row] = &[
    Row::new("200 images", Want::Pass, || images(200, Scene::bundle)),
    Row::new("16 images with three bundles of 14 MB", Want::Pass, || images(16, long_bundles)),
    Row::new("24 images with manifests of many annotations", Want::Pass, || images(24, wide_manifests)),
    Row::new(
        "24 images with attachments of many layers",
        Want::PassIncomplete { path: "referrers", reason: "limit" },
        || images(24, layers),
    ),
];
