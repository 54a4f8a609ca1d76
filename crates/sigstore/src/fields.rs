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
        let bytes = decoded(text).ok_or_else(|| self.wrong(key, "is not standard base64"))?;
        if bytes.len() > max {
            return Err(self.wrong(key, &format!("is longer than {max} bytes")));
        }
        Ok(Some(bytes))
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

/// Characters of base64 that are decoded at a time: a multiple of four. They give fewer bytes than that.
const PART: usize = 4096;

/// Decodes standard base64 into the memory of its text: a payload of many megabytes is not held in both forms.
fn decoded(text: String) -> Option<Vec<u8>> {
    let mut bytes = text.into_bytes();
    let end = bytes.len();
    // Padding belongs to the end: in the middle a part would end with it.
    let body = end.saturating_sub(2);
    if bytes.get(..body)?.contains(&b'=') {
        return None;
    }
    let (mut read, mut written, mut part) = (0, 0, [0; PART]);
    while read < end {
        let next = end.min(read + PART);
        let length = STANDARD.decode_slice(bytes.get(read..next)?, &mut part).ok()?;
        bytes.get_mut(written..written + length)?.copy_from_slice(part.get(..length)?);
        (read, written) = (next, written + length);
    }
    bytes.truncate(written);
    bytes.shrink_to_fit();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(value: Value) -> Fields {
        Fields::new("", json!({ "k": value })).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn texts_and_bytes_at_their_limits() {
        assert_eq!(one(json!("abc")).string("k", 3), Ok(Some("abc".to_owned())));
        assert!(one(json!("abcd")).string("k", 3).is_err());
        assert!(one(json!(1)).string("k", 3).is_err());
        assert_eq!(one(json!(null)).string("k", 3), Ok(None));
        assert!(one(json!(null)).required_string("k", 3).is_err());
        for (length, max, good) in [(4, 4, true), (5, 4, false), (6, 4, false), (7, 4, false), (0, 4, true)] {
            let text = STANDARD.encode(vec![7; length]);
            let read = one(json!(text)).bytes("k", max);
            assert_eq!(read.is_ok_and(|bytes| bytes == Some(vec![7; length])), good, "{length} of {max}");
        }
        assert!(one(json!("")).required_bytes("k", 4).is_err());
        assert!(one(json!("AA")).bytes("k", 4).is_err());
        for (length, good) in [(31, false), (32, true), (33, false)] {
            assert_eq!(one(json!(STANDARD.encode(vec![7; length]))).hash("k").is_ok(), good, "{length}");
        }
    }

    /// In parts and in place it is what it is as a whole.
    #[test]
    fn base64_in_parts_is_base64() {
        for length in (0..10).chain(PART / 4 * 3 - 4..PART / 4 * 3 + 5).chain([3 * PART, 100_000]) {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect();
            let text = STANDARD.encode(&bytes);
            assert_eq!(decoded(text.clone()), Some(bytes), "{length}");
            // One character less, padding in the middle, another alphabet, padding that is not needed.
            let middle = |with: &str| {
                let mut changed = text.clone();
                let at = (text.len() / 8 * 4).min(text.len());
                changed.replace_range(at..text.len().min(at + with.len()), with);
                changed
            };
            let shorter = text.get(..text.len().saturating_sub(1)).unwrap().to_owned();
            for changed in
                [shorter, middle("A=="), middle("AA=="), middle("_"), middle("\n"), format!("{text}====")]
            {
                assert_eq!(
                    decoded(changed.clone()),
                    STANDARD.decode(&changed).ok(),
                    "{length}: {changed:.40}"
                );
            }
        }
        let at_a_seam = format!("{}AA==AAAA", "AAAA".repeat(PART / 4 - 1));
        assert_eq!(decoded(at_a_seam), None);
    }

    #[test]
    fn integers_have_one_spelling() {
        let read = |value: Value| one(value).integer("k");
        let most = i64::MAX.unsigned_abs();
        for (value, number) in [
            (json!("0"), 0),
            (json!("10"), 10),
            (json!(7), 7),
            (json!(most.to_string()), most),
            (json!(most), most),
        ] {
            assert_eq!(read(value), Ok(Some(number)));
        }
        for bad in [
            json!("00"),
            json!("01"),
            json!("+1"),
            json!("-1"),
            json!("1.0"),
            json!(""),
            json!("x"),
            json!(-1),
            json!(1.5),
            json!(most + 1),
            json!((most + 1).to_string()),
            json!(true),
            json!([1]),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(read(json!(null)), Ok(None));
    }

    #[test]
    fn arrays_objects_and_what_is_left() {
        assert_eq!(one(json!([1, 2])).array("k", 2).map(|items| items.len()), Ok(2));
        assert!(one(json!([1, 2, 3])).array("k", 2).is_err());
        assert!(one(json!({})).array("k", 2).is_err());
        assert_eq!(one(json!(null)).array("k", 2).map(|items| items.len()), Ok(0));
        let mut nested =
            Fields::new("a", json!({ "k": { "x": 1 } })).unwrap_or_else(|error| panic!("{error}"));
        let inner = nested.required_object("k").unwrap_or_else(|error| panic!("{error}"));
        let error = inner.finish().err().map(|error| error.detail).unwrap_or_default();
        assert_eq!(error, "unknown field \"x\" in a.k");
        assert!(nested.finish().is_ok());
        assert!(one(json!(1)).object("k").is_err());
        assert!(one(json!(null)).required_object("k").is_err());
        let error = one(json!(1)).finish().err().map(|error| error.detail).unwrap_or_default();
        assert_eq!(error, "unknown field \"k\" in the document");
    }
}
