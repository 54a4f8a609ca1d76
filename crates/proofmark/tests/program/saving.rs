//! `image save`: what crosses an air gap, and that it verifies there.

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use proofmark_core::Digest;
use proofmark_testkit::registry::{Behaviour, ImageSpec, Pushed, Registry};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};
use serde_json::Value;

use crate::support::{Run, Sandbox};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A registry with a signed index `acme/agent:1` and an unsigned image `acme/stray:1`, and a box for it.
fn setting() -> (Registry, Sandbox, Pushed) {
    let registry = Registry::start(Behaviour::fallback_only()).unwrap();
    let children = ["amd64", "arm64"].map(|architecture| {
        registry.push_image("acme/agent", &ImageSpec::named(architecture).platform("linux", architecture))
    });
    let index = registry.push_index("acme/agent", &children);
    registry.tag("acme/agent", "1", &index.digest);
    registry.attach_bundle("acme/agent", &index, &world().sign(&SignRequest::image(&index.digest)));
    let stray = registry.push_image("acme/stray", &ImageSpec::named("stray"));
    registry.tag("acme/stray", "1", &stray.digest);
    let sandbox = Sandbox::for_registry(world(), &registry);
    (registry, sandbox, index)
}

fn save(sandbox: &Sandbox, to: &str, references: &[&str]) -> Run {
    let fixed = ["image", "save", "--policy", ".", "--no-cache", "--to", to];
    sandbox.program(fixed.into_iter().chain(references.iter().copied())).run()
}

/// Verifies a bundle on a machine without a network interface, if this one can make one.
#[allow(clippy::print_stderr, reason = "a test that does less says so")]
fn received(sandbox: &Sandbox, registry: &Registry, reference: &str) -> Run {
    let repository = format!("{}/acme/agent", registry.host());
    let arguments =
        ["image", "verify", "--policy", ".", "--offline", "--no-cache", "--as", &repository, reference];
    let program = sandbox.program(arguments);
    let cut_off = Command::new("unshare").args(["-n", "true"]).status().is_ok_and(|status| status.success());
    if cut_off {
        return program.through("unshare", &["-n"]).run();
    }
    eprintln!("the network stays: a namespace without one needs root");
    program.run()
}

#[test]
fn a_bundle_verifies_without_a_network() {
    let (registry, sandbox, index) = setting();
    let reference = format!("{}/acme/agent:1", registry.host());
    save(&sandbox, "bundle", &[&reference]).exits(0).says("saved 1 images with 1 roots and keys in bundle");
    received(&sandbox, &registry, "oci:bundle:1").exits(0).says("1 verified").says(&index.digest.to_string());
    let bundle: Value = serde_json::from_str(&sandbox.read("bundle/proofmark/bundle.json")).unwrap();
    assert_eq!(bundle["schema"], "proofmark-bundle/1");
    assert_eq!(bundle["images"][0]["name"], reference);
    assert_eq!(bundle["images"][0]["image"], format!("{}/acme/agent@{}", registry.host(), index.digest));
    assert_eq!(bundle["trust"][0]["file"], "trust-roots/world.json");
    let root = sandbox.read("bundle/proofmark/trust-roots/world.json");
    assert_eq!(bundle["trust"][0]["digest"], Digest::sha256(root.as_bytes()).to_string());
    assert_eq!(root, sandbox.read("trust-roots/world.json"));
    let shown = sandbox.program(["policy", "show", "--policy", "."]).run().exits(0).stdout;
    assert!(shown.contains(bundle["policies"][0]["digest"].as_str().unwrap()), "{shown}");
    // Changed on the way.
    let layer = Digest::sha256(b"arm64");
    let manifest = sandbox.path("bundle/blobs/sha256").join(index.digest.hex());
    assert!(sandbox.path("bundle/blobs/sha256").join(layer.hex()).exists());
    fs::write(&manifest, fs::read_to_string(&manifest).unwrap().replace("arm64", "amd64")).unwrap();
    received(&sandbox, &registry, "oci:bundle:1").exits(1).says("digest-mismatch");
}

#[test]
fn an_archive_has_the_same_bytes_for_the_same_input() {
    let (registry, sandbox, index) = setting();
    let reference = format!("{}/acme/agent:1", registry.host());
    for to in ["one.tar", "two.tar"] {
        save(&sandbox, to, &[&reference]).exits(0).says(&format!("in {to}"));
    }
    let archive = fs::read(sandbox.path("one.tar")).unwrap();
    assert!(archive == fs::read(sandbox.path("two.tar")).unwrap());
    let top: Vec<String> = fs::read_dir(sandbox.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".tar"))
        .collect();
    assert_eq!(top.len(), 2, "nothing else is left: {top:?}");
    fs::create_dir(sandbox.path("received")).unwrap();
    let tar =
        Command::new("tar").args(["-xf", "one.tar", "-C", "received"]).current_dir(sandbox.path("")).status();
    assert!(tar.unwrap().success());
    received(&sandbox, &registry, "oci:received:1").exits(0).says(&index.digest.to_string());
    save(&sandbox, "one.tar", &[&reference]).fails_with(2, "save-target").says("is there already");
}

#[test]
fn there_is_a_bundle_only_if_all_of_it_is_there() {
    let (registry, sandbox, _) = setting();
    let good = format!("{}/acme/agent:1", registry.host());
    let stray = format!("{}/acme/stray:1", registry.host());
    save(&sandbox, "bundle.tar", &[&good, &stray]).exits(1).says("bundle.tar is no bundle");
    assert!(!sandbox.path("bundle.tar").exists());
    assert!(!sandbox.path("bundle.tar.partial/proofmark").exists());
    // Goes on with what is there, and leaves nothing of a run that was interrupted while it packed.
    sandbox.write("bundle.tar.partial/.proofmark-archive", "half an archive");
    sandbox.write("bundle.tar.partial/proofmark/trust-roots/old.json", "{}");
    save(&sandbox, "bundle.tar", &[&good]).exits(0).says("0 blobs of 0 bytes fetched");
    assert!(!sandbox.path("bundle.tar.partial").exists());
    let listed =
        Command::new("tar").args(["-tf", "bundle.tar"]).current_dir(sandbox.path("")).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains("index.json\n") && !listed.contains("old.json") && !listed.contains(".proofmark-")
    );
    save(&sandbox, "none.tar", &[]).exits(4);
    sandbox.write("other/file", "mine");
    save(&sandbox, "other", &[&good]).fails_with(2, "pull-target");
    save(&sandbox, "bundle", &[&stray]).exits(1);
    assert!(!sandbox.path("bundle").exists());
    sandbox.program(["image", "save", "--to", "bundle", &good]).run().fails_with(2, "policy-not-accepted");
}

/// A layout that somebody else made must not lead what is written elsewhere.
#[test]
fn links_in_a_bundle_are_not_followed() {
    let (registry, sandbox, _) = setting();
    let good = format!("{}/acme/agent:1", registry.host());
    sandbox.write("bundle/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", sandbox.path("bundle/proofmark")).unwrap();
    save(&sandbox, "bundle", &[&good]).fails_with(2, "save-target").says("is no directory");
    assert_eq!(fs::read_dir(sandbox.path("elsewhere")).unwrap().count(), 0);
}
