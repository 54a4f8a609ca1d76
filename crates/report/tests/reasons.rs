//! The reasons' pages: fixed headings, a command on each, no sentence on two.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is surprised")]

use std::collections::BTreeMap;

use proofmark_core::{Reason, ReasonKind};
use proofmark_report::reason_page;

fn headings(page: &str) -> Vec<&str> {
    page.lines().filter(|line| line.starts_with('#')).collect()
}

/// The text between a heading and the next.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split_once("\n## ").map_or(rest, |(section, _)| section).trim()
}

/// Sentences and list items outside code blocks and headings, without regard to case and spacing.
fn sentences(page: &str) -> Vec<String> {
    let prose: Vec<&str> =
        page.split("```").step_by(2).flat_map(str::lines).filter(|line| !line.starts_with('#')).collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    prose
        .iter()
        .flat_map(|line| line.split_inclusive([':', '.', '!', '?', ';']))
        .fold(vec![String::new()], |mut all, part| {
            let last = all.last_mut().unwrap();
            last.push_str(part);
            // A full stop inside a name or a pattern ends no sentence.
            if last.matches('`').count() % 2 == 0 && part.ends_with([':', '.', '!', '?', ';']) {
                all.push(String::new());
            }
            all
        })
        .iter()
        .map(|sentence| words(sentence))
        .filter(|sentence| sentence.split(' ').count() >= 3)
        .collect()
}

#[test]
fn every_reason_has_a_page_of_the_same_shape() {
    for reason in Reason::ALL {
        let page = reason_page(*reason);
        let why = match reason.kind() {
            ReasonKind::Fail => "Why it is refused",
            ReasonKind::Unverifiable => "Why it could not be answered",
        };
        let title = format!("# {reason}");
        let why_heading = format!("## {why}");
        let expected = [title.as_str(), "## What it means", &why_heading, "## What to do", "## Example"];
        assert_eq!(headings(page.split("```").next().unwrap()), expected[..4], "{reason}");
        assert_eq!(page.lines().filter(|line| expected.contains(line)).count(), 5, "{reason}");
        for heading in ["What it means", why, "What to do", "Example"] {
            assert!(section(page, heading).split_whitespace().count() >= 8, "{reason}: {heading}");
        }
        assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{reason}");
    }
}

#[test]
fn every_page_says_which_command_helps() {
    const KNOWN: &[&str] =
        &["image verify", "image tree", "policy show", "policy lint", "trust show", "trust update"];
    for reason in Reason::ALL {
        let to_do = section(reason_page(*reason), "What to do");
        let commands: Vec<&str> = to_do.lines().filter_map(|line| line.strip_prefix("proofmark ")).collect();
        assert!(!commands.is_empty(), "{reason} names no command");
        for command in commands.iter().filter(|command| !command.starts_with('-')) {
            assert!(KNOWN.iter().any(|known| command.starts_with(known)), "{reason}: proofmark {command}");
        }
    }
}

#[test]
fn no_sentence_stands_on_two_pages() {
    let mut seen: BTreeMap<String, Reason> = BTreeMap::new();
    let mut count = 0;
    for reason in Reason::ALL {
        let all = sentences(reason_page(*reason));
        count += all.len();
        for sentence in all {
            if let Some(other) = seen.insert(sentence.clone(), *reason) {
                panic!("on the pages of {other} and {reason}: {sentence}");
            }
        }
    }
    assert!(count > 30 * 6, "the pages are read at all: {count}");
}
