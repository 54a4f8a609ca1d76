//! Which of the named scripts can be read, and why the others cannot: one line each, tab-separated.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use proofmark_shell::{Limits, read};

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let start = std::time::Instant::now();
        let reading = read(&bytes, &Limits::default());
        let micros = start.elapsed().as_micros();
        let text = String::from_utf8_lossy(&bytes);
        let said = match &reading.script {
            Ok(script) => format!("ok\t{} chains", script.body.chains.len()),
            Err(error) => {
                let start = error.span().origin(&path, &text).start;
                format!("no\t{}:{}: {error}", start.line, start.column)
            }
        };
        println!("{path}\t{micros}\t{said}");
    }
}
