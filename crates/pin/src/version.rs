//! Versions as vendors write them: which is older, and which one a program says that it is.

use std::cmp::Ordering;

use crate::recipe::Recipe;

/// Which of two versions is older; `None` where that is not told by their numbers.
///
/// Semantic versioning's order (2.0.0, 11), with as many numbers as there are, with leading zeros (`2.33.0-beta.01`), with or without
/// a `v` in front; what follows a `+` does not count.
pub fn compare(one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (Parts::of(one)?, Parts::of(other)?);
    let numbers = numbers(&one.numbers, &other.numbers);
    Some(numbers.then_with(|| prerelease(one.prerelease, other.prerelease)))
}

struct Parts<'a> {
    numbers: Vec<&'a str>,
    prerelease: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let text = plain(text);
        let text = text.split('+').next().unwrap_or_default();
        let (release, prerelease) = match text.split_once('-') {
            Some((release, prerelease)) => (release, Some(prerelease)),
            None => (text, None),
        };
        let numbers: Vec<&str> = release.split('.').collect();
        let numeric = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        numbers.iter().all(numeric).then_some(Self { numbers, prerelease })
    }
}

fn plain(text: &str) -> &str {
    text.strip_prefix(['v', 'V']).unwrap_or(text)
}

/// By value, whatever their length: without a limit of digits.
fn number(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

fn numbers(one: &[&str], other: &[&str]) -> Ordering {
    let count = one.len().max(other.len());
    let at = |parts: &[&str], at: usize| parts.get(at).map_or("0".to_owned(), |part| (*part).to_owned());
    (0..count)
        .map(|index| number(&at(one, index), &at(other, index)))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn prerelease(one: Option<&str>, other: Option<&str>) -> Ordering {
    let (one, other) = match (one, other) {
        (None, None) => return Ordering::Equal,
        // "a pre-release version has lower precedence than the associated normal version"
        (None, Some(_)) => return Ordering::Greater,
        (Some(_), None) => return Ordering::Less,
        (Some(one), Some(other)) => (one, other),
    };
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (mut left, mut right) = (one.split('.'), other.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => match (numeric(one), numeric(other)) {
                (true, true) => number(one, other),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => one.cmp(other),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// How a tool is asked for its version, by the program's own recipe; `None`: nobody knows, and it is not asked.
pub fn question(tool: &str) -> Option<Vec<String>> {
    Some(Recipe::embedded(tool)?.asks?.arguments)
}

/// The first version in what a program printed: digits with dots between them, with or without a `v` in front. What is built into
/// it, such as `go1.25`, is told with letters in front.
pub fn reported(output: &str) -> Option<&str> {
    let end = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '"' | '\'' | '(' | ')' | '=');
    let words = output.split(end).map(|word| word.trim_end_matches('.'));
    words.filter(|word| word.len() <= 64).map(plain).find(|word| {
        let release = word.split(['-', '+']).next().unwrap_or_default();
        release.contains('.') && Parts::of(word).is_some()
    })
}

/// Whether two texts are one version: what follows a `+`, and a `v` in front, say nothing of it.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || compare(one, other) == Some(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_versions() {
        let ascending = [
            "0.9",
            "1",
            "1.0.1",
            "1.9.0",
            "1.10.0",
            "2.33.0-alpha",
            "2.33.0-beta.01",
            "2.33.0-beta.2",
            "2.33.0-beta.10",
            "2.33.0-beta.x",
            "2.33.0",
            "v2.33.1",
            "99999999999999999999999.0",
        ];
        for (at, one) in ascending.iter().enumerate() {
            for (other_at, other) in ascending.iter().enumerate() {
                assert_eq!(compare(one, other), Some(at.cmp(&other_at)), "{one} {other}");
            }
        }
        for (one, other) in [("1.0", "v1.0.0"), ("4.2.4", "v4.2.4+gabcdef"), ("1.2.3-rc.1", "1.2.3-rc.01")] {
            assert!(is_same(one, other), "{one} {other}");
        }
        assert!(
            !is_same("1.2", "1.2-rc1") && is_same("nightly", "nightly") && !is_same("nightly", "nightly2")
        );
        for unknown in ["", "nightly", "1..2", "1.x", "r2024", "1.2_3"] {
            assert_eq!(compare(unknown, "1.0"), None, "{unknown}");
        }
    }

    #[test]
    fn what_programs_print() {
        for (output, version) in [
            ("2.39.0\n", Some("2.39.0")),
            ("2.33.0-beta.01", Some("2.33.0-beta.01")),
            ("Client Version: v1.35.2\nKustomize Version: v5.7.1\n", Some("1.35.2")),
            ("v4.2.4+gabc1234\n", Some("4.2.4+gabc1234")),
            ("  ____\nGitVersion:    v3.1.3\nGitCommit: 12ab\nGoVersion: go1.25.1\n", Some("3.1.3")),
            ("Application:     syft\nVersion:    1.51.0\nGoVersion: go1.25\n", Some("1.51.0")),
            ("gh version 2.80.0 (2026-01-02)", Some("2.80.0")),
            ("Version: 1.19.1.", Some("1.19.1")),
            ("GoVersion: go1.25.1", None),
            ("error 12", None),
            ("", None),
        ] {
            assert_eq!(reported(output), version, "{output}");
        }
    }
}
