//! What a run says beside its verdicts: a weak policy, exceptions, and what may be run under them.

use proofmark_testkit::registry::{Behaviour, ImageSpec, Pushed, Registry};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::support::Sandbox;

/// A registry with `acme/agent:1`, signed if `signed`.
fn registry(world: &World, signed: bool) -> (Registry, Pushed) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    if signed {
        registry.attach_bundle("acme/agent", &image, &world.sign(&SignRequest::image(&image.digest)));
    }
    (registry, image)
}

fn exception(registry: &Registry, image: &Pushed, rule: &str, until: &str) -> String {
    format!(
        "[[exception]]\nrule = \"{rule}\"\nsubject = \"{}/acme/agent@{}\"\nreason = \"signing was down\"\n\
         owner = \"platform team\"\nuntil = {until}\n",
        registry.host(),
        image.digest
    )
}

/// Loading found that an exception has ended and that the root is not described: every run says it, not `lint` alone.
#[test]
fn what_loading_found_is_said_by_every_run() {
    let world = World::new(WorldOptions::default());
    let (registry, image) = registry(&world, true);
    let sandbox = Sandbox::for_registry(&world, &registry);
    sandbox
        .write("allowlists/exceptions.toml", exception(&registry, &image, "image-signature", "2026-10-01"));
    let reference = format!("{}/acme/agent:1", registry.host());
    let run = sandbox.verify(["--fail-on", "never", "--format", "json", &reference]).exits(0);
    let report = run.report();
    let rows: Vec<_> = report["results"].as_array().unwrap().iter().collect();
    let found: Vec<_> = rows
        .iter()
        .filter(|row| row["verdict"] == "finding")
        .map(|row| row["rule"].as_str().unwrap())
        .collect();
    assert!(found.contains(&"policy-exception-expired"), "{found:?}");
    assert!(found.contains(&"policy-root-undescribed"), "{found:?}");
    assert_eq!(rows[0]["verdict"], "pass", "the verdicts stand first");
    assert_eq!(report["summary"]["verdict"], "pass");
}

/// An exception whose rule was not reached is not called unused: the image was refused before it.
#[test]
fn an_exception_is_unused_only_where_its_rule_passed() {
    let world = World::new(WorldOptions::default());
    let (registry, image) = registry(&world, true);
    let sandbox = Sandbox::for_registry(&world, &registry);
    sandbox
        .write("allowlists/exceptions.toml", exception(&registry, &image, "image-signature", "2027-01-01"));
    let reference = format!("{}/acme/agent:1", registry.host());
    sandbox.verify([reference.as_str()]).exits(0).says("exception-unused").says("image-signature passes");
    let denied =
        format!("[[deny]]\ndigest = \"{}\"\nwhy = \"a bad build\"\nby = \"security\"\n", image.digest);
    sandbox.write("allowlists/denied.toml", denied);
    let run = sandbox.verify([reference.as_str()]).exits(1).says("revoked");
    assert!(!run.stdout.contains("exception-unused"), "{}", run.transcript());
}

/// What an exception allows may run, and the guide's `docker run "$(…)"` gets its name.
#[test]
fn what_is_allowed_is_printed_to_be_run() {
    let world = World::new(WorldOptions::default());
    let (registry, image) = registry(&world, false);
    let sandbox = Sandbox::for_registry(&world, &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let print = || sandbox.verify(["--print", "pinned", &reference]);
    assert_eq!(print().exits(1).stdout, "", "refused");
    sandbox
        .write("allowlists/exceptions.toml", exception(&registry, &image, "image-signature", "2027-01-01"));
    let pinned = format!("{}/acme/agent@{}\n", registry.host(), image.digest);
    let allowed = print().exits(0).says("1 allowed");
    assert_eq!(allowed.stdout, pinned);
}

/// Two rules on one image: an exception for one does not let the other's refusal run.
#[test]
fn one_refused_row_of_two_prints_nothing() {
    let world = World::new(WorldOptions::default());
    let (registry, image) = registry(&world, false);
    let sandbox = Sandbox::for_registry(&world, &registry);
    let policy = sandbox.read("proofmark.toml") + "digests = \"images.toml\"\n";
    sandbox.write("proofmark.toml", policy);
    sandbox.write("allowlists/images.toml", "");
    let reference = format!("{}/acme/agent:1", registry.host());
    let print = || sandbox.verify(["--print", "pinned", &reference]);
    let one = exception(&registry, &image, "image-signature", "2027-01-01");
    sandbox.write("allowlists/exceptions.toml", &one);
    assert_eq!(print().exits(1).says("image-digest").stdout, "");
    sandbox.write(
        "allowlists/exceptions.toml",
        one + &exception(&registry, &image, "image-digest", "2027-01-01"),
    );
    assert_eq!(print().exits(0).stdout.lines().count(), 1, "one image is one line");
}

/// Quiet and clean: the line alone. Quiet and refused: why.
#[test]
fn quiet_and_pinned() {
    let world = World::new(WorldOptions::default());
    let (registry, _) = registry(&world, true);
    let sandbox = Sandbox::for_registry(&world, &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let clean = sandbox.verify(["-q", "--print", "pinned", &reference]).exits(0);
    assert_eq!((clean.stdout.lines().count(), clean.stderr.as_str()), (1, ""));
    let absent = format!("{}/acme/agent:2", registry.host());
    let run = sandbox.verify(["-q", "--print", "pinned", &absent]).exits(3);
    assert!(run.stdout.is_empty() && run.stderr.contains("not-found"), "{}", run.transcript());
}
