//! Text files of the policy, and places in them.

use proofmark_core::{Origin, Position};

pub(crate) use proofmark_core::Source;

/// The place of something that has no line: a file that is absent, or the command line.
pub(crate) fn nowhere(file: impl Into<String>) -> Origin {
    let start = Position { line: 1, column: 1 };
    Origin { file: file.into(), start, end: start, line_text: String::new() }
}
