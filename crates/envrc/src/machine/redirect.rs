//! Redirections: what a command reads, and files that are written.

use proofmark_shell::Span;
use proofmark_shell::syntax::{
    Command, CommandKind, Descriptor, Redirection, RedirectionOperator as Op, Target,
};

use super::{Machine, Step};
use crate::files::resolve;
use crate::tables;
use crate::trace::Action;
use crate::value::{Origin, OriginKind, Piece, Text, Value};

/// Where standard output goes.
enum Out {
    Shell,
    /// Not to whoever reads it.
    Away,
    /// To these files.
    File {
        path: Value,
        append: bool,
        span: Span,
    },
}

impl Machine<'_> {
    pub(super) fn redirected(&mut self, command: &Command) -> Step<Value> {
        let outer = self.stdin.clone();
        let mut out = Out::Shell;
        for redirection in &command.redirections {
            self.redirect(redirection, &mut out)?;
        }
        let captured = self.captured;
        self.captured = match &out {
            Out::Shell => captured,
            Out::Away => false,
            Out::File { path, .. } => path.as_known() != Some("/dev/null"),
        };
        let mut output = self.kind(command)?;
        // `$(<file)` prints the file.
        let bare = matches!(&command.kind, CommandKind::Simple(simple) if simple.words.is_empty() && simple.assignments.is_empty());
        let reads =
            command.redirections.iter().any(|one| one.operator == Op::Read && one.descriptor.is_none());
        if bare && reads && command.redirections.len() == 1 && captured {
            output = self.stdin.clone();
        }
        self.captured = captured;
        self.stdin = outer;
        match out {
            Out::Shell => Ok(output),
            Out::Away => Ok(Value::default()),
            Out::File { path, append, span } => {
                let action = Action::Open { writes: true, path: path.clone(), data: output.clone() };
                self.record(self.place(span), action)?;
                self.written(&path, &output, append);
                Ok(Value::default())
            }
        }
    }

    /// A file of the folder has a content that is known here.
    pub(super) fn written(&mut self, path: &Value, content: &Value, append: bool) {
        for text in path.options() {
            let path = self.file_key(text);
            let before = self.state.written.get(&path).cloned();
            let mut value = match (append, before) {
                (true, Some(before)) => before,
                _ => Value::default(),
            };
            value.append(content);
            self.state.written.insert(path, value);
        }
    }

    /// By what a file is remembered that was written: its path from the folder, or its path as it is known.
    pub(super) fn file_key(&self, text: &Text) -> String {
        self.inside(text).unwrap_or_else(|| text.shape())
    }

    /// The path from the folder of the audited file, where it is known and inside.
    pub(super) fn inside(&self, text: &Text) -> Option<String> {
        match text.pieces() {
            [Piece::Known(path)] => resolve(self.state.folder.as_deref()?, path),
            [Piece::Hole(origins), Piece::Known(path)] if path.starts_with('/') => {
                let here = origins.iter().all(|origin| origin.kind == OriginKind::Folder);
                here.then(|| resolve("", path.trim_start_matches('/')))?
            }
            _ => None,
        }
    }

    fn redirect(&mut self, redirection: &Redirection, out: &mut Out) -> Step<()> {
        let span = redirection.span;
        let number = match &redirection.descriptor {
            None => None,
            Some(Descriptor::Number(digits)) => digits.parse::<u32>().ok(),
            Some(Descriptor::Variable(name)) => {
                let number = Value::hole(self.origin(OriginKind::Number, span));
                self.set(&name.text, crate::state::Content::Scalar(number), span)?;
                Some(10)
            }
        };
        let value = match &redirection.target {
            Target::Word(word) => self.string(&word.parts)?,
            Target::Document(at) => {
                let unit = std::rc::Rc::clone(&self.unit);
                match unit.script.documents.get(*at) {
                    Some(document) => self.string_quoted(&document.body.parts)?,
                    None => Value::default(),
                }
            }
        };
        match redirection.operator {
            Op::Document => self.stdin = value,
            Op::String => {
                self.stdin = value;
                self.stdin.append(&Value::known("\n"));
            }
            Op::Read | Op::ReadWrite => {
                let writes = redirection.operator == Op::ReadWrite;
                let action = Action::Open { writes, path: value.clone(), data: Value::default() };
                self.record(self.place(span), action)?;
                if number.unwrap_or(0) == 0 {
                    self.stdin = self.content(&value, span);
                }
            }
            Op::DuplicateInput => {}
            Op::DuplicateOutput => {
                let descriptor = value.as_known().map(|text| text.trim_end_matches('-').to_owned());
                match descriptor {
                    Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                        if number.unwrap_or(1) == 1 && text != "1" {
                            *out = Out::Away;
                        }
                    }
                    _ => *out = Out::File { path: value, append: false, span },
                }
            }
            Op::Write | Op::Clobber | Op::Append | Op::WriteBoth | Op::AppendBoth => {
                let append = matches!(redirection.operator, Op::Append | Op::AppendBoth);
                let both = matches!(redirection.operator, Op::WriteBoth | Op::AppendBoth);
                if both || number.unwrap_or(1) == 1 {
                    *out = Out::File { path: value, append, span };
                } else {
                    let action = Action::Open { writes: true, path: value, data: Value::default() };
                    self.record(self.place(span), action)?;
                }
            }
        }
        Ok(())
    }

    /// Parts of a here-document: a tilde is no home there.
    fn string_quoted(&mut self, parts: &[proofmark_shell::syntax::Part]) -> Step<Value> {
        let mut value = Value::default();
        for part in parts {
            value.append(&self.value_of(part)?);
            value = self.keep(value, part.span)?;
        }
        Ok(value)
    }

    /// What a program reads from this file.
    pub(super) fn content(&self, path: &Value, span: Span) -> Value {
        let mut all: Option<Value> = None;
        for text in path.options() {
            if matches!(text.as_known(), Some("/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")) {
                all.get_or_insert_with(|| self.stdin.clone()).join(&self.stdin);
                continue;
            }
            let written = self.state.written.get(&self.file_key(text)).cloned();
            let printed = text.pieces().iter().find_map(|piece| match piece {
                Piece::Hole(origins) => origins
                    .iter()
                    .find(|origin| origin.kind == OriginKind::Process)
                    .and_then(|origin| self.processes.get(&origin.place).cloned()),
                Piece::Known(_) => None,
            });
            let value = written.or(printed).unwrap_or_else(|| {
                let shape = text.shape();
                let secret = tables::path_is_secret(&shape);
                let kind = if shape.starts_with("/dev/tcp/") || shape.starts_with("/dev/udp/") {
                    OriginKind::Network
                } else {
                    OriginKind::File(shape)
                };
                let mut origins = Value::from(text.clone()).origins();
                origins.insert(Origin { kind, place: self.place(span), secret });
                Value::hole(origins)
            });
            all.get_or_insert_with(|| value.clone()).join(&value);
        }
        all.unwrap_or_default()
    }
}
