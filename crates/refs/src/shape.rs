//! What a document is, by its own keys: a file may hold documents of several kinds, and its name may say another.

use crate::detect::FileKind;
use crate::yaml::{Id, Tree};

/// What the root of a document looks like; several may hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// A Kubernetes object, or a list with one.
    pub(crate) object: bool,
    /// A kustomization by its `apiVersion`.
    customizes: bool,
    /// `services` with an image, a build, or one of another file.
    pub(crate) compose: bool,
    /// `include` as compose has it, and nothing that compose has not.
    pub(crate) includes: bool,
    /// `services` at all.
    services: bool,
    /// `on` and `jobs`.
    pub(crate) workflow: bool,
    /// `runs`, as an action has it.
    pub(crate) runs: bool,
    /// Operations of RFC 6902.
    pub(crate) patch: bool,
}

impl Shape {
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let Some(root) = tree.root else { return Self::default() };
        let has = |id: Id, key: &str| !tree.get(id, key).is_empty();
        let is_object = |id: Id| has(id, "apiVersion") && has(id, "kind");
        if !tree.is_mapping(root) {
            let items = tree.items(root);
            return Self {
                object: items.iter().any(|item| is_object(*item)),
                patch: items.iter().any(|item| has(*item, "op") && has(*item, "path")),
                ..Self::default()
            };
        }
        let version = tree.last(root, "apiVersion").and_then(|id| tree.scalar(id)).unwrap_or("");
        let services = tree.get(root, "services");
        let elsewhere = |id: Id| tree.get(id, "extends").iter().any(|extends| has(*extends, "file"));
        let service = |id: Id| tree.is_mapping(id) && (has(id, "image") || has(id, "build") || elsewhere(id));
        Self {
            object: is_object(root),
            // To `kubectl` whatever has `items` is a list of objects.
            customizes: version.starts_with("kustomize.config.k8s.io/") && !has(root, "items"),
            compose: services.iter().any(|all| tree.pairs(*all).iter().any(|(_, one)| service(*one))),
            includes: includes(tree, root),
            services: services.iter().any(|all| tree.is_mapping(*all)),
            workflow: has(root, "on") && has(root, "jobs"),
            runs: has(root, "runs"),
            patch: false,
        }
    }

    /// As which kinds the document is read, in a file of this kind: what it is by its keys is never passed over.
    pub(crate) fn kinds(self, own: FileKind) -> Vec<FileKind> {
        let mut kinds = Vec::new();
        // A manifest whose file is called as compose files are: its fields are no services.
        if !(own == FileKind::Compose && self.object && !self.services) {
            kinds.push(own);
        }
        let object = self.object && !(own == FileKind::Kustomization && self.customizes);
        for (is, kind) in [
            (object || self.patch, FileKind::Kubernetes),
            (self.compose || self.includes, FileKind::Compose),
            (self.workflow, FileKind::Workflow),
        ] {
            if is && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }
}

/// Whether a document includes files and has no key but those of compose. Others include files too: GitLab's pipelines by keys or from
/// their root, and lists of files by patterns.
fn includes(tree: &Tree<'_>, root: Id) -> bool {
    const KEYS: [&str; 9] =
        ["include", "name", "version", "services", "networks", "volumes", "configs", "secrets", "models"];
    let entries: Vec<Id> =
        tree.get(root, "include").iter().flat_map(|include| tree.items(*include)).copied().collect();
    let file = |entry: &Id| match tree.scalar(*entry) {
        Some(path) => !path.starts_with('/') && !path.contains('*'),
        None => !tree.get(*entry, "path").is_empty(),
    };
    let of_compose = |key: &str| KEYS.contains(&key) || key.starts_with("x-");
    !entries.is_empty()
        && entries.iter().all(file)
        && tree.pairs(root).iter().all(|(key, _)| tree.scalar(*key).is_some_and(of_compose))
}
