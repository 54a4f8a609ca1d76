//! Which entry decides. The first that matches; a pull-through cache is matched by the upstream name too.

use std::path::Path;

use proofmark_core::registry::RegistryEntry;
use proofmark_core::{Algorithm, Digest, Repository};

use crate::{Denied, DeniedWhat, ImageEntry, Policy};

impl Policy {
    /// The path as it is shown.
    pub fn path_display(&self) -> std::path::Display<'_> {
        Path::display(&self.path)
    }

    /// The `[[image]]` that decides on this repository: the first that matches its name, or its upstream name
    /// (verdicts.md 1, "Entries" and "Registries"). `None` is `no-policy`.
    pub fn entry_for(&self, repository: &Repository) -> Option<&ImageEntry> {
        let (name, upstream) = (repository.to_string(), self.upstream_name(repository).to_string());
        self.images.iter().find(|entry| entry.pattern.matches(&name) || entry.pattern.matches(&upstream))
    }

    /// The registry entry that allows this repository. `None` is `registry-not-allowed`.
    pub fn registry_for(&self, repository: &Repository) -> Option<&RegistryEntry> {
        self.registries.iter().find(|entry| entry.allows(repository))
    }

    /// What a pull-through cache calls upstream: `harbor.corp/hub/library/postgres` is
    /// `docker.io/library/postgres` where the policy says `path = "hub", proxy-of = "docker.io"`.
    /// Every other repository is its own. Asked of every entry, not of the one that allows the repository alone:
    /// what a host passes on does not depend on the order of the list, and a denied digest stays denied.
    pub fn upstream_name(&self, repository: &Repository) -> Repository {
        self.registries
            .iter()
            .filter(|entry| entry.host == *repository.host())
            .find_map(|entry| entry.upstream(repository))
            .unwrap_or_else(|| repository.clone())
    }

    /// Whether a row that denies names a digest by this algorithm.
    pub fn denies_by(&self, algorithm: Algorithm) -> bool {
        self.denied.iter().any(|row| match &row.what {
            DeniedWhat::Everywhere(digest) | DeniedWhat::InRepository { digest, .. } => {
                digest.algorithm() == algorithm
            }
        })
    }

    /// The row that denies this digest, in this repository or everywhere. Both are taken by their upstream names, so that a row
    /// that names a cache denies the same of every other name of what it passes on.
    pub fn denied_for(&self, repository: &Repository, digest: &Digest) -> Option<&Denied> {
        let upstream = self.upstream_name(repository);
        self.denied.iter().find(|row| match &row.what {
            DeniedWhat::Everywhere(denied) => denied == digest,
            DeniedWhat::InRepository { repository: place, digest: denied } => {
                denied == digest && self.upstream_name(place) == upstream
            }
        })
    }
}
