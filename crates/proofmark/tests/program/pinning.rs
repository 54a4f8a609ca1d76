//! `image pin`: what is written, what is left, and that nothing else changes.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::OnceLock;

use proofmark_testkit::registry::{Behaviour, ImageSpec, Pushed, Registry};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::support::{NOW, Run, Sandbox};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A registry with a signed image `acme/agent:1` and an unsigned one `acme/stray:1`.
fn registry() -> (Registry, Pushed, Pushed) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
    let stray = registry.push_image("acme/stray", &ImageSpec::named("stray"));
    registry.tag("acme/stray", "1", &stray.digest);
    (registry, image, stray)
}

fn pin<'a>(sandbox: &'a Sandbox, arguments: &[&'a str]) -> Run {
    sandbox.program(["image", "pin", "--now", NOW].into_iter().chain(arguments.iter().copied())).run()
}

#[test]
fn digests_are_written_and_nothing_else() {
    let (registry, image, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let (host, digest) = (registry.host(), image.digest.to_string());
    let dockerfile =
        |to: &str| format!("# Ünïcode\r\nARG BASE={host}/acme/agent:1{to}\r\nFROM ${{BASE}} AS a \r\nFROM a");
    let compose =
        |to: &str| format!("services:\n  a: {{image: '{host}/acme/agent:1{to}', x: [1,2 ]}} # why\n");
    sandbox.write("Dockerfile", dockerfile(""));
    sandbox.write("deploy/compose.yaml", compose(""));
    fs::set_permissions(sandbox.path("Dockerfile"), fs::Permissions::from_mode(0o640)).unwrap();
    pin(&sandbox, &["--check", "."]).exits(1).says("2 references to pin, 0 left, 0 errors");
    let shown = pin(&sandbox, &["--dry-run", "."]).exits(0);
    let shown = shown.says("--- a/Dockerfile\n+++ b/Dockerfile\n@@ -2,1 +2,1 @@\n-ARG BASE=");
    shown.says("2 references in 2 files would be pinned, 0 left, 0 errors");
    assert_eq!(sandbox.read("Dockerfile"), dockerfile(""), "shown, not done");
    let by_tag = || registry.requests().iter().filter(|asked| asked.path.ends_with("/manifests/1")).count();
    let before = by_tag();
    pin(&sandbox, &["."]).exits(0).says("2 references in 2 files pinned, 0 left, 0 errors");
    assert_eq!(sandbox.read("Dockerfile"), dockerfile(&format!("@{digest}")));
    assert_eq!(sandbox.read("deploy/compose.yaml"), compose(&format!("@{digest}")));
    let mode = fs::metadata(sandbox.path("Dockerfile")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    assert_eq!(by_tag() - before, 1, "each tag is resolved once");
    pin(&sandbox, &["--check", "."]).exits(0).says("0 references to pin");
    pin(&sandbox, &["."]).exits(0).says("0 references in 0 files pinned");
    sandbox.program(["check", "--now", NOW]).run().exits(0);
}

#[test]
fn what_the_policy_refuses_is_not_pinned() {
    let (registry, image, stray) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let host = registry.host();
    sandbox.write("Dockerfile", format!("FROM {host}/acme/agent:1\nFROM {host}/acme/stray:1\n"));
    pin(&sandbox, &["."])
        .exits(1)
        .says("acme/stray:1 is left: the policy refuses it: image-signature: unsigned")
        .says("1 reference in 1 file pinned, 1 left, 0 errors");
    let half = format!("FROM {host}/acme/agent:1@{}\nFROM {host}/acme/stray:1\n", image.digest);
    assert_eq!(sandbox.read("Dockerfile"), half);
    pin(&sandbox, &["--no-verify", "Dockerfile"]).exits(0);
    assert!(sandbox.read("Dockerfile").ends_with(&format!("acme/stray:1@{}\n", stray.digest)));
}

#[test]
fn without_a_policy_nothing_is_verified_and_that_is_said() {
    let (registry, _, stray) = registry();
    let sandbox = Sandbox::new();
    let line = format!("FROM {}/acme/stray:1\n", registry.host());
    sandbox.write("Dockerfile", &line);
    pin(&sandbox, &["."]).exits(0).says("note: there is no policy");
    assert_eq!(sandbox.read("Dockerfile"), format!("{}@{}\n", line.trim_end(), stray.digest));
    sandbox.write("Dockerfile", &line);
    pin(&sandbox, &["--policy", "gone", "."]).fails_with(2, "policy-not-found");
    pin(&sandbox, &["--offline", "--no-cache", "."]).exits(3).says("is left: offline");
    assert_eq!(sandbox.read("Dockerfile"), line);
}

#[test]
fn an_update_follows_the_tag_and_an_allow_stays() {
    let (registry, image, _) = registry();
    let newer = registry.push_image("acme/agent", &ImageSpec::named("newer"));
    registry.tag("acme/agent", "1", &newer.digest);
    let sandbox = Sandbox::new();
    let host = registry.host();
    let old = format!("FROM {host}/acme/agent:1@{}\n", image.digest);
    let allowed = format!(
        "# proofmark: allow[image-unpinned] until=2026-12-01 because \"x\"\nFROM {host}/acme/agent:1\n"
    );
    sandbox.write("Dockerfile", format!("{old}{allowed}"));
    pin(&sandbox, &["."]).exits(0).says("0 references in 0 files pinned");
    pin(&sandbox, &["--check", "."]).exits(0);
    pin(&sandbox, &["--update", "."]).exits(0).says("1 reference in 1 file pinned");
    let new = format!("FROM {host}/acme/agent:1@{}\n", newer.digest);
    assert_eq!(sandbox.read("Dockerfile"), format!("{new}{allowed}"));
    pin(&sandbox, &["--update", "."]).exits(0).says("0 references in 0 files pinned");
}

#[test]
fn what_cannot_be_rewritten_or_read_is_left_whole() {
    let (registry, image, _) = registry();
    let sandbox = Sandbox::new();
    let host = registry.host();
    let composed = format!("ARG V=1\nFROM {host}/acme/agent:$V\nFROM {host}/acme/agent:1\n");
    sandbox.write("a/Dockerfile", &composed);
    sandbox.write("b.yaml", "apiVersion: v1\nkind: Pod\nx: \"unclosed\n");
    pin(&sandbox, &["."])
        .exits(1)
        .says("is left: it is not rewritten: it is put together from several texts")
        .says("b.yaml:3:4 error[file-not-parsed]");
    let expected = format!("ARG V=1\nFROM {host}/acme/agent:$V\nFROM {host}/acme/agent:1@{}\n", image.digest);
    assert_eq!(sandbox.read("a/Dockerfile"), expected);
    pin(&sandbox, &["b.yaml"]).exits(3);
    // A text that does not name the image by itself stands beside the image.
    let named = format!("a/Dockerfile:2:6 {host}/acme/agent:$V ({host}/acme/agent:1) is left: ");
    pin(&sandbox, &["a"]).exits(1).says(&named);
    pin(&sandbox, &["gone"]).fails_with(2, "path-unreadable");
    pin(&sandbox, &[]).exits(2).says("error[usage]");
}

/// A link in the tree stays a link; the file that it leads to is changed, once.
#[test]
fn links_stay_links() {
    let (registry, image, _) = registry();
    let sandbox = Sandbox::new();
    let line = format!("FROM {}/acme/agent:1", registry.host());
    sandbox.write("real/Dockerfile", format!("{line}\n"));
    symlink("real/Dockerfile", sandbox.path("Dockerfile")).unwrap();
    pin(&sandbox, &["."]).exits(0).says("1 reference in 1 file pinned");
    assert!(fs::symlink_metadata(sandbox.path("Dockerfile")).unwrap().is_symlink());
    assert_eq!(sandbox.read("real/Dockerfile"), format!("{line}@{}\n", image.digest));
}

/// What one policy judges is not pinned by another, or by none.
#[test]
fn paths_of_different_policies_are_refused() {
    let (registry, image, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let host = registry.host();
    for file in ["a/Dockerfile", "b/Dockerfile", "c/Dockerfile"] {
        sandbox.write(file, format!("FROM {host}/acme/agent:1\n"));
    }
    // A tree of its own, where nothing upward is looked for.
    fs::create_dir(sandbox.path("a/.git")).unwrap();
    for paths in [["a", "b"], ["b", "a"], ["b/Dockerfile", "a/Dockerfile"]] {
        pin(&sandbox, &paths).fails_with(2, "policies-differ");
        assert!(!sandbox.read("a/Dockerfile").contains('@') && !sandbox.read("b/Dockerfile").contains('@'));
    }
    pin(&sandbox, &["b", "c", "b/Dockerfile"]).exits(0);
    assert!(sandbox.read("b/Dockerfile").contains(&image.digest.to_string()));
}

/// A file that another names as its Dockerfile is one, whatever it is called.
#[test]
fn a_dockerfile_by_another_name_is_pinned() {
    let (registry, image, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    sandbox.write("x/build.txt", format!("FROM {}/acme/agent:1\n", registry.host()));
    sandbox.write("compose.yaml", "services: {a: {build: {context: x, dockerfile: build.txt}}}\n");
    pin(&sandbox, &["."]).exits(0).says("1 reference in 1 file pinned");
    assert!(sandbox.read("x/build.txt").contains(&image.digest.to_string()));
}

/// An entry that cannot be written keeps no other from it, and is told with its place and what to write.
#[test]
fn entries_of_a_kustomization_however_they_are_written() {
    let (registry, image, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let (name, digest) = (format!("{}/acme/agent", registry.host()), image.digest.to_string());
    let text = |insert: &dyn Fn(&str) -> String| {
        format!(
            "images:\n- name: '{name}'\n  {}newTag: '1'\n- {{name: '{name}',\n   {}newTag: '1'}}\n- name: '{name}'\n  ? newTag\n  : \
             '1'\n",
            insert("\n  "),
            insert(", ")
        )
    };
    sandbox.write("kustomization.yaml", text(&|_| String::new()));
    let run = pin(&sandbox, &["."]).exits(1).says("2 references in 1 file pinned, 1 left, 0 errors");
    run.says("kustomization.yaml:8:").says(&format!("write digest: {digest} beside its name"));
    assert_eq!(sandbox.read("kustomization.yaml"), text(&|after| format!("digest: {digest}{after}")));
}

#[test]
fn a_value_of_dotenv_is_left_and_the_rest_is_pinned() {
    let (registry, image, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let name = format!("{}/acme/agent", registry.host());
    let text = |to: &str| {
        format!("services:\n  a: {{image: '{name}:1{to}'}}\n  b: {{image: '{name}:${{TAG:-0}}'}}\n")
    };
    sandbox.write("compose.yaml", text(""));
    sandbox.write(".env", "TAG=1\n");
    let run = pin(&sandbox, &["."]).exits(1).says("1 reference in 1 file pinned, 1 left, 0 errors");
    run.says("is left: it is not rewritten: `TAG` has its value in .env");
    assert_eq!(sandbox.read("compose.yaml"), text(&format!("@{}", image.digest)));
    assert_eq!(sandbox.read(".env"), "TAG=1\n");
}
