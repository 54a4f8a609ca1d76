//! One line, as the regular expression of direnv matches it.
//!
//! ```text
//! \A\s*(?:|#.*|(?:export\s+)?([\w\.]+)(?:\s*=\s*|:\s+?)('(?:\'|[^'])*'|"(?:\"|[^"])*"|[^\s#\n]+)?\s*(?:\#.*)?)\z
//! ```
//! In Go's syntax `\'` is a plain quote, so a quoted value holds any character and ends at the last quote after which the rest
//! still matches. Nothing else of the expression can match in two ways, so no backtracking is needed.

use std::ops::Range;

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Blank, or a comment.
    Nothing,
    Assignment(Parts),
}

/// Where its parts stand in the line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) name: Range<usize>,
    /// With its quotes.
    pub(super) value: Range<usize>,
}

/// `\s` of Go's expressions, which has no vertical tab. Line ends are not in a line.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\x0c' | b' ')
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

/// The parts of a line, or `None` where direnv refuses it.
pub(super) fn split(line: &[u8]) -> Option<Line> {
    let skip =
        |from: usize, of: fn(u8) -> bool| from + line.iter().skip(from).take_while(|byte| of(**byte)).count();
    let mut start = skip(0, is_space);
    if matches!(line.get(start), None | Some(b'#')) {
        return Some(Line::Nothing);
    }
    let mut end = skip(start, is_name);
    // `export` itself is a name where no other follows: `export = x`.
    let next = skip(end, is_space);
    if &line[start..end] == b"export" && next > end && line.get(next).copied().is_some_and(is_name) {
        start = next;
        end = skip(start, is_name);
    }
    if end == start {
        return None;
    }
    let equals = skip(end, is_space);
    let from = match (line.get(end), line.get(equals)) {
        (_, Some(b'=')) => skip(equals + 1, is_space),
        (Some(b':'), _) if line.get(end + 1).copied().is_some_and(is_space) => skip(end + 1, is_space),
        _ => return None,
    };
    let value = from..value_end(line, from)?;
    Some(Line::Assignment(Parts { name: start..end, value }))
}

/// Where the value ends that starts at `from`; only space and a comment may follow.
fn value_end(line: &[u8], from: usize) -> Option<usize> {
    let Some(first) = line.get(from) else { return Some(from) };
    let quoted = matches!(first, b'\'' | b'"').then(|| quoted_end(line, from, *first)).flatten();
    quoted.or_else(|| {
        let end = from + line[from..].iter().take_while(|byte| !is_space(**byte) && **byte != b'#').count();
        let rest = line[end..].iter().find(|byte| !is_space(**byte));
        matches!(rest, None | Some(b'#')).then_some(end)
    })
}

/// One past the last quote that space, a comment or nothing follows.
fn quoted_end(line: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut ends = true;
    for (at, byte) in line.iter().enumerate().skip(from + 1).rev() {
        if *byte == quote && ends {
            return Some(at + 1);
        }
        ends = *byte == b'#' || (is_space(*byte) && ends);
    }
    None
}
