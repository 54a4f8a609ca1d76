//! Annotations for GitHub Actions, as workflow commands.

use std::fmt::Write as _;
use std::io::{self, Write};

use proofmark_core::Finding;

use crate::model::{Report, ReportError};
use crate::page::{explain_command, page_of};
use crate::place::{Place, of_origin, place};
use crate::rank::{Level, alerts};
use crate::text::{basis, counts, expectation, inert, observation, sentence};

/// Annotations of one level that GitHub keeps for a step; it drops the rest without a word.
const PER_LEVEL: usize = 10;

/// Writes the worst annotations of each level, one notice about the rest, and which policy and roots decided, and the counts.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let all = annotations(report);
    let mut kept = keep(&all, PER_LEVEL);
    if kept.len() < all.len() {
        // The notice about the rest is a notice itself.
        kept = keep(&all, PER_LEVEL - 1);
    }
    let mut text = String::new();
    for (_, line) in &kept {
        text.push_str(line);
        text.push('\n');
    }
    match all.len() - kept.len() {
        0 => {}
        more => {
            // Nothing is promised that this run does not write.
            let place = if report.summarized {
                "are in the job summary"
            } else {
                "are left out here: --output markdown=FILE writes all of them"
            };
            let rest = format!("{more} more {place}.");
            text.push_str(&command(Level::Note, &[("title", "proofmark")], &rest));
            text.push('\n');
        }
    }
    // Lines of the log, which the runner keeps as they are.
    for (what, line) in basis(report) {
        let _ = writeln!(text, "{what}: {line}");
    }
    text.push_str(&counts(report));
    text.push('\n');
    out.write_all(text.as_bytes())
}

/// At most [`PER_LEVEL`] of each level, at most `notices` of the lowest.
fn keep(all: &[(Level, String)], notices: usize) -> Vec<&(Level, String)> {
    let mut used = [0; 3];
    all.iter()
        .filter(|(level, _)| {
            let (slot, cap) = match level {
                Level::Error => (&mut used[0], PER_LEVEL),
                Level::Warning => (&mut used[1], PER_LEVEL),
                Level::Note => (&mut used[2], notices),
            };
            *slot += 1;
            *slot <= cap
        })
        .collect()
}

/// Every annotation: the run's errors, then the rows, the worst first, and before the mildest of them what the run did not look at.
fn annotations(report: &Report) -> Vec<(Level, String)> {
    let errors = report.all_errors();
    let mut all: Vec<_> = errors.iter().map(|error| (Level::Error, of_error(report, error))).collect();
    let rows = alerts(report);
    let (mild, worse): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(level, _)| *level == Level::Note);
    let of_rows = |rows: Vec<(Level, &Finding)>| {
        rows.into_iter().map(|(level, row)| (level, of_row(report, level, row))).collect::<Vec<_>>()
    };
    all.extend(of_rows(worse));
    all.extend(
        report
            .notes
            .iter()
            .map(|note| (Level::Note, command(Level::Note, &[("title", "proofmark")], &sentence(note)))),
    );
    all.extend(of_rows(mild));
    all
}

fn of_error(report: &Report, error: &ReportError) -> String {
    let mut message = sentence(&error.message);
    for (label, text) in [("help", &error.help), ("see", &error.see)] {
        if !text.is_empty() {
            message.push_str(&line(label, text));
        }
    }
    let title = format!("error[{}]", inert(&error.code));
    match &error.location {
        None => command(Level::Error, &[("title", &title)], &message),
        Some(origin) => located(Level::Error, &of_origin(origin, report), &title, &message),
    }
}

fn of_row(report: &Report, level: Level, row: &Finding) -> String {
    let mut message = format!("{}: {}", inert(&row.subject.name), sentence(&row.message));
    if let Some(expected) = &row.expected {
        message.push_str(&line("expected", &expectation(expected)));
    }
    if let Some(nearest) = row.observed.first() {
        message.push_str(&line("observed", &observation(nearest)));
    }
    if !row.help.is_empty() {
        message.push_str(&line("fix", &row.help));
    }
    message.push_str(&line("see", &explain_command(page_of(row))));
    let title = match row.reason {
        Some(reason) => format!("{}: {reason}", row.rule.id),
        None => row.rule.id.to_owned(),
    };
    located(level, &place(report, row), &title, &message)
}

/// A command that the runner shows beside a line of a file.
fn located(level: Level, place: &Place, title: &str, message: &str) -> String {
    let (at, from) = (place.line.to_string(), place.column.to_string());
    // The runner's columns are inclusive; ours end one past.
    let to = place.end_column.saturating_sub(1).max(place.column).to_string();
    let file = inert(&place.file);
    command(
        level,
        &[
            ("file", &file),
            ("line", &at),
            ("endLine", &at),
            ("col", &from),
            ("endColumn", &to),
            ("title", title),
        ],
        message,
    )
}

fn line(label: &str, text: &str) -> String {
    format!("\n{label}: {}", inert(text))
}

fn command(level: Level, properties: &[(&str, &str)], message: &str) -> String {
    let mut out = match level {
        Level::Error => "::error ",
        Level::Warning => "::warning ",
        Level::Note => "::notice ",
    }
    .to_owned();
    for (at, (name, value)) in properties.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{name}={}", escape_property(value));
    }
    out.push_str("::");
    out.push_str(&escape_data(message));
    out
}

/// The toolkit's `escapeData` (actions/toolkit, packages/core/src/command.ts).
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The toolkit's `escapeProperty`.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_properties_are_percent_escaped() {
        let line = command(Level::Error, &[("file", "a,b:c%d"), ("line", "1")], "x: y, 100 %\r\nz");
        assert_eq!(line, "::error file=a%2Cb%3Ac%25d,line=1::x: y, 100 %25%0D%0Az");
    }

    #[test]
    fn the_first_ten_of_a_level_are_kept() {
        let all: Vec<_> =
            (0..12).flat_map(|n| [(Level::Note, format!("n{n}")), (Level::Error, format!("e{n}"))]).collect();
        let kept = keep(&all, 9);
        assert_eq!(kept.iter().filter(|(level, _)| *level == Level::Error).count(), 10);
        assert_eq!(kept.iter().filter(|(level, _)| *level == Level::Note).count(), 9);
        assert_eq!(kept.first().map(|(_, text)| text.as_str()), Some("n0"));
    }
}
