//! Text from outside, made inert for the place it goes to.

use std::fmt::Write as _;

use proofmark_core::display::safe_short;
use proofmark_core::{Expectation, Observation, Outcome, Severity};

use crate::model::{Report, ReportError, RootRef};
use crate::tally::Summary;

/// Characters of one value in formats for people; JSON alone carries everything.
const MAX_CHARS: usize = 2000;

/// One value on one line: no control characters, no log commands, at most [`MAX_CHARS`] characters.
pub fn inert(text: &str) -> String {
    defuse(safe_short(text, MAX_CHARS))
}

/// Breaks what a build log reads as a command.
///
/// GitHub's runner obeys `::name …::` at the start of a line and `##[name]` anywhere in it; Azure Pipelines and TeamCity
/// obey `##vso[` and `##teamcity[`. A certificate's identity or a registry's error must not be able to say those.
fn defuse(text: String) -> String {
    if !text.contains("::") && !text.contains("##") {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = None;
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == ':' && starts_word(before) && starts_command(after) {
            out.push_str("\\u{3a}");
        } else if c == '#' && is_hash_command(rest) {
            out.push_str("\\u{23}");
        } else {
            out.push(c);
        }
        before = Some(c);
        rest = after;
    }
    out
}

fn starts_word(before: Option<char>) -> bool {
    before.is_none_or(char::is_whitespace)
}

fn starts_command(after_colon: &str) -> bool {
    after_colon
        .strip_prefix(':')
        .is_some_and(|name| name.chars().next().is_some_and(|c| c.is_ascii_alphabetic()))
}

/// Whether `text` begins with `##[`, `##vso[` or `##teamcity[`.
pub(crate) fn is_hash_command(text: &str) -> bool {
    ["##[", "##vso[", "##teamcity["].iter().any(|command| text.starts_with(command))
}

/// An observation with where, why and when.
pub(crate) fn observation(seen: &Observation) -> String {
    let mut notes = Vec::new();
    notes.extend(seen.reason.map(|reason| reason.as_str().to_owned()));
    notes.extend(seen.place.as_deref().map(inert));
    notes.extend(seen.time.as_deref().map(inert));
    if notes.is_empty() { inert(&seen.text) } else { format!("{} ({})", inert(&seen.text), notes.join("; ")) }
}

/// An expectation with the line of the policy that asks it.
pub(crate) fn expectation(expected: &Expectation) -> String {
    match &expected.origin {
        None => inert(&expected.text),
        Some(origin) => format!("{} ({}:{})", inert(&expected.text), inert(&origin.file), origin.start.line),
    }
}

/// `file:line:column` of an error's place, if it has one.
pub(crate) fn place_of(error: &ReportError) -> Option<String> {
    error.location.as_ref().map(|origin| inert(&origin.to_string()))
}

/// The sentence with a full stop, so that readers who show only the first sentence show this one.
pub(crate) fn sentence(text: &str) -> String {
    let text = inert(text);
    if text.ends_with(['.', '!', '?', '…']) { text } else { format!("{text}.") }
}

/// The last line of the plain report (design.md 6, "streams"), and what else decided the exit: findings and errors.
pub(crate) fn counts(report: &Report) -> String {
    let Summary { verified, failed, unverifiable, allowed, next_expiry_days, findings, .. } =
        report.summary();
    let expiry = match next_expiry_days.filter(|_| allowed > 0) {
        None => String::new(),
        Some(1) => " (next expires in 1 day)".to_owned(),
        Some(days) => format!(" (next expires in {days} days)"),
    };
    let mut more = String::new();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    if findings > 0 {
        // Writing to a String cannot fail.
        let _ = write!(more, "; {findings} finding{}", plural(findings));
        let line =
            report.fail_on.map(|line| (line, at_or_above(report, line))).filter(|(_, count)| *count > 0);
        if let Some((line, count)) = line {
            let _ = write!(more, ", {count} at or above --fail-on {}", line.as_str());
        }
    }
    let errors = report.all_errors().len();
    if errors > 0 {
        let _ = write!(more, "; {errors} error{}", plural(errors));
    }
    format!(
        "{verified} verified, {failed} failed, {unverifiable} unverifiable, {allowed} allowed{expiry}{more}"
    )
}

/// Which policy and which roots decided, a line each (verdicts.md 1: "Every report names policy and trust roots").
pub(crate) fn basis(report: &Report) -> Vec<(&'static str, String)> {
    let policy = match &report.run.policy {
        None => "none".to_owned(),
        Some(p) => format!("{} {}, {}", inert(&p.path), p.digest, inert(&p.from)),
    };
    let root = |root: &RootRef| {
        let age = match root.age_days {
            None => "age unknown".to_owned(),
            Some(1) => "1 day old".to_owned(),
            Some(days) => format!("{days} days old"),
        };
        format!("{} {}, {}, {age}", inert(&root.name), root.digest, inert(&root.source))
    };
    let roots = report.run.trust_roots.iter().map(|one| ("root", root(one)));
    std::iter::once(("policy", policy)).chain(roots).collect()
}

/// Findings that fail the run.
fn at_or_above(report: &Report, line: Severity) -> usize {
    report.results.iter().filter(|row| row.outcome == Outcome::Finding && row.severity >= line).count()
}

/// Breaks `text` at spaces into lines of at most `width` characters; a word that is longer stays whole.
pub(crate) fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else { return vec![text.to_owned()] };
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NODE-03 and the log commands of build systems.
    #[test]
    fn node_03_nothing_from_outside_is_a_command() {
        assert_eq!(inert("::error::x"), "\\u{3a}:error::x");
        assert_eq!(inert("a ::set-env name=x::y"), "a \\u{3a}:set-env name=x::y");
        assert_eq!(inert("a\u{3000}::add-mask::y"), "a\u{3000}\\u{3a}:add-mask::y");
        assert_eq!(inert("http://[::1]:5000/a::b ::1"), "http://[::1]:5000/a::b ::1");
        assert_eq!(inert("x##[add-path]y"), "x\\u{23}#[add-path]y");
        assert_eq!(inert("###[add-path]"), "#\\u{23}#[add-path]");
        assert_eq!(inert("##vso[x] ##teamcity[y] ## z"), "\\u{23}#vso[x] \\u{23}#teamcity[y] ## z");
        assert_eq!(inert("a\n::error::b\u{1b}[2J"), "a\\u{a}::error::b\\u{1b}[2J");
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(inert(&"x".repeat(5000)).chars().count(), MAX_CHARS);
    }

    #[test]
    fn wraps_at_spaces_alone() {
        assert_eq!(wrap("a bb ccc", None), ["a bb ccc"]);
        assert_eq!(wrap("a bb ccc", Some(4)), ["a bb", "ccc"]);
        assert_eq!(wrap("sha256:abcdef x", Some(4)), ["sha256:abcdef", "x"]);
        assert_eq!(wrap("", Some(4)), [""]);
        assert_eq!(wrap("a b", Some(0)), ["a", "b"]);
    }
}
