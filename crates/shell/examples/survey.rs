//! Which of the named scripts can be read and what they run, and why the others cannot: one line each, tab-separated, then
//! what all of it took.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use proofmark_shell::syntax::{CommandKind, Script, Simple};
use proofmark_shell::{Limits, read};

/// The command words, as they are written.
fn names(script: &Script, text: &str) -> String {
    let mut names = Vec::new();
    script.each_command(&mut |command| {
        if let CommandKind::Simple(Simple { words, .. }) = &command.kind
            && let Some(word) = words.first()
        {
            names.push(word.span.of(text).escape_debug().to_string());
        }
    });
    names.join(" ")
}

fn main() {
    let mut times = Vec::new();
    let (mut bytes_read, mut accepted) = (0, 0);
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let start = std::time::Instant::now();
        let reading = read(&bytes, &Limits::default());
        let micros = start.elapsed().as_micros();
        let text = String::from_utf8_lossy(&bytes);
        let said = match &reading.script {
            Ok(script) => {
                accepted += 1;
                format!("ok\t{}", names(script, &text))
            }
            Err(error) => {
                let start = error.span().origin(&path, &text).start;
                format!("no\t{}:{}: {error}", start.line, start.column)
            }
        };
        println!("{path}\t{micros}\t{said}");
        times.push(micros);
        bytes_read += bytes.len();
    }
    times.sort_unstable();
    let (all, last) = (times.iter().sum::<u128>(), times.len().saturating_sub(1));
    if let (Some(median), Some(slowest)) = (times.get(last / 2), times.last()) {
        println!(
            "{accepted} of {} files read, {bytes_read} bytes in {all} µs; median {median} µs, slowest {slowest} µs",
            times.len()
        );
    }
}
