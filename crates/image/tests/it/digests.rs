//! Digests that are denied or listed, of images, of indexes and of what stands in them.

use proofmark_core::{Algorithm, Digest, Reason};
use proofmark_testkit::registry::ImageSpec;
use serde_json::json;

use crate::support::{Scene, signed};

/// A denied digest is refused whether it was asked for or a tag led to it, good signature or not.
#[test]
fn a_denied_digest() {
    let mut scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    let row = format!("[[deny]]\ndigest = \"{}\"\nwhy = \"abused\"\nby = \"ops\"\n", image.digest);
    scene.file("allowlists/denied.toml", &row);
    scene.verify(&scene.by_digest(&image.digest)).refused(Reason::Revoked);
    assert!(scene.asked().is_empty());
    scene.verify(&scene.by_tag()).refused(Reason::Revoked);
}

/// A denied image is refused however deep in an index it stands, with and without `--platform`.
#[test]
fn a_denied_digest_in_a_nested_index() {
    let mut scene = Scene::new();
    let image =
        scene.registry.push_image("agents/planner", &ImageSpec::named("deep").platform("linux", "amd64"));
    let inner = scene.registry.push_index("agents/planner", std::slice::from_ref(&image));
    let outer = scene.registry.push_index("agents/planner", std::slice::from_ref(&inner));
    scene.registry.tag("agents/planner", "1", &outer.digest);
    scene.attach(&outer, &signed(&outer.digest));
    scene.verify(&scene.by_tag()).pinned();
    for denied in [&image.digest, &inner.digest] {
        scene.file(
            "allowlists/denied.toml",
            &format!("[[deny]]\ndigest = \"{denied}\"\nwhy = \"x\"\nby = \"ops\"\n"),
        );
        scene.verify(&scene.by_tag()).refused(Reason::Revoked);
        scene.verify_for(&scene.by_tag(), "linux/amd64").refused(Reason::Revoked);
    }
}

/// The same bytes have a digest by each algorithm: a row that names the other one denies them too, asked for or listed.
#[test]
fn a_denied_digest_by_the_other_algorithm() {
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    let mut scene = Scene::new();
    let image = scene.registry.push_image("agents/planner", &ImageSpec::default());
    let inner = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [image.descriptor()] });
    let inner = serde_json::to_vec(&inner).unwrap();
    let denied = Digest::of(Algorithm::Sha512, &inner);
    let inner = scene.registry.push_manifest("agents/planner", INDEX, &inner);
    let outer = scene.registry.push_index("agents/planner", std::slice::from_ref(&inner));
    for index in [&inner, &outer] {
        scene.attach(index, &signed(&index.digest));
        scene.verify(&scene.by_digest(&index.digest)).pinned();
    }
    let row = format!("[[deny]]\ndigest = \"{denied}\"\nwhy = \"x\"\nby = \"ops\"\n");
    scene.file("allowlists/denied.toml", &row);
    for index in [&inner, &outer] {
        scene.registry.tag("agents/planner", "1", &index.digest);
        scene.verify(&scene.by_tag()).refused(Reason::Revoked);
        scene.verify_for(&scene.by_digest(&index.digest), "linux/amd64").refused(Reason::Revoked);
    }
}

/// Whatever an index lists is compared, images or not.
#[test]
fn a_denied_attestation_in_an_index() {
    let mut scene = Scene::new();
    let image = scene.registry.push_image("agents/planner", &ImageSpec::default());
    let attestation = scene.registry.push_buildkit_attestation("agents/planner", &image.digest, b"{}");
    let denied = attestation["digest"].as_str().unwrap().to_owned();
    let index = scene.registry.push_index_of("agents/planner", vec![image.descriptor(), attestation]);
    scene.attach(&index, &signed(&index.digest));
    scene.verify(&scene.by_digest(&index.digest)).pinned();
    let row = format!("[[deny]]\ndigest = \"{denied}\"\nwhy = \"x\"\nby = \"ops\"\n");
    scene.file("allowlists/denied.toml", &row);
    scene.verify(&scene.by_digest(&index.digest)).refused(Reason::Revoked);
}

/// An index that holds a denied image is refused for its other platforms too: what may be run may be the index.
#[test]
fn a_denied_digest_of_another_platform() {
    let mut scene = Scene::new();
    let child = |arch: &str| {
        scene.registry.push_image("agents/planner", &ImageSpec::named(arch).platform("linux", arch))
    };
    let (amd64, arm64) = (child("amd64"), child("arm64"));
    let flat = scene.registry.push_index("agents/planner", &[amd64.clone(), arm64]);
    let nested = scene.registry.push_index("agents/planner", std::slice::from_ref(&flat));
    let row = format!("[[deny]]\ndigest = \"{}\"\nwhy = \"x\"\nby = \"ops\"\n", amd64.digest);
    for index in [&flat, &nested] {
        scene.attach(index, &signed(&index.digest));
        scene.verify_for(&scene.by_digest(&index.digest), "linux/arm64").pinned();
    }
    scene.file("allowlists/denied.toml", &row);
    for index in [&flat, &nested] {
        scene.verify_for(&scene.by_digest(&index.digest), "linux/arm64").refused(Reason::Revoked);
    }
}

/// Two rules, one satisfied by the child and one by the index: what may be run is the index.
#[test]
fn evidence_of_two_rules_on_child_and_index() {
    let mut scene = Scene::new();
    scene.entry("signed-by = [\"release\"]\ndigests = \"images.toml\"");
    let child = scene.registry.push_image("agents/planner", &ImageSpec::default());
    let index = scene.registry.push_index("agents/planner", std::slice::from_ref(&child));
    scene.attach(&child, &signed(&child.digest));
    scene.file(
        "allowlists/images.toml",
        &format!(
            "[[image]]\nrepository = \"registry.test/agents/planner\"\ndigest = \"{}\"\nwhy = \"x\"\nby = \"ops\"\n",
            index.digest
        ),
    );
    let judged = scene.verify_for(&scene.by_digest(&index.digest), "linux/amd64");
    assert_eq!(judged.pinned(), index.digest.to_string());
    assert_eq!(judged.0.len(), 2, "both rules speak");
    // Fail beats everything: the list alone does not pass what nobody signed.
    scene.verify(&scene.by_digest(&index.digest)).refused(Reason::Unsigned);
}

/// A row that was reviewed for some platforms does not cover an image that runs on others.
#[test]
fn a_digest_reviewed_for_one_platform() {
    let mut scene = Scene::new();
    let child = |arch: &str| {
        scene.registry.push_image("agents/planner", &ImageSpec::named(arch).platform("linux", arch))
    };
    let (amd64, arm64) = (child("amd64"), child("arm64"));
    let both = scene.registry.push_index("agents/planner", &[amd64.clone(), arm64]);
    let one = scene.registry.push_index("agents/planner", &[amd64]);
    scene.entry("digests = \"images.toml\"");
    let row = |digest: &Digest| {
        format!(
            "[[image]]\nrepository = \"registry.test/agents/planner\"\ndigest = \"{digest}\"\nplatforms = [\"linux/amd64\"]\nwhy = \"x\"\nby = \"ops\"\n"
        )
    };
    let rows = [row(&both.digest), row(&one.digest)].concat();
    scene.file("allowlists/images.toml", &rows);
    scene.verify(&scene.by_digest(&one.digest)).pinned();
    let judged = scene.verify(&scene.by_digest(&both.digest));
    judged.refused(Reason::NotListed);
    assert!(judged.says("linux/arm64"), "{judged:?}");
    scene.verify_for(&scene.by_digest(&both.digest), "linux/amd64").pinned();
    scene.verify_for(&scene.by_digest(&both.digest), "linux/arm64").refused(Reason::NotListed);
}

/// The only row is the image's own, reviewed for one platform of two.
#[test]
fn the_only_listed_digest_reviewed_for_one_platform() {
    let mut scene = Scene::new();
    let child = |arch: &str| {
        scene.registry.push_image("agents/planner", &ImageSpec::named(arch).platform("linux", arch))
    };
    let both = scene.registry.push_index("agents/planner", &[child("amd64"), child("arm64")]);
    scene.entry("digests = \"images.toml\"");
    let row = |digest: &Digest, platforms: &str| {
        format!(
            "[[image]]\nrepository = \"registry.test/agents/planner\"\ndigest = \"{digest}\"\n{platforms}why = \"x\"\nby = \"ops\"\n"
        )
    };
    scene.file("allowlists/images.toml", &row(&both.digest, "platforms = [\"linux/amd64\"]\n"));
    let judged = scene.verify(&scene.by_digest(&both.digest));
    judged.refused(Reason::NotListed);
    assert!(judged.says("linux/arm64"), "{judged:?}");
}

/// A row for every platform needs no look at what the image runs on: its configuration is not asked for.
#[test]
fn a_digest_listed_for_every_platform() {
    let mut scene = Scene::new();
    let image = scene.image();
    scene.entry("digests = \"images.toml\"");
    let row = format!(
        "[[image]]\nrepository = \"registry.test/agents/planner\"\ndigest = \"{}\"\nwhy = \"x\"\nby = \"ops\"\n",
        image.digest
    );
    scene.file("allowlists/images.toml", &row);
    scene.verify(&scene.by_digest(&image.digest)).pinned();
    assert!(!scene.asked().iter().any(|url| url.contains("/blobs/")), "{:?}", scene.asked());
}
