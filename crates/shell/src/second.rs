//! The second reader: brush-parser, asked about every text that our own reader took for commands. Both must see the same
//! words at the same places, and agree on which of them are run. No other file names brush-parser.

use brush_parser::ast;

use crate::parse::{Bounds, Seen};
use crate::{Span, Unreadable};

/// A text that holds commands: the script, the inside of a substitution, of backticks or of a nested string. What stands
/// in substitutions inside it is a level of its own.
pub(crate) struct Level {
    pub(crate) text: String,
    pub(crate) bounds: Bounds,
    pub(crate) seen: Vec<Seen>,
    pub(crate) masks: Vec<Mask>,
}

/// What the second reader cannot read, and sees as something of the same length: where brush-parser 0.4 is known to be
/// wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mask {
    /// An expansion on the line of a here-document's operator, and a process substitution behind other characters of its word:
    /// it reads both as words of their own. Plain letters; what runs in it is a level of its own all the same.
    Expansion(Span),
    /// `{name}` before a redirection: a number.
    Descriptor(Span),
    /// `select` at this offset, which it does not know. Its grammar is that of `for`.
    Select(usize),
}

impl Mask {
    pub(crate) fn moved(self, start: usize) -> Self {
        match self {
            Self::Expansion(span) => Self::Expansion(Span::new(span.start - start, span.end - start)),
            Self::Descriptor(span) => Self::Descriptor(Span::new(span.start - start, span.end - start)),
            Self::Select(at) => Self::Select(at - start),
        }
    }
}

/// The text with its masks on.
fn masked(text: &str, masks: &[Mask]) -> String {
    let mut text = text.to_owned();
    for mask in masks {
        match *mask {
            Mask::Expansion(span) => {
                text.replace_range(span.range(), &"x".repeat(span.end - span.start));
            }
            Mask::Descriptor(span) => {
                let blanks = " ".repeat((span.end - span.start).saturating_sub(1));
                text.replace_range(span.range(), &format!("{blanks}3"));
            }
            Mask::Select(at) => text.replace_range(at..at + "select".len(), "for   "),
        }
    }
    text
}

/// Characters of a text that an error repeats.
const MAX_SHOWN: usize = 60;

/// Asks about each level.
pub(crate) fn check(levels: &[Level]) -> Result<(), Unreadable> {
    levels.iter().try_for_each(check_level)
}

fn check_level(level: &Level) -> Result<(), Unreadable> {
    let outer = |span: Span| level.bounds.span(span.start, span.end);
    let all = outer(Span::new(0, level.text.len()));
    let asked = masked(&level.text, &level.masks);
    let offsets: Vec<usize> =
        asked.char_indices().map(|(at, _)| at).chain(std::iter::once(asked.len())).collect();
    let Some(read) = read(&asked) else {
        return Err(Unreadable::SecondReader { message: "it panicked".to_owned(), span: all });
    };
    let program = read.map_err(|error| {
        let span = place(&error).and_then(|index| offsets.get(index)).map(|at| outer(Span::new(*at, *at)));
        Unreadable::SecondReader { message: shown(&error.to_string()), span: span.unwrap_or(all) }
    })?;
    let mut theirs = Words { offsets: &offsets, seen: Vec::new(), lost: false };
    theirs.program(&program);
    if theirs.lost {
        return Err(Unreadable::SecondReader {
            message: "it does not say where a word is".to_owned(),
            span: all,
        });
    }
    let ours = sorted(&level.text, level.seen.clone());
    let theirs = sorted(&level.text, theirs.seen);
    let Some(at) = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at)) else {
        return Ok(());
    };
    let text = |seen: Option<&Seen>| seen.map_or_else(String::new, |seen| shown(seen.span.of(&level.text)));
    let places = [ours.get(at), theirs.get(at)];
    let first = places.iter().flatten().map(|seen| seen.span).min();
    Err(Unreadable::Disagreement {
        ours: text(ours.get(at)),
        theirs: text(theirs.get(at)),
        span: first.map_or(all, outer),
    })
}

/// In order, without what the second reader takes into a word's place: blanks and continued lines around it. Process
/// substitutions that are words of their own are no words to it.
fn sorted(text: &str, seen: Vec<Seen>) -> Vec<Seen> {
    let mut seen: Vec<Seen> =
        seen.into_iter().map(|seen| Seen { span: trimmed(text, seen.span), ..seen }).collect();
    seen.sort_by_key(|seen| (seen.span, seen.command));
    seen
}

fn trimmed(text: &str, span: Span) -> Span {
    let (mut start, mut word) = (span.start, span.of(text));
    while let Some(rest) = [" ", "\t", "\n", "\\\n"].iter().find_map(|blank| word.strip_prefix(blank)) {
        start += word.len() - rest.len();
        word = rest;
    }
    while let Some(rest) = word.strip_suffix("\\\n") {
        word = rest;
    }
    Span::new(start, start + word.len())
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect()
}

/// A panic of the second reader is no answer: it must not end the program.
fn read(text: &str) -> Option<Result<ast::Program, brush_parser::ParseError>> {
    std::panic::catch_unwind(|| read_or_panic(text)).ok()
}

fn read_or_panic(text: &str) -> Result<ast::Program, brush_parser::ParseError> {
    // What direnv's standard library sets: extended globs, and no mode of another shell.
    let options = brush_parser::ParserOptions { enable_extended_globbing: true, ..Default::default() };
    brush_parser::Parser::new(std::io::Cursor::new(text), &options).parse_program()
}

/// The character at which it went wrong.
fn place(error: &brush_parser::ParseError) -> Option<usize> {
    match error {
        brush_parser::ParseError::ParsingNear(position) => Some(position.index),
        brush_parser::ParseError::Tokenizing { position, .. } => {
            position.as_ref().map(|position| position.index)
        }
        brush_parser::ParseError::ParsingAtEndOfInput => None,
    }
}

/// The words of the simple commands of a program.
struct Words<'a> {
    /// From characters to bytes.
    offsets: &'a [usize],
    seen: Vec<Seen>,
    /// A word had no place.
    lost: bool,
}

impl Words<'_> {
    fn program(&mut self, program: &ast::Program) {
        for list in &program.complete_commands {
            self.list(list);
        }
    }

    fn list(&mut self, list: &ast::CompoundList) {
        for ast::CompoundListItem(chain, _) in &list.0 {
            self.pipeline(&chain.first);
            for ast::AndOr::And(pipeline) | ast::AndOr::Or(pipeline) in &chain.additional {
                self.pipeline(pipeline);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline) {
        for command in &pipeline.seq {
            self.command(command);
        }
    }

    fn command(&mut self, command: &ast::Command) {
        match command {
            ast::Command::Simple(simple) => self.simple(simple),
            ast::Command::Compound(compound, _) => self.compound(compound),
            ast::Command::Function(function) => self.compound(&function.body.0),
            ast::Command::ExtendedTest(..) => {}
        }
    }

    fn compound(&mut self, compound: &ast::CompoundCommand) {
        match compound {
            ast::CompoundCommand::Arithmetic(_) => {}
            ast::CompoundCommand::ArithmeticForClause(clause) => self.list(&clause.body.list),
            ast::CompoundCommand::BraceGroup(group) => self.list(&group.list),
            ast::CompoundCommand::Subshell(subshell) => self.list(&subshell.list),
            ast::CompoundCommand::ForClause(clause) => self.list(&clause.body.list),
            ast::CompoundCommand::CaseClause(clause) => {
                clause.cases.iter().filter_map(|case| case.cmd.as_ref()).for_each(|list| self.list(list));
            }
            ast::CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition);
                self.list(&clause.then);
                for other in clause.elses.iter().flatten() {
                    other.condition.iter().for_each(|list| self.list(list));
                    self.list(&other.body);
                }
            }
            ast::CompoundCommand::WhileClause(clause) | ast::CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0);
                self.list(&clause.1.list);
            }
            ast::CompoundCommand::Coprocess(coprocess) => self.command(&coprocess.body),
        }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand) {
        if let Some(word) = &simple.word_or_name {
            self.word(word, true);
        }
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            match item {
                ast::CommandPrefixOrSuffixItem::Word(word)
                | ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) => self.word(word, false),
                // The commands of a process substitution are a level of their own.
                ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..)
                | ast::CommandPrefixOrSuffixItem::IoRedirect(_) => {}
            }
        }
    }

    fn word(&mut self, word: &ast::Word, command: bool) {
        let span = word.loc.as_ref().and_then(|loc| {
            Some(Span::new(*self.offsets.get(loc.start.index)?, *self.offsets.get(loc.end.index)?))
        });
        match span {
            Some(span) => self.seen.push(Seen { command, span }),
            None => self.lost = true,
        }
    }
}
