//! Every rule of the build, whether it fired or not.

use proofmark_core::{RuleMeta, Severity};

use super::document::{Configuration, Descriptor, Help, Message, RuleProperties};
use crate::model::Report;
use crate::page::web_url;

/// Characters that GitHub takes of a description.
const MAX_DESCRIPTION: usize = 1024;

/// Tags that GitHub keeps of a rule.
const MAX_TAGS: usize = 10;

/// The rules listed, then any that a result names and the list forgot; each identifier once.
pub(super) fn catalogue(report: &Report) -> Vec<&'static RuleMeta> {
    let mut rules: Vec<&'static RuleMeta> = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for rule in report.rules.iter().copied().chain(report.results.iter().map(|row| row.rule)) {
        if known.insert(rule.id) {
            rules.push(rule);
        }
    }
    rules
}

/// A rule as GitHub shows it. No text is empty: GitHub takes an empty string for a missing one.
pub(super) fn descriptor(rule: &RuleMeta) -> Descriptor {
    let summary = or(rule.summary, rule.id);
    let doc = or(rule.doc, summary);
    let tags: Vec<&'static str> = std::iter::once("security")
        .chain(rule.threats.iter().copied().filter(|threat| !threat.is_empty() && *threat != "security"))
        .take(MAX_TAGS)
        .collect();
    Descriptor {
        id: rule.id,
        short_description: Message { text: cut(summary) },
        full_description: Message { text: cut(or(first_paragraph(doc), summary)) },
        help: Help { text: doc.to_owned(), markdown: doc.to_owned() },
        help_uri: web_url(crate::page::Page::Rule(rule.id)),
        default_configuration: Configuration { level: sarif_level(rule.severity) },
        properties: RuleProperties {
            tags: unique(tags),
            precision: "very-high",
            problem_severity: problem(rule.severity),
            security_severity: score(rule.severity),
        },
    }
}

fn or<'a>(text: &'a str, fallback: &'a str) -> &'a str {
    if text.trim().is_empty() { fallback } else { text }
}

fn first_paragraph(doc: &str) -> &str {
    doc.split("\n\n")
        .map(str::trim)
        .find(|part| !part.is_empty() && !part.starts_with('#'))
        .unwrap_or_default()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(MAX_DESCRIPTION - 1).chain(std::iter::once('…')).collect()
}

/// SARIF wants tags without repetition (section 3.8.2).
fn unique(tags: Vec<&'static str>) -> Vec<&'static str> {
    let mut seen = std::collections::BTreeSet::new();
    tags.into_iter().filter(|tag| seen.insert(*tag)).collect()
}

/// SARIF's level of a severity (section 3.27.10).
pub(super) const fn sarif_level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

const fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// GitHub reads above 9.0 as critical, from 7.0 as high, from 4.0 as medium, from 0.1 as low.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_is_not_a_heading() {
        assert_eq!(first_paragraph("# title\n\n## What\n\nIt checks.\n\nMore."), "It checks.");
        assert_eq!(first_paragraph("# title"), "");
    }

    #[test]
    fn descriptions_fit() {
        assert_eq!(cut(&"ä".repeat(2000)).chars().count(), 1024);
        assert_eq!(cut("short"), "short");
    }
}
