//! A policy is read whole or refused, with errors that point into it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_policy::{MAX_ERRORS, parse_str};

fuzz_target!(|text: &str| {
    match parse_str(text, "proofmark.toml") {
        Ok(_) => assert!(text.contains("version"), "a policy without version was read"),
        Err(failure) => {
            assert!(!failure.errors.is_empty() && failure.errors.len() <= MAX_ERRORS);
            let lines = text.split('\n').count();
            for error in &failure.errors {
                assert!(!error.message.is_empty() && !error.help.is_empty());
                assert_eq!(error.origin.file, "proofmark.toml");
                let (start, end) = (error.origin.start, error.origin.end);
                assert!(start.line >= 1 && start.column >= 1 && start <= end, "{}", error.origin);
                assert!(start.line as usize <= lines, "{} of {lines} lines", error.origin);
            }
        }
    }
});
