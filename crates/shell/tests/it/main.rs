//! The reader from outside: what it sees, where, and what it refuses.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod hostile;
mod nested;
mod oracle;
mod properties;
mod seen;
mod snippets;

use proofmark_shell::syntax::{CommandKind, Script};
use proofmark_shell::{Limits, Unreadable, read};

/// The syntax of a script.
fn script(text: &str) -> Result<Script, Unreadable> {
    read(text.as_bytes(), &Limits::default()).script
}

/// The simple commands of a script as they are written, each word by its span.
fn commands(script: &Script, text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    script.each_command(&mut |command| {
        if let CommandKind::Simple(simple) = &command.kind
            && !simple.words.is_empty()
        {
            all.push(simple.words.iter().map(|word| word.span.of(text).to_owned()).collect());
        }
    });
    all
}

/// Every span of a value, taken from what it prints: no field can be forgotten.
fn spans(value: &impl std::fmt::Debug) -> Vec<(usize, usize)> {
    let printed = format!("{value:?}");
    let number = |text: &str| text.split([',', ' ']).next().unwrap().parse().unwrap();
    let pieces = printed.split("Span { start: ").skip(1);
    pieces.map(|piece| (number(piece), number(piece.split("end: ").nth(1).unwrap()))).collect()
}
