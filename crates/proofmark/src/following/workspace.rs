//! Files that workflows and actions name from the root of the repository.

use std::path::{Path, PathBuf};

use proofmark_refs::{FileKind, NamedFile, NamedKind, NotRead};

use super::{Following, Leads};
use crate::paths::written;
use crate::walk::Candidate;

/// What nobody can commit to a repository of git: it lies in the root alone.
const STORE: &str = ".git";

/// What lies in the root of a repository as a rule, and may lie elsewhere.
const MARKS: [&str; 6] = [".github", ".gitea", ".forgejo", ".jj", ".hg", ".svn"];

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
        let repositories = self.repositories(file, base);
        if repositories.is_empty() {
            return Leads::Known;
        }
        let runs = repositories.iter().any(|(root, _)| WORKFLOWS.iter().any(|one| root.join(one) == base));
        let sure = !named.is_guess() && runs;
        let kinds: Vec<(String, FileKind)> = match named.kind {
            NamedKind::Action { .. } => {
                ACTION.iter().map(|(name, kind)| (format!("{}/{name}", named.path), *kind)).collect()
            }
            NamedKind::Workspace { kind, .. } => vec![(named.path.clone(), kind)],
            NamedKind::File(_) | NamedKind::IfThere(_) | NamedKind::Resource => {
                return Leads::Nowhere(NotRead::Missing);
            }
        };
        let (mut first, mut to, mut known) = (None, Vec::new(), false);
        for (root, directory) in &repositories {
            for (path, kind) in &kinds {
                let part = NamedFile { kind: NamedKind::File(*kind), path: path.clone(), ..named.clone() };
                match self.at(directory, root, path, &part) {
                    Leads::Nowhere(why) => {
                        first = first.or(Some(why));
                        continue;
                    }
                    Leads::To(files) => to.extend(files),
                    Leads::Known | Leads::Excluded => known = true,
                }
                // Of an action the first counts.
                break;
            }
        }
        match first.filter(|_| sure) {
            _ if !to.is_empty() => Leads::To(to),
            Some(why) if !known => Leads::Nowhere(why),
            _ => Leads::Known,
        }
    }

    /// The roots of repositories that a file may belong to, without links and as they are written: the one with git's own directory.
    /// Where there is none, each directory of the tree that looks like a root, since a `.github` may lie in any.
    pub(super) fn repositories(&self, file: &Candidate, base: &Path) -> Vec<(PathBuf, PathBuf)> {
        let mut all = Vec::new();
        let mut shown = written(file);
        for at in base.ancestors() {
            if at.join(STORE).exists() {
                return vec![(at.to_owned(), shown)];
            }
            if MARKS.iter().any(|mark| at.join(mark).exists()) {
                all.push((at.to_owned(), shown.clone()));
            }
            shown.push("..");
        }
        let inside = |root: &PathBuf| self.around.trees.iter().any(|tree| root.starts_with(tree));
        // The nearest is as good as any, where none is looked through.
        let count = all.iter().filter(|(root, _)| inside(root)).count().max(1);
        all.truncate(count);
        all
    }
}

/// Where the path of a file that was not there counts from, as it is written: from the root, two directories above the workflow.
pub(super) fn from(file: &Candidate, kind: NamedKind) -> PathBuf {
    match kind {
        NamedKind::Workspace { .. } | NamedKind::Action { .. } => written(file).join("../.."),
        NamedKind::File(_) | NamedKind::IfThere(_) | NamedKind::Resource => written(file),
    }
}
