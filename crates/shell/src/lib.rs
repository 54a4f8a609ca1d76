//! Bash scripts to syntax, without running anything.
//!
//! [`read`] judges the bytes, parses them with exact spans, and asks a second parser whether it sees the same commands
//! (docs/decisions/0016). A cap that is reached, an error or a disagreement is an [`Unreadable`], never silence: what nobody
//! could read is not taken for harmless.
//!
//! What cannot be seen here: what a word becomes when it is expanded, which file a name finds, what `alias` and `shopt`
//! change for the lines after them.

mod ansi;
mod encoding;
mod error;
mod limits;
mod nested;
mod parse;
mod second;
mod span;
pub mod syntax;

pub use encoding::{Oddity, OddityKind, judge_encoding};
pub use error::{Cap, Unreadable};
pub use limits::Limits;
pub use nested::read_words;
pub use span::Span;
pub use syntax::Script;

/// What is known of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What is odd about its bytes.
    pub oddities: Vec<Oddity>,
    /// Its syntax, or why there is none.
    pub script: Result<Script, Unreadable>,
}

/// Reads the bytes of a script.
pub fn read(bytes: &[u8], limits: &Limits) -> Reading {
    if let Err(error) = fits(bytes, 0, limits) {
        // What is too large is not looked at further.
        return Reading { oddities: Vec::new(), script: Err(error) };
    }
    let oddities = judge_encoding(bytes, limits);
    Reading { script: script(bytes, limits), oddities }
}

fn script(bytes: &[u8], limits: &Limits) -> Result<Script, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let length = error.error_len().unwrap_or(bytes.len() - start);
        Unreadable::Encoding { what: "bytes that are no UTF-8", span: Span::new(start, start + length) }
    })?;
    if let Some(at) = text.find('\0') {
        return Err(Unreadable::Encoding { what: "a NUL", span: Span::new(at, at + 1) });
    }
    let (script, levels) = parse::parse(text, parse::Bounds::Offset(0), limits)?;
    second::check(&levels)?;
    Ok(script)
}

/// The caps that need no parser. `start` is where the bytes stand in their file.
fn fits(bytes: &[u8], start: usize, limits: &Limits) -> Result<(), Unreadable> {
    let limit = |cap, most: usize, at: usize| Unreadable::Limit {
        cap,
        most,
        span: Span::new(start + at, start + at),
    };
    if bytes.len() > limits.bytes {
        return Err(limit(Cap::Bytes, limits.bytes, limits.bytes));
    }
    let mut line = 0;
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        if piece.len() > limits.line_bytes {
            return Err(limit(Cap::LineBytes, limits.line_bytes, line));
        }
        line += piece.len();
    }
    Ok(())
}
