//! The allowlists: registries, denied digests, approved bases, exceptions.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::registry::RegistryEntry;
use proofmark_core::{Host, Platform};

use super::{Changes, Way};
use crate::{ApprovedBase, Denied, DeniedWhat, Exception};

/// Host by host: what is not listed is refused, so a host that goes tightens and one that comes loosens.
pub(super) fn registries(before: &[RegistryEntry], after: &[RegistryEntry], changes: &mut Changes) {
    let of = |all: &'_ [RegistryEntry], host: &Host| -> Vec<RegistryEntry> {
        all.iter().filter(|entry| entry.host == *host).cloned().collect()
    };
    let hosts: BTreeSet<&Host> = before.iter().chain(after).map(|entry| &entry.host).collect();
    for host in hosts {
        let (was, is) = (of(before, host), of(after, host));
        match (was.as_slice(), is.as_slice()) {
            (_, []) => {
                if let Some(first) = was.first() {
                    changes.tightens(&first.origin, format!("[[registry]] {host} is removed"));
                }
            }
            ([], [first, ..]) => changes.loosens(&first.origin, format!("[[registry]] {host} is new")),
            ([was], [is]) => {
                let repositories = narrowed(was, is);
                match (repositories, same_but_repositories(was, is)) {
                    (Some(Way::Neutral), true) => {}
                    (Some(way), true) => {
                        changes.push(
                            way,
                            &is.origin,
                            format!("[[registry]] {host} allows fewer repositories"),
                        );
                    }
                    _ => changes.loosens(&is.origin, format!("[[registry]] {host} is otherwise")),
                }
            }
            (was, is) => {
                let pairs = was.len() == is.len() && was.iter().zip(is).all(|(was, is)| same(was, is));
                if let Some(first) = is.first().filter(|_| !pairs) {
                    changes
                        .loosens(&first.origin, format!("the [[registry]] entries of {host} are otherwise"));
                }
            }
        }
    }
}

fn same(was: &RegistryEntry, is: &RegistryEntry) -> bool {
    narrowed(was, is) == Some(Way::Neutral) && same_but_repositories(was, is)
}

/// Whether no repository more is allowed; `None` if one may be.
fn narrowed(was: &RegistryEntry, is: &RegistryEntry) -> Option<Way> {
    match (was.repositories.as_slice(), is.repositories.as_slice()) {
        (was, is) if was == is => Some(Way::Neutral),
        (_, []) => None,
        ([], _) => Some(Way::Tightens),
        (was, is) => is.iter().all(|one| was.iter().any(|other| other.covers(one))).then_some(Way::Tightens),
    }
}

fn same_but_repositories(was: &RegistryEntry, is: &RegistryEntry) -> bool {
    let RegistryEntry {
        host: _,
        repositories: _,
        mirrors,
        proxy_of,
        plain_http,
        ca_file,
        auth_realms,
        origin: _,
    } = is;
    *mirrors == was.mirrors
        && *proxy_of == was.proxy_of
        && *plain_http == was.plain_http
        && ca_file.as_ref().map(|file| &file.pem) == was.ca_file.as_ref().map(|file| &file.pem)
        && *auth_realms == was.auth_realms
}

/// Rows by what they are about.
fn by_key<T>(rows: &[T], key: impl Fn(&T) -> String) -> BTreeMap<String, Vec<&T>> {
    let mut map: BTreeMap<String, Vec<&T>> = BTreeMap::new();
    for row in rows {
        map.entry(key(row)).or_default().push(row);
    }
    map
}

pub(super) fn denied(before: &[Denied], after: &[Denied], changes: &mut Changes) {
    let key = |row: &Denied| match &row.what {
        DeniedWhat::Everywhere(digest) => format!("[[deny]] {digest}"),
        DeniedWhat::InRepository { repository, digest } => format!("[[deny]] {repository}@{digest}"),
    };
    let (was, is) = (by_key(before, key), by_key(after, key));
    for (name, rows) in was.iter().filter(|(name, _)| !is.contains_key(*name)) {
        for row in rows {
            changes.loosens(&row.origin, format!("{name} is removed"));
        }
    }
    for (name, rows) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
        for row in rows {
            changes.tightens(&row.origin, format!("{name} is new"));
        }
    }
}

/// The longest match decides, ended and revoked rows included: a row that goes may leave the decision to its parent.
pub(super) fn bases(before: &[ApprovedBase], after: &[ApprovedBase], changes: &mut Changes) {
    let (was, is) = (by_key(before, layers), by_key(after, layers));
    for (key, rows) in &is {
        match (was.get(key).map_or(&[][..], Vec::as_slice), rows.as_slice()) {
            ([], rows) => {
                for row in rows {
                    // One that is revoked refuses what stands on it, whatever decided before.
                    let way = if row.revoked.is_some() { Way::Tightens } else { Way::Loosens };
                    changes.push(way, &row.origin, format!("base image {} is new", row.name));
                }
            }
            ([was], [row]) => match base(was, row) {
                Way::Neutral => {}
                Way::Tightens => {
                    changes.tightens(&row.origin, format!("base image {} is approved for less", row.name));
                }
                Way::Loosens => {
                    changes.loosens(&row.origin, format!("base image {} is approved for more", row.name));
                }
            },
            // Several names of the same layers: which of them decides is not compared.
            (was, rows) => {
                let same = was.len() == rows.len()
                    && was.iter().zip(rows).all(|(was, is)| base(was, is) == Way::Neutral);
                if let Some(row) = rows.first().filter(|_| !same) {
                    changes.loosens(
                        &row.origin,
                        format!("the rows with the layers of {} are otherwise", row.name),
                    );
                }
            }
        }
    }
    for row in was.iter().filter(|(key, _)| !is.contains_key(*key)).flat_map(|(_, rows)| rows) {
        let text = format!("base image {} is removed, and one below it may decide in its place", row.name);
        changes.loosens(&row.origin, text);
    }
}

/// What a row matches by: its layers, and the platforms on which it has them.
fn layers(row: &ApprovedBase) -> String {
    let mut names: Vec<String> = row.platforms.iter().map(Platform::to_string).collect();
    names.sort();
    let layers: Vec<String> = row.diff_ids.iter().map(ToString::to_string).collect();
    format!("{} {}", names.join(","), layers.join(","))
}

/// Of two rows with the same layers on the same platforms.
fn base(was: &ApprovedBase, is: &ApprovedBase) -> Way {
    let ApprovedBase {
        name: _,
        digests,
        platforms: _,
        diff_ids: _,
        not_after,
        revoked,
        added_by: _,
        why: _,
        origin: _,
    } = is;
    let revoked = match (&was.revoked, revoked) {
        (Some(_), None) => Way::Loosens,
        (None, Some(_)) => Way::Tightens,
        _ => Way::Neutral,
    };
    let ends = match (was.not_after, *not_after) {
        (was, is) if was == is => Way::Neutral,
        (None, Some(_)) => Way::Tightens,
        (Some(was), Some(is)) if is < was => Way::Tightens,
        _ => Way::Loosens,
    };
    // By these provenance names the base. Of one in force, fewer are fewer that it may name; of one that is not, or comes to
    // its end, fewer are fewer that it must not name (image-base, images from scratch).
    let refuses = was.revoked.is_some() || was.not_after.is_some();
    let fewer = digests.len() < was.digests.len();
    let named = match (digests.iter().all(|one| was.digests.contains(one)), fewer) {
        (true, false) => Way::Neutral,
        (true, true) if !refuses => Way::Tightens,
        _ => Way::Loosens,
    };
    revoked.max(ends).max(named)
}

pub(super) fn exceptions(before: &[Exception], after: &[Exception], changes: &mut Changes) {
    let key = |row: &Exception| format!("[[exception]] {} for {}", row.rule, row.subject);
    let (was, is) = (by_key(before, key), by_key(after, key));
    for (name, rows) in &is {
        // Loading refuses a second row for the same.
        let before = was.get(name).and_then(|rows| rows.first());
        for row in rows {
            match before {
                None => changes.loosens(&row.origin, format!("{name} is new")),
                Some(was) if row.until > was.until => {
                    changes.loosens(&row.origin, format!("{name} holds for longer"));
                }
                Some(was) if row.until < was.until => {
                    changes.tightens(&row.origin, format!("{name} ends earlier"));
                }
                Some(was) if (&row.reason, &row.owner) != (&was.reason, &was.owner) => {
                    changes.neutral(&row.origin, format!("{name} has another reason or owner"));
                }
                Some(_) => {}
            }
        }
    }
    for (name, rows) in was.iter().filter(|(name, _)| !is.contains_key(*name)) {
        for row in rows {
            changes.tightens(&row.origin, format!("{name} is removed"));
        }
    }
}
