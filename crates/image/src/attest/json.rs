//! Members of verified documents, of which nothing is known but that somebody signed them.

use proofmark_core::Timestamp;
use proofmark_core::display::safe_short;
use serde_json::Value;

/// Characters of a text from outside that are kept and told.
const MAX_TEXT: usize = 300;

/// The text at a pointer.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// The elements at a pointer; none where there is no array.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The time at a pointer (RFC 3339); `None` where there is nothing.
///
/// # Errors
/// What stands there, if it is no time.
pub(crate) fn time(value: &Value, pointer: &str) -> Result<Option<Timestamp>, String> {
    let Some(found) = value.pointer(pointer) else { return Ok(None) };
    let parsed = found.as_str().and_then(|text| text.parse().ok());
    let name = pointer.rsplit('/').next().unwrap_or_default();
    parsed.map(Some).ok_or_else(|| format!("{name} is {}", shown(Some(found))))
}

/// A text from outside, cut and escaped.
pub(crate) fn short(text: &str) -> String {
    safe_short(text, MAX_TEXT)
}

/// What stands at a pointer, for people.
pub(crate) fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::Object(_)) => "an object".to_owned(),
        Some(Value::Array(_)) => "an array".to_owned(),
        Some(Value::String(text)) => short(text),
        Some(other) => short(&other.to_string()),
    }
}
