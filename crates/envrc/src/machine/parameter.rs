//! `$name`, `${…}`.

use proofmark_shell::Span;
use proofmark_shell::syntax::{Operation, OperationKind, Parameter};

use super::{Machine, Step};
use crate::state::{Content, Key, Variable};
use crate::value::{OriginKind, Value};

/// `declare -n` one after the other.
const MAX_REFERENCES: usize = 8;

/// What a parameter holds, and whether it may be unset.
pub(super) struct Found {
    /// Nothing where it is surely unset.
    pub(super) value: Option<Value>,
    pub(super) unset: bool,
}

impl Machine<'_> {
    /// The name behind `declare -n`.
    pub(super) fn target(&self, name: &str) -> String {
        let mut name = name.to_owned();
        for _ in 0..MAX_REFERENCES {
            let Some(variable) = self.state.variables.get(&name).filter(|variable| variable.reference) else {
                break;
            };
            match &variable.content {
                Content::Scalar(value) => match value.as_known() {
                    Some(target) if !target.is_empty() => target.clone_into(&mut name),
                    _ => break,
                },
                _ => break,
            }
        }
        name
    }

    /// The value of a variable that is set here, as a scalar.
    pub(super) fn scalar(&self, name: &str) -> Value {
        self.variable(name, None, Span::new(0, 0)).value.unwrap_or_default()
    }

    fn variable(&self, name: &str, key: Option<&Key>, span: Span) -> Found {
        let name = self.target(name);
        let outer = Variable::outer();
        let variable = self.state.variables.get(&name).map_or(&outer, |variable| variable);
        let first = Key::Index(0);
        let key = key.unwrap_or(&first);
        let (mut value, mut unset) = match &variable.content {
            Content::Nothing => (None, variable.unset),
            Content::Scalar(value) if *key == first => (Some(value.clone()), variable.unset),
            Content::Scalar(_) => (None, true),
            Content::Array { elements, open, .. } => {
                let key = match key {
                    // From the end.
                    Key::Index(at) if *at < 0 => {
                        elements.keys().rev().nth(usize::try_from(-at - 1).unwrap_or(usize::MAX))
                    }
                    key => Some(key),
                };
                let mut value = key.and_then(|key| elements.get(key)).cloned();
                if let Some(open) = open {
                    value.get_or_insert_with(|| open.clone()).join(open);
                }
                let unset = value.is_none() || open.is_some() || variable.unset;
                (value, unset)
            }
        };
        if variable.inherited && name == "IFS" && variable.content == Content::Nothing {
            // A shell takes it from nobody.
            (value, unset) = (Some(Value::known(" \t\n")), false);
        } else if variable.inherited && name == "BASH_SOURCE" && *key == first {
            value = Some(self.own_path(span));
            unset = false;
        } else if variable.inherited {
            let hole = Value::hole(self.environment(&name, span));
            value.get_or_insert_with(|| hole.clone()).join(&hole);
            // Bash sets these itself.
            unset = !matches!(name.as_str(), "PWD" | "HOME" | "UID" | "EUID" | "RANDOM" | "BASH_VERSION");
        }
        Found { value, unset }
    }

    /// The path of the file in which this stands.
    fn own_path(&self, span: Span) -> Value {
        let path = self.trace.sources.get(self.unit.source).map_or("", |source| source.path.as_str());
        let mut value = Value::hole(self.origin(OriginKind::Folder, span));
        value.append(&Value::known(format!("/{path}")));
        value
    }

    /// All elements of an array in their order, or nothing where they are not known.
    pub(super) fn elements(&self, name: &str, span: Span) -> Option<Vec<(Key, Value)>> {
        let name = self.target(name);
        let variable = self.state.variables.get(&name)?;
        if variable.inherited {
            return None;
        }
        match &variable.content {
            Content::Nothing => Some(Vec::new()),
            Content::Array { elements, open: None, .. } => {
                Some(elements.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
            }
            Content::Array { .. } => None,
            Content::Scalar(_) => {
                self.variable(&name, None, span).value.map(|value| vec![(Key::Index(0), value)])
            }
        }
    }

    /// The values of `$@`, `${a[@]}` and the like, as fields of their own.
    pub(super) fn each_element(&mut self, parameter: &Parameter, span: Span) -> Step<Option<Vec<Value>>> {
        let name = parameter.name.text.as_str();
        let whole = match &parameter.subscript {
            Some(subscript) => subscript_text(subscript).is_some_and(|text| text == "@" || text == "*"),
            None => matches!(name, "@" | "*"),
        };
        if !whole || parameter.length {
            return Ok(None);
        }
        let positional = matches!(name, "@" | "*");
        if positional && self.state.open {
            return Ok(Some(vec![self.any_positional(span)]));
        }
        let elements = if positional {
            let values = self.state.positional.iter().enumerate();
            Some(values.map(|(at, value)| (Key::Index(at.try_into().unwrap_or(0)), value.clone())).collect())
        } else {
            self.elements(name, span)
        };
        self.spend(elements.as_ref().map_or(0, Vec::len), span)?;
        let Some(elements) = elements else {
            let mut value =
                match self.state.variables.get(&self.target(name)).map(|variable| &variable.content) {
                    Some(Content::Array { elements, open, .. }) => {
                        let mut all = open.clone().unwrap_or_default();
                        for value in elements.values() {
                            all.join(value);
                        }
                        all
                    }
                    _ => self.variable(name, None, span).value.unwrap_or_default(),
                };
            value.join(&Value::hole(self.origin(OriginKind::Many, span)));
            return Ok(Some(vec![value]));
        };
        if parameter.indirect {
            let key = |key: &Key| match key {
                Key::Index(at) => Value::known(at.to_string()),
                Key::Name(name) => Value::known(name.as_str()),
            };
            return Ok(Some(elements.iter().map(|(name, _)| key(name)).collect()));
        }
        let values: Vec<Value> = elements.into_iter().map(|(_, value)| value).collect();
        let Some(operation) = &parameter.operation else { return Ok(Some(values)) };
        if operation.kind == OperationKind::Substring {
            return self.slice(values, operation, positional).map(Some);
        }
        if values.is_empty() {
            let value = self.operated(Found { value: None, unset: true }, parameter, operation, span)?;
            return Ok(Some(if value.as_known() == Some("") { Vec::new() } else { vec![value] }));
        }
        let mut all = Vec::with_capacity(values.len());
        for value in values {
            all.push(self.operated(
                Found { value: Some(value), unset: false },
                parameter,
                operation,
                span,
            )?);
        }
        Ok(Some(all))
    }

    /// One or several of the positional parameters.
    pub(super) fn any_positional(&self, span: Span) -> Value {
        let mut any = Value::hole(self.origin(OriginKind::Many, span));
        for value in &self.state.positional {
            any.join(value);
        }
        any
    }

    /// `${@:1}`, `${a[@]:0:2}`
    fn slice(&mut self, values: Vec<Value>, operation: &Operation, positional: bool) -> Step<Vec<Value>> {
        let span = operation.operand.span;
        let offset = self.arithmetic(&operation.operand)?.as_known().and_then(|n| n.parse::<i64>().ok());
        let length = match &operation.second {
            Some(text) => self.arithmetic(text)?.as_known().and_then(|n| n.parse::<i64>().ok()),
            None => Some(i64::MAX),
        };
        // `${@:0}` begins with the name of the shell; a negative offset counts from the end.
        let start = offset.and_then(|offset| usize::try_from(offset - i64::from(positional)).ok());
        if let (Some(start), Some(length)) = (start, length.and_then(|length| usize::try_from(length).ok())) {
            return Ok(values.into_iter().skip(start).take(length).collect());
        }
        let mut any = Value::hole(self.origin(OriginKind::Many, span));
        for value in &values {
            any.join(value);
        }
        Ok(vec![any])
    }

    /// An expansion as one string.
    pub(super) fn parameter(&mut self, parameter: &Parameter, span: Span) -> Step<Value> {
        if let Some(values) = self.each_element(parameter, span)? {
            // `$*` is joined by the first separator, `$@` by a blank where it is one string.
            let between = self.separators().chars().next().map_or_else(Value::default, Value::known);
            let mut joined = Value::default();
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    joined.append(&between);
                }
                joined.append(value);
            }
            return Ok(joined);
        }
        let name = parameter.name.text.as_str();
        if parameter.indirect {
            return self.indirect(parameter, span);
        }
        let found = self.found(name, parameter, span)?;
        if parameter.length {
            let length = found.value.as_ref().and_then(Value::as_known).map(|text| text.chars().count());
            let whole = parameter.subscript.is_some() || matches!(name, "@" | "*");
            return Ok(match length {
                Some(length) if !whole && !found.unset => Value::known(length.to_string()),
                _ => Value::hole(self.origin(OriginKind::Number, span)),
            });
        }
        match &parameter.operation {
            Some(operation) => self.operated(found, parameter, operation, span),
            None => Ok(plain(found)),
        }
    }

    pub(super) fn found(&mut self, name: &str, parameter: &Parameter, span: Span) -> Step<Found> {
        if let Ok(at) = name.parse::<usize>() {
            if at == 0 {
                return Ok(Found { value: Some(Value::known("bash")), unset: false });
            }
            let value = self.state.positional.get(at - 1).cloned();
            let hole = || Value::hole(self.origin(OriginKind::Input, span));
            // A function that nobody calls by its name has arguments that nobody knows.
            let unknown = value.is_none() && self.reach == crate::Reach::Uncalled;
            return Ok(Found { unset: value.is_none(), value: if unknown { Some(hole()) } else { value } });
        }
        let special = match name {
            "#" if self.state.open => Some(Value::hole(self.origin(OriginKind::Number, span))),
            "#" => Some(Value::known(self.state.positional.len().to_string())),
            "?" | "$" | "!" | "RANDOM" | "SECONDS" | "LINENO" | "EPOCHSECONDS" => {
                Some(Value::hole(self.origin(OriginKind::Number, span)))
            }
            "-" => Some(Value::hole(self.origin(OriginKind::Expansion, span))),
            "BASH_SOURCE" if parameter.subscript.is_none() || is_first(parameter) => {
                let mut value = Value::hole(self.origin(OriginKind::Folder, span));
                let path = self.loading.last().map_or("", String::as_str);
                value.append(&Value::known(format!("/{path}")));
                Some(value)
            }
            _ => None,
        };
        if let Some(value) = special {
            return Ok(Found { value: Some(value), unset: false });
        }
        let Some(subscript) = &parameter.subscript else { return Ok(self.variable(name, None, span)) };
        let Some(key) = self.key(name, subscript)? else {
            let mut any = Value::hole(self.origin(OriginKind::Many, span));
            for (_, value) in self.elements(name, span).unwrap_or_default() {
                any.join(&value);
            }
            return Ok(Found { value: Some(any), unset: true });
        };
        Ok(self.variable(name, Some(&key), span))
    }

    /// The element that a subscript names.
    pub(super) fn key(&mut self, name: &str, subscript: &proofmark_shell::syntax::Text) -> Step<Option<Key>> {
        let associative = self
            .state
            .variables
            .get(&self.target(name))
            .is_some_and(|variable| matches!(variable.content, Content::Array { associative: true, .. }));
        if associative {
            let value = self.string(&subscript.parts)?;
            return Ok(value.as_known().map(|text| Key::Name(text.to_owned())));
        }
        let value = self.arithmetic(subscript)?;
        Ok(value.as_known().and_then(|text| text.parse().ok()).map(Key::Index))
    }

    /// `${!name}`, `${!name*}`
    fn indirect(&mut self, parameter: &Parameter, span: Span) -> Step<Value> {
        if parameter.operation.as_ref().is_some_and(|operation| operation.kind == OperationKind::Names) {
            return Ok(Value::hole(self.origin(OriginKind::Expansion, span)));
        }
        let name = parameter.name.text.as_str();
        let found = self.found(name, parameter, span)?;
        let mut all: Option<Value> = None;
        for text in plain(found).options() {
            let value = match text.as_known() {
                Some(name) if is_name(name) => plain(self.variable(name, None, span)),
                _ => {
                    let mut origins = Value::from(text.clone()).origins();
                    origins.extend(self.origin(OriginKind::Expansion, span));
                    Value::hole(origins)
                }
            };
            all.get_or_insert_with(|| value.clone()).join(&value);
        }
        let found = Found { value: all, unset: true };
        match &parameter.operation {
            Some(operation) => self.operated(found, parameter, operation, span),
            None => Ok(plain(found)),
        }
    }
}

/// What an unset parameter is: nothing.
pub(super) fn plain(found: Found) -> Value {
    found.value.unwrap_or_default()
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_first(parameter: &Parameter) -> bool {
    parameter.subscript.as_ref().and_then(subscript_text).is_some_and(|text| text == "0")
}

pub(super) fn subscript_text(text: &proofmark_shell::syntax::Text) -> Option<String> {
    match text.parts.as_slice() {
        [part] => match &part.kind {
            proofmark_shell::syntax::PartKind::Literal(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}
