//! Where the reader is: looking at bytes, moving, and telling the outer file's places.

use super::Parser;
use crate::error::Cap;
use crate::{Span, Unreadable};

/// From offsets of a text that is read to offsets of the file in which it stands.
#[derive(Debug, Clone)]
pub(crate) enum Bounds {
    /// The text is a piece of the file that begins here.
    Offset(usize),
    /// Escapes or quotes were removed.
    Table(Table),
}

/// Where the bytes of a text stand in the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// For each byte, where what it was read from begins and ends.
    pub(crate) bytes: Vec<(usize, usize)>,
    /// Where the text ends.
    pub(crate) end: usize,
}

impl Bounds {
    /// The file's offset of a byte of the text, or of its end.
    pub(crate) fn outer(&self, at: usize) -> usize {
        match self {
            Self::Offset(offset) => offset + at,
            Self::Table(table) => table.bytes.get(at).map_or(table.end, |byte| byte.0),
        }
    }

    /// One past the file's last byte of what these offsets enclose.
    pub(crate) fn outer_end(&self, start: usize, end: usize) -> usize {
        match self {
            Self::Table(table) if end > start => table.bytes.get(end - 1).map_or(table.end, |byte| byte.1),
            _ => self.outer(end),
        }
    }

    /// The span of these offsets.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let outer = self.outer(start);
        Span::new(outer, self.outer_end(start, end).max(outer))
    }

    /// Those of the text from this offset on.
    pub(super) fn from(&self, start: usize) -> Self {
        match self {
            Self::Offset(offset) => Self::Offset(offset + start),
            Self::Table(table) => {
                let bytes = table.bytes.get(start..).unwrap_or_default().to_vec();
                Self::Table(Table { bytes, end: table.end })
            }
        }
    }
}

/// Where a word ends that is not quoted.
pub(super) fn is_meta(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

pub(super) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Parser<'_, '_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    /// Goes on by so many bytes, which are counted.
    pub(super) fn advance(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.at += bytes;
        self.step(bytes)
    }

    pub(super) fn step(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.shared.steps += bytes;
        let most = self.shared.limits.steps;
        if self.shared.steps > most { Err(self.limit(Cap::Steps, most, self.at)) } else { Ok(()) }
    }

    /// The next character, read.
    pub(super) fn take_char(&mut self) -> Result<Option<char>, Unreadable> {
        let next = self.text[self.at..].chars().next();
        if let Some(c) = next {
            self.advance(c.len_utf8())?;
        }
        Ok(next)
    }

    /// Reads this text if it is the next.
    pub(super) fn eat(&mut self, text: &str) -> Result<bool, Unreadable> {
        let there = self.looking_at(text);
        if there {
            self.advance(text.len())?;
        }
        Ok(there)
    }

    /// A span of the outer file.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.bounds.span(start, end)
    }

    /// The character at this offset, or nothing at the end.
    pub(super) fn point(&self, at: usize) -> Span {
        let length = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.span(at, at + length)
    }

    /// Blanks, continued lines and a comment; never a newline.
    pub(super) fn skip_blanks(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.advance(1)?,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.advance(2)?,
                Some(b'#') if self.begins_word() => {
                    let start = self.at;
                    let length = self.text[start..].find('\n').unwrap_or(self.text.len() - start);
                    self.advance(length)?;
                    let span = self.span(start, self.at);
                    self.shared.comments.push(span);
                }
                _ => return Ok(()),
            }
        }
    }

    /// What stands before this place ends a word, so `#` begins a comment.
    fn begins_word(&self) -> bool {
        let before = &self.text.as_bytes()[..self.at];
        if before.ends_with(b"\\\n") {
            // A continued line: what counts is what it continues.
            let joined = before.strip_suffix(b"\\\n").unwrap_or_default();
            return joined.last().is_none_or(|byte| is_meta(*byte));
        }
        before.last().is_none_or(|byte| is_meta(*byte) || *byte == b'`')
    }

    /// Blanks, comments and newlines, and the lines of here-documents behind them.
    pub(super) fn skip_lines(&mut self) -> Result<(), Unreadable> {
        loop {
            self.skip_blanks()?;
            if self.peek() != Some(b'\n') {
                return Ok(());
            }
            self.advance(1)?;
            self.read_documents()?;
        }
    }

    /// The bytes up to the next metacharacter: what a reserved word must be, whole.
    pub(super) fn plain(&mut self) -> Result<&str, Unreadable> {
        let rest = &self.text.as_bytes()[self.at..];
        // No reserved word is longer; a run that is, is none.
        let length = rest.iter().take(16).take_while(|byte| !is_meta(**byte)).count();
        self.step(length)?;
        Ok(self.text.get(self.at..self.at + length).unwrap_or(""))
    }

    /// Reads this reserved word if it is the next.
    pub(super) fn eat_reserved(&mut self, word: &str) -> Result<bool, Unreadable> {
        let there = self.plain()? == word;
        if there {
            self.advance(word.len())?;
        }
        Ok(there)
    }

    pub(super) fn expect_reserved(
        &mut self,
        word: &str,
        expected: &'static str,
        open: usize,
    ) -> Result<(), Unreadable> {
        if self.eat_reserved(word)? {
            return Ok(());
        }
        // Where the file ends, the construct that is open says more than the end.
        let at = if self.peek().is_none() { open } else { self.at };
        Err(self.syntax(expected, at))
    }

    /// The identifier that begins here, or nothing.
    pub(super) fn identifier_length(&self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.first().is_some_and(|byte| is_name_start(*byte)) {
            rest.iter().take_while(|byte| is_name(**byte)).count()
        } else {
            0
        }
    }
}
