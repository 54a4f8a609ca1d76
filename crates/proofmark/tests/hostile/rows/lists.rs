//! The paths that list evidence: a failed or capped one beside a good signature is told in the evidence, and without one the
//! answer is its cause. A path that is not offered, or has nothing, is read to its end.

use proofmark_testkit::registry::{Behaviour, Effect, Referrers, Route};

use crate::row::{Row, Want};
use crate::scene::Scene;

const fn referrers(reason: &'static str) -> Want {
    Want::PassIncomplete { path: "referrers", reason }
}

/// The good signature is among the referrers, which are spoilt.
fn hidden(effect: Effect) -> Scene {
    Scene::spoilt(Route::Referrers, effect)
}

/// The good signature is in the `.sig` tag, beside referrers that are spoilt.
fn beside(effect: Effect) -> Scene {
    Scene::legacy_spoilt(Route::Referrers, effect)
}

pub(super) const ROWS: &[Row] = &[
    Row::new("500 on referrers", Want::Unverifiable("unreachable"), || hidden(Effect::Status(500))),
    // REG-03.
    Row::new("500 on referrers, .sig good", referrers("unreachable"), || beside(Effect::Status(500))),
    Row::new("401 on referrers, .sig good", referrers("unauthorized"), || beside(Effect::Status(401))),
    Row::new("404 with a fallback tag", Want::Pass, || Scene::signed(Behaviour::fallback_only())),
    Row::new("404 without a fallback tag", Want::Fail("unsigned"), || {
        let behaviour = Behaviour { fallback_tag: false, ..Behaviour::fallback_only() };
        Scene::signed(behaviour)
    }),
    Row::new("empty API with a filled fallback tag", Want::Pass, || Scene::signed(Behaviour::ghcr())),
    Row::new("empty API, 500 on the fallback tag", Want::Unverifiable("unreachable"), || {
        Scene::signed(Behaviour::ghcr()).fault(Route::FallbackTags, Effect::Status(500))
    }),
    Row::new("a web page for referrers, fallback tag good", Want::Pass, || {
        Scene::signed(Behaviour { referrers: Referrers::Html, ..Behaviour::fallback_only() })
    }),
    Row::new("truncated referrers", Want::Unverifiable("unreachable"), || hidden(Effect::Truncated(100))),
    Row::new("truncated referrers, .sig good", referrers("unreachable"), || beside(Effect::Truncated(20))),
    Row::new("referrers shorter than their length", Want::Unverifiable("unreachable"), || {
        hidden(Effect::WrongLength(10))
    }),
    // A list that was cut is not "there is none"; what was listed before the cut is read.
    Row::new("referrers longer than their length", referrers("unreachable"), || {
        hidden(Effect::WrongLength(-10))
    }),
    Row::new("referrers longer than their length, unsigned", Want::Unverifiable("unreachable"), || {
        Scene::unsigned(Behaviour::plain()).fault(Route::Referrers, Effect::WrongLength(-10))
    }),
    Row::new("endless referrers", Want::Unverifiable("limit"), || hidden(Effect::Endless)),
    Row::new("endless referrers, .sig good", referrers("limit"), || beside(Effect::Endless)),
    Row::new("slow referrers", Want::Unverifiable("limit"), || hidden(Effect::Slow(5)).short()),
    Row::new("slow referrers, .sig good", referrers("limit"), || beside(Effect::Slow(5)).short()),
    Row::new("silent referrers, .sig good", referrers("limit"), || beside(Effect::Silent).short()),
    // Said to be an index, and no index: damaged, so failed.
    Row::new("compressed bomb as referrers", Want::Unverifiable("unreachable"), || {
        hidden(Effect::GzipBomb(512 << 20))
    }),
    Row::new("compressed bomb as referrers, .sig good", referrers("unreachable"), || {
        beside(Effect::GzipBomb(512 << 20))
    }),
    Row::new("deep JSON as referrers", Want::Unverifiable("unreachable"), || {
        hidden(Effect::DeepJson(1_000_000))
    }),
    Row::new("deep JSON as referrers, .sig good", referrers("unreachable"), || {
        beside(Effect::DeepJson(1_000_000))
    }),
    // The end of the list was not seen.
    Row::new("a continuation that cannot be read", Want::Unverifiable("unreachable"), || {
        let next = "/v2/elsewhere; rel=\"next\"".to_owned();
        Scene::unsigned(Behaviour::plain()).fault(Route::Referrers, Effect::Header("Link", next))
    }),
    Row::new("303 on referrers, .sig good", referrers("unreachable"), || beside(Effect::Status(303))),
    Row::new("paging loop", referrers("unreachable"), || hidden(Effect::PagingLoop)),
    Row::new("paging loop without signature", Want::Unverifiable("unreachable"), || {
        Scene::unsigned(Behaviour::plain()).fault(Route::Referrers, Effect::PagingLoop)
    }),
    Row::new("pages without end", referrers("limit"), || {
        Scene::signed(Behaviour::plain().pages_of(1)).junk_bundles(0..100)
    }),
    Row::new("pages without end, good one last", Want::Unverifiable("limit"), || {
        Scene::unsigned(Behaviour::plain().pages_of(1)).junk_bundles(0..100).bundle()
    }),
];
