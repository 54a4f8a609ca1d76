//! Where the steps of a job find files: below the workspace, to which repositories are checked out.
//!
//! Source: GitHub Docs, "Metadata syntax" and "Workflow syntax" (`uses: ./path`); `actions/checkout` (`path`, `repository`).

use crate::detect::FileKind;
use crate::dockerfile::Given;
use crate::named::{NamedBuild, NamedKind, RawNamed};
use crate::yaml::{Emitter, Id, Tree};

/// What is known of a build beside the path of its Dockerfile.
pub(super) struct Build<'a> {
    /// Each way in which arguments may be given to it.
    pub(super) ways: &'a [Given],
    /// Whether it is told if there is no such Dockerfile.
    pub(super) surely: bool,
    /// Variables whose default is part of the path.
    pub(super) defaults: &'a [String],
}

/// What was checked out so far.
#[derive(Default)]
pub(super) struct Workspace {
    /// Where to, and whether it is another repository.
    checkouts: Vec<(String, bool)>,
}

impl Workspace {
    /// A step that is `actions/checkout`.
    pub(super) fn checkout(&mut self, tree: &Tree<'_>, step: Id) {
        let with = tree.last(step, "with");
        let input = |name: &str| tree.scalar(tree.last_folded(with?, name)?).map(str::trim);
        // An expression is as a rule the repository itself, or a fork of it.
        let foreign = input("repository").is_some_and(|name| !name.is_empty() && !name.contains("${{"));
        self.checkouts.push((plain(input("path").unwrap_or("")), foreign));
    }

    /// Whether another repository lies at a path.
    pub(super) fn is_foreign(&self, path: &str) -> bool {
        self.of(&plain(path)).is_some_and(|(_, foreign)| *foreign)
    }

    fn of(&self, path: &str) -> Option<&(String, bool)> {
        let holds = |to: &str| to.is_empty() || below(path, to).is_some();
        self.checkouts.iter().filter(|(to, _)| holds(to)).max_by_key(|(to, _)| to.len())
    }

    /// Where a step looks for a path, from the root of the repository; and whether it is told if nothing is there.
    fn paths(&self, path: &str, surely: bool) -> Vec<(String, bool)> {
        let path = plain(path);
        let (to, foreign) = self.of(&path).map_or(("", false), |(to, foreign)| (to.as_str(), *foreign));
        let mut paths = vec![(path.clone(), surely && !foreign && to.is_empty())];
        if let Some(inside) = below(&path, to).filter(|_| !foreign && !to.is_empty()) {
            paths.push((inside.to_owned(), surely));
        }
        let here = |path: String| if path.is_empty() { ".".to_owned() } else { path };
        paths.into_iter().map(|(path, surely)| (here(path), surely)).collect()
    }

    /// The Dockerfile of a build.
    pub(super) fn dockerfile(&self, emitter: &mut Emitter<'_>, id: Id, path: &str, build: &Build<'_>) {
        for (path, surely) in self.paths(path, build.surely) {
            let kind = NamedKind::Workspace { kind: FileKind::Dockerfile, surely };
            for given in build.ways {
                let named = NamedBuild {
                    dockerfile: Some(path.clone()),
                    certain: surely,
                    given: given.clone(),
                    ..NamedBuild::default()
                };
                let (path, defaults) = (path.clone(), build.defaults.to_vec());
                let (project, environment, build) = (None, Vec::new(), Some(named));
                emitter.name(id, RawNamed { span: 0..0, kind, path, project, environment, build, defaults });
            }
        }
    }

    /// `uses: ./path` of a step. What another repository holds there is no more looked for than an action that is named by it.
    pub(super) fn action(&self, emitter: &mut Emitter<'_>, uses: Id) {
        let Some(value) = emitter.path(uses) else { return };
        for (path, surely) in self.paths(&value.text.text().trim().replace('\\', "/"), true) {
            emitter.file_at(NamedKind::Action { surely }, uses, path, Vec::new());
        }
    }
}

/// `uses: ./path` of a job: a workflow of the same commit, whatever is checked out.
pub(super) fn reused(emitter: &mut Emitter<'_>, uses: Id) {
    if emitter.tree.scalar(uses).is_some_and(is_local)
        && let Some(value) = emitter.path(uses)
    {
        let kind = NamedKind::Workspace { kind: FileKind::Workflow, surely: true };
        emitter.file_at(kind, uses, plain(value.text.text().trim()), Vec::new());
    }
}

/// Whether an action or a workflow is one of the repository.
pub(super) fn is_local(uses: &str) -> bool {
    uses.trim().starts_with("./") || uses.trim().starts_with(".\\")
}

fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(directory)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// A path without `.` and, where its words tell, without `..`; the workspace itself is empty.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() || !path.starts_with('/') => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "")) => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in
            [("./a/", "a"), ("./", ""), (".", ""), ("a//b/../c", "a/c"), ("../a", "../a"), ("/a/../b", "/b")]
        {
            assert_eq!(plain(path), expected, "{path}");
        }
    }

    #[test]
    fn the_nearest_and_last_checkout_counts() {
        let checkouts = vec![(String::new(), false), ("x".to_owned(), true), ("x/y".to_owned(), false)];
        let mut workspace = Workspace { checkouts };
        let foreign = ["a", "xa", "x/y/z", "./x/a", "x/y/../b"].map(|path| workspace.is_foreign(path));
        assert_eq!(foreign, [false, false, false, true, true]);
        workspace.checkouts.push((String::new(), true));
        assert!(workspace.is_foreign("a"));
        assert!(!Workspace::default().is_foreign("a"));
    }
}
