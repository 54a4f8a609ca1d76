//! Variables get values: `x=1`, `x+=1`, `x[1]=2`, `x=(…)`, and by `export`, `declare`, `local`, `readonly`.

use std::collections::BTreeMap;
use std::rc::Rc;

use proofmark_shell::Span;
use proofmark_shell::syntax::{self, Assignment, Element, Part, PartKind, Word};

use super::parameter::is_name;
use super::split::braces;
use super::{Machine, Step};
use crate::state::{Content, Key, Variable};
use crate::trace::Action;
use crate::value::{OriginKind, Value};

/// What `declare` and its like do to the variables that they name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Declaration {
    pub(super) export: Option<bool>,
    pub(super) local: bool,
    pub(super) associative: bool,
    pub(super) reference: bool,
    pub(super) integer: bool,
    /// `-f`: it is about functions.
    pub(super) functions: bool,
}

/// Folders of `PATH` in which programs of the tree are looked for.
const MAX_FOLDERS: usize = 32;

impl Machine<'_> {
    /// Sets a variable, and records it.
    pub(super) fn set(&mut self, name: &str, content: Content, span: Span) -> Step<()> {
        let name = self.target(name);
        let exported = self.is_exported(&name);
        let integer = self.state.variables.get(&name).is_some_and(|variable| variable.integer);
        if let (true, Content::Scalar(value)) = (integer, &content) {
            self.computes(value, span)?;
        }
        self.put(&name, Variable { exported, integer, ..Variable::new(content) }, span)
    }

    fn is_exported(&self, name: &str) -> bool {
        let known = self.state.variables.get(name).is_some_and(|variable| variable.exported);
        // What the environment has given stays exported.
        let inherited = !self.state.variables.contains_key(name) && ENVIRONMENT.contains(&name);
        known || inherited || self.state.export_all
    }

    fn put(&mut self, name: &str, variable: Variable, span: Span) -> Step<()> {
        let value = match &variable.content {
            Content::Nothing => Value::default(),
            Content::Scalar(value) => value.clone(),
            Content::Array { elements, open, .. } => {
                let mut all = Value::default();
                for value in elements.values().chain(open) {
                    if all != Value::default() {
                        all.append(&Value::known(" "));
                    }
                    all.append(value);
                }
                all
            }
        };
        let value = self.keep(value, span)?;
        self.record(
            self.place(span),
            Action::Assign { name: name.to_owned(), value, exported: variable.exported },
        )?;
        if name == "PATH" {
            self.note_folders(&variable.content);
        }
        self.state.variables.insert(name.to_owned(), Rc::new(variable));
        Ok(())
    }

    /// Folders of the tree in which programs are looked for from now on.
    fn note_folders(&mut self, path: &Content) {
        let Content::Scalar(value) = path else { return };
        for text in value.options() {
            for entry in text.split(':') {
                let Some(folder) = self.inside(&entry).filter(|_| self.path_folders.len() < MAX_FOLDERS)
                else {
                    continue;
                };
                if !self.path_folders.contains(&folder) {
                    self.path_folders.push(folder);
                }
            }
        }
    }

    pub(super) fn assign(&mut self, assignment: &Assignment) -> Step<()> {
        let span = assignment.span;
        let name = self.target(&assignment.name.text);
        if let Some(subscript) = &assignment.subscript {
            let value = match &assignment.value {
                syntax::Value::Scalar(word) => self.string(&word.parts)?,
                syntax::Value::Array(_) => Value::hole(self.origin(OriginKind::Expansion, span)),
            };
            let key = self.key(&name, subscript)?;
            return self.set_element(&name, key, value, assignment.append, span);
        }
        let content = match &assignment.value {
            syntax::Value::Scalar(word) => Content::Scalar(self.string(&word.parts)?),
            syntax::Value::Array(elements) => self.array(&name, elements, false)?,
        };
        let content = if assignment.append { self.appended(&name, content, span) } else { content };
        self.set(&name, content, span)
    }

    fn appended(&self, name: &str, content: Content, span: Span) -> Content {
        let known = self.state.variables.get(name);
        let mut before = known.map_or(Content::Nothing, |variable| variable.content.clone());
        if known.is_none_or(|variable| variable.inherited) {
            let mut value = Value::hole(self.environment(name, span));
            if let Content::Scalar(also) = &before {
                value.join(also);
            }
            before = Content::Scalar(value);
        }
        match (before, content) {
            (Content::Nothing, content) => content,
            (Content::Scalar(mut value), Content::Scalar(more)) => {
                value.append(&more);
                Content::Scalar(value)
            }
            (before, content) => {
                let (mut elements, associative, mut open) = before.as_array();
                if let Content::Scalar(more) = &content {
                    elements.entry(Key::Index(0)).or_default().append(more);
                    return Content::Array { elements, associative, open };
                }
                let next = elements.keys().filter_map(|key| match key {
                    Key::Index(at) => Some(*at),
                    Key::Name(_) => None,
                });
                let next = next.max().map_or(0, |last| last.saturating_add(1));
                let (more, _, also) = content.as_array();
                for (key, value) in more {
                    let key = match key {
                        Key::Index(at) => Key::Index(next.saturating_add(at)),
                        key @ Key::Name(_) => key,
                    };
                    elements.insert(key, value);
                }
                if let Some(value) = also {
                    open.get_or_insert_with(|| value.clone()).join(&value);
                }
                Content::Array { elements, associative, open }
            }
        }
    }

    fn set_element(
        &mut self,
        name: &str,
        key: Option<Key>,
        mut value: Value,
        append: bool,
        span: Span,
    ) -> Step<()> {
        let content = self.state.variables.get(name).map_or(Content::Nothing, |known| known.content.clone());
        let (mut elements, associative, mut open) = content.as_array();
        self.spend(elements.len() / 8, span)?;
        match key {
            Some(key) if append => elements.entry(key).or_default().append(&value),
            Some(key) => {
                elements.insert(key, value);
            }
            None => {
                value.join(&open.clone().unwrap_or_else(|| value.clone()));
                open = Some(value);
            }
        }
        self.set(name, Content::Array { elements, associative, open }, span)
    }

    fn array(&mut self, name: &str, elements: &[Element], associative: bool) -> Step<Content> {
        let associative =
            associative
                || self.state.variables.get(name).is_some_and(|variable| {
                    matches!(variable.content, Content::Array { associative: true, .. })
                });
        let (mut all, mut open, mut next) = (BTreeMap::new(), None::<Value>, 0);
        for element in elements {
            if let Some(subscript) = &element.subscript {
                let value = self.string(&element.value.parts)?;
                let key = if associative {
                    self.string(&subscript.parts)?.as_known().map(|text| Key::Name(text.to_owned()))
                } else {
                    self.arithmetic(subscript)?.as_known().and_then(|n| n.parse().ok()).map(Key::Index)
                };
                match key {
                    Some(key) => {
                        if let Key::Index(at) = key {
                            next = at.saturating_add(1);
                        }
                        all.insert(key, value);
                    }
                    None => open.get_or_insert_with(|| value.clone()).join(&value),
                }
                continue;
            }
            let forms = self.forms(std::slice::from_ref(&element.value))?;
            if let [fields] = forms.as_slice() {
                for field in fields {
                    all.insert(Key::Index(next), field.clone());
                    next += 1;
                }
            } else {
                for field in forms.into_iter().flatten() {
                    open.get_or_insert_with(|| field.clone()).join(&field);
                }
            }
        }
        Ok(Content::Array { elements: all, associative, open })
    }

    /// `export NAME=value`, as it is written: the value is not split, and may be an array.
    pub(super) fn declare_word(&mut self, word: &Word, how: Declaration) -> Step<()> {
        // Braces come first: `local x={1,2}` sets it twice, and what they make is split like any word.
        let braced = braces(&word.parts).len() > 1;
        let Some((name, append, rest)) = assignment_word(word).filter(|_| !braced) else {
            for field in self.forms(std::slice::from_ref(word))?.into_iter().flatten() {
                self.declare_field(&field, how, word.span)?;
            }
            return Ok(());
        };
        let content = match rest.as_slice() {
            [Part { kind: PartKind::Array(elements), .. }] => self.array(&name, elements, how.associative)?,
            parts => Content::Scalar(self.string(parts)?),
        };
        let content = if append { self.appended(&name, content, word.span) } else { content };
        self.declare(&name, Some(content), how, word.span)
    }

    /// `export NAME`, `export NAME=value` after expansion.
    pub(super) fn declare_field(&mut self, field: &Value, how: Declaration, span: Span) -> Step<()> {
        for text in field.options() {
            let shape = text.shape();
            let Some(known) = text.as_known() else {
                // `export "PATH=$x"` has a name all the same.
                let (name, mut value) =
                    (shape.split('=').next().unwrap_or(""), crate::value::Text::default());
                let mut cut = Some(name.len() + 1);
                for piece in text.pieces() {
                    match (piece, cut) {
                        (crate::value::Piece::Known(known), Some(at)) if at <= known.len() => {
                            value.push(crate::value::Piece::Known(known[at..].to_owned()));
                            cut = None;
                        }
                        (piece, None) => value.push(piece.clone()),
                        _ => break,
                    }
                }
                if cut.is_none() && is_name(name) {
                    self.declare(name, Some(Content::Scalar(value.into())), how, span)?;
                } else {
                    let value = Value::from(text.clone());
                    let exported = how.export == Some(true);
                    self.record(self.place(span), Action::Assign { name: shape, value, exported })?;
                }
                continue;
            };
            match known.split_once('=') {
                Some((name, value)) => {
                    let (name, append) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
                    let content = Content::Scalar(Value::known(value));
                    let content = if append { self.appended(name, content, span) } else { content };
                    self.declare(name, Some(content), how, span)?;
                }
                None => self.declare(known, None, how, span)?,
            }
        }
        Ok(())
    }

    fn declare(&mut self, name: &str, content: Option<Content>, how: Declaration, span: Span) -> Step<()> {
        let target = if how.reference || how.local { name.to_owned() } else { self.target(name) };
        let name = target.as_str();
        let known = self.state.variables.get(name).cloned();
        if how.local
            && let Some(frame) = self.frames.last_mut()
            && !frame.hidden.iter().any(|(hidden, _)| hidden == name)
        {
            frame.hidden.push((name.to_owned(), known.clone()));
        }
        let mut variable = match (&content, &known) {
            (None, Some(known)) if !how.local => Variable::clone(known),
            (None, _) if how.local => Variable { inherited: false, exported: false, ..Variable::outer() },
            (None, _) => Variable::outer(),
            (Some(content), _) => {
                Variable { exported: self.is_exported(name), ..Variable::new(content.clone()) }
            }
        };
        if how.associative && content.is_none() && variable.content == Content::Nothing {
            variable.content = Content::Array { elements: BTreeMap::new(), associative: true, open: None };
        }
        variable.reference |= how.reference;
        variable.integer |= how.integer;
        if let (true, Content::Scalar(value)) = (variable.integer, &variable.content) {
            self.computes(&value.clone(), span)?;
        }
        variable.exported = how.export.unwrap_or(variable.exported);
        // `export NAME` hands over what it holds: that is news; `local NAME` is none.
        if content.is_some() || how.export == Some(true) {
            if content.is_none() && variable.content == Content::Nothing {
                let value = Value::hole(self.environment(name, span));
                let action = Action::Assign { name: name.to_owned(), value, exported: true };
                self.record(self.place(span), action)?;
                self.state.variables.insert(name.to_owned(), Rc::new(variable));
                return Ok(());
            }
            return self.put(name, variable, span);
        }
        self.state.variables.insert(name.to_owned(), Rc::new(variable));
        Ok(())
    }
}

/// Variables that every shell has from its environment, so that a value for them is exported.
const ENVIRONMENT: &[&str] =
    &["HOME", "LANG", "LOGNAME", "MAIL", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "USER", "XDG_RUNTIME_DIR"];

/// `NAME=rest` or `NAME+=rest` at the beginning of a word.
fn assignment_word(word: &Word) -> Option<(String, bool, Vec<Part>)> {
    let first = word.parts.first()?;
    let PartKind::Literal(text) = &first.kind else { return None };
    let (name, rest) = text.split_once('=')?;
    let (name, append) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    if !is_name(name) {
        return None;
    }
    let mut parts = Vec::with_capacity(word.parts.len());
    if !rest.is_empty() {
        parts.push(Part { span: first.span, kind: PartKind::Literal(rest.to_owned()) });
    }
    parts.extend_from_slice(&word.parts[1..]);
    Some((name.to_owned(), append, parts))
}
