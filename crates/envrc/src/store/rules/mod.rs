//! Rules about direnv's stores: one folder a rule, `mod.rs` (the check), `doc.md` (its page), `cases/` (machines with expected
//! findings; `README.md` describes them).

#[path = "envrc-bash-path/mod.rs"]
pub mod bash_path;
#[path = "envrc-download-changed/mod.rs"]
pub mod download_changed;
#[path = "envrc-approval-forged/mod.rs"]
pub mod forged;
#[path = "envrc-load-dotenv/mod.rs"]
pub mod load_dotenv;
#[path = "envrc-approval-orphan/mod.rs"]
pub mod orphan;
#[path = "envrc-approval-outside/mod.rs"]
pub mod outside;
#[path = "envrc-approval-rollback/mod.rs"]
pub mod rollback;
#[path = "envrc-approval-stale/mod.rs"]
pub mod stale;
#[path = "envrc-startup-file/mod.rs"]
pub mod startup_file;
#[path = "envrc-store-exposed/mod.rs"]
pub mod store_exposed;
#[path = "envrc-store-moved/mod.rs"]
pub mod store_moved;
#[path = "envrc-whitelist/mod.rs"]
pub mod whitelist;

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::{Finding, Observation, Origin, Outcome, RuleMeta, Severity, Subject, SubjectKind};

use super::model::{Approval, ApprovalState, Store};
use super::path::shown;
use super::permitted::Permitted;

/// The rules of the stores, in the order in which they are judged.
pub const STORE_RULES: &[&RuleMeta] = &[
    &forged::META,
    &outside::META,
    &rollback::META,
    &stale::META,
    &orphan::META,
    &whitelist::META,
    &load_dotenv::META,
    &bash_path::META,
    &startup_file::META,
    &download_changed::META,
    &store_exposed::META,
    &store_moved::META,
];

/// What the rules are told beside the store.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreContext<'a> {
    /// The user who asks; `None` where the platform has no such number, and owners are not judged.
    pub user: Option<u32>,
    /// The root of the version-controlled tree around the working directory.
    pub tree: Option<&'a [u8]>,
    /// The restricted lists; each must permit.
    pub permitted: &'a [Permitted],
}

/// A finding, and the files of the stores whose removal would mend it. Without one, a person must change something else.
#[derive(Debug, Clone)]
pub struct StoreFinding {
    /// The finding.
    pub finding: Finding,
    /// Files of `allow/`, `allowed-required/` and `cas/`.
    pub removable: Vec<Vec<u8>>,
}

/// Judges everything that was found.
pub fn judge_store(store: &Store, context: &StoreContext<'_>) -> Vec<StoreFinding> {
    [
        forged::check(store),
        outside::check(store, context),
        rollback::check(store),
        stale::check(store),
        orphan::check(store),
        whitelist::check(store),
        load_dotenv::check(store),
        bash_path::check(store),
        startup_file::check(store, context),
        download_changed::check(store),
        store_exposed::check(store, context),
        store_moved::check(store, context),
    ]
    .concat()
}

/// The command that removes what was judged, one by one and asked for.
const FIX: &str = "proofmark envrc status --fix";

fn row(
    rule: &'static RuleMeta,
    severity: Severity,
    subject: &[u8],
    message: impl Into<String>,
    help: impl Into<String>,
) -> StoreFinding {
    let finding = Finding {
        rule,
        subject: Subject::named(SubjectKind::Envrc, shown(subject)),
        severity,
        outcome: Outcome::Finding,
        reason: None,
        message: message.into(),
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: None,
        help: help.into(),
    };
    StoreFinding { finding, removable: Vec::new() }
}

impl StoreFinding {
    fn at(mut self, origin: &Origin) -> Self {
        self.finding.location = Some(origin.clone());
        self
    }

    /// Shows these approvals as what was found, and offers their removal.
    fn of(mut self, approvals: &[&Approval]) -> Self {
        for approval in approvals {
            let mut seen = Observation::new("approved");
            seen.place = Some(shown(&approval.file));
            self.finding.observed.push(seen);
            self.removable.push(approval.file.clone());
        }
        self
    }
}

/// Approvals in one of these states, by the path that they say.
fn by_path(store: &Store, wanted: impl Fn(&ApprovalState) -> bool) -> BTreeMap<&[u8], Vec<&Approval>> {
    let mut paths: BTreeMap<&[u8], Vec<&Approval>> = BTreeMap::new();
    for approval in store.approvals.iter().filter(|approval| wanted(&approval.state)) {
        if let Some(path) = &approval.path {
            paths.entry(path).or_default().push(approval);
        }
    }
    paths
}

/// The paths whose present bytes are approved.
fn approved(store: &Store) -> BTreeSet<&[u8]> {
    let mut paths = BTreeSet::new();
    for approval in &store.approvals {
        match &approval.state {
            ApprovalState::Current => paths.extend(approval.path.as_deref()),
            ApprovalState::Elsewhere(other) | ApprovalState::Odd(_, Some(other)) => {
                paths.insert(other.as_slice());
            }
            _ => {}
        }
    }
    paths
}

/// What a denial changes, for the end of a message.
fn denial(store: &Store, path: &[u8]) -> &'static str {
    if store.is_denied(path) { " (denied: direnv 2.33 and later load nothing there)" } else { "" }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { one.to_owned() } else { format!("{count} {many}") }
}
