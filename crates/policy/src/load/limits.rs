//! `[limits]`: caps, each at least 1 and at most what one machine can bear.

use std::time::Duration;

use proofmark_core::{Limits, Origin};

use crate::error::{Code, Errors};
use crate::schema::{View, value};

const GIB: u64 = 1 << 30;

pub(super) fn read(view: &View<'_>, errors: &mut Errors) -> Limits {
    let mut limits = Limits::default();
    let mut bytes = |key: &str, target: &mut u64, max: u64| {
        if let Some((number, origin)) = size(view, key) {
            *target = bounded(key, number, max, &origin, errors).unwrap_or(*target);
        }
    };
    bytes("manifest-bytes", &mut limits.manifest_bytes, 64 << 20);
    bytes("evidence-bytes", &mut limits.evidence_bytes, GIB);
    bytes("image-bytes", &mut limits.image_bytes, 4 * GIB);
    let mut count = |key: &str, target: &mut usize, max: u64| {
        if let Some(item) = view.item(key)
            && let Some(number) = item.whole()
        {
            let number = u64::try_from(number).unwrap_or(0);
            let number =
                bounded(key, number, max, &item.origin(), errors).and_then(|n| usize::try_from(n).ok());
            *target = number.unwrap_or(*target);
        }
    };
    count("descriptors", &mut limits.descriptors, 1_000_000);
    count("manifests", &mut limits.manifests, 1_000_000);
    count("pages", &mut limits.pages, 10_000);
    count("index-depth", &mut limits.index_depth, 64);
    count("index-nodes", &mut limits.index_nodes, 100_000);
    count("images-in-flight", &mut limits.images_in_flight, 256);
    if let Some(text) = view.text("image-time")
        && let Some(time) = value::span(&text.value)
    {
        let seconds = bounded("image-time", time.as_secs(), 3600, &text.origin, errors);
        limits.image_time = seconds.map_or(limits.image_time, Duration::from_secs);
    }
    limits
}

fn size(view: &View<'_>, key: &str) -> Option<(u64, Origin)> {
    let item = view.item(key)?;
    let number = match item.text() {
        Some(text) => value::bytes(&text.value)?,
        None => u64::try_from(item.whole()?).unwrap_or(0),
    };
    Some((number, item.origin()))
}

fn bounded(key: &str, number: u64, max: u64, origin: &Origin, errors: &mut Errors) -> Option<u64> {
    if (1..=max).contains(&number) {
        return Some(number);
    }
    errors.push(
        Code::BadValue,
        origin,
        format!("limits.{key} is not between 1 and {max}"),
        "write a number in that range",
    );
    None
}
