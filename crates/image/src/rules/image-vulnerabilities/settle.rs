//! What is left of a scan's findings once allowed advisories and VEX are counted. It depends on the time of the evaluation
//! and on documents that may arrive after the scan, so it is asked when all is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proofmark_core::{Digest, Reason, Threshold, Timestamp};
use proofmark_policy::{AllowedAdvisory, Demand, FailAt, VulnerabilityRule};

use super::scan::Finding;
use super::vex::Entry;
use crate::attest::bench::{Accepted, Settled, Terms, weigh};
use crate::attest::json;
use crate::attest::rule::{MAX_UNMET, Reading, Unmet};
use crate::decide::{Attested, Semantics};

/// Advisories of one kind that are named in evidence.
const MAX_TOLD: usize = 32;

/// What a scan is settled with.
pub(crate) struct Case<'a> {
    /// The rule.
    pub(crate) rule: &'a VulnerabilityRule,
    /// What VEX says of the digest.
    pub(crate) vex: &'a Documents<'a>,
    /// Evaluation time.
    pub(crate) now: Timestamp,
    /// The digest that is judged.
    pub(crate) digest: &'a Digest,
    /// The index that stands for it, where the policy lets a scan of the index do so.
    pub(crate) index: Option<&'a Digest>,
}

/// The VEX documents that were accepted for a digest, by what they speak of.
#[derive(Default)]
pub(crate) struct Documents<'a> {
    by_name: BTreeMap<String, Vec<(&'a Accepted, &'a Entry)>>,
    /// Those that may speak of any advisory.
    of_any: Vec<(&'a Accepted, &'a Entry)>,
}

impl<'a> Documents<'a> {
    /// Orders accepted documents.
    pub(crate) fn new(accepted: &[&'a Accepted]) -> Self {
        let mut documents = Self::default();
        for document in accepted {
            for entry in &document.reading.vex {
                if entry.names.is_empty() {
                    documents.of_any.push((document, entry));
                }
                for name in entry.names.iter().map(|name| one_name(name)).collect::<BTreeSet<_>>() {
                    documents.by_name.entry(name).or_default().push((document, entry));
                }
            }
        }
        documents
    }

    /// Every statement that may be on this advisory.
    fn on(&self, id: &str) -> impl Iterator<Item = &(&'a Accepted, &'a Entry)> {
        self.by_name.get(&one_name(id)).into_iter().flatten().chain(&self.of_any)
    }
}

/// An advisory's name as databases tell names apart: whatever its case, without blanks around it.
fn one_name(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

/// What a scan leaves unmet.
pub(crate) fn settle(case: &Case<'_>, scan: &Accepted) -> Settled {
    let mut settled = Settled::default();
    let Some(fail_at) = &case.rule.fail_at else { return settled };
    let (mut allowed, mut excused, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for finding in &scan.reading.findings {
        if let Some(row) = finding.id.as_deref().and_then(|id| row(case, id)) {
            allowed.push(format!("{} until {}: {}", row.id, row.until, json::short(&row.why)));
            continue;
        }
        // Whatever VEX says or may say decides now.
        settled.open = true;
        match vex(case, finding) {
            Said::Excused(who) => excused.push(format!("{} {who}", name(finding))),
            Said::Not(said) => open.push((finding, said)),
        }
    }
    for (fact, mut all) in [("allowed", allowed), ("vex", excused)] {
        if !all.is_empty() {
            let more = all.len().saturating_sub(MAX_TOLD);
            all.truncate(MAX_TOLD);
            all.extend((more > 0).then(|| format!("and {more} more")));
            settled.facts.push((fact, all.join("; ")));
        }
    }
    settled.unmet = told(case, fail_at, &open);
    settled
}

/// One line for each finding, the worst first; the last line counts those that have none.
fn told(case: &Case<'_>, fail_at: &Demand<FailAt>, open: &[(&Finding, Option<String>)]) -> Vec<Unmet> {
    let expected = || format!("no finding of severity {} or worse", fail_at.value.as_str());
    let line = |(finding, said): &(&Finding, Option<String>)| {
        let mut observed = format!("{} is {}", name(finding), finding.severity.as_str());
        if let Some(component) = &finding.component {
            observed = format!("{observed} in {component}");
        }
        if let Some(row) = finding.id.as_deref().and_then(|id| ended(case, id)) {
            observed = format!("{observed} (allowed until {} by {})", row.until, row.origin);
        }
        if let Some(said) = said {
            observed = format!("{observed} (VEX: {said})");
        }
        Unmet::condition(fail_at, expected(), observed)
    };
    let one_by_one = if open.len() > MAX_UNMET { MAX_UNMET - 1 } else { open.len() };
    let mut all: Vec<Unmet> = open.iter().take(one_by_one).map(line).collect();
    if open.len() > one_by_one {
        let observed = format!("{} more findings", open.len() - one_by_one);
        all.push(Unmet::condition(fail_at, expected(), observed));
    }
    all
}

fn name(finding: &Finding) -> &str {
    finding.id.as_deref().unwrap_or("a finding without name")
}

/// The row of `allow` that holds now.
fn row<'a>(case: &Case<'a>, id: &str) -> Option<&'a AllowedAdvisory> {
    case.rule.allow.iter().find(|row| row.id == id && case.now < row.until)
}

/// A row that has ended.
fn ended<'a>(case: &Case<'a>, id: &str) -> Option<&'a AllowedAdvisory> {
    case.rule.allow.iter().find(|row| row.id == id && case.now >= row.until)
}

/// What VEX makes of a finding.
enum Said {
    /// It does not matter here: what is said, and by whom.
    Excused(String),
    /// It matters; and what was said all the same.
    Not(Option<String>),
}

/// The newest statement on an advisory decides, of each signer or of all, as for scans: one that excuses does not outlive a later one
/// that does not.
fn vex(case: &Case<'_>, finding: &Finding) -> Said {
    let (Some(threshold), Some(id)) = (&case.rule.vex_signed_by, finding.id.as_deref()) else {
        return Said::Not(None);
    };
    let heard: Vec<Accepted> = case
        .vex
        .on(id)
        .filter(|(_, entry)| entry.is_about(case.digest, case.index) && entry.concerns(finding))
        .map(|(document, entry)| statement(document, entry, threshold))
        .collect();
    if heard.is_empty() {
        return Said::Not(None);
    }
    let terms = Terms {
        semantics: Semantics::NewestDecides,
        threshold,
        max_age: None,
        now: case.now,
        settle: &|_| Settled::default(),
    };
    let all: Vec<&Accepted> = heard.iter().collect();
    let answer = weigh(&terms, &all);
    match answer.attested {
        Attested::Satisfied => {
            let by = |one: &Accepted| {
                let said = one.reading.facts.first().map_or("", |(_, said)| said.as_str());
                format!("{said} ({})", one.signer)
            };
            let all: Vec<String> = answer.deciding.iter().map(|one| by(one.accepted)).collect();
            Said::Excused(json::short(&all.join(", ")))
        }
        Attested::OrderUnknown => Said::Not(Some("which statement is the newest cannot be told".to_owned())),
        Attested::TooFew => Said::Not(Some(format!("{} of {} signers", answer.have, threshold.at_least))),
        Attested::Refused(_) | Attested::Missing => {
            let unmet = answer.deciding.iter().find_map(|one| one.unmet.first());
            Said::Not(unmet.map(|unmet| unmet.observed.clone()))
        }
    }
}

/// An entry of a document, as a statement of its own: with its time, and satisfying if it excuses.
fn statement(document: &Accepted, entry: &Entry, threshold: &Threshold) -> Accepted {
    let mut unmet = Vec::new();
    if !entry.excuses {
        unmet.push(Unmet {
            reason: Reason::Condition,
            expected: "fixed, or not_affected with a justification".to_owned(),
            observed: entry.said.clone(),
            origin: threshold.origin.clone(),
        });
    }
    unmet.extend_from_slice(&document.reading.unmet);
    let facts = vec![("status", entry.said.clone())];
    let reading = Reading { time: entry.time, unmet, facts, ..Reading::default() };
    Accepted { reading: Arc::new(reading), ..document.clone() }
}

#[cfg(test)]
mod tests {
    use proofmark_core::{Origin, Position};
    use proofmark_sigstore::threshold::DistinctIdentity;

    use super::super::severity::Severity;
    use super::*;
    use crate::attest::bench::Facts;

    fn origin() -> Origin {
        let start = Position { line: 1, column: 1 };
        Origin { file: "proofmark.toml".to_owned(), start, end: start, line_text: String::new() }
    }

    /// "It is accepted before this moment": at the moment itself it is not.
    #[test]
    fn a_row_ends_at_its_moment() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (until, digest) = (at(1000), Digest::sha256(b"image"));
        let row = AllowedAdvisory { id: "CVE-1".to_owned(), why: "w".to_owned(), until, origin: origin() };
        let rule = VulnerabilityRule {
            signed_by: Threshold { at_least: 1, of: vec!["a".to_owned()], origin: origin() },
            max_age: None,
            fail_at: Some(Demand { value: FailAt::High, origin: origin() }),
            allow: vec![row],
            vex_signed_by: None,
            covers_children: false,
            origin: origin(),
        };
        let finding = Finding { severity: Severity::High, id: Some("CVE-1".to_owned()), component: None };
        let scan = Accepted {
            envelope: digest.clone(),
            signer: "a".to_owned(),
            identity: DistinctIdentity::Key("a".to_owned()),
            verified: None,
            reading: Arc::new(Reading { findings: vec![finding], ..Reading::default() }),
            covers: digest.clone(),
            subjects: Arc::from([]),
            facts: Facts { place: String::new(), who: String::new(), issuer: None, witness: None },
        };
        let vex = Documents::default();
        let unmet = |now| {
            let case = Case { rule: &rule, vex: &vex, now, digest: &digest, index: None };
            settle(&case, &scan).unmet.len()
        };
        assert_eq!((unmet(at(999)), unmet(at(1000)), unmet(at(1001))), (0, 1, 1));
    }
}
