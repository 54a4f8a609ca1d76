//! `envrc-hidden-text`: what is shown of a file is what runs. Judged on bytes, before anything is parsed.

use proofmark_core::{RuleMeta, Severity};
use proofmark_shell::{Oddity, OddityKind, Span};

use crate::audit::{Audit, Hits};
use crate::trace::{Source, SourceKind};
use crate::value::Place;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-hidden-text",
    "What an editor shows of an .envrc is what runs.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

/// Blanks inside a line after which nobody sees what follows.
const OFF_SCREEN: usize = 40;

/// Blank lines after which nobody looks for more.
const BLANK_LINES: usize = 30;

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (index, source) in audit.trace.sources.iter().enumerate() {
        // A string that is evaluated stands in a file, where it was judged, or was computed.
        if matches!(source.kind, SourceKind::Evaluated(_)) {
            continue;
        }
        for oddity in &source.oddities {
            if let Some((severity, what)) = judged(source, oddity) {
                hits.at(Place { source: index, span: oddity.span }, severity, what);
            }
        }
        for span in foreign_hosts(&source.text) {
            hits.at(
                Place { source: index, span },
                Severity::High,
                "a host in letters of another script: it may look like another",
            );
        }
        for (span, what) in off_screen(&source.text) {
            hits.at(Place { source: index, span }, Severity::High, what);
        }
    }
}

/// Hosts of URLs with letters that are not ASCII.
fn foreign_hosts(text: &str) -> Vec<Span> {
    let host = |(at, _): (usize, &str)| {
        let rest = &text[at + 3..];
        let end = rest.find(|c: char| c.is_whitespace() || "/?#\"':@)".contains(c)).unwrap_or(rest.len());
        let foreign = rest[..end].chars().any(|c| !c.is_ascii() && c.is_alphabetic());
        foreign.then(|| Span::new(at + 3, at + 3 + end))
    };
    text.match_indices("://").filter_map(host).collect()
}

/// In a comment nothing runs, and people write there in their own languages.
fn is_comment(source: &Source, span: Span) -> bool {
    let before = source.text.get(..span.start).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or(before);
    line.trim_start().starts_with('#')
}

fn judged(source: &Source, oddity: &Oddity) -> Option<(Severity, &'static str)> {
    use OddityKind as Kind;
    use Severity::{High, Low};
    let comment = is_comment(source, oddity.span);
    Some(match oddity.kind {
        Kind::InvalidUtf8 => (High, "bytes that are no UTF-8: each program shows them otherwise"),
        Kind::Nul => (High, "a NUL, which bash leaves out: the words around it are one"),
        Kind::ByteOrderMark => (Low, "a byte order mark, which bash takes for a part of the first word"),
        Kind::Bidi => (High, "a direction mark: the line is shown in another order than it runs"),
        Kind::Invisible if after_a_picture(source, oddity.span) => return None,
        Kind::Invisible if comment => (Low, "a character without width in a comment"),
        Kind::Invisible => (High, "a character without width: this is another name than it looks"),
        Kind::OddSpace | Kind::MixedScript if comment => return None,
        Kind::OddSpace => (High, "a space that is none for bash: the word goes on where it seems to end"),
        Kind::MixedScript => {
            (High, "letters of several scripts in one word: this is another name than it looks")
        }
        Kind::CarriageReturn => {
            (High, "a carriage return inside a line: a terminal writes what follows over what came before")
        }
        Kind::LineEnd if comment => (Low, "line ends of Windows"),
        Kind::LineEnd => {
            (Low, "line ends of Windows: bash takes the carriage return for a part of the last word")
        }
        Kind::Escape => {
            (High, "a control sequence: a terminal obeys it, and can be made to show another text")
        }
        Kind::Control => (High, "a control character: a terminal may show another text than runs"),
        Kind::More => (High, "more odd characters than are told"),
    })
}

/// What makes a sign a coloured picture, and what joins two.
fn after_a_picture(source: &Source, span: Span) -> bool {
    let text = span.of(&source.text);
    let before = source.text.get(..span.start).and_then(|before| before.chars().next_back());
    text.chars().all(|c| matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{200d}'))
        && before.is_some_and(|c| c >= '\u{203c}' && !c.is_alphanumeric())
}

/// What stands so far to the right, or so far below, that it is out of sight.
fn off_screen(text: &str) -> Vec<(Span, &'static str)> {
    let mut found = Vec::new();
    let (mut at, mut blank) = (0, 0);
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        let start = at + (body.len() - body.trim_start().len());
        if body.is_empty() {
            blank += 1;
        } else {
            if blank >= BLANK_LINES
                && at > 0
                && text.get(..at).is_some_and(|before| !before.trim().is_empty())
            {
                found.push((Span::new(start, at + body.len()), "it stands below a screen of blank lines"));
            }
            blank = 0;
            if let Some(behind) = behind_a_gap(body) {
                found.push((
                    Span::new(at + behind, at + body.len()),
                    "it stands so far to the right that no editor shows it",
                ));
            }
        }
        at += line.len();
    }
    found
}

/// Where a line goes on after a gap that is wider than a comment at the end of a line needs.
fn behind_a_gap(line: &str) -> Option<usize> {
    let mut gap = 0;
    let mut seen = false;
    for (at, c) in line.char_indices() {
        match c {
            ' ' => gap += 1,
            '\t' => gap += 4,
            _ => {
                if seen && gap >= OFF_SCREEN && c != '#' && c != '\\' {
                    return Some(at);
                }
                // Also an indentation that pushes the line out of sight.
                if !seen && gap >= 2 * OFF_SCREEN && c != '#' {
                    return Some(at);
                }
                (gap, seen) = (0, true);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_another_script() {
        assert_eq!(foreign_hosts("curl https://\u{430}\u{440}\u{440}.example/x").len(), 1);
        assert!(foreign_hosts("https://h.example/\u{430}").is_empty());
    }

    #[test]
    fn what_is_out_of_sight() {
        let wide = format!("export A=1{}; id", " ".repeat(60));
        assert_eq!(off_screen(&wide).len(), 1);
        assert!(off_screen(&format!("export A=1{}# why", " ".repeat(60))).is_empty());
        let low = format!("a\n{}id\n", "\n".repeat(BLANK_LINES));
        assert_eq!(off_screen(&low).len(), 1);
    }
}
