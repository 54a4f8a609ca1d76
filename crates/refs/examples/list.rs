//! Prints what the scanner finds, one JSON object a file: `list KIND FILE…`. For comparing with other parsers
//! (`tests/recall`).
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use proofmark_refs::{FileKind, Place, ScanLimits, Target, detect, scan};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let kind = args.next().as_deref().and_then(FileKind::parse).ok_or("list KIND FILE…")?;
    for file in args {
        let bytes = std::fs::read(&file)?;
        // `<digest>+<base name>`: the path of the corpus is not that of the repository.
        let base = file.rsplit(['/', '+']).next().unwrap_or_default();
        let scan = scan(&file, &bytes, kind, &ScanLimits::default());
        let found: Vec<_> = scan
            .found
            .iter()
            // The oracles look for images.
            .filter(|found| found.place != Place::NamedFile)
            .map(|found| {
                let why = match &found.target {
                    Target::Image(_) => None,
                    Target::Unresolved(why) => Some(why.to_string()),
                };
                json!({
                    "place": found.place.as_str(), "text": found.text, "value": found.value, "unresolved": why,
                    "line": found.origin.start.line,
                })
            })
            .collect();
        let problems: Vec<_> = scan.problems.iter().map(ToString::to_string).collect();
        let detected = detect(base, &bytes).map(FileKind::as_str);
        println!("{}", json!({ "file": file, "detected": detected, "found": found, "problems": problems }));
    }
    Ok(())
}
