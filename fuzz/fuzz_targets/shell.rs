//! A script is read without losing its places, and what it says twice is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_shell::syntax::{CommandKind, Script};
use proofmark_shell::{Limits, Span, read};

/// The words of all simple commands.
fn words(script: &Script) -> Vec<Span> {
    let mut words = Vec::new();
    script.each_command(&mut |command| {
        words.push(command.span);
        if let CommandKind::Simple(simple) = &command.kind {
            words.extend(simple.words.iter().map(|word| word.span));
        }
    });
    words
}

/// A panic of the second reader is caught by the crate, and is an answer. libFuzzer's hook would end the process before it
/// unwinds; without that hook, what nobody catches still ends it, as libFuzzer catches it itself and aborts.
fn let_panics_unwind() {
    std::panic::set_hook(Box::new(|panic| {
        // The second reader's are many, and no news.
        if !panic.location().is_some_and(|at| at.file().contains("brush-parser")) {
            eprintln!("{panic}");
        }
    }));
}

fuzz_target!(init: let_panics_unwind(), |bytes: &[u8]| {
    let reading = read(bytes, &Limits::default());
    for oddity in &reading.oddities {
        assert!(oddity.span.start < oddity.span.end && oddity.span.end <= bytes.len());
    }
    let script = match &reading.script {
        Ok(script) => script,
        Err(error) => {
            let span = error.span();
            assert!(span.start <= span.end && span.end <= bytes.len());
            return;
        }
    };
    // What was read is text.
    let text = std::str::from_utf8(bytes).unwrap();
    let found = words(script);
    for span in &found {
        assert!(text.get(span.range()).is_some_and(|word| !word.is_empty()), "{span:?}");
    }
    // A line before it moves everything, and changes nothing.
    let again = read(format!("#\n{text}").as_bytes(), &Limits::default());
    if let Ok(script) = again.script {
        let moved: Vec<Span> = found.iter().map(|span| Span::new(span.start + 2, span.end + 2)).collect();
        assert_eq!(words(&script), moved);
    }
});
