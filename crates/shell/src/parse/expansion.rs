//! What `$` begins.

use super::Parser;
use super::parts::Until;
use crate::Unreadable;
use crate::syntax::{Anchor, Name, Operation, OperationKind, Parameter, PartKind, Text};

impl Parser<'_, '_> {
    /// What the `$` here begins; nothing, and not moved, where it is a literal.
    pub(super) fn dollar(&mut self, quoted: bool) -> Result<Option<PartKind>, Unreadable> {
        let open = self.at;
        let Some(next) = self.peek_at(1) else { return Ok(None) };
        match next {
            b'(' => self.dollar_parenthesis(open).map(Some),
            b'{' => self.braced(open, quoted).map(Some),
            b'[' => {
                self.advance(2)?;
                self.enter(open)?;
                let start = self.at;
                let parts = self.parts(Until::Bracket, open)?;
                let text = Text { span: self.span(start, self.at), parts };
                self.advance(1)?;
                self.leave();
                Ok(Some(PartKind::Arithmetic(text)))
            }
            b'\'' if !quoted => {
                self.advance(1)?;
                self.ansi_c().map(Some)
            }
            b'"' if !quoted => {
                self.advance(1)?;
                self.double(true).map(Some)
            }
            _ => {
                self.at += 1;
                let name = self.bare_name();
                self.at = open;
                let Some(name) = name else { return Ok(None) };
                self.advance(1 + name.text.len())?;
                Ok(Some(PartKind::Parameter(Box::new(plain(name)))))
            }
        }
    }

    /// A name, one digit or a special parameter.
    fn bare_name(&self) -> Option<Name> {
        let length = match self.peek()? {
            b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => 1,
            _ => self.identifier_length(),
        };
        self.name_of(length)
    }

    fn name_of(&self, length: usize) -> Option<Name> {
        let text = self.text.get(self.at..self.at + length).filter(|text| !text.is_empty())?;
        Some(Name { text: text.to_owned(), span: self.span(self.at, self.at + length) })
    }

    /// `$((…))` where it closes so, else `$( (…) … )`.
    fn dollar_parenthesis(&mut self, open: usize) -> Result<PartKind, Unreadable> {
        if self.looking_at("$((") {
            let saved = self.save();
            self.enter(open)?;
            self.advance(3)?;
            match self.arithmetic(open) {
                Ok(text) if self.eat("))")? => {
                    self.leave();
                    return Ok(PartKind::Arithmetic(text));
                }
                Err(limit @ Unreadable::Limit { .. }) => return Err(limit),
                _ => {}
            }
            self.restore(saved);
        }
        self.advance(2)?;
        Ok(PartKind::Substitution { backticks: false, body: self.substitution(open)? })
    }

    /// `${…}`
    fn braced(&mut self, open: usize, quoted: bool) -> Result<PartKind, Unreadable> {
        self.enter(open)?;
        self.advance(2)?;
        if matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'|')) {
            return Err(self.unsupported("a command in `${ … }`", open));
        }
        // `${#}`, `${#-…}`: the number of arguments; `${!}`: the last job.
        let special = |byte: Option<u8>| matches!(byte, Some(b'}' | b':' | b'%' | b'=' | b'+' | b'/'));
        let length = self.peek() == Some(b'#') && !special(self.peek_at(1)) && self.names_at(1);
        let indirect = self.peek() == Some(b'!') && !special(self.peek_at(1)) && self.names_at(1);
        self.advance(usize::from(length || indirect))?;
        let Some(name) = self.parameter_name() else {
            return Err(self.syntax("the name of a parameter", open));
        };
        self.advance(name.text.len())?;
        let subscript = if self.peek() == Some(b'[') { Some(self.subscript()?) } else { None };
        let operation =
            if self.peek() == Some(b'}') { None } else { Some(self.operation(open, quoted, indirect)?) };
        if length && operation.is_some() {
            return Err(self.syntax("`}`", open));
        }
        if !self.eat("}")? {
            return Err(self.syntax("`}`", open));
        }
        self.leave();
        Ok(PartKind::Parameter(Box::new(Parameter { name, indirect, length, subscript, operation })))
    }

    /// Whether a parameter's name begins so far ahead.
    fn names_at(&self, ahead: usize) -> bool {
        self.peek_at(ahead).is_some_and(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
        })
    }

    /// As [`Self::bare_name`], with all digits.
    fn parameter_name(&self) -> Option<Name> {
        let digits = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 { self.name_of(digits) } else { self.bare_name() }
    }

    fn operation(&mut self, open: usize, quoted: bool, indirect: bool) -> Result<Operation, Unreadable> {
        let Some((operator, kind)) = self.operator(indirect) else { return Err(self.syntax("`}`", open)) };
        self.advance(operator)?;
        let word = matches!(
            kind,
            OperationKind::Default { .. }
                | OperationKind::Assign { .. }
                | OperationKind::Required { .. }
                | OperationKind::Alternative { .. }
        );
        let stop = match kind {
            OperationKind::Replace(_) => Some(b'/'),
            OperationKind::Substring => Some(b':'),
            _ => None,
        };
        let singles = !(word && quoted);
        let operand = self.operand(open, Until::Brace { quoted, singles, stop }, stop)?;
        let second = if stop.is_some() && self.peek() == stop {
            self.advance(1)?;
            Some(self.operand(open, Until::Brace { quoted, singles, stop: None }, None)?)
        } else {
            None
        };
        Ok(Operation { kind, operand, second })
    }

    fn operand(&mut self, open: usize, until: Until, stop: Option<u8>) -> Result<Text, Unreadable> {
        let start = self.at;
        let mut parts = Vec::new();
        // `${x//\//…}` escapes it; `${x///y}` has it as the whole pattern's first character.
        if stop == Some(b'/') && self.looking_at("//") {
            parts.push(crate::syntax::Part {
                span: self.span(start, start + 1),
                kind: PartKind::Literal("/".to_owned()),
            });
            self.advance(1)?;
        }
        parts.extend(self.parts(until, open)?);
        Ok(Text { span: self.span(start, self.at), parts })
    }

    /// The operator that begins here, and its length.
    fn operator(&self, indirect: bool) -> Option<(usize, OperationKind)> {
        if indirect && (self.looking_at("*}") || self.looking_at("@}")) {
            return Some((1, OperationKind::Names));
        }
        let doubled = |byte: u8| self.peek_at(1) == Some(byte);
        let length = |longest: bool| 1 + usize::from(longest);
        let null = self.peek() == Some(b':');
        let test = match self.peek_at(usize::from(null)) {
            Some(b'-') => Some(OperationKind::Default { null }),
            Some(b'=') => Some(OperationKind::Assign { null }),
            Some(b'?') => Some(OperationKind::Required { null }),
            Some(b'+') => Some(OperationKind::Alternative { null }),
            _ => None,
        };
        if let Some(kind) = test {
            return Some((length(null), kind));
        }
        Some(match self.peek()? {
            b':' => (1, OperationKind::Substring),
            b'#' => (length(doubled(b'#')), OperationKind::RemovePrefix { longest: doubled(b'#') }),
            b'%' => (length(doubled(b'%')), OperationKind::RemoveSuffix { longest: doubled(b'%') }),
            b'^' => (length(doubled(b'^')), OperationKind::Upper { all: doubled(b'^') }),
            b',' => (length(doubled(b',')), OperationKind::Lower { all: doubled(b',') }),
            b'/' => match self.peek_at(1) {
                Some(b'/') => (2, OperationKind::Replace(Anchor::All)),
                Some(b'#') => (2, OperationKind::Replace(Anchor::Start)),
                Some(b'%') => (2, OperationKind::Replace(Anchor::End)),
                _ => (1, OperationKind::Replace(Anchor::First)),
            },
            b'@' => (1, OperationKind::Transform),
            _ => return None,
        })
    }
}

fn plain(name: Name) -> Parameter {
    Parameter { name, indirect: false, length: false, subscript: None, operation: None }
}
