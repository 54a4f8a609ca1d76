//! A list of referrers that is accepted holds exactly the descriptors that were written, in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_fuzz::assert_unique_keys;
use proofmark_oci::parse_index;

fuzz_target!(|bytes: &[u8]| {
    let Ok(descriptors) = parse_index(bytes) else { return };
    assert_unique_keys(bytes);
    let document: serde_json::Value = serde_json::from_slice(bytes).expect("it was just read");
    let written = document["manifests"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(written.len(), descriptors.len());
    for (raw, descriptor) in written.iter().zip(&descriptors) {
        assert_eq!(raw["digest"], descriptor.digest.to_string());
        assert_eq!(raw["size"], descriptor.size);
    }
});
