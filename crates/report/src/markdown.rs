//! Markdown for a job summary or a comment. Texts from outside stand in code spans, and nowhere else.

use std::fmt::Write as _;
use std::io::{self, Write};

use proofmark_core::{Finding, Outcome, Reason};

use crate::model::{Report, ReportError};
use crate::page::{Page, web_url};
use crate::place::own_place;
use crate::rank::loudness;
use crate::text::{counts, expectation, inert, observation};

/// Bytes that a report may take: GitHub drops a job summary above 1 MiB.
const MAX_BYTES: usize = 900_000;

/// Bytes kept back for what stands at the end.
const TAIL_BYTES: usize = 20_000;

/// Observations, and pieces of evidence, shown of one row.
const MAX_OBSERVED: usize = 5;

/// Writes the answer, a table of all rows, then each row that is not a pass.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let mut page = format!("## proofmark: {}\n\n{}\n", summary.verdict.as_str(), counts(report));
    let mut rows: Vec<&Finding> = report.results.iter().collect();
    rows.sort_by_key(|row| (loudness(row.outcome), std::cmp::Reverse(row.severity)));
    let errors: Vec<String> = report.all_errors().iter().map(of_error).collect();
    append(&mut page, &errors, "errors");
    if !rows.is_empty() {
        page.push_str("\n| verdict | subject | digest | rule |\n|---|---|---|---|\n");
        let cells: Vec<String> = rows.iter().map(|row| table_row(row)).collect();
        append(&mut page, &cells, "rows");
    }
    let sections: Vec<String> =
        rows.iter().filter(|row| row.outcome != Outcome::Pass).map(|row| section(row)).collect();
    append(&mut page, &sections, "explanations");
    page.push_str(&run(report));
    out.write_all(page.as_bytes())
}

/// Appends what fits, and says how many did not.
fn append(page: &mut String, parts: &[String], what: &str) {
    for (done, part) in parts.iter().enumerate() {
        if page.len() + part.len() + TAIL_BYTES > MAX_BYTES {
            // Writing to a String cannot fail.
            let _ = writeln!(page, "\n{} more {what} are left out here.", parts.len() - done);
            return;
        }
        page.push_str(part);
    }
}

fn of_error(error: &ReportError) -> String {
    let mut text = format!("\n- **error** {}: {}", code(&error.code), code(&error.message));
    if let Some(origin) = &error.location {
        let _ = write!(text, "; at {}", code(&origin.to_string()));
    }
    for (label, value) in [("help", &error.help), ("see", &error.see)] {
        if !value.is_empty() {
            let _ = write!(text, "; {label} {}", code(value));
        }
    }
    text.push('\n');
    text
}

fn table_row(row: &Finding) -> String {
    let digest = row.subject.digest.as_ref().map_or("–".to_owned(), |digest| code(digest.short()));
    let rule = match row.reason {
        Some(reason) => format!("{}: {}", code(row.rule.id), link(reason)),
        None => code(row.rule.id),
    };
    format!("| {} | {} | {digest} | {rule} |\n", word(row), code(&row.subject.name))
}

/// The verdict; for a finding its severity.
fn word(row: &Finding) -> &'static str {
    match row.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "**fail**",
        Outcome::Unverifiable => "**unverifiable**",
        Outcome::Allowed => "allowed",
        Outcome::Finding => row.severity.as_str(),
    }
}

fn link(reason: Reason) -> String {
    format!("[{reason}]({})", web_url(reason))
}

fn section(row: &Finding) -> String {
    let mut text = format!("\n### {} {}\n\n", word(row).replace('*', ""), code(&row.subject.name));
    let mut item = |label: &str, value: &str| {
        let _ = writeln!(text, "- {label}: {value}");
    };
    if let Some(digest) = &row.subject.digest {
        item("digest", &code(&digest.to_string()));
    }
    if let Some(mirror) = &row.subject.mirror {
        item("mirror", &code(mirror));
    }
    item("rule", &format!("[{}]({})", code(row.rule.id), web_url(Page::Rule(row.rule.id))));
    item(
        "reason",
        &row.reason.map_or_else(|| code(&row.message), |r| format!("{}: {}", link(r), code(&row.message))),
    );
    if let Some(origin) = own_place(row) {
        item("at", &code(&origin.to_string()));
    }
    if let Some(expected) = &row.expected {
        item("expected", &code(&expectation(expected)));
    }
    for seen in row.observed.iter().take(MAX_OBSERVED) {
        item("observed", &code(&observation(seen)));
    }
    match row.observed.len().saturating_sub(MAX_OBSERVED) {
        0 => {}
        more => item("observed", &format!("and {more} more")),
    }
    for evidence in row.evidence.iter().take(MAX_OBSERVED) {
        item("evidence", &code(&format!("{}: {}", evidence.kind, evidence.summary)));
    }
    if !row.help.is_empty() {
        item("fix", &code(&row.help));
    }
    text
}

fn run(report: &Report) -> String {
    let mut text = String::from("\n---\n\n");
    if let Some(policy) = &report.run.policy {
        let path = code(&policy.path);
        let _ =
            writeln!(text, "- policy: {path} {} ({})", code(&policy.digest.to_string()), code(&policy.from));
    }
    for root in report.run.trust_roots.iter().take(8) {
        let age = root.age_days.map_or("age unknown".to_owned(), |days| format!("{days} days old"));
        let (name, digest) = (code(&root.name), code(&root.digest.to_string()));
        let _ = writeln!(text, "- root: {name} {digest} ({}, {age})", code(&root.source));
    }
    for note in &report.notes {
        let _ = writeln!(text, "- note: {}", code(note));
    }
    let _ = writeln!(text, "- time: {}\n- version: {}", report.run.time, code(&report.tool.version));
    text
}

/// A code span that its content cannot leave (CommonMark 0.31 section 6.1; GFM section 4.10 for the pipe in tables).
///
/// In a code span no HTML, link, mention or entity is read. The fence is longer than any run of backticks inside. A pipe
/// would end a table cell even in a code span, and its backslash escape is ambiguous after another backslash, so it is
/// shown as the escape that control characters have.
pub(crate) fn code(text: &str) -> String {
    let text = inert(text).replace('|', "\\u{7c}");
    if text.trim().is_empty() {
        return "–".to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("```"), "```` ``` ````");
        assert_eq!(code("a|b\\|c"), "`a\\u{7c}b\\\\u{7c}c`");
        assert_eq!(code("x\n## y @you <b>"), "`x\\u{a}## y @you <b>`");
        assert_eq!(code(" "), "–");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut page = String::new();
        append(&mut page, &vec!["x".repeat(400_000); 4], "rows");
        assert!(page.len() < MAX_BYTES && page.ends_with("\n2 more rows are left out here.\n"));
    }
}
