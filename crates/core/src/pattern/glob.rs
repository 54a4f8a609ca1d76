//! Globs over names, matched with dynamic programming.

use super::cover::covers;
use super::{MAX_WILDCARDS, PatternError};

/// Bytes of a pattern over names: a host with its port has at most 259, a repository's path 255. Longer ones match nothing
/// that anyone can name, and comparing patterns costs the product of their lengths.
const MAX_BYTES: usize = 512;

/// A pattern over `/`-separated segments: `*` is zero or more characters within a segment,
/// `**` is a whole segment standing for one or more; everything else is literal, empty segments too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Many,
    One(String),
}

impl Glob {
    /// Parses a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        check(text, MAX_BYTES)?;
        Ok(Self { text: text.to_owned(), segments: segments(text)? })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern has no wildcard: it matches one text alone.
    pub fn is_literal(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        let parts: Vec<&str> = text.split('/').collect();
        match_segments(&self.segments, &parts, |segment, part| match segment {
            Segment::Many => true,
            Segment::One(pattern) => match_chars(pattern, part, |_| true),
        })
    }

    /// Whether every text that `other` matches is matched by `self`: by structure, so `false` may be too careful.
    pub fn covers(&self, other: &Self) -> bool {
        let mut boundless = u64::MAX;
        self.covers_within(other, &mut boundless) == Some(true)
    }

    /// [`Self::covers`], for at most `budget` steps, from which the steps taken are subtracted: patterns come from files
    /// that strangers may have written. `None` if they were not enough.
    pub fn covers_within(&self, other: &Self, budget: &mut u64) -> Option<bool> {
        covers(&self.segments, &other.segments, budget)
    }
}

/// What every glob must be, whatever it is over.
pub(super) fn check(text: &str, max_bytes: usize) -> Result<(), PatternError> {
    if text.is_empty() {
        return Err(PatternError::Empty);
    }
    if text.len() > max_bytes {
        return Err(PatternError::TooLong(max_bytes));
    }
    if text.matches('*').count() > MAX_WILDCARDS {
        return Err(PatternError::TooManyWildcards(MAX_WILDCARDS));
    }
    Ok(())
}

/// Splits a pattern into segments.
pub(super) fn segments(text: &str) -> Result<Vec<Segment>, PatternError> {
    text.split('/').map(segment).collect()
}

fn segment(text: &str) -> Result<Segment, PatternError> {
    match text {
        "**" => Ok(Segment::Many),
        other if other.contains("**") => Err(PatternError::DoubleStar),
        other => Ok(Segment::One(other.to_owned())),
    }
}

/// Matches segments with dynamic programming: bounded by pattern × text, never exponential. `takes` says whether a
/// segment of the pattern may stand for a part.
pub(super) fn match_segments<P>(
    pattern: &[Segment],
    parts: &[P],
    takes: impl Fn(&Segment, &P) -> bool,
) -> bool {
    // reach[j]: the pattern so far matches the first j parts.
    let mut reach = vec![false; parts.len() + 1];
    reach[0] = true;
    for segment in pattern {
        let mut next = vec![false; parts.len() + 1];
        for (j, part) in parts.iter().enumerate() {
            let here = reach[j] || (matches!(segment, Segment::Many) && next[j]);
            next[j + 1] = here && takes(segment, part);
        }
        reach = next;
    }
    reach[parts.len()]
}

/// Matches `*` within one segment; `allowed` says which characters a `*` may stand for.
pub(super) fn match_chars(pattern: &str, text: &str, allowed: impl Fn(char) -> bool) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    for p in &pattern {
        let mut next = vec![false; text.len() + 1];
        if *p == '*' {
            next[0] = reach[0];
        }
        for j in 0..text.len() {
            next[j + 1] = if *p == '*' {
                reach[j + 1] || (next[j] && allowed(text[j]))
            } else {
                reach[j] && *p == text[j]
            };
        }
        reach = next;
    }
    reach[text.len()]
}
