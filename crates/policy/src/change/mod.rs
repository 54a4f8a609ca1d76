//! What a request changes of a policy: entry by entry, and whether it loosens (verdicts.md 7).
//!
//! *Tighter* is what provably refuses everything that was refused before. Whatever is not proven so is told as loosening: a
//! request that says too much is read by a person, one that says too little is merged.

mod attestation;
mod binaries;
mod entries;
mod envrc;
mod lists;
mod signers;

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use proofmark_core::{Limits, Origin, Severity};

use crate::lint::rules;
use crate::{LintFinding, Policy};

/// Changes that are told one by one.
const MAX_TOLD: usize = 100;

/// Comparisons of entries, of patterns and of rows.
const MAX_STEPS: u64 = 5_000_000;

/// Files that are named.
const MAX_FILES: usize = 20;

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// No verdict depends on it.
    Neutral,
    /// Everything that was refused is refused.
    Tightens,
    /// Anything else.
    Loosens,
}

/// One change. The order is that of the findings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    way: Reverse<Way>,
    /// Where it stands in the request; of what was removed, where it stood.
    origin: Origin,
    /// The entry, and what of it is otherwise.
    text: String,
}

/// Collects changes, each once: entries that name one list share its rows.
#[derive(Debug, Default)]
struct Changes(BTreeSet<Change>);

/// Comparisons that two policies may take; the request's may be made to be slow to compare.
#[derive(Debug)]
struct Budget(Cell<u64>);

impl Budget {
    /// Whether so many comparisons are left, and takes them.
    fn spend(&self, steps: usize) -> bool {
        let left = self.0.get().checked_sub(u64::try_from(steps).unwrap_or(u64::MAX));
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

impl Changes {
    fn push(&mut self, way: Way, origin: &Origin, text: impl Into<String>) {
        self.0.insert(Change { way: Reverse(way), text: text.into(), origin: origin.clone() });
    }

    fn loosens(&mut self, origin: &Origin, text: impl Into<String>) {
        self.push(Way::Loosens, origin, text);
    }

    fn tightens(&mut self, origin: &Origin, text: impl Into<String>) {
        self.push(Way::Tightens, origin, text);
    }

    fn neutral(&mut self, origin: &Origin, text: impl Into<String>) {
        self.push(Way::Neutral, origin, text);
    }
}

/// What `after` says otherwise than `before`, as findings of `policy-changed`: what loosens is high, all else info. None: the
/// two are the same, byte by byte.
pub fn changes(before: &Policy, after: &Policy) -> Vec<LintFinding> {
    if before.files == after.files {
        return Vec::new();
    }
    let mut changes = Changes::default();
    // A field more is a comparison more: none is left out here.
    let Policy {
        path: _,
        digest: _,
        files: _,
        found: _,
        signers,
        // Of the signers' keys.
        keys: _,
        vendors,
        images,
        registries,
        denied,
        bases,
        exceptions,
        envrc,
        binaries,
        limits,
        roots,
        findings: _,
    } = after;
    signers::signers(&before.signers, signers, &mut changes);
    signers::vendors(&before.vendors, vendors, &mut changes);
    signers::roots(&before.roots, roots, &mut changes);
    let proxies = before.registries.iter().chain(registries).any(|entry| entry.proxy_of.is_some());
    let budget = Budget(Cell::new(MAX_STEPS));
    entries::entries(&before.images, images, proxies, &budget, &mut changes);
    lists::registries(&before.registries, registries, &mut changes);
    lists::denied(&before.denied, denied, &mut changes);
    lists::bases(&before.bases, bases, &mut changes);
    lists::exceptions(&before.exceptions, exceptions, &mut changes);
    envrc::list(before.envrc.as_ref(), envrc.as_ref(), &mut changes);
    binaries::list(before.binaries.as_ref(), binaries.as_ref(), &mut changes);
    let top = top(after);
    self::limits(&before.limits, limits, &top, &mut changes);
    told(changes.0, &files(before, after), &top)
}

/// The finding for a policy that the request takes away, breaks, or puts another in the place of.
pub fn replaced(before: &Policy, how: &str, origin: Option<&Origin>) -> LintFinding {
    finding(Severity::High, format!("loosened: {how}"), origin.cloned().unwrap_or_else(|| top(before)))
}

/// The first line of the policy file.
fn top(policy: &Policy) -> Origin {
    crate::source::nowhere(policy.path.display().to_string())
}

/// Findings, those that loosen first, each kind in the order of file and line.
fn told(changes: BTreeSet<Change>, files: &str, top: &Origin) -> Vec<LintFinding> {
    let mut changes: Vec<Change> = changes.into_iter().collect();
    let only_words = changes.iter().all(|change| change.way == Reverse(Way::Neutral));
    let left = changes.split_off(MAX_TOLD.min(changes.len()));
    let mut findings: Vec<LintFinding> = changes
        .into_iter()
        .map(|Change { way: Reverse(way), text, origin }| match way {
            Way::Loosens => finding(Severity::High, format!("loosened: {text}"), origin),
            Way::Tightens => finding(Severity::Info, format!("tightened: {text}"), origin),
            Way::Neutral => finding(Severity::Info, format!("changed: {text}"), origin),
        })
        .collect();
    if !left.is_empty() {
        let loosening = left.iter().filter(|change| change.way == Reverse(Way::Loosens)).count();
        let severity = if loosening > 0 { Severity::High } else { Severity::Info };
        let text = format!("{} more changes are not told one by one; {loosening} of them loosen", left.len());
        findings.push(finding(severity, text, top.clone()));
    }
    let judged = if only_words { "; nothing that they say is judged otherwise" } else { "" };
    findings.push(finding(Severity::Info, format!("the request changes {files}{judged}"), top.clone()));
    findings
}

fn finding(severity: Severity, message: String, origin: Origin) -> LintFinding {
    let help = if severity == Severity::High {
        "propose the policy's change by itself, and have it merged by who answers for the policy; then what needs it"
    } else {
        "nothing: it is in force once it is merged"
    };
    LintFinding { rule: rules::CHANGED, severity, message, origin, help: help.to_owned() }
}

/// The files that differ, by name.
fn files(before: &Policy, after: &Policy) -> String {
    let mut names: Vec<&str> = after
        .files
        .iter()
        .filter(|(path, digest)| before.files.get(*path) != Some(digest))
        .map(|(path, _)| path.as_str())
        .chain(before.files.keys().filter(|path| !after.files.contains_key(*path)).map(String::as_str))
        .collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(MAX_FILES);
    names.truncate(MAX_FILES);
    let named = names.join(", ");
    if more == 0 { named } else { format!("{named} and {more} files more") }
}

/// A budget that is raised lets pass what ended as `limit`.
fn limits(before: &Limits, after: &Limits, top: &Origin, changes: &mut Changes) {
    let numbers = |limits: &Limits| {
        let count = |count: &usize| u128::try_from(*count).unwrap_or(u128::MAX);
        let Limits {
            manifest_bytes,
            evidence_bytes,
            image_bytes,
            descriptors,
            manifests,
            pages,
            index_depth,
            index_nodes,
            image_time,
            images_in_flight: _,
        } = limits;
        [
            ("manifest-bytes", u128::from(*manifest_bytes)),
            ("evidence-bytes", u128::from(*evidence_bytes)),
            ("image-bytes", u128::from(*image_bytes)),
            ("descriptors", count(descriptors)),
            ("manifests", count(manifests)),
            ("pages", count(pages)),
            ("index-depth", count(index_depth)),
            ("index-nodes", count(index_nodes)),
            ("image-time (ms)", image_time.as_millis()),
        ]
    };
    for ((name, was), (_, is)) in numbers(before).into_iter().zip(numbers(after)) {
        match is.cmp(&was) {
            std::cmp::Ordering::Greater => {
                changes.loosens(top, format!("[limits] {name} is raised from {was} to {is}"));
            }
            std::cmp::Ordering::Less => {
                changes.tightens(top, format!("[limits] {name} is lowered from {was} to {is}"));
            }
            std::cmp::Ordering::Equal => {}
        }
    }
    if before.images_in_flight != after.images_in_flight {
        changes.neutral(top, "[limits] images-in-flight");
    }
}
