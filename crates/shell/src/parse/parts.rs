//! Words and texts: literals, escapes, quotes and expansions.

use super::Parser;
use super::cursor::is_meta;
use crate::second::Mask;
use crate::syntax::{Part, PartKind, Text, Word};
use crate::{Span, Unreadable};

/// Where a text ends, and how what stands in it is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// A metacharacter.
    Word,
    /// As above, but `(`, `|` and what stands in parentheses are part of it.
    Regex,
    /// `"`
    Double,
    /// `}`, or this byte.
    Brace {
        /// Inside double quotes.
        quoted: bool,
        /// `'` quotes: not in the operand of `-`, `=`, `?` and `+` inside double quotes.
        singles: bool,
        /// Ends it too: what parts the pattern from its replacement.
        stop: Option<u8>,
    },
    /// The parenthesis that closes an extended glob.
    Group,
    /// The parenthesis that closes an arithmetic expression, where backslashes are as in double quotes.
    Arithmetic,
    /// `]`
    Bracket,
    /// The end of a here-document.
    Document,
}

impl Until {
    /// Backslash, `'` and `$'` as in double quotes.
    const fn quoted(self) -> bool {
        matches!(self, Self::Double | Self::Document | Self::Arithmetic | Self::Brace { quoted: true, .. })
    }

    const fn singles(self) -> bool {
        match self {
            Self::Double | Self::Document => false,
            Self::Brace { singles, .. } => singles,
            _ => true,
        }
    }

    /// May end where the text ends.
    const fn open_ended(self) -> bool {
        matches!(self, Self::Word | Self::Regex | Self::Document)
    }

    const fn closer(self) -> &'static str {
        match self {
            Self::Double => "`\"`",
            Self::Brace { .. } => "`}`",
            Self::Bracket => "`]`",
            _ => "`)`",
        }
    }
}

/// Literal text that grows until something else begins.
struct Run {
    text: String,
    start: usize,
}

impl Parser<'_, '_> {
    /// A word; empty where none begins.
    pub(super) fn word(&mut self) -> Result<Word, Unreadable> {
        self.node()?;
        let start = self.at;
        let parts = self.parts(Until::Word, start)?;
        Ok(Word { span: self.span(start, self.at), parts })
    }

    pub(super) fn regex(&mut self) -> Result<Word, Unreadable> {
        self.node()?;
        let start = self.at;
        let parts = self.parts(Until::Regex, start)?;
        Ok(Word { span: self.span(start, self.at), parts })
    }

    /// An arithmetic expression, up to the parenthesis that closes it.
    pub(super) fn arithmetic(&mut self, open: usize) -> Result<Text, Unreadable> {
        let start = self.at;
        let parts = self.parts(Until::Arithmetic, open)?;
        Ok(Text { span: self.span(start, self.at), parts })
    }

    /// The parts up to the end, which is not read.
    pub(super) fn parts(&mut self, until: Until, open: usize) -> Result<Vec<Part>, Unreadable> {
        let mut parts = Vec::new();
        let mut run = Run { text: String::new(), start: self.at };
        let mut nested = 0_usize;
        loop {
            let Some(byte) = self.peek() else {
                if until.open_ended() {
                    break;
                }
                return Err(self.syntax(until.closer(), open));
            };
            if self.ends(until, byte, nested) {
                break;
            }
            let before = self.at;
            if let Some(part) = self.special(until, byte)? {
                self.flush(&mut run, before, &mut parts)?;
                self.node()?;
                parts.push(part);
                run.start = self.at;
            } else if self.at > before {
                // A continued line.
                self.flush(&mut run, before, &mut parts)?;
                run.start = self.at;
            } else if let Some(glob) = self.group_prefix(until, byte) {
                run.text.push_str(&self.text[before..before + glob]);
                self.advance(glob)?;
                self.flush(&mut run, self.at, &mut parts)?;
                parts.extend(self.parts(Until::Group, before)?);
                run = Run { text: ")".to_owned(), start: self.at };
                self.advance(1)?;
            } else {
                nested = nest(until, byte, nested);
                if let Some(c) = self.take_char()? {
                    run.text.push(c);
                    // In quotes too the backslash keeps the next character from ending the pattern: `"${x//\//_}"`.
                    if c == '\\'
                        && matches!(until, Until::Brace { quoted: true, stop: Some(_), .. })
                        && let Some(next) = self.take_char()?
                    {
                        run.text.push(next);
                    }
                }
            }
        }
        self.flush(&mut run, self.at, &mut parts)?;
        Ok(parts)
    }

    fn flush(&mut self, run: &mut Run, end: usize, parts: &mut Vec<Part>) -> Result<(), Unreadable> {
        if !run.text.is_empty() {
            self.node()?;
            let kind = PartKind::Literal(std::mem::take(&mut run.text));
            parts.push(Part { span: self.span(run.start, end), kind });
        }
        Ok(())
    }

    fn ends(&self, until: Until, byte: u8, nested: usize) -> bool {
        match until {
            Until::Word => is_meta(byte) && !self.begins_process(byte),
            Until::Regex => is_meta(byte) && !matches!(byte, b'(' | b'|'),
            Until::Double => byte == b'"',
            Until::Brace { stop, .. } => byte == b'}' || Some(byte) == stop,
            Until::Group | Until::Arithmetic => byte == b')' && nested == 0,
            Until::Bracket => byte == b']' && nested == 0,
            Until::Document => false,
        }
    }

    fn begins_process(&self, byte: u8) -> bool {
        matches!(byte, b'<' | b'>') && self.peek_at(1) == Some(b'(')
    }

    /// The length of what opens an extended glob here, or the group of a regular expression.
    fn group_prefix(&self, until: Until, byte: u8) -> Option<usize> {
        match (until, byte) {
            (Until::Regex, b'(') => Some(1),
            (Until::Word | Until::Regex, b'?' | b'*' | b'+' | b'@' | b'!')
                if self.peek_at(1) == Some(b'(') =>
            {
                Some(2)
            }
            _ => None,
        }
    }

    /// What is no literal. Nothing, and moved on: a continued line. Nothing, and not moved: a literal.
    fn special(&mut self, until: Until, byte: u8) -> Result<Option<Part>, Unreadable> {
        let start = self.at;
        let kind = match byte {
            b'\\' => return self.backslash(until),
            b'\'' if until.singles() => self.single()?,
            b'"' if !matches!(until, Until::Double | Until::Document) => self.double(false)?,
            b'`' => self.backticks(until)?,
            b'$' => match self.dollar(until.quoted())? {
                Some(kind) => kind,
                None => return Ok(None),
            },
            b'<' | b'>' if self.begins_process(byte) && expands_process(until) => {
                self.advance(2)?;
                PartKind::Process { output: byte == b'>', body: self.substitution(start)? }
            }
            _ => return Ok(None),
        };
        let on_operators_line = matches!(byte, b'$' | b'`') && !self.pending.is_empty();
        let inside_a_word = matches!(kind, PartKind::Process { .. }) && self.follows_in_word(start);
        if on_operators_line || inside_a_word {
            self.masks.push(Mask::Expansion(Span::new(start, self.at)));
        }
        Ok(Some(Part { span: self.span(start, self.at), kind }))
    }

    /// Whether what begins here stands behind other characters of its word.
    fn follows_in_word(&self, start: usize) -> bool {
        let before = start.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        // `)` ends an expansion of the same word.
        before.is_some_and(|byte| !is_meta(*byte) || *byte == b')')
    }

    fn backslash(&mut self, until: Until) -> Result<Option<Part>, Unreadable> {
        let start = self.at;
        let next = self.text[start + 1..].chars().next();
        let escapes = match next {
            Some('\n') => {
                self.advance(2)?;
                return Ok(None);
            }
            Some(_) if !until.quoted() => true,
            Some('$' | '`' | '\\') => true,
            Some('"') => until != Until::Document,
            Some('}') => matches!(until, Until::Brace { .. }),
            Some(_) | None => false,
        };
        let (true, Some(c)) = (escapes, next) else { return Ok(None) };
        self.advance(1 + c.len_utf8())?;
        Ok(Some(Part { span: self.span(start, self.at), kind: PartKind::Escaped(c) }))
    }
}

fn expands_process(until: Until) -> bool {
    matches!(until, Until::Word | Until::Brace { quoted: false, .. } | Until::Group)
}

/// Brackets inside brackets.
fn nest(until: Until, byte: u8, nested: usize) -> usize {
    match (until, byte) {
        (Until::Group | Until::Arithmetic, b'(') | (Until::Bracket, b'[') => nested + 1,
        (Until::Group | Until::Arithmetic, b')') | (Until::Bracket, b']') => nested.saturating_sub(1),
        _ => nested,
    }
}
