//! One row of a report: a rule, a subject and the answer.

use serde::Serialize;

use crate::{Digest, Evidence, Origin, Platform, Reason, ReasonKind, RuleMeta, Severity, Verdict};

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A container image.
    Image,
    /// The policy, or a file that belongs to it.
    Policy,
    /// An `.envrc`, what it loads, or what direnv trusts.
    Envrc,
    /// An executable, or its pin.
    Binary,
}

/// The thing that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// What the user asked for, as written; may hold text from outside.
    pub name: String,
    /// An image's normalised reference, `host/repository[:tag][@digest]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The digest that was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// `host/repository@digest`: what may be run. Only after a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// The platform asked for with `--platform`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The mirror that gave the image, where it did not come from the registry of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
}

impl Subject {
    /// A subject of which only the name is known.
    pub fn named(kind: SubjectKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            reference: None,
            digest: None,
            pinned: None,
            platform: None,
            mirror: None,
        }
    }
}

/// What a rule asks for, and the line of the policy that asks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// The requirement in words.
    pub text: String,
    /// Where the policy says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// One thing that was found and was not enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// What was found, and how it differs; may hold text from outside.
    pub text: String,
    /// Where: a discovery path, such as `referrers sha256:…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The reason for which this candidate was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it was signed or logged, RFC 3339, if that is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl Observation {
    /// An observation of which only the text is known.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), place: None, reason: None, time: None }
    }
}

/// The answer as a report counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The subject may be used.
    Pass,
    /// It may not.
    Fail,
    /// The question could not be answered.
    Unverifiable,
    /// A fail that an exception allows.
    Allowed,
    /// Not a verdict: something worth mending, judged by `--fail-on`.
    Finding,
}

/// One row of a report.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that speaks.
    pub rule: &'static RuleMeta,
    /// The subject.
    pub subject: Subject,
    /// How bad it is.
    pub severity: Severity,
    /// The answer.
    pub outcome: Outcome,
    /// Why it is not a pass.
    pub reason: Option<Reason>,
    /// One sentence.
    pub message: String,
    /// What the policy asks for.
    pub expected: Option<Expectation>,
    /// What was found, the nearest miss first.
    pub observed: Vec<Observation>,
    /// What a pass rests on.
    pub evidence: Vec<Evidence>,
    /// Where in the user's files the cause stands.
    pub location: Option<Origin>,
    /// One command or policy line that would fix it.
    pub help: String,
}

impl Finding {
    /// The row for a verdict.
    pub fn from_verdict(
        rule: &'static RuleMeta,
        subject: Subject,
        verdict: &Verdict,
        message: String,
    ) -> Self {
        let refusal = verdict.refusal();
        Self {
            rule,
            subject,
            severity: if refusal.is_some() { rule.severity } else { Severity::Info },
            outcome: match refusal.map(|r| r.reason.kind()) {
                None => Outcome::Pass,
                Some(ReasonKind::Fail) => Outcome::Fail,
                Some(ReasonKind::Unverifiable) => Outcome::Unverifiable,
            },
            reason: refusal.map(|r| r.reason),
            message: refusal.map_or(message, |r| r.message.clone()),
            expected: refusal.and_then(|r| r.expected.clone()),
            observed: refusal.map(|r| r.observed.clone()).unwrap_or_default(),
            evidence: verdict.evidence().into_iter().cloned().collect(),
            location: refusal.and_then(|r| r.expected.as_ref()).and_then(|e| e.origin.clone()),
            help: refusal.map(|r| r.help.clone()).unwrap_or_default(),
        }
    }
}
