//! Values: quotes, escapes, and the expansion of Go's `os.Expand`.

use std::collections::BTreeMap;

use super::DotenvLimits;

/// The quotes around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// None: variables are expanded.
    None,
    /// `'…'`: taken as it is.
    Single,
    /// `"…"`: `\n` and `\r`, other escapes, variables.
    Double,
}

/// A piece of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DotenvPiece {
    /// These bytes; never none.
    Text(Vec<u8>),
    /// A variable that the file has not set above: what direnv's own environment has. direnv 2.35 and later set `PWD` to the
    /// folder of the file first.
    Environment {
        /// Its name, never empty; `${…}` takes any bytes.
        name: Vec<u8>,
        /// What stands for it where it is unset or empty: `${NAME:-default}`.
        default: Option<Vec<u8>>,
    },
}

/// What direnv exports, as far as the file alone says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DotenvValue {
    pieces: Vec<DotenvPiece>,
}

impl DotenvValue {
    /// Its pieces in order; texts never stand beside one another.
    pub fn pieces(&self) -> &[DotenvPiece] {
        &self.pieces
    }

    /// All of it, where it does not depend on the environment.
    pub fn as_known(&self) -> Option<&[u8]> {
        match self.pieces.as_slice() {
            [] => Some(b""),
            [DotenvPiece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The value in an environment. One that is unset is empty, as in direnv.
    pub fn resolve(&self, environment: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
        let mut value = Vec::new();
        for piece in &self.pieces {
            match piece {
                DotenvPiece::Text(text) => value.extend_from_slice(text),
                DotenvPiece::Environment { name, default } => {
                    let set = environment(name).filter(|value| !value.is_empty());
                    value.extend(set.or_else(|| default.clone()).unwrap_or_default());
                }
            }
        }
        value
    }

    fn text(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            _ if bytes.is_empty() => {}
            Some(DotenvPiece::Text(text)) => text.extend_from_slice(bytes),
            _ => self.pieces.push(DotenvPiece::Text(bytes.to_vec())),
        }
    }

    fn push(&mut self, piece: &DotenvPiece) {
        match piece {
            DotenvPiece::Text(text) => self.text(text),
            DotenvPiece::Environment { .. } => self.pieces.push(piece.clone()),
        }
    }

    /// What it counts for in [`DotenvLimits::expanded`].
    fn cost(&self) -> usize {
        let one = |piece: &DotenvPiece| match piece {
            DotenvPiece::Text(text) => text.len(),
            DotenvPiece::Environment { name, default } => name.len() + default.as_ref().map_or(0, Vec::len),
        };
        self.pieces.iter().map(|piece| one(piece) + DotenvLimits::PIECE).sum()
    }
}

/// What the written value, quotes included, stands for beside the values above it. `None`: `room` is used up.
pub(super) fn read(
    written: &[u8],
    above: &BTreeMap<&[u8], DotenvValue>,
    room: &mut usize,
) -> Option<(Quotes, DotenvValue)> {
    let within = |quote: u8| match written {
        [first, inner @ .., last] if *first == quote && *last == quote => Some(inner),
        _ => None,
    };
    let (quotes, value) = if let Some(inner) = within(b'\'') {
        (Quotes::Single, literal(inner, room)?)
    } else if let Some(inner) = within(b'"') {
        (Quotes::Double, expand(&unescape(inner), above, room)?)
    } else if written.len() <= 1 {
        // One byte is never expanded: `A=$` is a dollar.
        (Quotes::None, literal(written, room)?)
    } else {
        (Quotes::None, expand(written, above, room)?)
    };
    Some((quotes, value))
}

fn literal(text: &[u8], room: &mut usize) -> Option<DotenvValue> {
    let mut value = DotenvValue::default();
    value.text(text);
    *room = room.checked_sub(value.cost())?;
    Some(value)
}

/// First every `\n` and `\r` of two characters is a line feed and a carriage return, also behind another backslash; then a
/// backslash before anything but a dollar goes.
fn unescape(inner: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&first, after)) = rest.split_first() {
        let ended = match (first, after.first()) {
            (b'\\', Some(b'n')) => Some(b'\n'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            _ => None,
        };
        lines.push(ended.unwrap_or(first));
        rest = if ended.is_some() { &after[1..] } else { after };
    }
    let mut text = Vec::with_capacity(lines.len());
    let mut bytes = lines.into_iter().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = (byte == b'\\').then(|| bytes.next_if(|next| *next != b'$')).flatten();
        text.push(escaped.unwrap_or(byte));
    }
    text
}

/// Go's `os.Expand`: `$name`, `${any bytes}`, and one of `*#$@!?-0123456789`.
fn expand(text: &[u8], above: &BTreeMap<&[u8], DotenvValue>, room: &mut usize) -> Option<DotenvValue> {
    let mut value = DotenvValue::default();
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$').filter(|at| at + 1 < rest.len()) {
        value.text(&rest[..at]);
        let (name, length) = variable(&rest[at + 1..]);
        match name {
            // A dollar that nothing follows stays.
            [] if length == 0 => value.text(b"$"),
            // Wrong syntax is eaten.
            [] => {}
            name => {
                let found = lookup(name, above);
                *room = room.checked_sub(found.cost())?;
                found.pieces.iter().for_each(|piece| value.push(piece));
            }
        }
        rest = &rest[at + 1 + length..];
    }
    value.text(rest);
    *room = room.checked_sub(value.cost())?;
    Some(value)
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'#' | b'$' | b'@' | b'!' | b'?' | b'-' | b'0'..=b'9')
}

/// The name behind a dollar, and how many bytes it takes with its braces.
fn variable(rest: &[u8]) -> (&[u8], usize) {
    match rest {
        [b'{', special, b'}', ..] if is_special(*special) => (&rest[1..2], 3),
        [b'{', inner @ ..] => match inner.iter().position(|byte| *byte == b'}') {
            Some(end) => (&inner[..end], end + 2),
            None => (&[], 1),
        },
        [special, ..] if is_special(*special) => (&rest[..1], 1),
        _ => {
            let end = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            (&rest[..end], end)
        }
    }
}

/// `NAME` or `NAME:-default`: what stands above in the file, else the environment, else the default.
fn lookup(written: &[u8], above: &BTreeMap<&[u8], DotenvValue>) -> DotenvValue {
    let split = written.windows(2).position(|pair| pair == b":-");
    let (name, default) = match split {
        Some(at) => (&written[..at], Some(&written[at + 2..])),
        None => (written, None),
    };
    if let Some(value) = above.get(name) {
        return value.clone();
    }
    let mut value = DotenvValue::default();
    if name.is_empty() {
        // No environment has a variable without a name.
        value.text(default.unwrap_or_default());
    } else {
        let (name, default) = (name.to_vec(), default.map(<[u8]>::to_vec));
        value.pieces.push(DotenvPiece::Environment { name, default });
    }
    value
}
