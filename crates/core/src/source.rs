//! A text file, and places in it.

use std::ops::Range;

use crate::{Origin, Position};

/// Characters of a line that an [`Origin`] keeps: enough for a picture, and bounded for hostile files.
const MAX_LINE: usize = 240;

/// Bytes between two places whose characters are counted once: a column in a line of megabytes costs no more than this.
const STRIDE: usize = 1024;

/// A file's text with the start of every line.
#[derive(Debug)]
pub struct Source {
    file: String,
    text: String,
    starts: Vec<usize>,
    /// Characters before each multiple of [`STRIDE`].
    counted: Vec<usize>,
}

impl Source {
    /// `file` is the path as it is shown.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut counted = vec![0];
        for block in text.as_bytes().chunks(STRIDE) {
            counted.push(counted.last().copied().unwrap_or(0) + characters(block));
        }
        Self { file: file.into(), text, starts, counted }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of a byte range.
    pub fn origin(&self, span: &Range<usize>) -> Origin {
        let start = self.position(span.start);
        let end = self.position(span.end.max(span.start));
        let line = usize::try_from(start.line).unwrap_or(1).saturating_sub(1);
        Origin {
            file: self.file.clone(),
            start,
            end,
            line_text: self.line(line).chars().take(MAX_LINE).collect(),
        }
    }

    /// The beginning of the file.
    pub fn top(&self) -> Origin {
        self.origin(&(0..0))
    }

    fn line(&self, index: usize) -> &str {
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| next - 1);
        self.text.get(start..end).map_or("", |line| line.strip_suffix('\r').unwrap_or(line))
    }

    fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.characters_before(offset) - self.characters_before(start) + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(column) }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / STRIDE;
        let counted = self.counted.get(block).copied().unwrap_or(0);
        counted + self.text.as_bytes().get(block * STRIDE..offset).map_or(0, characters)
    }
}

/// Characters that begin in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let source = Source::new("p.toml", "a = 1\r\nß = \"x\"\n");
        let origin = source.origin(&(12..15));
        assert_eq!((origin.start.line, origin.start.column, origin.end.column), (2, 5, 8));
        assert_eq!(origin.line_text, "ß = \"x\"");
        assert_eq!(source.origin(&(0..1)).line_text, "a = 1");
        assert_eq!(source.origin(&(999..1000)).start.line, 3);
        // A range inside a character does not panic.
        assert_eq!(source.origin(&(8..8)).start.column, 1);
    }

    /// Columns of a long line are the same as if they were counted from its beginning.
    #[test]
    fn columns_of_long_lines() {
        let text = format!("first\n{}", "aß€😀".repeat(900));
        let source = Source::new("p.toml", text.as_str());
        for (index, (at, _)) in text["first\n".len()..].char_indices().enumerate() {
            let column = source.origin(&(at + "first\n".len()..text.len())).start.column;
            assert_eq!(usize::try_from(column).unwrap(), index + 1);
        }
        assert_eq!(source.origin(&(text.len()..text.len())).start.column, 3601);
    }
}
