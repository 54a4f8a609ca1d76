//! Code from strings and files: `eval`, `source`, `bash -c`, `dotenv`.

use std::rc::Rc;

use proofmark_shell::{Span, read};

use super::{Machine, Step, Unit};
use crate::files::FileAnswer;
use crate::limits::Cap;
use crate::state::{Content, Variable};
use crate::trace::{Action, Loaded, Problem, Source, SourceKind};
use crate::value::{OriginKind, Piece, Place, Text, Value};

/// Characters of a path that a source is called by.
const MAX_NAME: usize = 200;

/// Files of one pattern that are followed.
const MAX_MATCHES: usize = 32;

/// Stands for a hole in code that is read all the same.
const HOLE_NAME: &str = "__unknown";
/// As above.
pub(crate) const HOLE: &str = "${__unknown}";

impl Machine<'_> {
    /// Reads a text and follows it in this shell. A text that cannot be read is a problem, and the shell goes on.
    pub(super) fn follow(&mut self, path: &str, kind: SourceKind, bytes: &[u8], span: Span) -> Step<Value> {
        if self.trace.sources.len() >= self.limits.sources {
            return Err(self.stop(Cap::Sources, self.place(span)));
        }
        self.spend(1 + bytes.len() / 64, span)?;
        let reading = read(bytes, &self.limits.shell);
        let source = self.trace.sources.len();
        self.trace.sources.push(Source {
            path: path.chars().take(MAX_NAME).collect(),
            kind,
            text: String::from_utf8_lossy(bytes).into_owned(),
            oddities: reading.oddities,
        });
        let script = match reading.script {
            Ok(script) => script,
            Err(error) => {
                self.trace.problems.push(Problem::Unreadable { source, error });
                return Ok(Value::default());
            }
        };
        let unit = Rc::new(Unit { source, script });
        self.nested(span, |machine| {
            let outer = std::mem::replace(&mut machine.unit, Rc::clone(&unit));
            let output = machine.list(&unit.script.body)?;
            machine.unit = outer;
            Ok(output)
        })
    }

    /// A string runs as code of this shell, each text that it may be.
    pub(super) fn evaluate(&mut self, by: &str, code: &Value, span: Span) -> Step<Value> {
        self.record(self.place(span), Action::Code { by: by.to_owned(), code: code.clone() })?;
        let place = self.place(span);
        let path = self.trace.sources[self.unit.source].path.clone();
        let run = |machine: &mut Self, text: &Text| -> Step<Value> {
            if let Some((path, bytes)) = machine.file_of(text) {
                machine.loading.push(path.clone());
                let output = machine.follow(&path, SourceKind::Loaded(place), &bytes, span)?;
                machine.loading.pop();
                return Ok(output);
            }
            match text.as_known() {
                Some(text) if text.trim().is_empty() => Ok(Value::default()),
                Some(known) if !machine.is_running(known) => {
                    machine.follow(&path, SourceKind::Evaluated(place), known.as_bytes(), span)
                }
                Some(_) => Ok(Value::hole(machine.origin(OriginKind::Many, span))),
                None => machine.known_lines(&path, place, text, span),
            }
        };
        if let [text] = code.options() {
            return run(self, text);
        }
        let mut output = Value::default();
        for text in code.options() {
            output.join(&self.perhaps(span, |machine| run(machine, text))?);
        }
        Ok(output)
    }

    /// The file of the folder whose content this text is, where it is nothing else.
    fn file_of(&self, text: &Text) -> Option<(String, Vec<u8>)> {
        let [Piece::Hole(origins)] = text.pieces() else { return None };
        let mut files = origins.iter().filter_map(|origin| match &origin.kind {
            OriginKind::File(shape) => Some(shape.strip_prefix("${PWD}/").unwrap_or(shape)),
            _ => None,
        });
        let shape = files.next().filter(|_| files.next().is_none())?;
        // The name of the file may be put together from the folder, and from nothing else that is not known.
        let only = |kind: &OriginKind| matches!(kind, OriginKind::File(_) | OriginKind::Folder);
        if !origins.iter().all(|origin| only(&origin.kind)) {
            return None;
        }
        let path = crate::files::resolve(self.state.folder.as_deref()?, shape)?;
        if self.loading.contains(&path) {
            return None;
        }
        match self.files.read(&path) {
            FileAnswer::Bytes(bytes) => Some((path, bytes)),
            _ => None,
        }
    }

    /// The same text is being evaluated: it evaluates itself.
    fn is_running(&self, text: &str) -> bool {
        let mut source = self.unit.source;
        while let SourceKind::Evaluated(outer) = self.trace.sources[source].kind {
            if self.trace.sources[source].text == text {
                return true;
            }
            source = outer.source;
        }
        false
    }

    /// What is known of code with holes: it is read with a variable in place of the holes, so that commands around them are
    /// seen. What cannot be read so is left: that the code is not known is recorded already.
    fn known_lines(&mut self, path: &str, place: Place, text: &Text, span: Span) -> Step<Value> {
        let origins = Value::from(text.clone()).origins();
        let filled: String = text
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Known(known) => known.as_str(),
                Piece::Hole(_) => HOLE,
            })
            .collect();
        let only_holes = text.pieces().iter().all(|piece| matches!(piece, Piece::Hole(_)));
        if only_holes || read(filled.as_bytes(), &self.limits.shell).script.is_err() {
            return Ok(Value::hole(origins));
        }
        let variable = Variable::new(Content::Scalar(Value::hole(origins)));
        let outer = self.state.variables.insert(HOLE_NAME.to_owned(), Rc::new(variable));
        let output = self.follow(path, SourceKind::Evaluated(place), filled.as_bytes(), span)?;
        match outer {
            Some(outer) => self.state.variables.insert(HOLE_NAME.to_owned(), outer),
            None => self.state.variables.remove(HOLE_NAME),
        };
        Ok(output)
    }

    /// A file is loaded into this shell. Where it may be missing, so may what it does.
    pub(super) fn load(&mut self, by: &str, path: &Value, span: Span) -> Step<Value> {
        let mut output = Value::default();
        let several = path.options().len() > 1;
        for text in path.options() {
            let printed = if several {
                self.perhaps(span, |machine| machine.load_one(by, text, span))?
            } else {
                self.load_one(by, text, span)?
            };
            output.append(&printed);
        }
        Ok(output)
    }

    fn load_one(&mut self, by: &str, text: &Text, span: Span) -> Step<Value> {
        let value = Value::from(text.clone());
        let record = |machine: &mut Self, outcome| {
            machine
                .record(machine.place(span), Action::Load { by: by.to_owned(), path: value.clone(), outcome })
        };
        let Some(path) = self.inside(text) else {
            record(self, Loaded::Outside)?;
            if let Some(paths) = self.matching(text) {
                let mut output = Value::default();
                for path in paths {
                    let known = Text::known(path);
                    output.append(&self.perhaps(span, |machine| machine.load_one(by, &known, span))?);
                }
                return Ok(output);
            }
            let code = self.content(&value, span);
            return self.evaluate(by, &code, span);
        };
        if let Some(code) = self.state.written.get(&path).cloned() {
            record(self, Loaded::NotFollowed)?;
            return self.evaluate(by, &code, span);
        }
        if self.loading.contains(&path) {
            record(self, Loaded::Again)?;
            return Ok(Value::default());
        }
        match self.files.read(&path) {
            FileAnswer::Refused => {
                record(self, Loaded::NotFollowed)?;
                let code = self.content(&value, span);
                self.evaluate(by, &code, span)
            }
            // direnv takes the .envrc in it; bash refuses it.
            FileAnswer::Folder if by.starts_with("source_env") => {
                let mut inner = text.clone();
                inner.append(&Text::known("/.envrc"));
                self.nested(span, |machine| machine.load_one(by, &inner, span))
            }
            FileAnswer::Absent | FileAnswer::Folder => {
                record(self, Loaded::Absent)?;
                Ok(Value::default())
            }
            FileAnswer::Bytes(bytes) => {
                record(self, Loaded::Followed)?;
                let place = self.place(span);
                // direnv enters the folder of what it loads; bash stays where it is.
                let enters = by.starts_with("source_env");
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
                let outer = (self.state.folder.clone(), self.state.variables.get("PWD").cloned());
                if enters {
                    self.enter_folder(Some(folder), span);
                }
                self.loading.push(path.clone());
                let output = self.follow(&path, SourceKind::Loaded(place), &bytes, span)?;
                self.loading.pop();
                if enters {
                    self.state.folder = outer.0;
                    match outer.1 {
                        Some(variable) => self.state.variables.insert("PWD".to_owned(), variable),
                        None => self.state.variables.remove("PWD"),
                    };
                }
                Ok(output)
            }
        }
    }

    /// The files of the tree that a pattern names, from the working directory; nothing where that is not known.
    fn matching(&self, text: &Text) -> Option<Vec<String>> {
        let [Piece::Hole(origins)] = text.pieces() else { return None };
        let pattern = origins.iter().find_map(|origin| match &origin.kind {
            OriginKind::Glob(pattern) => Some(pattern.as_str()),
            _ => None,
        })?;
        // From the folder itself, where the shell stands there.
        let pattern = pattern.strip_prefix("${PWD}/").unwrap_or(pattern);
        let (folder, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        if folder.contains(['*', '?', '[', '$']) || last.contains('$') {
            return None;
        }
        let inner = self.state.folder.as_deref()?;
        let place = if folder.is_empty() { inner.to_owned() } else { crate::files::resolve(inner, folder)? };
        let glob = proofmark_core::pattern::Glob::parse(last).ok()?;
        let mut names = self.files.listed(&place);
        names.retain(|name| glob.matches(name) && !name.starts_with('.'));
        names.truncate(MAX_MATCHES);
        let join = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
        Some(names.into_iter().map(join).collect())
    }

    /// Variables of a `.env` file: its grammar is not bash's, and it is not read here.
    pub(super) fn dotenv(&mut self, by: &str, path: &Value, span: Span) -> Step<()> {
        for text in path.options() {
            let outcome = if self.inside(text).is_none() { Loaded::Outside } else { Loaded::NotFollowed };
            let path = Value::from(text.clone());
            self.record(self.place(span), Action::Load { by: by.to_owned(), path, outcome })?;
        }
        Ok(())
    }
}
