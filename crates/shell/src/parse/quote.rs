//! Quotes and backticks.

use super::Parser;
use super::cursor::{Bounds, Table};
use super::parts::Until;
use crate::Unreadable;
use crate::syntax::PartKind;

impl Parser<'_, '_> {
    /// `'…'`
    pub(super) fn single(&mut self) -> Result<PartKind, Unreadable> {
        let open = self.at;
        self.advance(1)?;
        let Some(length) = self.text[self.at..].find('\'') else { return Err(self.syntax("`'`", open)) };
        let text = self.text[self.at..self.at + length].to_owned();
        self.advance(length + 1)?;
        Ok(PartKind::Single(text))
    }

    /// `"…"`; the `$` of `$"…"` has been read.
    pub(super) fn double(&mut self, translated: bool) -> Result<PartKind, Unreadable> {
        let open = self.at;
        self.enter(open)?;
        self.advance(1)?;
        let parts = self.parts(Until::Double, open)?;
        self.advance(1)?;
        self.leave();
        Ok(PartKind::Double { parts, translated })
    }

    /// `$'…'`; the `$` has been read.
    pub(super) fn ansi_c(&mut self) -> Result<PartKind, Unreadable> {
        let open = self.at;
        self.advance(1)?;
        let start = self.at;
        loop {
            match self.peek() {
                None => return Err(self.syntax("`'`", open)),
                Some(b'\'') => break,
                Some(b'\\') => {
                    self.advance(1)?;
                    self.take_char()?;
                }
                Some(_) => {
                    self.take_char()?;
                }
            }
        }
        let text = crate::ansi::decode(&self.text[start..self.at]);
        self.advance(1)?;
        Ok(PartKind::AnsiC(text))
    }

    /// Backticks: their text without its escapes is commands, as bash would read them a second time.
    pub(super) fn backticks(&mut self, until: Until) -> Result<PartKind, Unreadable> {
        let open = self.at;
        let quoted = matches!(until, Until::Double | Until::Brace { quoted: true, .. });
        self.enter_substitution(open)?;
        self.advance(1)?;
        let (mut text, mut table) = (String::new(), Table::default());
        loop {
            let start = self.at;
            match self.take_char()? {
                None => return Err(self.syntax("the second backtick", open)),
                Some('`') => {
                    table.end = self.bounds.outer(start);
                    break;
                }
                Some(mut c) => {
                    if c == '\\' {
                        c = match self.peek() {
                            Some(b'"') if quoted => '"',
                            Some(next @ (b'\\' | b'`' | b'$')) => char::from(next),
                            _ => c,
                        };
                        // The backslash went, and what it escaped is read with it.
                        if c != '\\' || self.peek() == Some(b'\\') {
                            self.advance(1)?;
                        }
                    }
                    text.push(c);
                    let length = c.len_utf8();
                    if self.at - start == length {
                        table.bytes.extend((start..self.at).map(|at| {
                            let span = self.bounds.span(at, at + 1);
                            (span.start, span.end)
                        }));
                    } else {
                        let span = self.span(start, self.at);
                        table.bytes.extend(std::iter::repeat_n((span.start, span.end), length));
                    }
                }
            }
        }
        let body = Parser::new(&text, Bounds::Table(table), self.shared).whole()?;
        self.leave_substitution();
        Ok(PartKind::Substitution { backticks: true, body })
    }
}
