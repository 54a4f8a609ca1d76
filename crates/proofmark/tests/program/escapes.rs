//! Nothing that was typed, found or fetched reaches a terminal or a build log with its power (design 2.3).

use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{World, WorldOptions};

use crate::support::{Run, Sandbox};

const HOSTILE: &str = "gh\u{1b}[31mcr.io/a/b";

/// Neither stream holds a character that acts, nor a line that a build log obeys.
#[track_caller]
fn inert(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let acts = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{feff}\u{200b}".contains(c);
        assert!(!text.contains(acts), "{text:?}");
        assert!(!text.contains("##["), "{text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::error")), "{text:?}");
    }
}

/// NODE-03: a reference, and why it is none.
#[test]
fn node_03_references() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write("list", "\u{feff}postgres:16\nx\u{9b}y/z:1\n##[add-path]/x\n");
    for arguments in [&[HOSTILE][..], &["--from", "list"], &["--as", HOSTILE, "oci:dir"]] {
        inert(&sandbox.verify(arguments.iter().copied()).fails_with(2, "reference-malformed"));
    }
    inert(&sandbox.program(["image", "tree", HOSTILE]).run().fails_with(2, "reference-malformed"));
}

/// NODE-03: what the option parser quotes.
#[test]
fn node_03_options() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["--\u{1b}[2Jbogus"][..],
        &["--bogus=\n::error::x"],
        &["--format", "\u{1b}[2J\n\n::error::x"],
        &["--output", "\u{9b}x=\u{202e}"],
        &["--fail-on", "\u{1b}]0;x\u{7}"],
        &["--now", "##[add-path]x"],
    ] {
        inert(&sandbox.verify(arguments.iter().copied()).fails_with(2, "usage"));
    }
    inert(&sandbox.program(["ima\u{1b}[2Jge"]).run().fails_with(2, "usage"));
}

/// All that is missing is told at once, in the shape of every other error, in colour only where that is asked for.
#[test]
fn options_that_are_missing() {
    let sandbox = Sandbox::new();
    let lacking = ["image", "verify", "--issuer", "x", "--transparency", "optional", "a"];
    let run = sandbox.program(lacking).run().fails_with(2, "usage");
    run.says("--identity <IDENTITY>").says("--key <FILE>").says("help: proofmark image verify --help\n");
    let colored = sandbox.program(["--color", "always", "--bogus"]).run().exits(2);
    assert!(colored.stderr.starts_with("\u{1b}[1m\u{1b}[31merror[usage]:\u{1b}[0m "), "{}", colored.stderr);
    let failed = sandbox.program(["--color=always", "explain", "nothing-of-this-name"]).run().exits(2);
    assert!(failed.stderr.starts_with("\u{1b}[1m"), "{}", failed.stderr);
    let never = sandbox.program(["--color", "never", "--bogus"]).variable("CLICOLOR_FORCE", "1").run();
    inert(&never.fails_with(2, "usage"));
}

/// NODE-03: a directory that was cloned, or unpacked.
#[test]
fn node_03_names_of_directories() {
    let sandbox = Sandbox::new();
    let name = "po\u{1b}[2J\u{202e}licy";
    sandbox.write(&format!("{name}/proofmark.toml"), "version = 1\n");
    inert(&sandbox.program(["policy", "trust", "--policy", name]).run().exits(0).says("accepted "));
}

/// NODE-03: the type of an attached manifest, which is whatever a stranger wrote.
#[test]
fn node_03_what_is_attached() {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    let kind = "application/x\u{9b}2J\u{202e}\u{7f}##[add-path]";
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": kind,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json", "size": 2,
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        },
        "layers": [],
        "subject": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": image.digest.to_string(), "size": image.size,
        },
    });
    registry.push_document("acme/agent", "application/vnd.oci.image.manifest.v1+json", &manifest);
    let sandbox = Sandbox::for_registry(&World::new(WorldOptions::default()), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let plain = sandbox.program(["image", "tree", &reference]).run();
    inert(&plain);
    let json = sandbox.program(["image", "tree", "--json", &reference]).run();
    inert(&json);
    assert!(json.report()["attachments"].to_string().contains("add-path"), "{}", json.transcript());
}
