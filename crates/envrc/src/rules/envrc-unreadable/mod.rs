//! `envrc-unreadable`: the file and everything that it loads can be read, to the end and in one way.

use proofmark_core::{Reason, RuleMeta, RuleStatus, Severity};
use proofmark_shell::Unreadable;

use crate::trace::Problem;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-unreadable",
    summary: "An .envrc can be read to its end, and in one way.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.3"],
    reasons: &[Reason::Malformed, Reason::Unsupported, Reason::Limit],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Preview,
};

/// Which reason a problem is: what is wrong with the text is Fail, what this program cannot follow is no answer.
pub fn reason(problem: &Problem) -> Reason {
    match problem {
        Problem::Limit { .. } | Problem::Unreadable { error: Unreadable::Limit { .. }, .. } => Reason::Limit,
        Problem::Unreadable { error: Unreadable::Unsupported { .. }, .. } => Reason::Unsupported,
        Problem::Unreadable { .. } => Reason::Malformed,
    }
}
