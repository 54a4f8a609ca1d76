//! Rules in which the newest statement decides: order, times, paths, thresholds, and what strangers add.

use proofmark_core::{Digest, Reason, Timestamp};
use proofmark_testkit::registry::{Effect, Fault, ImageSpec, Pushed, Route};
use proofmark_testkit::sigstore::{SignRequest, Statement, TokenSpec};
use serde_json::{Value, json};

use super::unread::beyond;
use crate::support::{Judged, REPOSITORY, Scene, platform_key, scanner, stranger, world};

const TYPE: &str = "https://slsa.dev/verification_summary/v1";
const RULE: &str =
    "[image.attestation.vsa]\nsigned-by = [\"platform\"]\nverifier = \"https://acme.example/v\"";

fn at(day: i8) -> Timestamp {
    format!("2025-09-{day:02}T12:00:00Z").parse().unwrap()
}

/// A summary that was made on this day of September 2025, and says so if `timed`.
fn summary(digest: &Digest, day: i8, result: &str, timed: bool) -> SignRequest {
    let mut predicate = json!({
        "verifier": { "id": "https://acme.example/v" },
        "resourceUri": "oci://registry.test/agents/planner",
        "verificationResult": result,
        "verifiedLevels": [],
    });
    if timed {
        predicate["timeVerified"] = Value::from(at(day).to_string());
    }
    let statement = Statement::new(TYPE).unnamed_subject(digest).predicate(predicate);
    SignRequest::statement(&statement).at(at(day))
}

fn scene(rule: &str) -> (Scene, Pushed) {
    let mut scene = Scene::new();
    scene.entry(rule);
    let image = scene.image();
    (scene, image)
}

fn judged(rule: &str, attach: impl Fn(&Digest) -> Vec<SignRequest>) -> Judged {
    let (scene, image) = scene(rule);
    for request in attach(&image.digest) {
        scene.attach(&image, &world().sign(&request));
    }
    scene.verify(&scene.by_tag())
}

/// The latest verdict counts, in whatever order they are found.
#[test]
fn time_07_a_newer_failing_one_beats_an_older_passing_one() {
    let by_key = |digest: &Digest, day, result| summary(digest, day, result, true).key(platform_key());
    for turned in [false, true] {
        let order = |mut all: Vec<SignRequest>| {
            if turned {
                all.reverse();
            }
            all
        };
        let failed =
            judged(RULE, |digest| order(vec![by_key(digest, 2, "PASSED"), by_key(digest, 3, "FAILED")]));
        failed.refused(Reason::Condition);
        assert!(failed.says("verificationResult is FAILED"), "{failed:#?}");
        let mended =
            judged(RULE, |digest| order(vec![by_key(digest, 2, "FAILED"), by_key(digest, 3, "PASSED")]));
        mended.pinned();
        assert_eq!(mended.fact("vsa", "verified-at"), at(3).to_string());
    }
}

/// Stamped again by the authority, an old envelope of a key stays as old as it says; without a time of its own it has no age.
#[test]
fn time_07_an_old_envelope_that_is_stamped_again_is_not_new() {
    let aged = format!("{RULE}\nmax-age = \"160d\"");
    let again = |digest: &Digest, timed| {
        summary(digest, 2, "PASSED", timed).at(at(28)).timestamps([TokenSpec::default()]).key(platform_key())
    };
    let old = judged(&aged, |digest| vec![summary(digest, 2, "PASSED", true).key(platform_key())]);
    old.pinned();
    let strict = aged.replace("160d", "150d");
    judged(&strict, |digest| vec![again(digest, true)]).refused(Reason::TooOld);
    judged(&strict, |digest| vec![again(digest, false)]).refused(Reason::OrderUnknown);
    // A newer one that failed is not hidden by the old one's new stamp.
    judged(&aged, |digest| {
        vec![again(digest, true), summary(digest, 10, "FAILED", true).key(platform_key())]
    })
    .refused(Reason::Condition);
}

/// "A payload time later than the earliest verified time + 5 min does not satisfy."
#[test]
fn a_time_that_the_witness_belies() {
    let rule = RULE.replace("platform", "release");
    judged(&rule, |digest| vec![summary(digest, 3, "PASSED", true)]).pinned();
    let ahead = judged(&rule, |digest| vec![summary(digest, 3, "PASSED", true).at(at(2))]);
    ahead.refused(Reason::Condition);
    assert!(ahead.says("no later than the earliest verified one"), "{ahead:#?}");
}

/// What was not seen may be newer: never a pass, and never a Fail.
#[test]
fn a_failing_path_leaves_it_open() {
    let rule = RULE.replace("platform", "release");
    for result in ["PASSED", "FAILED"] {
        for route in ["att", "referrers"] {
            let (scene, image) = scene(&rule);
            scene.attach(&image, &world().sign(&summary(&image.digest, 2, result, true)));
            let route = match route {
                "att" => Route::Tag(format!("sha256-{}.att", image.digest.hex())),
                _ => Route::Referrers,
            };
            scene.registry.fault(Fault::on(route, Effect::Status(500)));
            scene.verify(&scene.by_tag()).refused(Reason::Unreachable);
        }
    }
}

/// Beside a good one: what its signer made and nobody can read may be newer; what a stranger made is nothing.
#[test]
fn what_cannot_be_read_may_be_newer() {
    let rule = RULE.replace("platform", "release");
    let good = |digest: &Digest| summary(digest, 2, "PASSED", true);
    let large = |kind: &str, digest: &Digest| {
        let statement = Statement::new(kind).unnamed_subject(digest).predicate(beyond());
        SignRequest::statement(&statement).at(at(1))
    };
    judged(&rule, |digest| vec![good(digest), large(TYPE, digest)]).refused(Reason::Limit);
    judged(&rule, |digest| vec![good(digest), large(TYPE, digest).keyless(stranger())]).pinned();
    judged(&rule, |digest| vec![good(digest), large(TYPE, &Digest::sha256(b"other"))]).pinned();
    judged(&rule, |digest| vec![good(digest), large("https://spdx.dev/Document", digest)]).pinned();
    let text = |payload: &[u8]| SignRequest::dsse(payload.to_vec(), "application/vnd.in-toto+json");
    judged(&rule, |digest| vec![good(digest), text(b"{")]).refused(Reason::Unsupported);
    judged(&rule, |digest| vec![good(digest), text(b"{").keyless(stranger())]).pinned();
    // A verified predicate that says nothing does not satisfy, and is the newest.
    let empty = |digest: &Digest| {
        SignRequest::statement(&Statement::new(TYPE).unnamed_subject(digest).predicate(json!(null))).at(at(9))
    };
    judged(&rule, |digest| vec![good(digest), empty(digest)]).refused(Reason::Condition);
}

/// A stranger's newest changes nothing.
#[test]
fn a_strangers_newest_is_not_heard() {
    let rule = RULE.replace("platform", "release");
    judged(&rule, |digest| {
        vec![summary(digest, 2, "PASSED", true), summary(digest, 9, "FAILED", true).keyless(stranger())]
    })
    .pinned();
}

/// The signer is trusted as one verifier. What it says as another is an accepted statement that does not satisfy, and is not
/// passed over in favour of an older one.
#[test]
fn a_newer_one_for_another_verifier_decides_too() {
    let rule = RULE.replace("platform", "release");
    let as_other = |digest: &Digest, day| {
        let mut said = summary(digest, day, "PASSED", true);
        let text = String::from_utf8(said.content.payload().to_vec()).unwrap();
        let text = text.replace("https://acme.example/v", "https://acme.example/other");
        said.content = SignRequest::dsse(text.into_bytes(), "application/vnd.in-toto+json").content;
        said
    };
    let own = |digest: &Digest, day| summary(digest, day, "PASSED", true);
    let newer = judged(&rule, |digest| vec![own(digest, 2), as_other(digest, 3)]);
    newer.refused(Reason::Condition);
    assert!(newer.says("verifier is https://acme.example/other"), "{newer:#?}");
    judged(&rule, |digest| vec![own(digest, 3), as_other(digest, 2)]).pinned();
    judged(&rule, |digest| vec![own(digest, 2), as_other(digest, 3).keyless(stranger())]).pinned();
}

/// `any`: the newest of all; `all`: the newest of each.
#[test]
fn of_several_signers() {
    let any = RULE.replace("[\"platform\"]", "{ any = [\"release\", \"scanner\"] }");
    let all = RULE.replace("[\"platform\"]", "{ all = [\"release\", \"scanner\"] }");
    let release = |digest: &Digest, day, result| summary(digest, day, result, true);
    let scan = |digest: &Digest, day, result| summary(digest, day, result, true).keyless(scanner());
    let both = |first: &'static str, second: &'static str| {
        move |digest: &Digest| vec![release(digest, 2, first), scan(digest, 3, second)]
    };
    judged(&any, both("FAILED", "PASSED")).pinned();
    judged(&any, both("PASSED", "FAILED")).refused(Reason::Condition);
    judged(&all, both("PASSED", "PASSED")).pinned();
    judged(&all, both("FAILED", "PASSED")).refused(Reason::Condition);
    judged(&all, |digest| vec![release(digest, 2, "PASSED")]).refused(Reason::Threshold);
}

/// "Over child and index together": the index's newer one decides for the child.
#[test]
fn over_child_and_index_together() {
    let mut scene = Scene::new();
    scene.entry(&RULE.replace("platform", "release"));
    let child = scene.registry.push_image(REPOSITORY, &ImageSpec::named("amd64").platform("linux", "amd64"));
    let index = scene.registry.push_index(REPOSITORY, std::slice::from_ref(&child));
    scene.registry.tag(REPOSITORY, "1", &index.digest);
    scene.attach(&child, &world().sign(&summary(&child.digest, 2, "PASSED", true)));
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), index.digest.to_string());
    scene.attach(&index, &world().sign(&summary(&index.digest, 3, "FAILED", true)));
    scene.verify(&scene.by_tag()).refused(Reason::Condition);
    scene.verify_for(&scene.by_tag(), "linux/amd64").refused(Reason::Condition);
    scene.attach(&child, &world().sign(&summary(&child.digest, 4, "PASSED", true)));
    scene.verify(&scene.by_tag()).pinned();
}

/// A `resourceUri` of another repository never does, whatever the entry says of claims; `also` maps it.
#[test]
fn att_06_the_resource_is_always_asked_for() {
    let rule = RULE.replace("platform", "release");
    let (mut scene, image) = scene(&rule);
    let mut other = summary(&image.digest, 2, "PASSED", true);
    let text = String::from_utf8(other.content.payload().to_vec()).unwrap();
    let text = text.replace("agents/planner", "agents/other");
    other.content = SignRequest::dsse(text.into_bytes(), "application/vnd.in-toto+json").content;
    scene.attach(&image, &world().sign(&other));
    scene.attach(&image, &world().sign(&SignRequest::image(&image.digest)));
    scene.entry(&format!("signed-by = [\"release\"]\nrepository = \"any\"\n{rule}"));
    scene.verify(&scene.by_tag()).refused(Reason::WrongRepository);
    let also = "also = [\"registry.test/agents/other = registry.test/agents/planner\"]";
    scene.entry(&format!("signed-by = [\"release\"]\n{also}\n{rule}"));
    scene.verify(&scene.by_tag()).pinned();
}
