//! The cases beside the rules (`src/rules/<id>/cases/*.toml`) and the examples of their pages, run: one test for each.
//! The format is described in `src/rules/README.md`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Finding, Outcome, RuleMeta, Severity};
use proofmark_envrc::{Facts, FileAnswer, Files, Limits, RULES, judge};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    text: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    facts: BTreeMap<String, Vec<String>>,
    expect: Vec<String>,
    #[serde(default)]
    says: Vec<String>,
}

/// The folder of a case.
#[derive(Default)]
struct Folder {
    files: BTreeMap<String, String>,
    facts: BTreeMap<String, Vec<String>>,
}

impl Files for Folder {
    fn read(&self, path: &str) -> FileAnswer {
        match self.files.get(path) {
            Some(text) => FileAnswer::Bytes(text.clone().into_bytes()),
            None if self.files.keys().any(|file| file.starts_with(&format!("{path}/"))) => FileAnswer::Folder,
            None => FileAnswer::Absent,
        }
    }

    fn facts(&self, path: &str) -> Facts {
        let has = |fact: &str| self.facts.get(path).is_some_and(|facts| facts.iter().any(|one| one == fact));
        Facts {
            exists: self.files.contains_key(path),
            leads_out: has("leads-out"),
            foreign: has("foreign"),
            writable: has("writable"),
            uncommitted: has("uncommitted") || has("ignored"),
            ignored: has("ignored"),
        }
    }

    fn listed(&self, folder: &str) -> Vec<String> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let names = self.files.keys().filter_map(|path| path.strip_prefix(&start));
        names.filter(|name| !name.contains('/')).map(str::to_owned).collect()
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for rule in RULES {
        let cases =
            sorted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules").join(rule.id).join("cases"));
        assert!(cases.len() > 1, "{} has {} cases", rule.id, cases.len());
        for path in cases {
            let name = format!("{}/{}", rule.id, path.file_stem().unwrap().to_string_lossy());
            trials.push(Trial::test(name, move || check(&path)));
        }
        for (heading, fires) in [("Bad", true), ("Good", false)] {
            let name = format!("{}/page/{heading}", rule.id);
            trials.push(Trial::test(name, move || example(rule, heading, fires)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn judged(text: &str, folder: &Folder) -> Vec<Finding> {
    judge(".envrc", text.as_bytes(), folder, &Limits::default()).findings
}

fn check(path: &Path) -> Result<(), Failed> {
    let case: Case = toml::from_str(&fs::read_to_string(path)?)?;
    let folder = Folder { files: case.files, facts: case.facts };
    let findings = judged(&case.text, &folder);
    let rows = findings.iter().filter(|row| row.severity > Severity::Info || row.outcome != Outcome::Finding);
    let lines: Vec<String> = rows.filter(|row| row.outcome != Outcome::Pass).map(line).collect();
    if lines != case.expect {
        return Err(format!("{}\nexpected: {:#?}\nfound: {lines:#?}", case.about, case.expect).into());
    }
    let said: String = findings
        .iter()
        .flat_map(|row| row.observed.iter().map(|seen| seen.text.as_str()).chain([row.message.as_str()]))
        .collect::<Vec<_>>()
        .join("\n");
    match case.says.iter().find(|words| !said.contains(words.as_str())) {
        Some(words) => Err(format!("no row says `{words}`:\n{said}").into()),
        None => Ok(()),
    }
}

fn line(row: &Finding) -> String {
    let place = row.location.as_ref().unwrap();
    let outcome = format!("{:?}", row.outcome).to_lowercase();
    format!("{place} {} {} {outcome}", row.rule.id, row.severity.as_str())
}

/// The example below a heading of a rule's page.
fn example(rule: &RuleMeta, heading: &str, fires: bool) -> Result<(), Failed> {
    let (_, rest) = rule.doc.split_once(&format!("\n## {heading}\n")).ok_or("no such heading")?;
    let (_, rest) = rest.split_once("```bash\n").ok_or("no example")?;
    let (text, _) = rest.split_once("```").ok_or("no end")?;
    let findings = judged(text, &Folder::default());
    let own = findings
        .iter()
        .any(|row| row.rule.id == rule.id && row.outcome != Outcome::Pass && row.severity > Severity::Info);
    if own == fires { Ok(()) } else { Err(format!("{findings:#?}").into()) }
}
