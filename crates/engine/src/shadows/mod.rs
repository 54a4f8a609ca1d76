//! What a repository puts before a pinned tool.

use proofmark_core::{
    Digest, Finding, Observation, Origin, Outcome, RuleMeta, RuleStatus, Severity, Subject, SubjectKind,
};
use proofmark_lock::Lock;
use proofmark_policy::Policy;

/// What is known of the rule before it runs.
pub(crate) static META: RuleMeta = RuleMeta {
    id: "pin-shadowed",
    summary: "Nothing in the repository stands before a pinned tool.",
    doc: include_str!("pin-shadowed/doc.md"),
    severity: Severity::Medium,
    threats: &["T3.2", "T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The rules about what stands before tools.
pub(crate) const RULES: &[&RuleMeta] = &[&META];

/// Something of a tool's name, and the line that puts it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowing {
    /// The name.
    pub tool: String,
    /// What has it.
    pub by: ShadowedBy,
    /// Where.
    pub origin: Origin,
}

/// What has a tool's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShadowedBy {
    /// A file in a folder that is put into `PATH`.
    File {
        /// Its path, as the user would write it.
        path: String,
        /// Its SHA-256; `None`: it cannot be read.
        sha256: Option<Digest>,
    },
    /// A function of the `.envrc`.
    Function,
    /// An alias of the `.envrc`, for this.
    Alias(String),
}

/// A finding for each of what stands before a tool of the policy and is no pin of it.
pub(crate) fn judge(all: &[Shadowing], policy: &Policy, lock: Option<&Lock>) -> Vec<Finding> {
    let Some(list) = &policy.binaries else { return Vec::new() };
    let is_pinned = |sha256: &Digest| {
        let of = |lock: &Lock| {
            lock.pins().any(|pin| {
                pin.executable.as_ref().is_some_and(|one| one.sha256 == *sha256) || pin.sha256 == *sha256
            })
        };
        lock.is_some_and(of)
    };
    let of_policy = all.iter().filter(|one| list.get(&one.tool).is_some());
    let other = of_policy.filter(|one| match &one.by {
        ShadowedBy::File { sha256, .. } => !sha256.as_ref().is_some_and(is_pinned),
        ShadowedBy::Function | ShadowedBy::Alias(_) => true,
    });
    other.map(row).collect()
}

fn row(one: &Shadowing) -> Finding {
    let tool = &one.tool;
    let (severity, message, digest) = match &one.by {
        ShadowedBy::File { path, sha256 } => (
            Severity::Medium,
            format!(
                "{path} stands before the pinned {tool} for everybody who enters the folder, and is no pin of it"
            ),
            sha256.clone(),
        ),
        // direnv hands neither to the shell: what the file itself calls is another.
        ShadowedBy::Function => {
            (Severity::Low, format!("a function of this file stands before the pinned {tool} in it"), None)
        }
        ShadowedBy::Alias(what) => (
            Severity::Low,
            format!("an alias for `{what}` stands before the pinned {tool} in this file"),
            None,
        ),
    };
    Finding {
        rule: &META,
        subject: Subject { digest: digest.clone(), ..Subject::named(SubjectKind::Binary, tool.clone()) },
        severity,
        outcome: Outcome::Finding,
        reason: None,
        message,
        expected: None,
        observed: digest
            .map(|digest| Observation::new(format!("sha256 {}", digest.hex())))
            .into_iter()
            .collect(),
        evidence: Vec::new(),
        location: Some(one.origin.clone()),
        help: "give it another name; or pin what it is: proofmark pin add, then proofmark pin install --to"
            .to_owned(),
    }
}
