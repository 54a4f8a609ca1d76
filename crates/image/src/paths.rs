//! What the discovery paths amount to together.

use proofmark_core::{Evidence, Observation};
use proofmark_oci::{PathReport, PathState};

use crate::decide::Paths;

/// Complete, or the cause of the first path that was not read to its end.
pub(crate) fn summary(reports: &[PathReport]) -> Paths {
    reports
        .iter()
        .find_map(PathReport::incomplete)
        .map_or(Paths::Complete, |(reason, _)| Paths::Incomplete(reason))
}

/// `incomplete: <path>: <cause>` for each path that was not read to its end.
pub(crate) fn incomplete_evidence(reports: &[PathReport]) -> Vec<Evidence> {
    let incomplete = |report: &PathReport| {
        let (reason, cause) = report.incomplete()?;
        let path = report.path.as_str();
        Some(
            Evidence::new("incomplete", format!("{path}: {cause}"))
                .with("path", path)
                .with("source", report.source.clone())
                .with("reason", reason.as_str())
                .with("cause", cause),
        )
    };
    reports.iter().filter_map(incomplete).collect()
}

/// The paths that were not read to their end, as observations of a refusal.
pub(crate) fn incomplete_observations(reports: &[PathReport]) -> Vec<Observation> {
    let observation = |report: &PathReport| {
        let (reason, cause) = report.incomplete()?;
        Some(Observation {
            text: format!("{} could not be read to its end: {cause}", report.path.as_str()),
            place: Some(report.source.clone()),
            reason: Some(reason),
            time: None,
        })
    };
    reports.iter().filter_map(observation).collect()
}

/// One line on where evidence was looked for.
pub(crate) fn searched(reports: &[PathReport]) -> String {
    let one = |report: &PathReport| {
        let state = match &report.state {
            PathState::Complete { candidates } => format!("{candidates} found"),
            PathState::Absent => "absent".to_owned(),
            PathState::NotOffered => "not offered".to_owned(),
            PathState::Failed { .. } => "failed".to_owned(),
            PathState::Capped { .. } => "capped".to_owned(),
        };
        format!("{} {state}", report.path.as_str())
    };
    reports.iter().map(one).collect::<Vec<_>>().join(", ")
}
