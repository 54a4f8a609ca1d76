//! The working directory: `cd`, `pushd`, `popd`. A change that may fail leaves both: where one was, and where one would be.

use std::rc::Rc;

use proofmark_shell::Span;

use super::Machine;
use crate::files::{FileAnswer, climb, resolve};
use crate::state::{Content, Folders, Variable};
use crate::value::{OriginKind, Piece, Text, Value};

/// Where a change leads.
struct Change {
    folders: Folders,
    /// It may also stay where it is.
    may_fail: bool,
}

impl Change {
    fn to(folders: Folders) -> Self {
        Self { folders, may_fail: false }
    }
}

impl Machine<'_> {
    pub(super) fn change_folder(&mut self, by: &str, arguments: &[Value], span: Span) {
        let before = self.state.folders.clone();
        let Some(change) = self.change(by, arguments, span) else { return };
        let mut folders = change.folders;
        if change.may_fail {
            folders.join(&before);
        }
        self.state.previous = before;
        self.enter_folders(folders, span);
    }

    fn change(&mut self, by: &str, arguments: &[Value], span: Span) -> Option<Change> {
        let option = |word: &&Value| {
            word.as_known().is_some_and(|text| text.len() > 1 && text.starts_with('-') && by != "popd")
        };
        let operand = arguments.iter().find(|word| !option(word));
        // `popd +1`, `pushd -n x`: which folders are kept is not known afterwards.
        let turns = |word: &Value| word.as_known().is_some_and(|text| text.starts_with(['+', '-']));
        if by != "cd" && arguments.iter().any(turns) {
            let mut any = self.state.folders.clone();
            self.state.stack.drain(..).for_each(|kept| any.join(&kept));
            any.join(&Folders::unknown());
            return Some(Change::to(any));
        }
        match (by, operand) {
            ("popd", _) => self.state.stack.pop().map(Change::to),
            ("pushd", None) => {
                let top = self.state.stack.pop()?;
                self.state.stack.push(self.state.folders.clone());
                Some(Change::to(top))
            }
            (_, None) => {
                let home = self.home(span).options().iter().cloned().collect();
                Some(Change::to(Folders { outside: home, ..Folders::default() }))
            }
            (_, Some(path)) if path.as_known() == Some("-") => Some(Change::to(self.state.previous.clone())),
            (_, Some(path)) => {
                if by == "pushd" {
                    self.state.stack.push(self.state.folders.clone());
                }
                Some(self.leads_to(path, span))
            }
        }
    }

    fn leads_to(&self, path: &Value, span: Span) -> Change {
        let mut change = Change::to(Folders::default());
        for text in path.options() {
            for folder in self.candidates(text) {
                let there = folder.is_empty() || self.files.read(&folder) == FileAnswer::Folder;
                change.may_fail |= !there;
                change.folders.join(&Folders::one(folder));
            }
            for folder in self.outside(text, span) {
                change.may_fail |= !surely_there(text);
                change.folders.join(&Folders::outside(folder));
            }
        }
        change
    }

    /// Every path outside that it may be, or one that is not known: the rest of [`Machine::candidates`].
    pub(super) fn outside(&self, text: &Text, span: Span) -> Vec<Text> {
        if !is_relative(text) {
            return if self.candidates(text).is_empty() { vec![text.clone()] } else { Vec::new() };
        }
        let mut all: Vec<Text> = Vec::new();
        let levels = self.files.above().unwrap_or(0);
        for folder in &self.state.folders.inside {
            if text.as_known().is_none_or(|path| climb(folder, path, levels).is_none()) {
                let mut full = Text::hole(self.origin(OriginKind::Folder, span));
                full.append(&Text::known(if folder.is_empty() {
                    "/".to_owned()
                } else {
                    format!("/{folder}/")
                }));
                full.append(text);
                all.push(full);
            }
        }
        for folder in &self.state.folders.outside {
            let mut full = folder.clone();
            full.append(&Text::known("/"));
            full.append(text);
            all.push(full);
        }
        all
    }

    /// The working directory, and `PWD` with it.
    pub(super) fn enter_folders(&mut self, folders: Folders, span: Span) {
        let inside = folders.inside.iter().map(|folder| self.in_the_folder(folder, span));
        let all = inside.chain(folders.outside.iter().cloned().map(Value::from)).reduce(|mut all, value| {
            all.join(&value);
            all
        });
        let variable = Variable::new(Content::Scalar(all.unwrap_or_default()));
        self.state.variables.insert("PWD".to_owned(), Rc::new(variable));
        self.state.folders = folders;
    }
}

/// It begins in the working directory.
pub(super) fn is_relative(text: &Text) -> bool {
    match text.pieces().first() {
        Some(Piece::Known(known)) => !known.starts_with('/'),
        Some(Piece::Hole(_)) => false,
        None => true,
    }
}

/// What lies above, and the folder of the user, are there.
fn surely_there(text: &Text) -> bool {
    let shape = text.shape();
    let above = shape.split('/').all(|part| matches!(part, ".." | "."));
    above && resolve("", &shape).is_none() || matches!(shape.as_str(), "/" | "${HOME}" | "${HOME}/")
}
