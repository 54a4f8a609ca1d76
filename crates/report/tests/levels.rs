//! How loud each row is where a format knows levels.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is surprised")]

mod common;

use common::{LINT, SIGNATURE, image, render, row, run, tool};
use proofmark_core::{Outcome, Severity};
use proofmark_report::{Format, Report};

/// `each` findings of each severity.
fn findings(each: usize) -> Report {
    let mut report = Report::new(tool(), run(), 0);
    report.results = Severity::ALL
        .iter()
        .flat_map(|severity| std::iter::repeat_n(*severity, each))
        .map(|severity| {
            let mut finding = row(&LINT, image(severity.as_str()), Outcome::Finding);
            finding.severity = severity;
            finding
        })
        .collect();
    report.seal(1);
    report
}

fn starting<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(prefix)).collect()
}

/// GitHub keeps ten of a level for a step, and drops the rest without a word.
#[test]
fn at_most_ten_annotations_of_a_level() {
    let mut report = findings(12);
    report.summarized = true;
    let text = render(Format::Github, &report);
    let [errors, warnings, notices] =
        ["::error ", "::warning ", "::notice "].map(|level| starting(&text, level));
    assert_eq!([errors.len(), warnings.len(), notices.len()], [10, 10, 10]);
    assert!(errors.iter().all(|line| line.contains("::critical: ")), "the worst are kept");
    assert_eq!(notices.last(), Some(&"::notice title=proofmark::31 more are in the job summary."));
}

/// What was not looked at matters more than what is mild.
#[test]
fn notes_come_before_the_mildest() {
    let mut report = findings(12);
    report.notes = vec!["left out, --exclude: a, b".to_owned()];
    let text = render(Format::Github, &report);
    assert_eq!(
        starting(&text, "::notice ").first(),
        Some(&"::notice title=proofmark::left out, --exclude: a, b.")
    );
}

#[test]
fn all_annotations_are_shown_if_they_fit() {
    let text = render(Format::Github, &findings(5));
    assert_eq!(starting(&text, "::").len(), 25);
    assert!(!text.contains("job summary"));
}

/// A verdict is an error whatever its severity: verdicts ignore `--fail-on`.
#[test]
fn a_verdict_is_an_error_whatever_its_severity() {
    let mut report = Report::new(tool(), run(), 2);
    for (name, outcome) in [("a", Outcome::Fail), ("b", Outcome::Unverifiable)] {
        let mut verdict = row(&SIGNATURE, image(name), outcome);
        verdict.severity = Severity::Info;
        report.results.push(verdict);
    }
    report.fail_on = None;
    assert_eq!(starting(&render(Format::Github, &report), "::error ").len(), 2);
    let xml = render(Format::Junit, &report);
    assert!(xml.contains("failures=\"1\" errors=\"1\" skipped=\"0\""), "{xml}");
}

#[test]
fn junit_draws_the_line_for_findings_where_the_run_does() {
    for (fail_on, failures) in
        [(Some(Severity::Info), 10), (Some(Severity::Medium), 6), (Some(Severity::Critical), 2), (None, 0)]
    {
        let mut report = findings(2);
        report.fail_on = fail_on;
        let xml = render(Format::Junit, &report);
        let said = format!("tests=\"10\" failures=\"{failures}\" errors=\"0\"");
        assert!(xml.contains(&said), "{fail_on:?}: {xml}");
    }
}
