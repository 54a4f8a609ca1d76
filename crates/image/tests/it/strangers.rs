//! Principle 9: evidence that a stranger adds never turns a pass into a fail, and what may be run stays the same.

use proofmark_core::Digest;
use proofmark_testkit::registry::{ArtifactTypes, Behaviour, ImageSpec, MEDIA_INDEX, MEDIA_MANIFEST, Pushed};
use proofmark_testkit::sigstore::{Format, LogSpec, SignRequest, Signed, Statement, Tamper};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{REPOSITORY, Scene, platform_key, second_key, signed, stranger, world};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// What anyone who may push to a repository can add. None of it is by a signer of the policy but what such a signer made
/// for something else, or made and was changed.
#[derive(Debug, Clone, Copy)]
enum Extra {
    /// A bundle of an unknown workflow.
    Bundle,
    /// A bundle of an unknown workflow in the old format.
    OldBundle,
    /// A bundle by an unknown key.
    Key,
    /// A good signer's bundle for another image.
    OtherImage,
    /// A good signer's attestation.
    Attestation,
    /// A stranger's attestation.
    ForeignAttestation,
    /// A good bundle with another signature in it.
    Tampered,
    /// A good bundle without its log entry.
    Unlogged,
    /// Bundles that verify nowhere.
    Junk,
    /// Bytes that are no JSON, called a bundle.
    Malformed,
    /// JSON that is nested too deep.
    Deep,
    /// The good bundle once more, in a manifest of its own.
    GoodAgain,
    /// The good bundle in a manifest that names another image, listed for this one.
    GoodElsewhere,
    /// A referrer that is no manifest.
    NoManifest,
    /// An index as referrer.
    Index,
}

const ALL: [Extra; 15] = [
    Extra::Bundle,
    Extra::OldBundle,
    Extra::Key,
    Extra::OtherImage,
    Extra::Attestation,
    Extra::ForeignAttestation,
    Extra::Tampered,
    Extra::Unlogged,
    Extra::Junk,
    Extra::Malformed,
    Extra::Deep,
    Extra::GoodAgain,
    Extra::GoodElsewhere,
    Extra::NoManifest,
    Extra::Index,
];

fn add(scene: &Scene, image: &Pushed, what: Extra) {
    let (registry, digest) = (&scene.registry, &image.digest);
    let attach = |request: SignRequest| drop(scene.attach(image, &world().sign(&request)));
    let raw = |bytes: &[u8]| drop(registry.attach(REPOSITORY, image, BUNDLE, bytes, None));
    let sbom = || Statement::new("https://spdx.dev/Document").subject("planner", digest);
    match what {
        Extra::Bundle => attach(SignRequest::image(digest).keyless(stranger())),
        Extra::OldBundle => attach(
            SignRequest::image(digest).keyless(stranger()).format(Format::BundleV01).log(LogSpec::rekor_v1()),
        ),
        Extra::Key => attach(SignRequest::image(digest).key(second_key())),
        Extra::OtherImage => attach(SignRequest::image(&Digest::sha256(b"another image"))),
        Extra::Attestation => attach(SignRequest::statement(&sbom())),
        Extra::ForeignAttestation => attach(SignRequest::statement(&sbom()).keyless(stranger())),
        Extra::Tampered => attach(SignRequest::image(digest).tamper(Tamper::SignatureBitFlip)),
        Extra::Unlogged => attach(SignRequest::image(digest).no_log()),
        Extra::Junk => registry.attach_junk(REPOSITORY, image, 3),
        Extra::Malformed => raw(b"<html>{"),
        Extra::Deep => raw(&proofmark_testkit::registry::bombs::deep_json(5000)),
        Extra::GoodAgain => {
            // Another hint makes another manifest.
            registry.attach(REPOSITORY, image, BUNDLE, signed(digest).bundle(), Some("again"));
        }
        Extra::GoodElsewhere => {
            let other = registry.push_image(REPOSITORY, &ImageSpec::named("elsewhere"));
            let manifest = scene.attach(&other, &signed(digest));
            list_too(scene, image, &manifest);
        }
        Extra::NoManifest => {
            let pushed =
                registry.push_manifest(REPOSITORY, MEDIA_MANIFEST, b"{\"schemaVersion\":2,\"config\":3}");
            list_too(scene, image, &pushed);
        }
        Extra::Index => {
            let subject =
                json!({ "mediaType": image.media_type, "digest": digest.to_string(), "size": image.size });
            let index =
                json!({ "schemaVersion": 2, "mediaType": MEDIA_INDEX, "manifests": [], "subject": subject });
            registry.push_document(REPOSITORY, MEDIA_INDEX, &index);
        }
    }
}

/// Lists something in the fallback tag, in place of what was there: anyone who may push can write it.
fn list_too(scene: &Scene, image: &Pushed, manifest: &Pushed) {
    let index = scene.registry.push_index(REPOSITORY, std::slice::from_ref(manifest));
    scene.registry.tag(REPOSITORY, &format!("sha256-{}", image.digest.hex()), &index.digest);
}

/// How the image of a case is signed.
#[derive(Debug, Clone, Copy)]
enum Good {
    /// A bundle in the referrers list.
    Bundle,
    /// A legacy signature, with a stranger's before and behind it in the same manifest.
    Legacy,
}

fn sign(scene: &Scene, image: &Pushed, good: Good) {
    match good {
        Good::Bundle => drop(scene.attach(image, &signed(&image.digest))),
        Good::Legacy => {
            let request = || SignRequest::legacy_image("registry.test/agents/planner", &image.digest);
            let other = world().sign(&request().keyless(stranger()));
            let key = world().sign(&request().key(platform_key()));
            let own = world().sign(&request());
            let all: [&Signed; 3] = [&other, &own, &key];
            scene.registry.attach_legacy(REPOSITORY, &image.digest, &all);
        }
    }
}

/// Each kind alone, before and behind the good one.
#[test]
fn reg_04_each_kind_beside_a_good_signature() {
    for good in [Good::Bundle, Good::Legacy] {
        for what in ALL {
            for first in [true, false] {
                let scene = Scene::new();
                let image = scene.image();
                if first {
                    add(&scene, &image, what);
                }
                sign(&scene, &image, good);
                if !first {
                    add(&scene, &image, what);
                }
                let judged = scene.verify(&scene.by_tag());
                assert_eq!(judged.reason(), None, "{good:?}, {what:?} {first}: {judged:#?}");
                assert_eq!(judged.pinned(), image.digest.to_string());
            }
        }
    }
}

/// None of it is a signature: without the good one there is no pass.
#[test]
fn no_kind_passes_alone() {
    for what in ALL {
        let scene = Scene::new();
        let image = scene.image();
        add(&scene, &image, what);
        let judged = scene.verify(&scene.by_tag());
        if matches!(what, Extra::GoodAgain) {
            judged.pinned();
        } else {
            assert!(judged.reason().is_some(), "{what:?}: {judged:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_strangers_add_changes_nothing(
        before in prop::collection::vec(prop::sample::select(&ALL[..]), 0..6),
        after in prop::collection::vec(prop::sample::select(&ALL[..]), 0..6),
        good in prop::sample::select(&[Good::Bundle, Good::Legacy][..]),
        kind in 0..3_usize,
    ) {
        let behaviour = match kind {
            0 => Behaviour::plain(),
            1 => Behaviour::plain().pages_of(2),
            _ => Behaviour { artifact_types: ArtifactTypes::Absent, ..Behaviour::plain() },
        };
        let scene = Scene::called("registry.test", behaviour);
        let image = scene.image();
        for what in before {
            add(&scene, &image, what);
        }
        sign(&scene, &image, good);
        for what in after {
            add(&scene, &image, what);
        }
        let judged = scene.verify(&scene.by_tag());
        prop_assert_eq!(judged.reason(), None);
        prop_assert_eq!(judged.pinned(), image.digest.to_string());
    }
}
