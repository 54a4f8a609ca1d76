//! How bad a finding is.

use serde::{Deserialize, Serialize};

/// The severity of a finding, ordered from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run by itself.
    Info,
    /// Weakens a control a little.
    Low,
    /// Weakens a control; fails a run by default.
    Medium,
    /// A control is not in force.
    High,
    /// An attack would succeed, or has.
    Critical,
}

impl Severity {
    /// All severities, from harmless to worst.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
