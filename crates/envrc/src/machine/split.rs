//! Fields of a command while they are put together, and braces.

use std::collections::BTreeSet;

use proofmark_shell::Span;
use proofmark_shell::syntax::{Parameter, Part, PartKind};

use crate::value::{Origin, OriginKind, Piece, Text, Value};

/// Words that one word with braces may become.
const MAX_WORDS: usize = 64;

/// One way in which the words may come out.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    done: Vec<Value>,
    current: Option<Value>,
    glob: bool,
}

impl Form {
    /// Goes on with the current field.
    pub(super) fn quoted(&mut self, value: &Value) {
        self.current.get_or_insert_default().append(value);
    }

    /// The current field holds characters of a pattern that are not quoted.
    pub(super) fn glob(&mut self, glob: bool) {
        self.glob |= glob;
    }

    /// A new field begins.
    pub(super) fn next(&mut self) {
        if let Some(value) = self.current.take() {
            self.done.push(value);
        }
    }

    /// The word ends. A pattern is itself where nothing matches, else names of files.
    pub(super) fn end(&mut self, origin: &Origin) {
        if std::mem::take(&mut self.glob)
            && let Some(value) = &mut self.current
        {
            let kind = OriginKind::Glob(value.shapes().join("|"));
            let matched = Value::hole(BTreeSet::from([Origin { kind, ..origin.clone() }]));
            value.join(&matched);
        }
        self.next();
    }

    pub(super) fn fields(self) -> Vec<Value> {
        self.done
    }

    /// Goes on with a text that is split at these characters.
    pub(super) fn split(&mut self, text: &Text, separators: &str) {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n') && separators.contains(c);
        for piece in text.pieces() {
            let Piece::Known(known) = piece else {
                let mut hole = Text::default();
                hole.push(piece.clone());
                self.quoted(&hole.into());
                continue;
            };
            let mut word = String::new();
            // A separator that is no blank ends a field even where it is empty.
            let mut after_blank = false;
            for c in known.chars() {
                if !separators.contains(c) {
                    word.push(c);
                    after_blank = false;
                    continue;
                }
                if !word.is_empty() {
                    self.quoted(&Value::known(std::mem::take(&mut word)));
                }
                if !blank(c) && self.current.is_none() && !after_blank {
                    self.quoted(&Value::default());
                }
                after_blank = blank(c) && (self.current.is_some() || after_blank);
                self.next();
            }
            if !word.is_empty() {
                self.quoted(&Value::known(word));
            }
        }
    }
}

/// A character of a word, or a part that braces leave as it is.
#[derive(Clone)]
enum Atom<'p> {
    Char(char, &'p Part),
    Part(&'p Part),
}

/// The words that a word with braces becomes. More than [`MAX_WORDS`] stay as they are written.
pub(super) fn braces(parts: &[Part]) -> Vec<Vec<Part>> {
    let braced = |part: &Part| matches!(&part.kind, PartKind::Literal(text) if text.contains('{'));
    if !parts.iter().any(braced) {
        return vec![parts.to_vec()];
    }
    let mut atoms = Vec::new();
    for part in parts {
        match &part.kind {
            PartKind::Literal(text) => atoms.extend(text.chars().map(|c| Atom::Char(c, part))),
            _ => atoms.push(Atom::Part(part)),
        }
    }
    match expand(&atoms, 0) {
        Some(words) => words.iter().map(|word| to_parts(word)).collect(),
        None => vec![parts.to_vec()],
    }
}

fn to_parts(atoms: &[Atom]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for atom in atoms {
        match (atom, parts.last_mut()) {
            // Braces are expanded before names are read: `$x{1,2}` is `$x1 $x2`.
            (Atom::Char(c, _), Some(Part { kind: PartKind::Parameter(parameter), span }))
                if is_bare(parameter, *span) && (c.is_ascii_alphanumeric() || *c == '_') =>
            {
                parameter.name.text.push(*c);
            }
            (Atom::Char(c, _), Some(Part { kind: PartKind::Literal(text), .. })) => text.push(*c),
            (Atom::Char(c, part), _) => {
                parts.push(Part { span: part.span, kind: PartKind::Literal((*c).to_string()) });
            }
            (Atom::Part(part), _) => parts.push((*part).clone()),
        }
    }
    parts
}

/// `$name`, without braces of its own.
fn is_bare(parameter: &Parameter, span: Span) -> bool {
    let name = &parameter.name;
    span.end - span.start == 1 + name.span.end - name.span.start
        && name.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// All words, or nothing where there are too many.
fn expand<'p>(atoms: &[Atom<'p>], depth: usize) -> Option<Vec<Vec<Atom<'p>>>> {
    if depth > MAX_WORDS {
        return None;
    }
    for open in 0..atoms.len() {
        if !matches!(atoms[open], Atom::Char('{', _)) {
            continue;
        }
        let Some((close, choices)) = choices(atoms, open) else { continue };
        let rest = expand(&atoms[close + 1..], depth + 1)?;
        let mut words = Vec::new();
        for choice in choices {
            for middle in expand(&choice, depth + 1)? {
                for end in &rest {
                    words.push([&atoms[..open], &middle, end].concat());
                }
            }
        }
        return (words.len() <= MAX_WORDS).then_some(words);
    }
    Some(vec![atoms.to_vec()])
}

/// What stands between the brace at `open` and its end, split at commas or counted.
fn choices<'p>(atoms: &[Atom<'p>], open: usize) -> Option<(usize, Vec<Vec<Atom<'p>>>)> {
    let (mut depth, mut start, mut found) = (0_usize, open + 1, Vec::new());
    for at in open..atoms.len() {
        match atoms[at] {
            Atom::Char('{', _) => depth += 1,
            Atom::Char(',', _) if depth == 1 => {
                found.push(atoms[start..at].to_vec());
                start = at + 1;
            }
            Atom::Char('}', part) => {
                depth -= 1;
                if depth == 0 {
                    if found.is_empty() {
                        return Some((at, sequence(&atoms[start..at], part)?));
                    }
                    found.push(atoms[start..at].to_vec());
                    return Some((at, found));
                }
            }
            _ => {}
        }
    }
    None
}

/// `{1..3}`, `{a..c}`.
fn sequence<'p>(atoms: &[Atom<'p>], part: &'p Part) -> Option<Vec<Vec<Atom<'p>>>> {
    let text: String = atoms
        .iter()
        .map(|atom| if let Atom::Char(c, _) = atom { Some(*c) } else { None })
        .collect::<Option<_>>()?;
    let (from, to) = text.split_once("..")?;
    let word = |text: String| text.chars().map(|c| Atom::Char(c, part)).collect::<Vec<_>>();
    if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
        let count = from.abs_diff(to);
        if count >= MAX_WORDS as u64 {
            return None;
        }
        let step = if from <= to { 1 } else { -1 };
        return Some((0..=count.cast_signed()).map(|n| word((from + n * step).to_string())).collect());
    }
    let letter = |text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii_alphabetic() => Some(*byte),
        _ => None,
    };
    let (from, to) = (letter(from)?, letter(to)?);
    let bytes: Vec<u8> = if from <= to { (from..=to).collect() } else { (to..=from).rev().collect() };
    Some(bytes.into_iter().map(|byte| word(char::from(byte).to_string())).collect())
}
