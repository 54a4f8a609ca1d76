//! `[[closure]]` of `allowlists/envrc.toml`: what `.envrc` files load is locked, and every change of it is told.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::revision::git;
use crate::support::{NOW, Run, Sandbox};

/// A repository whose `app/.envrc` is locked.
fn locked() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::remove_dir(sandbox.path(".git")).unwrap();
    git(&sandbox, &["init", "-q", "-b", "main"]);
    sandbox.write("proofmark.toml", "version = 1\n");
    sandbox.write(".gitignore", ".env\n");
    sandbox.write("app/.envrc", "source_env scripts/env.sh\ndotenv_if_exists\n");
    sandbox.write("app/scripts/env.sh", "export A=1\n");
    sandbox.write("app/.env", "SECRET_OF_MINE=1\n");
    git(&sandbox, &["add", "-A"]);
    lock(&sandbox, &[]).exits(0).says("wrote the lock in ");
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-qm", "1"]);
    sandbox
}

fn lock(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let words = ["envrc", "allow", "--now", NOW, "--yes", "--lock", "--by", "alice", "app"];
    sandbox.program(words.into_iter().chain(arguments.iter().copied())).run()
}

fn audit(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let words = ["envrc", "audit", "--now", NOW].into_iter().chain(arguments.iter().copied());
    sandbox.program(words).run()
}

#[test]
fn what_is_locked_is_clean_until_something_changes() {
    let sandbox = locked();
    audit(&sandbox, &[]).exits(0);
    let list = sandbox.read("allowlists/envrc.toml");
    assert!(list.contains("file = \"app/.envrc\"") && list.contains("by = \"alice\""), "{list}");
    assert!(
        list.contains("{ path = \".env\", kind = \"variables\", content = \"absent\" }"),
        "what git ignores: {list}"
    );
    sandbox.write("app/.env", "SECRET_OF_MINE=2\n");
    audit(&sandbox, &[]).exits(0);
    sandbox.write("app/scripts/env.sh", "export A=2\n");
    audit(&sandbox, &["--fail-on", "never"])
        .exits(1)
        .says("envrc-closure-changed")
        .says("scripts/env.sh changed");
    sandbox.program(["check", "--now", NOW]).run().exits(1).says("envrc-closure-changed");
    fs::remove_file(sandbox.path("app/scripts/env.sh")).unwrap();
    audit(&sandbox, &[]).exits(1).says("scripts/env.sh vanished");
    // The approval of what stands there now is a lock of it.
    sandbox.write("app/scripts/env.sh", "export A=3\n");
    sandbox
        .program(["envrc", "allow", "--yes", "--by", "bob", "app"])
        .run()
        .exits(0)
        .says("since it was locked: scripts/env.sh changed");
    audit(&sandbox, &[]).exits(0);
    assert!(sandbox.read("allowlists/envrc.toml").contains("by = \"bob\""));
}

/// A file that git is told to ignore, and that a change brings all the same.
#[test]
fn an_ignored_file_that_is_committed_counts() {
    let sandbox = locked();
    git(&sandbox, &["add", "-f", "app/.env"]);
    audit(&sandbox, &[]).exits(1).says("variables .env appeared");
}

/// The policy of the base decides: a change that locks itself is told, and fails.
#[test]
fn a_change_does_not_lock_itself() {
    let sandbox = locked();
    sandbox.write("app/scripts/env.sh", "export A=2\n");
    lock(&sandbox, &[]).exits(0);
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-qm", "2"]);
    audit(&sandbox, &[]).exits(0);
    audit(&sandbox, &["--policy-from", "HEAD~1"])
        .exits(1)
        .says("scripts/env.sh changed")
        .says("policy-changed");
    let check = sandbox.program(["check", "--now", NOW, "--policy-from", "HEAD~1"]).run();
    check.exits(1).says("scripts/env.sh changed");
    // Without the lock nothing would be looked at.
    fs::remove_file(sandbox.path("allowlists/envrc.toml")).unwrap();
    audit(&sandbox, &["--policy-from", "HEAD~1"]).exits(1).says("scripts/env.sh changed");
}

/// A mark of another tree in the way takes no lock from a file.
#[test]
fn a_tree_in_the_tree_is_locked_as_well() {
    let sandbox = locked();
    sandbox.write("app/.hg/x", "");
    sandbox.write("app/scripts/env.sh", "export A=2\n");
    audit(&sandbox, &[]).exits(1).says("envrc-closure-changed");
    audit(&sandbox, &["--policy", "proofmark.toml", "app"]).exits(1).says("envrc-closure-changed");
}

#[test]
fn several_rows_permit_several_states() {
    let sandbox = locked();
    let first = sandbox.read("allowlists/envrc.toml");
    sandbox.write("app/scripts/env.sh", "export A=2\n");
    lock(&sandbox, &[]).exits(0);
    let second = sandbox.read("allowlists/envrc.toml");
    sandbox.write("allowlists/envrc.toml", format!("{first}\n{second}"));
    audit(&sandbox, &[]).exits(0);
    sandbox.write("app/scripts/env.sh", "export A=1\n");
    audit(&sandbox, &[]).exits(0);
    sandbox.write("app/scripts/env.sh", "export A=3\n");
    audit(&sandbox, &[]).exits(1);
}

#[test]
fn a_lock_that_was_edited_does_not_load() {
    let sandbox = locked();
    let list = sandbox.read("allowlists/envrc.toml");
    let line = list.lines().find(|line| line.contains("scripts/env.sh")).unwrap();
    for (edited, says) in [
        (list.replace(line, ""), "the row was edited"),
        (list.replace("absent", "present"), "this says nothing of a file"),
        (list.replace(line, &format!("{line}\n{line}")), "stands twice"),
        (list.replace("by = ", "by = \"x\"\nby = "), "duplicate"),
        (list.replace("kind = \"script\"", "kind = \"scirpt\""), "script"),
        (list.replace("members", "mebmers"), "did you mean `members`?"),
        (list.replace("app/.envrc", "../.envrc"), "no path below the root"),
    ] {
        assert_ne!(edited, list, "{says}");
        sandbox.write("allowlists/envrc.toml", &edited);
        audit(&sandbox, &[]).exits(2).says("error[policy-invalid]").says(says);
        lock(&sandbox, &[]).exits(2).says(says);
        assert_eq!(sandbox.read("allowlists/envrc.toml"), edited, "it is left as it is");
    }
}

#[test]
fn members_that_lead_out_are_no_members() {
    let sandbox = locked();
    fs::remove_file(sandbox.path("app/scripts/env.sh")).unwrap();
    let outside = sandbox.dir().join("home/env.sh");
    fs::write(&outside, "export A=1\n").unwrap();
    symlink(&outside, sandbox.path("app/scripts/env.sh")).unwrap();
    audit(&sandbox, &[]).exits(1).says("closure-unread").says("leads out of the repository");
    lock(&sandbox, &[]).exits(3).says("closure-unread");
}

#[test]
fn a_lock_whose_file_is_gone_is_told() {
    let sandbox = locked();
    fs::remove_file(sandbox.path("app/.envrc")).unwrap();
    sandbox.write("other/.envrc", "export A=1\n");
    audit(&sandbox, &[]).exits(0).says("it is locked, and is not there any more");
    assert!(!audit(&sandbox, &["other"]).stdout.contains("any more"));
}

#[test]
fn a_file_without_a_policy_is_not_locked() {
    let sandbox = Sandbox::new();
    sandbox.write("app/.envrc", "export A=1\n");
    lock(&sandbox, &[]).fails_with(2, "lock-not-written");
    assert!(!Path::new(&sandbox.path("allowlists")).exists());
}

fn exception(rule: &str, subject: &str, until: &str) -> String {
    format!(
        "[[exception]]\nrule = \"{rule}\"\nsubject = \"{subject}\"\nreason = \"r\"\nowner = \"o\"\nuntil = {until}\n"
    )
}

#[test]
fn exceptions_answer_for_findings_of_a_file() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write(
        "app/.envrc",
        "export IP=$(curl -s https://ip.acme.example)\ncurl -s https://x.acme.example/i | sh\n",
    );
    let both = exception("envrc-network", "app/.envrc", "2026-12-24")
        + &exception("envrc-remote-code", "app/.envrc", "2026-12-24");
    sandbox.write("allowlists/exceptions.toml", &both);
    // A clone does not answer for itself.
    let run = audit(&sandbox, &[]).exits(1);
    run.says("2 exceptions of proofmark.toml were not used").says("proofmark policy trust");
    audit(&sandbox, &["--policy", "proofmark.toml"])
        .exits(0)
        .says("0 verified, 0 failed, 0 unverifiable, 1 allowed");
    sandbox.program(["policy", "trust"]).run().exits(0);
    audit(&sandbox, &[]).exits(0).says("1 allowed");
    sandbox.program(["check", "--now", NOW]).run().exits(0).says("1 allowed");
    sandbox.program(["envrc", "allow", "--now", NOW, "--yes", "app"]).run().exits(0);
    // By rule and by path, until a day.
    for (text, code, says) in [
        (exception("envrc-network", "app/.envrc", "2026-12-24"), 1, "envrc-remote-code"),
        (both.replace("app/.envrc", "other/.envrc"), 1, "envrc-remote-code"),
        (both.replace("2026-12-24", "2026-11-23"), 1, "ended on 2026-11-23"),
        (both.clone() + &exception("envrc-secret", "app/.envrc", "2026-12-24"), 0, "is not needed"),
        (both.replace("2026-12-24", "2026-11-30"), 0, "ends at 2026-12-01"),
        (exception("envrc-unreadable", "app/.envrc", "2026-12-24"), 2, "no rule that takes exceptions"),
        (exception("envrc-closure-changed", "app/.envrc", "2026-12-24"), 2, "no rule that takes exceptions"),
        (exception("envrc-network", "/app/.envrc", "2026-12-24"), 2, "no path below the root"),
        (exception("image-signature", "app/.envrc", "2026-12-24"), 2, "digest"),
    ] {
        sandbox.write("allowlists/exceptions.toml", &text);
        audit(&sandbox, &["--policy", "proofmark.toml"]).exits(code).says(says);
    }
}
