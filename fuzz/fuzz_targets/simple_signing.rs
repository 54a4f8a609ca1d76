//! A legacy `.sig` layer: the payload, an empty line, then `annotation: value` lines.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use proofmark_core::Digest;
use proofmark_sigstore::Candidate;

fuzz_target!(|text: &str| {
    let (payload, lines) = text.split_once("\n\n").unwrap_or((text, ""));
    let annotations: BTreeMap<String, String> = lines
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.replace("\\n", "\n")))
        .collect();
    let Ok(candidate) = Candidate::simple_signing(payload.as_bytes(), &annotations) else { return };
    assert_eq!(
        *candidate.envelope_digest(),
        Digest::sha256(payload.as_bytes()),
        "the payload is what is signed"
    );
    assert!(annotations.keys().any(|name| name.ends_with("cosignproject.cosign/signature")), "no signature");
});
