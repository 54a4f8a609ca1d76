//! The restricted list of what direnv may load.

use std::collections::BTreeMap;

use proofmark_core::Origin;

use super::Changes;
use crate::{EnvrcClosure, EnvrcList};

/// A list restricts where none was; each row permits more.
pub(super) fn list(before: Option<&EnvrcList>, after: Option<&EnvrcList>, changes: &mut Changes) {
    let restricting = |list: Option<&'_ EnvrcList>| list.filter(|list| list.restricts()).cloned();
    match (restricting(before).as_ref(), restricting(after).as_ref()) {
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
    let none = Vec::new();
    let of = |list: Option<&'_ EnvrcList>| list.map_or(none.clone(), |list| list.closures.clone());
    closures(&of(before), &of(after), changes);
}

/// The first lock of a file restricts it; another one permits another state, and without any every state is.
fn closures(before: &[EnvrcClosure], after: &[EnvrcClosure], changes: &mut Changes) {
    let has = |rows: &[EnvrcClosure], row: &EnvrcClosure| {
        rows.iter().any(|one| (&one.file, &one.sha256) == (&row.file, &row.sha256))
    };
    let locks = |rows: &[EnvrcClosure], row: &EnvrcClosure| rows.iter().any(|one| one.file == row.file);
    let name = |row: &EnvrcClosure| format!("[[closure]] {} {}", row.file, row.sha256);
    for row in after.iter().filter(|row| !has(before, row)) {
        let text = format!("{} is new", name(row));
        if locks(before, row) {
            changes.loosens(&row.origin, text);
        } else {
            changes.tightens(&row.origin, text);
        }
    }
    for row in before.iter().filter(|row| !has(after, row)) {
        let text = format!("{} is removed", name(row));
        if locks(after, row) {
            changes.tightens(&row.origin, text);
        } else {
            changes.loosens(&row.origin, text);
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
