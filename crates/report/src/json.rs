//! The JSON report, `proofmark-report/1`, and the writer that keeps JSON inert on a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use proofmark_core::display::safe;
use proofmark_core::{
    Evidence, Expectation, Finding, Observation, Origin, Outcome, Reason, Severity, Subject,
};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::model::{Report, ReportError, Run, Tool};
use crate::page::{docs_url, page_of};
use crate::schema::SCHEMA_ID;
use crate::tally::Summary;
use crate::text::is_hash_command;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: &'a Tool,
    run: &'a Run,
    summary: Summary,
    results: Vec<Row<'a>>,
    errors: Vec<ReportError>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    rule: &'static str,
    reason: Option<Reason>,
    severity: Severity,
    verdict: Outcome,
    subject: &'a Subject,
    message: &'a str,
    expected: Option<&'a Expectation>,
    observed: &'a [Observation],
    evidence: &'a [Evidence],
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a Origin>,
    help: &'a str,
    docs: String,
}

impl<'a> From<&'a Finding> for Row<'a> {
    fn from(row: &'a Finding) -> Self {
        Self {
            rule: row.rule.id,
            reason: row.reason,
            severity: row.severity,
            verdict: row.outcome,
            subject: &row.subject,
            message: &row.message,
            expected: row.expected.as_ref(),
            observed: &row.observed,
            evidence: &row.evidence,
            location: row.location.as_ref(),
            help: &row.help,
            docs: docs_url(page_of(row)),
        }
    }
}

/// Writes the whole report: every row, values uncut.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA_ID,
        tool: &report.tool,
        run: &report.run,
        summary: report.summary(),
        results: report.results.iter().map(Row::from).collect(),
        errors: report.all_errors(),
        notes: &report.notes,
    };
    write_inert(&document, out)
}

/// Writes any value as indented JSON in which no string can act on a terminal or a build log.
///
/// JSON lets DEL, C1 and bidirectional controls stand raw in strings; here they are `\u` escapes, which read back as the
/// same text.
///
/// # Errors
/// What `out` answers, and a value that is no JSON.
pub fn write_inert(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Inert(PrettyFormatter::new()));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

struct Inert(PrettyFormatter<'static>);

impl Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        if matches!(safe(text), Cow::Borrowed(_)) && !text.contains("##") {
            return out.write_all(text.as_bytes());
        }
        let mut buffer = [0; 4];
        for (at, c) in text.char_indices() {
            let one: &str = c.encode_utf8(&mut buffer);
            let command = c == '#' && is_hash_command(text.get(at..).unwrap_or_default());
            if matches!(safe(one), Cow::Borrowed(_)) && !command {
                out.write_all(one.as_bytes())?;
            } else {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NODE-03: JSON on a terminal is a terminal all the same.
    #[test]
    fn node_03_strings_are_escaped_and_read_back_the_same() {
        let hostile = "a\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{e0041}##[add-path]/x ## y é 漢";
        let mut out = Vec::new();
        write_inert(&[hostile], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r"\u007f\u009b\u202e\udb40\udc41\u0023#[add-path]/x ## y é 漢"), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [hostile]);
    }
}
