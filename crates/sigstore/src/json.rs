//! JSON as a verifier must read it: duplicate keys refused, depth and size capped, nothing after the value.
//!
//! Two readers that disagree about a duplicate key verify one thing and use another (SIG-10); RFC 8259 section 4
//! leaves the meaning open, so such documents are refused everywhere.

use std::cell::Cell;
use std::fmt;

use proofmark_core::display::safe_short;
use proofmark_core::room;
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
    /// Bytes that the values may take, by the estimates below, less [`FORMS`] times the text.
    pub(crate) held: usize,
}

/// Caps of a bundle's own structure; its payload is one string in it.
pub(crate) const BUNDLE: Caps = Caps { bytes: 32 << 20, depth: 16, nodes: 8_192, held: usize::MAX };
/// Caps of a signed payload: predicates are large documents, such as an SBOM. What bounds them is the memory, because
/// anybody can sign a small text that takes two hundred times its length: an SBOM of 2 MiB with 60,000 values is read,
/// and so is a single text of 4 MiB. What is beyond is refused as malformed: a stranger's is counted, shown, and changes
/// nothing; whether an accepted signer made it is the caller's to ask.
pub(crate) const PAYLOAD: Caps = Caps { bytes: 24 << 20, depth: 64, nodes: 1_000_000, held: 44 << 20 };
/// Caps of small documents: annotations, log entry bodies, simple-signing payloads.
pub(crate) const SMALL: Caps = Caps { bytes: 1 << 20, depth: 16, nodes: 4_096, held: usize::MAX };

/// In how many forms a payload is there while it is verified, beside its values: in its bundle, by itself, encoded for the
/// library and decoded by it, and as what is signed; in base64 it is a third longer.
const FORMS: usize = 8;
/// How often its values are held: the library reads the payload by itself.
const READINGS: usize = 2;
/// A value in an array that grows by doubling: for a moment the old array and the new one are there.
const PER_ELEMENT: usize = 96;
/// A node of an object's tree: room for eleven members, which a tree that grows has [`FILL`] of at least.
const PER_NODE: usize = 640;
const FILL: usize = 6;
/// A member's key beside its text.
const PER_MEMBER: usize = 32;

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
    let room = Room {
        nodes: Cell::new(caps.nodes),
        bytes: Cell::new(caps.held.saturating_sub(FORMS.saturating_mul(bytes.len()))),
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Seed { depth: caps.depth, room: &room }
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

/// What is left of the caps.
struct Room {
    nodes: Cell<usize>,
    bytes: Cell<usize>,
}

impl Room {
    fn take<E: serde::de::Error>(left: &Cell<usize>, count: usize, what: &str) -> Result<(), E> {
        left.set(left.get().checked_sub(count).ok_or_else(|| E::custom(what))?);
        Ok(())
    }

    fn take_node<E: serde::de::Error>(&self) -> Result<(), E> {
        Self::take(&self.nodes, 1, "too many values")
    }

    fn take_bytes<E: serde::de::Error>(&self, count: usize) -> Result<(), E> {
        Self::take(&self.bytes, count.saturating_mul(READINGS), "its values take too much memory")
    }
}

#[derive(Clone, Copy)]
struct Seed<'c> {
    depth: usize,
    room: &'c Room,
}

impl Seed<'_> {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { depth, room: self.room })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.room.take_node()?;
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

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.room.take_bytes(value.len())?;
        let mut text = String::with_capacity(room(value.len()));
        text.push_str(value);
        Ok(Value::String(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(seed)? {
            self.room.take_bytes(PER_ELEMENT)?;
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.inside()?;
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key {:?}", safe_short(&key, 80))));
            }
            let node = if members.len().is_multiple_of(FILL) { PER_NODE } else { 0 };
            self.room.take_bytes(PER_MEMBER + key.len() + node)?;
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
        let caps = Caps { bytes: 20, depth: 2, nodes: 4, held: usize::MAX };
        assert!(parse(b"[[]]", caps).is_ok());
        assert!(parse(b"[[[]]]", caps).is_err());
        assert!(parse(b"[1,2,3]", caps).is_ok());
        assert!(parse(b"[1,2,3,4]", caps).is_err());
        assert!(parse(format!("{:20}", 1).as_bytes(), caps).is_ok(), "exactly as long as may be");
        assert_eq!(parse(&[b' '; 21], caps), Err(JsonError::TooLarge { found: 21, cap: 20 }));
        assert!(parse("[".repeat(200_000).as_bytes(), PAYLOAD).is_err());
    }

    /// A real SBOM is read; what takes two hundred times its length is not, nor what is long and wide.
    #[test]
    fn memory_is_bounded() {
        let package = r#"{"SPDXID":"SPDXRef-Package-npm-left-pad","name":"left-pad","versionInfo":"1.3.0",
            "licenseConcluded":"NOASSERTION","downloadLocation":"https://registry.npmjs.example/left-pad"},"#;
        let sbom = |packages: usize| format!("[{}0]", package.repeat(packages));
        assert!(parse(sbom(12_000).as_bytes(), PAYLOAD).is_ok(), "48,000 texts in 12,000 objects, 2 MiB");
        let text = |length: usize| format!("[\"{}\"]", "x".repeat(length));
        assert!(parse(text(4 << 20).as_bytes(), PAYLOAD).is_ok());
        assert!(parse(text(5 << 20).as_bytes(), PAYLOAD).is_err());
        for text in [
            format!("[{}0]", "{\"a\":0},".repeat(100_000)),
            format!("[{}0]", "0,".repeat(1 << 20)),
            format!("[\"{}\",{}0]", "x".repeat(3 << 20), "0,".repeat(200_000)),
        ] {
            let error = parse(text.as_bytes(), PAYLOAD).unwrap_err().to_string();
            assert!(error.contains("memory") || error.contains("too many"), "{error}");
        }
    }

    /// A member takes its key and what is beside it, and the first of each [`FILL`] a node.
    #[test]
    fn members_take_what_they_say() {
        for (text, keys, nodes) in [
            (r#"{"key":0,"other":1}"#, "keyother", 1),
            (r#"{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0}"#, "abcdefg", 2),
        ] {
            let members = text.matches(':').count();
            let taken = members * PER_MEMBER + keys.len() + nodes * PER_NODE;
            let held = FORMS * text.len() + READINGS * taken;
            assert!(parse(text.as_bytes(), Caps { held, ..SMALL }).is_ok(), "{text}");
            let error = parse(text.as_bytes(), Caps { held: held - 1, ..SMALL }).unwrap_err().to_string();
            assert!(error.contains("memory"), "{error}");
        }
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
