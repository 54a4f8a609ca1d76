//! Strings that a shell reads once more: `bash -c '…'`, `eval …`.

use crate::parse::{Bounds, Table, parse};
use crate::syntax::{Part, PartKind, Script, Word};
use crate::{Limits, Unreadable, second};

/// The script that these words are when they are joined by blanks, as `eval` does, or that the one word is, as
/// `bash -c` does. Nothing if a word holds an expansion: then its text is not known here.
///
/// Spans are those of the outer file. What an escape of `$'…'` or inside backticks stands for has no bytes of its own, and
/// has the place of its part.
///
/// The caller counts how deep scripts are nested; each reading has all the budgets of [`Limits`].
pub fn read_words(words: &[&Word], limits: &Limits) -> Option<Result<Script, Unreadable>> {
    let mut joined = Joined::default();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            joined.push(" ", word.span.start, word.span.start, false);
        }
        joined.parts(&word.parts)?;
    }
    let last = words.last()?;
    joined.table.end = last.span.end;
    Some(crate::fits(joined.text.as_bytes(), last.span.start, limits).and_then(|()| {
        let (script, levels) = parse(&joined.text, Bounds::Table(joined.table), limits)?;
        second::check(&levels)?;
        Ok(script)
    }))
}

/// Text without its quotes, and where each byte of it stands.
#[derive(Default)]
struct Joined {
    text: String,
    table: Table,
}

impl Joined {
    fn push(&mut self, text: &str, start: usize, end: usize, exact: bool) {
        let place = |at| if exact { (start + at, start + at + 1) } else { (start, end) };
        self.table.bytes.extend((0..text.len()).map(place));
        self.text.push_str(text);
    }

    fn parts(&mut self, parts: &[Part]) -> Option<()> {
        for part in parts {
            let (start, end) = (part.span.start, part.span.end);
            let length = end - start;
            match &part.kind {
                PartKind::Literal(text) => self.push(text, start, end, length == text.len()),
                PartKind::Single(text) => self.push(text, start + 1, end, length == text.len() + 2),
                PartKind::AnsiC(text) => self.push(text, start, end, false),
                PartKind::Escaped(c) => self.push(c.encode_utf8(&mut [0; 4]), start, end, false),
                PartKind::Double { parts, .. } => self.parts(parts)?,
                _ => return None,
            }
        }
        Some(())
    }
}
