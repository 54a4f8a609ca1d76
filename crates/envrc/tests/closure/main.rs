//! The cases beside the rules about closures (`src/closure/rules/<id>/cases/*.toml`) and the examples of their pages, run:
//! one test for each. The format is described in `src/closure/rules/README.md`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by it")]

mod ground;

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Finding, Origin, Position, RuleMeta};
use proofmark_envrc::closure::rules::{changed, new_ability};
use proofmark_envrc::closure::{
    CLOSURE_RULES, Closure, Examined, Lock, closure_of, compare, examine, held_now, judge_closure,
};
use proofmark_envrc::{Limits, gained};
use serde::Deserialize;

use ground::{Disk, Memory};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    about: String,
    text: String,
    before: Option<String>,
    #[serde(default)]
    expect: Vec<String>,
    #[serde(default)]
    says: Vec<String>,
    open: Option<Vec<String>>,
    #[serde(default)]
    unlocked: bool,
    #[serde(default)]
    files: Disk,
    #[serde(default)]
    were: Disk,
    #[serde(default)]
    failed: Vec<String>,
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for rule in CLOSURE_RULES {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/closure/rules").join(rule.id).join("cases");
        let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(paths.len() > 1, "{} has {} cases", rule.id, paths.len());
        for path in paths {
            let name = format!("{}/{}", rule.id, path.file_stem().unwrap().to_string_lossy());
            trials.push(Trial::test(name, move || check(rule, &fs::read_to_string(&path)?)));
        }
        for (heading, fires) in [("Bad", true), ("Good", false)] {
            let name = format!("{}/page/{heading}", rule.id);
            trials.push(Trial::test(name, move || example(rule, heading, fires)));
        }
    }
    trials.push(Trial::test("the_digest_is_of_every_member", || {
        every_member();
        Ok(())
    }));
    trials.push(Trial::test("what_is_looked_at_again_is_what_was_collected", || {
        looked_at_again();
        Ok(())
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

/// Both states of the folder of a case.
fn states(case: &Case) -> (Examined, Examined) {
    let mut were = case.files.clone();
    for (path, text) in &case.were {
        if text.is_empty() { drop(were.remove(path)) } else { drop(were.insert(path.clone(), text.clone())) }
    }
    let look = |text: &str, disk: &Disk| {
        let ground = Memory { disk, failed: &case.failed, folder: String::new() };
        examine(".envrc", text.as_bytes(), &ground, &Limits::default())
    };
    (look(case.before.as_ref().unwrap_or(&case.text), &were), look(&case.text, &case.files))
}

/// What is found of a rule: a lock of the first state beside the second.
fn found(rule: &RuleMeta, case: &Case) -> (Vec<Finding>, Examined) {
    let (before, now) = states(case);
    let start = Position { line: 1, column: 1 };
    let origin = Origin { file: "envrc.toml".to_owned(), start, end: start, line_text: String::new() };
    if rule.id == changed::META.id {
        let locks = [Lock { members: before.closure.members, origin }];
        let locks = if case.unlocked { &[] } else { locks.as_slice() };
        return (judge_closure(".envrc", &now.closure, locks).into_iter().collect(), now);
    }
    let were: Vec<String> = before.abilities.into_iter().map(|ability| ability.what).collect();
    let rows = gained(&were, &now.abilities).into_iter().map(|ability| new_ability::row(".envrc", ability));
    let rows: Vec<Finding> = rows.collect();
    (rows, now)
}

fn check(rule: &RuleMeta, text: &str) -> Result<(), Failed> {
    let case: Case = toml::from_str(text)?;
    let (rows, now) = found(rule, &case);
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.sort();
    if lines != case.expect {
        return Err(
            format!("{}\nexpected: {:#?}\nfound: {lines:#?}\n{rows:#?}", case.about, case.expect).into()
        );
    }
    let texts = rows
        .iter()
        .flat_map(|row| row.observed.iter().map(|seen| seen.text.as_str()).chain([row.message.as_str()]));
    let said = texts.collect::<Vec<_>>().join("\n");
    if let Some(words) = case.says.iter().find(|words| !said.contains(words.as_str())) {
        return Err(format!("no row says `{words}`:\n{said}").into());
    }
    match case.open {
        Some(open) if open != now.closure.open => Err(format!("open: {:#?}", now.closure.open).into()),
        _ => Ok(()),
    }
}

fn line(row: &Finding) -> String {
    format!("{} {} {}", row.rule.id, row.severity.as_str(), row.location.as_ref().unwrap())
}

/// The example below a heading of a rule's page.
fn example(rule: &RuleMeta, heading: &str, fires: bool) -> Result<(), Failed> {
    let (_, rest) = rule.doc.split_once(&format!("\n## {heading}\n")).ok_or("no such heading")?;
    let (_, rest) = rest.split_once("```toml\n").ok_or("no example")?;
    let (text, _) = rest.split_once("```").ok_or("no end")?;
    let (rows, _) = found(rule, &toml::from_str(text)?);
    if rows.is_empty() == fires { Err(format!("{rows:#?}").into()) } else { Ok(()) }
}

/// What is looked at again is what was collected.
fn looked_at_again() {
    let text = "source_env a.sh\ndotenv\nPATH_add bin\nPATH_add .\nsource_up\nfor f in env.d/*.sh; do . \"$f\"; done\n\
                source_url https://x.acme.example/a sha256-AAAA\n";
    let paths = ["a.sh", "bin/x", "env.d/a.sh", "env.d/.b.sh", "../.envrc", "run"];
    let mut disk: Disk = paths.iter().map(|path| ((*path).to_owned(), "#!/bin/sh\n".to_owned())).collect();
    disk.insert(".envrc".to_owned(), text.to_owned());
    let ground = Memory { disk: &disk, failed: &[], folder: String::new() };
    let closure = closure_of(".envrc", text.as_bytes(), &ground, &Limits::default());
    assert_eq!(held_now(&closure.members, &ground), Closure { open: Vec::new(), ..closure.clone() });
    for (path, expected) in
        [("bin/y", 1), ("env.d/c.sh", 1), ("env.d/.d.sh", 0), ("other", 1), (".env", 2), ("x/y", 0)]
    {
        let mut other = disk.clone();
        other.insert(path.to_owned(), "#!/bin/sh\n".to_owned());
        let ground = Memory { disk: &other, failed: &[], folder: String::new() };
        let now = held_now(&closure.members, &ground);
        assert_eq!(compare(&closure.members, &now.members).len(), expected, "{path}");
    }
}

/// A lock differs as soon as any byte of any member does.
fn every_member() {
    let text = "source_env a.sh\ndotenv\nPATH_add bin\nuse flake\nsource_up\n";
    let paths = ["a.sh", ".env", "bin/x", "flake.nix", "../.envrc"];
    let disk: Disk = paths.iter().map(|path| ((*path).to_owned(), "#!/bin/sh\n".to_owned())).collect();
    let digest = |text: &str, disk: &Disk| {
        let ground = Memory { disk, failed: &[], folder: String::new() };
        examine(".envrc", text.as_bytes(), &ground, &Limits::default()).closure.digest()
    };
    let before = digest(text, &disk);
    assert_eq!(before, digest(text, &disk));
    assert_ne!(before, digest(&format!("{text}\n"), &disk));
    for path in paths {
        let mut other = disk.clone();
        other.insert(path.to_owned(), "#!/bin/sh\n\n".to_owned());
        assert_ne!(before, digest(text, &other), "{path} changed");
        other.remove(path);
        assert_ne!(before, digest(text, &other), "{path} vanished");
    }
}
