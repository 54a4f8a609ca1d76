//! Rules about attestations of which one is enough: paths, formats, thresholds, and what strangers add.

use proofmark_core::{Digest, Reason};
use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Route};
use proofmark_testkit::sigstore::{Format, LogSpec, SignRequest, Signed, Statement, Tamper};
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
fn att_03_one_is_enough_beside_bad_ones_and_failing_paths() {
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

/// A good signature says nothing about what was to be attested.
#[test]
fn att_01_a_signature_is_no_attestation() {
    let mut scene = Scene::new();
    scene.entry(&format!("signed-by = [\"release\"]\n{RULE}"));
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    scene.verify(&scene.by_tag()).refused(Reason::Missing);
}

/// A statement that would satisfy, whose signature is garbage: in a bundle behind the referrers API and behind the fallback
/// tag, and in the `.att` tag.
#[test]
fn att_02_a_garbage_signature_on_every_path() {
    for (path, behaviour) in [
        ("referrers", Behaviour::plain()),
        ("fallback-tag", Behaviour::fallback_only()),
        ("att-tag", Behaviour::plain()),
    ] {
        let mut scene = Scene::called("registry.example", behaviour);
        scene.entry(RULE);
        let image = scene.image();
        let attach = |request: SignRequest| {
            if path == "att-tag" {
                let mut request = request.log(LogSpec::rekor_v1());
                request.format = Format::Legacy;
                scene.registry.attach_legacy(REPOSITORY, &image.digest, &[&world().sign(&request)]);
            } else {
                scene.attach(&image, &world().sign(&request));
            }
        };
        let good = || statement(&image.digest, true).key(platform_key());
        attach(good().tamper(Tamper::SignatureBitFlip));
        let judged = scene.verify(&scene.by_tag());
        let refused = judged.refused(Reason::Missing);
        let seen =
            refused.observed.iter().any(|one| one.place.as_deref().is_some_and(|at| at.starts_with(path)));
        assert!(seen, "{path}: {judged:#?}");
        // By the same hand, unspoilt, it is enough.
        attach(good());
        assert!(scene.verify(&scene.by_tag()).fact("attestation", "found-at").starts_with(path));
    }
}

/// What an image says of its own verification, in annotations that anyone can write.
#[test]
fn att_05_an_outcome_in_annotations_is_not_believed() {
    let mut scene = Scene::new();
    scene.entry(&format!("signed-by = [\"release\"]\n{RULE}"));
    let mut spec = ImageSpec::named("agent");
    for key in
        ["kyverno.io/image-verification-outcomes", "dev.sigstore.cosign/verified", "dev.proofmark.outcome"]
    {
        spec.annotations.push((key.to_owned(), "{\"registry.example/acme/agent\":\"pass\"}".to_owned()));
    }
    let image = scene.registry.push_image(REPOSITORY, &spec);
    scene.registry.tag(REPOSITORY, "1", &image.digest);
    scene.verify(&scene.by_tag()).refused(Reason::Unsigned);
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
    scene.entry(&format!("repository = \"any\"\n{RULE}"));
    scene.verify(&scene.by_tag()).pinned();
    scene.entry(&format!("also = [\"registry.test/agents/other = registry.test/agents/planner\"]\n{RULE}"));
    scene.verify(&scene.by_tag()).pinned();
    scene.entry(&format!("also = [\"registry.test/agents/third = registry.test/agents/planner\"]\n{RULE}"));
    scene.verify(&scene.by_tag()).refused(Reason::WrongRepository);
}

/// A statement by the right signer, about the right image, of a type that was not asked for.
fn of_another_type(digest: &Digest) -> SignRequest {
    let other = Statement::new("https://acme.example/other/v1").unnamed_subject(digest);
    SignRequest::statement(&other.predicate(json!({ "ok": true }))).key(platform_key())
}

/// CVE-2022-35929: what it says would satisfy, if it were of the type that is asked for.
#[test]
fn sig_14_an_attestation_of_another_type() {
    let mut scene = Scene::new();
    scene.entry(RULE);
    let image = scene.image();
    scene.attach(&image, &world().sign(&of_another_type(&image.digest)));
    scene.verify(&scene.by_tag()).refused(Reason::Missing);
}

/// CVE-2026-39395: the signature is good, and nothing readable is signed.
#[test]
fn sig_15_an_attestation_whose_payload_does_not_parse() {
    for (payload, kind) in [
        (&b"{"[..], "application/vnd.in-toto+json"),
        (b"{\"_type\":\"https://in-toto.io/Statement/v1\"}", "application/vnd.in-toto+json"),
        (b"text", "text/plain"),
    ] {
        let mut scene = Scene::new();
        scene.entry(RULE);
        let image = scene.image();
        scene.attach(&image, &world().sign(&SignRequest::dsse(payload.to_vec(), kind).key(platform_key())));
        let judged = scene.verify(&scene.by_tag());
        assert!(judged.reason().is_some(), "{judged:?}");
        // And it takes nothing away from a good one.
        scene.attach(&image, &world().sign(&statement(&image.digest, true).key(platform_key())));
        scene.verify(&scene.by_tag()).pinned();
    }
}

/// The annotations of a referrer say one type, and the statement is of another.
#[test]
fn sig_16_the_hint_of_a_type_decides_nothing() {
    let mut scene = Scene::new();
    scene.entry(RULE);
    let image = scene.image();
    let announced = |signed: &Signed, hint: &str| {
        let (media, bundle) = (signed.layer_media_type(), signed.bundle());
        scene.registry.attach(REPOSITORY, &image, media, bundle, Some(hint));
    };
    announced(&world().sign(&of_another_type(&image.digest)), TYPE);
    scene.verify(&scene.by_tag()).refused(Reason::Missing);
    let good = world().sign(&statement(&image.digest, true).key(platform_key()));
    announced(&good, "https://acme.example/other/v1");
    scene.verify(&scene.by_tag()).pinned();
}

/// CVE-2025-25204: nothing was found, and nothing is no success.
#[test]
fn sig_17_no_attestation_at_all() {
    let mut scene = Scene::new();
    scene.entry(&format!("signed-by = [\"release\"]\n{RULE}"));
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    scene.verify(&scene.by_tag()).refused(Reason::Missing);
}

/// Each child that can run is asked about by its own digest, for attestations alone, and named in the answer.
#[test]
fn children_are_asked_for_attestations_alone() {
    let mut scene = Scene::new();
    scene.entry(&format!("signed-by = [\"release\"]\n{RULE}"));
    let child = |arch| scene.registry.push_image(REPOSITORY, &ImageSpec::named(arch).platform("linux", arch));
    let children = [child("amd64"), child("arm64")];
    let index = scene.registry.push_index(REPOSITORY, &children);
    scene.registry.tag(REPOSITORY, "1", &index.digest);
    scene.attach(&index, &signed(&index.digest));
    for child in &children {
        scene.attach(child, &world().sign(&statement(&child.digest, true).key(platform_key())));
    }
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), index.digest.to_string());
    let told: Vec<&str> = judged.evidence("child").iter().map(|one| one.summary.as_str()).collect();
    let expected = [("amd64", &children[0]), ("arm64", &children[1])];
    assert_eq!(told, expected.map(|(arch, child)| format!("linux/{arch} is {}", child.digest)));
    for child in &children {
        let asked =
            |kind: &str| scene.registry.count(&Route::Tag(format!("sha256-{}.{kind}", child.digest.hex())));
        assert_eq!((asked("sig"), asked("att")), (0, 1));
    }
}

/// An image that is no index is its own child: nothing is asked twice.
#[test]
fn an_image_of_one_platform_is_read_once() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    scene.verify_for(&scene.by_tag(), "linux/amd64").pinned();
    let sig = Route::Tag(format!("sha256-{}.sig", image.digest.hex()));
    assert_eq!(scene.registry.count(&sig), 1);
}
