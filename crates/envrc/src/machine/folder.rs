//! The folder of the audited file: its programs, and paths in it that are put together.

use proofmark_shell::Span;

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::files::FileAnswer;
use crate::tables;
use crate::trace::{Action, Loaded, SourceKind};
use crate::value::{OriginKind, Piece, Text, Value};

/// Bytes of a first line that are looked at.
const MAX_FIRST_LINE: usize = 128;

impl Machine<'_> {
    /// A program of the folder, named by its path or found in a folder that was added to `PATH`: a script of a shell is
    /// followed, in a shell of its own.
    pub(super) fn of_the_folder(&mut self, name: &str, invocation: &Invocation) -> Step<Option<Value>> {
        let by_path = name.contains('/') || invocation.name.as_known().is_none();
        let candidates: Vec<String> = if by_path {
            self.inside(&invocation.name).into_iter().collect()
        } else {
            self.path_folders.iter().rev().map(|folder| joined(folder, name)).collect()
        };
        let span = invocation.span;
        for path in candidates {
            let FileAnswer::Bytes(bytes) = self.files.read(&path) else { continue };
            let shell = is_shell_script(&bytes);
            let outcome = match (self.loading.contains(&path), shell) {
                (true, _) => Loaded::Again,
                (false, true) => Loaded::Followed,
                (false, false) => Loaded::NotFollowed,
            };
            let action = Action::Run { path: path.clone(), by_path, outcome };
            self.record(self.place(span), action)?;
            if outcome != Loaded::Followed {
                return Ok(None);
            }
            let positional = std::mem::replace(&mut self.state.positional, invocation.arguments.clone());
            let open = std::mem::replace(&mut self.state.open, false);
            self.loading.push(path.clone());
            let kind = SourceKind::Run(self.place(span));
            let output = self.subshell(span, |machine| {
                machine.state.functions.clear();
                machine.follow(&path, kind, &bytes, span)
            })?;
            self.loading.pop();
            self.state.positional = positional;
            self.state.open = open;
            let mut printed = Value::hole(self.origin(OriginKind::Output(name.to_owned()), span));
            printed.join(&output);
            return Ok(Some(printed));
        }
        Ok(None)
    }

    /// What `dirname`, `basename`, `realpath` and `readlink -f` print of a path that is known from the folder on.
    pub(super) fn path_of(&self, base: &str, arguments: &[Value], span: Span) -> Option<Value> {
        let mut operands =
            arguments.iter().filter(|word| word.as_known().is_none_or(|word| !word.starts_with('-')));
        let (first, second) = (operands.next()?, operands.next());
        let [text] = first.options() else { return None };
        match base {
            "dirname" if second.is_none() => cut(text, true).map(Value::from),
            "basename" if second.is_none() => cut(text, false).map(Value::from),
            "realpath" | "readlink" | "grealpath" | "greadlink" => {
                let inside = self.inside(text)?;
                let folder = Text::hole(self.origin(OriginKind::Folder, span));
                let mut path = folder;
                if !inside.is_empty() {
                    path.append(&Text::known(format!("/{inside}")));
                }
                Some(path.into())
            }
            _ => None,
        }
    }
}

/// What stands before the last slash, or behind it. Nothing where that is not known.
fn cut(text: &Text, before: bool) -> Option<Text> {
    let (last, others) = text.pieces().split_last()?;
    let Piece::Known(known) = last else { return None };
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
fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Its first line names a shell.
fn is_shell_script(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.get(..line.len().min(MAX_FIRST_LINE)).unwrap_or_default());
    let Some(words) = line.strip_prefix("#!") else { return false };
    words.split_whitespace().any(|word| tables::is_shell(word.rsplit('/').next().unwrap_or(word)))
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
