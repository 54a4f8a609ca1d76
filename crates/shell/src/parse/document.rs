//! The lines of here-documents.

use super::cursor::{Bounds, Table};
use super::parts::Until;
use super::{Parser, Pending};
use crate::syntax::{Part, PartKind, Text};
use crate::{Span, Unreadable};

/// Lines of a document without what is stripped, and where each of their bytes stands.
#[derive(Default)]
struct Body {
    text: String,
    table: Table,
}

impl Parser<'_, '_> {
    /// A new line begins: here are the lines of the documents that the line before has named.
    pub(super) fn read_documents(&mut self) -> Result<(), Unreadable> {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let (body, end) = self.document_lines(&pending)?;
            let span = self.span(start, end);
            let parts = self.document_parts(&pending, body, span)?;
            if let Some(document) = self.shared.documents.get_mut(pending.id) {
                document.body = Text { span, parts };
            }
        }
        Ok(())
    }

    /// The body, and where it ends: before the line of the delimiter.
    fn document_lines(&mut self, pending: &Pending) -> Result<(Body, usize), Unreadable> {
        let mut body = Body::default();
        loop {
            let start = self.at;
            if start >= self.text.len() {
                return Err(Unreadable::Syntax {
                    expected: "the last line of the here-document",
                    span: pending.span,
                });
            }
            let end = self.document_line(pending.literal)?;
            let mut from = start;
            if pending.strip {
                from += self.text.as_bytes()[start..end].iter().take_while(|byte| **byte == b'\t').count();
            }
            let line = &self.text[from..end];
            let joined;
            let compared = if pending.literal {
                line
            } else {
                joined = line.replace("\\\n", "");
                &joined
            };
            if compared.strip_suffix('\n').unwrap_or(compared) == pending.delimiter {
                body.table.end = self.bounds.outer(start);
                return Ok((body, start));
            }
            body.text.push_str(line);
            body.table.bytes.extend((from..end).map(|at| {
                let span = self.bounds.span(at, at + 1);
                (span.start, span.end)
            }));
        }
    }

    /// The end of a line; without quotes a backslash joins it to the next.
    fn document_line(&mut self, literal: bool) -> Result<usize, Unreadable> {
        loop {
            let rest = &self.text[self.at..];
            let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
            let line = rest[..length].trim_end_matches('\n');
            let slashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
            self.advance(length)?;
            if literal || slashes % 2 == 0 || self.at >= self.text.len() {
                return Ok(self.at);
            }
        }
    }

    fn document_parts(&mut self, pending: &Pending, body: Body, span: Span) -> Result<Vec<Part>, Unreadable> {
        if pending.literal {
            self.node()?;
            return Ok(vec![Part { span, kind: PartKind::Literal(body.text) }]);
        }
        self.enter(self.at)?;
        let mut inner = Parser::new(&body.text, Bounds::Table(body.table), self.shared);
        let parts = inner.parts(Until::Document, 0)?;
        self.leave();
        Ok(parts)
    }
}
