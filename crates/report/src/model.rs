//! The report as plain data.

use std::path::PathBuf;

use proofmark_core::{Digest, Finding, Limits, Origin, RuleMeta, Severity, Timestamp};
use serde::Serialize;

/// The exit code of a report that nobody sealed: "could not verify" (fail closed).
const UNDECIDED: u8 = 3;

/// The program that made the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Its name: `proofmark`.
    pub name: String,
    /// Its version, semantic versioning.
    pub version: String,
}

/// The policy that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyRef {
    /// The policy file, as the user would write it.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// How it was found: `--policy`, `found upward`, a revision, …
    pub from: String,
}

/// A trusted root or key that the run relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootRef {
    /// Its name in the policy, such as `sigstore-public-good`.
    pub name: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Where it came from: `built-in`, or its file.
    pub source: String,
    /// Whole days since it was fetched; `None`: not known.
    pub age_days: Option<i64>,
}

/// Under which conditions the run decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The policy; `None` if none could be loaded.
    pub policy: Option<PolicyRef>,
    /// Trusted roots and keys, in a fixed order.
    pub trust_roots: Vec<RootRef>,
    /// Evaluation time: validity, age and expiry were judged at this moment.
    pub time: Timestamp,
    /// The caps that were in force.
    pub limits: Limits,
}

/// Something that went wrong with the run itself, and not with a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportError {
    /// A stable code, such as `policy-parse`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// One command or one line that would fix it; may be empty.
    pub help: String,
    /// A command that prints its page, or the page itself; may be empty.
    pub see: String,
    /// Where in the user's files it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Origin>,
}

/// From where paths are read: what takes annotations knows files by their path from the tree's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The root of the version-controlled tree, absolute.
    pub root: PathBuf,
    /// The working directory, absolute: paths of the report are relative to it.
    pub directory: PathBuf,
}

/// Everything that one run found out (design.md 6, "JSON").
#[derive(Debug, Clone)]
pub struct Report {
    /// The program.
    pub tool: Tool,
    /// The command that ran, such as `image verify`: the SARIF category; may be empty.
    pub command: String,
    /// The conditions.
    pub run: Run,
    /// How many distinct subjects were asked for.
    pub requested: usize,
    /// The rows, in the order of the request.
    pub results: Vec<Finding>,
    /// What went wrong with the run itself.
    pub errors: Vec<ReportError>,
    /// What the reader should know of the run, such as what was left out or not asked.
    pub notes: Vec<String>,
    /// Whole days until the next of the used exceptions expires.
    pub next_expiry_days: Option<i64>,
    /// Every rule of the build, fired or not, in the registry's order.
    pub rules: Vec<&'static RuleMeta>,
    /// Where annotations count paths from; without it, from where the report does.
    pub base: Option<Base>,
    /// Whether the run writes a Markdown report as well, as a job summary.
    pub summarized: bool,
    /// `--fail-on`: where JUnit, which knows no severities, draws the line between failed and passed findings; `None`: never.
    pub fail_on: Option<Severity>,
    exit: u8,
}

impl Report {
    /// An empty report for `requested` distinct subjects.
    ///
    /// Until [`Report::seal`] its exit code is 3, "could not verify".
    pub fn new(tool: Tool, run: Run, requested: usize) -> Self {
        Self {
            tool,
            command: String::new(),
            run,
            requested,
            results: Vec::new(),
            errors: Vec::new(),
            notes: Vec::new(),
            next_expiry_days: None,
            rules: Vec::new(),
            base: None,
            summarized: false,
            fail_on: Some(Severity::Medium),
            exit: UNDECIDED,
        }
    }

    /// Puts in the exit code that the engine decided. It is shown, and never changed by an emitter.
    pub fn seal(&mut self, exit: u8) {
        self.exit = exit;
    }

    /// The exit code; 3 until [`Report::seal`].
    pub const fn exit(&self) -> u8 {
        self.exit
    }
}
