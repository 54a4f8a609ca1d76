//! A signature is read within bounds, names a key, and is of no file that was not signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_core::Timestamp;
use proofmark_vendorsig::openpgp::{Key, Signature, Verifier};

const KEY: &[u8] = include_bytes!("../../crates/vendorsig/tests/fixtures/nistp256.asc");

fuzz_target!(|bytes: &[u8]| {
    let Ok(signature) = Signature::parse(bytes) else { return };
    assert!(!signature.issuer().is_empty());
    let key = Key::parse(KEY).unwrap();
    let Ok(mut verifier) = Verifier::new(&signature, &key) else { return };
    verifier.update(b"what nobody signed");
    assert!(verifier.finish(Timestamp::from_second(1_790_000_000).unwrap()).is_err());
});
