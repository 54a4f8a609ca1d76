//! The seam between the engine and the controls: subjects in, findings out.

use std::collections::BTreeMap;

use proofmark_core::{Finding, RuleMeta, Timestamp};
use proofmark_image::Trust;
use proofmark_oci::Client;
use proofmark_policy::Policy;
use proofmark_report::ReportError;

/// Told when a subject is done, so that a terminal can show it.
pub trait Progress: Sync {
    /// One more subject of `total` has its answer.
    fn done(&self, name: &str, total: usize);
}

/// No one is told.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn done(&self, _name: &str, _total: usize) {}
}

/// What every gate may use.
#[derive(Clone, Copy)]
pub struct GateContext<'a> {
    /// The policy in effect.
    pub policy: &'a Policy,
    /// Its roots and keys.
    pub trust: &'a Trust,
    /// The reader of registries and layouts.
    pub client: &'a Client,
    /// Evaluation time.
    pub now: Timestamp,
    /// Who is told of progress.
    pub progress: &'a dyn Progress,
}

/// What a gate answers.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The findings of one subject stand together, in the order of the request.
    pub findings: Vec<Finding>,
    /// What could not be looked at, and is no subject: the run is then no success.
    pub errors: Vec<ReportError>,
    /// What the reader should know beside the findings, such as what was not asked.
    pub notes: Vec<String>,
    /// Paths of subjects that are files, from the root of the tree in which the policy lies: what exceptions call them.
    pub paths: BTreeMap<String, String>,
    /// When the next of the allows ends that are no exceptions of the policy.
    pub next_expiry: Option<Timestamp>,
}

impl From<Vec<Finding>> for Answer {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

/// A control over some kind of subject. A new gate is a new file in `gates/` and one more entry in the caller's list.
pub trait Gate {
    /// A fixed name.
    fn id(&self) -> &'static str;

    /// The rules that it can speak of.
    fn rules(&self) -> &'static [&'static RuleMeta];

    /// How many subjects it was asked about: the report must hold as many answers.
    fn requested(&self) -> usize;

    /// Whether its answer depends on the policy: if not, it is asked once, and not for the machine's policy again.
    fn per_policy(&self) -> bool {
        true
    }

    /// Judges every subject.
    fn run(&self, context: &GateContext<'_>) -> Answer;
}
