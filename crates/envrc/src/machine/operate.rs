//! What `${x…}` does with a value.

use proofmark_shell::Span;
use proofmark_shell::syntax::{Anchor, Operation, OperationKind, Parameter, Part, PartKind};

use super::parameter::{Found, is_name, plain};
use super::pattern::Pattern;
use super::{Machine, Step};
use crate::OriginKind;
use crate::state::Content;
use crate::value::{Text, Value};

/// Bytes of a text whose ends are matched, at the square of it in time, and in which matches are replaced, at its cube.
const MAX_MATCHED: usize = 4096;
/// As above.
const MAX_REPLACED: usize = 512;

/// What an expansion with an operand may come to.
pub(super) struct Choice {
    /// The operand.
    pub(super) operand: bool,
    /// This value.
    pub(super) value: Option<Value>,
}

impl Machine<'_> {
    pub(super) fn operated(
        &mut self,
        found: Found,
        parameter: &Parameter,
        operation: &Operation,
        span: Span,
    ) -> Step<Value> {
        let unset = found.unset;
        match operation.kind {
            OperationKind::Default { null } => self.either(found, null, operation),
            OperationKind::Assign { null } => {
                let value = self.either(found, null, operation)?;
                if is_name(&parameter.name.text) && parameter.subscript.is_none() {
                    self.set(&parameter.name.text, Content::Scalar(value.clone()), span)?;
                }
                Ok(value)
            }
            // Where it is unset the shell ends.
            OperationKind::Required { .. } => {
                self.string(&operation.operand.parts)?;
                Ok(plain(found))
            }
            OperationKind::Alternative { null } => {
                let mut value = self.string(&operation.operand.parts)?;
                let maybe_null = null && found.value.as_ref().is_some_and(may_be_empty);
                if unset || maybe_null {
                    value.join(&Value::default());
                }
                Ok(if found.value.is_none() { Value::default() } else { value })
            }
            OperationKind::Substring => {
                let offset = self.arithmetic(&operation.operand)?;
                let length = match &operation.second {
                    Some(text) => Some(self.arithmetic(text)?),
                    None => None,
                };
                Ok(self.changed(&plain(found), span, |text| {
                    let length = match &length {
                        Some(length) => Some(length.as_known()?),
                        None => None,
                    };
                    substring(text, offset.as_known()?, length)
                }))
            }
            OperationKind::Transform => {
                let letter = self.string(&operation.operand.parts)?;
                Ok(self.changed(&plain(found), span, |text| match letter.as_known()? {
                    "U" => Some(text.to_uppercase()),
                    "L" => Some(text.to_lowercase()),
                    "u" => Some(first_letter(text, char::to_ascii_uppercase)),
                    _ => None,
                }))
            }
            OperationKind::Names => Ok(Value::hole(self.origin(OriginKind::Expansion, span))),
            // What is unset stays nothing, whatever the pattern.
            _ => {
                let Some(value) = found.value else { return Ok(Value::default()) };
                let mut value = self.by_pattern(&value, operation, span)?;
                if unset {
                    value.join(&Value::default());
                }
                Ok(value)
            }
        }
    }

    /// What `${x:-…}` and `${x:+…}` come to; nothing for other expansions.
    pub(super) fn choice(&mut self, parameter: &Parameter, span: Span) -> Step<Option<Choice>> {
        let (default, null) = match parameter.operation.as_ref().map(|operation| operation.kind) {
            Some(OperationKind::Default { null }) => (true, null),
            Some(OperationKind::Alternative { null }) => (false, null),
            _ => return Ok(None),
        };
        // Without quotes in the operand all of it is split, as the value is.
        let quoted = |part: &Part| {
            matches!(
                part.kind,
                PartKind::Single(_) | PartKind::AnsiC(_) | PartKind::Double { .. } | PartKind::Escaped(_)
            )
        };
        let quotes = parameter.operation.iter().any(|operation| operation.operand.parts.iter().any(quoted));
        if parameter.indirect || parameter.length || !quotes {
            return Ok(None);
        }
        let found = self.found(&parameter.name.text, parameter, span)?;
        let absent = found.value.as_ref().is_none_or(|value| null && value.as_known() == Some(""));
        let perhaps = found.unset || (null && found.value.as_ref().is_some_and(may_be_empty));
        Ok(Some(if default {
            Choice { operand: absent || perhaps, value: found.value.filter(|_| !absent) }
        } else {
            Choice { operand: !absent, value: (absent || perhaps).then(Value::default) }
        }))
    }

    /// The value, or the operand where it is unset or, with a colon, null.
    fn either(&mut self, found: Found, null: bool, operation: &Operation) -> Step<Value> {
        let operand = self.string(&operation.operand.parts)?;
        let Some(value) = found.value else { return Ok(operand) };
        let replaced = null && may_be_empty(&value);
        if null && value.as_known() == Some("") {
            return Ok(operand);
        }
        let mut value = value;
        if found.unset || replaced {
            value.join(&operand);
        }
        Ok(value)
    }

    fn by_pattern(&mut self, value: &Value, operation: &Operation, span: Span) -> Step<Value> {
        let pattern = self.pattern(&operation.operand)?;
        let replaces = matches!(operation.kind, OperationKind::Replace(_));
        let most = if replaces { MAX_REPLACED } else { MAX_MATCHED };
        let longest = value.options().iter().filter_map(Text::as_known).map(str::len).max().unwrap_or(0);
        if longest <= most {
            self.spend(longest * longest / if replaces { 16 } else { 256 }, span)?;
        }
        let replacement = match &operation.second {
            Some(text) => self.string(&text.parts)?,
            None => Value::default(),
        };
        let kind = operation.kind;
        Ok(self.changed(value, span, |text| {
            let pattern = pattern.as_ref().filter(|_| text.len() <= most)?;
            Some(match kind {
                OperationKind::RemovePrefix { longest } => pattern.without_prefix(text, longest),
                OperationKind::RemoveSuffix { longest } => pattern.without_suffix(text, longest),
                OperationKind::Replace(anchor) => {
                    let with = replacement.as_known()?;
                    match anchor {
                        Anchor::First => pattern.replaced(text, with, false),
                        Anchor::All => pattern.replaced(text, with, true),
                        Anchor::Start => pattern.replaced_start(text, with),
                        Anchor::End => pattern.replaced_end(text, with),
                    }
                }
                OperationKind::Upper { all } if pattern.is_any() => {
                    if all {
                        text.to_uppercase()
                    } else {
                        first_letter(text, char::to_ascii_uppercase)
                    }
                }
                OperationKind::Lower { all } if pattern.is_any() => {
                    if all {
                        text.to_lowercase()
                    } else {
                        first_letter(text, char::to_ascii_lowercase)
                    }
                }
                _ => return None,
            })
        }))
    }

    /// Each text that is known, changed; what is not known, or cannot be computed, keeps its origins alone.
    fn changed(&self, value: &Value, span: Span, change: impl Fn(&str) -> Option<String>) -> Value {
        value.map(|text| {
            if let Some(text) = text.as_known().and_then(&change) {
                return Text::known(text);
            }
            let mut origins = Value::from(text.clone()).origins();
            if origins.is_empty() {
                origins = self.origin(OriginKind::Expansion, span);
            }
            Text::hole(origins)
        })
    }

    /// A pattern, where it is known.
    fn pattern(&mut self, operand: &proofmark_shell::syntax::Text) -> Step<Option<Pattern>> {
        let mut pattern = Pattern::default();
        let mut known = true;
        for part in &operand.parts {
            let value = self.value_of(part)?;
            let bare = matches!(part.kind, PartKind::Literal(_) | PartKind::Parameter(_));
            match value.as_known() {
                Some(text) if bare => known &= pattern.push(text),
                Some(text) => pattern.push_literal(text),
                None => known = false,
            }
        }
        Ok(known.then_some(pattern))
    }
}

fn may_be_empty(value: &Value) -> bool {
    value.options().iter().any(|text| text.as_known().is_none_or(str::is_empty))
}

fn first_letter(text: &str, change: impl Fn(&char) -> char) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| change(&c)).into_iter().chain(chars).collect()
}

/// `${x:offset:length}`; both may be negative, and count from the end then.
fn substring(text: &str, offset: &str, length: Option<&str>) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let count = i64::try_from(chars.len()).ok()?;
    let offset: i64 = offset.trim().parse().ok()?;
    let start = if offset < 0 { count + offset } else { offset };
    if start < 0 || start > count {
        return Some(String::new());
    }
    let end = match length {
        None => count,
        Some(length) => {
            let length: i64 = length.trim().parse().ok()?;
            if length < 0 { count + length } else { start.saturating_add(length).min(count) }
        }
    };
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
    // An end before the start is an error of bash's.
    Some(chars.get(start..end)?.iter().collect())
}
