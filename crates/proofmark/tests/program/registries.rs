//! The program against registries on the loopback interface: every trouble has a reason, a next step and its exit code.

use std::io::Read as _;
use std::sync::OnceLock;

use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Pushed, Registry, Route};
use proofmark_testkit::sigstore::{Identity, SignRequest, World, WorldOptions};

use crate::support::Sandbox;

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A registry with one signed image, tagged `1`.
fn signed(behaviour: Behaviour) -> (Registry, Pushed) {
    let registry = Registry::start(behaviour).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
    (registry, image)
}

/// The exit code and the reason that the JSON report gives.
fn judged(registry: &Registry) -> (i32, String) {
    let sandbox = Sandbox::for_registry(world(), registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let run = sandbox.verify(["--format", "json", &reference]);
    let report = run.report();
    assert_eq!(report["summary"]["exit"], run.code, "{}", run.transcript());
    let result = &report["results"][0];
    if run.code != 0 {
        assert!(result["help"].as_str().is_some_and(|help| !help.is_empty()), "{}", run.transcript());
    }
    (run.code, result["reason"].as_str().unwrap_or("pass").to_owned())
}

#[test]
fn a_signed_image_passes_and_says_what_to_run() {
    let (registry, image) = signed(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let run = sandbox.verify(["--print", "pinned", &reference]).exits(0);
    assert_eq!(run.stdout, format!("{}/acme/agent@{}\n", registry.host(), image.digest));
}

#[test]
fn a_refused_image_is_not_printed_to_be_run() {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    let sandbox = Sandbox::for_registry(world(), &registry);
    let run = sandbox.verify(["--print", "pinned", &format!("{}/acme/agent:1", registry.host())]).exits(1);
    assert_eq!(run.stdout, "");
    run.says("unsigned");
}

#[test]
fn statuses_of_the_manifest() {
    for (status, exit, reason) in [
        (401, 3, "unauthorized"),
        (403, 3, "unauthorized"),
        (404, 3, "not-found"),
        (500, 3, "unreachable"),
        (503, 3, "unreachable"),
    ] {
        let (registry, _) = signed(Behaviour::plain());
        registry.fault(Fault::on(Route::Tags, Effect::Status(status)));
        assert_eq!(judged(&registry), (exit, reason.to_owned()), "{status}");
    }
}

#[test]
fn credentials_that_are_asked_for_and_not_there() {
    let (registry, _) = signed(Behaviour::ecr("AWS", "secret"));
    assert_eq!(judged(&registry), (3, "unauthorized".to_owned()));
}

#[test]
fn a_registry_that_is_down() {
    let (registry, _) = signed(Behaviour::plain());
    let host = registry.host();
    let sandbox = Sandbox::for_registry(world(), &registry);
    drop(registry);
    let run = sandbox.verify([format!("{host}/acme/agent:1").as_str()]).exits(3);
    run.says("unreachable").says("0 verified, 0 failed, 1 unverifiable, 0 allowed");
}

#[test]
fn a_name_that_does_not_resolve() {
    let sandbox = Sandbox::for_world(world(), &["registry.invalid".to_owned()]);
    sandbox.verify(["registry.invalid/acme/agent:1"]).exits(3).says("unreachable");
}

#[test]
fn plain_http_where_tls_is_meant() {
    let (registry, _) = signed(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let host = registry.host();
    sandbox.write(
        "allowlists/registries.toml",
        format!("[[registry]]\nhost = \"{host}\"\nplain-http = false\n"),
    );
    sandbox.verify([format!("{host}/acme/agent:1").as_str()]).exits(3).says("unreachable");
    assert!(registry.requests().is_empty(), "nothing was asked in the clear");
}

#[test]
fn one_wins_over_three() {
    let (registry, _) = signed(Behaviour::plain());
    let unsigned = registry.push_image("acme/agent", &ImageSpec::named("unsigned"));
    registry.tag("acme/agent", "2", &unsigned.digest);
    let sandbox = Sandbox::for_registry(world(), &registry);
    let name = |tag: &str| format!("{}/acme/agent:{tag}", registry.host());
    let [good, bad, absent] = [name("1"), name("2"), name("9")];
    sandbox.verify([good.as_str(), &absent]).exits(3);
    let all = sandbox.verify([good.as_str(), &bad, &absent, &good]).exits(1);
    all.says("1 verified, 1 failed, 1 unverifiable, 0 allowed");
}

/// NODE-03: what a certificate says is shown without the power to move a cursor.
#[test]
fn node_03_an_identity_with_escape_sequences() {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    let hostile = Identity::github("mallory/\u{1b}[2J\u{202e}agents", "release.yml", "refs/tags/v1");
    registry.attach_bundle(
        "acme/agent",
        &image,
        &world().sign(&SignRequest::image(&image.digest).keyless(hostile)),
    );
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    for format in ["plain", "json", "sarif", "github", "markdown", "junit"] {
        let run = sandbox.verify(["--format", format, "--explain", &reference]);
        assert_ne!(run.code, 0, "{format}");
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{format}: {}", run.transcript());
    }
}

/// A file of the cache that was changed is read again from the registry.
#[test]
fn a_corrupted_cache_is_a_miss() {
    let (registry, _) = signed(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    sandbox.verify([reference.as_str()]).exits(0);
    let files = sandbox.files("cache");
    assert!(!files.is_empty(), "nothing was kept");
    for file in &files {
        std::fs::write(file, b"changed").unwrap();
    }
    sandbox.verify([reference.as_str()]).exits(0);
}

#[test]
fn a_cache_that_cannot_be_used() {
    let (registry, _) = signed(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    sandbox.write("file", "not a directory");
    let place = sandbox.path("file").display().to_string();
    let reference = format!("{}/acme/agent:1", registry.host());
    let program = sandbox.program(["image", "verify", &reference]);
    program.variable("XDG_CACHE_HOME", &place).run().exits(0);
}

/// SIG-18: whoever reads the report goes away: never a success.
#[test]
fn sig_18_a_closed_pipe() {
    let (registry, _) = signed(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let mut child = sandbox.program(["image", "verify", &reference]).spawn();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{said}");
    assert!(said.starts_with("error[report-not-written]: "), "{said}");
}
