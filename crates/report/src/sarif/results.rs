//! Alerts as results.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Finding, RuleMeta};

use super::document::{
    ArtifactLocation, Location, Message, PhysicalLocation, Region, ResultDocument, ResultProperties,
};
use crate::model::Report;
use crate::page::{explain_command, page_of};
use crate::place::{Place, own_place, place, uri};
use crate::rank::Level;
use crate::text::{expectation, inert, observation, sentence};

/// The name of our fingerprint. `primaryLocationLineHash` is left to GitHub's upload action, which computes it.
const FINGERPRINT: &str = "proofmark/v1";

/// One result for each alert: count in is count out.
pub(super) fn all(
    report: &Report,
    catalogue: &[&'static RuleMeta],
    alerts: &[(Level, &Finding)],
) -> Vec<ResultDocument> {
    let indexes: BTreeMap<&str, usize> =
        catalogue.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();
    let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    alerts
        .iter()
        .map(|(level, row)| {
            let identity = identity(row);
            let repetition = seen.entry(identity.clone()).and_modify(|n| *n += 1).or_insert(0);
            ResultDocument {
                rule_id: row.rule.id,
                rule_index: indexes.get(row.rule.id).copied().unwrap_or_default(),
                level: name(*level),
                message: Message { text: message(row) },
                locations: vec![location(&place(report, row))],
                partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint(&identity, *repetition))]),
                properties: ResultProperties {
                    verdict: row.outcome,
                    reason: row.reason,
                    severity: row.severity,
                    subject: row.subject.clone(),
                },
            }
        })
        .collect()
}

const fn name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

/// Rule, subject and the file that names it, each with its length: what keeps when lines move and digests change. A row whose
/// place is that of the policy's line has no file of its own.
fn identity(row: &Finding) -> Vec<u8> {
    let kind = format!("{:?}", row.subject.kind);
    let platform = row.subject.platform.as_ref().map(ToString::to_string).unwrap_or_default();
    let file = own_place(row).map_or("", |origin| origin.file.as_str());
    let mut bytes = Vec::new();
    let parts = [row.rule.id, &kind, &row.subject.name, &platform, file];
    for part in parts.iter().take(if file.is_empty() { 4 } else { 5 }) {
        bytes.extend_from_slice(part.len().to_string().as_bytes());
        bytes.push(b':');
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// The repetition tells rows of one rule on one subject apart; the first has none, so that it keeps.
fn fingerprint(identity: &[u8], repetition: usize) -> String {
    let mut bytes = identity.to_vec();
    if repetition > 0 {
        bytes.extend_from_slice(format!("#{repetition}").as_bytes());
    }
    Digest::sha256(&bytes).hex().to_owned()
}

/// The first sentence becomes the alert's title.
fn message(row: &Finding) -> String {
    let mut lines = vec![format!("{}: {}", inert(&row.subject.name), sentence(&row.message))];
    lines.extend(row.expected.iter().map(|expected| format!("Expected: {}", expectation(expected))));
    lines.extend(row.observed.first().map(|seen| format!("Observed: {}", observation(seen))));
    if !row.help.is_empty() {
        lines.push(format!("Fix: {}", inert(&row.help)));
    }
    lines.push(format!("See: {}", explain_command(page_of(row))));
    without_links(&lines.join("\n"))
}

/// In a message `[text](target)` is a link (section 3.11.6); nothing from outside may make one.
fn without_links(text: &str) -> String {
    text.replace("](", "] (")
}

/// A place as SARIF writes it.
pub(super) fn location(place: &Place) -> Location {
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&place.file) },
            region: Region {
                start_line: place.line,
                start_column: place.column,
                end_line: place.line,
                end_column: place.end_column,
                snippet: place.snippet.clone().map(|text| Message { text }),
            },
        },
    }
}
