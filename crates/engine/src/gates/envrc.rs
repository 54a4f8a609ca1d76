//! The gate for the files that direnv runs before everything else.

use std::collections::BTreeMap;

use proofmark_core::{Finding, RuleMeta};
use proofmark_envrc::Judged;
use proofmark_report::ReportError;

use crate::gate::{Answer, Gate, GateContext};

/// What was read and judged of a tree.
#[derive(Debug, Clone, Default)]
pub struct Audited {
    /// Each `.envrc` in which there is something to judge, by its path as the user would write it, in their order.
    pub files: Vec<(String, Judged)>,
    /// Their paths from the root of the tree in which the policy lies, by which exceptions name them.
    pub paths: BTreeMap<String, String>,
    /// That there is nothing to judge is an answer: a change was looked at, and it touches none of the files.
    pub settled: bool,
    /// Locks of files that are gone.
    pub gone: Vec<Finding>,
    /// What could not be read.
    pub errors: Vec<ReportError>,
    /// What was left out, for people.
    pub notes: Vec<String>,
}

impl Audited {
    /// The rows of every file.
    pub fn findings(&self) -> Vec<Finding> {
        let rows = self.files.iter().flat_map(|(_, judged)| judged.findings.iter());
        rows.chain(&self.gone).cloned().collect()
    }
}

/// Tells what the `.envrc` files of a tree do. They were judged as they were read: no policy changes that.
#[derive(Debug)]
pub struct EnvrcGate<'a> {
    audited: &'a Audited,
}

impl<'a> EnvrcGate<'a> {
    /// A gate over what was judged.
    pub const fn new(audited: &'a Audited) -> Self {
        Self { audited }
    }
}

impl Gate for EnvrcGate<'_> {
    fn id(&self) -> &'static str {
        "envrc"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_envrc::RULES
    }

    fn requested(&self) -> usize {
        self.audited.files.len()
    }

    fn per_policy(&self) -> bool {
        false
    }

    fn run(&self, _context: &GateContext<'_>) -> Answer {
        Answer {
            findings: self.audited.findings(),
            errors: self.audited.errors.clone(),
            notes: self.audited.notes.clone(),
            next_expiry: None,
            paths: self.audited.paths.clone(),
        }
    }
}
