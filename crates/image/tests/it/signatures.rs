//! What counts as a signature, whose it must be, and that a stranger's evidence changes nothing.

use proofmark_core::{Digest, Reason};
use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Referrers, Registry, Route};
use proofmark_testkit::sigstore::{Identity, SignRequest, Statement, Tamper};

use crate::support::{Scene, platform_key, scanner, second_key, signed, stranger, world};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A bundle of a workflow that the policy does not name.
fn strange(digest: &Digest) -> proofmark_testkit::sigstore::Signed {
    world().sign(&SignRequest::image(digest).keyless(stranger()))
}

/// REG-04: a stranger's bundle beside a good one, in either order.
#[test]
fn reg_04_a_stranger_beside_a_good_signature() {
    for stranger_first in [true, false] {
        let scene = Scene::new();
        let image = scene.image();
        let mut both = [strange(&image.digest), signed(&image.digest)];
        if !stranger_first {
            both.reverse();
        }
        for one in &both {
            scene.attach(&image, one);
        }
        assert_eq!(scene.verify(&scene.by_tag()).pinned(), image.digest.to_string());
    }
}

#[test]
fn a_stranger_alone_is_the_nearest_miss() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &strange(&image.digest));
    let judged = scene.verify(&scene.by_tag());
    let finding = judged.refused(Reason::WrongIdentity);
    let who = "https://github.com/mallory/agents/.github/workflows/release.yml@refs/tags/v1.0.0";
    let seen = format!("signed by {who} (issuer https://token.actions.githubusercontent.com)");
    assert!(finding.observed[0].text.contains(&seen), "{judged:?}");
    let mend = format!(
        "run an image that release signed; only if this is release, its line is identity = \"{who}\""
    );
    assert_eq!(finding.help, mend);
}

/// What would mend the refusal of a stranger's signature, of an entry that asks for any of these.
fn help_for_a_stranger(order: [&str; 2]) -> String {
    let mut scene = Scene::new();
    scene.entry(&format!("signed-by = {{ any = {order:?} }}"));
    let image = scene.image();
    scene.attach(&image, &strange(&image.digest));
    scene.verify(&scene.by_tag()).refused(Reason::WrongIdentity).help.clone()
}

/// Of signers that a candidate comes equally near to, the first that the entry names is told.
#[test]
fn among_equals_the_first_signer_is_told() {
    for order in [["release", "scanner"], ["scanner", "release"]] {
        let help = help_for_a_stranger(order);
        assert!(help.starts_with(&format!("run an image that {} signed", order[0])), "{help}");
    }
}

/// Of several misses the one that came furthest is told first, wherever it stands in the list.
#[test]
fn the_nearest_miss_comes_first() {
    for reversed in [false, true] {
        let scene = Scene::new();
        let image = scene.image();
        let mut all = vec![
            signed(&Digest::sha256(b"another image")),
            strange(&image.digest),
            world().sign(&SignRequest::image(&image.digest).tamper(Tamper::SignatureBitFlip)),
        ];
        if reversed {
            all.reverse();
        }
        scene.registry.attach_junk("agents/planner", &image, 2);
        for one in &all {
            scene.attach(&image, one);
        }
        let judged = scene.verify(&scene.by_tag());
        let finding = judged.refused(Reason::WrongIdentity);
        let reasons: Vec<Option<Reason>> = finding.observed.iter().map(|one| one.reason).collect();
        let wanted = [Reason::WrongIdentity, Reason::Tampered, Reason::WrongSubject].map(Some);
        assert_eq!(reasons[..3], wanted, "{judged:?}");
    }
}

/// What is refused beside what is accepted is counted, and so is what is no manifest (verdicts.md 4).
#[test]
fn what_does_not_count_is_counted() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    assert!(scene.verify(&scene.by_tag()).evidence("refused").is_empty());
    scene.registry.attach_junk("agents/planner", &image, 2);
    scene.attach(&image, &strange(&image.digest));
    let deep = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{MANIFEST}\",\"subject\":{},\"x\":{}{}}}",
        image.descriptor(),
        "[".repeat(80),
        "]".repeat(80)
    );
    scene.registry.push_manifest("agents/planner", MANIFEST, deep.as_bytes());
    let judged = scene.verify(&scene.by_tag());
    judged.pinned();
    assert_eq!(judged.fact("refused", "count"), "4");
    let said = &judged.evidence("refused")[0].summary;
    assert_eq!(said, "4 other attachments do not count: 3 malformed, 1 wrong-identity");
    // Of a refusal it is told too.
    let scene = Scene::new();
    scene.image();
    scene.registry.push_manifest("agents/planner", MANIFEST, deep.as_bytes());
    let judged = scene.verify(&scene.by_tag());
    judged.refused(Reason::Unsigned);
    assert!(judged.says("malformed, and changing nothing: 1 of what is attached"), "{judged:?}");
}

/// One candidate against several signers: the one that it comes nearest to is told, in whichever order they are named.
#[test]
fn the_nearest_signer_is_told() {
    for order in [["platform", "release"], ["release", "platform"]] {
        let help = help_for_a_stranger(order);
        assert!(help.starts_with("run an image that release signed; only if this is release"), "{help}");
    }
}

/// SIG-13: an attestation by the right workflow is not a signature.
#[test]
fn sig_13_an_attestation_is_not_a_signature() {
    let scene = Scene::new();
    let image = scene.image();
    let statement = Statement::new("https://spdx.dev/Document").subject("planner", &image.digest);
    scene.attach(&image, &world().sign(&SignRequest::statement(&statement)));
    scene.verify(&scene.by_tag()).refused(Reason::WrongPredicate);
}

/// REF-05: the bundle of another image, whatever its manifest says it is attached to.
#[test]
fn ref_05_a_transplanted_bundle() {
    let scene = Scene::new();
    let image = scene.image();
    let other = scene.image_as("agents/other", "1");
    scene.attach(&image, &signed(&other.digest));
    scene.verify(&scene.by_tag()).refused(Reason::WrongSubject);
}

/// REF-05: a good bundle in a manifest that names another image does not count, and does not stand for the honest one.
#[test]
fn ref_05_a_manifest_of_another_image() {
    let scene =
        Scene::called("registry.test", Behaviour { referrers: Referrers::Empty, ..Behaviour::plain() });
    let image = scene.image();
    let other = scene.image_as("agents/planner", "2");
    let good = signed(&image.digest);
    let wrong = scene.attach(&other, &good);
    let listed = scene.registry.push_index("agents/planner", std::slice::from_ref(&wrong));
    let tag = format!("sha256-{}", image.digest.hex());
    scene.registry.tag("agents/planner", &tag, &listed.digest);
    let judged = scene.verify(&scene.by_tag());
    judged.refused(Reason::WrongSubject);
    assert!(judged.says(&other.digest.to_string()), "{judged:?}");
    let right = scene.attach(&image, &good);
    for order in [[wrong.clone(), right.clone()], [right, wrong]] {
        let listed = scene.registry.push_index("agents/planner", &order);
        scene.registry.tag("agents/planner", &tag, &listed.digest);
        assert_eq!(scene.verify(&scene.by_tag()).pinned(), image.digest.to_string());
    }
}

/// REG-03: the referrers API is broken and an old signature stands in the `.sig` tag: a pass, that says what it did not see.
#[test]
fn reg_03_a_broken_path_beside_a_good_signature() {
    let mut scene = Scene::new();
    scene.entry("signed-by = [\"platform\"]");
    let image = scene.image();
    let legacy = world()
        .sign(&SignRequest::legacy_image("registry.test/agents/planner", &image.digest).key(platform_key()));
    scene.registry.attach_legacy("agents/planner", &image.digest, &[&legacy]);
    scene.registry.fault(Fault::on(Route::Referrers, Effect::Status(500)));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert_eq!(judged.fact("incomplete", "path"), "referrers");
}

/// A path that could not be read may hold what is missing: never `unsigned`.
#[test]
fn a_broken_path_is_never_unsigned() {
    let scene = Scene::new();
    scene.image();
    scene.registry.fault(Fault::on(Route::Referrers, Effect::Status(500)));
    scene.verify(&scene.by_tag()).refused(Reason::Unreachable);
}

/// One key under two names counts once, and so does one workflow at two refs.
#[test]
fn a_threshold_counts_nobody_twice() {
    let mut scene = Scene::new();
    scene.entry("signed-by = { at-least = 2, of = [\"platform\", \"copy\", \"release\"] }");
    let image = scene.image();
    scene.attach(&image, &world().sign(&SignRequest::image(&image.digest).key(platform_key())));
    scene.attach(&image, &world().sign(&SignRequest::image(&image.digest).key(platform_key()).rekor_v1()));
    let judged = scene.verify(&scene.by_tag());
    judged.refused(Reason::Threshold);
    assert!(judged.says("platform") && judged.says("copy"), "{judged:?}");
    scene.attach(&image, &signed(&image.digest));
    scene.verify(&scene.by_tag()).pinned();

    let scene = {
        let mut scene = Scene::new();
        scene.entry("signed-by = { at-least = 2, of = [\"release\", \"scanner\"] }");
        scene
    };
    let image = scene.image();
    for tag in ["refs/tags/v1.0.0", "refs/tags/v1.0.1"] {
        let identity = Identity::github("acme/agents", "release.yml", tag);
        scene.attach(&image, &world().sign(&SignRequest::image(&image.digest).keyless(identity)));
    }
    scene.verify(&scene.by_tag()).refused(Reason::Threshold);
    scene.attach(&image, &world().sign(&SignRequest::image(&image.digest).keyless(scanner())));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert!(judged.evidence("signature").len() >= 2, "{judged:?}");
}

/// A threshold may be met by a signature on the index and one on the child; what may be run is then the index.
#[test]
fn a_threshold_over_index_and_child() {
    let mut scene = Scene::new();
    scene.entry("signed-by = { all = [\"release\", \"platform\"] }");
    let child = scene.registry.push_image("agents/planner", &ImageSpec::default());
    let index = scene.registry.push_index("agents/planner", std::slice::from_ref(&child));
    scene.registry.tag("agents/planner", "1", &index.digest);
    scene.attach(&child, &world().sign(&SignRequest::image(&child.digest).key(platform_key())));
    scene.verify_for(&scene.by_tag(), "linux/amd64").refused(Reason::Threshold);
    scene.attach(&index, &signed(&index.digest));
    assert_eq!(scene.verify_for(&scene.by_tag(), "linux/amd64").pinned(), index.digest.to_string());
    scene.verify(&scene.by_tag()).refused(Reason::Threshold);
}

#[test]
fn a_threshold_counts_distinct_identities() {
    let mut scene = Scene::new();
    scene.entry("signed-by = { at-least = 2, of = [\"platform\", \"second\", \"release\"] }");
    let image = scene.image();
    let by = |key| world().sign(&SignRequest::image(&image.digest).key(key));
    scene.attach(&image, &by(platform_key()));
    let one = scene.verify(&scene.by_tag());
    one.refused(Reason::Threshold);
    assert!(one.says("1 of the 2"), "{one:?}");
    assert!(!one.says("signed as asked"), "{one:?}");
    scene.attach(&image, &by(second_key()));
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), image.digest.to_string());
}

/// SIG-12: an old payload that names another repository does not count, unless the entry says so.
#[test]
fn sig_12_the_repository_that_a_payload_claims() {
    let mut scene = Scene::new();
    let image = scene.image();
    let request =
        SignRequest::legacy_image("registry.test/agents/elsewhere", &image.digest).key(platform_key());
    let elsewhere = world().sign(&request);
    scene.registry.attach_legacy("agents/planner", &image.digest, &[&elsewhere]);
    let demand = "signed-by = [\"platform\"]\n";
    scene.entry(demand);
    let other = scene.verify(&scene.by_tag());
    other.refused(Reason::WrongRepository);
    assert!(!other.says("signed as asked"), "it does not count: {other:?}");
    scene.entry(&format!("{demand}repository = \"any\""));
    scene.verify(&scene.by_tag()).pinned();
    scene.entry(&format!("{demand}repository = \"bound\""));
    scene.verify(&scene.by_tag()).refused(Reason::WrongRepository);
    // A signature of today's kind names no repository: it counts, and is not enough.
    scene.attach(&image, &world().sign(&SignRequest::image(&image.digest).key(platform_key())));
    let unbound = scene.verify(&scene.by_tag());
    unbound.refused(Reason::WrongRepository);
    assert!(unbound.says("signed as asked, and no statement claims this repository"), "{unbound:?}");
}

/// Nothing is asked of a registry that is not listed, nor under a policy that has no entry.
#[test]
fn ref_07_nothing_is_asked_of_strangers() {
    let mut scene = Scene::new();
    scene.image();
    scene.registries("[[registry]]\nhost = \"elsewhere.test\"\n");
    scene.verify(&scene.by_tag()).refused(Reason::RegistryNotAllowed);
    scene.registries("[[registry]]\nhost = \"registry.test\"\n");
    scene.policy("[[image]]\nmatch = \"registry.test/other/**\"\nsigned-by = [\"release\"]\n");
    scene.verify(&scene.by_tag()).refused(Reason::NoPolicy);
    assert!(scene.asked().is_empty(), "{:?}", scene.asked());
}

/// REF-01: a tag that moves is resolved once, and what was verified is what is pinned.
#[test]
fn ref_01_a_tag_that_moves() {
    let scene = Scene::new();
    let image = scene.image();
    let other = scene.image_as("agents/planner", "2");
    scene.registry.moving_tag("agents/planner", "1", &[image.digest.clone(), other.digest]);
    scene.attach(&image, &signed(&image.digest));
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), image.digest.to_string());
    assert_eq!(scene.registry.count(&Route::Tag("1".to_owned())), 1, "one resolution");
    // The tag names the other image now.
    scene.verify(&scene.by_tag()).refused(Reason::Unsigned);
}

/// REF-02: no header is believed. Bytes that are not those of the digest are refused, whatever else is signed.
#[test]
fn ref_02_lying_digests() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    let lie = Effect::DigestHeader(Digest::sha256(b"lie").to_string());
    scene.registry.fault(Fault::on(Route::Tag("1".to_owned()), lie));
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), image.digest.to_string());
    let evil = scene.image_as("agents/evil", "1");
    let header = Effect::DigestHeader(image.digest.to_string());
    scene.registry.behave(Behaviour::plain().with(Fault::on(Route::Tags, header)));
    let judged = scene.verify("registry.test/agents/evil:1");
    assert_eq!(judged.refused(Reason::Unsigned).subject.digest, Some(evil.digest));
    let route = Route::Manifest(image.digest.to_string());
    scene.registry.behave(Behaviour::plain().with(Fault::on(route, Effect::BitFlip)));
    let judged = scene.verify(&scene.by_digest(&image.digest));
    assert_eq!(judged.refused(Reason::DigestMismatch).rule.id, "image-content");
}

/// Evidence whose bytes were changed on the way is no evidence; that path is broken, and may have held the signature.
#[test]
fn changed_evidence_is_unverifiable() {
    let scene = Scene::new();
    let image = scene.image();
    let bundle = signed(&image.digest);
    scene.attach(&image, &bundle);
    let blob = Route::Blob(Digest::sha256(bundle.bundle()).to_string());
    scene.registry.fault(Fault::on(blob, Effect::BitFlip));
    scene.verify(&scene.by_tag()).refused(Reason::Unreachable);
}

/// `tag-from`: the certificate's ref names the tag asked for, and the evidence says so.
#[test]
fn a_tag_that_the_signature_covers() {
    let mut scene = Scene::new();
    scene.entry("signed-by = [\"release\"]\ntag-from = \"source-repository-ref\"");
    let image = scene.image_as("agents/planner", "v1.0.0");
    scene.registry.tag("agents/planner", "v9", &image.digest);
    scene.attach(&image, &signed(&image.digest));
    let judged = scene.verify("registry.test/agents/planner:v1.0.0");
    assert_eq!(judged.fact("tag", "tag"), "covered");
    scene.verify("registry.test/agents/planner:v9").refused(Reason::WrongIdentity);
}

/// What is changed after it was signed, is `tampered`.
#[test]
fn a_changed_bundle_is_tampered() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &world().sign(&SignRequest::image(&image.digest).tamper(Tamper::SignatureBitFlip)));
    let judged = scene.verify(&scene.by_tag());
    judged.refused(Reason::Tampered);
    assert!(judged.says("do not use"), "{judged:?}");
}

/// Mirrors belong to the entry that allows the repository, not to every entry of its host.
#[test]
fn mirrors_of_another_entry_of_the_host() {
    let mut scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    let mirror = Registry::start(Behaviour::plain()).unwrap();
    scene.name("mirror.test", &mirror);
    scene.registries(
        "[[registry]]\nhost = \"registry.test\"\nrepositories = [\"others/*\"]\nmirrors = [{ at = \"https://mirror.test\", authoritative = true }]\n[[registry]]\nhost = \"registry.test\"\nrepositories = [\"agents/*\"]\n",
    );
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), image.digest.to_string());
    assert!(mirror.requests().is_empty(), "another entry's mirror was asked");
}
