//! The first ten minutes of a stranger: references as people write them, against an empty, a generous and a strict
//! policy. Whatever is refused says what to do next, and the words are kept to be read.

use insta::assert_snapshot;
use proofmark_testkit::sigstore::{KeyType, SigningKey};

use crate::support::{Run, Sandbox};

/// What can be read as a reference.
const WRITTEN: [&str; 8] = [
    "postgres:16",
    "ghcr.io/org/app",
    "localhost:5000/x",
    "ghcr.io/org/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ghcr.oi/org/app:v1",
    "docker.io/library/redis:7-alpine",
    "quay.io/org/app:latest",
    "registry.acme.example/agents/planner",
];

/// What cannot.
const MALFORMED: [&str; 7] = [
    "ghcr.io/Org/App",
    "https://ghcr.io/org/app",
    "app@sha256:12",
    "oci:images:1",
    "ghcr.io/org/app:",
    "ghcr.io/org/app:v1 ",
    "docker://ghcr.io/org/app:v1",
];

const GENEROUS: &str = r#"version = 1

[signers.me]
key = "me.pub"

[[image]]
match = "**"
signed-by = ["me"]
"#;

const STRICT: &str = r#"version = 1

[signers.me]
key = "me.pub"
transparency = "optional"

[[image]]
match = "ghcr.io/org/worker"
signed-by = ["me"]
repository = "bound"
"#;

fn with_key(policy: &str, hosts: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_policy(policy);
    sandbox.write("trust-roots/me.pub", SigningKey::from_seed(KeyType::P256, "me").public_pem());
    let rows: Vec<String> = hosts.iter().map(|host| format!("[[registry]]\nhost = \"{host}\"\n")).collect();
    sandbox.write("allowlists/registries.toml", rows.concat());
    sandbox
}

fn offline(sandbox: &Sandbox) -> Run {
    sandbox.verify(["--offline"].into_iter().chain(WRITTEN))
}

/// Every refusal of the plain report names one thing to do and one page.
#[track_caller]
fn every_refusal_helps(run: &Run) {
    for block in run
        .stdout
        .split("\n\n")
        .filter(|block| block.starts_with("FAIL") || block.starts_with("UNVERIFIABLE"))
    {
        for line in ["\n      reason    ", "\n      fix       ", "\n      see       proofmark explain "] {
            assert!(block.contains(line), "{line:?} is missing:\n{block}");
        }
    }
}

#[test]
fn without_a_policy() {
    assert_snapshot!(Sandbox::new().verify(["postgres:16"]).fails_with(2, "policy-not-found").transcript());
}

#[test]
fn with_an_empty_policy() {
    let run = offline(&Sandbox::with_policy("version = 1\n")).exits(1);
    every_refusal_helps(&run);
    assert_snapshot!(run.transcript());
}

#[test]
fn with_a_generous_policy() {
    let sandbox = with_key(GENEROUS, &["docker.io", "ghcr.io", "quay.io", "localhost:5000"]);
    let run = offline(&sandbox).exits(1);
    every_refusal_helps(&run);
    assert_snapshot!(run.transcript());
    let layout = sandbox.verify(["--offline", "oci:images:1", "--as", "ghcr.io/org/app"]).exits(3);
    every_refusal_helps(&layout);
    assert_snapshot!("with_a_layout_that_is_not_there", layout.transcript());
}

#[test]
fn with_a_strict_policy() {
    let run = offline(&with_key(STRICT, &["ghcr.io"])).exits(1);
    every_refusal_helps(&run);
    assert_snapshot!(run.transcript());
}

#[test]
fn with_references_that_are_none() {
    let run = Sandbox::with_policy("version = 1\n").verify(MALFORMED).fails_with(2, "reference-malformed");
    assert_snapshot!(run.transcript());
}

/// The same image under every name of Docker Hub is one image of one policy.
#[test]
fn docker_hub_has_one_name() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    for name in
        ["postgres", "library/postgres", "docker.io/postgres", "index.docker.io/library/postgres:latest"]
    {
        sandbox.verify(["--offline", name]).exits(1).says("observed  docker.io/library/postgres\n");
    }
}

/// What is told to be added is what makes the next run get further.
#[test]
fn following_the_advice_helps() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write("allowlists/registries.toml", "[[registry]]\nhost = \"docker.io\"\n");
    let next = sandbox.verify(["--offline", "postgres:16"]).exits(1);
    let next = next.says("no-policy").says("match = \"docker.io/library/postgres\"");
    every_refusal_helps(&next);
    let policy =
        "version = 1\n[[image]]\nmatch = \"docker.io/library/postgres\"\ndigests = \"images.toml\"\n";
    sandbox.write("proofmark.toml", policy);
    sandbox.write("allowlists/images.toml", "");
    every_refusal_helps(
        &sandbox.verify(["--offline", "postgres:16"]).exits(3).says("run it once without --offline"),
    );
}
