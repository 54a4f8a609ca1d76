//! The reason that containerd shows: a few lines, in an event of Kubernetes or in a log.

use proofmark_core::{Finding, Outcome};
use proofmark_report::{Report, inert};

/// Bytes of a reason. containerd keeps 32 KiB of it, and people read less.
const MAX_REASON: usize = 8 * 1024;

/// Why the report allows the pull, or does not.
pub(super) fn of_report(report: &Report) -> String {
    let refused = |row: &&Finding| matches!(row.outcome, Outcome::Fail | Outcome::Unverifiable);
    let lines: Vec<String> = report.results.iter().filter(refused).map(refusal).collect();
    if !lines.is_empty() {
        return cut(lines.join("\n"));
    }
    let policy = report.run.policy.as_ref().map_or_else(String::new, |policy| inert(&policy.path));
    let pinned = report.results.iter().find_map(|row| row.subject.pinned.as_deref()).unwrap_or_default();
    let allowed = report.results.iter().filter(|row| row.outcome == Outcome::Allowed).count();
    let how = if allowed > 0 { "allowed by an exception" } else { "verified" };
    cut(format!("proofmark: {how}: {} by {policy}", inert(pinned)))
}

fn refusal(row: &Finding) -> String {
    let mut text = format!(
        "proofmark: {}: {}: {}",
        row.rule.id,
        row.reason.map_or("error", proofmark_core::Reason::as_str),
        inert(&row.message)
    );
    let mut add = |label: &str, said: &str| {
        text.push_str(label);
        text.push_str(&inert(said));
    };
    if let Some(expected) = &row.expected {
        add("; expected ", &expected.text);
        if let Some(origin) = &expected.origin {
            add(" at ", &format!("{}:{}", origin.file, origin.start.line));
        }
    }
    if let Some(seen) = row.observed.first() {
        add("; observed ", &seen.text);
    }
    if !row.help.is_empty() {
        add("; fix: ", &row.help);
    }
    text
}

/// At most [`MAX_REASON`] bytes, cut between characters.
pub(super) fn cut(mut text: String) -> String {
    if text.len() > MAX_REASON {
        let mut end = MAX_REASON - '…'.len_utf8();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_reasons_are_cut_between_characters() {
        assert_eq!(cut("short".to_owned()), "short");
        for filler in ["a", "é", "…", "🦀"] {
            let text = cut(filler.repeat(MAX_REASON + 1));
            assert!(text.len() <= MAX_REASON && text.len() > MAX_REASON - 8, "{}", text.len());
            assert!(text.ends_with('…'));
        }
    }
}
