//! What a refusal tells: where was looked, what the policy's line says, what to write instead.

use std::fmt::Write as _;

use proofmark_core::{ImageRef, Reason};
use proofmark_oci::Target;
use proofmark_testkit::registry::{Effect, Fault, Route};

use crate::support::{REPOSITORY, Scene, signed};

/// Nobody signed it: every place where a signature could be is named, with what was there.
#[test]
fn where_a_signature_was_looked_for() {
    let scene = Scene::new();
    let image = scene.image();
    let judged = scene.verify(&scene.by_digest(&image.digest));
    let finding = judged.refused(Reason::Unsigned);
    assert_eq!(
        finding.observed[0].text,
        "no signature: referrers 0 found, fallback-tag absent, sig-tag absent"
    );
}

/// A path that failed is an observation of its own: which, where, why.
#[test]
fn which_path_was_not_read() {
    let scene = Scene::new();
    let image = scene.image();
    scene.registry.fault(Fault::on(Route::Referrers, Effect::Status(500)));
    let judged = scene.verify(&scene.by_digest(&image.digest));
    let finding = judged.refused(Reason::Unreachable);
    let failed: Vec<_> =
        finding.observed.iter().filter(|one| one.reason == Some(Reason::Unreachable)).collect();
    assert_eq!(failed.len(), 1, "{finding:#?}");
    assert!(failed[0].text.starts_with("referrers could not be read to its end: "), "{}", failed[0].text);
    assert_eq!(failed[0].place.as_deref(), Some(scene.host.as_str()));
}

/// The subject is what was written, what it means, and for which platform.
#[test]
fn who_is_judged() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    let target = Target::Registry(ImageRef::parse(&scene.by_tag()).unwrap());
    let reference = target.to_string();
    let platform = proofmark_core::Platform::parse("linux/amd64");
    for platform in [None, platform] {
        let judged = scene.verify_target("as it was written", target.clone(), platform.clone());
        judged.pinned();
        for finding in &judged.0 {
            assert_eq!(finding.subject.name, "as it was written");
            assert_eq!(finding.subject.reference.as_deref(), Some(reference.as_str()));
            assert_eq!(finding.subject.platform, platform);
        }
    }
}

/// Bytes of another digest: what was asked for is what is expected.
#[test]
fn bytes_of_another_digest() {
    let scene = Scene::new();
    let image = scene.image();
    scene.registry.fault(Fault::on(Route::Manifests, Effect::BitFlip));
    let judged = scene.verify(&scene.by_digest(&image.digest));
    let finding = judged.refused(Reason::DigestMismatch);
    assert_eq!(finding.expected.as_ref().unwrap().text, format!("bytes of {}", image.digest));
    assert!(finding.observed[0].text.starts_with("bytes of sha256:"), "{:?}", finding.observed);
}

/// An image without an entry: the entries that there are, the first five of many.
#[test]
fn which_entries_there_are() {
    let mut scene = Scene::new();
    let entries = |count: usize| {
        (0..count).fold(String::new(), |mut text, at| {
            let _ =
                writeln!(text, "[[image]]\nmatch = \"registry.test/team{at}/*\"\nsigned-by = [\"release\"]");
            text
        })
    };
    let mut expected = |count| {
        scene.policy(&entries(count));
        let judged = scene.verify(&scene.by_tag());
        judged.refused(Reason::NoPolicy).expected.as_ref().unwrap().text.clone()
    };
    let five = "registry.test/team0/*, registry.test/team1/*, registry.test/team2/*, registry.test/team3/*, registry.test/team4/*";
    assert_eq!(expected(5), format!("one of {five}"));
    assert_eq!(expected(7), format!("one of {five} and 2 more"));
}

/// A registry that is not listed: those that are, and the one that was probably meant.
#[test]
fn which_registry_was_meant() {
    let mut scene = Scene::new();
    scene.registries("[[registry]]\nhost = \"registry.test\"\n[[registry]]\nhost = \"other.test\"\nrepositories = [\"a/*\", \"b/c\"]\n");
    let refused = |reference: &str| {
        let judged = scene.verify(reference);
        let finding = judged.refused(Reason::RegistryNotAllowed).clone();
        (finding.message, finding.expected.as_ref().unwrap().text.clone(), finding.help)
    };
    let listed = "one of registry.test, other.test";
    let add =
        |host: &str| format!("add to allowlists/registries.toml a [[registry]] table with host = \"{host}\"");
    for (host, meant) in
        [("registry.tset", "registry.test"), ("ghcr.oi", "ghcr.io"), ("registri.tezt", "registry.test")]
    {
        let (message, expected, help) = refused(&format!("{host}/{REPOSITORY}:1"));
        assert_eq!(message, "the registry is not listed");
        assert_eq!(expected, listed);
        assert_eq!(help, format!("did you mean {meant}? If {host} is right, {}", add(host)));
    }
    // Nothing is near, and a registry that is widely known is not a misspelt one.
    for host in ["elsewhere.example", "gcr.io"] {
        let (_, _, help) = refused(&format!("{host}/{REPOSITORY}:1"));
        assert_eq!(help, add(host));
    }
    let (message, expected, help) = refused("other.test/x:1");
    assert_eq!(message, "the registry is listed, this repository is not");
    assert_eq!(expected, "one of a/*, b/c");
    assert_eq!(help, "add \"x\" to repositories of other.test in allowlists/registries.toml");
}

/// Without a list of registries.
#[test]
fn no_registry_is_listed() {
    let mut scene = Scene::new();
    scene.registries("");
    let judged = scene.verify(&scene.by_tag());
    let finding = judged.refused(Reason::RegistryNotAllowed);
    assert_eq!(finding.expected.as_ref().unwrap().text, "allowlists/registries.toml lists no registry");
}
