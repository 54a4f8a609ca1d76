//! What the policy asks of a tool, as this crate sees it: the policy's words, without its files.

use proofmark_core::{Expectation, Origin, Platform};
use proofmark_lock::{Pin, SourceOf};

use crate::{Authority, Signed};

/// What is asked of one tool.
#[derive(Clone)]
pub struct Demand<'a> {
    /// The tool.
    pub tool: String,
    /// Versions that may be pinned.
    pub versions: Vec<String>,
    /// Platforms, normalised, for which one of the versions must be pinned.
    pub platforms: Vec<Platform>,
    /// Who must have signed it.
    pub wanted: Wanted<'a>,
    /// How many operators other than the vendor must give the same SHA-256.
    pub sources: usize,
    /// Where the policy says so.
    pub origin: Origin,
}

/// Who must have signed a tool.
#[derive(Clone)]
pub enum Wanted<'a> {
    /// Enough of these signers.
    Signed {
        /// Their keys and identities.
        authority: Authority<'a>,
        /// Whether these signatures, each right by itself, are enough.
        enough: &'a (dyn Fn(&[Signed]) -> bool + Sync),
        /// What is asked for, in words: `signed-by = ["onepassword"]`.
        text: String,
    },
    /// Nobody, for this reason.
    Nobody(String),
}

impl Demand<'_> {
    /// What a refusal shows as expected.
    pub(crate) fn expecting(&self, text: impl Into<String>) -> Expectation {
        Expectation { text: text.into(), origin: Some(self.origin.clone()) }
    }
}

/// The tool, version and platform of a pin, for people.
pub fn name_of(pin: &Pin) -> String {
    format!("{} {} {}", pin.tool, pin.version, pin.platform)
}

/// The operators that agree, each once: two lists of one operator are one source, and the host of the download none.
pub fn operators(pin: &Pin) -> Vec<&str> {
    let mut names: Vec<&str> =
        pin.sources.iter().map(|SourceOf { operator, .. }| operator.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let host = pin.url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    names.retain(|name| !name.eq_ignore_ascii_case(host));
    names
}
