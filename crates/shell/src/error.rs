//! Why a script could not be read.

use thiserror::Error;

use crate::Span;

/// Which cap of [`crate::Limits`] was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// `bytes`
    Bytes,
    /// `line_bytes`
    LineBytes,
    /// `depth`
    Depth,
    /// `substitutions`
    Substitutions,
    /// `subshells`
    Subshells,
    /// `nodes`
    Nodes,
    /// `steps`
    Steps,
}

impl Cap {
    /// What is counted, as a sentence names it.
    pub const fn counts(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::LineBytes => "bytes in one line",
            Self::Depth => "constructs inside one another",
            Self::Substitutions => "substitutions inside one another",
            Self::Subshells => "subshells inside one another",
            Self::Nodes => "commands and words",
            Self::Steps => "steps of reading",
        }
    }
}

/// Why there is no syntax: what nobody could read is not taken for harmless.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// A cap was reached.
    #[error("more than {most} {}", cap.counts())]
    Limit {
        /// Which.
        cap: Cap,
        /// Its value.
        most: usize,
        /// Where it was reached.
        span: Span,
    },
    /// The bytes are no text that bash and its readers would agree on.
    #[error("{what}")]
    Encoding {
        /// What was found.
        what: &'static str,
        /// Where.
        span: Span,
    },
    /// Not the grammar of bash.
    #[error("expected {expected}")]
    Syntax {
        /// What the grammar asks for here.
        expected: &'static str,
        /// The construct that is not closed, or the place of what is wrong.
        span: Span,
    },
    /// Bash reads it, and this reader does not: it would have to guess.
    #[error("{what} cannot be followed")]
    Unsupported {
        /// The construct.
        what: &'static str,
        /// Where.
        span: Span,
    },
    /// The second reader does not see the same commands and words.
    #[error("two readers see different commands: one sees `{ours}`, the other `{theirs}`")]
    Disagreement {
        /// The first word or command that only the first reader sees here, or nothing.
        ours: String,
        /// The same of the second reader.
        theirs: String,
        /// Where they part.
        span: Span,
    },
    /// The second reader refuses what the first accepts.
    #[error("a second reader refuses it: {message}")]
    SecondReader {
        /// What it says.
        message: String,
        /// Where, or the whole of what it was asked about.
        span: Span,
    },
}

impl Unreadable {
    /// Where it went wrong.
    pub const fn span(&self) -> Span {
        match self {
            Self::Limit { span, .. }
            | Self::Encoding { span, .. }
            | Self::Syntax { span, .. }
            | Self::Unsupported { span, .. }
            | Self::Disagreement { span, .. }
            | Self::SecondReader { span, .. } => *span,
        }
    }
}
