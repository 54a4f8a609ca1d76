//! `.env` files by direnv's grammar, which is neither bash's nor compose's.
//!
//! Source: `pkg/dotenv` of direnv 2.32 to 2.37, and Go's `os.Expand`; held beside `direnv dotenv` itself by
//! `cargo xtask direnv`. What surprises: a value is one line; `\r` ends a line too; quotes reach to the last quote of the line
//! that a comment or nothing follows; `NAME: value` assigns as well; a value of one byte is never expanded; unquoted values
//! are; and one line that is wrong makes direnv load nothing of the file.

mod line;
mod value;

use std::collections::BTreeMap;

use proofmark_shell::Span;
use thiserror::Error;

pub use value::{DotenvPiece, DotenvValue, Quotes};

/// What one `.env` file may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotenvLimits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Assignments.
    pub assignments: usize,
    /// Bytes of all values once they are expanded, with [`DotenvLimits::PIECE`] for each piece: `B=$A$A` doubles line by line.
    pub expanded: usize,
}

impl DotenvLimits {
    /// Bytes for which a piece of a value counts beside its text.
    pub const PIECE: usize = 32;
}

impl Default for DotenvLimits {
    fn default() -> Self {
        Self { bytes: 1024 * 1024, assignments: 10_000, expanded: 4 * 1024 * 1024 }
    }
}

/// Why nothing of the file is known. direnv loads nothing of it either, except where a limit is the cause.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DotenvError {
    /// A line that is no assignment, no comment and not blank: direnv says `invalid line`, and sets nothing.
    #[error("a line that direnv takes for no assignment: it then sets nothing of the file")]
    Line {
        /// The line, without its end.
        span: Span,
    },
    /// `bytes`
    #[error("the file has more bytes than are read")]
    Bytes,
    /// `assignments`
    #[error("the file sets more variables than are read")]
    Assignments {
        /// The first that is too much.
        span: Span,
    },
    /// `expanded`
    #[error("the values are longer than is expanded")]
    Expanded {
        /// The assignment that is too much.
        span: Span,
    },
}

/// One assignment, in the order of the file. A later one of the same name replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotenvAssignment {
    /// `[A-Za-z0-9_.]+`.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Where the value stands, quotes included; empty where there is none.
    pub value_span: Span,
    /// Which quotes were taken off.
    pub quotes: Quotes,
    /// The value that direnv exports.
    pub value: DotenvValue,
}

impl DotenvAssignment {
    /// Whether bash can export a variable of this name. direnv prints `export 1a=…` and `export a.b=…` too; bash refuses
    /// those, and goes on with the next.
    pub fn is_exportable(&self) -> bool {
        !self.name.contains('.') && !self.name.starts_with(|first: char| first.is_ascii_digit())
    }
}

/// What a `.env` file sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dotenv {
    /// Every assignment, in the order of the file.
    pub assignments: Vec<DotenvAssignment>,
}

impl Dotenv {
    /// What is set in the end: the last assignment of each name.
    pub fn variables(&self) -> BTreeMap<&str, &DotenvAssignment> {
        self.assignments.iter().map(|one| (one.name.as_str(), one)).collect()
    }
}

/// Reads a `.env` file as `direnv dotenv` does. Linear in its bytes and in those of the expanded values.
pub fn parse_dotenv(bytes: &[u8], limits: &DotenvLimits) -> Result<Dotenv, DotenvError> {
    if bytes.len() > limits.bytes {
        return Err(DotenvError::Bytes);
    }
    let mut dotenv = Dotenv::default();
    let mut values: BTreeMap<&[u8], DotenvValue> = BTreeMap::new();
    let mut room = limits.expanded;
    let mut start = 0;
    // `[\r\n]+` ends a line: what is between two ends is blank, and blank lines set nothing.
    for line in bytes.split(|byte| matches!(byte, b'\r' | b'\n')) {
        let at = start;
        start += line.len() + 1;
        let parts = match line::split(line) {
            Some(line::Line::Nothing) => continue,
            Some(line::Line::Assignment(parts)) => parts,
            None => return Err(DotenvError::Line { span: Span { start: at, end: at + line.len() } }),
        };
        let span = |range: &std::ops::Range<usize>| Span { start: at + range.start, end: at + range.end };
        if dotenv.assignments.len() == limits.assignments {
            return Err(DotenvError::Assignments { span: span(&parts.name) });
        }
        let (name, written) = (&line[parts.name.clone()], &line[parts.value.clone()]);
        let (quotes, value) = value::read(written, &values, &mut room)
            .ok_or_else(|| DotenvError::Expanded { span: span(&parts.name) })?;
        values.insert(name, value.clone());
        dotenv.assignments.push(DotenvAssignment {
            name: name.iter().map(|byte| char::from(*byte)).collect(),
            name_span: span(&parts.name),
            value_span: span(&parts.value),
            quotes,
            value,
        });
    }
    Ok(dotenv)
}
