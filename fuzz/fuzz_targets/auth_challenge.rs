//! A challenge that is accepted has one realm, and reads back as itself.
#![no_main]

use std::fmt::Write as _;

use libfuzzer_sys::fuzz_target;
use proofmark_net::{Challenge, parse_challenge};

fuzz_target!(|text: &str| {
    let Ok(challenges) = parse_challenge(text) else { return };
    assert!(!challenges.is_empty());
    for challenge in &challenges {
        let mut names: Vec<&String> = challenge.parameters.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), challenge.parameters.len(), "a parameter is given twice");
        assert_eq!(challenge.scheme, challenge.scheme.to_ascii_lowercase());
    }
    let written: Vec<String> = challenges.iter().map(write).collect();
    let written = written.join(", ");
    // Quoting makes it longer, and longer than the cap is refused.
    if written.len() <= 8 * 1024 {
        assert_eq!(parse_challenge(&written).as_deref(), Ok(challenges.as_slice()), "{written}");
    }
});

fn write(challenge: &Challenge) -> String {
    let mut out = challenge.scheme.clone();
    for (index, (name, value)) in challenge.parameters.iter().enumerate() {
        let comma = if index == 0 { ' ' } else { ',' };
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = write!(out, "{comma}{name}=\"{value}\"");
    }
    out
}
