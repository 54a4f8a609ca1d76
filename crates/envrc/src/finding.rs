//! What was found, as rows of a report.

use std::collections::BTreeMap;

use proofmark_core::{
    Evidence, Finding, Observation, Origin, Outcome, Position, Refusal, RuleMeta, Severity, Subject,
    SubjectKind, Verdict,
};

use crate::audit::{Hit, Spot, judge_trace};
use crate::files::{FileAnswer, Files};
use crate::limits::Limits;
use crate::machine::interpret;
use crate::rules::unreadable;
use crate::trace::{Action, Problem, SourceKind, Trace};

/// Problems of one file that are told.
const MAX_PROBLEMS: usize = 5;

/// What is said of one file.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Its verdict (`envrc-unreadable`), and what the rules found, in the order of the places.
    pub findings: Vec<Finding>,
    /// Commands and assignments that were followed. None: there is nothing in the file that could be judged.
    pub events: usize,
}

/// Judges a file. `shown` is its path as the user would write it; what it loads is shown beside it.
pub fn judge(shown: &str, bytes: &[u8], files: &dyn Files, limits: &Limits) -> Judged {
    let name = shown.rsplit('/').next().unwrap_or(shown);
    judged(shown, &interpret(name, bytes, files, limits), files)
}

/// Judges what was followed.
pub(crate) fn judged(shown: &str, trace: &Trace, files: &dyn Files) -> Judged {
    let folder = shown.rsplit_once('/').map_or("", |(folder, _)| folder);
    let hits = judge_trace(trace, files);
    let report = Rows { shown, folder, trace, files, texts: BTreeMap::new() };
    report.findings(hits)
}

struct Rows<'a> {
    shown: &'a str,
    folder: &'a str,
    trace: &'a Trace,
    files: &'a dyn Files,
    /// Files that are no sources of the trace.
    texts: BTreeMap<String, String>,
}

impl Rows<'_> {
    fn findings(mut self, hits: Vec<Hit>) -> Judged {
        let mut findings = vec![self.verdict()];
        for hit in hits {
            let Some(rule) = crate::rules::RULES.iter().find(|rule| rule.id == hit.rule) else { continue };
            let location = self.origin(&hit.spot);
            let mut observed = Vec::with_capacity(hit.sources.len());
            for (spot, what) in &hit.sources {
                let place = Some(self.origin(spot).to_string());
                observed.push(Observation { place, ..Observation::new(format!("from {what}")) });
            }
            findings.push(Finding {
                rule,
                subject: self.subject(),
                severity: hit.severity,
                outcome: if hit.severity >= Severity::High { Outcome::Fail } else { Outcome::Finding },
                reason: None,
                message: hit.message,
                expected: None,
                observed,
                evidence: Vec::new(),
                location: Some(location),
                help: fix(rule),
            });
        }
        Judged { findings, events: self.trace.events.len() }
    }

    fn subject(&self) -> Subject {
        Subject::named(SubjectKind::Envrc, self.shown)
    }

    /// Whether everything could be followed. Nothing that was not is a pass, and what no honest file does is a Fail of its own.
    fn verdict(&self) -> Finding {
        let worst = self.trace.problems.iter().max_by_key(|problem| {
            // Fail beats Unverifiable.
            matches!(unreadable::reason(problem).kind(), proofmark_core::ReasonKind::Fail)
        });
        let verdict = match worst {
            None => {
                let loaded = self
                    .trace
                    .sources
                    .iter()
                    .filter(|one| !matches!(one.kind, SourceKind::Audited | SourceKind::Evaluated(_)));
                let calls =
                    self.trace.events.iter().filter(|event| matches!(event.action, Action::Call(_))).count();
                let digest = self
                    .trace
                    .sources
                    .first()
                    .map(|one| proofmark_core::Digest::sha256(one.text.as_bytes()).to_string());
                let evidence =
                    Evidence::new("envrc-read", format!("read to its end, {calls} commands followed"))
                        .with("digest", digest.unwrap_or_default())
                        .with("loaded", loaded.map(|one| one.path.as_str()).collect::<Vec<_>>().join(" "));
                Verdict::pass(evidence, Vec::new())
            }
            Some(problem) => {
                let help = "write it so that there is one way to read it, and none of it is hidden";
                let refusal = Refusal::new(unreadable::reason(problem), self.why(problem), help);
                let others = self.trace.problems.iter().take(MAX_PROBLEMS);
                Verdict::refuse(refusal.observing(others.map(|one| {
                    let place = self.place_of(one).to_string();
                    Observation {
                        place: Some(place),
                        reason: Some(unreadable::reason(one)),
                        ..Observation::new(self.why(one))
                    }
                })))
            }
        };
        let mut row = Finding::from_verdict(
            &unreadable::META,
            self.subject(),
            &verdict,
            "read to its end, in one way".to_owned(),
        );
        row.location = worst.map(|problem| self.place_of(problem));
        row
    }

    fn why(&self, problem: &Problem) -> String {
        match problem {
            Problem::Unreadable { source, error } => {
                let path = self.trace.sources.get(*source).map_or("", |one| one.path.as_str());
                format!("{path} cannot be read: {error}")
            }
            Problem::Limit { cap, .. } => format!("it cannot be followed to its end: {cap}"),
        }
    }

    fn place_of(&self, problem: &Problem) -> Origin {
        let place = match problem {
            Problem::Unreadable { source, error } => crate::Place { source: *source, span: error.span() },
            Problem::Limit { place, .. } => *place,
        };
        let place = self.trace.in_file(place);
        match self.trace.sources.get(place.source) {
            Some(source) => place.span.origin(&self.path(&source.path), &source.text),
            None => beginning(self.shown),
        }
    }

    /// As the user would write it.
    fn path(&self, path: &str) -> String {
        path_of(self.shown.contains('/').then_some(self.folder), path)
    }

    fn origin(&mut self, spot: &Spot) -> Origin {
        let shown = self.path(&spot.path);
        let read =
            |one: &&crate::Source| one.path == spot.path && !matches!(one.kind, SourceKind::Evaluated(_));
        if let Some(source) = self.trace.sources.iter().find(read) {
            return spot.span.origin(&shown, &source.text);
        }
        let files = self.files;
        let text = self.texts.entry(spot.path.clone()).or_insert_with(|| match files.read(&spot.path) {
            FileAnswer::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        });
        spot.span.origin(&shown, text)
    }
}

/// What the page of a rule says first under "Fix".
fn fix(rule: &RuleMeta) -> String {
    let section = rule.doc.split("\n## Fix\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    section.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A path from the folder of a file, as the user would write it; the folder is `None` where only a name was written.
pub(crate) fn path_of(folder: Option<&str>, path: &str) -> String {
    match folder {
        Some(folder) if !path.starts_with(['/', '~']) => format!("{folder}/{path}"),
        _ => path.to_owned(),
    }
}

pub(crate) fn beginning(file: &str) -> Origin {
    let start = Position { line: 1, column: 1 };
    Origin { file: file.to_owned(), start, end: start, line_text: String::new() }
}

/// The worst that was found in a file, where anything was.
pub fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().filter(|row| row.outcome != Outcome::Pass).map(|row| row.severity).max()
}
