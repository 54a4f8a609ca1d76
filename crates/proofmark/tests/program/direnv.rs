//! `proofmark envrc status`: what direnv trusts, in a home that was made for it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use proofmark_envrc::store::approval_name;
use serde_json::Value;

use crate::support::{Run, Sandbox};

/// A home with direnv's folders.
struct Home(Sandbox);

impl Home {
    fn new() -> Self {
        Self(Sandbox::new())
    }

    fn at(&self, relative: &str) -> PathBuf {
        self.0.dir().join("home").join(relative)
    }

    fn write(&self, relative: &str, text: &str) -> PathBuf {
        let path = self.at(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// An approval of these bytes at this path of the home; what it holds is the path.
    fn approve(&self, relative: &str, text: &str) -> PathBuf {
        let of = self.at(relative);
        self.approval(&of, text, &format!("{}\n", of.display()))
    }

    fn approval(&self, of: &Path, text: &str, holds: &str) -> PathBuf {
        let name = approval_name(of.as_os_str().as_encoded_bytes(), text.as_bytes());
        self.write(&format!(".local/share/direnv/allow/{name}"), holds)
    }

    fn status(&self, arguments: &[&str]) -> Run {
        let words = ["envrc", "status"].iter().chain(arguments).copied();
        self.0.program(words).run()
    }

    /// The findings as the JSON report has them: rule and subject, with the home taken off.
    fn found(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let run = self.status(&[&["--format", "json"], arguments].concat());
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let home = self.at("").display().to_string();
        let text = |value: &Value| value.as_str().unwrap().replace(&home, "~/");
        let row = |row: &Value| (text(&row["rule"]), text(&row["subject"]["name"]));
        report["results"].as_array().unwrap().iter().map(row).collect()
    }
}

fn name(file: &Path) -> String {
    format!("allow/{}", file.file_name().unwrap().to_string_lossy())
}

#[test]
fn nothing_of_direnv_is_nothing_to_check() {
    let home = Home::new();
    let run = home.status(&[]).exits(4);
    assert!(run.stdout.contains("note    direnv: 0 approvals in "), "{}", run.stdout);
    home.0.program(["envrc", "status"]).without("HOME").run().fails_with(2, "direnv-home-unknown");
}

#[test]
fn approvals_that_hold_are_clean() {
    let home = Home::new();
    home.write("src/a/.envrc", "export A=1\n");
    home.approve("src/a/.envrc", "export A=1\n");
    let run = home.status(&[]).exits(0);
    assert!(run.stdout.contains("1 approval in ") && run.stdout.contains(", 1 of what the file holds now"));
    assert!(run.stdout.contains("no allowlists/envrc.toml"), "{}", run.stdout);
}

/// Every kind of wrong approval, as each format counts it.
#[test]
fn wrong_approvals_are_told_in_every_format() {
    let home = Home::new();
    home.write("a/.envrc", "2");
    home.approve("a/.envrc", "2");
    home.approve("a/.envrc", "1");
    home.write("b/.envrc", "evil");
    home.approval(&home.at("b/.envrc"), "evil", "");
    let rows: Vec<String> =
        home.found(&[]).into_iter().map(|(rule, path)| format!("{rule} {path}")).collect();
    assert!(rows[0].starts_with("envrc-approval-forged ~/.local/share/direnv/allow/"), "{rows:?}");
    assert_eq!(rows[1..], ["envrc-approval-rollback ~/a/.envrc"]);
    // Where that file is known, it is named: direnv would look for it from there.
    let run = home.0.program(["envrc", "status"]).within(home.at("b")).run().exits(1);
    assert!(run.stdout.contains("home/b/.envrc\n      rule      envrc-approval-forged"), "{}", run.stdout);
    for format in ["plain", "json", "sarif", "github", "markdown", "junit"] {
        let run = home.status(&["--format", format]).exits(1);
        assert!(run.stdout.contains("envrc-approval-rollback"), "{format}");
    }
    home.status(&["--fail-on", "critical"]).exits(0);
}

#[test]
fn the_list_of_the_policy_decides_where_approvals_stand() {
    let home = Home::new();
    let policy = "version = 1\n[signers.a]\nissuer = \"https://i.example\"\nidentity = \"https://i.example/a\"\n\
                  [[image]]\nmatch = \"ghcr.io/acme/*\"\nsigned-by = [\"a\"]\n";
    home.0.write("proofmark.toml", policy);
    home.0.write(
        "allowlists/envrc.toml",
        "[[directory]]\npath = \"~/src\"\nwhy = \"work\"\nby = \"platform\"\n",
    );
    for folder in ["src/a", "other"] {
        home.write(&format!("{folder}/.envrc"), "1");
        home.approve(&format!("{folder}/.envrc"), "1");
    }
    home.write(".config/direnv/direnvrc", "x");
    let expected =
        [("envrc-approval-outside", "~/other/.envrc"), ("envrc-startup-file", "~/.config/direnv/direnvrc")];
    assert_eq!(home.found(&[]), expected.map(|(rule, path)| (rule.to_owned(), path.to_owned())));
    let run = home.status(&[]).exits(1);
    assert!(run.stdout.contains("allowlists/envrc.toml"), "{}", run.stdout);
    home.0.write("allowlists/envrc.toml", "[[directory]]\npath = \"src\"\n");
    home.status(&[]).fails_with(2, "policy-invalid");
}

/// What cannot be read is never a pass, and no reason to wait.
#[test]
fn what_cannot_be_read_is_no_success() {
    let home = Home::new();
    home.write(".config/direnv/direnv.toml", "[whitelist]\nprefix = 1\n");
    home.status(&[]).exits(3).says("direnv-unread");
    home.write(".config/direnv/direnv.toml", "");
    home.status(&[]).exits(0);
    symlink("loop", home.at("loop")).unwrap();
    home.approval(&home.at("loop"), "", &format!("{}\n", home.at("loop").display()));
    home.status(&[]).exits(3).says("direnv-unread");
    // A pipe is no file for direnv, and is not waited for.
    fs::remove_dir_all(home.at(".local")).unwrap();
    let pipe = home.at("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    home.approval(&pipe, "", &format!("{}\n", pipe.display()));
    assert_eq!(home.found(&[])[0].0, "envrc-approval-orphan");
    fs::remove_file(home.at(".config/direnv/direnv.toml")).unwrap();
    std::process::Command::new("mkfifo").arg(home.at(".config/direnv/direnv.toml")).status().unwrap();
    home.status(&[]).exits(1).says("direnv-unread");
}

#[test]
fn names_that_were_confirmed_are_removed_and_no_others() {
    let home = Home::new();
    home.write("a/.envrc", "3");
    let (first, second) = (home.approve("a/.envrc", "1"), home.approve("a/.envrc", "2"));
    let kept = home.approve("a/.envrc", "3");
    let run = home.status(&["--fix"]).fails_with(2, "confirmation-needed");
    run.says(&format!("--yes {}", name(&first))).says(&format!("--yes {}", name(&second)));
    home.status(&["--fix", "--yes", "allow/0"]).fails_with(2, "not-removable");
    home.status(&["--fix", "--yes", &name(&kept)]).fails_with(2, "not-removable");
    home.status(&["--yes", &name(&first)]).fails_with(2, "usage");
    assert!(first.exists() && second.exists());
    let run = home.status(&["--fix", "--yes", &name(&first)]).exits(1);
    assert!(run.stdout.contains(&format!("removed {}", first.display())), "{}", run.stdout);
    assert!(!first.exists() && second.exists() && kept.exists());
    home.status(&["--fix", "--yes", &name(&second)]).exits(0);
    assert!(!second.exists() && kept.exists());
}

/// A store that leads elsewhere is read, as direnv reads it, and not written to.
#[test]
fn a_link_is_removed_and_never_followed() {
    let home = Home::new();
    let target = home.write("precious", "x");
    let of = home.at("a/.envrc");
    home.write("a/.envrc", "1");
    let link = home
        .at(&format!(".local/share/direnv/allow/{}", approval_name(of.as_os_str().as_encoded_bytes(), b"1")));
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(&target, &link).unwrap();
    home.status(&["--fix", "--yes", &name(&link)]).exits(0);
    assert!(target.exists() && !link.is_symlink());

    let elsewhere = Home::new();
    fs::remove_dir_all(home.at(".local/share/direnv/allow")).unwrap();
    let forged = elsewhere.approval(&of, "1", "");
    symlink(forged.parent().unwrap(), home.at(".local/share/direnv/allow")).unwrap();
    home.status(&["--fix", "--yes", &name(&forged)]).exits(1).says("store-not-changed");
    assert!(forged.exists());
}

/// On a terminal each file is asked about; whatever is no yes is a no.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_asked_file_by_file() {
    let home = Home::new();
    home.write("a/.envrc", "3");
    let mut earlier = [home.approve("a/.envrc", "1"), home.approve("a/.envrc", "2")];
    earlier.sort();
    let asked = |answers: &str| {
        let script = "exec script -qefc \"$0 envrc status --fix\" /dev/null";
        home.0.program([]).through("sh", &["-c", script]).stdin(answers).run()
    };
    let run = asked("n\ny\n");
    assert!(
        run.stdout.contains("envrc-approval-stale: ") && run.stdout.contains("? [y/N] "),
        "{}",
        run.stdout
    );
    assert!(earlier[0].exists() && !earlier[1].exists(), "{}", run.stdout);
    asked("yes please\n");
    assert!(earlier[0].exists());
}

/// Text of approvals is shown, and never obeyed.
#[test]
fn what_is_shown_is_inert() {
    let home = Home::new();
    let of = home.at("a\u{1b}[2J/.envrc");
    home.approval(&of, "1", &format!("{}\n::error::x\n", of.display()));
    for format in ["plain", "github", "markdown"] {
        let run = home.status(&["--format", format]);
        assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains("\n::error::x"), "{format}");
    }
}

/// A variable makes the repository bring its own settings.
#[test]
fn settings_of_the_repository_are_told() {
    let home = Home::new();
    home.0.write(".x/direnv/direnv.toml", "[whitelist]\nprefix = [\"/\"]\n");
    let own = home.0.path(".x").display().to_string();
    let run = home.0.program(["envrc", "status"]).variable("XDG_CONFIG_HOME", &own).run().exits(1);
    assert!(run.stdout.contains("envrc-store-moved (high)"), "{}", run.stdout);
    let run = home.0.program(["envrc", "status"]).variable("XDG_CONFIG_HOME", ".x").run().exits(1);
    assert!(run.stdout.contains("XDG_CONFIG_HOME is relative"), "{}", run.stdout);
    assert!(run.stdout.contains("envrc-whitelist (high)"), "{}", run.stdout);
}
