//! Redirections.

use super::{Parser, Pending};
use crate::second::Mask;
use crate::syntax::{Descriptor, Document, Name, Redirection, RedirectionOperator, Target, Text};
use crate::{Span, Unreadable};

/// Digits of a descriptor.
const MAX_DIGITS: usize = 9;

/// The operators, longer ones before those that they begin with.
const OPERATORS: [(&str, RedirectionOperator); 12] = [
    ("<<<", RedirectionOperator::String),
    ("<<-", RedirectionOperator::Document),
    ("<<", RedirectionOperator::Document),
    ("<&", RedirectionOperator::DuplicateInput),
    ("<>", RedirectionOperator::ReadWrite),
    ("<", RedirectionOperator::Read),
    (">>", RedirectionOperator::Append),
    (">&", RedirectionOperator::DuplicateOutput),
    (">|", RedirectionOperator::Clobber),
    (">", RedirectionOperator::Write),
    ("&>>", RedirectionOperator::AppendBoth),
    ("&>", RedirectionOperator::WriteBoth),
];

impl Parser<'_, '_> {
    /// The redirection that begins here, if one does.
    pub(super) fn redirection(&mut self) -> Result<Option<Redirection>, Unreadable> {
        let start = self.at;
        let descriptor = self.descriptor()?;
        if descriptor.is_none() && (self.looking_at("<(") || self.looking_at(">(")) {
            return Ok(None);
        }
        let operator = OPERATORS.iter().find(|(text, _)| self.looking_at(text));
        let Some((text, operator)) = operator.copied() else { return Ok(None) };
        self.advance(text.len())?;
        let blank = self.at;
        self.skip_blanks()?;
        let here = self.at;
        let word = self.word()?;
        let digits = self.text[here..self.at].bytes().all(|byte| byte.is_ascii_digit());
        if digits && self.at > here && matches!(self.peek(), Some(b'<' | b'>')) {
            // To bash it is the descriptor of the next redirection.
            return Err(self.syntax("what is redirected", start));
        }
        // A comment cannot stand for the target, and neither can the end of the line.
        if self.at == here || self.text[blank..here].contains('#') {
            return Err(self.syntax("what is redirected", start));
        }
        let target = if operator == RedirectionOperator::Document {
            let raw = &self.text[here..self.at];
            let Some(delimiter) = word.literal() else {
                return Err(self.unsupported("a delimiter with expansions", here));
            };
            let literal = raw.contains(['\'', '"', '\\']);
            let id = self.shared.documents.len();
            // Its lines are read where the next line begins.
            let body = Text { span: word.span, parts: Vec::new() };
            self.shared.documents.push(Document { delimiter: delimiter.clone(), literal, body });
            let span = self.span(start, self.at);
            self.pending.push(Pending { id, delimiter, strip: text == "<<-", literal, span });
            Target::Document(id)
        } else {
            Target::Word(word)
        };
        Ok(Some(Redirection { span: self.span(start, self.at), descriptor, operator, target }))
    }

    /// Digits or `{name}` directly before `<` or `>`.
    fn descriptor(&mut self) -> Result<Option<Descriptor>, Unreadable> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let is_operator = |at: usize| matches!(rest.get(at), Some(b'<' | b'>'));
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 && is_operator(digits) {
            // No descriptor is larger, and the readers differ on what such a number is.
            if digits > MAX_DIGITS {
                return Err(self.unsupported("a descriptor of so many digits", start));
            }
            self.advance(digits)?;
            return Ok(Some(Descriptor::Number(self.text[start..self.at].to_owned())));
        }
        if self.peek() != Some(b'{') {
            return Ok(None);
        }
        self.at += 1;
        let length = self.identifier_length();
        self.at = start;
        self.step(length)?;
        if length == 0 || rest.get(length + 1) != Some(&b'}') || !is_operator(length + 2) {
            return Ok(None);
        }
        self.advance(length + 2)?;
        self.masks.push(Mask::Descriptor(Span::new(start, self.at)));
        let text = self.text[start + 1..=start + length].to_owned();
        Ok(Some(Descriptor::Variable(Name { text, span: self.span(start + 1, start + 1 + length) })))
    }
}
