//! `envrc-store-moved`: variables do not make a repository the place of direnv's settings.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use super::{StoreContext, StoreFinding, row};
use crate::store::model::Store;
use crate::store::path::{clean, is_within};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "envrc-store-moved",
    summary: "The settings and approvals of direnv do not come from the repository one stands in.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.3"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub(super) fn check(store: &Store, context: &StoreContext<'_>) -> Vec<StoreFinding> {
    let (of, roots) = (&store.variables, &store.roots);
    let is_set = |value: &Option<Vec<u8>>| value.as_ref().is_some_and(|value| !value.is_empty());
    let config = if is_set(&of.direnv_config) {
        ("DIRENV_CONFIG", true)
    } else {
        ("XDG_CONFIG_HOME", is_set(&of.config_home))
    };
    let places = [
        (config, &roots.config, "settings"),
        (("XDG_DATA_HOME", is_set(&of.data_home)), &roots.data, "approvals"),
        (("XDG_CACHE_HOME", is_set(&of.cache_home)), &roots.cache, "downloads"),
    ];
    let home = roots.home.as_deref().map(clean);
    let mut rows = Vec::new();
    for ((variable, _), root, what) in places.iter().filter(|((_, set), _, _)| *set) {
        // Where the home directory itself is version-controlled, everything is in it.
        let inside = context.tree.filter(|tree| !home.as_ref().is_some_and(|home| is_within(home, tree)));
        let message = if !root.starts_with(b"/") {
            format!("{variable} is relative: each folder that one enters brings {what} of its own")
        } else if inside.is_some_and(|tree| is_within(&clean(root), tree)) {
            format!("{variable} makes this repository bring the {what}, and so approve itself")
        } else {
            continue;
        };
        rows.push(row(&META, META.severity, root, message, format!("unset {variable}")));
    }
    rows
}
