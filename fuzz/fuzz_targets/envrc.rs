//! A file is followed and judged without end, panic or lost place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_envrc::{Limits, NoFiles, judge};

/// A panic of the second reader of bash is caught, and is an answer; what nobody catches still ends the process.
fn let_panics_unwind() {
    std::panic::set_hook(Box::new(|panic| {
        // The second reader's are many, and no news.
        if !panic.location().is_some_and(|at| at.file().contains("brush-parser")) {
            eprintln!("{panic}");
        }
    }));
}

fuzz_target!(init: let_panics_unwind(), |bytes: &[u8]| {
    let judged = judge(".envrc", bytes, &NoFiles, &Limits::default());
    // One verdict, and everything that was found has a place and a way to mend it.
    let (verdict, found) = judged.findings.split_first().expect("a verdict");
    assert_eq!(verdict.rule.id, "envrc-unreadable");
    for row in found {
        let place = row.location.as_ref().expect("a place");
        assert!(place.start <= place.end && place.start.line > 0, "{place:?}");
        assert!(!row.message.is_empty() && !row.help.is_empty());
    }
    // The same bytes, the same answer.
    let again = judge(".envrc", bytes, &NoFiles, &Limits::default());
    let rows = |judged: &proofmark_envrc::Judged| {
        judged.findings.iter().map(|row| (row.rule.id, row.message.clone())).collect::<Vec<_>>()
    };
    assert_eq!(rows(&judged), rows(&again));
});
