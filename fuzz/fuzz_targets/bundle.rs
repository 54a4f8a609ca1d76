//! A bundle that is parsed can be read in one way only: no key twice, and its digest survives another spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_fuzz::assert_unique_keys;
use proofmark_sigstore::Candidate;

fuzz_target!(|bytes: &[u8]| {
    let Ok(candidate) = Candidate::bundle(bytes) else { return };
    assert_unique_keys(bytes);
    let document: serde_json::Value = serde_json::from_slice(bytes).expect("it was just read");
    let respelled = serde_json::to_vec_pretty(&document).expect("JSON is written");
    let again = Candidate::bundle(&respelled);
    assert!(again.is_ok(), "white space and the order of keys decide: {:?}", again.err());
    let again = again.ok().map(|again| again.envelope_digest().clone());
    assert_eq!(again.as_ref(), Some(candidate.envelope_digest()));
});
