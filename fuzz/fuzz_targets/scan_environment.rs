//! An environment file is scanned without losing its places, and read without showing what it holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_fuzz::assert_scan;
use proofmark_refs::{FileKind, environment};

fuzz_target!(|bytes: &[u8]| {
    assert_scan(bytes, FileKind::Environment);
    let (_, problems) = environment(".env", bytes);
    assert!(problems.iter().all(|problem| problem.origin.line_text.is_empty()));
});
