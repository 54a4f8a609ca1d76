//! The folder of the audited file: its programs, and paths in it that are put together.

use proofmark_shell::Span;

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::files::FileAnswer;
use crate::known::interpreters::is_shell;
use crate::trace::{Action, Loaded, SourceKind};
use crate::value::{OriginKind, Piece, Text, Value};

/// Bytes of a first line that are looked at.
const MAX_FIRST_LINE: usize = 128;

impl Machine<'_> {
    /// A program of the folder, named by its path or found in a folder that was added to `PATH`: a script of a shell is
    /// followed, in a shell of its own. Where it may be one of several, each is.
    pub(super) fn of_the_folder(&mut self, name: &str, invocation: &Invocation) -> Step<Option<Value>> {
        let by_path = name.contains('/') || invocation.name.as_known().is_none();
        let mut found: Vec<(String, Vec<u8>)> = Vec::new();
        let paths: Vec<String> = if by_path {
            self.candidates(&invocation.name)
        } else {
            self.path_folders.iter().rev().map(|folder| joined(folder, name)).collect()
        };
        for path in paths {
            if let FileAnswer::Bytes(bytes) = self.files.read(&path) {
                found.push((path, bytes));
            }
        }
        if let [(path, bytes)] = found.as_slice() {
            return self.run_of_the_folder(path, bytes, by_path, invocation);
        }
        let mut output: Option<Value> = None;
        for (path, bytes) in &found {
            let before = self.snapshot(invocation.span)?;
            let printed =
                self.maybe(|machine| machine.run_of_the_folder(path, bytes, by_path, invocation))?;
            self.state.join(&before);
            if let Some(printed) = printed {
                output.get_or_insert_with(|| printed.clone()).join(&printed);
            }
        }
        Ok(output)
    }

    fn run_of_the_folder(
        &mut self,
        path: &str,
        bytes: &[u8],
        by_path: bool,
        invocation: &Invocation,
    ) -> Step<Option<Value>> {
        let span = invocation.span;
        let outcome = match (self.loading.iter().any(|one| one == path), is_shell_script(bytes)) {
            (true, _) => Loaded::Again,
            (false, true) => Loaded::Followed,
            (false, false) => Loaded::NotFollowed,
        };
        self.record(self.place(span), Action::Run { path: path.to_owned(), by_path, outcome })?;
        if outcome != Loaded::Followed {
            return Ok(None);
        }
        let positional = std::mem::replace(&mut self.state.positional, invocation.arguments.clone());
        let open = std::mem::replace(&mut self.state.open, false);
        self.loading.push(path.to_owned());
        let kind = SourceKind::Run(self.place(span));
        let output = self.subshell(span, |machine| {
            machine.state.functions.clear();
            machine.follow(path, kind, bytes, span)
        })?;
        self.loading.pop();
        self.state.positional = positional;
        self.state.open = open;
        let mut printed = Value::hole(self.origin(OriginKind::Output(invocation.name.shape()), span));
        printed.join(&output);
        Ok(Some(printed))
    }

    /// What `dirname`, `basename`, `realpath` and `readlink -f` print of a path that is known from the folder on.
    pub(super) fn path_of(&self, base: &str, arguments: &[Value], span: Span) -> Option<Value> {
        let mut operands =
            arguments.iter().filter(|word| word.as_known().is_none_or(|word| !word.starts_with('-')));
        let (first, second) = (operands.next()?, operands.next());
        let one = |text: &Text| match base {
            "dirname" if second.is_none() => cut(text, true).map(Value::from),
            "basename" if second.is_none() => cut(text, false).map(Value::from),
            "realpath" | "readlink" | "grealpath" | "greadlink" => {
                let inside = self.candidates(text);
                let mut all = inside.iter().map(|path| self.in_the_folder(path, span));
                let first = all.next()?;
                Some(all.fold(first, |mut known, value| {
                    known.join(&value);
                    known
                }))
            }
            _ => None,
        };
        let mut all: Option<Value> = None;
        for text in first.options() {
            let value = one(text)?;
            all.get_or_insert_with(|| value.clone()).join(&value);
        }
        all
    }
}

/// What stands before the last slash, or behind it. Nothing where that is not known.
fn cut(text: &Text, before: bool) -> Option<Text> {
    let (last, others) = text.pieces().split_last()?;
    let known = match last {
        Piece::Known(known) => known,
        // The folder itself: what lies above it.
        Piece::Hole(origins) if before && others.is_empty() => {
            let here = origins.iter().all(|origin| origin.kind == OriginKind::Folder);
            let mut above = text.clone();
            above.append(&Text::known("/.."));
            return here.then_some(above);
        }
        Piece::Hole(_) => return None,
    };
    let known = known.trim_end_matches('/');
    let Some((folder, name)) = known.rsplit_once('/') else {
        let bare = others.is_empty() && !known.is_empty();
        return bare.then(|| Text::known(if before { "." } else { known }));
    };
    if !before {
        return Some(Text::known(name));
    }
    let mut path = Text::default();
    for piece in others {
        path.push(piece.clone());
    }
    path.push(Piece::Known(if folder.is_empty() && others.is_empty() {
        "/".to_owned()
    } else {
        folder.to_owned()
    }));
    Some(path)
}

/// A path in a folder, which is empty for the folder of the audited file.
pub(super) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Its first line names a shell.
fn is_shell_script(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.get(..line.len().min(MAX_FIRST_LINE)).unwrap_or_default());
    let Some(words) = line.strip_prefix("#!") else { return false };
    words.split_whitespace().any(|word| is_shell(word.rsplit('/').next().unwrap_or(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_slash_parts_a_path() {
        for (path, folder, name) in
            [("a/b/c", "a/b", "c"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b/", "a", "b")]
        {
            let text = Text::known(path);
            assert_eq!(cut(&text, true), Some(Text::known(folder)), "{path}");
            assert_eq!(cut(&text, false), Some(Text::known(name)), "{path}");
        }
    }

    #[test]
    fn first_lines_of_shells() {
        assert!(is_shell_script(b"#!/usr/bin/env bash\n") && is_shell_script(b"#! /bin/sh -e\n"));
        assert!(!is_shell_script(b"#!/usr/bin/env python3\n") && !is_shell_script(b"\x7fELF"));
    }
}
