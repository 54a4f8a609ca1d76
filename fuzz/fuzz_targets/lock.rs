//! A lock that is read is written as itself, and never with another meaning; and so is one that a program carries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_lock::Lock;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(carried) = Lock::from_section(bytes, "program") {
        let again = Lock::from_section(&carried.to_section(), "program").expect("what was embedded is read");
        assert_eq!(again, carried);
    }
    let Ok(lock) = Lock::parse(bytes, "proofmark.lock") else { return };
    let text = lock.to_text();
    let again = Lock::parse(text.as_bytes(), "proofmark.lock").expect("what was written is a lock");
    assert_eq!(again, lock);
    assert_eq!(again.to_text(), text);
});
