//! JSON as a verifier must read it: duplicate keys refused, depth and size capped, nothing after the value.
//!
//! Two readers that disagree about a duplicate key verify one thing and use another (SIG-10); RFC 8259 section 4
//! leaves the meaning open, so such documents are refused everywhere.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How much JSON is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caps {
    /// Bytes of text.
    pub(crate) bytes: usize,
    /// Nesting of arrays and objects.
    pub(crate) depth: usize,
    /// Values, all levels together.
    pub(crate) nodes: usize,
}

/// Caps of a bundle's own structure; its payload is one string in it.
pub(crate) const BUNDLE: Caps = Caps { bytes: 32 << 20, depth: 16, nodes: 8_192 };
/// Caps of a signed payload: predicates are large documents, such as an SBOM.
pub(crate) const PAYLOAD: Caps = Caps { bytes: 24 << 20, depth: 64, nodes: 1_000_000 };
/// Caps of small documents: annotations, log entry bodies, simple-signing payloads.
pub(crate) const SMALL: Caps = Caps { bytes: 1 << 20, depth: 16, nodes: 4_096 };

/// Why a text is not acceptable JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    /// Larger than the cap.
    #[error("{found} bytes, more than {cap}")]
    TooLarge {
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        cap: usize,
    },
    /// Not JSON, nested too deeply, too many values, or a duplicate key.
    #[error("{0}")]
    Syntax(String),
}

/// Reads one JSON value and nothing after it.
pub(crate) fn parse(bytes: &[u8], caps: Caps) -> Result<Value, JsonError> {
    if bytes.len() > caps.bytes {
        return Err(JsonError::TooLarge { found: bytes.len(), cap: caps.bytes });
    }
    let nodes = Cell::new(caps.nodes);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Seed { depth: caps.depth, nodes: &nodes }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| JsonError::Syntax(error.to_string()))
}

/// Whether there is white space outside strings: a canonical document (RFC 8785) has none.
pub(crate) fn has_insignificant_space(text: &[u8]) -> bool {
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b' ' | b'\t' | b'\r' | b'\n') => return true,
            _ => {}
        }
    }
    false
}

#[derive(Clone, Copy)]
struct Seed<'c> {
    depth: usize,
    nodes: &'c Cell<usize>,
}

impl Seed<'_> {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { depth, nodes: self.nodes })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.nodes.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.nodes.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(seed)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.inside()?;
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key {key:?}")));
            }
            let value = access.next_value_seed(seed)?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_refused_at_every_level() {
        for bad in [r#"{"a":1,"a":1}"#, r#"{"x":[{"b":1,"b":2}]}"#, r#"{"a":1,"\u0061":2}"#] {
            assert!(
                matches!(parse(bad.as_bytes(), SMALL), Err(JsonError::Syntax(m)) if m.contains("duplicate"))
            );
        }
    }

    #[test]
    fn caps_and_trailing_data() {
        assert!(parse(b"{} ", SMALL).is_ok());
        assert!(parse(b"{}x", SMALL).is_err());
        assert!(parse(b"{}{}", SMALL).is_err());
        let caps = Caps { bytes: 20, depth: 2, nodes: 4 };
        assert!(parse(b"[[]]", caps).is_ok());
        assert!(parse(b"[[[]]]", caps).is_err());
        assert!(parse(b"[1,2,3]", caps).is_ok());
        assert!(parse(b"[1,2,3,4]", caps).is_err());
        assert_eq!(parse(&[b' '; 21], caps), Err(JsonError::TooLarge { found: 21, cap: 20 }));
        assert!(parse("[".repeat(200_000).as_bytes(), PAYLOAD).is_err());
    }

    #[test]
    fn every_kind_of_value_is_what_it_says() {
        let text = r#"{"a":[1.5,-2,true,false,null,"x",18446744073709551615],"b":{"c":""}}"#;
        let plain: Value = serde_json::from_str(text).unwrap_or_default();
        assert_eq!(parse(text.as_bytes(), SMALL), Ok(plain));
        assert!(parse(br#""\u0041""#, SMALL).is_ok_and(|value| value == "A"));
    }

    #[test]
    fn insignificant_space() {
        assert!(!has_insignificant_space(br#"{"a b":"c \" d"}"#));
        assert!(has_insignificant_space(br#"{"a": 1}"#));
        for space in [" ", "\t", "\r", "\n"] {
            assert!(has_insignificant_space(format!("{{{space}}}").as_bytes()));
            assert!(!has_insignificant_space(format!("\"{space}\"").as_bytes()));
        }
        assert!(has_insignificant_space(b"{\"a\\\\\" :1}"));
    }
}
