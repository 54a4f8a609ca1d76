//! JSON that two parsers cannot read differently.
//!
//! `serde_json` takes the last of two equal keys in a map, and Go's decoder compares keys without case: a document that
//! depends on either means one thing to a verifier and another to what runs the image. Both are refused here, before
//! the typed parse (design.md 2.1: "duplicate keys are errors everywhere"). Unknown keys are ignored, as the OCI
//! image specification demands.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// The deepest nesting that is read.
pub(crate) const MAX_DEPTH: usize = 64;

/// Keys that the runtime and we both read from manifests, indexes and configurations: a key that differs from one of
/// these in case alone is refused.
const KNOWN: &[&str] = &[
    "annotations",
    "architecture",
    "artifactType",
    "config",
    "digest",
    "fsLayers",
    "layers",
    "manifests",
    "mediaType",
    "os",
    "os.features",
    "os.version",
    "platform",
    "rootfs",
    "schemaVersion",
    "size",
    "subject",
    "variant",
];

/// Parses `bytes` as one JSON document of type `T`.
///
/// # Errors
/// Syntax, trailing data, nesting deeper than 64, a duplicate key, or a key that differs from a known one in case alone.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Check { depth: 0, free_keys: false }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    serde_json::from_slice(bytes)
}

/// Walks a value without keeping it.
#[derive(Clone, Copy)]
struct Check {
    depth: usize,
    /// Within `annotations`, whose keys are free.
    free_keys: bool,
}

impl Check {
    fn deeper<E: serde::de::Error>(self, free_keys: bool) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(Self { depth: self.depth + 1, free_keys })
    }
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inside = self.deeper(self.free_keys)?;
        while seq.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !self.free_keys && is_case_variant(&key) {
                return Err(A::Error::custom(format_args!(
                    "key {key:?} differs from a known key in case alone"
                )));
            }
            let inside = self.deeper(self.free_keys || key == "annotations")?;
            if seen.contains(&key) {
                return Err(A::Error::custom(format_args!("duplicate key {key:?}")));
            }
            seen.insert(key);
            map.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// Whether Go's `encoding/json` would take `key` for a known key that it is not. Its folding also equates
/// U+017F with `s` and U+212A with `k`.
fn is_case_variant(key: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    KNOWN.iter().any(|known| *known != key && known.chars().map(fold).eq(key.chars().map(fold)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<serde_json::Value, serde_json::Error> {
        from_slice(text.as_bytes())
    }

    #[test]
    fn refuses_what_two_parsers_read_differently() {
        for good in [
            r#"{"a":[1,-2,3.5,null,true,"x",{"b":{}}]}"#,
            r#"{"annotations":{"Digest":"a","digest":"b"}}"#,
            r#"{"x":{"a":1},"y":{"a":1}}"#,
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":[{"c":1,"c":1}]}}"#,
            r#"{"annotations":{"k":"a","k":"b"}}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"layers":[],"Layers":[]}"#,
            r#"{"Manifests":[]}"#,
            "{\"layer\u{17f}\":[]}",
            r"{} {}",
            r#"{"a":1"#,
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    /// REG-05: depth is capped.
    #[test]
    fn reg_05_refuses_deep_nesting() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
