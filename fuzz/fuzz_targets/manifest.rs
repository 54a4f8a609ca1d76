//! A manifest that is accepted can be read in one way only, and every digest in it was written there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_fuzz::assert_unique_keys;
use proofmark_oci::{ImageManifest, parse_manifest};

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = parse_manifest(bytes) else { return };
    assert_unique_keys(bytes);
    let document: serde_json::Value = serde_json::from_slice(bytes).expect("it was just read");
    assert_eq!(document["schemaVersion"], 2);
    match &manifest {
        ImageManifest::Index { children, .. } => {
            assert!(document["layers"].is_null() && document["config"].is_null(), "read as both");
            assert_eq!(document["manifests"].as_array().map_or(0, Vec::len), children.len());
        }
        ImageManifest::Image { config, layers, .. } => {
            assert!(document["manifests"].is_null(), "read as both");
            assert_eq!(document["config"]["digest"], config.digest.to_string());
            let written = document["layers"].as_array().into_iter().flatten();
            let written: Vec<_> = written.map(|layer| layer["digest"].as_str()).collect();
            let read: Vec<_> = layers.iter().map(|layer| layer.digest.to_string()).collect();
            let read: Vec<_> = read.iter().map(|digest| Some(digest.as_str())).collect();
            assert_eq!(written, read);
        }
    }
    let subject = manifest.subject().map(ToString::to_string);
    assert_eq!(document["subject"]["digest"].as_str(), subject.as_deref());
});
