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
