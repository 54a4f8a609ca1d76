//! `pin-missing`: what the policy names is pinned.

use std::collections::BTreeSet;

use proofmark_core::{
    Finding, Observation, Platform, Reason, Refusal, RuleMeta, RuleStatus, Severity, Subject, SubjectKind,
    Verdict,
};
use proofmark_lock::{Lock, Pin};

use crate::demand::{Demand, operators};
use crate::judge;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "pin-missing",
    summary: "Every tool that the policy names is pinned for every platform, and as many sources as it asks for agree.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.2"],
    reasons: &[Reason::Missing, Reason::Threshold, Reason::NotListed],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// Platforms for which no version that may be pinned is.
fn without<'a>(demand: &'a Demand<'_>, lock: &'a Lock) -> impl Iterator<Item = &'a Platform> {
    let pinned = move |platform: &&Platform| {
        lock.pins().any(|pin| {
            pin.tool == demand.tool && pin.platform == **platform && demand.versions.contains(&pin.version)
        })
    };
    demand.platforms.iter().filter(move |platform| !pinned(platform))
}

/// The name of a subject that has no pin.
fn name(demand: &Demand<'_>, platform: &Platform) -> String {
    format!("{} {platform}", demand.tool)
}

/// The subjects that this rule refuses for want of a pin.
pub(crate) fn subjects(demand: &Demand<'_>, lock: &Lock) -> Vec<String> {
    without(demand, lock).map(|platform| name(demand, platform)).collect()
}

/// A row for each platform without a pin.
pub(crate) fn platforms(demand: &Demand<'_>, lock: &Lock) -> Vec<Finding> {
    let row = |platform: &Platform| {
        let others: Vec<String> = lock
            .pins()
            .filter(|pin| pin.tool == demand.tool)
            .map(|pin| format!("{} is pinned for {}", pin.version, pin.platform))
            .collect();
        let newest = demand.versions.first().cloned().unwrap_or_default();
        let refusal =
            Refusal::new(
                Reason::Missing,
                format!("{} is not pinned for {platform}", demand.tool),
                format!("pin it: proofmark pin add {} --platform {platform}", demand.tool),
            )
            .expecting(demand.expecting(format!(
                "a pin of {newest} for {platform}, or of another version that may be pinned"
            )))
            .observing(others.into_iter().map(Observation::new));
        let subject = Subject::named(SubjectKind::Binary, name(demand, platform));
        let row = Finding::from_verdict(&META, subject, &Verdict::refuse(refusal), String::new());
        Finding { location: Some(demand.origin.clone()), ..row }
    };
    without(demand, lock).map(row).collect()
}

/// Too few operators give the same SHA-256.
pub(crate) fn sources(pin: &Pin, demand: &Demand<'_>) -> Option<Finding> {
    let found = operators(pin);
    (found.len() < demand.sources).then(|| {
        let refusal = Refusal::new(
            Reason::Threshold,
            format!("{} of {} other operators give the same SHA-256", found.len(), demand.sources),
            "find it in a list that somebody else keeps, and name that list in the lock as a [[pin.source]]",
        )
        .expecting(demand.expecting(format!("sources = {}: operators other than the vendor", demand.sources)))
        .observing(found.iter().map(|name| Observation::new(*name)));
        judge::refused(&META, pin, refusal)
    })
}

/// An executable whose name is no tool's that is pinned.
pub(crate) fn of_tool(tool: &str, lock: &Lock) -> Refusal {
    let known: BTreeSet<&str> = lock.pins().map(|pin| pin.tool.as_str()).collect();
    Refusal::new(
        Reason::NotListed,
        format!("it is none of the executables that are pinned, and no pin is for a tool named {tool}"),
        "name it in allowlists/binaries.toml, and pin it; or do not run it",
    )
    .observing((!known.is_empty()).then(|| {
        let names: Vec<&str> = known.into_iter().collect();
        Observation::new(format!("pinned are {}", names.join(", ")))
    }))
}
