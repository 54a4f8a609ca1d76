//! `envrc-bash-path`: the bash that runs every `.envrc` is the system's.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{StoreFinding, row};
use crate::store::model::Store;
use crate::store::path::clean;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-bash-path",
    summary: "The shell that runs every .envrc is not replaced by settings.",
    doc: include_str!("doc.md"),
    severity: Severity::Low,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store) -> Vec<StoreFinding> {
    let mut rows = Vec::new();
    for setting in store.settings.iter().flat_map(|settings| &settings.bash_path) {
        let (severity, why) = judged(store, setting.value.as_bytes());
        let message = format!("`bash_path` runs every .envrc with it{why}");
        let help = "remove `bash_path`: direnv then takes the bash that it was built with";
        rows.push(row(&META, severity, setting.value.as_bytes(), message, help).at(&setting.origin));
    }
    let by_variable = rows.is_empty().then_some(store.variables.direnv_bash.as_ref()).flatten();
    for program in by_variable.into_iter().filter(|program| !program.is_empty()) {
        let (severity, why) = judged(store, program);
        let message = format!("the variable DIRENV_BASH makes it run every .envrc{why}");
        rows.push(row(&META, severity, program, message, "unset DIRENV_BASH"));
    }
    rows
}

fn judged(store: &Store, program: &[u8]) -> (Severity, &'static str) {
    if program.starts_with(b"/") {
        let known = store.facts.contains_key(&clean(program));
        return if known { (META.severity, "") } else { (Severity::Medium, ", and it is not there") };
    }
    if program.contains(&b'/') {
        return (Severity::High, ", from whatever folder one stands in: each repository brings its own");
    }
    (META.severity, ", the first of that name in PATH")
}
