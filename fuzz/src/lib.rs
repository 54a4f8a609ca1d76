//! What the targets share: an independent look at JSON, and what holds for every scan of a file.

use std::collections::HashSet;
use std::fmt;

use proofmark_core::Digest;
use proofmark_refs::{FileKind, Found, Scan, ScanLimits, pin, scan, shell_texts};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON document in which no object has a key twice; its value is not kept.
pub struct UniqueKeys;

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = UniqueKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueKeys, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("duplicate key"));
            }
            map.next_value::<UniqueKeys>()?;
        }
        Ok(UniqueKeys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<UniqueKeys, A::Error> {
        while seq.next_element::<UniqueKeys>()?.is_some() {}
        Ok(UniqueKeys)
    }

    fn visit_unit<E>(self) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_bool<E>(self, _: bool) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_i64<E>(self, _: i64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_u64<E>(self, _: u64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_f64<E>(self, _: f64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_str<E>(self, _: &str) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }
}

/// Asserts that bytes which a strict parser accepted are JSON, that no object in them has a key twice, and that nothing follows.
pub fn assert_unique_keys(bytes: &[u8]) {
    let result = serde_json::from_slice::<UniqueKeys>(bytes);
    assert!(result.is_ok(), "accepted, but: {:?}", result.err());
}

/// Holds a scan against the file: every span lies in it and is the text that was found, every place is one of its lines, and
/// what is pinned is found again with its digest, while everything else says what it said.
pub fn assert_scan(bytes: &[u8], kind: FileKind) {
    let limits = ScanLimits::default();
    let before = scan("f", bytes, kind, &limits);
    assert_places(bytes, &before);
    for commands in shell_texts(bytes, kind, &limits) {
        let place = commands.place(0..commands.text().len());
        assert!(place.is_none_or(|place| place.end <= bytes.len() + 3), "the commands lie in the file");
    }
    let digest = Digest::sha256(b"pinned");
    let may = |found: &&Found| found.pin(&digest).is_ok();
    let pins: Vec<(&Found, &Digest)> =
        before.found.iter().filter(may).map(|found| (found, &digest)).collect();
    // A refusal leaves the file as it is.
    let Ok(out) = pin("f", bytes, kind, &limits, &pins) else { return };
    let after = scan("f", &out, kind, &limits);
    assert_places(&out, &after);
    assert_eq!(before.found.len(), after.found.len());
    let there = |found: &Found| found.target.image().and_then(|image| image.digest()).cloned();
    for (old, new) in before.found.iter().zip(&after.found) {
        match old.pin(&digest) {
            Ok(_) => assert_eq!(there(new).as_ref(), Some(&digest), "{old:?}"),
            Err(_) => assert_eq!(old.target, new.target),
        }
    }
    if pins.is_empty() {
        assert_eq!(out, bytes, "nothing was asked for");
    }
}

fn assert_places(bytes: &[u8], scan: &Scan) {
    let lines = bytes.split(|b| *b == b'\n').count();
    for found in &scan.found {
        let there = bytes.get(found.span.clone()).expect("the span lies in the file");
        match std::str::from_utf8(there) {
            // A text is cut, and never in a character.
            Ok(text) => assert!(
                text.starts_with(&found.text) && (text.len() == found.text.len() || found.text.len() > 4000),
                "{found:?}"
            ),
            // Bytes that are no text stand for themselves, one by one.
            Err(_) => assert!(found.text.len() == there.len() || found.text.len() > 4000, "{found:?}"),
        }
    }
    let origins = scan.found.iter().map(|found| &found.origin);
    let origins = origins.chain(scan.problems.iter().map(|problem| &problem.origin));
    for origin in origins.chain(scan.allows.iter().map(|allow| &allow.origin)) {
        assert!(origin.start.line >= 1 && origin.start.column >= 1 && origin.start <= origin.end, "{origin}");
        assert!(origin.end.line as usize <= lines, "{origin} of {lines} lines");
    }
}
