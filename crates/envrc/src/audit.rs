//! What the rules look at: the trace of a file by kinds, and what they find.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proofmark_core::{RuleMeta, Severity};
use proofmark_shell::Span;

use crate::files::Files;
use crate::limits::Limits;
use crate::machine::{HOLE, interpret};
use crate::trace::{Action, Call, Event, Loaded, Trace};
use crate::value::{Origin, Place, Text, Value};

/// Findings of one rule in one file: the first tell what there is to know.
const MAX_OF_A_RULE: usize = 20;

/// Bytes of a text that a message repeats.
const MAX_SHOWN: usize = 80;

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The path of the file, from the folder of the audited file.
    pub path: String,
    /// The bytes there.
    pub span: Span,
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: &'static str,
    /// How bad it is, by what is proven.
    pub severity: Severity,
    /// Where it happens: the sink.
    pub spot: Spot,
    /// What happens, a sentence.
    pub message: String,
    /// From where what flows there comes, and what it is: the sources.
    pub sources: Vec<(Spot, String)>,
}

/// The whole of what was looked at.
pub(crate) struct Audit<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) files: &'a dyn Files,
    others: &'a Others,
}

/// Files that no shell loads and that rules look into all the same: recipes, hooks. Each of them once, since they name each other
/// in circles.
#[derive(Default)]
struct Others(RefCell<BTreeSet<String>>);

/// How many of them: each may name the next.
const MAX_OTHERS: usize = 32;

/// Hits that are being collected for one rule.
pub(crate) struct Hits<'a> {
    audit: &'a Audit<'a>,
    rule: &'static RuleMeta,
    found: Vec<Hit>,
}

/// Follows the file and judges it by every rule. What is found stands in the order of the places.
pub fn audit(path: &str, bytes: &[u8], files: &dyn Files, limits: &Limits) -> (Trace, Vec<Hit>) {
    let trace = interpret(path, bytes, files, limits);
    let hits = judge_trace(&trace, files);
    (trace, hits)
}

/// Judges what a file does by every rule.
pub fn judge_trace(trace: &Trace, files: &dyn Files) -> Vec<Hit> {
    judge_beside(trace, files, &Others::default())
}

fn judge_beside(trace: &Trace, files: &dyn Files, others: &Others) -> Vec<Hit> {
    let audit = Audit { trace, files, others };
    let mut all: Vec<Hit> = Vec::new();
    for (meta, check) in crate::rules::CHECKS {
        let mut hits = Hits { audit: &audit, rule: meta, found: Vec::new() };
        check(&audit, &mut hits);
        all.extend(hits.settled());
    }
    all.sort_by(|a, b| (&a.spot, a.rule).cmp(&(&b.spot, b.rule)));
    all
}

impl Hits<'_> {
    /// Something happens at a place of the trace.
    pub(crate) fn at(&mut self, place: Place, severity: Severity, message: impl Into<String>) {
        self.push(self.audit.spot(place), severity, message.into(), Vec::new());
    }

    /// Something happens with these values.
    pub(crate) fn flow(
        &mut self,
        place: Place,
        severity: Severity,
        message: impl Into<String>,
        origins: &BTreeSet<Origin>,
    ) {
        let sources = origins.iter().map(|one| (self.audit.spot(one.place), one.kind.words())).collect();
        self.push(self.audit.spot(place), severity, message.into(), sources);
    }

    /// Something stands at a place of a file.
    pub(crate) fn push(
        &mut self,
        spot: Spot,
        severity: Severity,
        message: String,
        sources: Vec<(Spot, String)>,
    ) {
        self.found.push(Hit { rule: self.rule.id, severity, spot, message, sources });
    }

    /// One for each place, the worst; the worst of all first when there are too many.
    fn settled(self) -> Vec<Hit> {
        let mut found = self.found;
        found.sort_by(|a, b| (&a.spot, b.severity, &a.message).cmp(&(&b.spot, a.severity, &b.message)));
        found.dedup_by(|later, first| later.spot == first.spot);
        found.sort_by_key(|hit| std::cmp::Reverse(hit.severity));
        found.truncate(MAX_OF_A_RULE);
        found
    }
}

impl<'a> Audit<'a> {
    pub(crate) fn spot(&self, place: Place) -> Spot {
        let place = self.trace.in_file(place);
        let path = self.trace.sources.get(place.source).map_or(String::new(), |source| source.path.clone());
        Spot { path, span: place.span }
    }

    /// What another file does, if it was not looked into before. Its commands are `script`, at their places.
    pub(crate) fn look_into(&self, path: &str, script: &[u8]) -> Option<Vec<Hit>> {
        let is_new = {
            let mut others = self.others.0.borrow_mut();
            others.len() < MAX_OTHERS && others.insert(path.to_owned())
        };
        let trace = is_new.then(|| interpret(path, script, self.files, &Limits::default()))?;
        Some(judge_beside(&trace, self.files, self.others))
    }

    /// The text as it is written at a place, where it stands in a file.
    pub(crate) fn written(&self, place: Place) -> &'a str {
        self.trace.sources.get(place.source).map_or("", |source| place.span.of(&source.text))
    }

    /// What stands there is code that was not known as it was evaluated.
    pub(crate) fn is_hole(&self, place: Place) -> bool {
        self.written(place).trim_start().starts_with(HOLE)
    }

    /// The line or lines of the text on which a place stands.
    pub(crate) fn line(&self, place: Place) -> &'a str {
        let Some(source) = self.trace.sources.get(place.source) else { return "" };
        let before = source.text.get(..place.span.start).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = source.text.get(place.span.end.max(place.span.start)..).unwrap_or("");
        let end = place.span.end + rest.find('\n').unwrap_or(rest.len());
        source.text.get(start..end).unwrap_or("")
    }

    /// As [`Trace::is_child`].
    pub(crate) fn is_child(&self, place: Place) -> bool {
        self.trace.is_child(place)
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &'a Event> {
        self.trace.events.iter()
    }

    /// Commands that run, or may.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (Place, &'a Call)> {
        self.events().filter_map(|event| match &event.action {
            Action::Call(call) => Some((event.place, &**call)),
            _ => None,
        })
    }

    /// Variables that get a value: name, value, whether it is exported.
    pub(crate) fn assigned(&self) -> impl Iterator<Item = (Place, &'a str, &'a Value, bool)> {
        self.events().filter_map(|event| match &event.action {
            Action::Assign { name, value, exported } => Some((event.place, name.as_str(), value, *exported)),
            _ => None,
        })
    }

    /// Strings that run as code: by whom.
    pub(crate) fn code(&self) -> impl Iterator<Item = (Place, &'a str, &'a Value)> {
        self.events().filter_map(|event| match &event.action {
            Action::Code { by, code } => Some((event.place, by.as_str(), code)),
            _ => None,
        })
    }

    /// Files that are loaded: by which command.
    pub(crate) fn loads(&self) -> impl Iterator<Item = (Place, &'a str, &'a Value, Loaded)> {
        self.events().filter_map(|event| match &event.action {
            Action::Load { by, path, outcome } => Some((event.place, by.as_str(), path, *outcome)),
            _ => None,
        })
    }

    /// Files that redirections open: whether they are written, and with what.
    pub(crate) fn opened(&self) -> impl Iterator<Item = (Place, bool, &'a Value, &'a Value)> {
        self.events().filter_map(|event| match &event.action {
            Action::Open { writes, path, data } => Some((event.place, *writes, path, data)),
            _ => None,
        })
    }
}

impl Call {
    /// The name of the program without its folder; with holes, its shape.
    pub(crate) fn base(&self) -> String {
        let shape = self.name.shape();
        shape.rsplit('/').next().unwrap_or(&shape).to_owned()
    }

    /// Each argument as it is written, alternatives joined by `|`.
    pub(crate) fn words(&self) -> Vec<String> {
        self.arguments.iter().map(|argument| argument.shapes().join("|")).collect()
    }

    /// Everything that it is given: words, input, environment.
    pub(crate) fn given(&self) -> BTreeSet<Origin> {
        let values = self.arguments.iter().chain(std::iter::once(&self.stdin));
        let environment = self.environment.iter().map(|(_, value)| value);
        values.chain(environment).flat_map(Value::origins).collect()
    }

    /// Command and words on one short line, for a message.
    pub(crate) fn shown(&self) -> String {
        let words = std::iter::once(self.name.shape()).chain(self.words());
        shortened(&words.collect::<Vec<_>>().join(" "))
    }
}

/// A text on one short line, for a message.
pub(crate) fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    if line.len() <= MAX_SHOWN {
        return line;
    }
    let cut: String = line.chars().take(MAX_SHOWN - 1).collect();
    format!("{cut}…")
}

/// The path of a value from the folder, where it is inside of it.
pub(crate) fn inside(text: &Text) -> Option<String> {
    let shape = text.shape();
    let path = shape.strip_prefix("${PWD}/").or_else(|| (shape == "${PWD}").then_some(".")).unwrap_or(&shape);
    if path.contains("${") {
        return None;
    }
    crate::files::resolve("", path)
}
