//! What a file does, in the order in which it would.

use proofmark_shell::{Oddity, Span, Unreadable};

use crate::limits::Cap;
use crate::value::{Place, Text, Value};

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What it does.
    pub events: Vec<Event>,
    /// The texts that were read; the first is the file itself.
    pub sources: Vec<Source>,
    /// What kept a part from being seen. With any of them the events are not all.
    pub problems: Vec<Problem>,
}

impl Trace {
    /// The nearest place in a file: that of the command where the text was evaluated and stands in no file.
    pub fn in_file(&self, place: Place) -> Place {
        let mut place = place;
        // A text is always read after the one that it stands in.
        while let Some(Source { kind: SourceKind::Evaluated(outer), .. }) = self.sources.get(place.source)
            && outer.source < place.source
        {
            place = *outer;
        }
        place
    }

    /// The command at this place stands in a script that runs in a shell of its own.
    pub fn is_child(&self, place: Place) -> bool {
        let mut at = place.source;
        while let Some(source) = self.sources.get(at) {
            let outer = match source.kind {
                SourceKind::Run(_) => return true,
                SourceKind::Loaded(outer) | SourceKind::Evaluated(outer) => outer,
                SourceKind::Audited => return false,
            };
            if outer.source >= at {
                return false;
            }
            at = outer.source;
        }
        false
    }
}

/// A text that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path from the folder of the audited file, or that of the file in which it is evaluated.
    pub path: String,
    /// What it is.
    pub kind: SourceKind,
    /// The text; bytes that are no UTF-8 are U+FFFD here.
    pub text: String,
    /// What is odd about its bytes.
    pub oddities: Vec<Oddity>,
}

/// What a [`Source`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// The audited file.
    Audited,
    /// Loaded by the command at this place.
    Loaded(Place),
    /// Run by the command at this place, in a shell of its own.
    Run(Place),
    /// A string that the command at this place evaluates.
    Evaluated(Place),
}

/// Why something was not seen: what nobody followed is not taken for harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A text could not be read.
    Unreadable {
        /// Index of the text.
        source: usize,
        /// Why, with the place in it.
        error: Unreadable,
    },
    /// A cap was reached: nothing after this place was looked at.
    Limit {
        /// Which.
        cap: Cap,
        /// Where.
        place: Place,
    },
}

/// Whether a line is come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Whenever the file is loaded, unless a command before it ends the shell.
    Always,
    /// Under a condition, in a loop, after `&&` or `||`, or in one of several forms of a command.
    Maybe,
    /// In a function that nothing calls by its name.
    Uncalled,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where.
    pub place: Place,
    /// Whether it is come to.
    pub reach: Reach,
    /// What.
    pub action: Action,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A command runs.
    Call(Box<Call>),
    /// A variable gets a value.
    Assign {
        /// Its name.
        name: String,
        /// Its value, or all elements of an array one after the other.
        value: Value,
        /// Programs that are started see it, and direnv hands it to the shell.
        exported: bool,
    },
    /// A function is declared.
    Define {
        /// Its name.
        name: String,
        /// Its bytes.
        span: Span,
    },
    /// A string runs as code.
    Code {
        /// Who runs it: `eval`, `source`, `bash`, `python3`, …
        by: String,
        /// The code.
        code: Value,
    },
    /// A file is loaded into this shell, or its variables are.
    Load {
        /// The command that loads it.
        by: String,
        /// The file.
        path: Value,
        /// What became of it.
        outcome: Loaded,
    },
    /// A text that is not known is computed as arithmetic, or names a variable that is asked for: a subscript in it runs.
    Compute {
        /// The text.
        text: Value,
    },
    /// A program of the folder runs in a shell of its own.
    Run {
        /// Its path from the folder of the audited file.
        path: String,
        /// How it was found: by its path, or in a folder that was added to `PATH`.
        by_path: bool,
        /// What became of it.
        outcome: Loaded,
    },
    /// A redirection opens a file.
    Open {
        /// It is written, or read and written.
        writes: bool,
        /// The file.
        path: Value,
        /// What is written, as far as it comes from this shell.
        data: Value,
    },
}

/// What became of a file that is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// It was read, and what it does is in the events.
    Followed,
    /// It is not there.
    Absent,
    /// It lies outside the folder, or its name is not known.
    Outside,
    /// Its content is no bash (`dotenv`), or it was not given.
    NotFollowed,
    /// It is being loaded already.
    Again,
}

/// A command with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What the command word names.
    pub callee: Callee,
    /// The command word.
    pub name: Text,
    /// The other words.
    pub arguments: Vec<Value>,
    /// What it reads, as far as this shell gives it.
    pub stdin: Value,
    /// Variables that only it sees.
    pub environment: Vec<(String, Value)>,
    /// It runs on while the shell goes on.
    pub background: bool,
    /// What it prints is read by somebody: another command, a variable, a file.
    pub captured: bool,
    /// The program that starts it, as `env` or `xargs` do.
    pub through: Option<String>,
}

/// What a command word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// A builtin of bash 5.2.
    Builtin,
    /// A function of direnv's standard library.
    Stdlib,
    /// A function that the file declares.
    Function,
    /// A program.
    External,
    /// The word is not known.
    Unknown,
}
