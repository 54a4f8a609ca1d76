//! Our own reader: bytes to syntax by recursive descent, its depth, its steps and its nodes counted.
//!
//! The grammar is bash 5.2's with `extglob`, which direnv switches on. Where bash itself would have to run something to
//! know how it reads on (aliases), the file is read as a script is: without.

mod compound;
mod cursor;
mod document;
mod expansion;
mod list;
mod parts;
mod quote;
mod redirect;
mod simple;

pub(crate) use cursor::{Bounds, Table};

use crate::error::Cap;
use crate::second::{Level, Mask};
use crate::syntax::{Document, Script};
use crate::{Limits, Span, Unreadable};

/// What the reader of a script and those of its backticks share.
pub(crate) struct Shared<'l> {
    limits: &'l Limits,
    steps: usize,
    nodes: usize,
    depth: usize,
    substitutions: usize,
    subshells: usize,
    documents: Vec<Document>,
    comments: Vec<Span>,
    /// What the second reader is asked about.
    levels: Vec<Level>,
}

/// A here-document whose lines come after the next newline.
struct Pending {
    id: usize,
    delimiter: String,
    strip: bool,
    literal: bool,
    span: Span,
}

/// A word that this reader saw, in offsets of the parser's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The command word, and no argument.
    pub(crate) command: bool,
    pub(crate) span: Span,
}

pub(crate) struct Parser<'p, 'l> {
    text: &'p str,
    bounds: Bounds,
    at: usize,
    pending: Vec<Pending>,
    seen: Vec<Seen>,
    masks: Vec<Mask>,
    shared: &'p mut Shared<'l>,
}

/// The syntax of a text, and what the second reader must find in it.
pub(crate) fn parse(text: &str, bounds: Bounds, limits: &Limits) -> Result<(Script, Vec<Level>), Unreadable> {
    let mut shared = Shared {
        limits,
        steps: 0,
        nodes: 0,
        depth: 0,
        substitutions: 0,
        subshells: 0,
        documents: Vec::new(),
        comments: Vec::new(),
        levels: Vec::new(),
    };
    let mut parser = Parser::new(text, bounds, &mut shared);
    let body = parser.whole()?;
    Ok((Script { body, documents: shared.documents, comments: shared.comments }, shared.levels))
}

impl<'p, 'l> Parser<'p, 'l> {
    fn new(text: &'p str, bounds: Bounds, shared: &'p mut Shared<'l>) -> Self {
        Self { text, bounds, at: 0, pending: Vec::new(), seen: Vec::new(), masks: Vec::new(), shared }
    }

    /// Everything up to the end of the text is commands.
    fn whole(&mut self) -> Result<crate::syntax::List, Unreadable> {
        let body = self.list()?;
        if self.at < self.text.len() {
            return Err(self.syntax("a command", self.at));
        }
        self.no_pending()?;
        let (seen, masks) = (std::mem::take(&mut self.seen), std::mem::take(&mut self.masks));
        let (text, bounds) = (self.text.to_owned(), self.bounds.clone());
        self.shared.levels.push(Level { text, bounds, seen, masks });
        Ok(body)
    }

    /// The commands of a substitution that began at `open`, closing parenthesis included.
    fn substitution(&mut self, open: usize) -> Result<crate::syntax::List, Unreadable> {
        self.enter_substitution(open)?;
        let (pending, seen) = (std::mem::take(&mut self.pending), std::mem::take(&mut self.seen));
        let masks = std::mem::take(&mut self.masks);
        let start = self.at;
        let body = self.list()?;
        if self.peek() != Some(b')') {
            return Err(self.syntax("`)`", open));
        }
        self.no_pending()?;
        let end = self.at;
        if !pending.is_empty() && self.text[start..end].contains('\n') {
            return Err(
                self.unsupported("a here-document that begins before a substitution of several lines", open)
            );
        }
        self.advance(1)?;
        self.pending = pending;
        let inner = std::mem::replace(&mut self.seen, seen);
        let masks = std::mem::replace(&mut self.masks, masks);
        self.shared.levels.push(Level {
            text: self.text[start..end].to_owned(),
            bounds: self.bounds.from(start),
            seen: inner.into_iter().map(|seen| seen.moved(start)).collect(),
            masks: masks.into_iter().map(|mask| mask.moved(start)).collect(),
        });
        self.leave_substitution();
        Ok(body)
    }

    fn no_pending(&self) -> Result<(), Unreadable> {
        self.pending.first().map_or(Ok(()), |pending| {
            Err(Unreadable::Syntax { expected: "the last line of the here-document", span: pending.span })
        })
    }

    fn enter(&mut self, open: usize) -> Result<(), Unreadable> {
        self.shared.depth += 1;
        let most = self.shared.limits.depth;
        if self.shared.depth > most { Err(self.limit(Cap::Depth, most, open)) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.shared.depth -= 1;
    }

    fn enter_substitution(&mut self, open: usize) -> Result<(), Unreadable> {
        self.enter(open)?;
        self.shared.substitutions += 1;
        let most = self.shared.limits.substitutions;
        if self.shared.substitutions > most {
            return Err(self.limit(Cap::Substitutions, most, open));
        }
        Ok(())
    }

    fn leave_substitution(&mut self) {
        self.shared.substitutions -= 1;
        self.leave();
    }

    /// Counts a command, a word or a part.
    fn node(&mut self) -> Result<(), Unreadable> {
        self.shared.nodes += 1;
        let most = self.shared.limits.nodes;
        if self.shared.nodes > most { Err(self.limit(Cap::Nodes, most, self.at)) } else { Ok(()) }
    }

    fn limit(&self, cap: Cap, most: usize, at: usize) -> Unreadable {
        Unreadable::Limit { cap, most, span: self.point(at) }
    }

    fn syntax(&self, expected: &'static str, at: usize) -> Unreadable {
        Unreadable::Syntax { expected, span: self.point(at) }
    }

    fn unsupported(&self, what: &'static str, at: usize) -> Unreadable {
        Unreadable::Unsupported { what, span: self.span(at, self.at) }
    }
}

impl Seen {
    fn moved(self, start: usize) -> Self {
        Self { span: Span::new(self.span.start - start, self.span.end - start), ..self }
    }
}
