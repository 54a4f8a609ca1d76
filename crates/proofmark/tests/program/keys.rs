//! Keys and roots that a policy cannot rest on, and times at which nothing can.

use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Registry, Route};
use proofmark_testkit::sigstore::{
    CaOptions, KeyType, SignRequest, SigningKey, TsaOptions, Window, World, WorldOptions,
};

use crate::support::{SIGNED_BY_RELEASE, Sandbox};

const POLICY: &str =
    "version = 1\n[signers.k]\nkey = \"k.pub\"\n[[image]]\nmatch = \"ghcr.io/a/b\"\nsigned-by = [\"k\"]\n";

/// A good key, of a curve that Sigstore does not use.
const P521: &str = "-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBwbqOO3We8IKJsbz2fn7GRFliX/Qv
gZyrSqQT1CRsdtbymlWx0Ya7RuQtHhNefc750MdC+ydW1jWINF0JoD4CSdgBoFKJ
0Cc7W4Vd9qrlIpdW4VJM9YozcQ1VLHZBrLas0+Ig/mGo8OX9gpu/RHvqYbH3Wu/P
V8KNjBX+UMY9Not6sYQ=
-----END PUBLIC KEY-----
";

#[test]
fn keys_that_are_weak_or_foreign() {
    let sandbox = Sandbox::with_policy(POLICY);
    let weak = SigningKey::from_seed(KeyType::Rsa1024, "").public_pem();
    for (key, says) in [(weak.as_str(), "1024"), (P521, "P-521")] {
        sandbox.write("trust-roots/k.pub", key);
        let run = sandbox.verify(["ghcr.io/a/b:1"]).fails_with(2, "policy-invalid");
        run.says("unusable-key").says(says).says("proofmark.toml:3");
        let run = sandbox.verify(["--key", "trust-roots/k.pub", "ghcr.io/a/b:1"]);
        run.fails_with(2, "policy-invalid").says("unusable-key").says(says);
    }
}

/// Whoever puts a private key there has given it away; it is not printed.
#[test]
fn a_private_key_is_told_as_one_and_never_shown() {
    let sandbox = Sandbox::with_policy(POLICY);
    let secret = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    sandbox.write(
        "trust-roots/k.pub",
        format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n"),
    );
    let run = sandbox.verify(["ghcr.io/a/b:1"]).fails_with(2, "policy-invalid").says("private key");
    assert!(!run.stderr.contains(&secret[..20]), "{}", run.transcript());
}

/// The world whose windows ended before the day of evaluation.
fn ended() -> World {
    let end = || Window::until("2025-12-31T00:00:00Z".parse().unwrap());
    World::new(WorldOptions {
        authorities: vec![CaOptions { valid_for: end(), ..CaOptions::default() }],
        timestamp_authorities: vec![TsaOptions { valid_for: end(), ..TsaOptions::default() }],
        ..WorldOptions::default()
    })
}

fn release_registry(world: &World, at: Option<&str>) -> (Registry, Sandbox, String) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    let request = SignRequest::image(&image.digest);
    let request = match at {
        Some(at) => request.at(at.parse().unwrap()),
        None => request,
    };
    registry.attach_bundle("acme/agent", &image, &world.sign(&request));
    let sandbox = Sandbox::for_registry(world, &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    (registry, sandbox, reference)
}

/// A window that ended says nothing against what was signed within it, and everything against what came later.
#[test]
fn a_root_whose_windows_ended() {
    let world = ended();
    let (_within, sandbox, reference) = release_registry(&world, None);
    // Every run says that the root has ended, and judges all the same.
    sandbox.verify(["--fail-on", "never", &reference]).exits(0).says("policy-root-expired");
    let lint = ["policy", "lint", "--now", crate::support::NOW];
    sandbox.program(lint).run().exits(1).says("policy-root-expired");
    let (_later, sandbox, reference) = release_registry(&world, Some("2026-02-01T00:00:00Z"));
    let run = sandbox.verify([reference.as_str()]).exits(1);
    run.says("      fix       ").says("0 verified, 1 failed");
}

/// A signature from the future of the evaluation is not believed; far in its future it still is.
#[test]
fn now_before_and_long_after_the_signature() {
    let world = World::new(WorldOptions::default());
    let (_registry, sandbox, reference) = release_registry(&world, None);
    let at = |now: &str| sandbox.program(["image", "verify", "--now", now, &reference]).run();
    at("2020-01-01T00:00:00Z").exits(1).says("      fix       ");
    at("2090-01-01T00:00:00Z").exits(0);
    for wrong in ["2026-11-24", "now", "", "1764000000"] {
        at(wrong).exits(2).says("RFC 3339");
    }
}

#[test]
fn a_registry_that_asks_to_wait_longer_than_the_image_has() {
    let world = World::new(WorldOptions::default());
    let (registry, sandbox, reference) = release_registry(&world, None);
    registry.fault(Fault::on(Route::Tags, Effect::RateLimited(3600)));
    sandbox.verify([reference.as_str()]).exits(3).says("429").says("      fix       ");
}

#[test]
fn the_same_reference_twice_is_one_question() {
    let world = World::new(WorldOptions::default());
    let (_registry, sandbox, reference) = release_registry(&world, None);
    sandbox.write("list", format!("{reference}\n{reference}\n"));
    sandbox.verify([&reference, &reference, "--from", "list"]).exits(0).says("1 verified, 0 failed");
}

/// A root that a hostile file stands for is an error of the policy, with its line.
#[test]
fn a_root_that_is_none() {
    let sandbox = Sandbox::with_policy(SIGNED_BY_RELEASE);
    sandbox.verify(["ghcr.io/a/b:1"]).fails_with(2, "policy-invalid").says("unknown-root");
    for text in ["", "{}", "[]", "{\"mediaType\": \"x\"}", "\u{1b}[2J"] {
        sandbox.write("trust-roots/world.json", text);
        let run = sandbox.verify(["ghcr.io/a/b:1"]).fails_with(2, "policy-invalid");
        run.says("unusable-root").says("proofmark.toml").escapes();
    }
}
