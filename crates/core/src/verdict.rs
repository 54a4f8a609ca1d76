//! The three-valued answer. There is no boolean, and no pass without evidence.

use crate::{Evidence, Expectation, Observation, Reason, ReasonKind};

/// Why a subject did not pass, with what a person needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, which decides between Fail and Unverifiable.
    pub reason: Reason,
    /// One sentence.
    pub message: String,
    /// What the policy asks for, and where it says so.
    pub expected: Option<Expectation>,
    /// What was found: the nearest miss first.
    pub observed: Vec<Observation>,
    /// One command or one policy line that would fix it.
    pub help: String,
}

impl Refusal {
    /// A refusal without expectation or observation yet.
    pub fn new(reason: Reason, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { reason, message: message.into(), expected: None, observed: Vec::new(), help: help.into() }
    }

    /// Says what the policy asks for.
    #[must_use]
    pub fn expecting(mut self, expected: Expectation) -> Self {
        self.expected = Some(expected);
        self
    }

    /// Adds what was found.
    #[must_use]
    pub fn observing(mut self, observed: impl IntoIterator<Item = Observation>) -> Self {
        self.observed.extend(observed);
        self
    }
}

/// The answer for one rule on one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict(Inner);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inner {
    Pass { first: Evidence, rest: Vec<Evidence> },
    Refused(Refusal),
}

impl Verdict {
    /// A pass, which rests on at least one piece of evidence.
    pub fn pass(first: Evidence, rest: Vec<Evidence>) -> Self {
        Self(Inner::Pass { first, rest })
    }

    /// Fail or Unverifiable, as the reason says.
    pub const fn refuse(refusal: Refusal) -> Self {
        Self(Inner::Refused(refusal))
    }

    /// Whether this is a pass.
    pub const fn is_pass(&self) -> bool {
        matches!(self.0, Inner::Pass { .. })
    }

    /// The refusal, unless this is a pass.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match &self.0 {
            Inner::Pass { .. } => None,
            Inner::Refused(refusal) => Some(refusal),
        }
    }

    /// The evidence of a pass; empty for a refusal.
    pub fn evidence(&self) -> Vec<&Evidence> {
        match &self.0 {
            Inner::Pass { first, rest } => std::iter::once(first).chain(rest).collect(),
            Inner::Refused(_) => Vec::new(),
        }
    }

    /// Fail beats Unverifiable beats Pass (verdicts.md 1, "Entries").
    pub fn rank(&self) -> u8 {
        match self.refusal().map(|refusal| refusal.reason.kind()) {
            None => 0,
            Some(ReasonKind::Unverifiable) => 1,
            Some(ReasonKind::Fail) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_beats_unverifiable_beats_pass() {
        let pass = Verdict::pass(Evidence::new("signature", "s"), vec![]);
        let fail = Verdict::refuse(Refusal::new(Reason::Unsigned, "m", "h"));
        let unverifiable = Verdict::refuse(Refusal::new(Reason::Offline, "m", "h"));
        assert!(fail.rank() > unverifiable.rank() && unverifiable.rank() > pass.rank());
        assert!(pass.is_pass() && pass.evidence().len() == 1 && fail.evidence().is_empty());
    }
}
