//! minisign's two files are read within bounds, and no signature is of a file that was not signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_vendorsig::minisign::{Legacy, PublicKey, Signature, Verifier};

const KEY: &[u8] = include_bytes!("../../crates/vendorsig/tests/fixtures/minisign.pub");

fuzz_target!(|bytes: &[u8]| {
    let _ = PublicKey::parse(bytes);
    let Ok(signature) = Signature::parse(bytes) else { return };
    let key = PublicKey::parse(KEY).unwrap();
    let Ok(mut verifier) = Verifier::new(&signature, &key, Legacy::UpTo(1 << 10)) else { return };
    verifier.update(b"what nobody signed");
    assert!(verifier.finish().is_err());
});
