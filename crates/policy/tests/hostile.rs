//! Policies that are made to keep their reader busy: each ends, and says which cap it reached. What would need minutes
//! without the cap does not end in this test.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::fmt::Write as _;

use proofmark_policy::{Code, LoadFailure, parse_str};

const HEAD: &str = "version = 1\n\n[signers.a]\nkey = \"platform.pub\"\n";

/// `count` times what `row` writes for the index.
fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "{}", row(index));
        text
    })
}

fn entries(count: usize, pattern: impl Fn(usize) -> String) -> String {
    let entry = |index| format!("[[image]]\nmatch = \"{}\"\nsigned-by = [\"a\"]\n", pattern(index));
    format!("{HEAD}{}", rows(count, entry))
}

fn policy(text: &str) -> Result<usize, LoadFailure> {
    parse_str(text, "proofmark.toml").map(|draft| draft.images())
}

/// The one error there is.
fn only(result: Result<usize, LoadFailure>) -> (Code, String) {
    let failure = result.unwrap_err();
    assert_eq!((failure.errors.len(), failure.omitted), (1, 0), "{failure:?}");
    (failure.errors[0].code, failure.errors[0].message.clone())
}

#[test]
fn patterns_that_are_slow_to_compare() {
    let a = "a".repeat(240);
    let text = entries(2000, |index| format!("*{a}{index}{a}*/x"));
    let (code, message) = only(policy(&text));
    assert_eq!(code, Code::Limit);
    assert!(message.contains("too many and too much alike"), "{message}");
}

/// As many entries as a policy may have, of shapes that people write, are far from the cap.
#[test]
fn two_thousand_everyday_entries_are_compared() {
    for shape in [
        |index| format!("ghcr.io/acme/app-{index}"),
        |index| format!("ghcr.io/*/team-{index}/**"),
        |index| format!("*-docker.pkg.dev/acme-{index}/*/app"),
    ] as [fn(usize) -> String; 3]
    {
        assert_eq!(policy(&entries(2000, shape)), Ok(2000), "{}", shape(0));
    }
}
