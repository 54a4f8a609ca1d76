//! The order of rows, and how loud each is.

use proofmark_core::{Finding, Outcome, Severity};

use crate::model::Report;

/// How loud a row is in formats that know three levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// A verdict that is not a pass, or a finding that says a control is not in force.
    Error,
    /// A finding that fails a run by default.
    Warning,
    /// A finding worth knowing.
    Note,
}

/// The level of a row. `None`: a pass, or a fail that an exception allows; those raise no alert.
///
/// GitHub does not honour SARIF's `suppressions`, so what is allowed must not be there at all.
pub(crate) fn level(row: &Finding) -> Option<Level> {
    match row.outcome {
        Outcome::Pass | Outcome::Allowed => None,
        Outcome::Fail | Outcome::Unverifiable => Some(Level::Error),
        Outcome::Finding => Some(match row.severity {
            Severity::High | Severity::Critical => Level::Error,
            Severity::Medium => Level::Warning,
            Severity::Low | Severity::Info => Level::Note,
        }),
    }
}

/// The rows that raise an alert, the worst first; equal ones in the report's order.
pub(crate) fn alerts(report: &Report) -> Vec<(Level, &Finding)> {
    let mut rows: Vec<_> =
        report.results.iter().filter_map(|row| level(row).map(|level| (level, row))).collect();
    rows.sort_by_key(|(_, row)| (loudness(row.outcome), std::cmp::Reverse(row.severity)));
    rows
}

/// Fail, then Unverifiable, then findings, then what is allowed, then passes.
pub(crate) const fn loudness(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Unverifiable => 1,
        Outcome::Finding => 2,
        Outcome::Allowed => 3,
        Outcome::Pass => 4,
    }
}
