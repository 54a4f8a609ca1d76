//! `proofmark explain` and `proofmark rules`: documentation that works offline.

use std::fmt::Write as _;

use proofmark_core::{Reason, ReasonKind, RuleMeta};

use crate::failure::Failure;
use crate::output::Output;

/// Prints the page of a rule or a reason.
pub(crate) fn explain(name: &str, output: &mut Output) -> Result<(), Failure> {
    let rules = proofmark_engine::rules();
    if let Some(rule) = rules.iter().find(|rule| rule.id == name) {
        return output.text(rule.doc);
    }
    if let Some(reason) = Reason::from_name(name) {
        return output.text(proofmark_report::reason_page(reason));
    }
    let near = nearest(name, &rules);
    let help = match near {
        Some(near) => format!("proofmark explain {near}"),
        None => "proofmark rules".to_owned(),
    };
    Err(Failure::usage("explain-unknown", format!("`{name}` is neither a rule nor a reason"), help))
}

/// The rule or reason whose name is nearest, if one is near.
fn nearest(name: &str, rules: &[&RuleMeta]) -> Option<&'static str> {
    let names = rules.iter().map(|rule| rule.id).chain(Reason::ALL.iter().map(|reason| reason.as_str()));
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
    text.push_str("\nproofmark explain NAME shows the page of a rule or a reason.\n");
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
        assert_eq!(nearest("something-else-entirely", &rules), None);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
