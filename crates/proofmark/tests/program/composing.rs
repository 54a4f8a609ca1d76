//! `image pull --compose`: every image of the file, and what is not known from it.

use std::fs;
use std::sync::OnceLock;

use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::support::{Run, Sandbox};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A registry with signed images `acme/web:1` and `acme/db:1` and an unsigned one `acme/stray:1`, and a box for it.
fn setting() -> (Registry, Sandbox, [String; 2]) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let signed = ["web", "db"].map(|name| {
        let repository = format!("acme/{name}");
        let image = registry.push_image(&repository, &ImageSpec::named(name));
        registry.tag(&repository, "1", &image.digest);
        registry.attach_bundle(&repository, &image, &world().sign(&SignRequest::image(&image.digest)));
        format!("{}/{repository}@{}", registry.host(), image.digest)
    });
    let stray = registry.push_image("acme/stray", &ImageSpec::named("stray"));
    registry.tag("acme/stray", "1", &stray.digest);
    let sandbox = Sandbox::for_registry(world(), &registry);
    (registry, sandbox, signed)
}

fn pull(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let fixed =
        ["image", "pull", "--policy", ".", "--no-cache", "--to", "oci:out", "--compose", "compose.yaml"];
    sandbox.program(fixed.into_iter().chain(arguments.iter().copied())).run()
}

#[test]
fn every_service_gets_its_digest() {
    let (registry, sandbox, [web, db]) = setting();
    let host = registry.host();
    let compose = format!(
        "services:\n  web: &web\n    image: {host}/acme/web:${{TAG:-1}}\n  again:\n    <<: *web\n    profiles: [x]\n  \
         db:\n    image: {host}/acme/db:1\n    pull_policy: always\n  'od\"d':\n    image: {host}/acme/db:1\n"
    );
    sandbox.write("compose.yaml", &compose);
    let said = pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(0);
    said.says("2 verified").says("wrote pinned.yaml with 4 services by digest");
    let expected = format!(
        "# Written by proofmark image pull: what was verified of compose.yaml, by digest. Written again, not edited.\n\
         services:\n  \"web\":\n    image: \"{web}\"\n  \"again\":\n    image: \"{web}\"\n  \"db\":\n    image: \"{db}\"\n    \
         pull_policy: missing\n  \"od\\\"d\":\n    image: \"{db}\"\n"
    );
    assert_eq!(sandbox.read("pinned.yaml"), expected);
    assert_eq!(sandbox.read("compose.yaml"), compose);
    pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(0).says("0 blobs of 0 bytes fetched");
    // Without the override, the tag is pulled again, and the environment may say another.
    let without = pull(&sandbox, &[]).exits(1).says("image-pulled-again (medium)");
    without.says("rests on the default of TAG").says("error[compose-unresolved]");
}

/// As compose does, without being told.
#[test]
fn the_environment_file_beside_it_is_read() {
    let (registry, sandbox, [web, _]) = setting();
    let host = registry.host();
    sandbox.write("compose.yaml", "services: {a: {image: '${REPO}/web:${TAG:-none}'}}\n");
    sandbox.write(".env", format!("REPO={host}/acme\nTAG=1\n"));
    pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(0).says("1 verified");
    assert!(sandbox.read("pinned.yaml").contains(web.as_str()));
    // Without the override, the environment of compose may say another.
    let said = pull(&sandbox, &[]).exits(3).says("1 verified").says("error[compose-unresolved]");
    said.says("rests on the value in .env of REPO, TAG: the environment may give it another");
    sandbox.write(".env", "not a line\n");
    pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(3).says("error[file-not-parsed]");
}

#[test]
fn an_override_names_all_or_is_not_written() {
    let (registry, sandbox, _) = setting();
    let host = registry.host();
    sandbox.write(
        "compose.yaml",
        format!("services:\n  a: {{image: '{host}/acme/web:1'}}\n  b: {{image: '{host}/acme/stray:1'}}\n"),
    );
    let said = pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(1).says("1 verified, 1 failed");
    said.says("compose.yaml:3").says("pinned.yaml was not written");
    assert!(!sandbox.path("pinned.yaml").exists());
    sandbox.write("compose.yaml", format!("services:\n  a: {{image: '{host}/acme/web:1'}}\n"));
    pull(&sandbox, &["--write-override", "pinned.yaml", "--dry-run"]).exits(0).says("was not written");
    sandbox.write("pinned.yaml", "mine: 1\n");
    pull(&sandbox, &["--write-override", "pinned.yaml"]).fails_with(2, "override-exists").says("--force");
    assert_eq!(sandbox.read("pinned.yaml"), "mine: 1\n");
    pull(&sandbox, &["--write-override", "compose.yaml", "--force"]).fails_with(2, "override-exists");
    pull(&sandbox, &["--write-override", "pinned.yaml", "--force"]).exits(0);
    assert!(sandbox.read("pinned.yaml").contains("\"a\":"));
    fs::create_dir(sandbox.path("dir")).unwrap();
    pull(&sandbox, &["--write-override", "dir"]).fails_with(2, "override-exists");
    let lost = pull(&sandbox, &["--write-override", "gone/pinned.yaml"]).exits(3);
    lost.says("error[override-not-written]").says("1 verified");
}

#[test]
fn what_is_not_known_is_never_passed_over() {
    let (registry, sandbox, _) = setting();
    let known = format!("  a: {{image: '{}/acme/web:1'}}\n", registry.host());
    for (extra, says) in [
        ("  b: {image: '$IMAGE'}\n", "the variable `IMAGE` has no value here"),
        ("  b: {extends: {file: other.yaml, service: x}}\n", "the service `b` extends another"),
        (
            "  b: {image: 'x.example/y@sha256:0', extends: {file: other.yaml, service: x}}\n",
            "the service `b` extends another",
        ),
        ("include: [other.yaml]\n", "includes other files"),
        ("  b: {image: [1]}\n", "not a text"),
    ] {
        sandbox.write("compose.yaml", format!("services:\n{known}{extra}"));
        let said = pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(3);
        said.says(says).says("error[compose-unresolved]").says("1 verified").says("docker compose config");
        assert!(!sandbox.path("pinned.yaml").exists());
    }
    sandbox.write("compose.yaml", format!("services:\n{known}  b: \"unclosed\n"));
    pull(&sandbox, &[]).exits(3).says("error[file-not-parsed]");
    sandbox.write("compose.yaml", "services:\n  a: {build: .}\n");
    pull(&sandbox, &[]).exits(4);
    fs::remove_file(sandbox.path("compose.yaml")).unwrap();
    pull(&sandbox, &[]).fails_with(2, "compose-unreadable");
    pull(&sandbox, &["postgres"]).fails_with(2, "usage");
}

/// What a service runs on its platform is what is verified and pulled.
#[test]
fn each_service_has_its_platform() {
    let (registry, sandbox, _) = setting();
    let host = registry.host();
    // Each child is signed by itself, and the index by nobody.
    let child = |architecture: &str, signed: bool| {
        let spec = ImageSpec::named(architecture).platform("linux", architecture);
        let child = registry.push_image("acme/multi", &spec);
        if signed {
            registry.attach_bundle("acme/multi", &child, &world().sign(&SignRequest::image(&child.digest)));
        }
        child
    };
    let (amd, arm, bad) = (child("amd64", true), child("arm64", true), child("s390x", false));
    let index = registry.push_index("acme/multi", &[amd.clone(), arm.clone(), bad]);
    registry.tag("acme/multi", "1", &index.digest);
    let compose = |more: &str| {
        format!(
            "services:\n  a: &a\n    image: {host}/acme/multi:1\n    platform: linux/amd64\n  b: {{<<: *a, platform: \
             linux/arm64/v8}}\n{more}"
        )
    };
    sandbox.write("compose.yaml", compose(""));
    pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(0).says("2 verified");
    let pinned = sandbox.read("pinned.yaml");
    let expected = [("a", &amd), ("b", &arm)]
        .map(|(name, child)| format!("  \"{name}\":\n    image: \"{host}/acme/multi@{}\"\n", child.digest));
    assert!(pinned.ends_with(&expected.concat()), "{pinned}");
    // One that runs elsewhere is not what was asked for, and one without a platform is judged as what was.
    let said = pull(&sandbox, &["--platform", "linux/amd64"]).exits(3).says("compose.yaml:3");
    said.says("runs")
        .says("on linux/arm64/v8, and --platform asks for linux/amd64")
        .says("help: leave --platform out");
    sandbox.write(
        "compose.yaml",
        compose(&format!("  c: {{image: '{host}/acme/multi:1', platform: linux/s390x}}\n")),
    );
    pull(&sandbox, &[]).exits(1).says("2 verified, 1 failed").says("unsigned");
    sandbox.write(
        "compose.yaml",
        format!("services:\n  a: {{image: '{host}/acme/multi:1', platform: '${{P}}'}}\n"),
    );
    pull(&sandbox, &["--platform", "linux/amd64"]).exits(1).says("is not known: `${P}`");
    sandbox.write("compose.yaml", format!("services:\n  a: {{image: '{host}/acme/multi:1'}}\n"));
    pull(&sandbox, &["--platform", "linux/arm64"]).exits(0).says("1 verified");
    pull(&sandbox, &[]).exits(1).says("unsigned");
}

/// Compose takes more than the file that it is started beside.
#[test]
fn what_compose_merges_by_itself_is_told() {
    let (registry, sandbox, _) = setting();
    sandbox.write("compose.yaml", format!("services:\n  a: {{image: '{}/acme/web:1'}}\n", registry.host()));
    pull(&sandbox, &[]).exits(0);
    sandbox.write("compose.override.yml", "services: {a: {image: 'evil.example/x:1'}}\n");
    pull(&sandbox, &[]).exits(3).says("docker compose up merges compose.override.yml too");
    // Started with both files by name, it is not read.
    pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(0);
    // One of ours names what was verified.
    sandbox.write("compose.override.yml", sandbox.read("pinned.yaml"));
    pull(&sandbox, &[]).exits(0);
    fs::remove_file(sandbox.path("compose.override.yml")).unwrap();
    sandbox.write(".env", "COMPOSE_FILE=other.yaml\n");
    pull(&sandbox, &[]).exits(3).says("COMPOSE_FILE in .env says which files");
}

/// An override does not name what is built, so that its name is asked of the registry again.
#[test]
fn what_is_built_and_pulled_again_is_told() {
    let (registry, sandbox, _) = setting();
    let host = registry.host();
    sandbox.write(
        "compose.yaml",
        format!(
            "services:\n  a: {{image: '{host}/acme/web:1', build: ., pull_policy: always}}\n  b: {{image: '{host}/acme/web:1', pull_policy: always}}\n"
        ),
    );
    for arguments in [&[][..], &["--write-override", "pinned.yaml"]] {
        let said = pull(&sandbox, arguments).exits(1).says("image-pulled-again").says("of the service `a`");
        said.says("pull_policy: build").says("built and not pulled: a");
    }
    sandbox.write(
        "compose.yaml",
        format!("services:\n  b: {{image: '{host}/acme/web:1', pull_policy: always}}\n"),
    );
    pull(&sandbox, &["--write-override", "pinned.yaml"]).exits(0);
}
