//! Places in a script.

use std::ops::Range;

use proofmark_core::{Origin, Position};

/// Characters of a line that an [`Origin`] keeps: enough for a picture, and bounded for hostile files.
const MAX_LINE: usize = 240;

/// Bytes of the script's file: from the first to one past the last, both on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// One past the offset of the last byte; never less than `start`.
    pub end: usize,
}

impl Span {
    /// The span of these two offsets.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the beginning of this span to the end of the other.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    /// The bytes as a range.
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The text that the span covers, or nothing where it does not belong to this text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or("")
    }

    /// The span as lines and columns (characters, both from 1) of a file called `file`.
    pub fn origin(self, file: &str, text: &str) -> Origin {
        let start = floor(text, self.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or("");
        Origin {
            file: file.to_owned(),
            start: position(text, start),
            end: position(text, floor(text, self.end.max(self.start))),
            line_text: line.chars().take(MAX_LINE).collect(),
        }
    }
}

/// The last character boundary that is not after this offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn position(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
    Position {
        line: count(before.matches('\n').count()),
        column: count(before[line_start..].chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_in_characters() {
        let text = "a\nüb c\n";
        let origin = Span::new(4, 5).origin(".envrc", text);
        assert_eq!((origin.start.line, origin.start.column, origin.end.column), (2, 2, 3));
        assert_eq!((origin.line_text.as_str(), Span::new(4, 5).of(text)), ("üb c", "b"));
        // Offsets that are none of the text's are no panic.
        assert_eq!(Span::new(3, 99).origin("f", text).end.line, 3);
        assert_eq!(Span::new(3, 99).of(text), "");
    }
}
