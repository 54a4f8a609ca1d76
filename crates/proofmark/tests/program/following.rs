//! Files that other files name are read, or told: none is passed over in silence.

use std::os::unix::fs::symlink;

use crate::support::{Run, Sandbox};

fn scan(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.program(["image", "scan"].into_iter().chain(arguments.iter().copied())).run()
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

/// Lines of the listing that tell files which were not read: `file:line:column name: why`.
fn unread(run: &Run) -> Vec<String> {
    let lines = run.stdout.lines().filter(|line| line.contains(" named-file "));
    lines.map(|line| line.replace(" named-file", "").replace(" unresolved:", ":")).collect()
}

const REMOTE: &str = "it lies elsewhere, and is fetched when it is used";
const MISSING: &str = "there is no such file here";

#[test]
fn what_a_compose_file_includes_or_extends() {
    let service = |image: &str| format!("services: {{a: {{image: '{image}'}}}}\n");
    let sandbox = tree(&[
        (
            "compose.yaml",
            "include:\n  - stack.conf\n  - path: [more.txt, sub/last]\n  - https://example.com/x.yaml\n  - oci://reg.test/x:1\n  \
             - ${F}/x.yaml\nservices:\n  a:\n    extends: {file: base.conf, service: x}\n  b: {extends: {file: ../out.conf, service: x}}\n  \
             c:\n    extends:\n      file: gone.conf\n      service: x\n",
        ),
        ("stack.conf", &service("evil:included")),
        ("more.txt", &service("evil:listed")),
        // A cycle ends.
        ("sub/last", &format!("include: [../compose.yaml, ../stack.conf]\n{}", service("evil:last"))),
        ("base.conf", &service("evil:extended")),
    ]);
    std::fs::write(sandbox.path("..").join("out.conf"), "services: {}\n").ok();
    let run = scan(&sandbox, &["."]).exits(1);
    for image in ["included", "listed", "last", "extended"] {
        assert_eq!(
            run.stdout.matches(&format!("library/evil:{image}")).count(),
            1,
            "{image}: {}",
            run.stdout
        );
    }
    let told = unread(&run);
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(told[0], format!("compose.yaml:4:5 https://example.com/x.yaml: {REMOTE}"));
    assert_eq!(told[1], "compose.yaml:6:5 ${F}/x.yaml: the variable `F` has no value here");
    assert!(told[2].starts_with("compose.yaml:10:23 ../out.conf: "), "{told:?}");
    assert_eq!(told[3], format!("compose.yaml:13:13 gone.conf: {MISSING}"));
    run.says("compose-include reg.test/x:1");
}

#[test]
fn a_finding_names_the_place_and_what_to_do() {
    let sandbox = tree(&[("compose.yaml", "include: [gone.conf, 'git@host.test:a/b']\n")]);
    let run = scan(&sandbox, &["--format", "markdown", "."]).exits(1);
    let run = run.says("image-unresolved").says("the file that this names was not read");
    let run = run.says("--exclude 'gone.conf'").says("docker compose config");
    sandbox.write("c/compose.yaml", "services: {a: {build: app}}\n");
    let built = scan(&sandbox, &["--format", "markdown", "c"]).exits(1);
    built.says("there is no such file here: app/Dockerfile").says("--exclude 'app/Dockerfile'");
    std::fs::remove_file(sandbox.path("c/compose.yaml")).unwrap();
    assert!(!run.stdout.contains("image-unpinned"), "{}", run.stdout);
    // What is known to be generated is left out by the name that it will have, and the report says so.
    let run = scan(&sandbox, &["--exclude", "gone.conf", "."]).exits(1);
    let run = run.says("note: left out, --exclude, and named by others: gone.conf");
    assert!(!run.stdout.contains("left nothing out"), "{}", run.stdout);
    assert_eq!(unread(&run).len(), 1, "{}", run.stdout);
    // The help is right wherever the search began.
    sandbox.write("a/b/compose.yaml", "include: [x/gone.conf, ../../gone.conf]\n");
    let run = scan(&sandbox, &["--format", "markdown", "a"]).exits(1).says("--exclude 'b/x/gone.conf'");
    run.says("--exclude 'gone.conf'");
    let run = scan(&sandbox, &["--exclude", "b/x/gone.conf", "--exclude", "gone.conf", "a"]).exits(4);
    assert!(unread(&run).is_empty(), "{}", run.stdout);
}

#[test]
fn what_a_kustomization_names() {
    let pod =
        |image: &str| format!("kind: Pod\napiVersion: v1\nspec: {{containers: [{{image: '{image}'}}]}}\n");
    let sandbox = tree(&[
        (
            "k/kustomization.yaml",
            "resources:\n- a.txt\n- ../node_modules/base\n- github.com/org/repo//dir?ref=x\n- https://example.com/x.yaml\n- \
             gitlab.test/org/repo?ref=1\n- empty\n- gone.yaml\nbases: [../../out]\ncomponents: [../other]\npatches:\n- path: \
             p.txt\n- patch: |\n    - {op: replace, path: /spec/containers/0/image, value: evil:inline}\npatchesStrategicMerge: \
             [s.txt]\npatchesJson6902: [{path: j.txt}]\nhelmCharts:\n- name: redis\n  repo: https://charts.test\n",
        ),
        ("k/a.txt", &pod("evil:resource")),
        ("node_modules/base/kustomization.yml", "resources: [x]\n"),
        ("node_modules/base/x", &pod("evil:skipped")),
        ("k/empty/README.md", ""),
        ("other/kustomization.yaml", "images: [{name: x, newName: 'evil', newTag: component}]\n"),
        ("k/p.txt", &pod("evil:patch")),
        ("k/s.txt", &pod("evil:strategic")),
        (
            "k/j.txt",
            "[{\"op\": \"replace\", \"path\": \"/spec/containers/0/image\", \"value\": \"evil:json\"}]",
        ),
    ]);
    let run = scan(&sandbox, &["."]).exits(1);
    for image in ["resource", "skipped", "component", "patch", "inline", "strategic", "json"] {
        assert_eq!(
            run.stdout.matches(&format!("library/evil:{image}")).count(),
            1,
            "{image}: {}",
            run.stdout
        );
    }
    let told = unread(&run);
    let whys: Vec<&str> = told.iter().map(|line| line.rsplit_once(": ").unwrap().1).collect();
    assert_eq!(whys.len(), 7, "{told:?}");
    assert_eq!(whys[..3], [REMOTE, REMOTE, REMOTE]);
    assert_eq!(whys[3..5], ["there is no kustomization in this directory", MISSING]);
    assert!(told[5].starts_with("k/kustomization.yaml:9:9 ../../out: "), "{told:?}");
    assert_eq!(
        told[6],
        "k/kustomization.yaml:18:9 redis: a Helm chart, whose images are known when it is rendered"
    );
}

#[test]
fn what_a_dev_container_composes() {
    let sandbox = tree(&[
        (
            ".devcontainer/devcontainer.json",
            "{\"dockerComposeFile\": [\"../stack.dev\", \"more.dev\", \"gone\"]}",
        ),
        ("stack.dev", "services: {a: {build: {context: app}}}\n"),
        // Paths count from the first file's directory.
        (".devcontainer/more.dev", "services: {a: {build: {dockerfile: Other}}, b: {build: {context: b}}}\n"),
        ("app/Other", "FROM evil:other\n"),
        ("app/Dockerfile", "FROM evil:own\n"),
        ("b/Dockerfile", "FROM evil:b\n"),
        ("one/.devcontainer.json", "{\"dockerComposeFile\": \"x\"}"),
        ("one/x", "services: {a: {image: 'evil:x'}}\n"),
    ]);
    let run = scan(&sandbox, &["."]).exits(1).says("evil:own").says("evil:b\n").says("evil:x");
    assert_eq!(unread(&run), [format!(".devcontainer/devcontainer.json:1:53 gone: {MISSING}")]);
    // The service's context is another file's.
    assert!(run.stdout.contains("evil:other"), "{}", run.stdout);
}

#[test]
fn what_a_build_reads() {
    let sandbox = tree(&[
        (
            "compose.yaml",
            "services:\n  a: {build: node_modules/x}\n  b: {build: {context: .svn}}\n  c: {build: https://example.com/repo.git}\n  \
             d: {build: {context: 'git@host.test:a/b', dockerfile: x}}\n  e: {build: gone}\n  f: {build: {target: x}}\n  g: {build: \
             {context: gone, dockerfile_inline: 'FROM evil:inline'}}\n  h: {build: '${CTX}'}\n  i: {build: '${CTX:-node_modules/y}'}\n",
        ),
        ("node_modules/x/Dockerfile", "FROM evil:modules\n"),
        ("node_modules/y/Dockerfile", "FROM evil:default\n"),
        (".svn/Dockerfile", "FROM evil:svn\n"),
        (".github/actions/a/action.yml", "runs: {using: docker, image: build.txt}\n"),
        (".github/actions/a/build.txt", "FROM evil:action\n"),
        (".github/workflows/x.yml", "on: push\njobs: {a: {steps: [{uses: ./.github/actions/a}]}}\n"),
        ("override/compose.yaml", "services: {a: {build: {context: app}}}\n"),
        ("override/compose.override.yaml", "services: {a: {build: {dockerfile: Dev}}}\n"),
        ("override/app/Dockerfile", "FROM evil:override\n"),
        ("override/app/Dev", "FROM evil:dev\n"),
    ]);
    let run = scan(&sandbox, &["."]).exits(1);
    for image in ["modules", "svn", "default", "inline", "action", "override", "dev"] {
        assert_eq!(
            run.stdout.matches(&format!("library/evil:{image}")).count(),
            1,
            "{image}: {}",
            run.stdout
        );
    }
    assert_eq!(
        unread(&run),
        [
            format!("compose.yaml:4:14 https://example.com/repo.git: {REMOTE}"),
            format!("compose.yaml:5:25 git@host.test:a/b: {REMOTE}"),
            format!("compose.yaml:6:14 gone: {MISSING}"),
            "compose.yaml:9:15 ${CTX}: the variable `CTX` has no value here".to_owned(),
        ]
    );
}

#[test]
fn what_is_left_out_is_told_wherever_it_lies() {
    let sandbox = tree(&[
        ("compose.yaml", "services: {a: {build: node_modules/x}, b: {image: 'a:1'}}\n"),
        ("node_modules/x/Dockerfile", "FROM evil:left\n"),
    ]);
    let run = scan(&sandbox, &["--exclude", "node_modules/x", "."]).exits(1);
    let run = run.says("left out, --exclude, and named by others: node_modules/x/Dockerfile");
    assert!(!run.stdout.contains("left nothing out") && !run.stdout.contains("evil"), "{}", run.stdout);
}

#[test]
fn links_lead_no_further_than_the_tree() {
    let sandbox = tree(&[
        ("r/.git/HEAD", ""),
        ("r/compose.yaml", "include: [out, in, dir, ../outside.conf]\n"),
        ("r/deep/x.conf", "services: {a: {image: 'evil:in'}}\n"),
        ("outside.conf", "services: {a: {image: 'evil:out'}}\n"),
    ]);
    symlink("../outside.conf", sandbox.path("r/out")).unwrap();
    symlink("deep/x.conf", sandbox.path("r/in")).unwrap();
    std::fs::create_dir(sandbox.path("r/dir")).unwrap();
    let run = scan(&sandbox, &["r"]).exits(1).says("evil:in");
    assert!(!run.stdout.contains("evil:out"), "{}", run.stdout);
    let outside = "it lies outside the tree that is looked through";
    assert_eq!(
        unread(&run),
        [
            format!("r/compose.yaml:1:11 out: {outside}"),
            "r/compose.yaml:1:20 dir: it is no regular file".to_owned(),
            format!("r/compose.yaml:1:25 ../outside.conf: {outside}"),
        ]
    );
}

#[test]
fn what_is_named_and_cannot_be_read_is_an_error() {
    let sandbox = tree(&[
        ("compose.yaml", "include: [broken.conf, long.conf]\n"),
        ("broken.conf", "services: {a: [\n"),
        ("long.conf", &"#".repeat(9 << 20)),
    ]);
    let run = scan(&sandbox, &["."]).exits(3);
    run.says("broken.conf:1:15 error[file-not-parsed]").says("long.conf:1:1 error[limit]");
}

/// Each file names the next: what is behind the last that is read is told.
#[test]
fn a_chain_without_end_is_cut_and_told() {
    let sandbox = tree(&[]);
    for at in 0..70 {
        let text = format!("include: [{}.c]\nservices: {{a: {{image: 'evil:{at}'}}}}\n", at + 1);
        let name = if at == 0 { "compose.yaml".to_owned() } else { format!("{at}.c") };
        sandbox.write(&name, text);
    }
    let run = scan(&sandbox, &["."]).exits(1).says("evil:64");
    assert!(!run.stdout.contains("evil:65 "), "{}", run.stdout);
    assert_eq!(unread(&run), ["64.c:1:11 65.c: too many files name one another in a row"]);
}

/// What changes files changes those alone that it was asked about.
#[test]
fn pinning_stays_where_it_was_asked() {
    let sandbox = tree(&[
        ("a/compose.yaml", "include: [../b/stack.conf]\nservices: {a: {image: 'evil:a'}}\n"),
        ("b/stack.conf", "services: {a: {image: 'evil:b'}}\n"),
    ]);
    let run = sandbox.program(["image", "pin", "--check", "a"]).run().exits(1).says("evil:a");
    assert!(!run.stdout.contains("evil:b"), "{}", run.stdout);
    sandbox.program(["image", "pin", "--check", "."]).run().exits(1).says("evil:b");
}

/// Compose puts in what `.env` says, and no default.
#[test]
fn variables_have_the_values_of_dotenv() {
    let sandbox = tree(&[
        (
            "compose.yaml",
            "services:\n  a: {image: 'evil:${TAG:-good}'}\n  b: {image: '${NAME}'}\n  c: {image: 'x:${ODD:-1}'}\n  d: {image: \
             'y:${NONE:-1}'}\n  e: {build: '${CTX:-gone}'}\n  f: {image: 'z:1'}\n",
        ),
        (".env", "TAG=bad # c\nexport NAME='reg.test/n:1'\nODD=${OTHER}\nCTX=node_modules/x\nTOKEN=secret\n"),
        ("node_modules/x/Dockerfile", "FROM evil:built\n"),
    ]);
    let run = scan(&sandbox, &["."]).exits(1).says("library/evil:bad, by the value of TAG in .env");
    let run =
        run.says("reg.test/n:1, by the value of NAME in .env").says("library/y:1, by the default of NONE");
    let run = run
        .says("compose.yaml:4:15 compose-image x:${ODD:-1} unresolved: `ODD` is set in .env")
        .says("evil:built");
    assert!(!run.stdout.contains("evil:good") && !run.stdout.contains("secret"), "{}", run.stdout);
    // What is written elsewhere is pinned elsewhere.
    let pin = sandbox
        .program(["image", "pin", "--check", "."])
        .run()
        .exits(1)
        .says("compose.yaml:7:15 z:1 is not pinned");
    pin.says("is left: it is not rewritten: `TAG` has its value in .env");
    // Without the file the default holds.
    let left = scan(&sandbox, &["--exclude", ".env", "."]).says("evil:good, by the default of TAG");
    left.says("left out, --exclude: .env");
}

#[test]
fn variables_of_files_that_are_used_together() {
    let sandbox = tree(&[
        ("compose.yaml", "include:\n  - sub/compose.yaml\n  - {path: other/compose.yaml, env_file: given}\n"),
        (".env", "TAG=top\nSAME=1\n"),
        (
            "sub/compose.yaml",
            "services: {a: {image: 'evil:${TAG}'}, b: {image: 'x:${SAME}'}, c: {image: 'y:${OWN}'}}\n",
        ),
        ("sub/.env", "TAG=sub\nSAME=1\nOWN=2\n"),
        ("other/compose.yaml", "services: {a: {image: 'evil:${GIVEN:-default}'}}\n"),
        ("given", "GIVEN=given\n"),
    ]);
    let run = scan(&sandbox, &["."])
        .exits(1)
        .says("library/x:1, by")
        .says("library/y:2, by")
        .says("library/evil:given");
    run.says("sub/compose.yaml:1:24 compose-image evil:${TAG} unresolved: `TAG` is set in .env, to what is");
}

#[test]
fn a_dotenv_that_cannot_be_read_is_an_error() {
    let sandbox = tree(&[
        ("compose.yaml", "services: {a: {image: 'evil:${TAG:-1}'}}\n"),
        (".env", "A=1\nsecret without a name\n"),
        // Nobody reads it.
        ("b/compose.yaml", "services: {a: {image: 'evil:1'}}\n"),
        ("b/.env", "'\n"),
        // The packages of Python.
        ("c/compose.yaml", "services: {a: {image: 'evil:${TAG:-1}'}}\n"),
        ("c/.env/x", ""),
    ]);
    let run = scan(&sandbox, &["--fail-on", "high", "."]).exits(3).says(".env:2:1 error[file-not-parsed]");
    assert!(!run.stdout.contains("secret"), "{}", run.stdout);
    let json = scan(&sandbox, &["--fail-on", "high", "--json", "."]).exits(3);
    assert!(!json.stdout.contains("secret"), "{}", json.stdout);
    assert_eq!(json.report()["errors"].as_array().unwrap().len(), 1);
    std::fs::remove_file(sandbox.path(".env")).unwrap();
    symlink("/etc/hostname", sandbox.path(".env")).unwrap();
    scan(&sandbox, &["--fail-on", "high", "."]).exits(3).says(".env was not read: it lies outside the tree");
}

/// What git has of `node_modules` and the like is part of the repository.
#[test]
fn what_is_committed_below_directories_that_are_left_out() {
    let sandbox = Sandbox::new();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(sandbox.path("")).args(["-c", "user.name=x", "-c", "user.email=x@x.test"]);
        let done = command.env("GIT_CONFIG_GLOBAL", "/dev/null").args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "-q"]);
    sandbox.write("node_modules/a/Dockerfile", "FROM evil:committed\n");
    sandbox.write("sub/node_modules/b/compose.yaml", "services: {a: {image: 'evil:deep'}}\n");
    sandbox.write(".svn/gone.yaml", "kind: Pod\n");
    sandbox.write("node_modules/x/compose.yaml", "services: {a: {image: 'evil:left'}}\n");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "x"]);
    sandbox.write("node_modules/a/compose.yaml", "services: {a: {image: 'evil:installed'}}\n");
    sandbox.write("node_modules/a/Dockerfile", "FROM evil:changed\n");
    std::fs::remove_file(sandbox.path(".svn/gone.yaml")).unwrap();
    for version in ["2", "4"] {
        git(&["update-index", "--index-version", version]);
        let run = scan(&sandbox, &["--exclude", "node_modules/x", "."]).exits(1);
        let run = run.says("node_modules/a/Dockerfile:1:6 dockerfile-from docker.io/library/evil:changed");
        let run = run
            .says("sub/node_modules/b/compose.yaml:1:24")
            .says("left out, installed packages: node_modules");
        let run =
            run.says("left out, --exclude: node_modules/x/compose.yaml").says("2 references in 2 files");
        assert!(!run.stdout.contains("nothing out") && !run.stdout.contains("evil:left"), "{}", run.stdout);
        // A part of the tree, too.
        scan(&sandbox, &["sub"]).exits(1).says("sub/node_modules/b/compose.yaml:1:24");
    }
    git(&["update-index", "--split-index"]);
    scan(&sandbox, &["."]).says(
        "left out, git's index, which says what of them is committed, is not known: .svn, node_modules",
    );
}

/// Compose is told by `.env` which files are its own, whatever they are called.
#[test]
fn compose_files_that_dotenv_names() {
    let sandbox = tree(&[
        ("a/.env", "COMPOSE_FILE=x/base.conf:more.conf:gone.conf\nTOKEN=secret\nTAG=1\n"),
        ("a/x/base.conf", "services: {a: {image: 'evil:base'}, b: {build: app}}\n"),
        ("a/more.conf", "services: {a: {image: 'evil:more-${TAG:-0}'}}\n"),
        ("a/x/app/Dockerfile", "FROM evil:app\n"),
        ("b/.env", "TOKEN='secret\n"),
        ("c/.env", "COMPOSE_FILE=${X}\n"),
        ("d/.env", "COMPOSE_FILE=compose.yaml\nsecret text\n"),
    ]);
    let run = scan(&sandbox, &["."]).exits(1).says("evil:base").says("evil:more-1").says("evil:app");
    assert_eq!(
        unread(&run),
        [
            format!("a/.env:1:36 gone.conf: {MISSING}"),
            "c/.env:1:1 COMPOSE_FILE: `COMPOSE_FILE` is set in .env, to what is not evaluated here or is another in each of several"
                .to_owned(),
        ]
    );
    let run = run.says("d/.env:2:1 error[file-not-parsed]").says("1 error");
    assert!(!run.stdout.contains("secret"), "{}", run.stdout);
}

/// Files that all include one another end as an error, and not as a day of work.
#[test]
fn a_mesh_of_compose_files_ends() {
    let mesh = |count: usize| {
        let sandbox = Sandbox::new();
        let names: Vec<String> = (0..count).map(|at| format!("- compose.{at}.yaml\n")).collect();
        let names = names.concat();
        for at in 0..count {
            let text = format!("services: {{a: {{image: \"x:${{V:-1}}\"}}}}\ninclude:\n{names}");
            sandbox.write(&format!("compose.{at}.yaml"), text);
        }
        sandbox.write(".env", "V=2\n");
        sandbox.program(["image", "scan", "."]).run()
    };
    mesh(20).exits(1).says("0 errors").says("docker.io/library/x:2");
    mesh(130)
        .exits(1)
        .says("error[file-not-read]")
        .says("compose files that use one another")
        .says("1 error");
}
