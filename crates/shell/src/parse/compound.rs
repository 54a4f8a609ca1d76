//! Commands that hold commands.

use super::Parser;
use super::cursor::is_meta;
use crate::Unreadable;
use crate::error::Cap;
use crate::second::Mask;
use crate::syntax::{Arm, ArmEnd, Command, CommandKind, List, Name, TestPart, Word};

impl Parser<'_, '_> {
    /// One command with its redirections.
    pub(super) fn command(&mut self) -> Result<Command, Unreadable> {
        self.skip_blanks()?;
        self.node()?;
        let start = self.at;
        self.enter(start)?;
        let (kind, mut redirections) = match self.compound()? {
            Some(kind) => (kind, Vec::new()),
            None => self.simple()?,
        };
        let mut end = self.at;
        // A function takes those of its body; a simple command has read its own.
        if !matches!(kind, CommandKind::Simple(_) | CommandKind::Function { .. }) {
            loop {
                self.skip_blanks()?;
                let Some(redirection) = self.redirection()? else { break };
                redirections.push(redirection);
                end = self.at;
            }
        }
        self.leave();
        Ok(Command { span: self.span(start, end), kind, redirections })
    }

    /// Whether a compound command begins here.
    fn begins_compound(&mut self) -> Result<bool, Unreadable> {
        let words = ["{", "if", "while", "until", "for", "select", "case", "[["];
        Ok(self.peek() == Some(b'(') || words.contains(&self.plain()?))
    }

    fn compound(&mut self) -> Result<Option<CommandKind>, Unreadable> {
        let open = self.at;
        if self.peek() == Some(b'(') {
            return self.parentheses(open).map(Some);
        }
        let word = match self.plain()? {
            word @ ("{" | "if" | "while" | "until" | "for" | "select" | "case" | "[[" | "function"
            | "coproc") => word.to_owned(),
            "then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}" => {
                return Err(self.syntax("a command", open));
            }
            _ => return Ok(None),
        };
        self.advance(word.len())?;
        let kind = match word.as_str() {
            "{" => CommandKind::Group(self.braces(open)?),
            "if" => self.condition(open)?,
            "while" | "until" => {
                let condition = self.commands(open)?;
                CommandKind::While { until: word == "until", condition, body: self.do_group(open)? }
            }
            "for" | "select" => self.each(open, word == "select")?,
            "case" => self.case(open)?,
            "[[" => self.test(open)?,
            "function" => self.function_keyword(open)?,
            _ => self.coprocess(open)?,
        };
        Ok(Some(kind))
    }

    fn braces(&mut self, open: usize) -> Result<List, Unreadable> {
        let list = self.commands(open)?;
        self.expect_reserved("}", "`}`", open)?;
        Ok(list)
    }

    /// `((` is arithmetic where it closes so, and else a subshell in a subshell: bash decides the same way.
    fn parentheses(&mut self, open: usize) -> Result<CommandKind, Unreadable> {
        if self.looking_at("((") {
            let saved = self.save();
            self.advance(2)?;
            match self.arithmetic(open) {
                Ok(text) if self.eat("))")? => return Ok(CommandKind::Arithmetic(text)),
                Err(limit @ Unreadable::Limit { .. }) => return Err(limit),
                _ => {}
            }
            self.restore(saved);
        }
        self.advance(1)?;
        self.shared.subshells += 1;
        let most = self.shared.limits.subshells;
        if self.shared.subshells > most {
            return Err(self.limit(Cap::Subshells, most, open));
        }
        let list = self.commands(open)?;
        self.shared.subshells -= 1;
        if !self.eat(")")? {
            let at = if self.peek().is_none() { open } else { self.at };
            return Err(self.syntax("`)`", at));
        }
        Ok(CommandKind::Subshell(list))
    }

    fn condition(&mut self, open: usize) -> Result<CommandKind, Unreadable> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.commands(open)?;
            self.expect_reserved("then", "`then`", open)?;
            arms.push((condition, self.commands(open)?));
            if self.eat_reserved("elif")? {
                continue;
            }
            if self.eat_reserved("else")? {
                otherwise = Some(self.commands(open)?);
            }
            self.expect_reserved("fi", "`fi`", open)?;
            return Ok(CommandKind::If { arms, otherwise });
        }
    }

    fn do_group(&mut self, open: usize) -> Result<List, Unreadable> {
        self.expect_reserved("do", "`do`", open)?;
        let list = self.commands(open)?;
        self.expect_reserved("done", "`done`", open)?;
        Ok(list)
    }

    fn each(&mut self, open: usize, select: bool) -> Result<CommandKind, Unreadable> {
        self.skip_blanks()?;
        if !select && self.eat("((")? {
            let header = self.arithmetic(open)?;
            if !self.eat("))")? {
                return Err(self.syntax("`))`", open));
            }
            return Ok(CommandKind::ArithmeticFor { header, body: self.loop_body(open)? });
        }
        if select {
            self.masks.push(Mask::Select(open));
        }
        let name = self.name_word("a name")?;
        self.skip_lines()?;
        let words = if self.eat_reserved("in")? {
            let mut words = Vec::new();
            loop {
                self.skip_blanks()?;
                match self.peek() {
                    Some(b';' | b'\n') => break,
                    Some(b'<' | b'>') if self.peek_at(1) == Some(b'(') => {}
                    Some(byte) if !is_meta(byte) => {}
                    _ => return Err(self.syntax("`do`", self.at)),
                }
                words.push(self.word()?);
            }
            Some(words)
        } else {
            None
        };
        Ok(CommandKind::For { select, name, words, body: self.loop_body(open)? })
    }

    /// What `for` repeats: after `;` or newlines, `do … done` or, undocumented, braces.
    fn loop_body(&mut self, open: usize) -> Result<List, Unreadable> {
        self.skip_blanks()?;
        let _ = self.eat(";")?;
        self.skip_lines()?;
        if self.eat_reserved("{")? { self.braces(open) } else { self.do_group(open) }
    }

    fn name_word(&mut self, expected: &'static str) -> Result<Name, Unreadable> {
        let start = self.at;
        let length = self.identifier_length();
        self.advance(length)?;
        if length == 0 || self.peek().is_some_and(|byte| !is_meta(byte)) {
            return Err(self.syntax(expected, start));
        }
        Ok(Name { text: self.text[start..self.at].to_owned(), span: self.span(start, self.at) })
    }

    fn case(&mut self, open: usize) -> Result<CommandKind, Unreadable> {
        self.skip_blanks()?;
        let subject = self.required_word("a word")?;
        self.skip_lines()?;
        self.expect_reserved("in", "`in`", open)?;
        let mut arms = Vec::new();
        loop {
            self.skip_lines()?;
            if self.eat_reserved("esac")? {
                return Ok(CommandKind::Case { subject, arms });
            }
            if self.peek().is_none() {
                return Err(self.syntax("`esac`", open));
            }
            let (arm, closed) = self.arm()?;
            arms.push(arm);
            if !closed {
                self.expect_reserved("esac", "`esac`", open)?;
                return Ok(CommandKind::Case { subject, arms });
            }
        }
    }

    /// An arm, and whether an operator closed it: only the last needs none.
    fn arm(&mut self) -> Result<(Arm, bool), Unreadable> {
        if self.eat("(")? {
            self.skip_blanks()?;
        }
        let mut patterns: Vec<Word> = Vec::new();
        loop {
            self.skip_blanks()?;
            patterns.push(self.required_word("a pattern")?);
            self.skip_blanks()?;
            if !self.eat("|")? {
                break;
            }
        }
        if !self.eat(")")? {
            return Err(self.syntax("`)`", self.at));
        }
        let body = self.list()?;
        let (then, closed) = if self.eat(";;&")? {
            (ArmEnd::TryNext, true)
        } else if self.eat(";&")? {
            (ArmEnd::FallThrough, true)
        } else {
            (ArmEnd::Leave, self.eat(";;")?)
        };
        Ok((Arm { patterns, body, then }, closed))
    }

    fn required_word(&mut self, expected: &'static str) -> Result<Word, Unreadable> {
        let word = self.word()?;
        if word.span.start == word.span.end { Err(self.syntax(expected, self.at)) } else { Ok(word) }
    }

    fn test(&mut self, open: usize) -> Result<CommandKind, Unreadable> {
        let mut parts = Vec::new();
        let mut regex = false;
        loop {
            self.skip_lines()?;
            let start = self.at;
            if !parts.is_empty() && self.eat_reserved("]]")? {
                return Ok(CommandKind::Test(parts));
            }
            let operator = ["&&", "||", "(", ")", "<", ">"].iter().find(|text| self.looking_at(text));
            match operator {
                Some(text) if !regex && !self.looking_at("<(") && !self.looking_at(">(") => {
                    self.advance(text.len())?;
                    parts.push(TestPart::Operator(self.span(start, self.at)));
                }
                _ if !regex && self.eat_reserved("!")? => {
                    parts.push(TestPart::Operator(self.span(start, self.at)));
                }
                _ => {
                    let word = if regex { self.regex()? } else { self.word()? };
                    if self.at == start {
                        return Err(self.syntax("`]]`", open));
                    }
                    regex = &self.text[start..self.at] == "=~";
                    parts.push(TestPart::Word(word));
                }
            }
        }
    }

    fn function_keyword(&mut self, open: usize) -> Result<CommandKind, Unreadable> {
        self.skip_blanks()?;
        let start = self.at;
        let word = self.required_word("a name")?;
        let name = self.function_name(&word, start)?;
        self.skip_blanks()?;
        if self.peek() == Some(b'(') {
            let saved = self.save();
            self.advance(1)?;
            self.skip_blanks()?;
            if !self.eat(")")? {
                // The body is a subshell.
                self.restore(saved);
            }
        }
        self.function(open, name)
    }

    pub(super) fn function_name(&self, word: &Word, start: usize) -> Result<Name, Unreadable> {
        match word.literal() {
            Some(text) if !self.text[start..self.at].contains(['\'', '"', '\\', '`', '$']) => {
                Ok(Name { text, span: word.span })
            }
            _ => Err(self.syntax("a name without quotes and expansions", start)),
        }
    }

    /// The body of a function: a compound command with its redirections.
    pub(super) fn function(&mut self, open: usize, name: Name) -> Result<CommandKind, Unreadable> {
        self.skip_lines()?;
        if !self.begins_compound()? {
            return Err(self.syntax("the body of the function", open));
        }
        Ok(CommandKind::Function { name, body: Box::new(self.command()?) })
    }

    fn coprocess(&mut self, open: usize) -> Result<CommandKind, Unreadable> {
        self.skip_blanks()?;
        if self.peek().is_none_or(|byte| byte == b'\n') {
            return Err(self.syntax("a command", open));
        }
        let mut name = None;
        if !self.begins_compound()? {
            let saved = self.save();
            let length = self.identifier_length();
            let span = self.span(self.at, self.at + length);
            let text = self.text[self.at..self.at + length].to_owned();
            self.advance(length)?;
            let apart = matches!(self.peek(), Some(b' ' | b'\t'));
            self.skip_blanks()?;
            if length > 0 && apart && self.begins_compound()? {
                name = Some(Name { text, span });
            } else {
                self.restore(saved);
            }
        }
        Ok(CommandKind::Coprocess { name, body: Box::new(self.command()?) })
    }
}
