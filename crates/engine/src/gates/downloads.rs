//! The gate for downloads that become programs.

use proofmark_core::RuleMeta;

use crate::downloads::{RULES, ScriptFile, judge};
use crate::gate::{Answer, Gate, GateContext};

/// Files of a kind that are told by name in one note.
const MAX_TOLD: usize = 8;

/// Judges the scripts of a repository. Its rows are no verdicts: no subject is counted.
#[derive(Debug)]
pub struct DownloadGate<'a> {
    files: &'a [ScriptFile],
}

impl<'a> DownloadGate<'a> {
    /// A gate over what was read.
    pub const fn new(files: &'a [ScriptFile]) -> Self {
        Self { files }
    }
}

impl Gate for DownloadGate<'_> {
    fn id(&self) -> &'static str {
        "downloads"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        RULES
    }

    fn requested(&self) -> usize {
        0
    }

    fn per_policy(&self) -> bool {
        false
    }

    fn run(&self, _context: &GateContext<'_>) -> Answer {
        let (findings, unread) = judge(self.files);
        let mut notes = Vec::new();
        if !unread.is_empty() {
            let more = unread.len().saturating_sub(MAX_TOLD);
            let names: Vec<&str> = unread.into_iter().take(MAX_TOLD).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push(format!("commands that are no bash were not looked at: {}{more}", names.join(", ")));
        }
        Answer { findings, notes, ..Answer::default() }
    }
}
