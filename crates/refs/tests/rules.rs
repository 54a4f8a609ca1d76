//! The cases beside the rules (`src/rules/<id>/cases/*.toml`) and the examples of their pages, run: one test for each.
//! The format is described in `src/rules/README.md`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by it")]

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Digest, Finding, ImageRef, RuleMeta, Timestamp};
use proofmark_refs::{Drift, RULES, ScanLimits, detect, judge, keep_allows_of, scan};
use serde::Deserialize;

/// The time of every case.
const NOW: &str = "2026-11-24T12:00:00Z";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    file: String,
    text: String,
    #[serde(default)]
    before: Option<String>,
    #[serde(default)]
    tag: Option<String>,
    expect: Vec<String>,
    #[serde(default)]
    says: Vec<String>,
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

fn judged(file: &str, text: &str, before: Option<&str>, tag: &str) -> Result<Vec<Finding>, Failed> {
    let drift = |image: &ImageRef| match tag {
        "same" => Drift::Now(image.digest().unwrap().clone()),
        "moved" => Drift::Now(Digest::sha256(b"another image")),
        "gone" => Drift::Gone,
        _ => Drift::Unknown,
    };
    let kind = detect(file, text.as_bytes()).ok_or("the file is of no kind that names images")?;
    let scanned = |text: &str| scan(file, text.as_bytes(), kind, &ScanLimits::default());
    let mut scan = scanned(text);
    if let Some(before) = before {
        keep_allows_of(&mut scan, Some(&scanned(before)).filter(|_| !before.is_empty()));
    }
    assert!(scan.problems.is_empty(), "{:?}", scan.problems);
    let now: Timestamp = NOW.parse().unwrap();
    Ok(judge(&scan, &drift, now).findings)
}

fn check(path: &Path) -> Result<(), Failed> {
    let case: Case = toml::from_str(&fs::read_to_string(path)?)?;
    // The file begins on its second line: the first is that of the quotes.
    let text = format!("\n{}", case.text);
    let findings =
        judged(&case.file, &text, case.before.as_deref(), case.tag.as_deref().unwrap_or("unknown"))?;
    let lines: Vec<String> = findings.iter().map(line).collect();
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
    let start = row.location.as_ref().unwrap().start;
    let outcome = format!("{:?}", row.outcome).to_lowercase();
    format!(
        "{}:{} {} {} {outcome} {}",
        start.line,
        start.column,
        row.rule.id,
        row.severity.as_str(),
        row.subject.name
    )
}

/// The example below a heading of a rule's page.
fn example(rule: &RuleMeta, heading: &str, fires: bool) -> Result<(), Failed> {
    let (_, rest) = rule.doc.split_once(&format!("\n## {heading}\n")).ok_or("no such heading")?;
    let (_, rest) = rest.split_once("```").ok_or("no example")?;
    let (kind, rest) = rest.split_once('\n').ok_or("no example")?;
    let file = match kind {
        "dockerfile" => "Dockerfile",
        "yaml" => "compose.yaml",
        other => return Err(format!("an example of `{other}`").into()),
    };
    let (text, _) = rest.split_once("```").ok_or("no end")?;
    let findings = judged(file, text, None, "moved")?;
    let own =
        findings.iter().any(|row| row.rule.id == rule.id && row.outcome == proofmark_core::Outcome::Finding);
    if own == fires { Ok(()) } else { Err(format!("{findings:#?}").into()) }
}
