//! Whether one pattern covers another, against every short text.
#![allow(clippy::unwrap_used, missing_docs)]

use proofmark_core::pattern::Glob;

/// Every sequence of one to `most` of these segments.
fn all(segments: &[&str], most: usize) -> Vec<String> {
    let mut every: Vec<String> = Vec::new();
    let mut last: Vec<String> = segments.iter().map(ToString::to_string).collect();
    for _ in 0..most {
        every.extend(last.iter().cloned());
        last = last
            .iter()
            .flat_map(|head| segments.iter().map(move |segment| format!("{head}/{segment}")))
            .collect();
    }
    every
}

/// A pattern covers another exactly if it matches every text that the other matches. The letter `x` stands in no
/// pattern: only a wildcard takes it.
#[test]
fn covering_is_matching_whatever_the_other_matches() {
    let patterns: Vec<Glob> =
        all(&["a", "*", "**", "a*"], 3).iter().map(|text| Glob::parse(text).unwrap()).collect();
    let texts = all(&["a", "ax", "xa"], 5);
    let matched: Vec<Vec<bool>> =
        patterns.iter().map(|pattern| texts.iter().map(|text| pattern.matches(text)).collect()).collect();
    for (wide, by_wide) in patterns.iter().zip(&matched) {
        for (narrow, by_narrow) in patterns.iter().zip(&matched) {
            let expected = by_narrow.iter().zip(by_wide).all(|(narrow, wide)| *wide || !narrow);
            assert_eq!(wide.covers(narrow), expected, "{} covers {}", wide.as_str(), narrow.as_str());
        }
    }
}

/// What a comparison costs: a step a segment and one for every sixteen bytes of the pattern, and the product of both lengths
/// only where beginning and end already fit.
#[test]
fn what_covering_costs() {
    let left = |wide: &str, narrow: &str| {
        let mut budget = 10_000;
        let answer = Glob::parse(wide).unwrap().covers_within(&Glob::parse(narrow).unwrap(), &mut budget);
        (answer, 10_000 - budget)
    };
    let long = "a".repeat(32);
    assert_eq!(left(&format!("{long}/a"), &format!("{long}/b")), (Some(false), 3 + 1));
    assert_eq!(left("a*b", "axb"), (Some(true), 1 + 9));
    assert_eq!(left("a*b", "axc"), (Some(false), 1));
    assert_eq!(left("a*b", "cxb"), (Some(false), 1));
}
