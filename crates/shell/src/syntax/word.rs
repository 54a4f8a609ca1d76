//! Words and what is expanded in them.

use super::{Element, List, Name};
use crate::Span;

/// Text in which expansions may stand: a here-document, an arithmetic expression, a subscript, an operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// All of it.
    pub span: Span,
    /// Its parts in order.
    pub parts: Vec<Part>,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// All of it.
    pub span: Span,
    /// Its parts in order.
    pub parts: Vec<Part>,
}

impl Word {
    /// The word's text where nothing in it is expanded, quotes removed. Globs, braces and `~` are left as they are
    /// written: see [`Word::is_quiet`].
    pub fn literal(&self) -> Option<String> {
        literal(&self.parts)
    }

    /// No unquoted character that bash could expand to something else: globs, braces, a leading `~`.
    pub fn is_quiet(&self) -> bool {
        self.parts.iter().enumerate().all(|(at, part)| match &part.kind {
            PartKind::Literal(text) => {
                let tilde = at == 0 && text.starts_with('~');
                !tilde && !text.contains(['*', '?', '[', '{', '('])
            }
            _ => true,
        })
    }
}

/// The text of parts without expansions.
pub(crate) fn literal(parts: &[Part]) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        match &part.kind {
            PartKind::Literal(piece) | PartKind::Single(piece) | PartKind::AnsiC(piece) => {
                text.push_str(piece);
            }
            PartKind::Escaped(c) => text.push(*c),
            PartKind::Double { parts, .. } => text.push_str(&literal(parts)?),
            _ => return None,
        }
    }
    Some(text)
}

/// A part of a word or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// All of it, quotes included.
    pub span: Span,
    /// What it is.
    pub kind: PartKind,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// Text as it is written; unquoted unless it stands in double quotes or a here-document.
    Literal(String),
    /// A backslash and this character.
    Escaped(char),
    /// `'…'`
    Single(String),
    /// `$'…'`, decoded.
    AnsiC(String),
    /// `"…"`
    Double {
        /// What stands between the quotes.
        parts: Vec<Part>,
        /// `$"…"`: translated by the locale.
        translated: bool,
    },
    /// `$name`, `${…}`
    Parameter(Box<Parameter>),
    /// `$(…)` or backticks.
    Substitution {
        /// Backticks.
        backticks: bool,
        /// What runs.
        body: List,
    },
    /// `<(…)` or `>(…)`
    Process {
        /// `>(…)`: the command reads.
        output: bool,
        /// What runs.
        body: List,
    },
    /// `$((…))` or `$[…]`
    Arithmetic(Text),
    /// `(…)` after `name=`
    Array(Vec<Element>),
}

/// An expansion of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// A name, digits or one of `@*#?-$!`.
    pub name: Name,
    /// `${!name}`
    pub indirect: bool,
    /// `${#name}`
    pub length: bool,
    /// What stands in its brackets.
    pub subscript: Option<Text>,
    /// What is done with the value.
    pub operation: Option<Operation>,
}

/// What `${name…}` does with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What it does.
    pub kind: OperationKind,
    /// The word, the pattern, the offset, or the letter after `@`; empty for `${!name*}`.
    pub operand: Text,
    /// The replacement of a pattern, or the length of a substring.
    pub second: Option<Text>,
}

/// The operations of `${name…}`; `null` is the colon: null counts as unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// `-`: the operand where it is unset.
    Default {
        /// With colon.
        null: bool,
    },
    /// `=`: as above, and assigned.
    Assign {
        /// With colon.
        null: bool,
    },
    /// `?`: an error where it is unset.
    Required {
        /// With colon.
        null: bool,
    },
    /// `+`: the operand where it is set.
    Alternative {
        /// With colon.
        null: bool,
    },
    /// `#`, `##`
    RemovePrefix {
        /// Doubled.
        longest: bool,
    },
    /// `%`, `%%`
    RemoveSuffix {
        /// Doubled.
        longest: bool,
    },
    /// `/`, `//`, `/#`, `/%`
    Replace(Anchor),
    /// `^`, `^^`
    Upper {
        /// Doubled.
        all: bool,
    },
    /// `,`, `,,`
    Lower {
        /// Doubled.
        all: bool,
    },
    /// `:offset:length`
    Substring,
    /// `@letter`
    Transform,
    /// `${!name*}`, `${!name@}`: the names that begin so.
    Names,
}

/// Where a pattern is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// `/`: the first match.
    First,
    /// `//`
    All,
    /// `/#`
    Start,
    /// `/%`
    End,
}
