//! Reading objects whose every field is known: what is left over is an error (design.md 2, principle 1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::rejection::Rejection;

/// An object being taken apart; [`Fields::finish`] refuses what was not asked for.
pub(crate) struct Fields {
    /// Where it stands, for messages: `tlogEntries[0].inclusionProof`.
    at: String,
    members: Map<String, Value>,
}

impl Fields {
    /// `value` must be an object.
    pub(crate) fn new(at: &str, value: Value) -> Result<Self, Rejection> {
        match value {
            Value::Object(members) => Ok(Self { at: at.to_owned(), members }),
            _ => Err(Rejection::malformed(format!("{} is not an object", name(at)))),
        }
    }

    fn path(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }

    fn wrong(&self, key: &str, what: &str) -> Rejection {
        Rejection::malformed(format!("{} {what}", self.path(key)))
    }

    /// A member; `null` is absence (protobuf's JSON mapping).
    pub(crate) fn optional(&mut self, key: &str) -> Option<Value> {
        self.members.remove(key).filter(|value| !value.is_null())
    }

    /// An object member, if it is there.
    pub(crate) fn object(&mut self, key: &str) -> Result<Option<Self>, Rejection> {
        let at = self.path(key);
        self.optional(key).map(|value| Self::new(&at, value)).transpose()
    }

    /// An object member that must be there.
    pub(crate) fn required_object(&mut self, key: &str) -> Result<Self, Rejection> {
        self.object(key)?.ok_or_else(|| self.wrong(key, "is missing"))
    }

    /// A string of at most `max` bytes, if it is there.
    pub(crate) fn string(&mut self, key: &str, max: usize) -> Result<Option<String>, Rejection> {
        match self.optional(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= max => Ok(Some(text)),
            Some(Value::String(_)) => Err(self.wrong(key, &format!("is longer than {max} bytes"))),
            Some(_) => Err(self.wrong(key, "is not a string")),
        }
    }

    /// A string that must be there.
    pub(crate) fn required_string(&mut self, key: &str, max: usize) -> Result<String, Rejection> {
        self.string(key, max)?.ok_or_else(|| self.wrong(key, "is missing"))
    }

    /// Standard base64 with padding of at most `max` bytes, in its one canonical spelling.
    pub(crate) fn bytes(&mut self, key: &str, max: usize) -> Result<Option<Vec<u8>>, Rejection> {
        let Some(text) = self.string(key, max.div_ceil(3) * 4)? else { return Ok(None) };
        STANDARD.decode(text).map(Some).map_err(|_| self.wrong(key, "is not standard base64"))
    }

    /// Bytes that must be there and not be empty.
    pub(crate) fn required_bytes(&mut self, key: &str, max: usize) -> Result<Vec<u8>, Rejection> {
        let bytes = self.bytes(key, max)?.ok_or_else(|| self.wrong(key, "is missing"))?;
        if bytes.is_empty() { Err(self.wrong(key, "is empty")) } else { Ok(bytes) }
    }

    /// Exactly 32 bytes that must be there.
    pub(crate) fn hash(&mut self, key: &str) -> Result<[u8; 32], Rejection> {
        let bytes = self.required_bytes(key, 32)?;
        bytes.try_into().map_err(|_| self.wrong(key, "is not 32 bytes"))
    }

    /// A non-negative 63-bit integer, as protobuf's JSON writes it: a string of digits, or a number.
    pub(crate) fn integer(&mut self, key: &str) -> Result<Option<u64>, Rejection> {
        let number = match self.optional(key) {
            None => return Ok(None),
            Some(Value::String(text)) => decimal(&text),
            Some(Value::Number(number)) => number.as_u64(),
            Some(_) => None,
        };
        match number {
            Some(number) if i64::try_from(number).is_ok() => Ok(Some(number)),
            _ => Err(self.wrong(key, "is not a non-negative integer")),
        }
    }

    /// The elements of an array of at most `max`; absence is an empty array.
    pub(crate) fn array(&mut self, key: &str, max: usize) -> Result<Vec<(String, Value)>, Rejection> {
        match self.optional(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() > max => {
                Err(self.wrong(key, &format!("has {} elements, more than {max}", items.len())))
            }
            Some(Value::Array(items)) => {
                let at = self.path(key);
                Ok(items.into_iter().enumerate().map(|(i, item)| (format!("{at}[{i}]"), item)).collect())
            }
            Some(_) => Err(self.wrong(key, "is not an array")),
        }
    }

    /// Nothing may be left, case variants of known fields included.
    pub(crate) fn finish(self) -> Result<(), Rejection> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(key) => {
                let shown: String = key.chars().take(64).collect();
                Err(Rejection::malformed(format!("unknown field {shown:?} in {}", name(&self.at))))
            }
        }
    }
}

/// One spelling for each number: no sign, no leading zero.
fn decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

fn name(at: &str) -> &str {
    if at.is_empty() { "the document" } else { at }
}
