//! The plain report: counts on the last line, refusals explained, colours only when asked for.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is surprised")]

mod common;

use common::{LINT, SIGNATURE, fixed, image, render, render_styled, row, run, tool};
use proofmark_core::{Evidence, Origin, Outcome, Position, Reason, Severity};
use proofmark_report::{Format, Report, Style};

fn last_line(report: &Report) -> String {
    render(Format::Plain, report).lines().last().unwrap().to_owned()
}

#[test]
fn the_last_line_counts_subjects() {
    let mut report = Report::new(tool(), run(), 2);
    let lost = "0 verified, 0 failed, 0 unverifiable, 0 allowed; 1 error";
    assert_eq!(last_line(&report), lost, "two were asked for, and none has a verdict");
    report.results =
        vec![row(&SIGNATURE, image("a"), Outcome::Pass), row(&SIGNATURE, image("b"), Outcome::Allowed)];
    for (days, expiry) in
        [(Some(9), " (next expires in 9 days)"), (Some(1), " (next expires in 1 day)"), (None, "")]
    {
        report.next_expiry_days = days;
        assert_eq!(last_line(&report), format!("1 verified, 0 failed, 0 unverifiable, 1 allowed{expiry}"));
    }
    report.results.pop();
    report.requested = 1;
    report.next_expiry_days = Some(9);
    assert_eq!(last_line(&report), "1 verified, 0 failed, 0 unverifiable, 0 allowed");
}

/// What is allowed at one place and stands at another is no more allowed than at none.
#[test]
fn what_stands_at_another_place_is_not_headed_as_allowed() {
    let mut report = Report::new(tool(), run(), 1);
    report.results = vec![row(&LINT, image("a"), Outcome::Allowed)];
    assert!(render(Format::Plain, &report).starts_with("ALLOW"));
    report.results.push(row(&SIGNATURE, image("a"), Outcome::Finding));
    assert!(render(Format::Plain, &report).starts_with("ALLOW"), "of another rule");
    report.results.push(row(&LINT, image("a"), Outcome::Finding));
    assert!(!render(Format::Plain, &report).contains("ALLOW"), "{}", render(Format::Plain, &report));
}

/// A run that findings alone fail says so where its end is read, and where each of them stands.
#[test]
fn findings_are_counted_and_located() {
    let mut report = Report::new(tool(), run(), 0);
    let located = |severity, line| {
        let mut finding = row(&LINT, image("proofmark.toml"), Outcome::Finding);
        (finding.severity, finding.expected) = (severity, None);
        let place = Position { line, column: 1 };
        finding.location = Some(Origin {
            file: "allowlists/exceptions.toml".to_owned(),
            start: place,
            end: place,
            line_text: "until = 2026-01-01".to_owned(),
        });
        finding
    };
    report.results = vec![located(Severity::Low, 7), located(Severity::Medium, 9)];
    let none = "0 verified, 0 failed, 0 unverifiable, 0 allowed";
    assert_eq!(last_line(&report), format!("{none}; 2 findings, 1 at or above --fail-on medium"));
    report.fail_on = Some(Severity::High);
    assert_eq!(last_line(&report), format!("{none}; 2 findings"));
    let text = render(Format::Plain, &report);
    assert!(text.contains("at        allowlists/exceptions.toml:7: until = 2026-01-01\n"), "{text}");
}

/// An image that ten files name is explained once, with where it stands; the line of the policy stays with what it asks.
#[test]
fn rows_that_differ_in_their_place_alone_are_one() {
    let mut report = Report::new(tool(), run(), 1);
    let refused = |line| {
        let mut refused = row(&SIGNATURE, image("a"), Outcome::Fail);
        let place = Position { line, column: 12 };
        refused.location = Some(Origin {
            file: "compose.yaml".to_owned(),
            start: place,
            end: place,
            line_text: "image: a".to_owned(),
        });
        refused
    };
    report.results = (1..=7).map(refused).collect();
    report.notes = vec!["left out\u{1b}: x".to_owned()];
    let text = render(Format::Plain, &report);
    assert_eq!(text.matches("rule      image-signature").count(), 1, "{text}");
    let places = "      at        compose.yaml:1: image: a\n                compose.yaml:2: image: a\n";
    assert!(text.contains(places), "{text}");
    assert!(text.contains("compose.yaml:5: image: a\n                and 2 more (--explain)\n"), "{text}");
    assert!(text.contains("\nnote    left out\\u{1b}: x\n"), "{text}");
    let explained = render_styled(Format::Plain, &report, &Style { explain: true, ..Style::default() });
    assert!(explained.contains("compose.yaml:7: image: a"), "{explained}");
    let asked = |row: &mut proofmark_core::Finding| {
        row.location = row.expected.as_ref().and_then(|expected| expected.origin.clone());
    };
    report.results.iter_mut().for_each(asked);
    assert!(
        !render(Format::Plain, &report).contains("      at "),
        "the policy's line is shown with what it asks"
    );
}

/// What holds of both children of an index is said once, and so is a place that refuses both; `--explain` tells what differs.
#[test]
fn lines_that_are_equal_are_shown_once() {
    let mut report = Report::new(tool(), run(), 1);
    let child = |outcome, platform: &str| {
        let mut child = row(&SIGNATURE, image("a"), outcome);
        child.evidence = vec![Evidence::new("base", "on the approved one").with("platform", platform)];
        let place = Position { line: 3, column: 12 };
        child.location = Some(Origin {
            file: "compose.yaml".to_owned(),
            start: place,
            end: place,
            line_text: "image: a".to_owned(),
        });
        child
    };
    let explain = Style { explain: true, ..Style::default() };
    for outcome in [Outcome::Pass, Outcome::Fail] {
        report.results = vec![child(outcome, "linux/amd64"), child(outcome, "linux/arm64")];
        let text = render(Format::Plain, &report);
        assert_eq!(text.matches("evidence  base: on the approved one\n").count(), 1, "{text}");
        let text = render_styled(Format::Plain, &report, &explain);
        assert_eq!(text.matches("evidence  base: on the approved one; platform: ").count(), 2, "{text}");
    }
    let mut rows = [child(Outcome::Fail, "linux/amd64"), child(Outcome::Fail, "linux/amd64")];
    for (row, column) in rows.iter_mut().zip([12, 30]) {
        row.location.as_mut().unwrap().start.column = column;
    }
    report.results = rows.to_vec();
    let text = render(Format::Plain, &report);
    assert_eq!(text.matches("compose.yaml:3: image: a\n").count(), 1, "{text}");
}

#[test]
fn rows_of_one_subject_stand_together_under_the_worst() {
    let mut report = Report::new(tool(), run(), 2);
    let mut failed = row(&SIGNATURE, image("first"), Outcome::Fail);
    failed.reason = Some(Reason::Unsigned);
    report.results = vec![
        failed,
        row(&SIGNATURE, image("second"), Outcome::Pass),
        row(&LINT, image("second"), Outcome::Finding),
        row(&LINT, image("first"), Outcome::Pass),
    ];
    let text = render(Format::Plain, &report);
    let heads: Vec<&str> = text.lines().filter(|l| l.starts_with("PASS") || l.starts_with("FAIL")).collect();
    assert_eq!(heads, ["PASS  second", "FAIL  first"], "the refusal stands last");
    assert!(!text.contains("NOTE"), "a finding does not hide that its subject passed");
}

#[test]
fn only_the_nearest_miss_is_shown_unless_explained() {
    let short = render(Format::Plain, &fixed());
    assert!(short.contains("and 2 more (--explain)") && !short.contains("fingerprint 1234"));
    let style = Style { explain: true, ..Style::default() };
    let long = render_styled(Format::Plain, &fixed(), &style);
    assert!(long.contains("fingerprint 1234") && !long.contains("--explain"));
}

#[test]
fn what_may_be_run_is_shown_after_a_pass_alone() {
    let mut report = fixed();
    assert!(render(Format::Plain, &report).contains("pinned    ghcr.io/acme/tool@sha256:"));
    for row in &mut report.results {
        row.outcome = Outcome::Fail;
    }
    assert!(!render(Format::Plain, &report).contains("pinned"));
}

#[test]
fn colour_is_added_around_words_and_nowhere_else() {
    let plain = render(Format::Plain, &fixed());
    assert!(!plain.contains('\u{1b}'));
    let coloured = render_styled(Format::Plain, &fixed(), &Style { color: true, ..Style::default() });
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31mFAIL \u{1b}[0m"), "{coloured}");
    assert_eq!(strip(&coloured), plain);
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Plain) {
        let style = Style { color: true, width: Some(20), explain: true };
        assert_eq!(render_styled(format, &fixed(), &style), render(format, &fixed()), "{format}");
    }
}

fn strip(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        match (inside, c) {
            (false, '\u{1b}') => inside = true,
            (true, 'm') => inside = false,
            (true, _) => {}
            (false, c) => out.push(c),
        }
    }
    out
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        assert!(proofmark_report::emit(format, &fixed(), &Style::default(), &mut Full).is_err(), "{format}");
    }
}
