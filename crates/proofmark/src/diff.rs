//! What a change would do to a file, in the shape of a unified diff without context.

use std::fmt::Write as _;

use proofmark_report::inert;

/// Lines that are looked ahead for one that both sides have.
const MAX_AHEAD: usize = 64;

/// The lines that change. Both texts are shown without what could act on a terminal.
pub(crate) fn diff(file: &str, before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut text = format!("--- a/{0}\n+++ b/{0}\n", inert(file));
    let (mut at, mut to) = (0, 0);
    while at < old.len() || to < new.len() {
        if old.get(at) == new.get(to) {
            (at, to) = (at + 1, to + 1);
            continue;
        }
        let (gone, come) = hunk(old.get(at..).unwrap_or_default(), new.get(to..).unwrap_or_default());
        // Writing to a String cannot fail. A side without lines names the line before.
        let start = |from: usize, count: usize| if count == 0 { from } else { from + 1 };
        let _ = writeln!(text, "@@ -{},{gone} +{},{come} @@", start(at, gone), start(to, come));
        for (sign, lines) in [('-', old.get(at..at + gone)), ('+', new.get(to..to + come))] {
            for line in lines.unwrap_or_default() {
                let _ = writeln!(text, "{sign}{}", inert(line.trim_end_matches(['\r', '\n'])));
            }
        }
        (at, to) = (at + gone, to + come);
    }
    text
}

/// How many lines go and come until both sides are the same again, the fewest in all.
fn hunk(old: &[&str], new: &[&str]) -> (usize, usize) {
    for sum in 1..=MAX_AHEAD {
        for gone in 0..=sum.min(old.len()) {
            let come = sum - gone;
            if come <= new.len() && old.get(gone) == new.get(come) {
                return (gone, come);
            }
        }
    }
    (old.len(), new.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_shown() {
        let of = |old: &str, new: &str| diff("f", old.as_bytes(), new.as_bytes());
        assert_eq!(of("a\nb\r\nc", "a\nB\r\nc"), "--- a/f\n+++ b/f\n@@ -2,1 +2,1 @@\n-b\n+B\n");
        assert_eq!(of("a\nc\n", "a\nb\nc\n"), "--- a/f\n+++ b/f\n@@ -1,0 +2,1 @@\n+b\n");
        assert_eq!(of("a\n", "a\nb"), "--- a/f\n+++ b/f\n@@ -1,0 +2,1 @@\n+b\n");
        assert_eq!(of("a\nb\nc\n", "A\nb\nC\n").matches("@@ -").count(), 2);
        assert!(of("a\u{1b}[2J", "b").contains("-a\\u{1b}[2J\n"));
    }
}
