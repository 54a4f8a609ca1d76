//! Rules about attestations of which one is enough: paths, formats, thresholds, and what strangers add.

use proofmark_core::{Digest, Reason};
use proofmark_testkit::registry::{Effect, Fault, Route};
use proofmark_testkit::sigstore::{Format, LogSpec, SignRequest, Statement};
use serde_json::{Value, json};

use crate::support::{REPOSITORY, Scene, platform_key, scanner, signed, stranger, world};

const TYPE: &str = "https://acme.example/review/v1";
const RULE: &str = "[image.attestation.custom]\nsigned-by = [\"platform\"]\n\
    type = \"https://acme.example/review/v1\"\nwhere = [{ pointer = \"/predicate/ok\", equals = true }]";

fn statement(digest: &Digest, ok: impl Into<Value>) -> SignRequest {
    let predicate = json!({ "ok": ok.into() });
    SignRequest::statement(&Statement::new(TYPE).unnamed_subject(digest).predicate(predicate))
}

/// One good statement passes, whatever others say, whoever signed them, and whichever path failed.
#[test]
fn one_is_enough_beside_bad_ones_and_failing_paths() {
    let mut scene = Scene::new();
    scene.entry(RULE);
    let image = scene.image();
    let by_key = |ok| world().sign(&statement(&image.digest, ok).key(platform_key()));
    scene.attach(&image, &by_key(false));
    scene.verify(&scene.by_tag()).refused(Reason::Condition);
    scene.attach(&image, &world().sign(&statement(&image.digest, true).keyless(stranger())));
    scene.verify(&scene.by_tag()).refused(Reason::Condition);
    scene.attach(&image, &by_key(true));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert_eq!(judged.fact("attestation", "signer"), "platform");
    let att = format!("sha256-{}.att", image.digest.hex());
    scene.registry.fault(Fault::on(Route::Tag(att), Effect::Status(500)));
    let judged = scene.verify(&scene.by_tag());
    judged.pinned();
    assert_eq!(judged.fact("incomplete", "path"), "att-tag");
}

/// What was not seen may be the one that is enough: never `missing`.
#[test]
fn a_failing_path_is_no_absence() {
    let mut scene = Scene::new();
    scene.entry(RULE);
    let image = scene.image();
    scene.verify(&scene.by_tag()).refused(Reason::Missing);
    let att = format!("sha256-{}.att", image.digest.hex());
    scene.registry.fault(Fault::on(Route::Tag(att), Effect::Status(500)));
    scene.verify(&scene.by_tag()).refused(Reason::Unreachable);
    scene.attach(&image, &world().sign(&statement(&image.digest, false).key(platform_key())));
    scene.verify(&scene.by_tag()).refused(Reason::Unreachable);
}

/// The `.att` tag of cosign 2 counts for attestations, and neither helps nor hinders a signature.
#[test]
fn the_legacy_tag_is_read_for_attestations_alone() {
    let mut scene = Scene::new();
    scene.entry(&format!("signed-by = [\"release\"]\n{RULE}"));
    let image = scene.image();
    let mut request = statement(&image.digest, true).key(platform_key()).log(LogSpec::rekor_v1());
    request.format = Format::Legacy;
    let att = world().sign(&request);
    scene.registry.attach_legacy(REPOSITORY, &image.digest, &[&att]);
    scene.verify(&scene.by_tag()).refused(Reason::Unsigned);
    scene.attach(&image, &signed(&image.digest));
    let judged = scene.verify(&scene.by_tag());
    judged.pinned();
    assert!(judged.fact("attestation", "found-at").starts_with("att-tag"), "{judged:#?}");
}

/// Two signers, each needed: one statement of one of them is too few, and the same by another is not the other's.
#[test]
fn a_threshold_counts_signers() {
    let mut scene = Scene::new();
    scene.entry(&RULE.replace("[\"platform\"]", "{ all = [\"platform\", \"scanner\"] }"));
    let image = scene.image();
    scene.attach(&image, &world().sign(&statement(&image.digest, true).key(platform_key())));
    scene.verify(&scene.by_tag()).refused(Reason::Threshold);
    scene.attach(&image, &world().sign(&statement(&image.digest, false).keyless(scanner())));
    scene.verify(&scene.by_tag()).refused(Reason::Condition);
    scene.attach(&image, &world().sign(&statement(&image.digest, true).keyless(scanner())));
    scene.verify(&scene.by_tag()).pinned();
}

/// A statement that claims another repository does not satisfy, unless the entry says that claims do not matter.
#[test]
fn a_statement_about_another_repository() {
    let mut scene = Scene::new();
    let image = scene.image();
    let claims = Statement::new(TYPE).subject("registry.test/agents/other", &image.digest);
    let request = SignRequest::statement(&claims.predicate(json!({ "ok": true }))).key(platform_key());
    scene.attach(&image, &world().sign(&request));
    scene.attach(&image, &signed(&image.digest));
    scene.entry(RULE);
    scene.verify(&scene.by_tag()).refused(Reason::WrongRepository);
    scene.entry(&format!("signed-by = [\"release\"]\nrepository = \"any\"\n{RULE}"));
    scene.verify(&scene.by_tag()).pinned();
}
