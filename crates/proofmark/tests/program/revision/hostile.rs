//! A repository, an environment or a git that was made to have a say: none has.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use super::{DENIED, POLICY, commit, git, git_in, merged, refused, request, verify};

/// Every way that a name of a revision is no commit, or none that is here: exit 2, and never the working tree.
#[test]
fn what_cannot_be_read_is_exit_2() {
    let sandbox = request();
    let blob = git(&sandbox, &["rev-parse", "main:proofmark.toml"]);
    git(&sandbox, &["tag", "file", &blob]);
    git(&sandbox, &["branch", "both"]);
    git(&sandbox, &["tag", "both"]);
    let absent = "1".repeat(40);
    for (name, code) in [
        ("nowhere", "revision-unreadable"),
        ("file", "revision-unreadable"),
        (&blob, "revision-unreadable"),
        (&absent, "revision-unreadable"),
        ("both", "revision-unreadable"),
        ("main:proofmark.toml", "revision-malformed"),
        ("main..main", "revision-malformed"),
        ("", "revision-malformed"),
    ] {
        let run = sandbox.program(["image", "verify", "--policy-from", name, DENIED]).run();
        run.fails_with(2, code).says(if code == "revision-malformed" {
            "no name of a revision"
        } else {
            name
        });
    }
    sandbox
        .program(["image", "verify", "--policy-from=--help", DENIED])
        .run()
        .fails_with(2, "revision-malformed");
    // The reports are written all the same, so that none of an earlier run is taken for this one's.
    let report = verify(&sandbox, "nowhere").run().exits(2).report();
    assert_eq!(report["errors"][0]["code"], "revision-unreadable");
}

#[test]
fn a_branch_that_is_called_like_an_option_is_named_in_full() {
    let sandbox = request();
    git(&sandbox, &["update-ref", "refs/heads/-x", "main"]);
    sandbox
        .program(["image", "verify", "--policy-from=-x", DENIED])
        .run()
        .fails_with(2, "revision-malformed");
    refused(verify(&sandbox, "refs/heads/-x").run());
}

/// A repository that was cloned, or unpacked, with everything in it that git would run or put in a file's place.
#[test]
fn nothing_that_the_repository_is_configured_to_run_is_run() {
    let sandbox = request();
    let marker = sandbox.dir().join("marker");
    let script = sandbox.dir().join("script");
    fs::write(&script, format!("#!/bin/sh\necho \"$0 $*\" >> {}\nexit 1\n", marker.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    let included = sandbox.dir().join("included");
    fs::write(
        &included,
        format!("[core]\n\tsshCommand = {script}\n\tfsmonitor = {script}\n\tpager = {script}\n"),
    )
    .unwrap();
    for (key, value) in [
        ("core.fsmonitor", script),
        ("core.sshCommand", script),
        ("core.gitProxy", script),
        ("core.pager", script),
        ("core.editor", script),
        ("core.askPass", script),
        ("core.alternateRefsCommand", script),
        ("core.hooksPath", script),
        ("diff.external", script),
        ("diff.x.textconv", script),
        ("filter.x.smudge", script),
        ("filter.x.clean", script),
        ("filter.x.process", script),
        ("credential.helper", script),
        ("alias.cat-file", &format!("!{script}")),
        ("alias.rev-parse", &format!("!{script}")),
        ("include.path", included.to_str().unwrap()),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
    ] {
        git(&sandbox, &["config", key, value]);
    }
    sandbox.write(".gitattributes", "* filter=x diff=x\n");
    sandbox.write(".git/info/attributes", "* filter=x diff=x\n");
    fs::copy(script, sandbox.path(".git/hooks/post-checkout")).unwrap();
    refused(verify(&sandbox, "main").run());
    assert!(!marker.exists(), "{}", fs::read_to_string(&marker).unwrap());
}

/// A partial clone fetches what it lacks, by a program of its configuration's choice; here it lacks it, and that is told.
#[test]
fn what_a_partial_clone_lacks_is_not_fetched() {
    let sandbox = request();
    let marker = sandbox.dir().join("marker");
    let blob = git(&sandbox, &["rev-parse", "main:proofmark.toml"]);
    for (key, value) in [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialCloneFilter", "blob:none"),
        ("remote.origin.url", &format!("ext::sh -c touch% {}", marker.display())),
        ("protocol.ext.allow", "always"),
    ] {
        git(&sandbox, &["config", key, value]);
    }
    let object = |id: &str| sandbox.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    fs::remove_file(object(&blob)).unwrap();
    // The trap works: git itself would spring it.
    let own =
        Command::new("git").current_dir(sandbox.path("")).args(["cat-file", "-p", &blob]).output().unwrap();
    assert!(!own.status.success() && marker.exists(), "{}", String::from_utf8_lossy(&own.stderr));
    fs::remove_file(&marker).unwrap();
    verify(&sandbox, "main").run().exits(2).says("is not in this clone");
    let commit = git(&sandbox, &["rev-parse", "main"]);
    fs::remove_file(object(&commit)).unwrap();
    for name in ["main", "main~0", "main^{commit}", commit.as_str()] {
        verify(&sandbox, name).run().exits(2).says("revision-unreadable");
    }
    assert!(!marker.exists());
}

/// Replace refs, grafts and a store that lies: what an object is, its hash says.
#[test]
fn nothing_takes_an_objects_place() {
    let sandbox = request();
    let base = git(&sandbox, &["rev-parse", "main"]);
    git(&sandbox, &["checkout", "-q", "-b", "topic"]);
    let weak = commit(&sandbox);
    git(&sandbox, &["replace", &base, &weak]);
    let denied =
        git(&sandbox, &["--no-replace-objects", "rev-parse", &format!("{base}:allowlists/denied.toml")]);
    let empty = git(&sandbox, &["rev-parse", "HEAD:allowlists/denied.toml"]);
    git(&sandbox, &["replace", &denied, &empty]);
    // The request's own commit, as it would look without the base for its parent.
    let other = git(&sandbox, &["commit-tree", "-m", "x", &format!("{weak}^{{tree}}")]);
    let replaced = git(&sandbox, &["commit-tree", "-m", "x", "-p", &other, &format!("{weak}^{{tree}}")]);
    git(&sandbox, &["replace", &weak, &replaced]);
    assert_eq!(git(&sandbox, &["rev-parse", "topic~1"]), other, "git itself is led there");
    sandbox.write(".git/info/grafts", format!("{weak}\n"));
    for name in ["main", base.as_str(), "topic~1"] {
        let report = refused(verify(&sandbox, name).run());
        assert_eq!(report["run"]["policy"]["path"], format!("proofmark.toml@{name}({base})"));
    }
    // One object's bytes under another's name.
    let object = |id: &str| sandbox.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    fs::remove_file(object(&denied)).unwrap();
    fs::copy(object(&empty), object(&denied)).unwrap();
    verify(&sandbox, "main").run().exits(2).says("hash to another identifier");
}

#[test]
fn the_environment_has_no_say() {
    let sandbox = request();
    let other = merged();
    other.write("allowlists/denied.toml", "");
    commit(&other);
    let there = other.path(".git").display().to_string();
    let objects = other.path(".git/objects").display().to_string();
    let marker = sandbox.dir().join("trace");
    for (name, value) in [
        ("GIT_DIR", there.as_str()),
        ("GIT_COMMON_DIR", &there),
        ("GIT_WORK_TREE", &there),
        ("GIT_OBJECT_DIRECTORY", &objects),
        ("GIT_NAMESPACE", "x"),
        ("GIT_REPLACE_REF_BASE", "refs/heads/"),
        ("GIT_CONFIG_PARAMETERS", "'core.bare'='nonsense'"),
        ("GIT_CONFIG_COUNT", "nonsense"),
        ("GIT_TRACE", marker.to_str().unwrap()),
        ("GIT_TRACE2", marker.to_str().unwrap()),
        ("GIT_EXEC_PATH", "/nonexistent"),
    ] {
        refused(verify(&sandbox, "main").variable(name, value).run());
    }
    assert!(!marker.exists());
    // A repository that brings its own git.
    sandbox.write("git", format!("#!/bin/sh\ntouch {}\n", marker.display()));
    fs::set_permissions(sandbox.path("git"), fs::Permissions::from_mode(0o755)).unwrap();
    refused(verify(&sandbox, "main").variable("PATH", ".::/usr/bin:/bin").run());
    for path in [".", ":", "/nonexistent"] {
        verify(&sandbox, "main").variable("PATH", path).run().exits(2).says("git-unusable");
    }
    verify(&sandbox, "main").without("PATH").run().exits(2).says("git-unusable");
    assert!(!marker.exists());
}

/// A git that never answers, or never ends: within the time that a revision has, and nothing is left running.
#[test]
fn a_git_that_answers_nonsense_is_no_answer() {
    let sandbox = request();
    let dir = sandbox.dir().join("bin");
    fs::create_dir(&dir).unwrap();
    let commit = git(&sandbox, &["rev-parse", "main"]);
    for answer in [
        "yes",
        "head -c 100000 /dev/zero",
        "echo",
        "exit 0",
        &format!("echo {commit} blob 99999999999"),
        &format!("echo {commit} commit 3; echo abc"),
    ] {
        fs::write(dir.join("git"), format!("#!/bin/sh\n{answer}\n")).unwrap();
        fs::set_permissions(dir.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", dir.display());
        for name in ["main", commit.as_str()] {
            verify(&sandbox, name).variable("PATH", &path).run().exits(2).says("revision-unreadable");
        }
    }
}

#[test]
fn links_and_submodules_of_the_revision_are_not_followed() {
    for made in ["file", "directory", "submodule"] {
        let sandbox = merged();
        match made {
            "file" => {
                fs::rename(sandbox.path("proofmark.toml"), sandbox.path("real.toml")).unwrap();
                symlink("real.toml", sandbox.path("proofmark.toml")).unwrap();
            }
            "directory" => {
                fs::rename(sandbox.path("allowlists"), sandbox.path("real")).unwrap();
                symlink("real", sandbox.path("allowlists")).unwrap();
            }
            _ => fs::remove_dir_all(sandbox.path("allowlists")).unwrap(),
        }
        git(&sandbox, &["add", "-A"]);
        if made == "submodule" {
            let head = git(&sandbox, &["rev-parse", "HEAD"]);
            git(&sandbox, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},allowlists")]);
        }
        git(&sandbox, &["commit", "-q", "-m", "link"]);
        let run = verify(&sandbox, "main").run().exits(2);
        run.says(if made == "file" { "is no regular file" } else { "they are not followed" });
    }
}

/// What the request makes of a link would choose among REV's policies.
#[test]
fn a_path_through_a_link_is_refused() {
    let sandbox = merged();
    sandbox.write("easy/proofmark.toml", "version = 1\n");
    sandbox.write("app/Dockerfile", format!("FROM {DENIED}\n"));
    commit(&sandbox);
    fs::remove_dir_all(sandbox.path("app")).unwrap();
    symlink("easy", sandbox.path("app")).unwrap();
    let run = sandbox.program(["check", "--offline", "--policy-from", "main", "app"]).run();
    run.fails_with(2, "revision-unreadable").says("through a link");
}

/// Refs are files: who may write to them says what a name stands for. An identifier nobody can move.
#[test]
fn a_repository_that_others_may_write_to() {
    let sandbox = request();
    let commit = git(&sandbox, &["rev-parse", "main"]);
    fs::set_permissions(sandbox.path(".git"), fs::Permissions::from_mode(0o777)).unwrap();
    verify(&sandbox, "main").run().exits(2).says("everyone may write to");
    refused(verify(&sandbox, &commit).run());
}

/// A request may put a submodule in a directory's place, with a branch of the same name and a policy of its own.
#[test]
fn a_repository_in_another_names_nothing() {
    let sandbox = merged();
    let base = git(&sandbox, &["rev-parse", "main"]);
    sandbox.write("sub/proofmark.toml", "version = 1\n");
    let sub = sandbox.path("sub");
    git_in(&sandbox, &sub, &["init", "-q", "-b", "main"]);
    git_in(&sandbox, &sub, &["add", "-A"]);
    git_in(&sandbox, &sub, &["commit", "-q", "-m", "x"]);
    let own = git_in(&sandbox, &sub, &["rev-parse", "main"]);
    let run = |name: &str| verify(&sandbox, name).within(sub.clone()).run();
    run("main").exits(2).says("lies in the work tree of another repository");
    run(&base).exits(2).says("is not in this clone");
    assert_eq!(run(&own).report()["run"]["policy"]["path"], format!("proofmark.toml@{own}({own})"));
}

#[test]
fn a_policy_that_is_too_large_is_told() {
    let sandbox = merged();
    sandbox.write("proofmark.toml", format!("{POLICY}#{}", "x".repeat(2 << 20)));
    commit(&sandbox);
    verify(&sandbox, "main").run().exits(2).says("is larger than 1048576 bytes");
}
