//! Whether one glob matches all that another matches.

use super::glob::{Segment, match_chars};

/// A part of the wide pattern.
#[derive(Debug, Clone, Copy)]
enum Wide<'a> {
    /// One segment.
    One(&'a str),
    /// Any segments, at least so many: a run of `*` and `**`, whose order does not matter.
    AtLeast(usize),
}

/// A part of the narrow pattern, which is matched as if it were a text.
#[derive(Debug, Clone, Copy)]
enum Narrow<'a> {
    /// One segment, in which a `*` is a character that only a wildcard can stand for.
    One(&'a str),
    /// What `**` stands for after its first segment: any segments, or none.
    Rest,
}

/// Whether `wide` covers `narrow`, for at most `budget` steps, which are subtracted from it; `None` if they were too many.
pub(super) fn covers(mut wide: &[Segment], mut narrow: &[Segment], budget: &mut u64) -> Option<bool> {
    // What stands for one segment on both sides can only stand for each other: most pairs differ there.
    while let ([Segment::One(pattern), wider @ ..], [Segment::One(text), narrower @ ..]) = (wide, narrow) {
        if !takes(pattern, text, budget)? {
            return Some(false);
        }
        (wide, narrow) = (wider, narrower);
    }
    Covering { wide: runs(wide), narrow: parts(narrow) }.holds(budget)
}

/// Whether a segment covers another, whose `*` is a character that only a wildcard can stand for.
fn takes(pattern: &str, text: &str, budget: &mut u64) -> Option<bool> {
    spend(budget, 1 + pattern.len() / 16)?;
    if pattern == text {
        return Some(true);
    }
    let (Some((head, _)), Some((_, tail))) = (pattern.split_once('*'), pattern.rsplit_once('*')) else {
        return Some(false);
    };
    if !(text.starts_with(head) && text.ends_with(tail)) {
        return Some(false);
    }
    spend(budget, pattern.len().saturating_mul(text.len()))?;
    Some(match_chars(pattern, text, |_| true))
}

/// What is left of the question, with both patterns taken apart.
#[derive(Debug)]
struct Covering<'a> {
    wide: Vec<Wide<'a>>,
    narrow: Vec<Narrow<'a>>,
}

impl Covering<'_> {
    /// Dynamic programming as in matching: bounded by wide × narrow.
    fn holds(&self, budget: &mut u64) -> Option<bool> {
        // reach[j]: the wide pattern so far covers the first j parts of the narrow one.
        let mut reach = vec![false; self.narrow.len() + 1];
        reach[0] = true;
        for wide in &self.wide {
            spend(budget, reach.len())?;
            reach = match wide {
                Wide::One(pattern) => self.one(pattern, &reach, budget)?,
                Wide::AtLeast(least) => self.at_least(*least, &reach),
            };
            if !reach.contains(&true) {
                return Some(false);
            }
        }
        Some(reach[self.narrow.len()])
    }

    fn one(&self, pattern: &str, reach: &[bool], budget: &mut u64) -> Option<Vec<bool>> {
        let mut next = vec![false; reach.len()];
        for (j, part) in self.narrow.iter().enumerate() {
            // One segment never stands for a part that may be none or many.
            if let Narrow::One(text) = part
                && reach[j]
            {
                next[j + 1] = takes(pattern, text, budget)?;
            }
        }
        Some(next)
    }

    fn at_least(&self, least: usize, reach: &[bool]) -> Vec<bool> {
        // Segments of the narrow pattern that are there for certain, before each of its parts.
        let mut certain = vec![0; reach.len()];
        for (j, part) in self.narrow.iter().enumerate() {
            certain[j + 1] = certain[j] + usize::from(matches!(part, Narrow::One(_)));
        }
        // What begins at the first place reached has the most parts to stand for.
        let first = reach.iter().position(|reached| *reached).unwrap_or(0);
        certain.iter().map(|count| *count >= certain[first] + least).collect()
    }
}

fn spend(budget: &mut u64, steps: usize) -> Option<()> {
    *budget = budget.checked_sub(u64::try_from(steps).ok()?)?;
    Some(())
}

/// Takes runs of `*` and `**` with at least one `**` together.
fn runs(segments: &[Segment]) -> Vec<Wide<'_>> {
    let mut runs = Vec::new();
    for group in segments.chunk_by(|a, b| is_any(a) && is_any(b)) {
        if group.contains(&Segment::Many) {
            runs.push(Wide::AtLeast(group.len()));
            continue;
        }
        runs.extend(group.iter().filter_map(|segment| match segment {
            Segment::One(text) => Some(Wide::One(text)),
            Segment::Many => None,
        }));
    }
    runs
}

fn is_any(segment: &Segment) -> bool {
    match segment {
        Segment::Many => true,
        Segment::One(text) => text == "*",
    }
}

fn parts(segments: &[Segment]) -> Vec<Narrow<'_>> {
    let part = |segment| match segment {
        &Segment::Many => vec![Narrow::One("*"), Narrow::Rest],
        Segment::One(text) => vec![Narrow::One(text)],
    };
    segments.iter().flat_map(part).collect()
}
