//! What workflows, kustomizations, dev containers and stacks use of the tree around them is read, or told.

use crate::support::{Run, Sandbox};

/// A tree with the root of a repository.
fn tree(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".git/HEAD", "");
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox
}

fn scan(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.program(["image", "scan"].into_iter().chain(arguments.iter().copied())).run()
}

/// Places of files that were not read: `file:line:column name`.
fn unread(run: &Run) -> Vec<String> {
    let lines = run.stdout.lines().filter(|line| line.contains(" named-file "));
    lines.map(|line| line.replace(" named-file", "").replace(" unresolved:", ":")).collect()
}

fn says_each(run: &Run, images: &[&str]) {
    for image in images {
        let count = run.stdout.matches(&format!("evil.example/{image}:1")).count();
        assert_eq!(count, 1, "{image}: {}", run.stdout);
    }
}

const MISSING: &str = "there is no such file here";

#[test]
fn what_a_workflow_uses_of_its_repository() {
    let action = |image: &str| format!("runs: {{using: docker, image: 'docker://evil.example/{image}:1'}}\n");
    let sandbox = tree(&[
        (
            ".github/workflows/a.yml",
            "on: push\njobs:\n  a:\n    steps:\n    - uses: ./node_modules/act\n    - uses: ./target/act\n    - uses: ./gone\n    \
             - uses: actions/checkout@v4\n      with: {path: src}\n    - uses: actions/checkout@v4\n      with: {path: ext, repository: \
             a/b}\n    - uses: ./src/own\n    - uses: ./ext/act\n    - uses: docker/build-push-action@v6\n      with: {context: ., file: \
             x.conf}\n    - uses: docker/build-push-action@v6\n      with: {context: made}\n    - uses: docker/build-push-action@v6\n      \
             with: {context: node_modules/app}\n  b: {uses: ./.github/workflows/gone.yml}\n  c: {uses: ./.github/workflows/c.yml}\n",
        ),
        (".github/workflows/c.yml", "on: workflow_call\njobs: {a: {container: 'evil.example/reused:1'}}\n"),
        ("node_modules/act/action.yml", &action("packaged")),
        ("node_modules/app/Dockerfile", "FROM evil.example/app:1\n"),
        ("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"),
        ("target/act/action.yaml", &action("output")),
        (
            "own/action.yml",
            "runs: {using: composite, steps: [{uses: ./node_modules/deep}, {uses: ./of-the-user}]}\n",
        ),
        ("node_modules/deep/Dockerfile", "FROM evil.example/deep:1\n"),
        ("x.conf", "FROM evil.example/named:1\n"),
        // Where none is run it is not known what its root holds.
        ("docs/ci.yml", "on: push\njobs: {a: {steps: [{uses: ./gone-too}]}}\n"),
    ]);
    let run = scan(&sandbox, &["."]).exits(1);
    says_each(&run, &["packaged", "output", "deep", "named", "app", "reused"]);
    let told = unread(&run);
    let expected = [
        format!(".github/workflows/a.yml:7:13 ./gone: {MISSING}"),
        format!(".github/workflows/a.yml:17:23 made: {MISSING}"),
        format!(".github/workflows/a.yml:20:13 ./.github/workflows/gone.yml: {MISSING}"),
    ];
    assert_eq!(told, expected, "{}", run.stdout);
    // The help is right: what is left out is told no more.
    let run = scan(&sandbox, &["--format", "markdown", "."]).exits(1);
    let run = run.says("--exclude 'gone'").says("--exclude 'made/Dockerfile'");
    run.says("--exclude '.github/workflows/gone.yml'");
    let run = scan(
        &sandbox,
        &[
            "--exclude",
            "gone",
            "--exclude",
            "made/Dockerfile",
            "--exclude",
            ".github/workflows/gone.yml",
            ".",
        ],
    );
    assert!(unread(&run).is_empty(), "{}", run.stdout);
    // From a workflow alone the same is found.
    let run = scan(&sandbox, &[".github/workflows/a.yml"]).exits(1);
    says_each(&run, &["packaged", "output", "deep", "named", "app", "reused"]);
}

#[test]
fn what_the_build_of_a_workflow_is_given() {
    let sandbox = tree(&[
        (
            ".github/workflows/a.yml",
            "on: push\nenv: {OF_ENV: 'evil.example/env:1'}\njobs:\n  a:\n    strategy: {matrix: {v: [1, 2]}}\n    steps:\n    - uses: \
             docker/build-push-action@v6\n      with:\n        build-args: |\n          A=evil.example/root:1\n          V=${{ matrix.v }}\n    \
             - uses: docker/build-push-action@v6\n      with: {context: app, build-args: 'A=${{ env.OF_ENV }}'}\n    - uses: \
             docker/build-push-action@v6\n      with: {context: app, build-args: 'A=${{ inputs.a }}'}\n",
        ),
        ("Dockerfile", "ARG A=alpine:3\nARG V\nFROM $A\nFROM debian:$V\n"),
        ("app/Dockerfile", "ARG A=alpine:3\nARG V=7\nFROM $A\nFROM busybox:$V\n"),
    ]);
    let run = scan(&sandbox, &["."]).exits(1);
    says_each(&run, &["root", "env"]);
    let run = run
        .says("library/debian:1")
        .says("library/debian:2")
        .says("library/busybox:7")
        .says("`${{ inputs.a }}`");
    // What one build is given is not what another is.
    for other in ["library/busybox:1", "library/busybox:2"] {
        assert!(!run.stdout.contains(other), "{other}: {}", run.stdout);
    }
}

#[test]
fn what_configures_kustomize() {
    let pod = |image: &str| {
        format!("kind: Pod\napiVersion: v1\nspec: {{containers: [{{image: 'evil.example/{image}:1'}}]}}\n")
    };
    let sandbox = tree(&[
        (
            "k/kustomization.yaml",
            "transformers:\n- t.conf\n- dir\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  path: inline.conf\n",
        ),
        (
            "k/t.conf",
            "apiVersion: builtin\nkind: PatchStrategicMergeTransformer\npaths: [p.conf]\n---\napiVersion: builtin\nkind: \
             ImageTagTransformer\nimageTag: {name: x, newName: evil.example/tag, newTag: '1'}\n",
        ),
        ("k/p.conf", &pod("patch")),
        ("k/inline.conf", &pod("inline")),
        ("k/dir/kustomization.yaml", "resources: [f.conf]\n"),
        (
            "k/dir/f.conf",
            "apiVersion: example.com/v1\nkind: F\nmetadata:\n  annotations:\n    config.kubernetes.io/function: '{container: {image: \
             evil.example/function:1}}'\n",
        ),
    ]);
    let run = scan(&sandbox, &["."]).exits(1);
    says_each(&run, &["patch", "tag", "inline", "function"]);
    assert!(unread(&run).is_empty(), "{}", run.stdout);
}

#[test]
fn what_dev_containers_and_stacks_name() {
    let sandbox = tree(&[
        (
            ".devcontainer/devcontainer.json",
            "{\"build\": {\"dockerfile\": \"Dockerfile\", \"options\": [\"-f\", \"x.conf\"]}, \"features\": {\"./f\": {}, \"./g\": {}}}",
        ),
        (".devcontainer/Dockerfile", "FROM scratch\n"),
        (".devcontainer/f/devcontainer-feature.json", "{\"dependsOn\": {\"evil.example/feature:1\": {}}}"),
        (".devcontainer/x.conf", "FROM evil.example/option:1\n"),
        ("x.conf", "FROM evil.example/around:1\n"),
        ("one/stack.yml", "services:\n  a:\n    extends: {file: base.conf, service: a}\n"),
        ("one/base.conf", "services: {a: {image: 'evil.example/extended:1'}}\n"),
        ("two/stack.yml", "include: [base.conf]\n"),
        ("two/base.conf", "services: {a: {image: 'evil.example/included:1'}}\n"),
    ]);
    let run = scan(&sandbox, &["."]).exits(1);
    says_each(&run, &["feature", "option", "around", "extended", "included"]);
    assert_eq!(
        unread(&run),
        [format!(".devcontainer/devcontainer.json:1:95 ./g: {MISSING}")],
        "{}",
        run.stdout
    );
}
