//! The restricted list of what direnv may load.

use std::collections::BTreeMap;

use proofmark_core::Origin;

use super::Changes;
use crate::EnvrcList;

/// A list restricts where none was; each row permits more.
pub(super) fn list(before: Option<&EnvrcList>, after: Option<&EnvrcList>, changes: &mut Changes) {
    match (before, after) {
        (None, None) => {}
        (None, Some(list)) => changes.tightens(&list.origin, "a list of what direnv may load is new"),
        (Some(list), None) => changes.loosens(&list.origin, "the list of what direnv may load is removed"),
        (Some(before), Some(after)) => {
            let (was, is) = (rows(before), rows(after));
            for (row, origin) in is.iter().filter(|(row, _)| !was.contains_key(*row)) {
                changes.loosens(origin, format!("{row} is new"));
            }
            for (row, origin) in was.iter().filter(|(row, _)| !is.contains_key(*row)) {
                changes.tightens(origin, format!("{row} is removed"));
            }
        }
    }
}

/// What each row permits.
fn rows(list: &EnvrcList) -> BTreeMap<String, &Origin> {
    let directories = list.directories.iter().map(|row| (format!("[[directory]] {}", row.path), &row.origin));
    let startup = list
        .startup
        .iter()
        .map(|row| (format!("[[startup]] {} sha256 {}", row.path, row.sha256), &row.origin));
    directories.chain(startup).collect()
}
