//! Lists, chains and pipelines.

use super::{Parser, Seen};
use crate::syntax::{Chain, Command, Joint, List, Pipeline};
use crate::{Span, Unreadable};

/// Reserved words that end a list.
const CLOSERS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl Parser<'_, '_> {
    /// Commands up to what no command begins with: the caller says what that must be.
    pub(super) fn list(&mut self) -> Result<List, Unreadable> {
        let mut chains: Vec<Chain> = Vec::new();
        loop {
            self.skip_lines()?;
            if self.at_list_end()? {
                break;
            }
            let mut chain = self.chain()?;
            self.skip_blanks()?;
            let separated = match (self.peek(), self.peek_at(1)) {
                (Some(b';'), Some(b';' | b'&')) => false,
                (Some(b';'), _) => {
                    self.advance(1)?;
                    true
                }
                (Some(b'&'), _) => {
                    chain.background = true;
                    self.advance(1)?;
                    true
                }
                (Some(b'\n'), _) => true,
                _ => false,
            };
            chains.push(chain);
            if !separated {
                break;
            }
        }
        let here = self.point(self.at).start;
        let span = match (chains.first(), chains.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::new(here, here),
        };
        Ok(List { span, chains })
    }

    /// A list in which there must be a command.
    pub(super) fn commands(&mut self, open: usize) -> Result<List, Unreadable> {
        let list = self.list()?;
        if list.chains.is_empty() {
            let at = if self.peek().is_none() { open } else { self.at };
            return Err(self.syntax("a command", at));
        }
        Ok(list)
    }

    fn at_list_end(&mut self) -> Result<bool, Unreadable> {
        match self.peek() {
            None | Some(b')' | b';') => Ok(true),
            _ => Ok(CLOSERS.contains(&self.plain()?)),
        }
    }

    fn chain(&mut self) -> Result<Chain, Unreadable> {
        let first = self.pipeline()?;
        let mut rest: Vec<(Joint, Pipeline)> = Vec::new();
        loop {
            self.skip_blanks()?;
            let joint = if self.eat("&&")? {
                Joint::And
            } else if self.eat("||")? {
                Joint::Or
            } else {
                break;
            };
            self.skip_lines()?;
            rest.push((joint, self.pipeline()?));
        }
        let last = rest.last().map_or(first.span, |(_, pipeline)| pipeline.span);
        Ok(Chain { span: first.span.to(last), first, rest, background: false })
    }

    fn pipeline(&mut self) -> Result<Pipeline, Unreadable> {
        let start = self.at;
        let (mut negated, mut timed) = (false, false);
        loop {
            self.skip_blanks()?;
            if self.eat_reserved("!")? {
                negated = !negated;
            } else if self.eat_reserved("time")? {
                timed = true;
                self.skip_blanks()?;
                if self.eat_reserved("-p")? {
                    self.skip_blanks()?;
                }
                let _ = self.eat_reserved("--")?;
            } else {
                break;
            }
        }
        let mut commands = vec![self.command()?];
        let mut end = self.at;
        loop {
            self.skip_blanks()?;
            let both = self.looking_at("|&");
            if !both && (self.peek() != Some(b'|') || self.looking_at("||")) {
                break;
            }
            self.advance(1 + usize::from(both))?;
            self.skip_lines()?;
            commands.push(self.command()?);
            end = self.at;
        }
        let span = self.pipeline_span(start, end, &commands);
        Ok(Pipeline { span, negated, timed, commands })
    }

    /// Blanks after the last command are none of it.
    fn pipeline_span(&self, start: usize, end: usize, commands: &[Command]) -> Span {
        let all = self.span(start, end);
        commands.last().map_or(all, |last| all.to(last.span))
    }

    pub(super) fn saw(&mut self, command: bool, start: usize, end: usize) {
        self.seen.push(Seen { command, span: Span::new(start, end) });
    }
}
