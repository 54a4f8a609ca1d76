//! Which services of compose files are one service: those of one name in files that may be used together, and those that extend one
//! another.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proofmark_refs::{Found, Target, Unresolved};

use super::Following;
use super::classes::Classes;
use crate::paths::base_of;
use crate::scanning::Read;
use crate::walk::Candidate;

/// Classes of services. Files may be used together if they lie in one directory, or name one another.
pub(super) struct ServiceClasses {
    files: Classes<PathBuf>,
    names: Classes<(usize, String)>,
    /// The files that say something of services or builds, and where their paths count from.
    bases: Vec<(usize, PathBuf)>,
}

impl ServiceClasses {
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
        let mut classes = Self { files, names: Classes::default(), bases };
        for (at, _) in classes.bases() {
            let Read { file, scan, .. } = &reads[at];
            let of = classes.files.class(&file.path);
            for service in &scan.compose.services {
                for extended in &service.extends {
                    classes.names.join(&(of, service.name.clone()), &(of, extended.clone()));
                }
            }
        }
        classes
    }

    pub(super) fn bases(&self) -> Vec<(usize, PathBuf)> {
        self.bases.clone()
    }

    pub(super) fn class(&mut self, file: &Candidate, service: &str) -> usize {
        let of = self.files.class(&file.path);
        self.names.class(&(of, service.to_owned()))
    }
}

impl Following<'_> {
    /// Tells of images that one file has built, and another has pulled: they are judged nowhere.
    pub(super) fn pulled(&self, reads: &mut [Read]) {
        let local = |read: &Read| read.scan.compose.services.iter().any(|service| service.local.is_some());
        if !reads.iter().any(local) {
            return;
        }
        let mut classes = ServiceClasses::of(self, reads);
        let mut undone: BTreeMap<usize, String> = BTreeMap::new();
        for Read { file, scan, .. } in reads.iter() {
            for service in scan.compose.services.iter().filter(|service| service.undoes) {
                undone.entry(classes.class(file, &service.name)).or_insert_with(|| file.shown.clone());
            }
        }
        for Read { file, scan, .. } in reads {
            let mut pulled = Vec::new();
            for service in &scan.compose.services {
                let Some(local) = &service.local else { continue };
                if let Some(by) = undone.get(&classes.class(file, &service.name)) {
                    let target = Target::Unresolved(Unresolved::Pulled(by.clone()));
                    pulled.push(Found { target, ..(**local).clone() });
                }
            }
            scan.unread.extend(pulled);
        }
    }
}
