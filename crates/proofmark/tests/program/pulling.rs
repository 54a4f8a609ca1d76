//! `image pull`: what is fetched, what is not, and what is left when something goes wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use proofmark_core::Digest;
use proofmark_testkit::registry::{
    Behaviour, Effect, Fault, ImageSpec, MEDIA_MANIFEST, Pushed, Referrers, Registry, Route,
};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::support::{NOW, Run, Sandbox};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A registry with a signed image `acme/agent:1` and an unsigned one `acme/stray:1`.
fn registry(behaviour: Behaviour) -> (Registry, Pushed) {
    let registry = Registry::start(behaviour).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
    let stray = registry.push_image("acme/stray", &ImageSpec::named("stray"));
    registry.tag("acme/stray", "1", &stray.digest);
    (registry, image)
}

/// A signature under the tag `sha256-<hex>.sig`.
fn attach_legacy(registry: &Registry, image: &Pushed) {
    let reference = format!("{}/acme/agent", registry.host());
    let signed = world().sign(&SignRequest::legacy_image(&reference, &image.digest));
    registry.attach_legacy("acme/agent", &image.digest, &[&signed]);
}

/// Pulls into `work/out` under the policy of the box.
fn pull(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let fixed = ["image", "pull", "--policy", ".", "--no-cache", "--to", "oci:out"];
    sandbox.program(fixed.into_iter().chain(arguments.iter().copied())).run()
}

/// What lies in the layout, by digest; every file must be what its name says, or one of the two that a layout has.
fn blobs(sandbox: &Sandbox) -> BTreeSet<String> {
    let out = sandbox.path("out");
    let mut digests = BTreeSet::new();
    for file in sandbox.files("work/out") {
        let name = file.strip_prefix(&out).unwrap().display().to_string();
        if let Some(hex) = name.strip_prefix("blobs/sha256/") {
            assert_eq!(Digest::sha256(&fs::read(&file).unwrap()).hex(), hex, "{name}");
            digests.insert(format!("sha256:{hex}"));
        } else {
            assert!(["oci-layout", "index.json"].contains(&name.as_str()), "{name} is left");
        }
    }
    digests
}

/// Verifies what was pulled, without a network.
fn again(sandbox: &Sandbox, registry: &Registry, arguments: &[&str]) -> Run {
    let repository = format!("{}/acme/agent", registry.host());
    sandbox
        .verify(["--offline", "--no-cache", "--as", &repository].into_iter().chain(arguments.iter().copied()))
}

#[test]
fn what_was_pulled_verifies_again_offline() {
    for (behaviour, with_legacy) in [
        (Behaviour::plain(), false),
        (Behaviour::plain().pages_of(1), true),
        (Behaviour::fallback_only(), true),
        (Behaviour::ghcr(), false),
        (Behaviour::artifactory(), true),
    ] {
        let (registry, image) = registry(behaviour.clone());
        if with_legacy {
            attach_legacy(&registry, &image);
        }
        let sandbox = Sandbox::for_registry(world(), &registry);
        let reference = format!("{}/acme/agent:1", registry.host());
        let said = pull(&sandbox, &[&reference]).exits(0);
        said.says(&format!("acme/agent@{} to oci:out as {reference}: ", image.digest));
        let there = blobs(&sandbox);
        assert!(there.contains(&image.digest.to_string()));
        // Manifest, configuration and two layers; manifest, empty configuration and bundle; and for a `.sig` the same.
        assert_eq!(there.len(), if with_legacy { 10 } else { 7 }, "{behaviour:?}");
        for name in ["oci:out:1".to_owned(), "oci:out".to_owned(), format!("oci:out@{}", image.digest)] {
            let verified = again(&sandbox, &registry, &[&name]).exits(0);
            verified.says("1 verified").says(&format!("acme/agent@{}", image.digest));
        }
    }
}

#[test]
fn nothing_is_written_for_what_is_refused() {
    let (registry, image) = registry(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let (good, stray) =
        (format!("{}/acme/agent:1", registry.host()), format!("{}/acme/stray:1", registry.host()));
    pull(&sandbox, &[&stray]).exits(1).says("unsigned").says("0 verified, 1 failed");
    assert!(!sandbox.path("out").exists());
    pull(&sandbox, &["--dry-run", &good]).exits(0).says(&format!(
        "would copy {}/acme/agent@{}",
        registry.host(),
        image.digest
    ));
    assert!(!sandbox.path("out").exists());
    assert_eq!(registry.count(&Route::Blobs), 1, "the bundle alone");
    pull(&sandbox, &[&stray, &good]).exits(1).says("1 verified, 1 failed").says("note    copied ");
    assert_eq!(blobs(&sandbox).len(), 7);
    assert!(!sandbox.read("out/index.json").contains("stray"));
    pull(&sandbox, &[]).exits(4);
}

/// The tag moves between the verdict and the copy: what was verified is what is copied (REF-01).
#[test]
fn ref_01_a_tag_is_resolved_once() {
    let (registry, image) = registry(Behaviour::plain());
    let evil = registry.push_image("acme/agent", &ImageSpec::named("evil"));
    registry.moving_tag("acme/agent", "1", &[image.digest.clone(), evil.digest.clone()]);
    let sandbox = Sandbox::for_registry(world(), &registry);
    pull(&sandbox, &[&format!("{}/acme/agent:1", registry.host())]).exits(0);
    assert!(!blobs(&sandbox).contains(&evil.digest.to_string()));
    again(&sandbox, &registry, &["oci:out:1"]).exits(0).says(&image.digest.to_string());
}

#[test]
fn what_is_there_is_hashed_and_kept() {
    let (registry, image) = registry(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    pull(&sandbox, &[&reference]).exits(0).says("7 blobs of ");
    let index = sandbox.read("out/index.json");
    let damaged = sandbox.path("out/blobs/sha256").join(Digest::sha256(b"agent").hex());
    fs::write(&damaged, b"evil!").unwrap();
    registry.clear_requests();
    pull(&sandbox, &[&reference]).exits(0).says("1 blob of 5 bytes fetched, 6 there already");
    // The bundle, to verify it and to list it, and the layer that was changed.
    assert_eq!(registry.count(&Route::Blob(Digest::sha256(b"agent").to_string())), 1);
    assert_eq!(registry.count(&Route::Blob(Digest::sha256(b"base layer").to_string())), 0);
    assert_eq!((blobs(&sandbox).len(), sandbox.read("out/index.json")), (7, index));
    let newer = registry.push_image("acme/agent", &ImageSpec::named("newer"));
    registry.attach_bundle("acme/agent", &newer, &world().sign(&SignRequest::image(&newer.digest)));
    registry.tag("acme/agent", "1", &newer.digest);
    registry.tag("acme/agent", "0", &image.digest);
    let old = format!("{}/acme/agent:0", registry.host());
    pull(&sandbox, &[&reference, &old]).exits(0);
    again(&sandbox, &registry, &["oci:out:1"]).exits(0).says(&newer.digest.to_string());
    again(&sandbox, &registry, &["oci:out:0"]).exits(0).says(&image.digest.to_string());
}

#[test]
fn bytes_that_are_others_are_never_kept() {
    let layer = Route::Blob(Digest::sha256(b"agent").to_string());
    for effect in
        [Effect::BitFlip, Effect::Body("text/plain", b"short".to_vec()), Effect::Endless, Effect::Status(404)]
    {
        let (registry, _) = registry(Behaviour::plain().with(Fault::on(layer.clone(), effect.clone())));
        let sandbox = Sandbox::for_registry(world(), &registry);
        let reference = format!("{}/acme/agent:1", registry.host());
        pull(&sandbox, &[&reference]).exits(3).says("error[not-pulled]").says("1 verified, 0 failed");
        assert!(!blobs(&sandbox).contains(&Digest::sha256(b"agent").to_string()), "{effect:?}");
        assert!(!sandbox.path("out/index.json").exists(), "{effect:?}");
        registry.behave(Behaviour::plain());
        pull(&sandbox, &[&reference]).exits(0);
        again(&sandbox, &registry, &["oci:out:1"]).exits(0);
    }
}

/// It goes on where it broke off, whether or not the registry gives a part of a blob.
#[test]
fn a_connection_that_breaks_is_gone_on_with() {
    let layer = Route::Blob(Digest::sha256(b"agent").to_string());
    for ranges in [true, false] {
        let cut = |keep, times| Fault::on(layer.clone(), Effect::Truncated(keep)).times(times);
        let behaviour = Behaviour { ranges, ..Behaviour::plain() };
        let (registry, _) = registry(behaviour.with(cut(2, 1)).with(cut(1, 1)));
        let sandbox = Sandbox::for_registry(world(), &registry);
        pull(&sandbox, &[&format!("{}/acme/agent:1", registry.host())]).exits(0).says("7 blobs of ");
        assert_eq!(blobs(&sandbox).len(), 7);
        let asked: Vec<Option<String>> = registry
            .requests()
            .iter()
            .filter(|request| request.route == layer)
            .map(|request| request.header("range").map(str::to_owned))
            .collect();
        let rest =
            if ranges { [Some("bytes=2-"), Some("bytes=3-")] } else { [Some("bytes=2-"), Some("bytes=2-")] };
        let expected: Vec<Option<String>> =
            [None].into_iter().chain(rest).map(|range| range.map(str::to_owned)).collect();
        assert_eq!(asked, expected);
    }
    // Nothing comes three times, or the rest is another's.
    let other = Effect::Header("Content-Range", "bytes 1-4/5".to_owned());
    for (fault, says) in [
        (Fault::on(layer.clone(), Effect::Truncated(0)), "cut off after 0 bytes of 5"),
        (Fault::on(layer.clone(), other).after(1), "names another part than was asked for"),
        (Fault::on(layer.clone(), Effect::BitFlip).after(1), "gave bytes of sha256:"),
    ] {
        let cut = Fault::on(layer.clone(), Effect::Truncated(2)).times(1);
        let (registry, _) = registry(Behaviour::plain().with(fault.clone()).with(cut));
        let sandbox = Sandbox::for_registry(world(), &registry);
        let said = pull(&sandbox, &[&format!("{}/acme/agent:1", registry.host())]).exits(3);
        said.says("error[not-pulled]").says(says);
        assert!(!blobs(&sandbox).contains(&Digest::sha256(b"agent").to_string()), "{fault:?}");
    }
}

/// In a layout all that is there counts as complete: a path that could not be read must not become one.
#[test]
fn what_could_not_be_listed_is_not_left_out_in_silence() {
    let faults = Behaviour { referrers: Referrers::Status(500), ..Behaviour::fallback_only() };
    let (registry, image) = registry(faults);
    attach_legacy(&registry, &image);
    let sandbox = Sandbox::for_registry(world(), &registry);
    let said = pull(&sandbox, &[&format!("{}/acme/agent:1", registry.host())]).exits(3);
    said.says("1 verified").says("error[not-pulled]").says("could be read (referrers: ");
    assert!(!sandbox.path("out").exists());
}

#[test]
fn an_index_comes_whole_or_for_one_platform() {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let push = |architecture: &str| {
        let spec = ImageSpec::named(architecture).platform("linux", architecture);
        registry.push_image("acme/agent", &spec)
    };
    let (amd, arm) = (push("amd64"), push("arm64"));
    let attestation = registry.push_buildkit_attestation("acme/agent", &amd.digest, b"{}");
    let index =
        registry.push_index_of("acme/agent", vec![amd.descriptor(), arm.descriptor(), attestation.clone()]);
    registry.tag("acme/agent", "1", &index.digest);
    registry.attach_bundle("acme/agent", &index, &world().sign(&SignRequest::image(&index.digest)));
    registry.attach_bundle("acme/agent", &arm, &world().sign(&SignRequest::image(&arm.digest)));
    let reference = format!("{}/acme/agent:1", registry.host());
    let all = Sandbox::for_registry(world(), &registry);
    pull(&all, &[&reference]).exits(0).says(", 2 manifests of signatures");
    let there = blobs(&all);
    for one in [&index.digest, &amd.digest, &arm.digest] {
        assert!(there.contains(&one.to_string()));
    }
    assert!(there.contains(attestation["digest"].as_str().unwrap()));
    again(&all, &registry, &["oci:out:1"]).exits(0);
    again(&all, &registry, &["--platform", "linux/arm64", "oci:out:1"]).exits(0);
    let one = Sandbox::for_registry(world(), &registry);
    pull(&one, &["--platform", "linux/arm64", &reference]).exits(0);
    let there = blobs(&one);
    assert!(there.contains(&arm.digest.to_string()) && !there.contains(&amd.digest.to_string()));
    again(&one, &registry, &["--platform", "linux/arm64", "oci:out:1"]).exits(0);
    pull(&one, &["--platform", "linux/s390x", &reference]).exits(1).says("platform");
}

#[test]
fn only_a_layout_is_written_into() {
    let (registry, _) = registry(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    sandbox.write("out/notes.txt", "mine");
    pull(&sandbox, &[&reference]).fails_with(2, "pull-target").says("holds other files");
    assert_eq!(sandbox.files("work/out").len(), 1);
    assert!(registry.requests().is_empty(), "nothing is asked for in vain");
    fs::remove_dir_all(sandbox.path("out")).unwrap();
    sandbox.write("out", "a file");
    pull(&sandbox, &[&reference]).fails_with(2, "pull-target").says("is no directory");
    for bad in ["out", "oci:out:1", "oci:"] {
        sandbox.program(["image", "pull", "--to", bad, &reference]).run().fails_with(2, "usage");
    }
    sandbox
        .program(["image", "pull", "--now", NOW, "--to", "oci:out", &reference])
        .run()
        .fails_with(2, "usage");
}

/// A file system that is full, and one that cannot be written to.
#[test]
fn no_room_and_read_only() {
    let (registry, _) = registry(Behaviour::plain());
    let big = registry.push_image("acme/agent", &ImageSpec::named("big").layers([vec![7; 3 << 20]]));
    registry.attach_bundle("acme/agent", &big, &world().sign(&SignRequest::image(&big.digest)));
    registry.tag("acme/agent", "big", &big.digest);
    let sandbox = Sandbox::for_registry(world(), &registry);
    fs::create_dir(sandbox.path("out")).unwrap();
    for (options, says) in [("size=1m", "No space left"), ("ro,size=1m", "read-only filesystem")] {
        let mount = format!("mount -t tmpfs -o {options} none {}", sandbox.path("out").display());
        let works = Command::new("unshare").args(["-m", "sh", "-c", &mount]).output();
        if !works.is_ok_and(|done| done.status.success()) {
            eprintln!("skipped: needs root and a mount namespace");
            return;
        }
        let reference = format!("{}/acme/agent:big", registry.host());
        let line = format!(
            "{mount} && \"$0\" \"$@\"; code=$?; find out -name '.proofmark*' -o -size +64k -type f; exit $code"
        );
        let fixed = ["image", "pull", "--policy", ".", "--no-cache", "--to", "oci:out", &reference];
        let run = sandbox.program(fixed).through("unshare", &["-m", "sh", "-c", &line]).run().exits(3);
        assert!(!run.stdout.contains("\nout/"), "{}", run.stdout);
        run.says("error[not-pulled]").says(says);
    }
}

/// Nothing without a name of its own is left, and the index is not there.
#[test]
fn an_interrupt_leaves_nothing_half_written() {
    let layer = Route::Blob(Digest::sha256(b"agent").to_string());
    let (registry, _) = registry(Behaviour::plain().with(Fault::on(layer.clone(), Effect::Slow(1)).times(1)));
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let fixed = ["image", "pull", "--policy", ".", "--no-cache", "--to", "oci:out", &reference];
    let mut child = sandbox.program(fixed).spawn();
    let start = Instant::now();
    while registry.count(&layer) == 0 && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Some of the body, too.
    std::thread::sleep(Duration::from_millis(1500));
    let pid = child.id().to_string();
    let signal = |name: &str| Command::new("kill").args([name, pid.as_str()]).status().unwrap();
    assert!(signal("-INT").success());
    // What is started in the background of a script ignores interrupts, and so does what it starts.
    std::thread::sleep(Duration::from_millis(300));
    let _ = signal("-TERM");
    assert!(!child.wait().unwrap().success());
    assert!(!blobs(&sandbox).contains(&Digest::sha256(b"agent").to_string()));
    assert!(!sandbox.path("out/index.json").exists());
    pull(&sandbox, &[&reference]).exits(0);
    assert_eq!(blobs(&sandbox).len(), 7);
}

/// verdicts.md 1: a hostile clone must not judge itself.
#[test]
fn a_policy_that_was_found_is_accepted_first() {
    let (registry, _) = registry(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let plain = || sandbox.program(["image", "pull", "--no-cache", "--to", "oci:out", &reference]);
    plain().run().fails_with(2, "policy-not-accepted").says("proofmark policy trust");
    assert!(registry.requests().is_empty() && !sandbox.path("out").exists());
    plain().variable("CI", "true").run().exits(0);
    sandbox.program(["policy", "trust"]).run().exits(0);
    plain().run().exits(0);
    sandbox.write("proofmark.toml", format!("{}\n# changed\n", sandbox.read("proofmark.toml")));
    plain().run().fails_with(2, "policy-not-accepted");
}

/// From one layout into another: the paths `out` and `copy` are one image.
#[test]
fn a_layout_is_copied_too() {
    let (registry, image) = registry(Behaviour::fallback_only());
    attach_legacy(&registry, &image);
    let sandbox = Sandbox::for_registry(world(), &registry);
    let repository = format!("{}/acme/agent", registry.host());
    pull(&sandbox, &[&format!("{repository}:1")]).exits(0);
    let fixed =
        ["image", "pull", "--policy", ".", "--offline", "--as", &repository, "--to", "oci:copy", "oci:out:1"];
    sandbox.program(fixed).run().exits(0);
    let names = |dir: &str| -> Vec<PathBuf> {
        let root = sandbox.path(dir);
        let files = sandbox.files(&format!("work/{dir}"));
        files.iter().map(|file| file.strip_prefix(&root).unwrap().to_owned()).collect()
    };
    assert_eq!(names("out"), names("copy"));
    again(&sandbox, &registry, &["oci:copy:1"]).exits(0);
}

/// An engine that writes down how it was started, and fails where it is told to.
fn engine(sandbox: &Sandbox, name: &str, fails_at: &str) {
    let log = sandbox.dir().join("engine.log").display().to_string();
    let script = format!(
        "#!/bin/sh\nprintf '%s' \"{name}\" >>{log}\nfor word in \"$@\"; do printf ' [%s]' \"$word\" >>{log}; done\n\
         echo >>{log}\necho \"{name} says $1 to $DOCKER_HOST\"\n[ \"$1\" != \"{fails_at}\" ]\n"
    );
    sandbox.write(&format!("bin/{name}"), script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(sandbox.path(&format!("bin/{name}")), mode).unwrap();
}

/// How engines were started since this was last asked.
fn started(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.dir().join("engine.log");
    let lines = fs::read_to_string(&log).unwrap_or_default().lines().map(str::to_owned).collect();
    drop(fs::remove_file(log));
    lines
}

/// `image pull` without `--to`, with `work/bin` alone on the path.
fn with_engine(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let fixed = ["image", "pull", "--policy", ".", "--no-cache"];
    let program = sandbox.program(fixed.into_iter().chain(arguments.iter().copied()));
    let path = sandbox.path("bin").display().to_string();
    program.variable("PATH", &path).variable("DOCKER_HOST", "unix:///one.sock").run()
}

#[test]
fn reg_12_an_engine_pulls_by_digest_and_then_tags() {
    let (registry, image) = registry(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let repository = format!("{}/acme/agent", registry.host());
    let (tag, pinned) = (format!("{repository}:1"), format!("{repository}@{}", image.digest));
    with_engine(&sandbox, &[&tag]).fails_with(2, "engine-not-found");
    assert!(registry.requests().is_empty(), "nothing is verified in vain");
    engine(&sandbox, "podman", "");
    engine(&sandbox, "nerdctl", "");
    let said = with_engine(&sandbox, &[&tag]).exits(0);
    assert!(said.stderr.starts_with("podman says pull to unix:///one.sock\n"), "{}", said.stderr);
    assert!(!said.stdout.contains("podman says"), "standard output is the report's");
    said.says(&format!("pulled {pinned} as {tag}, with podman (")).says("bin/podman)");
    assert_eq!(
        started(&sandbox),
        [format!("podman [pull] [{pinned}]"), format!("podman [tag] [{pinned}] [{tag}]")]
    );
    with_engine(&sandbox, &["--engine", "nerdctl", "--platform", "linux/amd64", &pinned]).exits(0);
    assert_eq!(started(&sandbox), [format!("nerdctl [pull] [--platform=linux/amd64] [{pinned}]")]);
    with_engine(&sandbox, &["--engine", "docker", &tag])
        .fails_with(2, "engine-not-found")
        .says("no docker is");
    let stray = format!("{}/acme/stray:1", registry.host());
    with_engine(&sandbox, &[&stray]).exits(1);
    with_engine(&sandbox, &["--dry-run", &tag])
        .exits(0)
        .says(&format!("podman pull {pinned}, then podman tag"));
    with_engine(&sandbox, &["--offline", &tag]).fails_with(2, "pull-target");
    with_engine(&sandbox, &["--as", &repository, "oci:out:1"]).fails_with(2, "pull-target");
    with_engine(&sandbox, &["--engine", "podman", "--to", "oci:out", &tag]).fails_with(2, "usage");
    assert_eq!(started(&sandbox), [""; 0]);
}

#[test]
fn an_engine_that_fails_moves_no_tag() {
    let (registry, image) = registry(Behaviour::plain());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let tag = format!("{}/acme/agent:1", registry.host());
    for (fails_at, runs) in [("pull", 1), ("tag", 2)] {
        engine(&sandbox, "docker", fails_at);
        let said = with_engine(&sandbox, &[&tag]).exits(3).says("error[engine-failed]").says("1 verified");
        said.says(&format!("docker {fails_at} "))
            .says("ended with exit status: 1")
            .says("means what it did before");
        assert_eq!(started(&sandbox).len(), runs);
    }
    sandbox.write("bin/docker", "#!/nonexistent/shell\n");
    with_engine(&sandbox, &[&tag, &format!("{}/acme/stray:1", registry.host())])
        .exits(1)
        .says("could not be started");
    let report = with_engine(&sandbox, &["--format", "json", &tag]).exits(3).report();
    assert_eq!(report["errors"][0]["code"], "engine-failed");
    assert_eq!(report["summary"]["exit"], 3);
    assert_eq!(report["results"][0]["subject"]["digest"], image.digest.to_string());
}

/// What another tool copies of an index, byte for byte.
#[test]
fn skopeo_copies_the_same_bytes() {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let children = ["amd64", "arm64"].map(|architecture| {
        registry.push_image("acme/agent", &ImageSpec::named(architecture).platform("linux", architecture))
    });
    let index = registry.push_index("acme/agent", &children);
    registry.tag("acme/agent", "1", &index.digest);
    registry.attach_bundle("acme/agent", &index, &world().sign(&SignRequest::image(&index.digest)));
    let sandbox = Sandbox::for_registry(world(), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let source = format!("docker://{reference}");
    let skopeo = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--all", "--preserve-digests", "--src-tls-verify=false"])
        .args(["--dest-oci-accept-uncompressed-layers", &source, "oci:theirs:1"])
        .current_dir(sandbox.path(""))
        .output();
    let Ok(skopeo) = skopeo else {
        eprintln!("skipped: needs skopeo");
        return;
    };
    assert!(skopeo.status.success(), "{}", String::from_utf8_lossy(&skopeo.stderr));
    pull(&sandbox, &[&reference]).exits(0);
    let ours = blobs(&sandbox);
    let theirs = sandbox.files("work/theirs/blobs/sha256");
    assert!(theirs.len() >= 8, "{theirs:?}");
    for blob in theirs {
        let name = blob.file_name().unwrap().to_str().unwrap();
        assert!(ours.contains(&format!("sha256:{name}")), "{name}");
        assert_eq!(fs::read(&blob).unwrap(), fs::read(sandbox.path("out/blobs/sha256").join(name)).unwrap());
    }
    // And it reads what we wrote, by the name that it has.
    let shown = Command::new("skopeo")
        .args(["--insecure-policy", "inspect", "--raw", &format!("oci:out:{reference}")])
        .current_dir(sandbox.path(""))
        .output()
        .unwrap();
    assert_eq!(Digest::sha256(&shown.stdout), index.digest);
}

/// A mirror that is the last word on what it has does not have this image: its evidence lies where the image is.
#[test]
fn evidence_comes_from_where_the_image_is() {
    let (registry, _) = registry(Behaviour::fallback_only());
    let sandbox = Sandbox::for_registry(world(), &registry);
    let repository = format!("{}/acme/agent", registry.host());
    let fixed = ["image", "pull", "--policy", ".", "--to", "oci:mirror"];
    sandbox.program(fixed.into_iter().chain([format!("{repository}:1").as_str()])).run().exits(0);
    let listed = sandbox.read("allowlists/registries.toml");
    let mirror = "mirrors = [{ at = \"oci:mirror\", authoritative = true }]\n";
    sandbox.write("allowlists/registries.toml", format!("{listed}{mirror}"));
    let newer = registry.push_image("acme/agent", &ImageSpec::named("newer"));
    registry.tag("acme/agent", "2", &newer.digest);
    registry.attach_bundle("acme/agent", &newer, &world().sign(&SignRequest::image(&newer.digest)));
    pull(&sandbox, &[&format!("{repository}:2")]).exits(0).says(", 1 manifest of signatures");
    again(&sandbox, &registry, &["oci:out:2"]).exits(0).says(&newer.digest.to_string());
}

/// A foreign layer may lie where its `urls` say and nowhere else: those are not followed, and that is said. Any other layer that
/// is missing is an error.
#[test]
fn foreign_layers_that_are_not_there_are_told() {
    for (kind, exit) in [("nondistributable.v1.tar", 0), ("v1.tar", 3)] {
        let (registry, _) = registry(Behaviour::plain());
        let config = br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
        let absent = Digest::sha256(b"windows");
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": MEDIA_MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": registry.push_blob("acme/agent", config).to_string(),
                "size": config.len(),
            },
            "layers": [{
                "mediaType": format!("application/vnd.oci.image.layer.{kind}"),
                "digest": absent.to_string(),
                "size": 7,
                "urls": [registry.url("/elsewhere")],
            }],
        });
        let image = registry.push_document("acme/agent", MEDIA_MANIFEST, &manifest);
        registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
        registry.tag("acme/agent", "foreign", &image.digest);
        let sandbox = Sandbox::for_registry(world(), &registry);
        let said = pull(&sandbox, &[&format!("{}/acme/agent:foreign", registry.host())]).exits(exit);
        assert!(!registry.requests().iter().any(|request| request.path.contains("elsewhere")));
        if exit == 0 {
            said.says(&format!("left out: {absent}, a foreign layer"));
            again(&sandbox, &registry, &["oci:out:foreign"]).exits(0);
        }
    }
}
