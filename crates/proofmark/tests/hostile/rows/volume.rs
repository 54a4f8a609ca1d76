//! More than anyone reads: everything is read until a budget is spent, and what stays unread makes its path capped.

use std::time::Duration;

use proofmark_testkit::registry::Behaviour;

use crate::row::{Row, Want};
use crate::scene::Scene;

const CAPPED: Want = Want::PassIncomplete { path: "referrers", reason: "limit" };
const UNREAD: Want = Want::Unverifiable("limit");

/// 5,000 junk bundles, of which so many come before the good one.
fn junk(before: usize) -> Scene {
    Scene::unsigned(Behaviour::plain()).junk_bundles(0..before).bundle().junk_bundles(before..5000)
}

/// All of 5,000 are read by a program that is not optimised.
const TIME: Duration = Duration::from_mins(1);
/// Limits that allow for all of it.
const RAISED: &str = "descriptors = 8192\nmanifests = 8192";

fn paged() -> Behaviour {
    Behaviour::plain().pages_of(1000)
}

pub(super) const ROWS: &[Row] = &[
    Row::new("5,000 junk bundles, good one first", CAPPED, || junk(0)),
    Row::new("5,000 junk bundles, good one in the middle", UNREAD, || junk(2500)),
    Row::new("5,000 junk bundles, good one last", UNREAD, || junk(5000)),
    Row::new("5,000 junk bundles, good one first, limits raised", Want::Pass, || {
        junk(0).limits(RAISED).time(TIME)
    }),
    Row::new("5,000 junk bundles, good one in the middle, limits raised", Want::Pass, || {
        junk(2500).limits(RAISED).time(TIME)
    }),
    Row::new("5,000 junk bundles, good one last, limits raised", Want::Pass, || {
        junk(5000).limits(RAISED).time(TIME)
    }),
    // 5 MiB on one page: less than a list may take, and more descriptors than are kept.
    Row::new("20,000 referrers on one page", CAPPED, || Scene::signed(Behaviour::plain()).referrers(20_000)),
    Row::new("20,000 referrers, good one first", CAPPED, || Scene::signed(paged()).referrers(20_000)),
    Row::new("20,000 referrers, good one last", UNREAD, || {
        Scene::unsigned(paged()).referrers(20_000).bundle()
    }),
    // Layers of a `.sig` are read from the last to the first: signing appends.
    Row::new(
        "5,000 layers of .sig, good one last",
        Want::PassIncomplete { path: "sig-tag", reason: "limit" },
        || Scene::unsigned(Behaviour::plain()).sig_layers(5000, false),
    ),
    Row::new("5,000 layers of .sig, good one first", UNREAD, || {
        Scene::unsigned(Behaviour::plain()).sig_layers(5000, true)
    }),
];
