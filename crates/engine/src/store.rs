//! The report of `envrc status`, and the restricted list as its rules read it.

use std::collections::BTreeMap;

use proofmark_core::{Finding, Timestamp};
use proofmark_envrc::closure::{Content, Lock, Member, MemberKind};
use proofmark_envrc::store::{Permitted, PermittedFolder, PermittedStartup};
use proofmark_policy::Policy;
use proofmark_report::{Report, ReportError};

use crate::exit::{Exit, with_errors};
use crate::run::{Basis, Options, report, worst_finding};

/// What was found of direnv on a machine.
#[derive(Debug, Clone, Default)]
pub struct StoreStatus {
    /// What the rules say.
    pub findings: Vec<Finding>,
    /// What could not be looked at.
    pub errors: Vec<ReportError>,
    /// What the reader should know beside the findings.
    pub notes: Vec<String>,
    /// Whether there is anything of direnv at all.
    pub found: bool,
}

/// The list of a policy that says what direnv may load, if it has one.
pub fn permitted(policy: &Policy) -> Option<Permitted> {
    let list = policy.envrc.as_ref().filter(|list| list.restricts())?;
    let folder = |row: &proofmark_policy::EnvrcDirectory| PermittedFolder {
        path: row.path.clone(),
        origin: row.origin.clone(),
    };
    let startup = |row: &proofmark_policy::EnvrcStartup| PermittedStartup {
        path: row.path.clone(),
        sha256: row.sha256.clone(),
        origin: row.origin.clone(),
    };
    Some(Permitted {
        folders: list.directories.iter().map(folder).collect(),
        startup: list.startup.iter().map(startup).collect(),
        origin: list.origin.clone(),
    })
}

/// What a policy says that `.envrc` files load, by their path from the root of its tree.
pub fn locks_of(policy: &Policy) -> BTreeMap<String, Vec<Lock>> {
    let mut locks: BTreeMap<String, Vec<Lock>> = BTreeMap::new();
    for row in policy.envrc.iter().flat_map(|list| &list.closures) {
        // Loading takes no other kinds and contents than these.
        let member = |one: &proofmark_policy::EnvrcMember| {
            let (kind, content) = (MemberKind::parse(&one.kind)?, Content::parse(&one.content)?);
            Some(Member { path: one.path.clone(), kind, content })
        };
        let members: Option<Vec<Member>> = row.members.iter().map(member).collect();
        let lock = Lock { members: members.unwrap_or_default(), origin: row.origin.clone() };
        locks.entry(row.file.clone()).or_default().push(lock);
    }
    locks
}

/// The report of `envrc status`: findings alone, none of them a verdict. Without anything of direnv there was nothing to
/// check.
pub fn store_report(
    status: StoreStatus,
    policies: &[Basis<'_>],
    now: Timestamp,
    options: &Options,
) -> (Report, Exit) {
    let mut report = report(policies, options, 0);
    report.run.time = now;
    report.results = status.findings;
    report.errors = status.errors;
    report.notes = status.notes;
    let decided = match (worst_finding(&report.results), options.fail_on) {
        (Some(worst), Some(least)) if worst >= least => Exit::Failed,
        _ if status.found => Exit::Clean,
        _ => Exit::Nothing,
    };
    let exit = with_errors(decided, report.errors.len());
    report.seal(exit.code());
    (report, exit)
}
