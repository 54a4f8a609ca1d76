//! The exit decision: one pure function of what was counted (design 6, "exit").

use proofmark_core::Severity;
use proofmark_report::Tally;

/// How a run ends. The number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was verified or allowed.
    Clean = 0,
    /// Something failed, or a finding reached the threshold.
    Failed = 1,
    /// The command or the configuration is wrong.
    Usage = 2,
    /// Something could not be verified, or the report could not be written.
    Unverifiable = 3,
    /// There was nothing to check.
    Nothing = 4,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// Decides the exit from what was counted, and never from the output format. `1` wins over `3`; verdicts ignore
/// `fail_on`, findings that are not verdicts obey it; without it, findings never fail a run.
pub fn decide(counts: &Tally, worst_finding: Option<Severity>, fail_on: Option<Severity>) -> Exit {
    let finding = matches!((worst_finding, fail_on), (Some(worst), Some(least)) if worst >= least);
    if counts.failed > 0 || finding {
        return Exit::Failed;
    }
    // A subject without an answer was lost on the way: that is never a success.
    if counts.unverifiable > 0 || !counts.is_complete() {
        return Exit::Unverifiable;
    }
    if counts.requested == 0 {
        return Exit::Nothing;
    }
    Exit::Clean
}

/// The exit of a run in which `errors` things could not be looked at: then it is neither clean nor "nothing to check".
pub(crate) fn with_errors(exit: Exit, errors: usize) -> Exit {
    match exit {
        Exit::Clean | Exit::Nothing if errors > 0 => Exit::Unverifiable,
        decided => decided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(verified: usize, failed: usize, unverifiable: usize, allowed: usize) -> Tally {
        let requested = verified + failed + unverifiable + allowed;
        Tally { requested, verified, failed, unverifiable, allowed, findings: 0 }
    }

    fn verdicts_only(counts: &Tally) -> Exit {
        decide(counts, None, Some(Severity::Medium))
    }

    #[test]
    fn one_wins_over_three() {
        assert_eq!(verdicts_only(&counts(1, 0, 0, 1)), Exit::Clean);
        assert_eq!(verdicts_only(&counts(1, 1, 0, 0)), Exit::Failed);
        assert_eq!(verdicts_only(&counts(1, 1, 1, 0)), Exit::Failed);
        assert_eq!(verdicts_only(&counts(1, 0, 1, 0)), Exit::Unverifiable);
        assert_eq!(verdicts_only(&counts(0, 0, 0, 0)), Exit::Nothing);
    }

    #[test]
    fn a_lost_subject_is_never_clean() {
        let lost = Tally { requested: 2, verified: 1, ..Tally::default() };
        assert_eq!(verdicts_only(&lost), Exit::Unverifiable);
        let twice = Tally { requested: 1, verified: 2, ..Tally::default() };
        assert_eq!(verdicts_only(&twice), Exit::Unverifiable);
    }

    #[test]
    fn findings_obey_the_threshold_and_verdicts_do_not() {
        let with = |worst, fail_on| decide(&counts(1, 0, 0, 0), Some(worst), fail_on);
        assert_eq!(with(Severity::Low, Some(Severity::Medium)), Exit::Clean);
        assert_eq!(with(Severity::Medium, Some(Severity::Medium)), Exit::Failed);
        assert_eq!(with(Severity::Critical, None), Exit::Clean);
        assert_eq!(decide(&counts(0, 1, 0, 0), None, None), Exit::Failed);
    }

    /// What could not be read may have held what fails.
    #[test]
    fn nothing_unread_is_a_success() {
        let exits = [Exit::Clean, Exit::Failed, Exit::Usage, Exit::Unverifiable, Exit::Nothing];
        assert_eq!(exits.map(|exit| with_errors(exit, 0)), exits);
        assert_eq!(exits.map(|exit| with_errors(exit, 2).code()), [3, 1, 2, 3, 3]);
    }

    #[test]
    fn codes_are_the_contract() {
        let exits = [Exit::Clean, Exit::Failed, Exit::Usage, Exit::Unverifiable, Exit::Nothing];
        assert_eq!(exits.map(Exit::code), [0, 1, 2, 3, 4]);
    }
}
