//! Options that name a file: errors name that file, and say what to give in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use proofmark_testkit::sigstore::{KeyType, SigningKey};

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("given/team.pub", SigningKey::from_seed(KeyType::P256, "team").public_pem());
    sandbox.write("given/README.md", "# no key, and no root\n");
    sandbox
}

#[test]
fn a_key_that_is_none_is_named_as_the_user_named_it() {
    let sandbox = sandbox();
    let run = sandbox.verify(["--key", "given/README.md", "ghcr.io/a/b:1"]);
    let run = run.fails_with(2, "policy-invalid").says("--> --key given/README.md");
    assert!(
        !run.stderr.contains("command line") && !run.stderr.contains("signer.pub\""),
        "{}",
        run.transcript()
    );
}

#[test]
fn a_private_key_has_a_public_half() {
    let sandbox = sandbox();
    sandbox.write("given/cosign.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    let run = sandbox.verify(["--key", "given/cosign.key", "ghcr.io/a/b:1"]).fails_with(2, "policy-invalid");
    run.says("help: cosign public-key --key given/cosign.key > signer.pub");
}

#[test]
fn roots_and_identities_are_named_too() {
    let sandbox = sandbox();
    let root = ["--key", "given/team.pub", "--trusted-root", "given/README.md", "ghcr.io/a/b:1"];
    let run = sandbox.verify(root).fails_with(2, "policy-invalid").says("--> --trusted-root given/README.md");
    assert!(!run.stderr.contains("command line"), "{}", run.transcript());
    let identity = ["--identity", "", "--issuer", "https://i.example", "ghcr.io/a/b:1"];
    let run = sandbox.verify(identity).fails_with(2, "policy-invalid").says("--identity");
    assert!(!run.stderr.contains("command line"), "{}", run.transcript());
}

#[test]
fn the_file_of_a_comparison_is_to_blame_and_not_the_root_in_use() {
    let sandbox = sandbox();
    let run = sandbox.program(["trust", "diff", "given/README.md"]).run().fails_with(2, "root-malformed");
    assert!(
        run.stderr.contains("given/README.md") && !run.stderr.contains("public-good"),
        "{}",
        run.transcript()
    );
}

/// Reports are collected by other users than the one who wrote them.
#[test]
fn a_report_is_readable_as_before() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let mode = || fs::metadata(sandbox.path("report.json")).unwrap().permissions().mode() & 0o777;
    let write = || {
        sandbox.verify(["--output", "json=report.json", "--offline", "postgres:16"]).exits(1);
    };
    write();
    sandbox.write("plain", "");
    assert_eq!(mode(), fs::metadata(sandbox.path("plain")).unwrap().permissions().mode() & 0o777);
    fs::set_permissions(sandbox.path("report.json"), fs::Permissions::from_mode(0o640)).unwrap();
    write();
    assert_eq!(mode(), 0o640);
}
