//! A text that was put together from pieces of a file, and remembers where each byte came from.

use std::ops::Range;

/// One run of bytes that stands in the file as it does in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    at: usize,
    source: usize,
    len: usize,
}

/// A text with the places of its bytes; bytes that no run covers stand nowhere (escapes, folded lines).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mapped {
    text: String,
    runs: Vec<Run>,
}

impl Mapped {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A text that stands in the file from `source` on.
    pub(crate) fn at(text: &str, source: usize) -> Self {
        let mut mapped = Self::default();
        mapped.push(text, source);
        mapped
    }

    /// A text that stands nowhere in the file as it is.
    pub(crate) fn nowhere(text: &str) -> Self {
        Self { text: text.to_owned(), runs: Vec::new() }
    }

    /// Appends a text that stands at `source`.
    pub(crate) fn push(&mut self, text: &str, source: usize) {
        if text.is_empty() {
            return;
        }
        let at = self.text.len();
        self.text.push_str(text);
        if let Some(last) = self.runs.last_mut()
            && last.at + last.len == at
            && last.source + last.len == source
        {
            last.len += text.len();
            return;
        }
        self.runs.push(Run { at, source, len: text.len() });
    }

    /// Appends a text that stands nowhere.
    pub(crate) fn push_nowhere(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a part of another text with its places. `range` is on character boundaries.
    pub(crate) fn push_part(&mut self, other: &Self, range: Range<usize>) {
        let first = other.runs.partition_point(|run| run.at + run.len <= range.start);
        let mut at = range.start;
        for run in other.runs.iter().skip(first) {
            let start = run.at.max(at);
            let end = (run.at + run.len).min(range.end);
            if start >= end {
                break;
            }
            self.push_nowhere(other.text.get(at..start).unwrap_or(""));
            self.push(other.text.get(start..end).unwrap_or(""), run.source + (start - run.at));
            at = end;
        }
        self.push_nowhere(other.text.get(at..range.end).unwrap_or(""));
    }

    /// A part with its places.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        let mut part = Self::default();
        part.push_part(self, range);
        part
    }

    /// Where the whole text stands, if it stands in the file exactly so.
    pub(crate) fn exact(&self) -> Option<Range<usize>> {
        match self.runs.as_slice() {
            [run] if run.len == self.text.len() => Some(run.source..run.source + run.len),
            _ => None,
        }
    }

    /// From the first byte that stands in the file to the last.
    pub(crate) fn cover(&self) -> Option<Range<usize>> {
        let start = self.runs.iter().map(|run| run.source).min()?;
        let end = self.runs.iter().map(|run| run.source + run.len).max()?;
        Some(start..end)
    }

    /// Translates a span of this text, if it stands in the file exactly so.
    pub(crate) fn exact_span(&self, span: Range<usize>) -> Option<Range<usize>> {
        if span.is_empty() {
            let run = self.runs.iter().find(|run| run.at <= span.start && span.start <= run.at + run.len)?;
            let at = run.source + (span.start - run.at);
            return Some(at..at);
        }
        self.part(span).exact()
    }

    /// Translates a span of this text to the range of the file around it.
    pub(crate) fn cover_span(&self, span: Range<usize>) -> Option<Range<usize>> {
        self.part(span).cover()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_places() {
        let mut mapped = Mapped::at("abc", 10);
        mapped.push("def", 20);
        mapped.push_nowhere("!");
        mapped.push("g", 30);
        assert_eq!(mapped.text(), "abcdef!g");
        assert_eq!(mapped.exact(), None);
        assert_eq!(mapped.cover(), Some(10..31));
        assert_eq!(mapped.exact_span(1..3), Some(11..13));
        assert_eq!(mapped.exact_span(2..4), None);
        assert_eq!(mapped.cover_span(2..4), Some(12..21));
        assert_eq!(mapped.exact_span(5..7), None);
        assert_eq!(mapped.exact_span(7..8), Some(30..31));
        assert_eq!(mapped.part(2..8).text(), "cdef!g");
        let mut joined = Mapped::at("ab", 0);
        joined.push("cd", 2);
        assert_eq!(joined.exact(), Some(0..4));
    }
}
