//! `proofmark explain` and `proofmark rules`: documentation that works offline.

use std::fmt::Write as _;

use proofmark_core::{Reason, ReasonKind, RuleMeta};

use crate::failure::Failure;
use crate::output::Output;

/// Every error code, a section each.
const ERRORS: &str = include_str!("../../../../docs/errors.md");

/// Prints the page of a rule, a reason or an error.
pub(crate) fn explain(name: &str, output: &mut Output) -> Result<(), Failure> {
    let rules = proofmark_engine::rules();
    if let Some(rule) = rules.iter().find(|rule| rule.id == name) {
        return output.text(rule.doc);
    }
    if let Some(reason) = Reason::from_name(name) {
        let page = proofmark_report::reason_page(reason);
        return match error_section(name) {
            // Some words are a reason of `image verify` and an error of other commands.
            Some(section) => output.text(&format!("{page}\n## As an error\n\n{section}\n")),
            None => output.text(page),
        };
    }
    if let Some(section) = error_section(name) {
        return output.text(&format!("# {name}\n\n{section}\n"));
    }
    let near = nearest(name, &rules);
    let help = match near {
        Some(near) => format!("proofmark explain {near}"),
        None => "proofmark rules".to_owned(),
    };
    Err(Failure::usage("explain-unknown", format!("`{name}` is neither a rule, a reason nor an error"), help))
}

/// Code and text of each error.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    ERRORS.split("\n## ").skip(1).filter_map(|section| {
        let (code, text) = section.split_once('\n')?;
        // A line in bold begins the next group of errors.
        Some((code, text.split("\n**").next().unwrap_or(text).trim()))
    })
}

fn error_section(code: &str) -> Option<&'static str> {
    sections().find(|(known, _)| *known == code).map(|(_, text)| text)
}

/// The rule, reason or error whose name is nearest, if one is near.
fn nearest(name: &str, rules: &[&RuleMeta]) -> Option<&'static str> {
    let names = rules.iter().map(|rule| rule.id).chain(Reason::ALL.iter().map(|reason| reason.as_str()));
    let names = names.chain(sections().map(|(code, _)| code));
    names.map(|known| (distance(name, known), known)).filter(|(d, _)| *d <= 3).min().map(|(_, known)| known)
}

/// Levenshtein distance over characters, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Prints every rule with what it holds, and every reason with its exit code.
pub(crate) fn rules(output: &mut Output) -> Result<(), Failure> {
    let rules = proofmark_engine::rules();
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::from("Rules\n");
    for rule in &rules {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:width$}  {:8}  {}", rule.id, rule.severity.as_str(), rule.summary);
    }
    for (kind, title) in [
        (ReasonKind::Fail, "Reasons to fail (exit 1)"),
        (ReasonKind::Unverifiable, "Reasons not to know (exit 3)"),
    ] {
        let _ = writeln!(text, "\n{title}");
        for reason in Reason::ALL.iter().filter(|reason| reason.kind() == kind) {
            let _ = writeln!(text, "  {:width$}  {}", reason.as_str(), reason.summary());
        }
    }
    text.push_str("\nproofmark explain NAME shows the page of a rule, a reason or an error.\n");
    output.text(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let rules = proofmark_engine::rules();
        assert_eq!(nearest("unsinged", &rules), Some("unsigned"));
        assert_eq!(nearest("image-signatur", &rules), Some("image-signature"));
        assert_eq!(nearest("policy-invald", &rules), Some("policy-invalid"));
        assert_eq!(nearest("something-else-entirely", &rules), None);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
