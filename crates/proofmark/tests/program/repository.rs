//! `check` and `image scan` over the files of a repository.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::OnceLock;

use proofmark_testkit::registry::{Behaviour, ImageSpec, Pushed, Registry};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};
use serde_json::Value;

use crate::support::{NOW, Run, Sandbox};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A registry with a signed image `acme/agent:1` and an unsigned one `acme/stray:1`.
fn registry() -> (Registry, Pushed) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
    let stray = registry.push_image("acme/stray", &ImageSpec::named("stray"));
    registry.tag("acme/stray", "1", &stray.digest);
    (registry, image)
}

fn check<'a>(sandbox: &'a Sandbox, arguments: &[&'a str]) -> Run {
    sandbox.program(["check", "--now", NOW].into_iter().chain(arguments.iter().copied())).run()
}

fn scan<'a>(sandbox: &'a Sandbox, arguments: &[&'a str]) -> Run {
    sandbox.program(["image", "scan", "--now", NOW].into_iter().chain(arguments.iter().copied())).run()
}

/// `file:line rule verdict` of each row.
fn rows(report: &Value) -> Vec<String> {
    let one = |row: &Value| {
        let place = &row["location"];
        format!(
            "{}:{} {} {}",
            place["file"].as_str().unwrap_or_default(),
            place["start"]["line"],
            row["rule"].as_str().unwrap(),
            row["verdict"].as_str().unwrap()
        )
    };
    // What is known of the policy itself is told elsewhere.
    let about_policy = |row: &&Value| row["rule"].as_str().unwrap().starts_with("policy-");
    report["results"].as_array().unwrap().iter().filter(|row| !about_policy(row)).map(one).collect()
}

#[test]
fn one_image_in_three_places_is_verified_once_and_told_at_each() {
    let (registry, image) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let pinned = format!("{}/acme/agent:1@{}", registry.host(), image.digest);
    sandbox
        .write("Dockerfile", format!("FROM {pinned} AS a\nFROM a\nFROM scratch\nCOPY --from={pinned} a b\n"));
    sandbox.write("deploy/compose.yaml", format!("services:\n  a:\n    image: \"{pinned}\"\n"));
    let run = check(&sandbox, &["--format", "json"]).exits(0);
    let report = run.report();
    assert_eq!(
        rows(&report),
        [
            "Dockerfile:1 image-signature pass",
            "Dockerfile:4 image-signature pass",
            "deploy/compose.yaml:3 image-signature pass"
        ]
    );
    assert_eq!((&report["summary"]["requested"], &report["summary"]["verified"]), (&1.into(), &1.into()));
    let manifests =
        registry.requests().iter().filter(|request| request.path.contains("/manifests/sha256:")).count();
    assert!(manifests <= 3, "{:?}", registry.requests());
}

#[test]
fn a_refused_image_is_told_at_each_of_its_places() {
    let (registry, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let stray = format!("{}/acme/stray:1", registry.host());
    sandbox.write("a/Dockerfile", format!("FROM {stray}\n"));
    sandbox.write("b/compose.yaml", format!("services: {{x: {{image: '{stray}'}}}}\n"));
    let run = check(&sandbox, &["--output", "sarif=out.sarif"]).exits(1);
    let run =
        run.says("at        a/Dockerfile:1: FROM ").says("\n                b/compose.yaml:1: services");
    assert_eq!(run.stdout.matches("image-signature: unsigned").count(), 1, "{}", run.stdout);
    run.says("0 verified, 1 failed, 0 unverifiable, 0 allowed; 3 findings, 2 at or above");
    let sarif: Value = serde_json::from_str(&sandbox.read("out.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mut places: Vec<String> = results
        .iter()
        .filter(|result| !result["ruleId"].as_str().unwrap().starts_with("policy-"))
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let region = &place["region"];
            format!(
                "{} {}:{} {}",
                result["ruleId"].as_str().unwrap(),
                place["artifactLocation"]["uri"].as_str().unwrap(),
                region["startColumn"],
                region["snippet"]["text"].as_str().unwrap() == stray
            )
        })
        .collect();
    places.sort();
    assert_eq!(
        places,
        [
            "image-signature a/Dockerfile:6 true",
            "image-signature b/compose.yaml:24 true",
            "image-unpinned a/Dockerfile:6 true",
            "image-unpinned b/compose.yaml:24 true",
        ]
    );
    let prints: std::collections::BTreeSet<&str> = results
        .iter()
        .map(|result| result["partialFingerprints"]["proofmark/v1"].as_str().unwrap())
        .collect();
    assert_eq!(prints.len(), 5, "a place that goes must not rename the others");
}

#[test]
fn an_allow_beside_the_reference_is_counted_and_ends() {
    let (registry, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let line = format!("FROM {}/acme/agent:1\n", registry.host());
    let allow = "# proofmark: allow[image-unpinned] until=2026-12-03 because \"rebuilt every night\"\n";
    sandbox.write("Dockerfile", format!("{allow}{line}"));
    check(&sandbox, &[])
        .exits(0)
        .says("evidence  inline-allow: allowed until 2026-12-03: rebuilt every night")
        .says("0 verified, 0 failed, 0 unverifiable, 1 allowed (next expires in 10 days)");
    let later = sandbox.program(["check", "--now", "2026-12-04T00:00:00Z"]).run().exits(1);
    later.says("image-unpinned (medium)").says("image-allow (medium)").says("it ended on 2026-12-03");
    // It answers for the name, never for the image.
    sandbox.write("Dockerfile", format!("{allow}FROM {}/acme/stray:1\n", registry.host()));
    check(&sandbox, &[]).exits(1).says("0 verified, 1 failed, 0 unverifiable, 0 allowed");
}

#[test]
fn a_tag_that_moved_on_is_low_and_silent_offline() {
    let (registry, image) = registry();
    let newer = registry.push_image("acme/agent", &ImageSpec::named("newer"));
    registry.tag("acme/agent", "1", &newer.digest);
    let sandbox = Sandbox::for_registry(world(), &registry);
    let pinned = format!("{}/acme/agent:1@{}", registry.host(), image.digest);
    sandbox.write("Dockerfile", format!("FROM {pinned}\n"));
    check(&sandbox, &[])
        .exits(0)
        .says("image-tag-drift (low)")
        .says(&format!("observed  {}", newer.digest))
        .says("1 verified, 0 failed, 0 unverifiable, 0 allowed; 2 findings\n");
    check(&sandbox, &["--fail-on", "low"]).exits(1);
    let offline = check(&sandbox, &["--offline", "--no-cache", "--format", "json"]).exits(3);
    let report = offline.report();
    assert_eq!(rows(&report), ["Dockerfile:1 image-content unverifiable"]);
    assert_eq!(report["notes"][0], "image-tag-drift was not judged for 1 reference: --offline");
}

#[test]
fn what_is_not_known_is_a_finding_and_never_a_success() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write("Dockerfile", "ARG BASE\nFROM ${BASE}\n");
    check(&sandbox, &[]).exits(1).says("image-unresolved (medium)").says("the variable `BASE` has no value");
    check(&sandbox, &["--fail-on", "never"]).exits(4);
}

#[test]
fn nothing_to_check_is_no_success() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write("src/main.rs", "fn main() {}\n");
    check(&sandbox, &[]).exits(4);
    scan(&sandbox, &[]).exits(4).says("0 references in 0 files");
    sandbox.write("Dockerfile", "FROM scratch\n");
    check(&sandbox, &[]).exits(4);
}

#[test]
fn the_nearest_policy_is_that_of_the_path() {
    let (registry, _) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    sandbox.write("sub/Dockerfile", format!("FROM {}/acme/agent:1\n", registry.host()));
    sandbox.write("sub/proofmark.toml", "version = 1\n");
    check(&sandbox, &["sub"]).exits(1).says("registry-not-allowed").says("policy  sub/proofmark.toml");
    check(&sandbox, &["sub/Dockerfile"]).exits(1).says("policy  sub/proofmark.toml");
    check(&sandbox, &["--fail-on", "high", "--policy", ".", "sub"]).exits(0);
    check(&sandbox, &["gone"]).fails_with(2, "path-unreadable");
    check(&sandbox, &["--exclude", "a**"]).fails_with(2, "exclude-malformed");
}

/// One file that cannot be read must not hide what is wrong with the others, nor pass with them.
#[test]
fn a_broken_file_is_told_and_the_others_are_checked() {
    let (registry, image) = registry();
    let sandbox = Sandbox::for_registry(world(), &registry);
    let pinned = format!("{}/acme/agent@{}", registry.host(), image.digest);
    sandbox.write("a.yaml", "apiVersion: v1\nkind: Pod\nspec: \"unclosed\n");
    sandbox.write("b/Dockerfile", format!("FROM {pinned}\nFORM x\n"));
    let run = check(&sandbox, &["--format", "json"]).exits(3);
    let report = run.report();
    assert_eq!(rows(&report), ["b/Dockerfile:1 image-signature pass"]);
    let errors: Vec<(&str, &str, u64)> = report["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let place = &error["location"];
            (
                error["code"].as_str().unwrap(),
                place["file"].as_str().unwrap(),
                place["start"]["line"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(errors, [("file-not-parsed", "a.yaml", 3), ("file-not-parsed", "b/Dockerfile", 2)]);
    assert_eq!(report["summary"]["verdict"], "unverifiable");
    scan(&sandbox, &[]).exits(3).says("a.yaml:3:7 error[file-not-parsed]");
    check(&sandbox, &["--exclude", "a.yaml", "b"]).exits(3).says("--exclude a.yaml left nothing out");
    check(&sandbox, &["--exclude", "a.yaml", "--exclude", "b"])
        .exits(4)
        .says("left out, --exclude: a.yaml, b");
}

#[test]
fn what_no_one_may_or_should_read() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let long = fs::File::create(sandbox.path("long.yaml")).unwrap();
    long.set_len(100 * 1024 * 1024).unwrap();
    let rows = "{\"id\": 1, \"image\": \"https://x.test/a.png\"},\n".repeat(300_000);
    sandbox.write("data.json", format!("[\n{rows}{{}}]\n"));
    // What comes late, written otherwise, or in another encoding, counts as well.
    let late = format!("{{\"data\": [\n{rows}{{}}], \"k\\u0069nd\": \"List\", \"apiVersion\": \"v1\"}}\n");
    let wide: Vec<u8> =
        "\u{feff}".encode_utf16().chain(late.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    sandbox.write("late.json", &late);
    sandbox.write("wide.json", wide);
    sandbox.write("yaml.json", format!("# {late}\napiVersion: v1\nkind: List\n"));
    sandbox.write("compose.yaml", "services:\n  a: {image: a.test/x:1}\n");
    let run = scan(&sandbox, &["--json", "--fail-on", "high"]).exits(3);
    let listing = run.report();
    let codes: Vec<&str> =
        listing["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["limit"; 4], "{}", run.transcript());
    assert_eq!(listing["references"][0]["reference"], "a.test/x:1");
    assert_eq!(
        listing["notes"],
        serde_json::json!(["left out, long JSON without objects that name images: data.json"])
    );
    for file in ["long.yaml", "late.json", "wide.json", "yaml.json"] {
        fs::remove_file(sandbox.path(file)).unwrap();
    }
    fs::set_permissions(sandbox.path("compose.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if fs::read(sandbox.path("compose.yaml")).is_err() {
        scan(&sandbox, &["--fail-on", "high"]).exits(3).says("error[file-not-read]");
    }
}

/// A repository was just cloned: nothing in it may lead elsewhere.
#[test]
fn links_lead_nowhere_else() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    fs::write(sandbox.dir().join("Dockerfile"), "FROM secret.test/x:1\n").unwrap();
    symlink("../Dockerfile", sandbox.path("Dockerfile")).unwrap();
    symlink(".", sandbox.path("round")).unwrap();
    let run = scan(&sandbox, &[]).exits(3);
    let run = run.says("Dockerfile:1:1 error[file-not-read]").says("left out, links to directories: round");
    assert!(!run.stdout.contains("secret.test"), "{}", run.stdout);
}

/// NODE-03: names and texts of files reach a terminal escaped.
#[test]
fn node_03_nothing_of_a_file_reaches_a_terminal_raw() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write("a\u{1b}[2J/Dockerfile", "FROM x\u{1b}[2J\u{202e}\nFROM ${A}##[add-path]/x\n");
    scan(&sandbox, &[]).exits(1).escapes();
    scan(&sandbox, &["--json"]).exits(1).escapes();
    check(&sandbox, &[]).exits(1).escapes();
}

#[test]
fn a_listing_says_everything_once_and_in_order() {
    let sandbox = Sandbox::new();
    sandbox.write("b.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: b.test/x:1\n");
    sandbox.write("Dockerfile", "ARG V=3\nFROM --platform=linux/arm64 alpine:$V\n");
    fs::remove_dir(sandbox.path(".git")).unwrap();
    let run = scan(&sandbox, &[]).exits(1);
    assert_eq!(
        run.stdout,
        "Dockerfile:2:29 dockerfile-from docker.io/library/alpine:3 (linux/arm64), by the default of V\n\
         b.yaml:5:14 pod-container b.test/x:1\n\
         2 references in 2 files: 2 not pinned, 0 allowed, 0 unresolved; 0 errors\n"
    );
    assert_eq!(scan(&sandbox, &["--fail-on", "high"]).exits(0).stdout, run.stdout);
    let listing = scan(&sandbox, &["--json"]).exits(1).report();
    assert_eq!(listing["schema"], "proofmark-scan/1");
    assert_eq!(listing["references"][0]["value"], "alpine:3");
    assert_eq!(listing["references"][0]["bytes"], serde_json::json!([36, 45]));
    let github = scan(&sandbox, &["--format", "github"]).exits(1);
    github.says("::warning file=Dockerfile,line=2,endLine=2,col=29,endColumn=37,title=image-unpinned::");
}
