//! Paths that direnv's functions and git put together.

use proofmark_shell::Span;

use super::Machine;
use super::change::is_relative;
use crate::files::FileAnswer;
use crate::value::{OriginKind, Text, Value};

impl Machine<'_> {
    /// A path of the folder of the audited file, as it is known: absolute.
    pub(super) fn in_the_folder(&self, path: &str, span: Span) -> Value {
        let mut value = Value::hole(self.origin(OriginKind::Folder, span));
        if !path.is_empty() {
            value.append(&Value::known(format!("/{path}")));
        }
        value
    }

    /// `find_up NAME`: the nearest file of this name, above what lies in the folder as well.
    pub(super) fn found_above(&self, arguments: &[Value], span: Span) -> Value {
        let mut origins = self.origin(OriginKind::Output("find_up".to_owned()), span);
        origins.extend(arguments.iter().flat_map(Value::origins));
        let unknown = Value::hole(origins);
        let Some(name) = arguments.first().and_then(Value::as_known) else { return unknown };
        let mut all: Option<Value> = None;
        for folder in &self.state.folders.inside {
            let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
            let found = loop {
                let path = parts.iter().copied().chain([name]).collect::<Vec<_>>().join("/");
                let path = crate::files::climb("", &path, parts.len()).unwrap_or_default();
                if !path.is_empty() && matches!(self.files.read(&path), FileAnswer::Bytes(_)) {
                    break Some(self.in_the_folder(&path, span));
                }
                if parts.last().is_some_and(|part| *part != "..") {
                    parts.pop();
                } else if parts.len() < self.files.above().unwrap_or(0) {
                    parts.push("..");
                } else {
                    break None;
                }
            };
            let value = found.unwrap_or_else(|| unknown.clone());
            all.get_or_insert_with(|| value.clone()).join(&value);
        }
        let mut value = all.unwrap_or_else(|| unknown.clone());
        if !self.state.folders.outside.is_empty() {
            value.join(&unknown);
        }
        value
    }

    /// Where `layout` keeps its things.
    pub(super) fn layout_dir(&self, span: Span) -> Value {
        if self.state.variables.contains_key("direnv_layout_dir") {
            return self.scalar("direnv_layout_dir");
        }
        let mut folder = self.scalar_or_environment("PWD", span);
        folder.append(&Value::known("/.direnv"));
        folder
    }

    /// `git rev-parse --show-toplevel`: the folder itself where the tree's `.git` lies in it, else one above it; and `--show-cdup`,
    /// which is the way there.
    pub(super) fn toplevel(&self, arguments: &[Value], span: Span) -> Option<Value> {
        let mut words = arguments.iter();
        loop {
            let word = words.next()?;
            match word.as_known()? {
                "rev-parse" => break,
                "--no-pager" => {}
                // Another folder of the same tree.
                "-C" if words.next()?.options().iter().all(|text| !self.candidates(text).is_empty()) => {}
                _ => return None,
            }
        }
        let asked: Vec<Option<&str>> = words.map(Value::as_known).collect();
        let [Some(asked @ ("--show-toplevel" | "--show-cdup"))] = asked.as_slice() else { return None };
        let there = |levels: usize| match *asked {
            "--show-cdup" => Value::known("../".repeat(levels)),
            _ => self.in_the_folder(&vec![".."; levels].join("/"), span),
        };
        Some(self.files.above().map_or_else(
            || {
                let mut either = there(0);
                either.join(&Value::hole(self.origin(OriginKind::Output("git".to_owned()), span)));
                either
            },
            there,
        ))
    }

    /// `expand_path PATH FOLDER`
    pub(super) fn expanded_from(&self, path: Option<&Value>, folder: Option<&Value>, span: Span) -> Value {
        let (Some(path), Some(folder)) = (path, folder) else { return self.expanded(path, span) };
        if !path.options().iter().all(is_relative) {
            return self.expanded(Some(path), span);
        }
        let mut full = self.expanded(Some(folder), span);
        full.append(&Value::known("/"));
        full.append(path);
        full
    }

    /// A path made absolute: from the working directory, or another folder that is given, unless it is absolute or begins with
    /// what is not known.
    pub(super) fn expanded(&self, path: Option<&Value>, span: Span) -> Value {
        let mut all: Option<Value> = None;
        for text in path.cloned().unwrap_or_default().options() {
            for value in self.expanded_one(text, span) {
                all.get_or_insert_with(|| value.clone()).join(&value);
            }
        }
        all.unwrap_or_default()
    }

    fn expanded_one(&self, text: &Text, span: Span) -> Vec<Value> {
        if !is_relative(text) && !text.pieces().is_empty() {
            return vec![text.clone().into()];
        }
        let inside = self.candidates_or_here(text).into_iter().map(|path| self.in_the_folder(&path, span));
        inside.chain(self.outside(text, span).into_iter().map(Value::from)).collect()
    }

    /// [`Machine::candidates`], where no path at all is the working directory.
    fn candidates_or_here(&self, text: &Text) -> Vec<String> {
        if text.pieces().is_empty() {
            return self.state.folders.inside.iter().cloned().collect();
        }
        self.candidates(text)
    }
}
