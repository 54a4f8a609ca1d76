//! What compose files and dev containers have built: every Dockerfile that may be, of every image that it may be built of.

use std::os::unix::fs::symlink;

use crate::support::{Run, Sandbox};

fn scan(sandbox: &Sandbox) -> Run {
    sandbox.program(["image", "scan", "."]).run()
}

/// A tree with the root of a repository.
fn tree(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".git/HEAD", "");
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox
}

/// The lines of the listing, without their places in the line.
fn lines(run: &Run) -> Vec<String> {
    let listed = run
        .stdout
        .lines()
        .take_while(|line| !line.contains(" references in ") && !line.contains("1 reference in"));
    let listed = listed.filter(|line| !line.starts_with("  ") && !line.starts_with("note: "));
    listed.map(|line| line.replace("docker.io/library/", "")).collect()
}

/// Scans these files; each line of what is expected is in the listing, and no image that is called `absent`.
fn expect(files: &[(&str, &str)], exit: i32, expected: &[&str]) -> Run {
    let sandbox = tree(files);
    let run = scan(&sandbox).exits(exit);
    let lines = lines(&run);
    for one in expected {
        assert!(lines.iter().any(|line| line == one), "{one}\n{}", lines.join("\n"));
    }
    assert!(!run.stdout.contains("absent"), "{}", lines.join("\n"));
    run
}

#[test]
fn arguments_of_a_build_win_over_the_defaults_of_the_dockerfile() {
    let dockerfile = "ARG BASE=good:1\nARG TAG=2\nFROM $BASE\nFROM x:$TAG\nFROM $NONE\n";
    let run = expect(
        &[
            ("Dockerfile", dockerfile),
            (
                "compose.yaml",
                "services:\n  a: {build: {context: ., args: {BASE: 'given:1', OTHER: absent}}}\n",
            ),
        ],
        1,
        &[
            "Dockerfile:3:6 dockerfile-from good:1, by the default of BASE",
            "Dockerfile:3:6 dockerfile-from given:1, by what the build at compose.yaml:2:24 gives as BASE",
            "Dockerfile:4:6 dockerfile-from x:2, by the default of TAG",
        ],
    );
    assert_eq!(run.stdout.matches("x:2").count(), 1, "{}", run.stdout);
    // As a list, part of a value, and handed on from .env; of what no file says, the default stands.
    expect(
        &[
            ("d/x.conf", dockerfile),
            (".env", "TAG=from-env\n"),
            (
                "compose.yaml",
                "services:\n  a:\n    build:\n      context: d\n      dockerfile: x.conf\n      args: [TAG, UNKNOWN, 'BASE=$B']\n",
            ),
        ],
        1,
        &[
            "d/x.conf:3:6 dockerfile-from $BASE unresolved: the variable `B` has no value here, by what the build at \
             compose.yaml:5:19 gives as BASE",
            "d/x.conf:4:6 dockerfile-from x:from-env, by what the build at compose.yaml:5:19 gives as TAG",
        ],
    );
    expect(
        &[
            (".devcontainer/Dockerfile", "ARG VARIANT=1\nFROM dev:$VARIANT\n"),
            (
                ".devcontainer/devcontainer.json",
                "{\"build\": {\"dockerfile\": \"Dockerfile\", // c\n\"args\": {\"VARIANT\": \"given\"}}}",
            ),
        ],
        1,
        &[".devcontainer/Dockerfile:2:6 dockerfile-from dev:given, by what the build at \
           .devcontainer/devcontainer.json:1:27 gives as VARIANT"],
    );
}

#[test]
fn what_several_files_say_of_one_build_is_put_together() {
    expect(
        &[
            ("compose.yaml", "services: {a: {build: {context: ctx, args: {A: one}}}, b: {build: apart}}\n"),
            ("compose.override.yaml", "services: {a: {build: {dockerfile: x.conf, args: {B: two}}}}\n"),
            ("ctx/x.conf", "ARG A=1\nARG B=2\nFROM r/$A:$B\n"),
            ("x.conf", "FROM decoy:1\n"),
            ("apart/Dockerfile", "ARG A=1\nFROM apart:$A\n"),
        ],
        1,
        &[
            "ctx/x.conf:3:6 dockerfile-from docker.io/r/1:2, by the default of A, B",
            "ctx/x.conf:3:6 dockerfile-from docker.io/r/one:2, by the default of B, by what the build at \
             compose.yaml:1:33 gives as A",
            "ctx/x.conf:3:6 dockerfile-from docker.io/r/one:two, by what the build at compose.yaml:1:33 gives as A",
            "x.conf:1:6 dockerfile-from decoy:1",
            // Of another service.
            "apart/Dockerfile:2:6 dockerfile-from apart:1, by the default of A",
        ],
    );
    // Through a service of another name, in another file.
    let run = expect(
        &[
            (
                "app/compose.yaml",
                "services: {web: {extends: {file: ../base.conf, service: common}, build: {dockerfile: w}}}\n",
            ),
            ("base.conf", "services: {common: {build: {context: ./ctx}}}\n"),
            ("ctx/w", "FROM real:1\n"),
            ("ctx/Dockerfile", "FROM other:1\n"),
        ],
        1,
        &["ctx/w:1:6 dockerfile-from real:1", "ctx/Dockerfile:1:6 dockerfile-from other:1"],
    );
    assert!(!run.stdout.contains("unresolved:"), "{}", run.stdout);
}

/// Services that extend one common service are builds of their own.
#[test]
fn builds_that_share_a_part_do_not_exchange_arguments() {
    let compose = "services:\n  base: {build: {context: ., args: {V: common}}}\n  api: {extends: base, build: {args: {N: api}}}\n  \
                   web: {extends: base, build: {args: {N: web, V: own}}}\n";
    let run = expect(
        &[("Dockerfile", "ARG N=n\nARG V=v\nFROM r/$N:$V\n"), ("compose.yaml", compose)],
        1,
        &[
            "Dockerfile:3:6 dockerfile-from docker.io/r/api:common, by what the build at compose.yaml:3:31 gives as N",
            "Dockerfile:3:6 dockerfile-from docker.io/r/web:own, by what the build at compose.yaml:4:31 gives as N",
        ],
    );
    assert!(!run.stdout.contains("r/api:own"), "{}", run.stdout);
}

/// Values of .env are those of build arguments, whether anything else has a variable or not.
#[test]
fn arguments_have_the_values_of_dotenv() {
    for args in ["{BASE: '${BASE:-good:1}'}", "['BASE=${BASE:-good:1}']", "{BASE: }", "[BASE]"] {
        let text = format!("services:\n  a: {{build: {{context: ., args: {args}}}}}\n");
        let files = [
            ("compose.yaml", text.as_str()),
            (".env", "BASE=from-env:1\n"),
            ("Dockerfile", "ARG BASE=good:1\nFROM $BASE\n"),
        ];
        expect(
            &files,
            1,
            &[
                "Dockerfile:2:6 dockerfile-from from-env:1, by what the build at compose.yaml:2:24 gives as BASE",
            ],
        );
    }
}

/// What is reached when a file is read again is told as what is reached at first.
#[test]
fn more_ways_to_build_than_are_looked_at_are_told() {
    let service = |n: usize| format!("  s{n}: {{build: {{context: ., args: {{N: 'r{n}'}}}}}}\n");
    let compose = format!("services:\n{}", (0..300).map(service).collect::<String>());
    let sandbox = tree(&[("compose.yaml", &compose), ("Dockerfile", "ARG N=n\nFROM $N:1\n")]);
    scan(&sandbox).exits(1).says("the limit of 256 ways to build it is reached");
}

#[test]
fn every_place_that_a_name_may_mean_is_read() {
    // From the directory of the file, and from the one that its includer names.
    expect(
        &[
            ("compose.yaml", "include: [{path: sub/more.yaml, project_directory: .}]\n"),
            ("sub/more.yaml", "services: {a: {build: ctx}}\n"),
            (
                "sub/ctx/Dockerfile",
                "FROM good@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
            ),
            ("ctx/Dockerfile", "FROM project:1\n"),
        ],
        1,
        &["ctx/Dockerfile:1:6 dockerfile-from project:1"],
    );
    let sandbox = tree(&[
        (
            "compose.yaml",
            "include: [sub/stack.conf, 'blank.conf ', gone/../lexical.conf, link/../after.conf]\n",
        ),
        ("other/stack.yaml", "services: {a: {extends: {file: base.conf, service: a}}, b: {image: beside}}\n"),
        ("other/base.conf", "services: {a: {image: beside-target}}\n"),
        ("sub/base.conf", "services: {a: {image: beside-link}}\n"),
        ("blank.conf ", "services: {a: {image: blank}}\n"),
        ("lexical.conf", "services: {a: {image: lexical}}\n"),
        ("after.conf", "services: {a: {image: by-its-words}}\n"),
        ("deep/b/real/compose.yaml", "services: {a: {extends: {file: ../base.conf, service: a}}}\n"),
        ("deep/b/base.conf", "services: {a: {image: above-target}}\n"),
        ("base.conf", "services: {a: {image: above-link}}\n"),
    ]);
    symlink("../other/stack.yaml", sandbox.path("sub/stack.conf")).unwrap();
    symlink("deep/b/real", sandbox.path("link")).unwrap();
    let run = scan(&sandbox).exits(1);
    for image in
        ["beside-target", "beside-link", "blank", "lexical", "by-its-words", "above-target", "above-link"]
    {
        assert!(
            run.stdout.contains(&format!("compose-image docker.io/library/{image}:latest")),
            "{image}\n{}",
            run.stdout
        );
    }
    assert!(!run.stdout.contains("unresolved:"), "{}", run.stdout);
}

#[test]
fn what_another_file_has_does_not_hide_what_is_missing() {
    let one = |context: &str| format!("services: {{web: {{build: {context}}}}}\n");
    expect(
        &[
            ("compose.yaml", &one("app")),
            ("compose.dev.yaml", &one("generated")),
            ("app/Dockerfile", "FROM app:1\n"),
        ],
        1,
        &["compose.dev.yaml:1:25 named-file generated unresolved: there is no such file here"],
    );
}

#[test]
fn a_dockerfile_in_lower_case_is_taken_for_the_other() {
    let run = expect(
        &[("compose.yaml", "services: {a: {build: ctx}}\n"), ("ctx/dockerfile", "FROM lower:1\n")],
        1,
        &["ctx/dockerfile:1:6 dockerfile-from lower:1"],
    );
    assert!(!run.stdout.contains("unresolved:"), "{}", run.stdout);
}

#[test]
fn an_image_that_is_built_here_and_pulled_by_another_file_is_told() {
    let base = "services: {a: {build: ., image: app:1, pull_policy: build}}\n";
    let dockerfile = "FROM good@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
    let told = |by: &str| {
        format!(
            "compose.yaml:1:33 compose-built-image app:1 unresolved: it is built here, and `{by}` has it pulled"
        )
    };
    for over in ["pull_policy: always", "build: !reset null", "pull_policy: !reset null", "build: null"] {
        let text = format!("services: {{a: {{{over}}}}}\n");
        let files = [("Dockerfile", dockerfile), ("compose.yaml", base), ("compose.prod.yaml", &text)];
        expect(&files, 1, &[&told("compose.prod.yaml")]);
    }
    let extended = format!("{base}  b: {{extends: a, pull_policy: missing}}\n")
        .replace("{a: {", "\n  a: {")
        .replace("}}\n  b", "}\n  b");
    let run = scan(&tree(&[("Dockerfile", dockerfile), ("compose.yaml", &extended)])).exits(1);
    run.says("app:1 unresolved: it is built here, and `compose.yaml` has it pulled");
    // What stays as it is, and what is not its service.
    for over in [
        "a: {pull_policy: never}",
        "a: {build: {target: x}}",
        "b: {image: 'good@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', pull_policy: always}",
    ] {
        let text = format!("services: {{{over}}}\n");
        let sandbox =
            tree(&[("Dockerfile", dockerfile), ("compose.yaml", base), ("compose.prod.yaml", &text)]);
        let run = scan(&sandbox).exits(0);
        assert!(!run.stdout.contains("app:1"), "{}", run.stdout);
    }
}

#[test]
fn what_a_named_context_brings_in_is_told() {
    let contexts = "{a: 'docker-image://img:1', b: 'https://x.test/y.git', c: $C, d: $D, e: 'oci-layout:///x', f: ./dir, g: 'service:z'}";
    let text = format!(
        "services:\n  a: {{build: {{dockerfile_inline: FROM a, additional_contexts: {contexts}}}}}\n"
    );
    expect(
        &[("compose.yaml", &text), (".env", "D=docker-image://env:1\n")],
        1,
        &[
            "compose.yaml:2:83 compose-context img:1",
            "compose.yaml:2:95 named-file https://x.test/y.git unresolved: it lies elsewhere, and is fetched when it is used",
            "compose.yaml:2:121 named-file $C unresolved: the variable `C` has no value here",
        ],
    )
    .says("env:1, by the value of D in .env")
    .says("oci-layout:///x unresolved: it lies elsewhere");
}

/// A pinned image, that is no finding.
const GOOD: &str = "good@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What another file gives to a service reaches the Dockerfile that is written in it.
#[test]
fn a_dockerfile_in_a_compose_file_has_the_arguments_of_other_files() {
    let inline = format!(
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        ARG V={GOOD}\n        FROM $$V\n"
    );
    let files = [
        ("compose.yaml", inline.as_str()),
        (
            "compose.override.yaml",
            "services: {a: {build: {args: {V: 'evil:1'}}}, b: {build: {args: {V: absent}}}}\n",
        ),
    ];
    expect(
        &files,
        1,
        &[
            "compose.yaml:6:15 dockerfile-from evil:1, by what the build at compose.override.yaml:1:23 gives as V",
        ],
    );
    // Of another service, and of none.
    let other = [files[0], ("compose.override.yaml", "services: {b: {build: {args: {V: 'evil:1'}}}}\n")];
    expect(&other, 0, &[]);
}

/// Stages by platform are no images (Docker documentation, "Multi-platform builds").
#[test]
fn a_stage_for_each_platform_is_a_stage() {
    let text = format!(
        "ARG TARGETARCH\nFROM {GOOD} AS build-amd64\nFROM {GOOD} AS build-arm64\nFROM build-${{TARGETARCH}} AS a\n\
         FROM a-${{TARGETOS}}\nFROM build-$TARGETARCH$OTHER\n"
    );
    expect(
        &[("Dockerfile", &text)],
        1,
        &[
            "Dockerfile:5:6 dockerfile-from a-${TARGETOS} unresolved: the variable `TARGETOS` has no value here",
            "Dockerfile:6:6 dockerfile-from build-$TARGETARCH$OTHER unresolved: the variable `TARGETARCH` has no value here",
        ],
    );
    expect(&[("Dockerfile", text.split_at(text.find("FROM a-").unwrap()).0)], 0, &[]);
}

/// An argument without a default is what the builds give; where none would be an image too, it is told.
#[test]
fn an_argument_without_a_default_is_what_is_given() {
    let compose = format!("services: {{a: {{build: {{context: ., args: {{V: '{GOOD}', S: ':1'}}}}}}}}\n");
    let compose = compose.as_str();
    expect(&[("Dockerfile", "ARG V\nFROM $V\n"), ("compose.yaml", compose)], 0, &[]);
    expect(
        &[("Dockerfile", "ARG V\nFROM $V\n")],
        1,
        &["Dockerfile:2:6 dockerfile-from $V unresolved: the variable `V` has no value here"],
    );
    expect(
        &[("Dockerfile", "ARG S\nFROM a$S\n"), ("compose.yaml", compose)],
        1,
        &["Dockerfile:2:6 dockerfile-from a$S unresolved: the variable `S` has no value here"],
    );
}

/// A name is a context only if every build has it; whoever has not pulls the image of that name.
#[test]
fn named_contexts_count_without_arguments() {
    let compose = format!(
        "services: {{a: {{build: {{context: ., additional_contexts: {{base: 'docker-image://{GOOD}'}}}}}}}}\n"
    );
    let workflow = |inputs: &str| {
        format!(
            "on: push\njobs: {{a: {{steps: [{{uses: docker/build-push-action@v6, with: {{{inputs}}}}}]}}}}\n"
        )
    };
    let (dockerfile, ci) = (("Dockerfile", "FROM base\n"), ".github/workflows/ci.yml");
    let pulled = "Dockerfile:1:6 dockerfile-from base:latest";
    expect(&[dockerfile, ("compose.yaml", &compose)], 0, &[]);
    let also = workflow(&format!("context: ., build-contexts: 'base=docker-image://{GOOD}'"));
    expect(&[dockerfile, ("compose.yaml", &compose), (ci, &also)], 0, &[]);
    expect(&[dockerfile, ("compose.yaml", &compose), (ci, &workflow("context: ."))], 1, &[pulled]);
    expect(&[dockerfile, ("compose.yaml", &compose), (ci, &workflow("push: true"))], 1, &[pulled]);
    // What another file adds may be left out.
    expect(
        &[
            dockerfile,
            ("compose.yaml", "services: {a: {build: .}}\n"),
            ("compose.prod.yaml", &compose.replace("context: ., ", "")),
        ],
        1,
        &[pulled],
    );
    // A name that a variable gives may be another.
    expect(
        &[dockerfile, ("compose.yaml", &compose.replace("{base: '", "['${N:-base}=").replace("'}", "']"))],
        1,
        &[pulled],
    );
}

/// What `build` of a dev container gives holds for the Dockerfile of old versions.
#[test]
fn the_old_dockerfile_of_a_dev_container_has_the_arguments_of_build() {
    let dockerfile = format!("ARG V={GOOD}\nFROM $V\n");
    expect(
        &[
            (".devcontainer/Dockerfile", &dockerfile),
            (
                ".devcontainer/devcontainer.json",
                "{\"dockerFile\": \"Dockerfile\", \"build\": {\"args\": {\"V\": \"evil:1\"}}}",
            ),
        ],
        1,
        &[".devcontainer/Dockerfile:2:6 dockerfile-from evil:1, by what the build at \
           .devcontainer/devcontainer.json:1:17 gives as V"],
    );
}

/// A `.github` that lies elsewhere than in the root is none that workflows mean.
#[test]
fn the_root_of_a_repository_is_where_git_has_it() {
    let files = [
        (".github/workflows/ci.yml", "on: push\njobs: {a: {steps: [{uses: ./.github/act}]}}\n"),
        (".github/.github/act/action.yml", "runs: {using: docker, image: Dockerfile}\n"),
        (".github/.github/act/Dockerfile", "FROM decoy:1\n"),
        (".github/act/action.yml", "runs: {using: docker, image: x.conf}\n"),
        (".github/act/x.conf", "FROM real:1\n"),
    ];
    let real = ".github/act/x.conf:1:6 dockerfile-from real:1";
    expect(&files, 1, &[real]);
    // Without git it is not known which is meant: all are read.
    let sandbox = tree(&files);
    std::fs::remove_dir_all(sandbox.path(".git")).unwrap();
    let run = scan(&sandbox).exits(1);
    assert!(lines(&run).iter().any(|line| line == real), "{}", run.stdout);
}

/// What a workflow gives as arguments, whatever writes it.
#[test]
fn arguments_of_a_workflow_are_what_the_step_has() {
    let dockerfile = format!("ARG V={GOOD}\nFROM $V\n");
    let ci = |step: &str| {
        format!(
            "on: push\nenv: {{V: 'evil:1'}}\njobs:\n  a:\n    strategy: {{matrix: {{line: ['V=evil:1'], v: [1, 3.10]}}}}\n    steps:\n{step}"
        )
    };
    let build = |args: &str| {
        format!(
            "    - uses: docker/build-push-action@v6\n      with: {{context: ., build-args: \"{args}\"}}\n"
        )
    };
    let from = |rest: &str| format!("Dockerfile:2:6 dockerfile-from {rest}");
    let rows = [
        (build("V"), from("evil:1, by what the build at .github/workflows/ci.yml:8:23 gives as V")),
        (
            build("${{ matrix.line }}"),
            from("evil:1, by what the build at .github/workflows/ci.yml:8:23 gives as V"),
        ),
        (
            build("V=x:${{ matrix.v }}"),
            from(
                "$V unresolved: the expression `x:${{ matrix.v }}` is evaluated by GitHub Actions, by what the build at \
                 .github/workflows/ci.yml:8:23 gives as V",
            ),
        ),
        (
            format!("    - run: ./x\n{}", build("V")),
            from(
                "$V unresolved: `V` may have another value here: a step before this one runs what may write GITHUB_ENV, \
                 by what the build at .github/workflows/ci.yml:9:23 gives as V",
            ),
        ),
    ];
    for (step, expected) in rows {
        expect(&[("Dockerfile", &dockerfile), (".github/workflows/ci.yml", &ci(&step))], 1, &[&expected]);
    }
    let open =
        [("Dockerfile", dockerfile.as_str()), (".github/workflows/ci.yml", &ci(&build("${{ inputs.x }}")))];
    scan(&tree(&open)).exits(1).says("`${{ inputs.x }}` may give any build argument");
}

/// Compose files of different directories that nothing here names together: `docker compose -f base/compose.yaml -f ci/override.yaml`.
#[test]
fn what_only_adds_to_a_service_adds_wherever_it_is_built() {
    let dockerfile = format!("ARG V={GOOD}\nFROM $V\n");
    let files = [
        ("base/compose.yaml", "services: {a: {build: .}, b: {build: other}}\n"),
        ("base/Dockerfile", dockerfile.as_str()),
        ("base/other/Dockerfile", &dockerfile),
        ("ci/override.yaml", "services: {a: {build: {args: {V: 'evil:1'}}}}\n"),
    ];
    let run = expect(
        &files,
        1,
        &[
            "base/Dockerfile:2:6 dockerfile-from evil:1, by what the build at ci/override.yaml:1:23 gives as V",
        ],
    );
    assert!(
        !run.stdout.contains("base/other/Dockerfile:2:6 dockerfile-from docker.io/library/evil"),
        "{}",
        run.stdout
    );
}

/// Files that are named together are merged, and their paths count from the first.
#[test]
fn compose_files_that_are_named_together_are_one_project() {
    let dockerfile = format!("ARG V={GOOD}\nFROM $V\n");
    for (path, list) in [
        (".env", "COMPOSE_FILE=base/compose.yaml:ci/override.yaml\n"),
        (
            ".devcontainer/devcontainer.json",
            "{\"dockerComposeFile\": [\"../base/compose.yaml\", \"../ci/override.yaml\"]}",
        ),
    ] {
        let files = [
            (path, list),
            ("base/compose.yaml", "services: {a: {build: {context: app, args: {V: 'evil:1'}}}}\n"),
            ("ci/override.yaml", "services: {a: {build: {context: app, dockerfile: x.conf}}}\n"),
            ("base/app/x.conf", dockerfile.as_str()),
            ("base/app/Dockerfile", "FROM scratch\n"),
        ];
        expect(
            &files,
            1,
            &[
                "base/app/x.conf:2:6 dockerfile-from evil:1, by what the build at base/compose.yaml:1:33 gives as V",
            ],
        );
    }
}

/// Targets of bake are builds as services are.
#[test]
fn targets_of_bake_are_builds() {
    let dockerfile = format!("ARG V={GOOD}\nARG W={GOOD}\nFROM $V\nFROM $W\n");
    let bake = "target \"base\" { args = { V = \"evil:1\" } }\ntarget \"app\" {\n  inherits = [\"base\"]\n  \
                dockerfile = \"ctx/x.conf\"\n}\ntarget \"in\" {\n  inherits = [\"base\"]\n  \
                dockerfile-inline = <<EOT\nARG V=good\nFROM $V\nEOT\n}\n";
    let files = [
        ("docker-bake.hcl", bake),
        ("docker-bake.override.json", "{\"target\": {\"app\": {\"args\": {\"W\": \"evil:2\"}}}}"),
        ("ctx/x.conf", dockerfile.as_str()),
    ];
    expect(
        &files,
        1,
        &[
            "ctx/x.conf:3:6 dockerfile-from evil:1, by what the build at docker-bake.hcl:1:9 gives as V",
            "ctx/x.conf:4:6 dockerfile-from evil:2, by what the build at docker-bake.override.json:1:13 gives as W",
            "docker-bake.hcl:10:6 dockerfile-from evil:1, by what the build at docker-bake.hcl:1:9 gives as V",
        ],
    );
    // A file of another name, that a workflow has built.
    let ci = "on: push\njobs: {a: {steps: [{uses: docker/bake-action@v6, with: {files: ci/b.conf}}]}}\n";
    let named = [
        (".github/workflows/ci.yml", ci),
        ("ci/b.conf", "target \"a\" { contexts = { b = \"docker-image://evil:1\" } }"),
    ];
    expect(&named, 1, &["ci/b.conf:1:32 build-context evil:1"]);
}
