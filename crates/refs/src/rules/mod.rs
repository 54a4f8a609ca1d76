//! Rules about references: one folder a rule, `mod.rs` (the check), `doc.md` (its page), `cases/` (files with expected
//! findings; `README.md` describes them).

#[path = "image-allow/mod.rs"]
pub mod allow;
#[path = "image-pulled-again/mod.rs"]
pub mod pulled_again;
#[path = "image-tag-drift/mod.rs"]
pub mod tag_drift;
#[path = "image-unpinned/mod.rs"]
pub mod unpinned;
#[path = "image-unresolved/mod.rs"]
pub mod unresolved;

use proofmark_core::{
    Finding, ImageRef, Observation, Outcome, RuleMeta, Severity, Subject, SubjectKind, Timestamp,
};

use crate::found::{Found, Target, WrittenPlatform};
use crate::scan::Scan;

pub use tag_drift::Drift;

/// The rules of this crate, in the order in which they are judged.
pub const RULES: &[&RuleMeta] =
    &[&unresolved::META, &unpinned::META, &pulled_again::META, &tag_drift::META, &allow::META];

/// What the rules say of one file.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Findings, and findings that an inline allow answers for, in the order of the file.
    pub findings: Vec<Finding>,
    /// When the next of the allows that were used ends.
    pub next_expiry: Option<Timestamp>,
}

/// Judges one file. `drift` says what the tag of a reference with tag and digest names now; [`Drift::Unknown`] is silent.
pub fn judge(scan: &Scan, drift: &dyn Fn(&ImageRef) -> Drift, now: Timestamp) -> Judged {
    let mut rows: Vec<(usize, Finding)> = Vec::new();
    let mut unknown: Vec<usize> = Vec::new();
    for (at, found) in scan.found.iter().enumerate() {
        match &found.target {
            Target::Unresolved(why) => rows.push((at, unresolved::finding(found, why))),
            Target::Image(image) => {
                rows.extend(unpinned::check(found, image).map(|row| (at, row)));
                if tag_drift::applies(image) {
                    match drift(image) {
                        Drift::Unknown => unknown.push(at),
                        known => rows.extend(tag_drift::check(found, image, &known).map(|row| (at, row))),
                    }
                }
            }
        }
    }
    rows.extend(pulled_again::check(scan));
    let mut judged = allow::apply(scan, rows, &unknown, now);
    if !scan.unread.is_empty() {
        judged.findings.extend(scan.unread.iter().filter_map(unresolved::unread_file));
        judged.findings.sort_by_key(|row| row.location.as_ref().map(|origin| origin.start));
    }
    judged
}

/// The subject of a reference: the image that it names, or what is written where it names none that is known. What verifies
/// images must name them so too, or the rows of one image are counted twice.
pub fn subject(found: &Found) -> Subject {
    let platform = match &found.platform {
        Some(WrittenPlatform::Known(platform)) => Some(platform.clone()),
        _ => None,
    };
    match &found.target {
        Target::Image(image) => Subject {
            reference: Some(image.to_string()),
            platform,
            ..Subject::named(SubjectKind::Image, image.to_string())
        },
        Target::Unresolved(_) => {
            let name = if found.text.trim().is_empty() { "(nothing)" } else { found.text.as_str() };
            Subject::named(SubjectKind::Image, name)
        }
    }
}

/// A row about a reference, at its place.
fn row(rule: &'static RuleMeta, found: &Found, message: String, help: String) -> Finding {
    Finding {
        rule,
        subject: subject(found),
        severity: rule.severity,
        outcome: Outcome::Finding,
        reason: None,
        message,
        expected: None,
        observed: found.given.iter().map(|given| Observation::new(given.to_string())).collect(),
        evidence: Vec::new(),
        location: Some(found.origin.clone()),
        help,
    }
}

/// A row about a comment.
fn comment(severity: Severity, origin: &proofmark_core::Origin, message: String, help: String) -> Finding {
    Finding {
        rule: &allow::META,
        subject: Subject::named(SubjectKind::Policy, origin.file.clone()),
        severity,
        outcome: Outcome::Finding,
        reason: None,
        message,
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: Some(origin.clone()),
        help,
    }
}
