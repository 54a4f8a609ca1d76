//! JSON that two parsers cannot read differently, read in one pass that keeps nothing but what its reader asks for.
//!
//! `serde_json` takes the last of two equal keys in a map, and Go's decoder compares keys without case: a document that
//! depends on either means one thing to a verifier and another to what runs the image. Both are faults here (design.md
//! 2.1: "duplicate keys are errors everywhere"). Unknown keys are ignored, as the OCI image specification demands.
//!
//! A fault is noted and reading goes on, so that one spoilt descriptor does not hide the others of its list; what is no
//! JSON ends the reading. A document that has a fault is never taken for a good one: its reader asks for [`Walk::fault`].

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use proofmark_core::display::safe_short;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The deepest nesting that is read.
pub(crate) const MAX_DEPTH: usize = 64;
/// Keys of all objects that are open at the same time: to see that one is there twice, they are all remembered, in at
/// most 16 MiB. A manifest of the longest length cannot have as many.
const MAX_KEYS: usize = 512 * 1024;

/// Keys that the runtime and we both read from manifests, indexes and configurations: a key that differs from one of
/// these in case alone is refused.
const KNOWN: &[&str] = &[
    "annotations",
    "architecture",
    "artifactType",
    "config",
    "diff_ids",
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

/// What is remembered while a document is read.
pub(crate) struct Walk {
    hasher: RandomState,
    keys: Cell<usize>,
    fault: RefCell<Option<String>>,
}

impl Walk {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), keys: Cell::new(MAX_KEYS), fault: RefCell::new(None) }
    }

    /// The whole document.
    pub(crate) const fn root(&self) -> Check<'_> {
        Check { walk: self, depth: 0, free_keys: false }
    }

    /// Notes what is wrong; the first fault stays.
    pub(crate) fn note(&self, fault: impl FnOnce() -> String) {
        self.fault.borrow_mut().get_or_insert_with(fault);
    }

    /// Takes the first fault since it was last asked for.
    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.take()
    }
}

/// Reads `bytes` as one JSON document, by a seed that is made for its root.
///
/// # Errors
/// Syntax, or data after the document. Faults are in the walk.
pub(crate) fn read<'b, S: DeserializeSeed<'b>>(
    bytes: &'b [u8],
    seed: S,
) -> Result<S::Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Parses a small document as one of type `T`.
///
/// # Errors
/// Syntax, and any fault.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let walk = Walk::new();
    read(bytes, walk.root()).map_err(|error| error.to_string())?;
    walk.fault().map_or(Ok(()), Err)?;
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// A place in the document; as a seed it reads whatever is there and keeps nothing of it.
#[derive(Clone, Copy)]
pub(crate) struct Check<'w> {
    pub(crate) walk: &'w Walk,
    depth: usize,
    /// Within `annotations`, whose keys are free.
    free_keys: bool,
}

impl<'w> Check<'w> {
    /// The place of what is in here, or none if it is too deep, which is noted.
    pub(crate) fn inside(self) -> Option<Self> {
        if self.depth < MAX_DEPTH {
            return Some(Self { depth: self.depth + 1, ..self });
        }
        self.walk.note(|| format!("nested deeper than {MAX_DEPTH}"));
        None
    }

    pub(crate) const fn with_free_keys(self) -> Self {
        Self { free_keys: true, ..self }
    }

    /// The keys of an object here.
    pub(crate) fn keys(self) -> Keys<'w> {
        Keys { walk: self.walk, seen: HashSet::new(), free: self.free_keys }
    }

    /// Reads the rest of an array without keeping it.
    pub(crate) fn rest_of_array<'de, A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        match self.inside() {
            Some(inside) => while seq.next_element_seed(inside)?.is_some() {},
            None => while seq.next_element::<IgnoredAny>()?.is_some() {},
        }
        Ok(())
    }

    /// Reads an object without keeping it.
    pub(crate) fn object<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(inside) = self.inside() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let mut keys = self.keys();
        while let Some(annotations) = keys.next(&mut map, |key| key == "annotations")? {
            map.next_value_seed(if annotations { inside.with_free_keys() } else { inside })?;
        }
        Ok(())
    }
}

/// The keys of one object: each is new, and none is an imitation of a known one.
pub(crate) struct Keys<'w> {
    walk: &'w Walk,
    /// Hashes: under a key that nobody outside knows, two keys of one hash are the same key.
    seen: HashSet<u64>,
    free: bool,
}

impl Keys<'_> {
    /// What `read` makes of the next key.
    pub(crate) fn next<'de, A: MapAccess<'de>, T>(
        &mut self,
        map: &mut A,
        read: impl FnOnce(&str) -> T,
    ) -> Result<Option<T>, A::Error> {
        map.next_key_seed(Key { keys: self, read })
    }

    fn see(&mut self, key: &str) {
        if !self.free && is_case_variant(key) {
            self.walk
                .note(|| format!("key {:?} differs from a known key in case alone", safe_short(key, 80)));
        }
        let Some(left) = self.walk.keys.get().checked_sub(1) else {
            self.walk.note(|| format!("more than {MAX_KEYS} keys"));
            return;
        };
        if self.seen.insert(self.walk.hasher.hash_one(key)) {
            self.walk.keys.set(left);
        } else {
            self.walk.note(|| format!("duplicate key {:?}", safe_short(key, 80)));
        }
    }
}

impl Drop for Keys<'_> {
    fn drop(&mut self) {
        self.walk.keys.set(self.walk.keys.get() + self.seen.len());
    }
}

struct Key<'k, 'w, F> {
    keys: &'k mut Keys<'w>,
    read: F,
}

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for Key<'_, '_, F> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for Key<'_, '_, F> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<T, E> {
        self.keys.see(key);
        Ok((self.read)(key))
    }
}

/// What a value is read as, whatever it is.
pub(crate) trait Shape<'de>: Sized {
    /// What becomes of it.
    type Out;
    /// Where it stands.
    fn place(&self) -> Check<'_>;
    /// `null`.
    fn null(self) -> Self::Out;
    /// Text; by default as any other value.
    fn text(self, _: &str) -> Self::Out {
        self.other()
    }
    /// A whole number; by default as any other value.
    fn number(self, _: u64) -> Self::Out {
        self.other()
    }
    /// An array.
    fn array<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Out, A::Error> {
        self.place().rest_of_array(seq)?;
        Ok(self.other())
    }
    /// An object.
    fn object<A: MapAccess<'de>>(self, map: A) -> Result<Self::Out, A::Error> {
        self.place().object(map)?;
        Ok(self.other())
    }
    /// Any other value, which has been read.
    fn other(self) -> Self::Out;
}

/// Reads a value as a [`Shape`].
pub(crate) struct As<S>(pub(crate) S);

impl<'de, S: Shape<'de>> DeserializeSeed<'de> for As<S> {
    type Value = S::Out;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Out, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Shape<'de>> Visitor<'de> for As<S> {
    type Value = S::Out;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<S::Out, E> {
        Ok(self.0.null())
    }
    fn visit_bool<E>(self, _: bool) -> Result<S::Out, E> {
        Ok(self.0.other())
    }
    fn visit_i64<E>(self, _: i64) -> Result<S::Out, E> {
        Ok(self.0.other())
    }
    fn visit_u64<E>(self, number: u64) -> Result<S::Out, E> {
        Ok(self.0.number(number))
    }
    fn visit_f64<E>(self, _: f64) -> Result<S::Out, E> {
        Ok(self.0.other())
    }
    fn visit_str<E>(self, text: &str) -> Result<S::Out, E> {
        Ok(self.0.text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<S::Out, A::Error> {
        self.0.array(seq)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<S::Out, A::Error> {
        self.0.object(map)
    }
}

impl Shape<'_> for Check<'_> {
    type Out = ();
    fn place(&self) -> Check<'_> {
        *self
    }
    fn null(self) {}
    fn other(self) {}
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        As(self).deserialize(deserializer)
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

    fn parse(text: &str) -> Result<(), String> {
        let walk = Walk::new();
        read(text.as_bytes(), walk.root()).map_err(|error| error.to_string())?;
        walk.fault().map_or(Ok(()), Err)
    }

    #[test]
    fn refuses_what_two_parsers_read_differently() {
        for good in [
            r#"{"a":[1,-2,3.5,null,true,"x",{"b":{}}]}"#,
            r#"{"annotations":{"Digest":"a","digest":"b"}}"#,
            r#"{"x":{"a":1},"y":{"a":1}}"#,
        ] {
            assert_eq!(parse(good), Ok(()), "{good}");
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
        assert_eq!(parse(&nested(MAX_DEPTH)), Ok(()));
        assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
        assert!(parse(&nested(100_000)).unwrap_err().contains("deeper"));
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    /// REG-05: keys that must be remembered are capped, over all objects that are open, and given back.
    #[test]
    fn reg_05_refuses_too_many_keys() {
        let parse = |text: &str| {
            let walk = Walk::new();
            walk.keys.set(8);
            read(text.as_bytes(), walk.root()).unwrap();
            walk.fault()
        };
        let object = |count: usize| {
            format!("{{{}}}", (0..count).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(","))
        };
        assert_eq!(parse(&object(8)), None);
        assert!(parse(&object(9)).unwrap().contains("keys"));
        let around = |inner: &str| format!("{{\"a\":0,\"b\":0,\"c\":0,\"x\":{inner}}}");
        assert_eq!(parse(&around(&object(4))), None);
        assert!(parse(&around(&object(5))).is_some());
        assert_eq!(parse(&format!("[{0},{0}]", object(8))), None, "given back");
    }

    #[test]
    fn faults_are_short() {
        let key = "k".repeat(100_000);
        assert!(parse(&format!("{{\"{key}\":0,\"{key}\":0}}")).unwrap_err().len() < 200);
    }
}
