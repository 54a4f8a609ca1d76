//! `image base add` and `check`, over registries on the loopback interface.

use std::sync::OnceLock;

use proofmark_core::Digest;
use proofmark_testkit::registry::{Behaviour, ImageSpec, Pushed, Registry};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::support::{NOW, Run, Sandbox};

const LIST: &str = "allowlists/base-images.toml";

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

fn layers(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

/// A registry with a signed base of two platforms, and a signed image on it.
struct Scene {
    registry: Registry,
    sandbox: Sandbox,
    base: Pushed,
}

impl Scene {
    fn new() -> Self {
        let registry = Registry::start(Behaviour::plain()).unwrap();
        let child = |arch: &str| {
            let spec = ImageSpec::default().layers(layers(&[&format!("os-{arch}"), "common"]));
            registry.push_image("base/os", &spec.platform("linux", arch))
        };
        let base = registry.push_index("base/os", &[child("amd64"), child("arm64")]);
        registry.tag("base/os", "12", &base.digest);
        registry.attach_bundle("base/os", &base, &world().sign(&SignRequest::image(&base.digest)));
        let sandbox = Sandbox::for_registry(world(), &registry);
        Self { registry, sandbox, base }
    }

    fn image(&self, tag: &str, names: &[&str]) {
        let spec = ImageSpec::default().layers(layers(names));
        let image = self.registry.push_image("acme/agent", &spec);
        self.registry.tag("acme/agent", tag, &image.digest);
        let signed = world().sign(&SignRequest::image(&image.digest));
        self.registry.attach_bundle("acme/agent", &image, &signed);
    }

    fn reference(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host())
    }

    fn add(&self, name: &str, more: &[&str]) -> Run {
        let reference = self.reference(name);
        let words = ["image", "base", "add", "--now", NOW, "--by", "alice", &reference];
        self.sandbox.program(words.into_iter().chain(more.iter().copied())).run()
    }

    fn check(&self, name: &str, more: &[&str]) -> Run {
        let reference = self.reference(name);
        let words = ["image", "base", "check", "--now", NOW, &reference];
        self.sandbox.program(words.into_iter().chain(more.iter().copied())).run()
    }
}

#[test]
fn what_is_added_is_what_images_stand_on() {
    let scene = Scene::new();
    scene.image("1", &["os-amd64", "common", "app"]);
    scene.image("2", &["os-amd64", "app"]);
    let said = scene.add("base/os:12", &["--name", "os-12", "--why", "reviewed"]).exits(0);
    assert!(
        said.stdout.contains("added os-12 for linux/amd64, 2 layers, until 2027-02-22, to"),
        "{}",
        said.stdout
    );
    let list = scene.sandbox.read(LIST);
    for text in [scene.base.digest.to_string(), Digest::sha256(b"os-arm64").to_string()] {
        assert!(list.contains(&text), "{list}");
    }
    let run = scene.check("acme/agent:1", &["--format", "json"]).exits(0);
    let report = run.report();
    assert_eq!(report["results"][0]["rule"], "image-base");
    assert_eq!(report["results"][0]["subject"]["pinned"], serde_json::Value::Null, "says not who made it");
    assert!(report["results"][0]["evidence"][0]["summary"].as_str().unwrap().starts_with("on os-12, 2 of 3"));
    scene.check("acme/agent:2", &[]).exits(1).says("the first 1 of 2 layers of os-12, and not the rest");
    scene.check("base/os:12", &[]).exits(0);
    // The rule in the policy judges the same.
    scene.sandbox.write(
        "proofmark.toml",
        scene.sandbox.read("proofmark.toml").replace("match = \"**\"", "match = \"**\"\nbase = \"approved\""),
    );
    let reference = |tag: &str| scene.reference(&format!("acme/agent:{tag}"));
    scene.sandbox.verify(["--print", "pinned", &reference("1")]).exits(0).says("/acme/agent@sha256:");
    scene.sandbox.verify([reference("2").as_str()]).exits(1).says("no approved base image");
}

/// A base that a policy asks for can be added under that policy, with no list yet.
#[test]
fn a_base_is_added_under_a_policy_that_asks_for_bases() {
    let scene = Scene::new();
    let entries =
        "[[image]]\nmatch = \"*/base/**\"\nsigned-by = [\"release\"]\n\n[[image]]\nbase = \"approved\"\n";
    scene
        .sandbox
        .write("proofmark.toml", scene.sandbox.read("proofmark.toml").replace("[[image]]\n", entries));
    scene.image("1", &["os-amd64", "common", "app"]);
    let reference = scene.reference("acme/agent:1");
    scene.sandbox.verify([reference.as_str()]).exits(1).says("image base add");
    scene.add("base/os:12", &[]).exits(0);
    scene.sandbox.verify([reference.as_str()]).exits(0);
}

#[test]
fn nothing_else_of_the_file_changes_and_nothing_is_added_twice() {
    let scene = Scene::new();
    scene.add("base/os:12", &["--name", "os"]).exits(0);
    let before = format!("# bases\r\n{}\n  # the end", scene.sandbox.read(LIST));
    scene.sandbox.write(LIST, &before);
    scene.add("base/os:12", &["--name", "os"]).exits(0).says("already");
    assert_eq!(scene.sandbox.read(LIST), before);
    let spec = ImageSpec::default().layers(layers(&["os-13"]));
    let next = scene.registry.push_image("base/os", &spec);
    scene.registry.tag("base/os", "13", &next.digest);
    scene.registry.attach_bundle("base/os", &next, &world().sign(&SignRequest::image(&next.digest)));
    scene.add("base/os:13", &["--name", "os"]).fails_with(2, "base-name-taken");
    assert_eq!(scene.sandbox.read(LIST), before);
    scene.add("base/os:13", &["--name", "os-13"]).exits(0);
    assert!(scene.sandbox.read(LIST).starts_with(&before));
    scene.add("base/os:12", &["--name", "another"]).fails_with(2, "base-listed");
}

/// The policy's own entry for the base decides; an exception does not stand in for it.
#[test]
fn a_base_that_does_not_verify_is_not_added() {
    let scene = Scene::new();
    let unsigned = scene.registry.push_image("base/unsigned", &ImageSpec::default());
    scene.registry.tag("base/unsigned", "1", &unsigned.digest);
    let said = scene.add("base/unsigned:1", &[]).exits(1).says("unsigned");
    assert!(said.stderr.starts_with("error[base-not-verified]: "), "{}", said.stderr);
    let row = format!(
        "[[exception]]\nrule = \"image-signature\"\nsubject = \"{}@{}\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2026-12-31\n",
        scene.reference("base/unsigned"),
        unsigned.digest
    );
    scene.sandbox.write("allowlists/exceptions.toml", row);
    scene.add("base/unsigned:1", &[]).exits(1).says("base-not-verified");
    scene.add("base/absent:1", &[]).exits(3).says("not-found");
    assert!(!scene.sandbox.path(LIST).exists());
}

#[test]
fn a_base_without_layers_and_a_day_that_has_passed() {
    let scene = Scene::new();
    let empty = scene.registry.push_image("base/empty", &ImageSpec::default().layers([]));
    scene.registry.tag("base/empty", "1", &empty.digest);
    scene.registry.attach_bundle("base/empty", &empty, &world().sign(&SignRequest::image(&empty.digest)));
    scene.add("base/empty:1", &[]).fails_with(3, "base-unreadable");
    scene.add("base/os:12", &["--not-after", "2026-11-23"]).fails_with(2, "base-ended");
    scene.add("base/os:12", &["--not-after", "2026-11-24"]).exits(0);
    let words = ["image", "base", "add", &scene.reference("base/os:12"), "--now", NOW];
    scene.sandbox.program(words).run().fails_with(2, "base-without-approver");
    scene.sandbox.program(words).variable("USER", "bob").run().exits(0);
}

#[test]
fn an_approval_that_ends_soon_is_a_finding() {
    let scene = Scene::new();
    scene.add("base/os:12", &["--not-after", "2026-12-20"]).exits(0);
    scene.image("1", &["os-amd64", "common", "app"]);
    let told = |more: &[&str]| {
        let report = scene.check("acme/agent:1", &[&["--format", "json"], more].concat()).exits(0).report();
        report["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["verdict"] == "finding" && row["rule"] == "image-base")
            .count()
    };
    assert_eq!((told(&[]), told(&["--warn-within", "27d"]), told(&["--warn-within", "26d"])), (0, 1, 0));
    scene
        .check("acme/agent:1", &["--warn-within", "8w", "--fail-on", "low"])
        .exits(1)
        .says("ends in 27 days");
    scene.check("acme/agent:1", &["--warn-within", "soon"]).fails_with(2, "usage");
}

/// BASE-03: what the configuration says of a layer is believed until it is unpacked.
#[test]
fn base_03_deep_looks_into_the_layers() {
    let scene = Scene::new();
    scene.add("base/os:12", &[]).exits(0);
    scene.image("1", &["os-amd64", "common", "app"]);
    scene.check("acme/agent:1", &["--deep", "--format", "json"]).exits(0).says("layers-unpacked");
    let spec = ImageSpec {
        claimed_diff_ids: Some(["os-amd64", "common"].map(|text| Digest::sha256(text.as_bytes())).into()),
        ..ImageSpec::default().layers(layers(&["os-amd64", "other"]))
    };
    let liar = scene.registry.push_image("acme/agent", &spec);
    scene.registry.tag("acme/agent", "2", &liar.digest);
    scene.check("acme/agent:2", &[]).exits(0);
    scene.check("acme/agent:2", &["--deep"]).exits(1).says("layer 2 of 2 holds other content");
}
