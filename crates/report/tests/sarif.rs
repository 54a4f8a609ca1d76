//! SARIF: GitHub's rules as properties, and the OASIS schema where it is at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is surprised")]

mod common;

use std::collections::BTreeSet;

use common::{LISTED, SIGNATURE, alerts, fixed, hostile, image, render, row, run, signed_by, tool};
use proofmark_core::{Finding, Outcome, Position};
use proofmark_report::{Format, Report};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&render(Format::Sarif, report)).unwrap()
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

/// A text that GitHub counts as being there.
fn filled(value: &Value, max: usize) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty() && text.chars().count() <= max)
}

fn one(mut change: impl FnMut(&mut Finding)) -> Value {
    let mut report = Report::new(tool(), run(), 1);
    let mut finding = row(&SIGNATURE, image("a"), Outcome::Fail);
    change(&mut finding);
    report.results = vec![finding];
    results(&parsed(&report))[0].clone()
}

fn assert_github_takes(report: &Report) -> Result<(), TestCaseError> {
    let log = parsed(report);
    prop_assert_eq!(&log["version"], "2.1.0");
    prop_assert!(filled(&log["$schema"], 200));
    let run = &log["runs"][0];
    prop_assert_eq!(&run["columnKind"], "unicodeCodePoints");
    prop_assert!(filled(&run["tool"]["driver"]["name"], 100));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        prop_assert!(filled(&rule["shortDescription"]["text"], 1024));
        prop_assert!(filled(&rule["fullDescription"]["text"], 1024));
        prop_assert!(filled(&rule["help"]["text"], usize::MAX));
        prop_assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"));
        let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        prop_assert!((0.1..=10.0).contains(&score));
        let tags: Vec<&str> =
            rule["properties"]["tags"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        prop_assert!(tags.contains(&"security") && tags.len() <= 10 && !tags.contains(&""));
        prop_assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), tags.len());
    }
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    prop_assert_eq!(ids.len(), rules.len());
    prop_assert!(report.rules.iter().all(|rule| ids.contains(rule.id)), "every rule is listed, fired or not");
    prop_assert_eq!(results(&log).len(), alerts(report), "count in = count out");
    for result in results(&log) {
        assert_result(result, rules)?;
    }
    let prints: BTreeSet<&str> = results(&log)
        .iter()
        .map(|result| result["partialFingerprints"]["proofmark/v1"].as_str().unwrap())
        .collect();
    prop_assert_eq!(prints.len(), results(&log).len(), "one fingerprint for each alert");
    Ok(())
}

fn assert_result(result: &Value, rules: &[Value]) -> Result<(), TestCaseError> {
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    prop_assert_eq!(&rules[index]["id"], &result["ruleId"]);
    prop_assert!(filled(&result["message"]["text"], usize::MAX));
    prop_assert!(!result["message"]["text"].as_str().unwrap().contains("]("), "a link");
    prop_assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
    prop_assert!(result.get("suppressions").is_none() && result.get("kind").is_none());
    let locations = result["locations"].as_array().unwrap();
    prop_assert_eq!(locations.len(), 1);
    let place = &locations[0]["physicalLocation"];
    let uri = place["artifactLocation"]["uri"].as_str().unwrap();
    prop_assert!(
        !uri.is_empty() && !uri.starts_with('/') && !uri.contains([':', '\\', '?', '#', ' ']),
        "{uri}"
    );
    prop_assert!(
        uri.is_ascii() && !uri.split('/').any(|part| part.is_empty() || part == ".." || part == "."),
        "{uri}"
    );
    let number = |name: &str| place["region"][name].as_u64().unwrap();
    prop_assert!(number("startLine") >= 1 && number("startColumn") >= 1);
    prop_assert_eq!(number("endLine"), number("startLine"));
    prop_assert!(number("endColumn") >= number("startColumn"));
    if let Some(snippet) = place["region"].get("snippet") {
        let length = snippet["text"].as_str().unwrap().chars().count();
        prop_assert_eq!(u64::try_from(length).unwrap(), number("endColumn") - number("startColumn"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn github_takes_every_report(report in hostile::report()) {
        assert_github_takes(&report)?;
    }
}

#[test]
fn what_passed_or_is_allowed_is_no_alert() {
    let log = parsed(&fixed());
    let verdicts: Vec<&str> =
        results(&log).iter().map(|result| result["properties"]["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["fail", "unverifiable", "finding"]);
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "proofmark/image-verify/");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false, "the run had an error of its own");
    let told = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let levels: Vec<&str> = told.iter().map(|one| one["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["error", "note"], "what was left out is told");
}

#[test]
fn a_region_reads_back_as_its_snippet() {
    let result = one(|row| row.location = Some(signed_by()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "proofmark.toml");
    assert_eq!(place["region"]["startLine"], 12);
    assert_eq!(place["region"]["snippet"]["text"], "signed-by = [\"release\"] ");
    let result = one(|row| {
        let mut origin = signed_by();
        origin.start.column = 13;
        origin.end = Position { line: 14, column: 2 };
        row.location = Some(origin);
    });
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["endLine"], 12, "an alert of several lines is hidden unless all are in the diff");
    assert_eq!(region["snippet"]["text"], "[\"release\"]  # one element");
}

#[test]
fn a_result_without_location_stands_at_the_policy() {
    let uri = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        (place["artifactLocation"]["uri"].clone(), place["region"]["startLine"].clone())
    };
    assert_eq!(uri(&one(|_| ())), ("proofmark.toml".into(), 1.into()));
    let asked = one(|row| {
        row.expected = Some(proofmark_core::Expectation { text: "x".to_owned(), origin: Some(signed_by()) });
    });
    assert_eq!(uri(&asked), ("proofmark.toml".into(), 12.into()));
}

/// A fingerprint keeps when lines, digests and reasons change; it tells rules, subjects and the files that name them apart.
#[test]
fn fingerprints_are_stable() {
    let print = |result: &Value| result["partialFingerprints"]["proofmark/v1"].as_str().unwrap().to_owned();
    let first = print(&one(|_| ()));
    let asked = |row: &mut proofmark_core::Finding| {
        let origin = Some(signed_by());
        row.location.clone_from(&origin);
        row.expected = Some(proofmark_core::Expectation { text: "x".to_owned(), origin });
    };
    assert_eq!(first, print(&one(asked)), "the line of the policy that asks names no subject");
    let named = |file: &'static str, line| {
        print(&one(|row| {
            let mut origin = signed_by();
            (origin.file, origin.start.line) = (file.to_owned(), line);
            row.location = Some(origin);
        }))
    };
    assert_eq!(named("a/Dockerfile", 1), named("a/Dockerfile", 9));
    assert_ne!(named("a/Dockerfile", 1), named("b/Dockerfile", 1));
    assert_ne!(first, named("a/Dockerfile", 1));
    assert_eq!(first, print(&one(|row| row.subject.digest = None)));
    assert_eq!(first, print(&one(|row| row.reason = Some(proofmark_core::Reason::Unsigned))));
    assert_ne!(first, print(&one(|row| row.subject.name.push('b'))));
    assert_ne!(first, print(&one(|row| row.rule = &LISTED)));
}

/// Run by `cargo xtask conformance`, which knows where the OASIS schema lies.
#[test]
#[ignore = "needs PROOFMARK_DATA/schemas/sarif-2.1.0.schema.json"]
#[expect(clippy::disallowed_methods, reason = "the test is told by the environment where its data lies")]
fn reports_are_valid_by_the_oasis_schema() {
    let data = std::env::var_os("PROOFMARK_DATA").expect("PROOFMARK_DATA names the data directory");
    let path = std::path::Path::new(&data).join("schemas/sarif-2.1.0.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut runner = TestRunner::deterministic();
    let mut reports = vec![fixed()];
    reports.extend((0..64).map(|_| hostile::report().new_tree(&mut runner).unwrap().current()));
    for report in reports {
        let log = parsed(&report);
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut broken = parsed(&fixed());
    broken["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&broken), "or the schema would prove nothing");
}
