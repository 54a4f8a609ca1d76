//! JSON that keeps order and repeated keys, so that both can be wrong.

use serde_json::Value;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    /// `null`, `true`, a number: its text.
    Literal(String),
    /// A string, unescaped.
    Text(String),
    /// An array.
    Array(Vec<Tree>),
    /// Members in order.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// The tree of a parsed document.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::Array(items.iter().map(Self::of).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(key, value)| (key.clone(), Self::of(value))).collect())
            }
            other => Self::Literal(other.to_string()),
        }
    }

    /// The tree of a text that is a JSON object.
    pub(crate) fn parse_object(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(Value::is_object).map(|value| Self::of(&value))
    }

    /// The document, without white space.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::Array(items) => format!("[{}]", items.iter().map(Self::text).collect::<Vec<_>>().join(",")),
            Self::Object(members) => {
                let list: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), value.text()))
                    .collect();
                format!("{{{}}}", list.join(","))
            }
        }
    }

    /// The first member of this name.
    pub(crate) fn member(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }
}
