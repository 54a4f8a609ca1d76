//! SARIF 2.1.0 (OASIS, errata 01), within what GitHub's code scanning accepts.
//!
//! GitHub refuses a whole upload for one result without a location, knows no `suppressions` and no `kind: pass`, and drops
//! results beyond its limits. So: every alert is located, what passed or is allowed is left out, and what does not fit is
//! counted in a notification.

mod document;
mod results;
mod rules;

use std::io::{self, Write};

use crate::json::write_inert;
use crate::model::Report;
use crate::place::of_origin;
use crate::rank::alerts;
use crate::text::inert;
use document::{
    Automation, Description, Driver, Invocation, Log, Message, Notification, Run, RunProperties, ToolDocument,
};

/// The schema that the document declares, and that tests validate against.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Results of one run that GitHub accepts; it shows the worst 5,000.
const MAX_RESULTS: usize = 25_000;

/// Writes one run with every rule and every alert, the worst first.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_inert(&log(report, MAX_RESULTS), out)
}

fn log(report: &Report, max_results: usize) -> Log {
    let catalogue = rules::catalogue(report);
    let mut alerts = alerts(report);
    let left_out = alerts.len().saturating_sub(max_results);
    alerts.truncate(max_results);
    let results = results::all(report, &catalogue, &alerts);
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: vec![Run {
            tool: ToolDocument {
                driver: Driver {
                    name: report.tool.name.clone(),
                    semantic_version: report.tool.version.clone(),
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: catalogue.iter().map(|rule| rules::descriptor(rule)).collect(),
                },
            },
            automation_details: Automation { id: category(&report.command) },
            invocations: vec![invocation(report, left_out)],
            column_kind: "unicodeCodePoints",
            results,
            properties: RunProperties { run: report.run.clone(), summary: report.summary() },
        }],
    }
}

/// `proofmark/<command>/`: GitHub takes the part before the last slash for the category, and refuses two uploads of one
/// category in a workflow run.
fn category(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    if words.is_empty() { "proofmark/".to_owned() } else { format!("proofmark/{}/", words.join("-")) }
}

fn invocation(report: &Report, left_out: usize) -> Invocation {
    let mut notifications: Vec<Notification> = report
        .all_errors()
        .into_iter()
        .map(|error| {
            let help = if error.help.is_empty() { String::new() } else { format!(" help: {}", error.help) };
            let locations = error.location.iter().map(|origin| results::location(&of_origin(origin, report)));
            Notification {
                locations: locations.collect(),
                ..notification(&error.code, "error", format!("{}{help}", error.message))
            }
        })
        .collect();
    notifications.extend(report.notes.iter().map(|note| notification("note", "note", inert(note))));
    if left_out > 0 {
        let text =
            format!("{left_out} results, the mildest, are left out: a run holds at most {MAX_RESULTS}.");
        notifications.push(notification("results-left-out", "warning", text));
    }
    Invocation {
        execution_successful: matches!(report.exit(), 0 | 1 | 4) && report.all_errors().is_empty(),
        exit_code: report.exit(),
        tool_execution_notifications: notifications,
    }
}

fn notification(id: &str, level: &'static str, text: String) -> Notification {
    let descriptor = Description { id: id.to_owned() };
    Notification { descriptor, level, message: Message { text }, locations: Vec::new() }
}

#[cfg(test)]
mod tests {
    use proofmark_core::{
        Finding, Limits, Outcome, Reason, Refusal, RuleMeta, RuleStatus, Severity, Subject, SubjectKind,
        Timestamp, Verdict,
    };

    use super::*;

    static RULE: RuleMeta = RuleMeta {
        id: "image-signature",
        summary: "Signed.",
        doc: "",
        severity: Severity::High,
        threats: &[],
        reasons: &[],
        online: true,
        since: "0.1.0",
        status: RuleStatus::Stable,
    };

    fn report(outcomes: &[Outcome]) -> Report {
        let run = crate::model::Run {
            policy: None,
            trust_roots: Vec::new(),
            time: Timestamp::UNIX_EPOCH,
            limits: Limits::default(),
        };
        let tool = crate::model::Tool { name: "proofmark".to_owned(), version: "0.1.0".to_owned() };
        let mut report = Report::new(tool, run, 1);
        report.results = outcomes
            .iter()
            .map(|outcome| {
                let verdict = Verdict::refuse(Refusal::new(Reason::Unsigned, "Unsigned.", ""));
                let subject = Subject::named(SubjectKind::Image, "a");
                let mut row = Finding::from_verdict(&RULE, subject, &verdict, String::new());
                row.outcome = *outcome;
                row
            })
            .collect();
        report
    }

    /// The worst are kept, and the number of the others is said.
    #[test]
    fn what_does_not_fit_is_counted() {
        let log = log(&report(&[Outcome::Finding, Outcome::Unverifiable, Outcome::Pass, Outcome::Fail]), 2);
        let run = log.runs.first().unwrap();
        let kept: Vec<Outcome> = run.results.iter().map(|result| result.properties.verdict).collect();
        assert_eq!(kept, [Outcome::Fail, Outcome::Unverifiable]);
        let notes = &run.invocations.first().unwrap().tool_execution_notifications;
        assert_eq!(notes.len(), 1, "and no note when all fit");
        assert!(notes.first().unwrap().message.text.starts_with("1 results, the mildest, are left out"));
    }

    #[test]
    fn the_category_ends_with_a_slash() {
        assert_eq!(category("image verify"), "proofmark/image-verify/");
        assert_eq!(category(""), "proofmark/");
    }
}
