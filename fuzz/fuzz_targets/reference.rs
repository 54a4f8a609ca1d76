//! An image reference that is accepted is written in exactly one way, and reads back as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_core::{Digest, ImageRef};

fuzz_target!(|text: &str| {
    if let Ok(digest) = Digest::parse(text) {
        assert_eq!(digest.to_string(), text, "a digest has one spelling");
    }
    let Ok(reference) = ImageRef::parse(text) else { return };
    let shown = reference.to_string();
    // A reference without tag and digest is shown as what it means, `:latest`.
    let again = ImageRef::parse(&shown).expect("what is shown is a reference");
    assert_eq!(again.to_string(), shown);
    assert_eq!(again.repository(), reference.repository());
    assert_eq!(again.digest(), reference.digest());
    assert!(again.digest().is_some() || again.tag() == Some(&reference.tag_or_latest()), "{shown}");
    let (host, path) = shown.split_once('/').expect("a normalised reference has a host");
    assert_eq!(host, reference.repository().host().as_str());
    assert!(shown.bytes().all(|b| b.is_ascii_graphic()), "{shown:?}");
    assert!(path.split('/').all(|part| !part.is_empty() && part != "." && part != ".."), "{path}");
    if let Some(digest) = reference.digest() {
        assert!(text.ends_with(&digest.to_string()), "the digest is the one that was written");
    }
});
