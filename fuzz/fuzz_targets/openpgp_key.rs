//! A key is read within bounds, its standing only ever shortens, and armor changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_core::Timestamp;
use proofmark_vendorsig::openpgp::Key;

fuzz_target!(|bytes: &[u8]| {
    let Ok(key) = Key::parse(bytes) else { return };
    let _ = key.users().count();
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    if let Ok(standing) = key.standing(now) {
        assert_eq!(standing.fingerprint, key.fingerprint());
        assert!(!standing.signers.is_empty());
        assert!(standing.expires.is_none_or(|end| end > now));
    }
});
