//! `init`: a first policy that says what was seen, trusts nobody, and loads whether or not it is taken up.

use std::fs;
use std::sync::OnceLock;

use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Registry, Route};
use proofmark_testkit::sigstore::{Identity, KeyType, SignRequest, SigningKey, World, WorldOptions};

use crate::support::{NOW, Run, Sandbox, steady};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A repository that names an image signed by a workflow, one signed by a key, one signed by a stranger, and one signed by nobody.
fn repository() -> (Registry, Sandbox) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let key = SigningKey::from_seed(KeyType::P256, "platform");
    let stranger = World::new(WorldOptions::seeded("stranger"));
    for (name, by) in [("agent", 0), ("worker", 0), ("tool", 1), ("stray", 2), ("plain", 3)] {
        let path = format!("acme/{name}");
        let image = registry.push_image(&path, &ImageSpec::named(name));
        registry.tag(&path, "1", &image.digest);
        let request = SignRequest::image(&image.digest);
        let signed = match by {
            0 => world().sign(&request),
            1 => world().sign(&request.key(key.clone())),
            2 => stranger.sign(&request),
            _ => continue,
        };
        registry.attach_bundle(&path, &image, &signed);
    }
    let sandbox = Sandbox::new();
    let host = registry.host();
    sandbox.write("world.json", world().trusted_root_json());
    sandbox.write("cosign.pub", key.public_pem());
    sandbox.write("Dockerfile", format!("FROM {host}/acme/agent:1\nFROM {host}/acme/plain:1\n"));
    let service = |name: &str| format!("  {name}: {{image: '{host}/acme/{name}:1'}}\n");
    let services: String = ["worker", "tool", "stray", "agent"].map(service).concat();
    sandbox.write("compose.yaml", format!("services:\n{services}"));
    (registry, sandbox)
}

fn init<'a>(sandbox: &'a Sandbox, arguments: &[&'a str]) -> Run {
    let root = ["init", "--now", NOW, "--trusted-root", "world.json"];
    sandbox.program(root.into_iter().chain(arguments.iter().copied())).run()
}

/// Without the `#` of every line that has no space after it.
fn taken_up(policy: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(taken) if !taken.is_empty() && !taken.starts_with(' ') => taken.to_owned(),
        _ => line.to_owned(),
    };
    policy.lines().map(line).collect::<Vec<String>>().join("\n")
}

#[test]
fn what_is_seen_is_written_and_nobody_is_trusted() {
    let (_registry, sandbox) = repository();
    let run = init(&sandbox, &[]).exits(0).says("5 images: 3 signed by somebody who is known here");
    let mut shown = run.transcript();
    for file in ["proofmark.toml", "allowlists/registries.toml"] {
        shown = format!("{shown}--- {file}\n{}", sandbox.read(file));
    }
    insta::assert_snapshot!("first_policy", steady(&shown, &sandbox.dir().display().to_string()));
    let check = || sandbox.program(["check", "--now", NOW, "--fail-on", "never"]).run();
    check().exits(1).says("0 verified, 5 failed").says("no-policy");
    // Whoever takes all of it up gets what it says: those who signed pass, and the others are refused.
    sandbox.write("proofmark.toml", taken_up(&sandbox.read("proofmark.toml")));
    sandbox.write("allowlists/images.toml", "# Nothing was reviewed.\n");
    check().exits(1).says("3 verified, 2 failed");
    sandbox.program(["policy", "lint", "--now", NOW, "--fail-on", "high"]).run().exits(0);
}

/// A repository from elsewhere must not choose where a policy is written.
#[test]
fn a_directory_that_is_a_link_is_not_followed() {
    let (_registry, sandbox) = repository();
    let elsewhere = sandbox.dir().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, sandbox.path("allowlists")).unwrap();
    init(&sandbox, &[]).fails_with(2, "policy-exists").says("allowlists is a link");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    assert!(!sandbox.path("proofmark.toml").exists());
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let (_registry, sandbox) = repository();
    let before = sandbox.files("work");
    let shown = init(&sandbox, &["--dry-run"]).exits(0).says("--- proofmark.toml\n").says("version = 1\n");
    assert!(!shown.stdout.contains("wrote"), "{}", shown.transcript());
    assert_eq!(sandbox.files("work"), before, "shown, not done");
    for there in ["proofmark.toml", "allowlists/registries.toml"] {
        sandbox.write(there, "mine");
        init(&sandbox, &[]).fails_with(2, "policy-exists").says(there);
        assert_eq!(sandbox.read(there), "mine");
        fs::remove_file(sandbox.path(there)).unwrap();
    }
    // A key of the same name is another key: the policy would name the wrong one.
    sandbox.write("trust-roots/cosign.pub", "other");
    init(&sandbox, &[]).fails_with(2, "policy-exists").says("trust-roots/cosign.pub");
    assert_eq!(sandbox.read("trust-roots/cosign.pub"), "other");
    assert!(["proofmark.toml", "allowlists/registries.toml"].iter().all(|file| !sandbox.path(file).exists()));
    // What a run left that did not come to its end is no other's.
    fs::remove_file(sandbox.path("trust-roots/cosign.pub")).unwrap();
    sandbox.write("other.pub", SigningKey::from_seed(KeyType::P256, "another").public_pem());
    init(&sandbox, &[]).exits(0);
    assert!(!sandbox.path("trust-roots/other.pub").exists(), "a key that signed nothing stays where it is");
    fs::remove_file(sandbox.path("proofmark.toml")).unwrap();
    let again = init(&sandbox, &[]).exits(0);
    assert!(!again.stdout.contains("wrote allowlists"), "{}", again.transcript());
}

#[test]
fn what_cannot_be_read_is_told_and_not_called_unsigned() {
    let (registry, sandbox) = repository();
    registry.fault(Fault::on(Route::Referrers, Effect::Status(500)));
    let run = init(&sandbox, &[]).exits(3).says("5 could not be read").says("not read: 127.0.0.1:");
    let policy = sandbox.read("proofmark.toml");
    assert!(
        !policy.contains("#[[image]]") && policy.contains("# Once it can be read"),
        "{}",
        run.transcript()
    );
    fs::remove_file(sandbox.path("proofmark.toml")).unwrap();
    fs::remove_file(sandbox.path("allowlists/registries.toml")).unwrap();
    init(&sandbox, &["--offline", "--no-cache"]).exits(3).says("offline");
}

#[test]
fn a_repository_without_images_has_nothing_to_write_for() {
    let sandbox = Sandbox::new();
    sandbox.program(["init"]).run().exits(4).says("no file names an image");
    sandbox.write("Dockerfile", [0xff, 0xfe, b'\n']);
    sandbox.program(["init"]).run().exits(3).says("not read: ");
    sandbox.program(["init", "gone"]).run().fails_with(2, "path-unreadable");
    sandbox.program(["init", "Dockerfile"]).run().fails_with(2, "path-unreadable");
    sandbox.program(["init", "--key", "Dockerfile"]).run().fails_with(2, "file-unreadable");
    sandbox.program(["init", "--trusted-root", "Dockerfile"]).run().fails_with(2, "root-malformed");
    assert_eq!(sandbox.files("work").len(), 1, "nothing was written");
}

/// Whoever can have a certificate issued can have any name in it: it stays one line of a comment, and one string.
#[test]
fn a_name_from_outside_stays_where_it_is_put() {
    let (registry, sandbox) = repository();
    let image = registry.push_image("acme/evil", &ImageSpec::named("evil"));
    registry.tag("acme/evil", "1", &image.digest);
    let hostile = "a\"\n[[image]]\nmatch = \"**\"@x.example";
    let request =
        SignRequest::image(&image.digest).keyless(Identity::email(hostile, "https://i.example/\n#\u{202e}"));
    registry.attach_bundle("acme/evil", &image, &world().sign(&request));
    sandbox.write("Dockerfile", format!("FROM {}/acme/evil:1\n", registry.host()));
    fs::remove_file(sandbox.path("compose.yaml")).unwrap();
    init(&sandbox, &[]).exits(0).escapes();
    let policy = sandbox.read("proofmark.toml");
    let plain = policy.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(plain.collect::<Vec<_>>(), ["version = 1"], "{policy}");
    assert!(
        policy.contains("\\u{202e}") && policy.contains("\\U0000202E") && !policy.contains('\u{202e}'),
        "{policy}"
    );
    sandbox.write("proofmark.toml", taken_up(&policy));
    let check = ["check", "--now", NOW, "--fail-on", "never"];
    // No identity has a line feed, so no entry accepts one.
    sandbox.program(check).run().exits(1).says("0 verified, 1 failed");
}
