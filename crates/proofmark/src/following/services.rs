//! Which services of compose files are put together: those of one name in files that may be used together, and those that they
//! extend.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use proofmark_refs::{Found, Target, Unresolved};

use super::Following;
use super::classes::Classes;
use crate::paths::base_of;
use crate::scanning::Read;
use crate::walk::Candidate;

/// A service: of which of the groups of files that may be used together, and its name.
pub(super) type Key = (usize, String);

/// Which services extend which. Files may be used together if they lie in one directory, or name one another.
pub(super) struct Services {
    files: Classes<PathBuf>,
    extends: BTreeMap<Key, BTreeSet<String>>,
    /// The files that say something of services or builds, and where their paths count from.
    pub(super) bases: Vec<(usize, PathBuf)>,
}

impl Services {
    pub(super) fn of(following: &Following<'_>, reads: &[Read]) -> Self {
        let (mut files, mut bases) = (Classes::default(), Vec::new());
        for (at, Read { file, scan, .. }) in reads.iter().enumerate() {
            let builds = scan.named.iter().any(|named| named.build.is_some());
            if !builds && scan.compose.services.is_empty() && !scan.compose.includes {
                continue;
            }
            let base = base_of(file);
            files.join(&file.path, &base);
            for project in following.projects.get(&file.path).into_iter().flat_map(BTreeMap::keys) {
                files.join(&file.path, project);
            }
            for user in following.users.get(&file.path).into_iter().flat_map(|users| &users.paths) {
                files.join(&file.path, user);
            }
            bases.push((at, base));
        }
        let mut services = Self { files, extends: BTreeMap::new(), bases };
        for (at, _) in services.bases.clone() {
            let Read { file, scan, .. } = &reads[at];
            for service in scan.compose.services.iter().filter(|service| !service.extends.is_empty()) {
                let key = services.key(file, &service.name);
                services.extends.entry(key).or_default().extend(service.extends.iter().cloned());
            }
        }
        services
    }

    pub(super) fn key(&mut self, file: &Candidate, service: &str) -> Key {
        (self.files.class(&file.path), service.to_owned())
    }

    /// The service, and all that it extends: what they say is merged into one. Those that extend the same are others.
    pub(super) fn lineage(&self, of: &Key) -> BTreeSet<Key> {
        let (mut all, mut open) = (BTreeSet::from([of.clone()]), vec![of.clone()]);
        while let Some(key) = open.pop() {
            for name in self.extends.get(&key).into_iter().flatten() {
                let extended = (key.0, name.clone());
                if all.insert(extended.clone()) {
                    open.push(extended);
                }
            }
        }
        all
    }
}

impl Following<'_> {
    /// Tells of images that one file has built, and another has pulled: they are judged nowhere.
    pub(super) fn pulled(&self, reads: &mut [Read]) {
        let local = |read: &Read| read.scan.compose.services.iter().any(|service| service.local.is_some());
        if !reads.iter().any(local) {
            return;
        }
        let mut services = Services::of(self, reads);
        let mut undone: BTreeMap<Key, String> = BTreeMap::new();
        for Read { file, scan, .. } in reads.iter() {
            for service in scan.compose.services.iter().filter(|service| service.undoes) {
                // Whoever extends a service that is built may have its image pulled.
                let key = services.key(file, &service.name);
                for of in services.lineage(&key) {
                    undone.entry(of).or_insert_with(|| file.shown.clone());
                }
            }
        }
        for Read { file, scan, .. } in reads {
            let mut pulled = Vec::new();
            for service in &scan.compose.services {
                let Some(local) = &service.local else { continue };
                if let Some(by) = undone.get(&services.key(file, &service.name)) {
                    let target = Target::Unresolved(Unresolved::Pulled(by.clone()));
                    pulled.push(Found { target, ..(**local).clone() });
                }
            }
            scan.unread.extend(pulled);
        }
    }
}
