//! What is said of single lines and small trees, as `verdicts.txt` has them: `=== SEVERITY RULE: what it is`, the `.envrc`, and
//! behind `--- PATH` the files beside it. A rule must say so; `at-most` holds for everything that is said.

use std::collections::BTreeMap;

use proofmark_core::{Outcome, Severity};
use proofmark_envrc::{Limits, judge};

use crate::Tree;

struct Block<'t> {
    severity: &'t str,
    rule: &'t str,
    about: &'t str,
    text: &'t str,
    files: Tree,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let all = text.split("=== ").skip(1).map(|block| {
        let (head, body) = block.split_once('\n').unwrap();
        let (verdict, about) = head.split_once(": ").unwrap();
        let (severity, rule) = verdict.split_once(' ').unwrap();
        let mut parts = body.split("--- ");
        let text = parts.next().unwrap();
        let files: BTreeMap<String, String> = parts
            .map(|part| part.split_once('\n').unwrap())
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        Block { severity, rule, about, text, files: Tree(files) }
    });
    all.collect()
}

#[test]
fn verdicts() {
    let blocks = blocks(include_str!("verdicts.txt"));
    assert!(blocks.len() > 100);
    let mut wrong = Vec::new();
    for block in blocks {
        let rows = judge(".envrc", block.text.as_bytes(), &block.files, &Limits::default()).findings;
        let rows: Vec<_> = rows.iter().filter(|row| row.outcome != Outcome::Pass).collect();
        let worst = rows.iter().map(|row| row.severity).max().unwrap_or(Severity::Info);
        let right = match block.severity {
            "at-most" => worst.as_str() == block.rule,
            severity => rows.iter().any(|row| row.severity.as_str() == severity && row.rule.id == block.rule),
        };
        if !right {
            let said: Vec<String> =
                rows.iter().map(|row| format!("{} {}", row.rule.id, row.severity.as_str())).collect();
            wrong.push(format!("{} {}: {}: {said:?}", block.severity, block.rule, block.about));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
