//! `check` over every place that names an image.

use std::collections::BTreeSet;

use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{World, WorldOptions};

use crate::support::{NOW, Sandbox};

/// A file with an image in each of its places, each of them called after its place.
const FILES: [(&str, &str); 7] = [
    (
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  initContainers: [{image: @init:1}]\n  containers: [{image: @main:1}]\n  \
         ephemeralContainers: [{image: @ephemeral:1}]\n  volumes: [{image: {reference: @volume:1}}]\n",
    ),
    (
        "cron.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: \
         @cron:1}]}}}}}\n",
    ),
    (
        "Dockerfile",
        "# syntax=@syntax:1\nFROM @from:1\nCOPY --from=@copy:1 a b\nRUN --mount=type=bind,from=@mount:1,target=/x true\n\
         ONBUILD COPY --from=@onbuild:1 a b\n",
    ),
    (
        "compose.yaml",
        "services:\n  a:\n    image: @built:1\n    build:\n      additional_contexts: {x: 'docker-image://@context:1'}\n  \
         b:\n    image: @service:1\n",
    ),
    ("kustomization.yaml", "images: [{name: x, newName: @kustomize, newTag: '1'}]\n"),
    (".devcontainer/devcontainer.json", "{\"image\": \"@dev:1\", \"features\": {\"@feature:1\": {}}}\n"),
    (
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    container: @job:1\n    services: {db: {image: @db:1}}\n    steps: [{uses: \
         'docker://@step:1'}]\n",
    ),
];

const NAMES: [&str; 19] = [
    "init",
    "main",
    "ephemeral",
    "volume",
    "cron",
    "syntax",
    "from",
    "copy",
    "mount",
    "onbuild",
    "built",
    "context",
    "service",
    "kustomize",
    "dev",
    "feature",
    "job",
    "db",
    "step",
];

/// REF-08 (policy-controller 675921f3): an image in a place that nobody looks at runs unverified.
#[test]
fn ref_08_every_place_that_names_an_image_is_verified() {
    let world = World::new(WorldOptions::default());
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let sandbox = Sandbox::for_registry(&world, &registry);
    let repository = format!("{}/places/", registry.host());
    for (file, text) in FILES {
        sandbox.write(file, text.replace('@', &repository));
    }
    for name in NAMES {
        let pushed = registry.push_image(&format!("places/{name}"), &ImageSpec::named(name));
        registry.tag(&format!("places/{name}"), "1", &pushed.digest);
    }
    let report = sandbox.program(["check", "--now", NOW, "--format", "json"]).run().exits(1).report();
    assert_eq!(report["errors"], serde_json::json!([]));
    let rows = report["results"].as_array().unwrap().iter().filter(|row| row["reason"] == "unsigned");
    let refused: BTreeSet<(&str, &str)> = rows
        .map(|row| (row["subject"]["name"].as_str().unwrap(), row["location"]["file"].as_str().unwrap()))
        .collect();
    let expected: Vec<String> = NAMES.iter().map(|name| format!("{repository}{name}:1")).collect();
    let file_of = |name: &&str| {
        let written = format!("@{name}");
        FILES.iter().find(|(_, text)| text.contains(&written)).unwrap().0
    };
    let files = NAMES.iter().map(file_of);
    assert_eq!(refused, expected.iter().map(String::as_str).zip(files).collect());
    assert_eq!(report["summary"]["failed"], NAMES.len());
}

/// Files that others name as Dockerfiles are read as such, or told.
#[test]
fn dockerfiles_by_other_names() {
    let sandbox = Sandbox::new();
    sandbox.write("deploy/build.txt", "FROM evil:txt\n");
    sandbox.write("deploy/left/build.txt", "FROM evil:left\n");
    sandbox.write("run.yaml", "FROM evil:yaml\n");
    sandbox.write("sub/Dockerfile", "FROM evil:own\n");
    sandbox.write(
        "deploy/compose.yaml",
        "services:\n  a: {build: {dockerfile: build.txt}}\n  b: {build: {context: .., dockerfile: ./sub/../run.yaml}}\n  \
         c: {build: {context: ../sub, dockerfile: Dockerfile}}\n  d: {build: {dockerfile: gone.txt}}\n  e: {build: \
         {context: left, dockerfile: build.txt}}\n  f: {build: {dockerfile: build.txt}}\n",
    );
    let run = sandbox.program(["image", "scan", "--exclude", "deploy/left", "."]).run();
    let run = run.says("evil:txt").says("evil:yaml").says("evil:own");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(said.matches("evil:txt").count(), said.matches("evil:own").count(), "each once: {said}");
    assert!(!said.contains("evil:left"), "{said}");
    assert!(
        said.contains("deploy/compose.yaml:5:27 named-file gone.txt unresolved: there is no such file here"),
        "{said}"
    );
    // What one file names is read too: it lies in the same tree.
    let alone = sandbox.program(["image", "scan", "deploy/compose.yaml"]).run();
    alone.says("deploy/build.txt:1:6 dockerfile-from docker.io/library/evil:txt");
}
