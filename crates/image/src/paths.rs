//! What the discovery paths amount to together.

use std::collections::BTreeSet;

use proofmark_core::{Evidence, Observation, Reason};
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

/// Attachments that hash to what was listed, and are no manifests.
pub(crate) fn malformed(reports: &[PathReport]) -> usize {
    let others = reports.iter().flat_map(|report| &report.others);
    let malformed = others.filter(|other| other.note.starts_with("malformed: "));
    malformed.map(|other| &other.digest).collect::<BTreeSet<_>>().len()
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

/// One step that lets a path be read that was not, at the place that was asked; `host` is the reference's own.
pub(crate) fn mend(reason: Reason, reports: &[PathReport], host: &str) -> String {
    let failed = |report: &&PathReport| report.incomplete().is_some_and(|(why, _)| why == reason);
    let source = reports.iter().find(failed).map_or(host, |report| report.source.as_str());
    match (reason, source.strip_prefix("oci:")) {
        (Reason::Unauthorized, _) => format!("log in: docker login {source}"),
        (_, Some(layout)) => {
            format!("copy the image into the layout {layout} again, whole, from where it came")
        }
        _ => format!("check that {source} answers, then run the command again"),
    }
}

#[cfg(test)]
mod tests {
    use proofmark_oci::PathKind;

    use super::*;

    fn failed(source: &str, reason: Reason) -> PathReport {
        let state = PathState::Failed { reason, cause: "a cause".to_owned() };
        PathReport { path: PathKind::Referrers, source: source.to_owned(), state, others: Vec::new() }
    }

    /// The place that failed is seldom the one that the reference names.
    #[test]
    fn what_is_to_be_done_names_the_place_that_failed() {
        let reports = [
            failed("busy.example", Reason::Limit),
            failed("mirror.example", Reason::Unreachable),
            failed("private.example", Reason::Unauthorized),
        ];
        let mend = |reason, reports: &[PathReport]| mend(reason, reports, "origin.example");
        assert_eq!(
            mend(Reason::Unreachable, &reports),
            "check that mirror.example answers, then run the command again"
        );
        assert_eq!(mend(Reason::Unauthorized, &reports), "log in: docker login private.example");
        assert_eq!(
            mend(Reason::Unreachable, &reports[..1]),
            "check that origin.example answers, then run the command again"
        );
        assert_eq!(
            mend(Reason::Unreachable, &[failed("oci:/srv/images", Reason::Unreachable)]),
            "copy the image into the layout /srv/images again, whole, from where it came"
        );
    }
}
