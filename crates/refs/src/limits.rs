//! Caps on what one file may cost.

/// The budgets of one file. Reaching one is a located [`crate::ProblemKind::Limit`], never silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanLimits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Nodes of all YAML documents of the file.
    pub nodes: usize,
    /// Nesting of a YAML document.
    pub depth: usize,
    /// Steps of the walk over a document, aliases and merge keys followed: what a "billion laughs" would use up.
    pub steps: usize,
    /// References of one file.
    pub found: usize,
    /// Problems of one file; the last says that there are more.
    pub problems: usize,
}

impl Default for ScanLimits {
    fn default() -> Self {
        Self {
            bytes: 8 * 1024 * 1024,
            nodes: 1_000_000,
            depth: 128,
            steps: 50_000_000,
            found: 20_000,
            problems: 64,
        }
    }
}
