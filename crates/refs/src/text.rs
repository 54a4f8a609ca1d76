//! A file's text, and places in it as lines and columns.

use std::borrow::Cow;
use std::ops::Range;

use proofmark_core::{Origin, Position};

/// Characters of a line that an [`Origin`] keeps: enough for a picture, and bounded for hostile files.
const MAX_LINE: usize = 240;

/// A position that was counted, from which the next on the same line is counted on: a file may be one line of megabytes.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    offset: usize,
    line: usize,
    column: usize,
}

/// Turns byte ranges into origins; fast when they come in order.
#[derive(Debug)]
pub(crate) struct Locator<'a> {
    file: &'a str,
    text: &'a str,
    lines: Vec<usize>,
    start: Mark,
    end: Mark,
}

impl<'a> Locator<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let first = Mark { offset: 0, line: 1, column: 1 };
        Self { file, text, lines, start: first, end: first }
    }

    pub(crate) fn origin(&mut self, span: &Range<usize>) -> Origin {
        self.start = self.mark(self.start, span.start);
        self.end = self.mark(self.end, span.end.max(span.start));
        let line = self.line(self.start.line);
        Origin {
            file: self.file.to_owned(),
            start: position(self.start),
            end: position(self.end),
            line_text: line.chars().take(MAX_LINE).collect(),
        }
    }

    fn mark(&self, from: Mark, offset: usize) -> Mark {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let begin = self.lines.get(line - 1).copied().unwrap_or(0);
        let (at, column) =
            if from.line == line && from.offset <= offset { (from.offset, from.column) } else { (begin, 1) };
        let between = self.text.get(at..offset).unwrap_or("");
        // A byte-order mark at the very beginning is no character of the first line.
        let mark = usize::from(at == 0 && between.starts_with('\u{feff}'));
        Mark { offset, line, column: column + between.chars().count() - mark }
    }

    fn line(&self, line: usize) -> &'a str {
        let start = self.lines.get(line - 1).copied().unwrap_or(self.text.len());
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        self.text.get(start..end).unwrap_or("").trim_end_matches('\r').trim_start_matches('\u{feff}')
    }
}

fn position(mark: Mark) -> Position {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: number(mark.line), column: number(mark.column) }
}

/// The bytes as text of the same length: each byte that is no UTF-8 becomes a `U+001A` (substitute), which no reference
/// may hold. Gives the first such byte.
pub(crate) fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<usize>) {
    let (mut rest, first) = match std::str::from_utf8(bytes) {
        Ok(text) => return (Cow::Borrowed(text), None),
        Err(error) => (bytes, error.valid_up_to()),
    };
    let mut text = String::with_capacity(bytes.len());
    while !rest.is_empty() {
        let (valid, bad) = match std::str::from_utf8(rest) {
            Ok(_) => (rest.len(), 0),
            Err(error) => {
                let valid = error.valid_up_to();
                (valid, error.error_len().unwrap_or(rest.len() - valid))
            }
        };
        text.push_str(std::str::from_utf8(&rest[..valid]).unwrap_or(""));
        text.extend(std::iter::repeat_n('\u{1a}', bad));
        rest = &rest[valid + bad..];
    }
    (Cow::Owned(text), Some(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_in_characters() {
        let mut locator = Locator::new("f", "\u{feff}ä: x\r\nb: yz\n");
        let origin = locator.origin(&(7..8));
        assert_eq!((origin.start.line, origin.start.column, origin.end.column), (1, 4, 5));
        assert_eq!(origin.line_text, "ä: x");
        let origin = locator.origin(&(13..15));
        assert_eq!((origin.start.line, origin.start.column, origin.end.column), (2, 4, 6));
        // Backwards too.
        assert_eq!(locator.origin(&(7..8)).start.column, 4);
        assert_eq!(locator.origin(&(99..100)).start.line, 3);
    }

    #[test]
    fn bytes_that_are_no_text_keep_their_length() {
        let (text, bad) = decode(b"a\xff\xc3\xa4\xc3");
        assert_eq!((text.as_ref(), bad), ("a\u{1a}ä\u{1a}", Some(1)));
        assert_eq!(decode("ü".as_bytes()), (Cow::Borrowed("ü"), None));
    }
}
