//! An image configuration that is accepted lists exactly the diff IDs that were written, in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_fuzz::assert_unique_keys;
use proofmark_oci::parse_config;

fuzz_target!(|bytes: &[u8]| {
    let Ok(config) = parse_config(bytes) else { return };
    assert_unique_keys(bytes);
    let document: serde_json::Value = serde_json::from_slice(bytes).expect("it was just read");
    assert_eq!(document["rootfs"]["type"], "layers");
    let written = document["rootfs"]["diff_ids"].as_array().map(Vec::as_slice).unwrap_or_default();
    let read: Vec<String> = config.diff_ids.iter().map(ToString::to_string).collect();
    assert_eq!(written.len(), read.len());
    for (raw, diff_id) in written.iter().zip(&read) {
        assert_eq!(raw, diff_id.as_str());
    }
});
