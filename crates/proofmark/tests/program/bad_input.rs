//! Wrong input: an error code, a next step, exit 2, and nothing on standard output.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{SIGNED_BY_RELEASE, Sandbox};

const EMPTY: &str = "version = 1\n";

#[test]
fn no_policy() {
    Sandbox::new().verify(["postgres:16"]).fails_with(2, "policy-not-found");
    // Who checks a repository is told how a first policy comes about; who named one is told that it is not there.
    let check = |arguments: &[&str]| {
        let arguments = ["check"].iter().chain(arguments).copied();
        Sandbox::new().program(arguments).run().fails_with(2, "policy-not-found")
    };
    check(&[]).says("\nhelp: write a first one: proofmark init, or name one with --policy\n");
    let named = check(&["--policy", "gone"]).says("\nhelp: name a policy file");
    assert!(!named.stderr.contains("proofmark init"), "{}", named.transcript());
}

#[test]
fn a_policy_that_is_wrong_in_many_places_tells_all_of_them() {
    let sandbox = Sandbox::with_policy(
        "version = 1\nimages = []\n[signers.x]\nissuer = \"https://i\"\nidentiti = \"y\"\n",
    );
    let run = sandbox.verify(["postgres:16"]).fails_with(2, "policy-invalid");
    run.says("images").says("identiti").says("proofmark.toml:2");
}

#[test]
fn a_policy_that_everyone_may_change() {
    let sandbox = Sandbox::with_policy(EMPTY);
    let file = sandbox.path("proofmark.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    sandbox.verify(["postgres:16"]).fails_with(2, "policy-invalid").says("world-writable");
}

#[test]
fn key_files() {
    let policy = "version = 1\n[signers.k]\nkey = \"k.pub\"\n[[image]]\nmatch = \"ghcr.io/a/b\"\nsigned-by = [\"k\"]\n";
    let sandbox = Sandbox::with_policy(policy);
    sandbox.verify(["ghcr.io/a/b:1"]).fails_with(2, "policy-invalid").says("k.pub");
    for text in
        ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN PRIVATE KEY-----\n"]
    {
        sandbox.write("trust-roots/k.pub", text);
        sandbox.verify(["ghcr.io/a/b:1"]).fails_with(2, "policy-invalid").says("k.pub");
    }
    sandbox.verify(["--key", "absent.pub", "ghcr.io/a/b:1"]).fails_with(2, "file-unreadable");
}

#[test]
fn every_malformed_reference_is_named() {
    let sandbox = Sandbox::with_policy(EMPTY);
    let run =
        sandbox.verify(["https://ghcr.io/org/app", "ghcr.io/Org/App", "app@sha256:12", "ghcr.io/org/app:v1"]);
    let run = run.fails_with(2, "reference-malformed").says("3 of the references");
    run.says("without `https://`").says("lower case").says("digest");
}

#[test]
fn a_base_or_attestation_is_never_ignored() {
    for (more, said) in [
        ("base = \"alpine\"\n", "has no meaning for image.base"),
        ("[image.attestation.vulnerabilities]\nfail-at = \"high\"\n", "does not say who must have signed it"),
        ("[image.attestation.scans]\nsigned-by = [\"release\"]\n", "`scans`"),
    ] {
        let sandbox = Sandbox::with_policy(&format!("{SIGNED_BY_RELEASE}{more}"));
        sandbox.write("trust-roots/world.json", "{}");
        sandbox.verify(["ghcr.io/a/b:1"]).fails_with(2, "policy-invalid").says(said);
    }
}

#[test]
fn nothing_to_check_is_exit_4() {
    let sandbox = Sandbox::with_policy(EMPTY);
    sandbox.verify([]).exits(4).says("0 verified, 0 failed, 0 unverifiable, 0 allowed");
    sandbox.write("list", "# nothing\n\n");
    sandbox.verify(["--from", "list"]).exits(4);
}

#[test]
fn options_that_make_no_sense() {
    let sandbox = Sandbox::with_policy(EMPTY);
    for (options, part) in [
        (&["--format", "xml"][..], "no format `xml`"),
        (&["--output", "json"], "FORMAT=PATH"),
        (&["--platform", "linux"], "os/arch"),
        (&["--identity", "x"], "--issuer"),
        (&["--now", "yesterday"], "RFC 3339"),
        (&["--bogus"], "--bogus"),
    ] {
        let run = sandbox
            .program(["image", "verify", "postgres:16"].into_iter().chain(options.iter().copied()))
            .run();
        run.exits(2).says(part);
    }
}

/// A report that cannot be written is never a success, and leaves nothing behind: 1 where something failed, else 3.
#[test]
fn a_report_that_cannot_be_written() {
    let sandbox = Sandbox::with_policy(EMPTY);
    let unwritten = ["--output", "json=absent/report.json", "--offline", "postgres:16"];
    sandbox.verify(unwritten).exits(1).says("error[report-not-written]").says("0 verified, 1 failed");
    sandbox.write("allowlists/registries.toml", "[[registry]]\nhost = \"docker.io\"\n");
    let policy = "version = 1\n[[image]]\nmatch = \"**\"\ndigests = \"images.toml\"\n";
    sandbox.write("proofmark.toml", policy);
    sandbox.write("allowlists/images.toml", "");
    sandbox.verify(unwritten).exits(3).says("error[report-not-written]").says("1 unverifiable");
    assert!(!sandbox.path("absent").exists());
}

#[test]
fn the_exit_does_not_depend_on_the_format() {
    let sandbox = Sandbox::with_policy(EMPTY);
    for format in ["plain", "json", "sarif", "github", "markdown", "junit"] {
        sandbox.verify(["--offline", "--format", format, "postgres:16"]).exits(1);
    }
}

/// The options of a policy of one entry are printed as a policy to keep.
#[test]
fn options_become_a_policy_to_keep() {
    let sandbox = Sandbox::new();
    let run = sandbox.verify([
        "--offline",
        "--identity",
        "ci@acme.example",
        "--issuer",
        "https://i.example",
        "ghcr.io/a/b:1",
    ]);
    let run = run.exits(3).says("issuer = \"https://i.example\"").says("match = \"ghcr.io/a/b\"");
    assert!(run.stdout.contains("offline"), "{}", run.transcript());
}
