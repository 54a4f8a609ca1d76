//! Changing spans of a file and nothing else.

use std::ops::Range;

/// One change: the bytes of `span` become `text`. An empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpanEdit {
    /// First byte changed.
    pub start: usize,
    /// One past the last byte changed.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}

impl SpanEdit {
    /// A change of a span.
    pub fn new(span: Range<usize>, text: impl Into<String>) -> Self {
        Self { start: span.start, end: span.end, text: text.into() }
    }
}

/// Why a file is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// A span that is not in the file, or ends before it starts.
    #[error("bytes {0} to {1} are not in the file")]
    Outside(usize, usize),
    /// Two changes of the same bytes with different texts, or spans that overlap.
    #[error("two changes at byte {0} contradict each other")]
    Conflict(usize),
}

/// The file with its changes; every other byte is as before. The same change twice is made once: an ARG default or an
/// anchor that several references come from.
pub fn rewrite(bytes: &[u8], edits: &[SpanEdit]) -> Result<Vec<u8>, RewriteError> {
    let mut edits: Vec<&SpanEdit> = edits.iter().collect();
    edits.sort();
    edits.dedup();
    let mut out = Vec::with_capacity(bytes.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    let mut last: Option<&SpanEdit> = None;
    for edit in edits {
        let same_place = last.is_some_and(|last| last.start == edit.start);
        if edit.start < at || same_place {
            return Err(RewriteError::Conflict(edit.start));
        }
        let outside = || RewriteError::Outside(edit.start, edit.end);
        if bytes.get(edit.start..edit.end).is_none() {
            return Err(outside());
        }
        out.extend_from_slice(bytes.get(at..edit.start).ok_or_else(outside)?);
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.end;
        last = Some(edit);
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_change_and_nothing_else() {
        let edit = |span: Range<usize>, text: &str| SpanEdit::new(span, text);
        let bytes = b"\xff\r\nab cd";
        let out = rewrite(bytes, &[edit(6..8, "x"), edit(3..5, "yyy"), edit(6..8, "x")]).unwrap();
        assert_eq!(out, b"\xff\r\nyyy x");
        assert_eq!(rewrite(bytes, &[]).unwrap(), bytes);
        assert_eq!(rewrite(bytes, &[edit(8..8, "!")]).unwrap(), b"\xff\r\nab cd!");
        assert_eq!(rewrite(bytes, &[edit(3..5, "a"), edit(4..6, "b")]), Err(RewriteError::Conflict(4)));
        assert_eq!(rewrite(bytes, &[edit(3..5, "a"), edit(3..5, "b")]), Err(RewriteError::Conflict(3)));
        assert_eq!(rewrite(bytes, &[edit(7..9, "a")]), Err(RewriteError::Outside(7, 9)));
        let backwards = SpanEdit { start: 5, end: 4, text: String::new() };
        assert_eq!(rewrite(bytes, &[backwards]), Err(RewriteError::Outside(5, 4)));
    }
}
