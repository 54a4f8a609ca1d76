//! The plain report: what is refused stands last, next to the counts, and is read within ten seconds.

mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use anstyle::{AnsiColor, Effects};
use proofmark_core::{Finding, Outcome};

use crate::format::Style;
use crate::model::{Report, ReportError};
use crate::rank::loudness;
use crate::tally::{SubjectKey, key, weight};
use crate::text::{basis, counts, inert, place_of};

/// Writes rows, errors, what the run rested on, and the counts as the last line.
pub(crate) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { style: *style, out };
    for rows in subjects(report) {
        row::subject(&mut page, &rows)?;
    }
    for error in report.all_errors() {
        page.error(&error)?;
    }
    page.run(report)?;
    writeln!(page.out, "{}", counts(report))
}

/// The rows of each subject together, quiet ones first, so that a refusal is the last thing on the screen.
fn subjects(report: &Report) -> Vec<Vec<&Finding>> {
    let mut index: BTreeMap<SubjectKey<'_>, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for row in &report.results {
        let at = *index.entry(key(&row.subject)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    for group in &mut groups {
        group.sort_by_key(|row| loudness(row.outcome));
    }
    groups.sort_by_key(|group| std::cmp::Reverse(loudness(verdict(group))));
    groups
}

/// The verdict over a subject; `Finding` if no row is a verdict, or if what is allowed at one place stands at another.
fn verdict(rows: &[&Finding]) -> Outcome {
    let of = |outcome: Outcome| rows.iter().filter(move |row| row.outcome == outcome).map(|row| row.rule.id);
    let open: BTreeSet<&str> = of(Outcome::Finding).collect();
    let stands = of(Outcome::Allowed).any(|rule| open.contains(rule));
    rows.iter()
        .map(|row| row.outcome)
        .filter(|outcome| *outcome != Outcome::Finding)
        .max_by_key(|outcome| weight(*outcome))
        .filter(|outcome| !(stands && *outcome == Outcome::Allowed))
        .unwrap_or(Outcome::Finding)
}

/// The page that is being written.
struct Page<'a> {
    style: Style,
    out: &'a mut dyn Write,
}

/// Columns before a labelled value.
const INDENT: usize = 16;

impl Page<'_> {
    /// `text` in `look`, if there is colour at all.
    fn paint(&self, look: anstyle::Style, text: &str) -> String {
        if self.style.color { format!("{look}{text}{look:#}") } else { text.to_owned() }
    }

    /// `      label     value`, broken at spaces to the width.
    fn labelled(&mut self, label: &str, value: &str) -> io::Result<()> {
        let width = self.style.width.map(|width| width.saturating_sub(INDENT));
        self.lines(label, &crate::text::wrap(value, width))
    }

    /// `      label     value` on one line: for what is copied.
    fn whole(&mut self, label: &str, value: &str) -> io::Result<()> {
        self.lines(label, &[value.to_owned()])
    }

    fn lines(&mut self, label: &str, lines: &[String]) -> io::Result<()> {
        let mut label = self.paint(Effects::DIMMED.into(), &format!("{label:<9}"));
        for line in lines {
            writeln!(self.out, "{}", format!("      {label} {line}").trim_end())?;
            label = " ".repeat(9);
        }
        Ok(())
    }

    fn error(&mut self, error: &ReportError) -> io::Result<()> {
        let head = self
            .paint(AnsiColor::Red.on_default() | Effects::BOLD, &format!("error[{}]:", inert(&error.code)));
        writeln!(self.out, "{head} {}", inert(&error.message))?;
        if let Some(place) = place_of(error) {
            writeln!(self.out, "  at: {place}")?;
        }
        for (label, text) in [("help:", &error.help), ("see:", &error.see)] {
            if !text.is_empty() {
                writeln!(self.out, "  {label} {}", inert(text))?;
            }
        }
        writeln!(self.out)
    }

    /// Which policy and which roots decided, and at what time (verdicts.md 1, "Which policy").
    fn run(&mut self, report: &Report) -> io::Result<()> {
        for (what, text) in basis(report) {
            writeln!(self.out, "{what:<7} {text}")?;
        }
        writeln!(self.out, "time    {}", report.run.time)?;
        for note in &report.notes {
            writeln!(self.out, "note    {}", inert(note))?;
        }
        writeln!(self.out)
    }
}
