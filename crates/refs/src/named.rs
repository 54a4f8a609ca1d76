//! Files that another file names, and that may name images themselves: what is not read of them is told at the place of the
//! name, because an image in such a file would otherwise run without having been looked at.
//!
//! Sources: compose specification, `14-include.md`, `05-services.md` (`extends`), `build.md` (`context`, `dockerfile`); dev container
//! specification (`dockerComposeFile`, `build.dockerfile`); kustomize `api/types/kustomization.go`; GitHub Docs, "Metadata syntax
//! for GitHub Actions" (`runs.image`) and "Workflow syntax" (`uses`).

use std::ops::Range;

use proofmark_core::Origin;

use crate::detect::FileKind;
use crate::dockerfile::Given;
use crate::emit::{Hit, cut, is_template, variable};
use crate::expand::Expanded;
use crate::found::{Edit, Found, NoEdit, Place, Target, Unresolved};
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{Emitter, Id, no_empty_default};

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamedKind {
    /// A file that is read as this kind, whatever it is called.
    File(FileKind),
    /// What kustomize takes as a resource: a file with Kubernetes objects, or a directory with a kustomization.
    Resource,
    /// A file that is read as this kind if it is there.
    IfThere(FileKind),
    /// A file that is read as this kind, of a workflow: its path counts from the root of the repository.
    Workspace {
        /// As what it is read.
        kind: FileKind,
        /// Whether it is told if it is not there.
        surely: bool,
    },
    /// An action of the repository, a directory with its metadata or a Dockerfile; likewise from the root.
    Action {
        /// Whether it is told if it is not there.
        surely: bool,
    },
}

/// A file that another names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// What it is.
    pub kind: NamedKind,
    /// Relative to the directory of the file that names it, unless its kind says otherwise, as written: it may lead anywhere, or be
    /// no path at all.
    pub path: String,
    /// The directory from which the paths inside it count, if that is not its own; relative as `path` is.
    pub project: Option<String>,
    /// Environment files that are named beside it, relative likewise: variables in it have their values.
    pub environment: Vec<String>,
    /// The build that it belongs to, if a compose file or a dev container has it built.
    pub build: Option<NamedBuild>,
    /// Variables whose default is part of the path.
    pub defaults: Vec<String>,
    /// The text as it is written.
    pub text: String,
    /// The bytes of `text` in the file.
    pub span: Range<usize>,
    /// Where it is named.
    pub origin: Origin,
}

/// `build` of a service. Of several compose files that are merged, one may have the context and another the Dockerfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedBuild {
    /// The service; of a dev container, nothing.
    pub service: String,
    /// `context` as written; none: another file may give it.
    pub context: Option<String>,
    /// `dockerfile` as written; none: it is called `Dockerfile`.
    pub dockerfile: Option<String>,
    /// Whether its file says that there is such a Dockerfile.
    pub certain: bool,
    /// What it gives to the Dockerfile.
    pub given: Given,
}

/// The file that a build reads if none is named.
const DOCKERFILE: &str = "Dockerfile";

impl NamedBuild {
    /// The path of the Dockerfile in a context.
    pub fn path(&self, context: Option<&str>) -> String {
        let file = self.dockerfile.as_deref().unwrap_or(DOCKERFILE);
        match context.map(|context| context.trim_end_matches('/')).filter(|context| *context != ".") {
            Some(context) if !file.starts_with('/') => format!("{context}/{file}"),
            _ => file.to_owned(),
        }
    }
}

impl NamedFile {
    /// Whether nothing in the file says that there is such a file: a part of a service that other compose files complete.
    pub fn is_guess(&self) -> bool {
        let if_there = matches!(
            self.kind,
            NamedKind::IfThere(_)
                | NamedKind::Workspace { surely: false, .. }
                | NamedKind::Action { surely: false }
        );
        if_there || self.build.as_ref().is_some_and(|build| !build.certain)
    }

    /// What the place of the name is, if the file is not read.
    pub fn unread(&self, why: NotRead) -> Found {
        Found {
            text: self.text.clone(),
            value: self.path.clone(),
            span: self.span.clone(),
            origin: self.origin.clone(),
            place: Place::NamedFile,
            platform: None,
            target: Target::Unresolved(Unresolved::NotRead(why)),
            defaults: self.defaults.clone(),
            set: Vec::new(),
            given: None,
            edit: Edit::Refused(NoEdit::Unresolved),
        }
    }

    /// Why a path that leads nowhere does so, by its looks: kustomize takes what is no path for an address.
    pub fn missing(&self) -> NotRead {
        let host = self.path.split_once('/').is_some_and(|(first, rest)| {
            first.contains('.')
                && !first.starts_with('.')
                && rest.contains('/')
                && self.kind == NamedKind::Resource
        });
        let query =
            ["?ref=", "?version=", "?timeout=", "?submodules="].iter().any(|one| self.path.contains(one));
        if host || query { NotRead::Remote } else { NotRead::Missing }
    }
}

/// Why a file that is named was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRead {
    /// An address: it may lead to other bytes tomorrow.
    #[error("it lies elsewhere, and is fetched when it is used")]
    Remote,
    /// Nothing is there.
    #[error("there is no such file here")]
    Missing,
    /// It lies outside the tree that is looked through.
    #[error("it lies outside the tree that is looked through")]
    Outside,
    /// A directory, or a pipe.
    #[error("it is no regular file")]
    NoFile,
    /// A directory that kustomize would take for a resource, without a kustomization.
    #[error("there is no kustomization in this directory")]
    NoKustomization,
    /// A Helm chart of a kustomization.
    #[error("a Helm chart, whose images are known when it is rendered")]
    Chart,
    /// Files that name files.
    #[error("too many files name one another in a row")]
    TooDeep,
}

/// What is said beside the name of a file: see [`NamedFile`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Beside {
    pub(crate) project: Option<String>,
    pub(crate) environment: Vec<String>,
}

/// A file before its place is known as lines.
#[derive(Debug, Clone)]
pub(crate) struct RawNamed {
    pub(crate) span: Range<usize>,
    pub(crate) kind: NamedKind,
    pub(crate) path: String,
    pub(crate) project: Option<String>,
    pub(crate) environment: Vec<String>,
    pub(crate) build: Option<NamedBuild>,
    pub(crate) defaults: Vec<String>,
}

impl RawNamed {
    pub(crate) fn locate(self, text: &str, origin: Origin) -> NamedFile {
        let Self { span, kind, path, project, environment, build, defaults } = self;
        let text = cut(text.get(span.clone()).unwrap_or(""));
        let build = build.map(|build| NamedBuild { given: build.given.placed(&origin), ..build });
        NamedFile { kind, path, project, environment, build, defaults, text, span, origin }
    }
}

/// Whether a text is an address to whatever reads it: git's, or a URL's (`compose-go` `loader/paths.go`; BuildKit `util/gitutil`;
/// kustomize `api/internal/git/repospec.go`).
pub(crate) fn is_remote(text: &str) -> bool {
    let text = text.trim();
    let scheme = text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':'))
    });
    // `git@host:path`, and a hosting service's `org-1234@host:path`.
    let at = text.split_once('@').is_some_and(|(user, rest)| {
        let user = !user.is_empty() && user.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        user && rest.split('/').next().is_some_and(|host| host.contains(':'))
    });
    scheme || at || text.starts_with("git::") || text.starts_with("github.com/")
}

impl Emitter<'_> {
    /// A text that is a path. What cannot be one, or is not known, is told at its place.
    pub(crate) fn path(&mut self, id: Id) -> Option<Expanded> {
        let Some(value) = self.as_written(id).map(no_empty_default) else {
            if !self.tree.is_null(id) {
                self.not_text(Place::NamedFile, id);
            }
            return None;
        };
        let text = value.text.text();
        if text.is_empty() && value.unresolved.is_none() {
            return None;
        }
        let why = value.unresolved.clone().or_else(|| match text {
            text if text.len() > crate::emit::MAX_TEXT => Some(Unresolved::TooLong),
            text if text.contains("${{") => Some(Unresolved::Expression(text.to_owned())),
            text if is_template(text) => Some(Unresolved::Template),
            text if text.contains("${") => variable(text).map(Unresolved::Variable),
            text if is_remote(text) => Some(Unresolved::NotRead(NotRead::Remote)),
            _ => None,
        });
        let Some(why) = why else { return Some(value) };
        self.unread(id, why);
        None
    }

    /// A file of which it is known here that it cannot be read.
    pub(crate) fn unread(&mut self, id: Id, why: Unresolved) {
        let span = self.inside(id);
        let text = self.tree.source.get(span.clone()).unwrap_or("");
        self.push(Hit::unresolved(Place::NamedFile, why, span, text), None);
    }

    /// A file that is named, and what it is read as.
    pub(crate) fn file(&mut self, kind: NamedKind, id: Id) {
        self.file_of(kind, id, &Beside::default());
    }

    /// The same, for one that is used as its name says beside it.
    pub(crate) fn file_of(&mut self, kind: NamedKind, id: Id, beside: &Beside) {
        let Some(value) = self.path(id) else { return };
        let path = value.text.text().to_owned();
        let Beside { project, environment } = beside.clone();
        self.name(
            id,
            RawNamed { span: 0..0, kind, path, project, environment, build: None, defaults: value.names },
        );
    }

    /// A file at a path that is made of what stands here.
    pub(crate) fn file_at(&mut self, kind: NamedKind, id: Id, path: String, defaults: Vec<String>) {
        let (project, environment, build) = (None, Vec::new(), None);
        self.name(id, RawNamed { span: 0..0, kind, path, project, environment, build, defaults });
    }

    /// A Dockerfile in this directory, if there is one.
    pub(crate) fn guess(&mut self, id: Id, given: Given) {
        let Some(value) = self.path(id) else { return };
        let context = Some(value.text.text().to_owned());
        let given = Given { partial: true, ..given };
        let build = NamedBuild { context, certain: false, given, ..NamedBuild::default() };
        self.build(id, build, value.names);
    }

    /// The Dockerfile of a build.
    pub(crate) fn build(&mut self, id: Id, build: NamedBuild, defaults: Vec<String>) {
        let path = build.path(build.context.as_deref());
        let (kind, project, environment) = (NamedKind::File(FileKind::Dockerfile), None, Vec::new());
        self.name(
            id,
            RawNamed { span: 0..0, kind, path, project, environment, build: Some(build), defaults },
        );
    }

    /// A file that is named at this node.
    pub(crate) fn name(&mut self, id: Id, mut named: RawNamed) {
        named.span = self.inside(id);
        self.named_there(named);
    }

    /// A file with its place.
    pub(crate) fn named_there(&mut self, named: RawNamed) {
        if self.named.len() < self.max {
            self.named.push(named);
        } else if !std::mem::replace(&mut self.more_named, true) {
            let kind = ProblemKind::Limit { what: "names of files", cap: self.max };
            self.problems.push(RawProblem::new(named.span, kind));
        }
    }
}

/// The directory of a path, for what is relative to it.
pub(crate) fn directory(path: &str) -> String {
    path.rsplit_once('/')
        .map_or(".", |(directory, _)| if directory.is_empty() { "/" } else { directory })
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths() {
        for remote in [
            "https://example.com/x.yaml",
            "http://x/y",
            "git::https://x/y",
            "ssh://git@x/y",
            "git@github.com:org/repo",
            "org-123@github.com:org/repo.git//x",
            "github.com/org/repo//dir?ref=x",
            "oci://x/y",
            "git+ssh://x/y",
        ] {
            assert!(is_remote(remote), "{remote}");
        }
        for path in ["a.yaml", "../base", "./x@y/z", "C:/x", "a@b/c:d", "/abs/x", "a b://c", "gitlab.com/x"] {
            assert!(!is_remote(path), "{path}");
        }
    }

    #[test]
    fn the_path_of_a_build() {
        let build = |dockerfile: Option<&str>| NamedBuild {
            dockerfile: dockerfile.map(str::to_owned),
            ..NamedBuild::default()
        };
        assert_eq!(build(None).path(Some("./ctx/")), "./ctx/Dockerfile");
        assert_eq!(build(Some("x")).path(Some(".")), "x");
        assert_eq!(build(Some("/x")).path(Some("ctx")), "/x");
        assert_eq!(build(None).path(None), "Dockerfile");
        assert_eq!((directory("a/b"), directory("a"), directory("/a")), ("a".into(), ".".into(), "/".into()));
    }
}
