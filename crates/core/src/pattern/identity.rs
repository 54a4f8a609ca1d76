//! Globs over certificate identities.

use super::PatternError;
use super::glob::{Segment, check, match_chars, match_segments, segments};

/// Bytes of a pattern over identities: a forge's host, owner, repository, path of a workflow and ref, each at its longest.
const MAX_BYTES: usize = 2048;

/// A glob over a certificate identity: as [`super::Glob`], and no wildcard left of the pattern's last `@` matches `@`.
///
/// So `https://github.com/acme/*/.github/workflows/release.yml@refs/tags/*` cannot be satisfied by
/// a path that smuggles in an `@` of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityGlob {
    text: String,
    left: Vec<Segment>,
    right: Option<Vec<Segment>>,
}

impl IdentityGlob {
    /// Parses a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        check(text, MAX_BYTES)?;
        // `**` is a whole segment of the whole text, before it is split.
        segments(text)?;
        let (left, right) = match text.rsplit_once('@') {
            Some((left, right)) => (segments(left)?, Some(segments(right)?)),
            None => (segments(text)?, None),
        };
        Ok(Self { text: text.to_owned(), left, right })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern has no wildcard.
    pub fn is_literal(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        let Some(right) = &self.right else { return matches(&self.left, text, |_| true) };
        // The left side holds exactly as many `@` as its literals do, so the split point is one of the text's `@`.
        text.match_indices('@').any(|(at, _)| {
            matches(&self.left, &text[..at], |c| c != '@') && matches(right, &text[at + 1..], |_| true)
        })
    }
}

/// Matches all of `text`; `allowed` says what wildcards may stand for.
fn matches(pattern: &[Segment], text: &str, allowed: impl Fn(char) -> bool) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    match_segments(pattern, &parts, |segment, part| match segment {
        Segment::Many => part.chars().all(&allowed),
        Segment::One(pattern) => match_chars(pattern, part, &allowed),
    })
}
