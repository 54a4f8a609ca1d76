//! What is known about a rule before it runs.

use crate::{Reason, Severity};

/// Whether a rule is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleStatus {
    /// Its identifier, meaning and severity keep within a major version.
    Stable,
    /// May still change.
    Preview,
}

/// A rule's description: documentation, SARIF and `explain` are generated from it.
#[derive(Debug)]
pub struct RuleMeta {
    /// Kebab-case identifier, never reused.
    pub id: &'static str,
    /// One sentence: what holds when the rule passes.
    pub summary: &'static str,
    /// The rule's page, Markdown with the fixed headings.
    pub doc: &'static str,
    /// The severity of its findings unless they say otherwise.
    pub severity: Severity,
    /// The rows of the threat model it answers, such as `T3.1`.
    pub threats: &'static [&'static str],
    /// The reasons it can give.
    pub reasons: &'static [Reason],
    /// Whether it may need the network.
    pub online: bool,
    /// The version that introduced it.
    pub since: &'static str,
    /// Whether it is settled.
    pub status: RuleStatus,
}
