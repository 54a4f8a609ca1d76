//! Files that workflows and actions name from the root of the repository.

use std::path::{Path, PathBuf};

use proofmark_refs::{FileKind, NamedFile, NamedKind, NotRead};

use super::{Following, Leads};
use crate::paths::written;
use crate::walk::Candidate;

/// What lies in the root of a repository.
const MARKS: [&str; 4] = [".git", ".github", ".gitea", ".forgejo"];

/// Where the workflows lie that run.
const WORKFLOWS: [&str; 3] = [".github/workflows", ".gitea/workflows", ".forgejo/workflows"];

/// What an action may consist of, as a runner looks for it.
const ACTION: [(&str, FileKind); 4] = [
    ("action.yml", FileKind::Workflow),
    ("action.yaml", FileKind::Workflow),
    ("Dockerfile", FileKind::Dockerfile),
    ("dockerfile", FileKind::Dockerfile),
];

impl Following<'_> {
    /// A path from the root around `base`, the directory of `file` without links. Of a workflow that lies where none is run, and of an
    /// action, which other repositories use too, it is not known which root it is: there only what is there is read.
    pub(super) fn in_workspace(&mut self, file: &Candidate, named: &NamedFile, base: &Path) -> Leads {
        let Some((root, directory)) = root(file, base) else { return Leads::Known };
        let sure = !named.is_guess() && WORKFLOWS.iter().any(|one| root.join(one) == base);
        let kinds: Vec<(String, FileKind)> = match named.kind {
            NamedKind::Action { .. } => {
                ACTION.iter().map(|(name, kind)| (format!("{}/{name}", named.path), *kind)).collect()
            }
            NamedKind::Workspace { kind, .. } => vec![(named.path.clone(), kind)],
            NamedKind::File(_) | NamedKind::IfThere(_) | NamedKind::Resource => {
                return Leads::Nowhere(NotRead::Missing);
            }
        };
        let mut first = None;
        for (path, kind) in kinds {
            let part = NamedFile { kind: NamedKind::File(kind), path, ..named.clone() };
            match self.at(&directory, &root, &part.path, &part) {
                Leads::Nowhere(why) => first = first.or(Some(why)),
                leads => return leads,
            }
        }
        match first.filter(|_| sure) {
            Some(why) => Leads::Nowhere(why),
            None => Leads::Known,
        }
    }
}

/// The root of the repository around `base`, the directory of a file without links; and as it is written.
pub(super) fn root(file: &Candidate, base: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut root = (base, written(file));
    while !MARKS.iter().any(|mark| root.0.join(mark).exists()) {
        root = (root.0.parent()?, root.1.join(".."));
    }
    Some((root.0.to_owned(), root.1))
}

/// Where the path of a file that was not there counts from, as it is written: from the root, two directories above the workflow.
pub(super) fn from(file: &Candidate, kind: NamedKind) -> PathBuf {
    match kind {
        NamedKind::Workspace { .. } | NamedKind::Action { .. } => written(file).join("../.."),
        NamedKind::File(_) | NamedKind::IfThere(_) | NamedKind::Resource => written(file),
    }
}
