//! `image-pulled-again`: compose does not pull an image again that was verified and pulled.

use std::collections::BTreeSet;

use proofmark_core::{Finding, RuleMeta, RuleStatus, Severity};

use crate::scan::Scan;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-pulled-again",
    summary: "Compose pulls no image again by a tag.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.1"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// A finding for each image of a service that is pulled again by something else than a digest; with the index of the
/// reference.
pub fn check(scan: &Scan) -> Vec<(usize, Finding)> {
    let mut told = BTreeSet::new();
    let mut rows = Vec::new();
    for service in scan.compose.services.iter().filter(|service| service.pulls_again()) {
        let Some((at, found)) = service.image.and_then(|at| Some((at, scan.found.get(at)?))) else {
            continue;
        };
        let pinned = found.target.image().is_some_and(|image| image.digest().is_some());
        if pinned || !told.insert(at) {
            continue;
        }
        let policy = service.pull_policy.as_deref().unwrap_or_default();
        let message = format!(
            "`pull_policy: {policy}` of the service `{}` asks the registry again at every start, by a tag that can be moved",
            service.name
        );
        let help = if service.built {
            "write pull_policy: build, which never asks the registry, or missing".to_owned()
        } else {
            format!("proofmark image pin {}, or write pull_policy: missing", found.origin.file)
        };
        rows.push((at, super::row(&META, found, message, help)));
    }
    rows
}
