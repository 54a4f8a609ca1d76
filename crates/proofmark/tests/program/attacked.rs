//! The example after each attack: every row of its page is what the program says.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{EXAMPLE_NOW, Run, Sandbox, tree};

const FOLDER: &str = "examples/attacked";

/// The table of the page: each change, and what it is refused as.
fn promised() -> Vec<(String, BTreeSet<String>)> {
    let page = fs::read_to_string(tree().join(FOLDER).join("README.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (name, file) = cells[1].strip_prefix("[`")?.strip_suffix(')')?.split_once("`](")?;
        assert!(tree().join(FOLDER).join(file).is_file(), "{file}");
        assert!(file.starts_with(&format!("{name}/")), "{file}");
        Some((name.to_owned(), cells[3].split(", ").map(|word| word.trim_matches('`').to_owned()).collect()))
    };
    page.lines().filter(|line| line.starts_with("| [")).map(|line| row(line).expect(line)).collect()
}

/// What a report refuses, as `RULE: REASON`, or `RULE` alone for a finding; each is told where, why and what to do.
fn refused(report: &Value) -> BTreeSet<String> {
    let mut refused = BTreeSet::new();
    for row in report["results"].as_array().unwrap() {
        if row["verdict"] == "pass" || row["severity"] == "low" || row["severity"] == "info" {
            continue;
        }
        for key in ["message", "help"] {
            assert!(row[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {row:#}");
        }
        assert!(row["location"]["file"].is_string(), "{row:#}");
        let rule = row["rule"].as_str().unwrap();
        let reason = row["reason"].as_str().map(|reason| format!("{rule}: {reason}"));
        refused.insert(reason.unwrap_or_else(|| rule.to_owned()));
    }
    refused
}

fn check(arguments: &[&str]) -> Run {
    check_at(EXAMPLE_NOW, arguments)
}

fn check_at(now: &str, arguments: &[&str]) -> Run {
    let fixed = ["check", "--offline", "--now", now, "--policy", "examples/platform"];
    Sandbox::new().program(fixed.iter().chain(arguments).copied()).within(tree()).run()
}

/// A repository whose branch `main` is the platform; changes come and go in its work tree.
struct Requests(Sandbox);

impl Requests {
    fn new() -> Self {
        let requests = Self(Sandbox::new());
        requests.copy("examples/platform");
        for arguments in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-q", "-m", "x"]] {
            requests.git(arguments);
        }
        requests
    }

    /// The work tree with this change, and with nothing of an earlier one.
    fn change(&self, name: &str) {
        self.git(&["checkout", "-q", "."]);
        self.git(&["clean", "-fdq"]);
        self.copy(&format!("{FOLDER}/{name}"));
    }

    fn copy(&self, from: &str) {
        let (from, to) = (tree().join(from).join("."), self.0.path(""));
        assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).current_dir(self.0.path(""));
        git.args(["-c", "user.name=test", "-c", "user.email=test@localhost"]).args(arguments);
        assert!(git.status().unwrap().success(), "{arguments:?}");
    }

    fn check(&self, arguments: &[&str]) -> Run {
        let fixed = ["check", "--offline", "--now", EXAMPLE_NOW, "--format", "json"];
        self.0.program(fixed.iter().chain(arguments).copied()).run()
    }
}

/// Also for who clones the tree in ten years: nothing of it ends.
#[test]
fn the_platform_itself_passes() {
    for now in [EXAMPLE_NOW, "2036-11-24T00:00:00Z"] {
        let run = check_at(now, &["--format", "json", "examples/platform"]).exits(0);
        assert_eq!(refused(&run.report()), BTreeSet::new());
        assert!(run.report()["summary"]["verified"].as_u64().unwrap() >= 7, "{}", run.transcript());
    }
}

#[test]
fn every_attack_has_a_row_and_every_row_is_an_attack() {
    let folders: BTreeSet<String> = fs::read_dir(tree().join(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let rows = promised();
    assert_eq!(rows.len(), folders.len());
    assert_eq!(rows.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>(), folders);
}

#[test]
fn every_attack_is_refused_as_its_row_says() {
    let mut all = BTreeSet::new();
    for (name, mut expected) in promised() {
        // What it changes of the policy is seen beside a revision alone.
        expected.remove("policy-changed");
        let folder = format!("{FOLDER}/{name}");
        let report = check(&["--format", "json", &folder]).exits(1).report();
        assert_eq!(refused(&report), expected, "{name}");
        all.extend(expected);
    }
    for now in [EXAMPLE_NOW, "2036-11-24T00:00:00Z"] {
        assert_eq!(refused(&check_at(now, &["--format", "json", FOLDER]).exits(1).report()), all);
    }
}

/// As a request each is refused as well, by the policy of the branch, whatever it brings along. What its layout lacks may be at the
/// registry, which is not asked here, so that some are unverifiable; nothing passes.
#[test]
fn every_attack_is_refused_as_a_request() {
    let requests = Requests::new();
    for (name, expected) in promised() {
        requests.change(&name);
        let run = requests.check(&["--policy-from", "main"]);
        assert!(run.code == 1 || run.code == 3, "{name}: {}", run.transcript());
        let refused = refused(&run.report());
        for word in expected.iter().filter(|word| !needs_a_registry(word)) {
            assert!(refused.contains(word), "{name}: {word} is not in {refused:?}");
        }
        assert_eq!(refused.contains("policy-changed"), name == "loosened-policy", "{name}: {refused:?}");
    }
}

fn needs_a_registry(refusal: &str) -> bool {
    ["image-signature:", "image-provenance:", "image-base:"].iter().any(|rule| refusal.starts_with(rule))
}

/// Judged by what it brings along it passes: so it is the branch's policy that refuses it, and nothing else.
#[test]
fn the_loosened_policy_would_pass_itself() {
    let requests = Requests::new();
    requests.change("loosened-policy");
    let report = requests.check(&["compose.yaml"]).exits(0).report();
    assert_eq!(report["summary"]["verified"], 2);
    let report = requests.check(&["compose.yaml", "--policy-from", "main"]).exits(1).report();
    assert_eq!((&report["summary"]["verified"], &report["summary"]["failed"]), (&0.into(), &2.into()));
}
