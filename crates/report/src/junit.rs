//! JUnit XML, as CI systems read it: one suite a rule, with the policy and roots that decided as its properties, one case a row; what
//! was left out is the output of the run's own suite.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use proofmark_core::{Finding, Outcome};

use crate::model::{Report, ReportError};
use crate::page::{explain_command, page_of};
use crate::place::own_place;
use crate::text::{basis, expectation, inert, observation, place_of, sentence};

/// How a case came out, in JUnit's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Passed,
    Failure,
    Error,
    Skipped,
}

/// The suite of the run itself: its errors, and what it did not look at.
const RUN: &str = "run";

/// One case, rendered.
struct Case {
    ending: Ending,
    xml: String,
}

/// Writes all rows as test cases, and the run's errors as a suite of their own.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: Vec<(&str, Vec<Case>)> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &report.results {
        let at = *index.entry(row.rule.id).or_insert_with(|| {
            suites.push((row.rule.id, Vec::new()));
            suites.len() - 1
        });
        if let Some((_, cases)) = suites.get_mut(at) {
            cases.push(case(report, row));
        }
    }
    let errors = report.all_errors();
    if !errors.is_empty() || !report.notes.is_empty() {
        suites.push((RUN, errors.iter().map(of_error).collect()));
    }
    out.write_all(document(report, &suites).as_bytes())
}

fn document(report: &Report, suites: &[(&str, Vec<Case>)]) -> String {
    let all = counts(suites.iter().flat_map(|(_, cases)| cases));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ = writeln!(xml, "<testsuites name=\"proofmark\" {all}>");
    for (name, cases) in suites {
        let (shown, time) = (escape(name), report.run.time);
        let _ = writeln!(xml, "  <testsuite name=\"{shown}\" {} timestamp=\"{time}\">", counts(cases));
        xml.push_str("    <properties>\n");
        for (what, text) in basis(report) {
            let _ = writeln!(xml, "      <property name=\"{what}\" value=\"{}\"/>", escape(&text));
        }
        xml.push_str("    </properties>\n");
        for case in cases {
            xml.push_str(&case.xml);
        }
        if *name == RUN && !report.notes.is_empty() {
            let notes: Vec<String> = report.notes.iter().map(|note| escape(&inert(note))).collect();
            let _ = writeln!(xml, "    <system-out>{}</system-out>", notes.join("\n"));
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn counts<'a>(cases: impl IntoIterator<Item = &'a Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.ending {
            Ending::Passed => {}
            Ending::Failure => failures += 1,
            Ending::Error => errors += 1,
            Ending::Skipped => skipped += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

/// JUnit knows no severities: a finding fails at or above `--fail-on`, as the run itself does.
fn ending(report: &Report, row: &Finding) -> Ending {
    match row.outcome {
        Outcome::Fail => Ending::Failure,
        Outcome::Unverifiable => Ending::Error,
        Outcome::Allowed => Ending::Skipped,
        Outcome::Finding if report.fail_on.is_some_and(|line| row.severity >= line) => Ending::Failure,
        Outcome::Pass | Outcome::Finding => Ending::Passed,
    }
}

fn case(report: &Report, row: &Finding) -> Case {
    let ending = ending(report, row);
    let mut name = row.subject.name.clone();
    if let Some(platform) = &row.subject.platform {
        let _ = write!(name, " ({platform})");
    }
    let kind = row.reason.map_or(row.severity.as_str(), proofmark_core::Reason::as_str);
    Case { ending, xml: render(row.rule.id, &name, ending, kind, &sentence(&row.message), &body(row)) }
}

fn body(row: &Finding) -> String {
    let mut lines: Vec<String> =
        row.evidence.iter().map(|e| format!("evidence: {}: {}", e.kind, inert(&e.summary))).collect();
    if row.outcome == Outcome::Pass {
        return lines.join("\n");
    }
    lines.extend(row.subject.digest.iter().map(|digest| format!("digest: {digest}")));
    lines.extend(row.subject.mirror.iter().map(|mirror| format!("mirror: {}", inert(mirror))));
    lines.extend(own_place(row).map(|origin| format!("at: {}", inert(&origin.to_string()))));
    lines.extend(row.expected.iter().map(|expected| format!("expected: {}", expectation(expected))));
    lines.extend(row.observed.iter().map(|seen| format!("observed: {}", observation(seen))));
    if !row.help.is_empty() {
        lines.push(format!("fix: {}", inert(&row.help)));
    }
    lines.push(format!("see: {}", explain_command(page_of(row))));
    lines.join("\n")
}

fn of_error(error: &ReportError) -> Case {
    let texts = [("help", &error.help), ("see", &error.see)].into_iter().filter(|(_, text)| !text.is_empty());
    let place = place_of(error).map(|place| format!("at: {place}"));
    let lines: Vec<String> =
        place.into_iter().chain(texts.map(|(label, text)| format!("{label}: {}", inert(text)))).collect();
    let (code, message) = (&error.code, sentence(&error.message));
    Case { ending: Ending::Error, xml: render(RUN, code, Ending::Error, code, &message, &lines.join("\n")) }
}

fn render(class: &str, name: &str, ending: Ending, kind: &str, message: &str, body: &str) -> String {
    let (class, name) = (escape(class), escape(&inert(name)));
    let (kind, message) = (escape(&inert(kind)), escape(message));
    let body: Vec<String> = body.lines().map(escape).collect();
    let body = body.join("\n");
    let open = format!("    <testcase classname=\"{class}\" name=\"{name}\"");
    let inside = match ending {
        Ending::Passed if body.is_empty() => return format!("{open}/>\n"),
        Ending::Passed => format!("<system-out>{body}</system-out>"),
        Ending::Failure => format!("<failure type=\"{kind}\" message=\"{message}\">{body}</failure>"),
        Ending::Error => format!("<error type=\"{kind}\" message=\"{message}\">{body}</error>"),
        Ending::Skipped => {
            format!("<skipped message=\"{message}\"/><system-out>{body}</system-out>")
        }
    };
    format!("{open}>{inside}</testcase>\n")
}

/// Escapes markup, and replaces what XML 1.0 section 2.2 does not allow even as a reference.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_illegal_characters_are_escaped() {
        assert_eq!(
            escape("<a b='\"'>&\u{0}\u{fffe}]]>"),
            "&lt;a b=&apos;&quot;&apos;&gt;&amp;\u{fffd}\u{fffd}]]&gt;"
        );
    }
}
