//! The JSON report against its own schema.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is surprised")]

mod common;

use std::sync::LazyLock;

use common::{SIGNATURE, fixed, hostile, image, render, row, run, tool};
use proofmark_core::{Outcome, Reason};
use proofmark_report::{Format, Report, SCHEMA_ID, report_schema};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The published schema, and the same closed to members that it does not declare.
fn validators() -> [jsonschema::Validator; 2] {
    let open = report_schema();
    let mut closed = open.clone();
    close(&mut closed);
    [open, closed].map(|schema| jsonschema::validator_for(&schema).unwrap())
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") && members.get("type") == Some(&json!("object")) {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&render(Format::Json, report)).unwrap()
}

#[test]
fn the_fixed_report_is_valid_and_says_what_it_was_given() {
    let value = parsed(&fixed());
    for validator in validators() {
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    assert_eq!(value["schema"], SCHEMA_ID);
    assert_eq!(value["summary"]["verdict"], "fail");
    assert_eq!(value["summary"]["exit"], 1);
    assert_eq!(value["results"][1]["reason"], "wrong-identity");
    assert_eq!(value["results"][1]["docs"], "docs/reasons/wrong-identity.md");
    assert_eq!(value["results"][4]["docs"], "docs/rules/policy-root-age.md");
    assert_eq!(value["results"][1]["location"]["start"]["line"], 12);
    assert_eq!(value["run"]["limits"]["image_time"], 20_000, "milliseconds");
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let [open, closed] = validators();
    for (pointer, wrong) in [
        ("/schema", json!("proofmark-report/2")),
        ("/summary/verdict", json!("ok")),
        ("/summary/verified", json!(-1)),
        ("/results/0/verdict", json!("passed")),
        ("/results/1/reason", json!("no-reason")),
        ("/results/0/subject/digest", json!("sha256:xyz")),
        ("/results/0/evidence/0/facts", json!({})),
        ("/run/policy/digest", json!(null)),
        ("/errors", json!(null)),
    ] {
        let mut value = parsed(&fixed());
        *value.pointer_mut(pointer).unwrap() = wrong;
        assert!(!open.is_valid(&value), "{pointer}");
    }
    let mut more = parsed(&fixed());
    more["results"][0]["later"] = json!(1);
    assert!(open.is_valid(&more), "additive within version 1");
    assert!(!closed.is_valid(&more), "or the closed schema would prove nothing");
}

#[test]
fn an_unsealed_or_incomplete_report_is_never_a_pass() {
    let mut report = Report::new(tool(), run(), 2);
    report.results = vec![row(&SIGNATURE, image("a"), Outcome::Pass)];
    assert_eq!(parsed(&report)["summary"]["exit"], 3);
    report.seal(0);
    let value = parsed(&report);
    assert_eq!(value["summary"]["verdict"], "unverifiable");
    assert_eq!(value["errors"][0]["code"], "incomplete-report");
    report.results.push(row(&SIGNATURE, image("b"), Outcome::Pass));
    let value = parsed(&report);
    assert_eq!(
        (&value["summary"]["verdict"], value["errors"].as_array().unwrap().len()),
        (&json!("pass"), 0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_report_is_valid_and_loses_nothing(report in hostile::report()) {
        static VALIDATORS: LazyLock<[jsonschema::Validator; 2]> = LazyLock::new(validators);
            let value = parsed(&report);
            for validator in &*VALIDATORS {
                prop_assert!(validator.is_valid(&value), "{:?}", validator.iter_errors(&value).next().map(|e| e.to_string()));
            }
            let rows = value["results"].as_array().unwrap();
            prop_assert_eq!(rows.len(), report.results.len());
            for (read, row) in rows.iter().zip(&report.results) {
                prop_assert_eq!(read["message"].as_str(), Some(row.message.as_str()));
                prop_assert_eq!(read["subject"]["name"].as_str(), Some(row.subject.name.as_str()));
                prop_assert_eq!(read["reason"].as_str(), row.reason.map(Reason::as_str));
                prop_assert_eq!(read["observed"].as_array().unwrap().len(), row.observed.len());
            }
            let verdict = value["summary"]["verdict"].as_str().unwrap();
            prop_assert!(verdict != "pass" || report.exit() == 0);
    }

    /// The counts against the plainest count there is: for each subject, the worst word.
    #[test]
    fn subjects_are_counted_by_their_worst_row(outcomes in prop::collection::vec((0_u8..5, 0_u8..5), 0..20)) {
        let words = [Outcome::Pass, Outcome::Allowed, Outcome::Unverifiable, Outcome::Fail, Outcome::Finding];
        let mut report = Report::new(tool(), run(), 0);
        report.results = outcomes
            .iter()
            .map(|(subject, word)| row(&SIGNATURE, image(&subject.to_string()), words[usize::from(*word)]))
            .collect();
        let mut counts = [0; 4];
        for subject in 0..5 {
            let of_subject = outcomes.iter().filter(|(name, word)| *name == subject && *word < 4);
            if let Some(worst) = of_subject.map(|(_, word)| *word).max() {
                counts[usize::from(worst)] += 1;
            }
        }
        report.requested = counts.iter().sum();
        let tally = report.tally();
        prop_assert_eq!([tally.verified, tally.allowed, tally.unverifiable, tally.failed], counts);
        prop_assert_eq!(tally.findings, outcomes.iter().filter(|(_, word)| *word == 4).count());
        prop_assert!(tally.is_complete());
        report.requested += 1;
        prop_assert!(!report.tally().is_complete());
    }
}
