//! What is known of a string without running anything.
//!
//! A [`Value`] is a few possible [`Text`]s; a text is known pieces and holes in their order; a hole knows where its content
//! comes from. So `https://h/$(whoami)` is known up to its hole, and a command word that is put together from literals is
//! simply known.

use std::collections::BTreeSet;

use proofmark_shell::Span;

/// Possible texts of one value. More become one hole of all their origins.
pub(crate) const MAX_OPTIONS: usize = 8;

/// Bytes of one of the texts that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Index in [`crate::Trace::sources`].
    pub source: usize,
    /// The bytes there.
    pub span: Span,
}

/// Where what is not known comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// What it is.
    pub kind: OriginKind,
    /// Where it enters.
    pub place: Place,
    /// It is, or may well hold, a secret: by the name of the variable, file or program.
    pub secret: bool,
}

/// Kinds of [`Origin`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginKind {
    /// The variable of this name as the shell had it, which may be unset.
    Environment(String),
    /// All variables at once.
    WholeEnvironment,
    /// An answer from the network.
    Network,
    /// The content of this file.
    File(String),
    /// What this program prints.
    Output(String),
    /// Names of files that match this pattern.
    Glob(String),
    /// A file name that stands for what a process substitution prints.
    Process,
    /// The absolute path of the folder of the audited file. Nobody chooses it from outside.
    Folder,
    /// Standard input, or a positional parameter that nobody gave.
    Input,
    /// A number that is not computed here.
    Number,
    /// More possible texts than are kept.
    Many,
    /// Code that is not known may have set it.
    UnknownCode,
    /// An expansion that is not followed.
    Expansion,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// These characters; never empty.
    Known(String),
    /// Any characters, also none.
    Hole(BTreeSet<Origin>),
}

/// One possible text. Known pieces never stand beside one another.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    pieces: Vec<Piece>,
}

impl Text {
    /// This text.
    pub fn known(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Known(text)] } }
    }

    /// Nothing is known but where it comes from.
    pub fn hole(origins: BTreeSet<Origin>) -> Self {
        Self { pieces: vec![Piece::Hole(origins)] }
    }

    /// Its pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// All of it, where there is no hole.
    pub fn as_known(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Known(text)] => Some(text),
            _ => None,
        }
    }

    /// As one would write it: variables as `${NAME}`, patterns as they are, the folder as `${PWD}`, everything else `${…}`.
    pub fn shape(&self) -> String {
        let mut shape = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Known(text) => shape.push_str(text),
                Piece::Hole(origins) => match origins.first().map(|origin| &origin.kind) {
                    Some(OriginKind::Environment(name)) if origins.len() == 1 => {
                        shape.extend(["${", name, "}"]);
                    }
                    Some(OriginKind::Glob(pattern)) if origins.len() == 1 => shape.push_str(pattern),
                    Some(OriginKind::Folder) if origins.len() == 1 => shape.push_str("${PWD}"),
                    _ => shape.push_str("${…}"),
                },
            }
        }
        shape
    }

    /// Its parts between these characters, as far as they are known; a hole has none.
    pub(crate) fn split(&self, separator: char) -> Vec<Self> {
        let mut all = vec![Self::default()];
        for piece in &self.pieces {
            let (Piece::Known(known), Some(last)) = (piece, all.last_mut()) else {
                if let Some(last) = all.last_mut() {
                    last.push(piece.clone());
                }
                continue;
            };
            let mut parts = known.split(separator);
            last.push(Piece::Known(parts.next().unwrap_or("").to_owned()));
            all.extend(parts.map(Self::known));
        }
        all
    }

    pub(crate) fn push(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), piece) {
            (_, Piece::Known(text)) if text.is_empty() => {}
            (Some(Piece::Known(last)), Piece::Known(text)) => last.push_str(&text),
            (Some(Piece::Hole(last)), Piece::Hole(origins)) => last.extend(origins),
            (_, piece) => self.pieces.push(piece),
        }
    }

    pub(crate) fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            self.push(piece.clone());
        }
    }

    /// Bytes that are kept for it, about.
    pub(crate) fn cost(&self) -> usize {
        let piece = |piece: &Piece| match piece {
            Piece::Known(text) => text.len(),
            Piece::Hole(origins) => 48 * origins.len(),
        };
        16 + self.pieces.iter().map(piece).sum::<usize>()
    }

    fn origins_into(&self, all: &mut BTreeSet<Origin>) {
        for piece in &self.pieces {
            if let Piece::Hole(origins) = piece {
                all.extend(origins.iter().cloned());
            }
        }
    }
}

/// The possible texts of a string: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    options: Vec<Text>,
}

impl Default for Value {
    /// The empty text.
    fn default() -> Self {
        Self { options: vec![Text::default()] }
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self { options: vec![text] }
    }
}

impl Value {
    /// This text and no other.
    pub fn known(text: impl Into<String>) -> Self {
        Text::known(text).into()
    }

    /// Nothing is known but where it comes from.
    pub fn hole(origins: BTreeSet<Origin>) -> Self {
        Text::hole(origins).into()
    }

    /// What it may be, each once.
    pub fn options(&self) -> &[Text] {
        &self.options
    }

    /// The one text that it can be, where it is wholly known.
    pub fn as_known(&self) -> Option<&str> {
        match self.options.as_slice() {
            [text] => text.as_known(),
            _ => None,
        }
    }

    /// Where its unknown pieces come from.
    pub fn origins(&self) -> BTreeSet<Origin> {
        let mut all = BTreeSet::new();
        self.options.iter().for_each(|text| text.origins_into(&mut all));
        all
    }

    /// A secret may be in it.
    pub fn is_secret(&self) -> bool {
        self.origins().iter().any(|origin| origin.secret)
    }

    /// Each possible text as [`Text::shape`] writes it.
    pub fn shapes(&self) -> Vec<String> {
        self.options.iter().map(Text::shape).collect()
    }

    /// One or the other.
    pub(crate) fn join(&mut self, other: &Self) {
        for text in &other.options {
            if !self.options.contains(text) {
                self.options.push(text.clone());
            }
        }
        self.bound();
    }

    /// One after the other.
    pub(crate) fn append(&mut self, other: &Self) {
        if let [text] = other.options.as_slice() {
            self.options.iter_mut().for_each(|option| option.append(text));
            return;
        }
        let mut all: Vec<Text> = Vec::new();
        for left in &self.options {
            for right in &other.options {
                let mut text = left.clone();
                text.append(right);
                if !all.contains(&text) {
                    all.push(text);
                }
            }
        }
        self.options = all;
        self.bound();
    }

    /// Each text by a function; what it makes equal counts once.
    pub(crate) fn map(&self, mut change: impl FnMut(&Text) -> Text) -> Self {
        let mut all: Vec<Text> = Vec::new();
        for text in &self.options {
            let text = change(text);
            if !all.contains(&text) {
                all.push(text);
            }
        }
        Self { options: all }
    }

    pub(crate) fn cost(&self) -> usize {
        self.options.iter().map(Text::cost).sum()
    }

    fn bound(&mut self) {
        if self.options.len() <= MAX_OPTIONS {
            return;
        }
        let mut origins = self.origins();
        let place = origins.first().map_or(Place { source: 0, span: Span::new(0, 0) }, |origin| origin.place);
        origins.insert(Origin { kind: OriginKind::Many, place, secret: false });
        self.options = vec![Text::hole(origins)];
    }
}

impl OriginKind {
    /// What it is, for people.
    pub fn words(&self) -> String {
        match self {
            Self::Environment(name) => format!("the variable {name} of the environment"),
            Self::WholeEnvironment => "all variables of the environment".to_owned(),
            Self::Network => "an answer from the network".to_owned(),
            Self::File(path) => format!("the content of {path}"),
            Self::Output(program) => format!("what {program} prints"),
            Self::Glob(pattern) => format!("the names that match {pattern}"),
            Self::Process => "what a process substitution prints".to_owned(),
            Self::Folder => "the path of the folder".to_owned(),
            Self::Input => "standard input".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Many => "one of many texts".to_owned(),
            Self::UnknownCode => "code that is not known".to_owned(),
            Self::Expansion => "an expansion that is not followed".to_owned(),
        }
    }
}
