//! A bake file is scanned without losing its places, and pinned without changing anything else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_fuzz::assert_scan;
use proofmark_refs::FileKind;

fuzz_target!(|bytes: &[u8]| {
    assert_scan(bytes, FileKind::Bake);
});
