//! Inline allows: `# proofmark: allow[RULE] until=YYYY-MM-DD because "…"` in a comment beside a reference.
//!
//! Read as comments of the file's lines: behind a reference on its line, or alone on the line above it. A Dockerfile knows
//! only the second. What starts like one and is none is kept with its error, so that a slip never goes unseen.

use std::collections::HashMap;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proofmark_core::{Origin, Timestamp};

use crate::detect::FileKind;
use crate::found::Found;
use crate::scan::Scan;
use crate::text::Locator;

/// Days that an allow may lie ahead, as an exception's.
pub const MAX_ALLOW_DAYS: i32 = 180;

/// Bytes of a comment that are read.
const MAX_COMMENT: usize = 1024;

/// Allows of one file that are kept: more than this is a generated file, and they are not what is generated.
pub(crate) const MAX_ALLOWS: usize = 4096;

/// A comment that allows something, or means to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The comment.
    pub origin: Origin,
    /// What it says.
    pub says: Result<AllowText, AllowError>,
    /// The reference it stands beside, as an index into [`crate::Scan::found`].
    pub beside: Result<usize, BesideError>,
}

/// A well-formed allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowText {
    /// The rule, as written.
    pub rule: String,
    /// The last day, UTC.
    pub until: Date,
    /// Why.
    pub because: String,
}

impl AllowText {
    /// The moment before which it holds: the end of its last day, UTC.
    pub fn ends(&self) -> Timestamp {
        let next = self.until.tomorrow().unwrap_or(self.until);
        next.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    /// Whether its last day is further ahead than an allow may be.
    pub fn is_too_long(&self, now: Timestamp) -> bool {
        let today = now.to_zoned(TimeZone::UTC).date();
        today.until(self.until).map_or(true, |span| span.get_days() > MAX_ALLOW_DAYS)
    }
}

/// Why a comment is no allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllowError {
    /// It does not begin with `proofmark: allow[RULE]`.
    #[error("it does not begin with `proofmark: allow[RULE]`")]
    Rule,
    /// `until=` is missing, or no day.
    #[error("`until=YYYY-MM-DD` is missing behind the rule, or names no day")]
    Until,
    /// `because "…"` is missing or empty.
    #[error("`because \"…\"` is missing behind the day, or gives no reason")]
    Because,
    /// Something stands behind it.
    #[error("something stands behind the reason")]
    More,
    /// The revision that judges has no such allow beside this reference.
    #[error("the revision that judges has no such allow beside this reference of this file")]
    NotBefore,
}

/// Why an allow stands beside no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BesideError {
    /// There is none on its line, or on the next.
    #[error("no reference stands beside it")]
    None,
    /// There are several: which one is meant is not known.
    #[error("several references stand beside it")]
    Several,
}

/// Takes the force from each allow that `before`, the same file as the revision that judges has it, does not have beside the
/// same reference (verdicts.md 7): a request must not answer for itself. An allow there counts for one here.
pub fn keep_allows_of(scan: &mut Scan, before: Option<&Scan>) {
    let mut left: Vec<&Allow> = before.map(|before| before.allows.iter().collect()).unwrap_or_default();
    let beside = |scan: &Scan, allow: &Allow| allow.beside.ok().and_then(|at| scan.found.get(at).cloned());
    let marks: Vec<bool> = scan
        .allows
        .iter()
        .map(|allow| {
            let known = left.iter().position(|old| {
                let reference = before.and_then(|before| beside(before, old));
                old.says.is_ok()
                    && old.says == allow.says
                    && beside(scan, allow).zip(reference).is_some_and(|(is, was)| is_same(&is, &was))
            });
            known.map(|at| left.swap_remove(at)).is_some()
        })
        .collect();
    for (allow, known) in scan.allows.iter_mut().zip(marks) {
        // One that is malformed, or stands beside nothing, allows nothing as it is.
        if !known && allow.says.is_ok() && allow.beside.is_ok() {
            allow.says = Err(AllowError::NotBefore);
        }
    }
}

/// The same reference, wherever in the file it stands.
fn is_same(a: &Found, b: &Found) -> bool {
    (&a.text, &a.value, &a.place, &a.platform, &a.target)
        == (&b.text, &b.value, &b.place, &b.platform, &b.target)
}

/// A comment before its place is known as lines.
struct Comment<'a> {
    span: Range<usize>,
    text: &'a str,
    /// Whether nothing but blanks stands before it.
    alone: bool,
    line: usize,
}

/// The allows of a file, each with the reference that it stands beside.
pub(crate) fn allows(path: &str, text: &str, kind: FileKind, found: &[Found]) -> Vec<Allow> {
    if !text.as_bytes().windows(MARK.len()).any(|part| part.eq_ignore_ascii_case(MARK.as_bytes())) {
        return Vec::new();
    }
    let comments = comments(text, kind);
    let targets = targets(&comments);
    let mut on_line: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, found) in found.iter().enumerate() {
        on_line.entry(usize::try_from(found.origin.start.line).unwrap_or(usize::MAX)).or_default().push(at);
    }
    let beside = |comment: &Comment<'_>| {
        let line = targets.get(&comment.line).copied().unwrap_or(comment.line);
        let before = |at: &&usize| {
            comment.alone || found.get(**at).is_some_and(|found| found.span.end <= comment.span.start)
        };
        let mut here = on_line.get(&line).into_iter().flatten().filter(before);
        match (here.next(), here.next()) {
            (Some(at), None) => Ok(*at),
            (None, _) => Err(BesideError::None),
            (Some(_), Some(_)) => Err(BesideError::Several),
        }
    };
    let mut locator = Locator::new(path, text);
    let allow = |comment: &Comment<'_>| Allow {
        origin: locator.origin(&comment.span),
        says: parse(comment.text),
        beside: beside(comment),
    };
    comments.iter().map(allow).collect()
}

/// The line that each comment which stands alone means: several above one reference mean the first line below that is none.
fn targets(comments: &[Comment<'_>]) -> HashMap<usize, usize> {
    let mut targets: HashMap<usize, usize> = HashMap::new();
    for comment in comments.iter().rev().filter(|comment| comment.alone) {
        let next = comment.line + 1;
        targets.insert(comment.line, targets.get(&next).copied().unwrap_or(next));
    }
    targets
}

/// How every allow begins, whatever its case: a slip in it is told.
const MARK: &str = "proofmark:";

/// Comments that begin with [`MARK`].
fn comments(text: &str, kind: FileKind) -> Vec<Comment<'_>> {
    let open = if kind == FileKind::Devcontainer { "//" } else { "#" };
    let mut comments = Vec::new();
    let mut at = 0;
    for (line, whole) in text.split_inclusive('\n').enumerate() {
        if let Some(start) = comment_of(whole, open, kind)
            && comments.len() < MAX_ALLOWS
        {
            let body = whole.get(start..).unwrap_or("").trim_end();
            let end = body.floor_char_boundary(MAX_COMMENT.min(body.len()));
            comments.push(Comment {
                span: at + start..at + start + end,
                text: body.get(open.len()..end).unwrap_or("").trim_start(),
                alone: whole.get(..start).unwrap_or("").trim_start_matches('\u{feff}').trim().is_empty(),
                line: line + 1,
            });
        }
        at += whole.len();
    }
    comments
}

/// Where the comment of a line begins that begins with [`MARK`]: behind blanks, and in a Dockerfile at the line's beginning
/// (Dockerfile reference, "Format": elsewhere `#` is an argument).
fn comment_of(line: &str, open: &str, kind: FileKind) -> Option<usize> {
    line.match_indices(open).map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).unwrap_or("").trim_start_matches('\u{feff}');
        let begins = before.trim().is_empty()
            || (kind != FileKind::Dockerfile && (before.ends_with([' ', '\t']) || open == "//"));
        let body = line.get(at + open.len()..).unwrap_or("").trim_start();
        begins && body.get(..MARK.len()).is_some_and(|mark| mark.eq_ignore_ascii_case(MARK))
    })
}

/// Reads what stands behind the comment sign.
fn parse(text: &str) -> Result<AllowText, AllowError> {
    let rest = text.strip_prefix(MARK).ok_or(AllowError::Rule)?.trim_start();
    let rest = rest.strip_prefix("allow[").ok_or(AllowError::Rule)?;
    let (rule, rest) = rest.split_once(']').ok_or(AllowError::Rule)?;
    let named = !rule.is_empty() && rule.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if !named {
        return Err(AllowError::Rule);
    }
    let rest = blank(rest).and_then(|rest| rest.strip_prefix("until=")).ok_or(AllowError::Until)?;
    let (day, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    // Digits and dashes alone: the library reads more shapes of a day.
    let plain = day.len() == 10 && day.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let until = day.parse().ok().filter(|_| plain).ok_or(AllowError::Until)?;
    let rest = rest.trim_start().strip_prefix("because").and_then(blank).ok_or(AllowError::Because)?;
    let (because, rest) =
        rest.strip_prefix('"').and_then(|rest| rest.split_once('"')).ok_or(AllowError::Because)?;
    if because.trim().is_empty() {
        return Err(AllowError::Because);
    }
    if !rest.trim().is_empty() {
        return Err(AllowError::More);
    }
    Ok(AllowText { rule: rule.to_owned(), until, because: because.to_owned() })
}

/// What follows at least one blank.
fn blank(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches([' ', '\t']);
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ScanLimits, scan};

    const GOOD: &str = "proofmark: allow[image-unpinned] until=2027-01-31 because \"x\"";

    fn of(text: &str, kind: FileKind) -> Vec<Allow> {
        scan("f", text.as_bytes(), kind, &ScanLimits::default()).allows
    }

    #[test]
    fn one_spelling_alone() {
        let allow = parse(GOOD).unwrap();
        assert_eq!((allow.rule.as_str(), allow.because.as_str()), ("image-unpinned", "x"));
        assert_eq!(allow.ends().to_string(), "2027-02-01T00:00:00Z");
        for (text, error) in [
            ("proofmark: alow[image-unpinned] until=2027-01-31 because \"x\"", AllowError::Rule),
            ("Proofmark: allow[image-unpinned] until=2027-01-31 because \"x\"", AllowError::Rule),
            ("proofmark: allow[] until=2027-01-31 because \"x\"", AllowError::Rule),
            ("proofmark: allow[a, b] until=2027-01-31 because \"x\"", AllowError::Rule),
            ("proofmark: allow[image-unpinned", AllowError::Rule),
            ("proofmark: allow[image-unpinned]until=2027-01-31 because \"x\"", AllowError::Until),
            ("proofmark: allow[image-unpinned] because \"x\"", AllowError::Until),
            ("proofmark: allow[image-unpinned] until=2027-02-30 because \"x\"", AllowError::Until),
            ("proofmark: allow[image-unpinned] until=20270131 because \"x\"", AllowError::Until),
            ("proofmark: allow[image-unpinned] until=2027-01-31", AllowError::Because),
            ("proofmark: allow[image-unpinned] until=2027-01-31 because x", AllowError::Because),
            ("proofmark: allow[image-unpinned] until=2027-01-31 because \" \"", AllowError::Because),
            ("proofmark: allow[image-unpinned] until=2027-01-31 because\"x\"", AllowError::Because),
            ("proofmark: allow[image-unpinned] until=2027-01-31 because \"x", AllowError::Because),
            ("proofmark: allow[image-unpinned] until=2027-01-31 because \"x\" y", AllowError::More),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn at_most_so_many_days_ahead() {
        let allow = parse(GOOD).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(!allow.is_too_long(at("2026-08-04T12:00:00Z")), "180 days before");
        assert!(allow.is_too_long(at("2026-08-03T23:59:59Z")));
        assert!(!allow.is_too_long(at("2028-08-03T23:59:59Z")), "it has passed");
    }

    #[test]
    fn beside_means_behind_or_above() {
        let text = format!(
            "services:\n  a:\n    image: x:1 # {GOOD}\n    # {GOOD}\n    # {GOOD}\n    y: 1\n  b:\n    # {GOOD}\n    image: y:1\n"
        );
        let beside: Vec<_> = of(&text, FileKind::Compose).into_iter().map(|allow| allow.beside).collect();
        assert_eq!(beside, [Ok(0), Err(BesideError::None), Err(BesideError::None), Ok(1)]);
        let two = format!("services: {{a: {{image: x}}, b: {{image: y}}}} # {GOOD}\n");
        assert_eq!(of(&two, FileKind::Compose)[0].beside, Err(BesideError::Several));
        // A comment that is blank, or another line between, ends the neighbourhood.
        let apart = format!("# {GOOD}\n\nFROM a\n");
        assert_eq!(of(&apart, FileKind::Dockerfile)[0].beside, Err(BesideError::None));
        // Both mean the same reference.
        let stacked = format!("# {GOOD}\n# {GOOD}\nFROM a\n");
        let beside: Vec<_> = of(&stacked, FileKind::Dockerfile).into_iter().map(|a| a.beside).collect();
        assert_eq!(beside, [Ok(0), Ok(0)]);
    }

    #[test]
    fn comments_are_those_of_the_format() {
        // Behind an instruction `#` is an argument.
        assert!(of(&format!("FROM a # {GOOD}\n"), FileKind::Dockerfile).is_empty());
        assert!(of(&format!("services: {{a: {{image: x#{GOOD}}}}}\n"), FileKind::Compose).is_empty());
        let json = format!("{{\n  \"image\": \"a:1\", // {GOOD}\n  // {GOOD}\n  \"features\": {{}}\n}}\n");
        let beside: Vec<_> = of(&json, FileKind::Devcontainer).into_iter().map(|a| a.beside).collect();
        assert_eq!(beside, [Ok(0), Err(BesideError::None)]);
        let slip = of("# PROOFMARK: ALLOW\nFROM a\n", FileKind::Dockerfile);
        assert_eq!(slip[0].says, Err(AllowError::Rule));
        assert_eq!(slip[0].origin.to_string(), "f:1:1");
        assert!(of("# proofmark is a tool\nFROM a\n", FileKind::Dockerfile).is_empty());
    }
}
