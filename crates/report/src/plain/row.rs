//! One subject of the plain report, with its rows.

use std::collections::BTreeSet;
use std::io;

use anstyle::{AnsiColor, Effects};
use proofmark_core::{Evidence, Expectation, Finding, Origin, Outcome, Subject};

use super::Page;
use crate::page::{explain_command, page_of};
use crate::text::{inert, observation};

/// Writes a subject: its head line, what may be run or was judged, and its rows, the worst first.
pub(super) fn subject(page: &mut Page<'_>, rows: &[&Finding]) -> io::Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let verdict = super::verdict(rows);
    head(page, verdict, &first.subject)?;
    identity(page, verdict, rows)?;
    let mut told = BTreeSet::new();
    for (row, places) in distinct(rows) {
        match row.outcome {
            Outcome::Pass => proofs(page, row, &mut told)?,
            Outcome::Fail | Outcome::Unverifiable | Outcome::Allowed | Outcome::Finding => {
                refused(page, row, &places, &mut told)?;
            }
        }
    }
    writeln!(page.out)
}

/// Places of one row that are shown; `--explain` shows all.
const MAX_PLACES: usize = 5;

/// Rows that differ in their place alone, once, with their places.
fn distinct<'a>(rows: &[&'a Finding]) -> Vec<(&'a Finding, Vec<&'a Origin>)> {
    let mut all: Vec<(&Finding, Vec<&Origin>)> = Vec::new();
    let same = |a: &Finding, b: &Finding| {
        a.rule.id == b.rule.id
            && (a.outcome, a.reason, a.severity) == (b.outcome, b.reason, b.severity)
            && a.message == b.message
            && a.help == b.help
            && a.expected == b.expected
            && a.observed == b.observed
            && a.evidence == b.evidence
    };
    for row in rows {
        let place = row.location.as_ref();
        // What differs comes from few rules: the list stays short.
        match all.iter_mut().find(|(first, _)| same(first, row)) {
            Some((_, places)) => places.extend(place),
            None => all.push((row, place.into_iter().collect())),
        }
    }
    all
}

fn head(page: &mut Page<'_>, verdict: Outcome, subject: &Subject) -> io::Result<()> {
    let (word, color) = match verdict {
        Outcome::Pass => ("PASS", AnsiColor::Green),
        Outcome::Allowed => ("ALLOW", AnsiColor::Yellow),
        Outcome::Finding => ("NOTE", AnsiColor::Yellow),
        Outcome::Unverifiable => ("UNVERIFIABLE", AnsiColor::Magenta),
        Outcome::Fail => ("FAIL", AnsiColor::Red),
    };
    let word = page.paint(color.on_default() | Effects::BOLD, &format!("{word:<5}"));
    let Subject { name, reference, platform, .. } = subject;
    let mut line = inert(name);
    if let Some(reference) = reference.as_ref().filter(|reference| *reference != name) {
        line = format!("{line} = {}", inert(reference));
    }
    if let Some(platform) = platform {
        line = format!("{line} ({})", inert(&platform.to_string()));
    }
    writeln!(page.out, "{word} {line}")
}

/// What may be run after a pass; what was judged otherwise. The rows of a subject may know different parts of it.
fn identity(page: &mut Page<'_>, verdict: Outcome, rows: &[&Finding]) -> io::Result<()> {
    let may_run = matches!(verdict, Outcome::Pass | Outcome::Allowed | Outcome::Finding);
    let pinned = rows.iter().find_map(|row| row.subject.pinned.as_deref()).filter(|_| may_run);
    if let Some(pinned) = pinned {
        page.whole("pinned", &inert(pinned))?;
    } else if let Some(digest) = rows.iter().find_map(|row| row.subject.digest.as_ref()) {
        page.whole("digest", &digest.to_string())?;
    }
    match rows.iter().find_map(|row| row.subject.mirror.as_deref()) {
        Some(mirror) => page.whole("mirror", &inert(mirror)),
        None => Ok(()),
    }
}

/// The evidence of a row; what a line of the same subject says already, such as of another child of its index, is left out.
fn proofs(page: &mut Page<'_>, row: &Finding, told: &mut BTreeSet<String>) -> io::Result<()> {
    for evidence in &row.evidence {
        let line = proof(evidence, page.style.explain);
        if !told.contains(&line) {
            page.labelled("evidence", &line)?;
            told.insert(line);
        }
    }
    Ok(())
}

fn proof(evidence: &Evidence, explain: bool) -> String {
    let mut line = format!("{}: {}", inert(evidence.kind), inert(&evidence.summary));
    if explain {
        for fact in &evidence.facts {
            line.push_str(&format_fact(fact.name, &fact.value));
        }
    }
    line
}

fn format_fact(name: &str, value: &str) -> String {
    format!("; {}: {}", inert(name), inert(value))
}

fn refused(
    page: &mut Page<'_>,
    row: &Finding,
    places: &[&Origin],
    told: &mut BTreeSet<String>,
) -> io::Result<()> {
    let why = match row.reason {
        Some(reason) => format!("{}: {reason}", row.rule.id),
        None => format!("{} ({})", row.rule.id, row.severity.as_str()),
    };
    page.whole("rule", &why)?;
    page.labelled("reason", &inert(&row.message))?;
    stands_at(page, row, places)?;
    if let Some(expected) = &row.expected {
        expectation(page, expected)?;
    }
    observed(page, row)?;
    proofs(page, row, told)?;
    if !row.help.is_empty() {
        page.whole("fix", &inert(&row.help))?;
    }
    page.whole("see", &explain_command(page_of(row)))
}

/// Where it stands, unless that is the line of the policy that asks: that one is shown with what it asks.
fn stands_at(page: &mut Page<'_>, row: &Finding, places: &[&Origin]) -> io::Result<()> {
    let asked = row.expected.as_ref().and_then(|expected| expected.origin.as_ref());
    // Both children of an index may be refused at one place, and two names may stand on one line.
    let mut told = BTreeSet::new();
    let places: Vec<&&Origin> = places
        .iter()
        .filter(|origin| Some(**origin) != asked && told.insert((&origin.file, origin.start.line)))
        .collect();
    let shown = if page.style.explain { places.len() } else { MAX_PLACES };
    let mut label = "at";
    for origin in places.iter().take(shown) {
        place(page, label, origin)?;
        label = "";
    }
    match places.len().saturating_sub(shown) {
        0 => Ok(()),
        more => page.whole("", &format!("and {more} more (--explain)")),
    }
}

fn expectation(page: &mut Page<'_>, expected: &Expectation) -> io::Result<()> {
    page.labelled("expected", &inert(&expected.text))?;
    let Some(origin) = &expected.origin else { return Ok(()) };
    place(page, "", origin)
}

/// File, line and what stands there.
fn place(page: &mut Page<'_>, label: &str, origin: &Origin) -> io::Result<()> {
    let place = format!("{}:{}", inert(&origin.file), origin.start.line);
    let line = inert(origin.line_text.trim());
    page.whole(label, &if line.is_empty() { place } else { format!("{place}: {line}") })
}

/// The nearest miss, or with `--explain` everything that was found.
fn observed(page: &mut Page<'_>, row: &Finding) -> io::Result<()> {
    let shown = if page.style.explain { row.observed.len() } else { 1 };
    let mut label = "observed";
    for seen in row.observed.iter().take(shown) {
        page.labelled(label, &observation(seen))?;
        label = "";
    }
    match row.observed.len().saturating_sub(shown) {
        0 => Ok(()),
        more => page.whole("", &format!("and {more} more (--explain)")),
    }
}
