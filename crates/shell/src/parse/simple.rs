//! Simple commands, assignments and arrays.

use super::Parser;
use super::cursor::is_meta;
use super::parts::Until;
use crate::Unreadable;
use crate::syntax::{
    Assignment, CommandKind, Element, Name, Part, PartKind, Redirection, Simple, Text, Value, Word,
};

/// After these, `name=(…)` is an argument.
const DECLARING: [&str; 8] = ["declare", "typeset", "export", "readonly", "local", "alias", "eval", "let"];

/// What bash would read as one of these although it is written with a continued line.
const RESERVED: [&str; 22] = [
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "select",
    "function", "coproc", "time", "{", "}", "!", "[[", "]]", "in",
];

/// Where the reader was, and how much it had found: to try another way from there.
pub(super) struct Saved {
    at: usize,
    pending: usize,
    seen: usize,
    masks: usize,
    documents: usize,
    comments: usize,
    levels: usize,
    depth: usize,
    substitutions: usize,
}

impl Parser<'_, '_> {
    pub(super) fn save(&self) -> Saved {
        Saved {
            at: self.at,
            pending: self.pending.len(),
            seen: self.seen.len(),
            masks: self.masks.len(),
            documents: self.shared.documents.len(),
            comments: self.shared.comments.len(),
            levels: self.shared.levels.len(),
            depth: self.shared.depth,
            substitutions: self.shared.substitutions,
        }
    }

    pub(super) fn restore(&mut self, saved: Saved) {
        self.at = saved.at;
        self.pending.truncate(saved.pending);
        self.seen.truncate(saved.seen);
        self.masks.truncate(saved.masks);
        self.shared.documents.truncate(saved.documents);
        self.shared.comments.truncate(saved.comments);
        self.shared.levels.truncate(saved.levels);
        self.shared.depth = saved.depth;
        self.shared.substitutions = saved.substitutions;
    }

    pub(super) fn simple(&mut self) -> Result<(CommandKind, Vec<Redirection>), Unreadable> {
        let start = self.at;
        let mut simple = Simple { assignments: Vec::new(), words: Vec::new() };
        let mut redirections = Vec::new();
        let mut end = start;
        let mut declaring = false;
        loop {
            self.skip_blanks()?;
            if self.ends_simple() {
                break;
            }
            if let Some(redirection) = self.redirection()? {
                redirections.push(redirection);
            } else if self.peek() == Some(b'(') {
                return self.function_parentheses(start, simple, &redirections);
            } else if simple.words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                simple.assignments.push(assignment);
            } else {
                let word = self.argument(simple.words.is_empty(), declaring)?;
                if simple.words.is_empty() {
                    declaring = word.literal().is_some_and(|name| DECLARING.contains(&name.as_str()));
                }
                simple.words.push(word);
            }
            end = self.at;
        }
        if end == start {
            return Err(self.syntax("a command", self.at));
        }
        self.at = end;
        Ok((CommandKind::Simple(simple), redirections))
    }

    fn ends_simple(&self) -> bool {
        match self.peek() {
            None | Some(b'\n' | b';' | b'|' | b')') => true,
            Some(b'&') => self.peek_at(1) != Some(b'>'),
            _ => false,
        }
    }

    fn function_parentheses(
        &mut self,
        start: usize,
        simple: Simple,
        redirections: &[Redirection],
    ) -> Result<(CommandKind, Vec<Redirection>), Unreadable> {
        let open = self.at;
        let [word] = simple.words.as_slice() else { return Err(self.syntax("the end of the command", open)) };
        if !simple.assignments.is_empty() || !redirections.is_empty() {
            return Err(self.syntax("the end of the command", open));
        }
        let name = word.literal().filter(|name| self.text[start..].starts_with(name.as_str()));
        let Some(text) = name else {
            return Err(self.syntax("a name without quotes and expansions", start));
        };
        self.advance(1)?;
        self.skip_blanks()?;
        if !self.eat(")")? {
            return Err(self.syntax("`)`", open));
        }
        // A name that is declared is not run.
        self.seen.pop();
        let name = Name { text, span: word.span };
        Ok((self.function(start, name)?, Vec::new()))
    }

    /// The command word or an argument.
    fn argument(&mut self, first: bool, declaring: bool) -> Result<Word, Unreadable> {
        let start = self.at;
        let word = match if declaring { self.declared_array()? } else { None } {
            Some(word) => word,
            None => self.word()?,
        };
        if self.at == start {
            return Err(self.syntax("a word", start));
        }
        if first && self.text[start..self.at].contains("\\\n") {
            let joined = self.text[start..self.at].replace("\\\n", "");
            if RESERVED.contains(&joined.as_str()) {
                return Err(self.unsupported("a reserved word over several lines", start));
            }
        }
        // The second reader takes a process substitution for no word.
        if !matches!(word.parts.as_slice(), [Part { kind: PartKind::Process { .. }, .. }]) {
            self.saw(first, start, self.at);
        }
        Ok(word)
    }

    /// `name=(…)` as an argument of `declare` and its like.
    fn declared_array(&mut self) -> Result<Option<Word>, Unreadable> {
        let start = self.at;
        let length = self.identifier_length();
        let rest = &self.text.as_bytes()[start + length..];
        let operator = if rest.starts_with(b"=(") { 1 } else { 2 };
        if length == 0 || !(rest.starts_with(b"=(") || rest.starts_with(b"+=(")) {
            return Ok(None);
        }
        self.advance(length + operator)?;
        let open = self.at;
        let name =
            Part { span: self.span(start, open), kind: PartKind::Literal(self.text[start..open].to_owned()) };
        let elements = self.array()?;
        let array = Part { span: self.span(open, self.at), kind: PartKind::Array(elements) };
        Ok(Some(Word { span: self.span(start, self.at), parts: vec![name, array] }))
    }

    fn assignment(&mut self) -> Result<Option<Assignment>, Unreadable> {
        let start = self.at;
        let length = self.identifier_length();
        if length == 0 {
            return Ok(None);
        }
        let saved = self.save();
        self.advance(length)?;
        let name = Name { text: self.text[start..self.at].to_owned(), span: self.span(start, self.at) };
        let subscript = if self.peek() == Some(b'[') { Some(self.subscript()?) } else { None };
        let append = self.looking_at("+=");
        if !append && self.peek() != Some(b'=') {
            self.restore(saved);
            return Ok(None);
        }
        self.advance(1 + usize::from(append))?;
        let value =
            if self.peek() == Some(b'(') { Value::Array(self.array()?) } else { Value::Scalar(self.word()?) };
        self.node()?;
        Ok(Some(Assignment { span: self.span(start, self.at), name, subscript, append, value }))
    }

    /// `[…]`, the brackets not in its span.
    pub(super) fn subscript(&mut self) -> Result<Text, Unreadable> {
        let open = self.at;
        self.advance(1)?;
        let start = self.at;
        let parts = self.parts(Until::Bracket, open)?;
        let span = self.span(start, self.at);
        self.advance(1)?;
        Ok(Text { span, parts })
    }

    /// `(…)` of an assignment.
    fn array(&mut self) -> Result<Vec<Element>, Unreadable> {
        let open = self.at;
        self.enter(open)?;
        self.advance(1)?;
        let mut elements = Vec::new();
        loop {
            self.skip_lines()?;
            if self.eat(")")? {
                break;
            }
            let process = self.looking_at("<(") || self.looking_at(">(");
            if !process && self.peek().is_none_or(is_meta) {
                let at = if self.peek().is_none() { open } else { self.at };
                return Err(self.syntax("`)`", at));
            }
            let subscript = self.element_subscript()?;
            elements.push(Element { subscript, value: self.word()? });
        }
        self.leave();
        // Bash reads on in the same word: `x=(a)#;b` is no comment, and `b` runs. Both readers would see one.
        if self.peek().is_some_and(|byte| !is_meta(byte)) {
            return Err(self.unsupported("what is written on to an array", open));
        }
        Ok(elements)
    }

    /// `[…]=` before an element.
    fn element_subscript(&mut self) -> Result<Option<Text>, Unreadable> {
        if self.peek() != Some(b'[') {
            return Ok(None);
        }
        let saved = self.save();
        // Without its bracket it is a glob.
        match self.subscript() {
            Ok(text) if self.eat("=")? || self.eat("+=")? => Ok(Some(text)),
            Err(limit @ Unreadable::Limit { .. }) => Err(limit),
            _ => {
                self.restore(saved);
                Ok(None)
            }
        }
    }
}
