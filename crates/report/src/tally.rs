//! Counting. Nothing is judged again: a subject's outcome is the worst of its rows.

use std::collections::BTreeMap;

use proofmark_core::{Finding, Outcome, Platform, Subject, SubjectKind};
use serde::Serialize;

use crate::model::{Report, ReportError};

/// How the subjects of a run came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Distinct subjects asked for.
    pub requested: usize,
    /// Subjects that passed every rule.
    pub verified: usize,
    /// Subjects with at least one Fail.
    pub failed: usize,
    /// Subjects without a Fail whose question could not be answered.
    pub unverifiable: usize,
    /// Subjects that would have failed but for an exception: never counted as verified.
    pub allowed: usize,
    /// Finding rows, which are no verdicts.
    pub findings: usize,
}

impl Tally {
    /// Whether every subject that was asked for has exactly one verdict.
    pub const fn is_complete(&self) -> bool {
        self.requested == self.verified + self.failed + self.unverifiable + self.allowed
    }
}

/// The answer for the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunVerdict {
    /// Everything that was asked for may be used, and the exit code is 0.
    Pass,
    /// Something may not.
    Fail,
    /// Something could not be answered, or the run itself went wrong.
    Unverifiable,
    /// Nothing was asked for.
    Empty,
}

impl RunVerdict {
    /// Every answer.
    pub const ALL: [Self; 4] = [Self::Pass, Self::Fail, Self::Unverifiable, Self::Empty];

    /// The lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unverifiable => "unverifiable",
            Self::Empty => "empty",
        }
    }
}

/// The counts, the answer and the exit code, as reports show them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The answer for the whole run: never `pass` unless the exit code is 0.
    pub verdict: RunVerdict,
    /// Distinct subjects asked for.
    pub requested: usize,
    /// See [`Tally::verified`].
    pub verified: usize,
    /// See [`Tally::failed`].
    pub failed: usize,
    /// See [`Tally::unverifiable`].
    pub unverifiable: usize,
    /// See [`Tally::allowed`].
    pub allowed: usize,
    /// See [`Tally::findings`].
    pub findings: usize,
    /// Whole days until the next of the used exceptions expires.
    pub next_expiry_days: Option<i64>,
    /// The exit code that the engine decided.
    pub exit: u8,
}

/// What makes two rows speak of the same subject.
pub(crate) type SubjectKey<'a> = (SubjectKind, &'a str, Option<&'a Platform>);

/// The key of a subject: what was asked for, and never the digest, which a row may not know yet.
pub(crate) fn key(subject: &Subject) -> SubjectKey<'_> {
    (subject.kind, &subject.name, subject.platform.as_ref())
}

/// Fail beats Unverifiable beats Allowed beats Pass. A finding is no verdict.
pub(crate) const fn weight(outcome: Outcome) -> Option<u8> {
    match outcome {
        Outcome::Finding => None,
        Outcome::Pass => Some(0),
        Outcome::Allowed => Some(1),
        Outcome::Unverifiable => Some(2),
        Outcome::Fail => Some(3),
    }
}

/// The verdict of each subject that has one.
pub(crate) fn verdicts(results: &[Finding]) -> BTreeMap<SubjectKey<'_>, Outcome> {
    let mut worst: BTreeMap<SubjectKey<'_>, Outcome> = BTreeMap::new();
    for row in results.iter().filter(|row| row.outcome != Outcome::Finding) {
        let slot = worst.entry(key(&row.subject)).or_insert(row.outcome);
        if weight(row.outcome) > weight(*slot) {
            *slot = row.outcome;
        }
    }
    worst
}

impl Report {
    /// Counts subjects by their worst row.
    pub fn tally(&self) -> Tally {
        let verdicts = verdicts(&self.results);
        let count = |outcome| verdicts.values().filter(|o| **o == outcome).count();
        Tally {
            requested: self.requested,
            verified: count(Outcome::Pass),
            failed: count(Outcome::Fail),
            unverifiable: count(Outcome::Unverifiable),
            allowed: count(Outcome::Allowed),
            findings: self.results.iter().filter(|row| row.outcome == Outcome::Finding).count(),
        }
    }

    /// The counts with the answer for the whole run.
    ///
    /// The answer is the worst of what was counted and of what the exit code says, so that nobody who reads only
    /// `summary.verdict` sees a `pass` beside an exit code other than 0.
    pub fn summary(&self) -> Summary {
        let tally = self.tally();
        Summary {
            verdict: answer(&tally, self.exit(), self.errors.is_empty()),
            requested: tally.requested,
            verified: tally.verified,
            failed: tally.failed,
            unverifiable: tally.unverifiable,
            allowed: tally.allowed,
            findings: tally.findings,
            next_expiry_days: self.next_expiry_days.filter(|_| tally.allowed > 0),
            exit: self.exit(),
        }
    }

    /// The errors of the run, and one more if a subject that was asked for has no verdict.
    pub(crate) fn all_errors(&self) -> Vec<ReportError> {
        let tally = self.tally();
        let mut errors = self.errors.clone();
        if !tally.is_complete() {
            let counted = tally.verified + tally.failed + tally.unverifiable + tally.allowed;
            errors.push(ReportError {
                code: "incomplete-report".to_owned(),
                message: format!(
                    "{} subjects were asked for, and {counted} have a verdict.",
                    tally.requested
                ),
                help: "treat the run as not verified, and report this as a defect".to_owned(),
                see: String::new(),
                location: None,
            });
        }
        errors
    }
}

fn answer(tally: &Tally, exit: u8, clean: bool) -> RunVerdict {
    if tally.failed > 0 || exit == 1 {
        return RunVerdict::Fail;
    }
    let empty = tally.requested == 0 && tally.verified + tally.unverifiable + tally.allowed == 0;
    let known = matches!(exit, 0 | 4);
    if tally.unverifiable > 0 || !tally.is_complete() || !clean || !known || (exit == 4 && !empty) {
        return RunVerdict::Unverifiable;
    }
    if empty { RunVerdict::Empty } else { RunVerdict::Pass }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(verified: usize, failed: usize, unverifiable: usize, allowed: usize) -> Tally {
        let requested = verified + failed + unverifiable + allowed;
        Tally { requested, verified, failed, unverifiable, allowed, findings: 0 }
    }

    #[test]
    fn the_answer_is_never_pass_unless_all_is_well() {
        assert_eq!(answer(&tally(1, 0, 0, 0), 0, true), RunVerdict::Pass);
        assert_eq!(answer(&tally(0, 0, 0, 1), 0, true), RunVerdict::Pass);
        assert_eq!(answer(&tally(0, 0, 0, 0), 4, true), RunVerdict::Empty);
        assert_eq!(answer(&tally(0, 0, 0, 0), 0, true), RunVerdict::Empty);
        assert_eq!(answer(&tally(1, 1, 1, 0), 1, true), RunVerdict::Fail);
        assert_eq!(answer(&tally(1, 0, 0, 0), 1, true), RunVerdict::Fail, "a finding at or above --fail-on");
        assert_eq!(answer(&tally(1, 1, 0, 0), 0, true), RunVerdict::Fail, "an exit code does not heal");
        for (tally, exit, clean) in [
            (tally(1, 0, 1, 0), 3, true),
            (tally(1, 0, 0, 0), 3, true),
            (tally(1, 0, 0, 0), 2, true),
            (tally(1, 0, 0, 0), 4, true),
            (tally(1, 0, 0, 0), 0, false),
            (tally(0, 0, 0, 0), 2, false),
            (tally(0, 0, 0, 0), 3, true),
            (Tally { requested: 2, ..tally(1, 0, 0, 0) }, 0, true),
            (Tally { requested: 0, ..tally(1, 0, 0, 0) }, 0, true),
            (Tally { requested: 1, ..tally(0, 0, 0, 0) }, 0, true),
        ] {
            assert_eq!(answer(&tally, exit, clean), RunVerdict::Unverifiable, "{tally:?} {exit}");
        }
    }

    #[test]
    fn a_tally_is_complete_when_every_subject_has_one_verdict() {
        assert!(tally(3, 1, 1, 1).is_complete());
        assert!(!Tally { requested: 5, ..tally(3, 1, 1, 1) }.is_complete());
    }
}
