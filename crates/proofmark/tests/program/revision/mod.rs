//! `--policy-from REV`: a request is judged by the policy of REV, whatever the repository around it was made to say.

mod hostile;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{EXAMPLE_NOW, NOW, Program, Run, Sandbox};

/// Denied by the policy of REV: a refusal that needs no network, and that a request would lift first.
const DENIED: &str =
    "ghcr.io/acme/app@sha256:1111111111111111111111111111111111111111111111111111111111111111";

const POLICY: &str = r#"version = 1

[signers.release]
issuer = "https://token.actions.githubusercontent.com"
identity = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/*"
extensions.source-repository-owner-identifier = "4711"

[[image]]
match = "ghcr.io/acme/*"
signed-by = ["release"]
repository = "bound"
"#;

const DENY: &str = "[[deny]]\ndigest = \"sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n\
                    why = \"a compromised runner\"\nby = \"security\"\n";

/// git as a developer has it: who commits is known, nothing else is.
fn git_in(sandbox: &Sandbox, directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments).env_clear();
    command
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", sandbox.dir().join("home"))
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@acme.example");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    said
}

pub(crate) fn git(sandbox: &Sandbox, arguments: &[&str]) -> String {
    git_in(sandbox, &sandbox.path(""), arguments)
}

/// A repository whose branch `main` denies [`DENIED`], and whose working tree, a request, has lifted that.
fn request() -> Sandbox {
    let sandbox = merged();
    sandbox.write("allowlists/denied.toml", "");
    sandbox
}

/// A repository whose branch `main` denies [`DENIED`], with nothing changed.
fn merged() -> Sandbox {
    let sandbox = Sandbox::with_policy(POLICY);
    sandbox.write("allowlists/denied.toml", DENY);
    sandbox.write("allowlists/registries.toml", "[[registry]]\nhost = \"ghcr.io\"\n");
    git(&sandbox, &["init", "-q", "-b", "main"]);
    commit(&sandbox);
    sandbox
}

fn commit(sandbox: &Sandbox) -> String {
    git(sandbox, &["add", "-A"]);
    git(sandbox, &["commit", "-q", "-m", "x"]);
    git(sandbox, &["rev-parse", "HEAD"])
}

fn verify<'a>(sandbox: &'a Sandbox, revision: &'a str) -> Program<'a> {
    let arguments =
        ["image", "verify", "--offline", "--now", NOW, "--policy-from", revision, "--format", "json", DENIED];
    sandbox.program(arguments)
}

/// REV's verdict, which the working tree's policy would not give.
#[track_caller]
fn refused(run: Run) -> Value {
    let report = run.exits(1).report();
    let denied = |row: &Value| row["rule"] == "image-denied" && row["reason"] == "revoked";
    assert!(report["results"].as_array().unwrap().iter().any(denied), "{report:#}");
    report
}

/// `severity message` of each row about a change of the policy.
fn changes(report: &Value) -> Vec<String> {
    let rows = report["results"].as_array().unwrap().iter();
    rows.filter(|row| row["rule"] == "policy-changed")
        .map(|row| format!("{} {}", row["severity"].as_str().unwrap(), row["message"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_request_that_lifts_a_denial_is_judged_by_it() {
    let sandbox = request();
    // Without a revision the request judges itself.
    let own = sandbox.program(["image", "verify", "--offline", "--now", NOW, DENIED]).run().exits(3);
    assert!(own.stdout.contains("offline"), "{}", own.transcript());
    let report = refused(verify(&sandbox, "main").run());
    let commit = git(&sandbox, &["rev-parse", "main"]);
    let policy = &report["run"]["policy"];
    assert_eq!(policy["path"], format!("proofmark.toml@main({commit})"));
    assert_eq!(policy["from"], "--policy-from main");
    let text = format!("high loosened: [[deny]] {} is removed", &DENIED["ghcr.io/acme/app@".len()..]);
    assert_eq!(changes(&report), [text.as_str(), "info the request changes allowlists/denied.toml"]);
    // The digest is that of the same files on disk.
    git(&sandbox, &["checkout", "-q", "."]);
    let on_disk = sandbox.verify(["--offline", "--format", "json", DENIED]).exits(1).report();
    assert_eq!(on_disk["run"]["policy"]["digest"], policy["digest"]);
    assert!(changes(&refused(verify(&sandbox, "main").run())).is_empty());
}

#[test]
fn a_change_that_tightens_is_an_info() {
    let sandbox = merged();
    sandbox.write(
        "allowlists/registries.toml",
        "[[registry]]\nhost = \"ghcr.io\"\nrepositories = [\"acme/*\"]\n",
    );
    let report = refused(verify(&sandbox, "main").run());
    let expected = [
        "info tightened: [[registry]] ghcr.io allows fewer repositories",
        "info the request changes allowlists/registries.toml",
    ];
    assert_eq!(changes(&report), expected);
}

#[test]
fn a_policy_that_goes_breaks_or_moves_is_told_and_not_used() {
    let sandbox = merged();
    for (content, told) in [
        (None, "high loosened: the policy is gone"),
        (Some("version = 2"), "high loosened: the policy of the working tree does not load"),
    ] {
        fs::remove_file(sandbox.path("proofmark.toml")).ok();
        if let Some(content) = content {
            sandbox.write("proofmark.toml", content);
        }
        let told_now = changes(&refused(verify(&sandbox, "main").run()));
        assert!(told_now.len() == 1 && told_now[0].starts_with(told), "{told_now:?}");
    }
    git(&sandbox, &["checkout", "-q", "."]);
    // A nearer one that the request brings along.
    sandbox.write("sub/proofmark.toml", POLICY);
    let report = refused(verify(&sandbox, "main").within(sandbox.path("sub")).run());
    let told = changes(&report);
    assert!(told.len() == 1 && told[0].starts_with("high loosened: another policy would decide"), "{told:?}");
}

#[test]
fn a_policy_of_the_working_tree_alone_is_none() {
    let sandbox = merged();
    git(&sandbox, &["rm", "-q", "--cached", "proofmark.toml"]);
    git(&sandbox, &["commit", "-q", "-m", "without"]);
    verify(&sandbox, "main").run().exits(2).says("policy-not-found");
    refused(verify(&sandbox, "main~1").run());
}

#[test]
fn the_policy_may_be_named_and_is_read_in_the_revision() {
    let sandbox = merged();
    git(&sandbox, &["mv", "proofmark.toml", "allowlists", "-k"]);
    fs::create_dir_all(sandbox.path("security")).unwrap();
    fs::remove_file(sandbox.path("allowlists/proofmark.toml")).unwrap();
    sandbox.write("security/proofmark.toml", POLICY);
    sandbox.write("security/allowlists/denied.toml", DENY);
    sandbox.write("security/allowlists/registries.toml", "[[registry]]\nhost = \"ghcr.io\"\n");
    commit(&sandbox);
    fs::remove_dir_all(sandbox.path("security")).unwrap();
    for named in ["security", "security/proofmark.toml", "./security/../security"] {
        let run = sandbox.program([
            "image",
            "verify",
            "--offline",
            "--format",
            "json",
            "--policy",
            named,
            "--policy-from",
            "main",
            DENIED,
        ]);
        assert_eq!(changes(&refused(run.run())).len(), 1, "{named}");
    }
    let run =
        sandbox.program(["image", "verify", "--policy", "nowhere", "--policy-from", "main", DENIED]).run();
    run.fails_with(2, "policy-not-found");
}

#[test]
fn tags_and_identifiers_are_followed_to_the_commit() {
    let sandbox = request();
    git(&sandbox, &["tag", "light", "main"]);
    git(&sandbox, &["tag", "-a", "-m", "m", "annotated", "main"]);
    git(&sandbox, &["tag", "-a", "-m", "m", "outer", "annotated"]);
    let (commit, tag) = (git(&sandbox, &["rev-parse", "main"]), git(&sandbox, &["rev-parse", "outer"]));
    for name in
        ["light", "annotated", "outer", "HEAD", "main^{commit}", commit.as_str(), tag.as_str(), &commit[..10]]
    {
        let report = refused(verify(&sandbox, name).run());
        assert_eq!(report["run"]["policy"]["path"], format!("proofmark.toml@{name}({commit})"));
    }
}

#[test]
fn outside_of_a_repository_there_is_no_revision() {
    let sandbox = Sandbox::with_policy(POLICY);
    verify(&sandbox, "main").run().exits(2).says("is no git directory");
    fs::remove_dir(sandbox.path(".git")).unwrap();
    verify(&sandbox, "main").run().exits(2).says("there is no .git above it");
}

#[test]
fn a_shallow_clone_has_no_base() {
    let sandbox = merged();
    let base = git(&sandbox, &["rev-parse", "main"]);
    sandbox.write("x", "1");
    commit(&sandbox);
    let clone = sandbox.dir().join("clone");
    let url = format!("file://{}", sandbox.path("").display());
    git(&sandbox, &["clone", "-q", "--depth", "1", &url, clone.to_str().unwrap()]);
    for name in ["HEAD~1", base.as_str()] {
        let run = verify(&sandbox, name).within(clone.clone()).run().exits(2);
        run.says("revision-unreadable").says("git fetch --depth=1");
    }
    // What it has, it can be judged by.
    refused(verify(&sandbox, "origin/main").within(clone).run());
}

#[test]
fn a_linked_worktree_reads_what_it_shares() {
    let sandbox = merged();
    let linked = sandbox.dir().join("linked");
    git(&sandbox, &["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "topic"]);
    assert!(linked.join(".git").is_file());
    fs::write(linked.join("allowlists/denied.toml"), "").unwrap();
    let report = refused(verify(&sandbox, "main").within(linked.clone()).run());
    assert_eq!(changes(&report).len(), 2);
    fs::write(linked.join(".git"), "gitdir: /nonexistent\n").unwrap();
    verify(&sandbox, "main").within(linked).run().exits(2).says("revision-unreadable");
}

#[test]
fn identifiers_of_sha_256() {
    let sandbox = Sandbox::with_policy(POLICY);
    sandbox.write("allowlists/denied.toml", DENY);
    sandbox.write("allowlists/registries.toml", "[[registry]]\nhost = \"ghcr.io\"\n");
    git(&sandbox, &["init", "-q", "-b", "main", "--object-format=sha256"]);
    let commit = commit(&sandbox);
    assert_eq!(commit.len(), 64);
    sandbox.write("allowlists/denied.toml", "");
    for name in ["main", commit.as_str()] {
        refused(verify(&sandbox, name).run());
    }
}

#[test]
fn commands_that_write_take_no_revision() {
    let sandbox = merged();
    sandbox.write("Dockerfile", "FROM ghcr.io/acme/app:1\n");
    for command in [
        &["image", "base", "add", "ghcr.io/acme/app:1"][..],
        &["image", "pin", "Dockerfile"],
        &["trust", "update"],
        &["policy", "trust"],
        &["image", "pull", "--to", "oci:out", "ghcr.io/acme/app:1"],
        &["image", "save", "--to", "out", "ghcr.io/acme/app:1"],
    ] {
        let arguments = command.iter().copied().chain(["--policy-from", "main"]);
        sandbox.program(arguments).run().fails_with(2, "revision-read-only");
    }
    let run = sandbox.program(["image", "verify", "--key", "x.pub", "--policy-from", "main", DENIED]).run();
    run.exits(2).says("cannot be used with");
    // Those that read take it.
    sandbox.write("proofmark.toml", "broken");
    sandbox.program(["policy", "show", "--policy-from", "main"]).run().exits(0).says("proofmark.toml@main(");
    sandbox.program(["policy", "lint", "--policy-from", "main"]).run().exits(1).says("does not load");
}

/// The rows of a check about how images are named.
fn references(sandbox: &Sandbox) -> Vec<String> {
    let run = sandbox
        .program(["check", "--offline", "--now", NOW, "--policy-from", "main", "--format", "json", "."])
        .run();
    let one = |row: &Value| {
        let rule = row["rule"].as_str().unwrap();
        let place = &row["location"];
        let shown = format!(
            "{}:{} {rule} {}",
            place["file"].as_str().unwrap(),
            place["start"]["line"],
            row["verdict"].as_str().unwrap()
        );
        (rule == "image-unpinned" || rule == "image-allow").then_some(shown)
    };
    run.report()["results"].as_array().unwrap().iter().filter_map(one).collect()
}

/// An inline allow counts that stood at REV beside the same reference of the same file; a request cannot answer for itself.
#[test]
fn an_inline_allow_counts_once_it_is_merged() {
    const ALLOW: &str = "# proofmark: allow[image-unpinned] until=2027-01-31 because \"nightly\"\n";
    let sandbox = merged();
    sandbox.write("Dockerfile", format!("{ALLOW}FROM ghcr.io/acme/app:1\n"));
    commit(&sandbox);
    assert_eq!(references(&sandbox), ["Dockerfile:2 image-unpinned allowed"]);
    let scan = |exit| {
        sandbox.program(["image", "scan", "--now", NOW, "--policy-from", "main", "."]).run().exits(exit)
    };
    scan(0).says("0 not pinned, 1 allowed");
    // Elsewhere in the file it is the same.
    sandbox.write("Dockerfile", format!("ARG X\n\n{ALLOW}FROM ghcr.io/acme/app:1\n"));
    assert_eq!(references(&sandbox), ["Dockerfile:4 image-unpinned allowed"]);
    let refused = ["Dockerfile:1 image-allow finding", "Dockerfile:2 image-unpinned finding"];
    let longer = ALLOW.replace("2027-01-31", "2027-02-28");
    for changed in [format!("{ALLOW}FROM ghcr.io/acme/app:2\n"), format!("{longer}FROM ghcr.io/acme/app:1\n")]
    {
        sandbox.write("Dockerfile", changed);
        assert_eq!(references(&sandbox), refused);
        scan(1).says("1 not pinned, 0 allowed");
    }
    // One allow there is one here.
    sandbox.write("Dockerfile", format!("{ALLOW}FROM ghcr.io/acme/app:1\n{ALLOW}FROM ghcr.io/acme/app:1\n"));
    let twice = references(&sandbox);
    assert_eq!(twice.iter().filter(|row| row.ends_with("allowed")).count(), 1, "{twice:?}");
    // Another file has none.
    git(&sandbox, &["checkout", "-q", "."]);
    git(&sandbox, &["mv", "Dockerfile", "Containerfile"]);
    assert_eq!(
        references(&sandbox),
        ["Containerfile:1 image-allow finding", "Containerfile:2 image-unpinned finding"]
    );
}

/// A layout in the working tree is believed for what it has, whose digests are signed, and not for what it lacks: a request may
/// have taken it out.
#[test]
fn a_mirror_in_the_working_tree_is_not_authoritative() {
    let sandbox = Sandbox::new();
    let example = crate::support::tree().join("examples/platform");
    let copied = Command::new("cp").arg("-r").arg(example.join(".")).arg(sandbox.path("")).status().unwrap();
    assert!(copied.success());
    git(&sandbox, &["init", "-q", "-b", "main"]);
    commit(&sandbox);
    let [signed, unsigned] =
        ["agents/planner:1.4.0", "agents/unsigned:1.0.0"].map(|name| format!("registry.acme.example/{name}"));
    let fixed = ["image", "verify", "--now", EXAMPLE_NOW, "--offline"];
    sandbox.program(fixed.into_iter().chain([unsigned.as_str()])).run().exits(1).says("unsigned");
    let run = |name| sandbox.program(fixed.into_iter().chain(["--policy-from", "main", name])).run();
    run(unsigned.as_str()).exits(3).says("image-signature: offline");
    run(signed.as_str()).exits(0).says("incomplete: referrers").says("@main(");
}

#[test]
fn the_search_begins_where_the_path_is() {
    let sandbox = merged();
    sandbox.write("team/proofmark.toml", POLICY.replace("acme/*", "team/*"));
    sandbox.write("team/allowlists/registries.toml", "[[registry]]\nhost = \"ghcr.io\"\n");
    commit(&sandbox);
    sandbox.write("team/new/deep/Dockerfile", format!("FROM {DENIED}\n"));
    let run = |path| {
        sandbox
            .program(["check", "--offline", "--format", "json", "--policy-from", "main", path])
            .run()
            .report()
    };
    let path = |report: Value| {
        report["run"]["policy"]["path"].as_str().unwrap().split('@').next().unwrap().to_owned()
    };
    for start in ["team", "team/new/deep", "team/new/deep/Dockerfile"] {
        assert_eq!(path(run(start)), "team/proofmark.toml", "{start}");
    }
    assert_eq!(path(run(".")), "proofmark.toml");
    // Named from elsewhere, it is shown from there.
    let whole: PathBuf = sandbox.path("team");
    let report = sandbox
        .program(["check", "--offline", "--format", "json", "--policy-from", "main", whole.to_str().unwrap()])
        .within(sandbox.dir().to_owned())
        .run()
        .report();
    assert_eq!(path(report), "work/team/proofmark.toml");
}
