//! The first ten minutes of a stranger: references as people write them, against an empty, a generous and a strict
//! policy. Whatever is refused says what to do next, and the words are kept to be read.

use insta::assert_snapshot;
use proofmark_testkit::registry::{Auth, Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{KeyType, SigningKey};

use crate::support::{Run, Sandbox};

/// What can be read as a reference; the twelfth is the private one, whose port is another in each run.
const WRITTEN: [&str; 11] = [
    "postgres:16",
    "ghcr.io/org/app",
    "localhost:5000/x",
    "ghcr.io/org/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ghcr.oi/org/app:v1",
    "docker.io/library/redis:7-alpine",
    "quay.io/org/app:latest",
    "registry.acme.example/agents/planner",
    "nginx",
    "postgres:16@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "mcr.microsoft.com/dotnet/runtime:8.0",
];

/// A registry that answers 401 to whoever does not log in as `me` with `secret`.
struct Private {
    registry: Registry,
    reference: String,
}

impl Private {
    fn start() -> Self {
        let auth = Auth::anonymous("registry.team.test", "/token").user("me", "secret");
        let registry = Registry::start(Behaviour::plain().auth(auth)).unwrap();
        let image = registry.push_image("team/app", &ImageSpec::named("app"));
        registry.tag("team/app", "1", &image.digest);
        let reference = format!("{}/team/app:1", registry.host());
        Self { registry, reference }
    }

    /// As `docker login` writes it: user and password in base64.
    fn login(&self, sandbox: &Sandbox, auth: &str) {
        let config = serde_json::json!({ "auths": { self.registry.host(): { "auth": auth } } });
        sandbox.write("../home/.docker/config.json", config.to_string());
    }
}

/// `me:secret` and `me:wrong`.
const RIGHT: &str = "bWU6c2VjcmV0";
const WRONG: &str = "bWU6d3Jvbmc=";

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

/// The twelve, without the network.
fn offline(sandbox: &Sandbox, private: &Private) -> Run {
    sandbox.verify(["--offline"].into_iter().chain(WRITTEN).chain([private.reference.as_str()]))
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
        for line in ["\n      expected  ", "\n      observed  "] {
            assert!(!block.starts_with("FAIL") || block.contains(line), "{line:?} is missing:\n{block}");
        }
    }
}

#[test]
fn without_a_policy() {
    assert_snapshot!(Sandbox::new().verify(["postgres:16"]).fails_with(2, "policy-not-found").transcript());
}

#[test]
fn with_an_empty_policy() {
    let private = Private::start();
    let sandbox = Sandbox::with_policy("version = 1\n");
    let run = offline(&sandbox, &private).exits(1).says("12 failed");
    every_refusal_helps(&run);
    assert_snapshot!(run.transcript());
    // A registry that is not listed is not asked, logged in or not.
    private.login(&sandbox, RIGHT);
    sandbox.verify([private.reference.as_str()]).exits(1).says("registry-not-allowed");
    assert!(private.registry.requests().is_empty());
}

#[test]
fn with_a_generous_policy() {
    let private = Private::start();
    let host = private.registry.host();
    let hosts = ["docker.io", "ghcr.io", "quay.io", "localhost:5000", "mcr.microsoft.com", &host];
    let sandbox = with_key(GENEROUS, &hosts);
    let run = offline(&sandbox, &private).exits(1);
    every_refusal_helps(&run);
    assert_snapshot!(run.transcript());
    let layout = sandbox.verify(["--offline", "oci:images:1", "--as", "ghcr.io/org/app"]).exits(3);
    every_refusal_helps(&layout);
    assert_snapshot!("with_a_layout_that_is_not_there", layout.transcript());
}

#[test]
fn with_a_strict_policy() {
    let private = Private::start();
    let host = private.registry.host();
    let sandbox = with_key(STRICT, &["ghcr.io", &host]);
    let run = offline(&sandbox, &private).exits(1);
    every_refusal_helps(&run);
    assert_snapshot!(run.transcript());
    // An image that no entry is for is not asked for.
    private.login(&sandbox, RIGHT);
    sandbox.verify([private.reference.as_str()]).exits(1).says("no-policy");
    assert!(private.registry.requests().is_empty());
}

/// The private one, really asked for: not logged in, logged in wrongly, and logged in.
#[test]
fn with_a_private_registry() {
    let private = Private::start();
    let sandbox = with_key(GENEROUS, &[&private.registry.host()]);
    let ask = |name: &str, exit| {
        let run = sandbox.verify([private.reference.as_str()]).exits(exit);
        every_refusal_helps(&run);
        assert_snapshot!(name, run.transcript());
        run
    };
    ask("private_without_credentials", 3).says("image-content: unauthorized");
    private.login(&sandbox, WRONG);
    ask("private_with_wrong_credentials", 3).says("image-content: unauthorized");
    private.login(&sandbox, RIGHT);
    let run = ask("private_with_credentials", 1).says("image-signature: unsigned");
    assert!(!run.stdout.contains("secret") && !run.stdout.contains(RIGHT), "{}", run.transcript());
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
