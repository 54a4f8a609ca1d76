//! The download cache from end to end: it never decides anything, and its troubles are told.

use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use proofmark_core::Digest;
use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Pushed, Registry, Route};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::support::{Run, Sandbox, skipped};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A registry with one signed image, tagged `1`.
fn signed() -> (Registry, Pushed) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
    (registry, image)
}

/// Holds that the image passed, and that one warning says this of the cache.
#[track_caller]
fn warns(run: Run, what: &str) {
    let run = run.exits(0);
    assert_eq!(run.stderr.matches("warning[").count(), 1, "{}", run.transcript());
    assert!(run.stderr.starts_with("warning[cache-unusable]: "), "{}", run.transcript());
    assert!(run.stderr.contains("\nsee: proofmark explain cache-unusable\n"), "{}", run.transcript());
    assert!(!run.stdout.contains("cache"), "{}", run.transcript());
    run.says("1 verified").says(what).says("\nhelp: ").says("--no-cache");
}

/// A shell command line before the program's own.
fn after<'a>(sandbox: &'a Sandbox, command: &str, reference: &'a str) -> Run {
    let line = format!("{command} && exec \"$0\" \"$@\"");
    sandbox.program(["image", "verify", reference]).through("unshare", &["-m", "sh", "-c", &line]).run()
}

/// Whether this machine lets us mount things that nobody else sees.
fn can_mount() -> bool {
    let mount = "mount -t tmpfs -o size=8k tmpfs /mnt";
    let done = Command::new("unshare").args(["-m", "sh", "-c", mount]).output();
    let can = done.is_ok_and(|output| output.status.success());
    if !can {
        skipped("needs root and a mount namespace");
    }
    can
}

#[test]
fn a_file_in_its_place() {
    let (registry, _) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    sandbox.write("file", "not a directory");
    let place = sandbox.path("file").display().to_string();
    let reference = format!("{}/acme/agent:1", registry.host());
    let verify = |options: &[&'static str]| {
        let arguments = options.iter().copied().chain(["image", "verify", &reference]);
        sandbox.program(arguments.collect::<Vec<_>>()).variable("XDG_CACHE_HOME", &place).run()
    };
    warns(verify(&[]), "cannot be used");
    assert_eq!(verify(&["--quiet"]).exits(0).stderr, "");
    let program = sandbox.program(["image", "verify", "--no-cache", &reference]);
    assert_eq!(program.variable("XDG_CACHE_HOME", &place).run().exits(0).stderr, "");
}

/// The write itself fails, as on a full disk, whoever runs this: no file may become larger than nothing.
#[test]
fn a_write_that_fails() {
    let (registry, _) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let line = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let program = sandbox.program(["image", "verify", &reference]);
    warns(program.through("sh", &["-c", line]).run(), "cannot be used");
    assert!(sandbox.files("cache").is_empty(), "{:?}", sandbox.files("cache"));
}

#[test]
fn a_full_disk() {
    if !can_mount() {
        return;
    }
    let (registry, _) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let cache = sandbox.dir().join("cache");
    let full = format!(
        "mount -t tmpfs -o size=16k tmpfs {cache} && (cat /dev/zero > {cache}/other 2>/dev/null || true)",
        cache = cache.display()
    );
    warns(after(&sandbox, &full, &reference), "is on a full disk");
}

#[test]
fn a_read_only_directory() {
    if !can_mount() {
        return;
    }
    let (registry, _) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let cache = sandbox.dir().join("cache");
    let read_only = format!("mount --bind {0} {0} && mount -o remount,bind,ro {0}", cache.display());
    warns(after(&sandbox, &read_only, &reference), "cannot be written");
    // What is in it is used, and nothing is left to write: no warning.
    sandbox.verify([reference.as_str()]).exits(0);
    let before = registry.count(&Route::Blobs);
    assert_eq!(after(&sandbox, &read_only, &reference).exits(0).stderr, "");
    assert_eq!(registry.count(&Route::Blobs), before);
}

/// Offline the cache gives the image's bytes and its evidence, but not the lists: whether something was signed or revoked
/// since nobody can say.
#[test]
fn offline_with_a_warm_cache() {
    let (registry, image) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent@{}", registry.host(), image.digest);
    sandbox.verify([reference.as_str()]).exits(0);
    assert!(!sandbox.files("cache").is_empty());
    registry.clear_requests();
    let run = sandbox.verify(["--offline", "--format", "json", &reference]).exits(3);
    let report = run.report();
    assert_eq!(report["results"][0]["reason"], "offline", "{}", run.transcript());
    assert_eq!(report["results"][0]["subject"]["digest"], image.digest.to_string(), "{}", run.transcript());
    assert!(registry.requests().is_empty());
}

/// The cache holds bytes, and no verdict: a policy that asks for more is asked anew.
#[test]
fn att_04_a_stricter_policy_over_a_warm_cache() {
    let (registry, image) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent@{}", registry.host(), image.digest);
    sandbox.verify([reference.as_str()]).exits(0);
    assert!(!sandbox.files("cache").is_empty());
    let policy = sandbox.read("proofmark.toml");
    let stricter = policy.replace("refs/tags/*", "refs/tags/v9");
    assert_ne!(policy, stricter);
    sandbox.write("proofmark.toml", stricter);
    sandbox.verify([reference.as_str()]).exits(1).says("wrong-identity");
    sandbox.write("proofmark.toml", policy);
    sandbox.verify([reference.as_str()]).exits(0);
}

/// A tag is never remembered: what it names now is judged.
#[test]
fn att_10_a_tag_that_moves_to_an_unsigned_image() {
    let (registry, _) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    sandbox.verify([reference.as_str()]).exits(0);
    let other = registry.push_image("acme/agent", &ImageSpec::named("other"));
    registry.tag("acme/agent", "1", &other.digest);
    sandbox.verify([reference.as_str()]).exits(1).says("unsigned").says(&other.digest.to_string());
}

/// Every file of the cache is whole: its name is its content's digest, and no half of one is left under another name.
#[track_caller]
fn is_whole(sandbox: &Sandbox) -> usize {
    let files = sandbox.files("cache");
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let digest = Digest::parse(&name.replacen('-', ":", 1)).unwrap_or_else(|_| panic!("{name} was left"));
        assert!(digest.matches(&std::fs::read(file).unwrap()), "{name} is half written");
    }
    files.len()
}

#[test]
fn concurrent_processes_share_it() {
    let (registry, _) = signed();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    for _ in 0..2 {
        let running: Vec<_> =
            (0..6).map(|_| sandbox.program(["image", "verify", &reference]).spawn()).collect();
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert!(is_whole(&sandbox) > 0);
    }
}

/// SIG-18: interrupted at any moment, the cache holds whole files alone.
#[test]
fn sig_18_an_interrupt_leaves_no_half_written_file() {
    let (registry, _) = signed();
    registry.fault(Fault::on(Route::Blobs, Effect::Slow(2_000)));
    let reference = format!("{}/acme/agent:1", registry.host());
    let sandbox = Sandbox::for_registry(world(), &registry);
    for round in 0..6_u64 {
        let mut child = sandbox.program(["image", "verify", &reference]).spawn();
        // From before the first file to within the last body.
        std::thread::sleep(Duration::from_millis(10 + 40 * round));
        interrupt(child.id());
        let _ = child.wait().unwrap();
        is_whole(&sandbox);
    }
    assert!(is_whole(&sandbox) > 0, "it was interrupted before anything was kept");
}

fn interrupt(pid: u32) {
    let pid = pid.to_string();
    // It may have ended already.
    let _ = Command::new("kill").args(["-INT", &pid]).status().unwrap();
}
