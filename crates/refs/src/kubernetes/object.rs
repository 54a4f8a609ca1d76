//! Images of Kubernetes objects, by structure: whatever embeds a `PodSpec` is found, known or not.
//!
//! Source: Kubernetes API reference, `PodSpec` (`containers`, `initContainers`, `ephemeralContainers`), `Volume`
//! (`image.reference`), `List`; RFC 6902 for patches of a field `image`.

use std::collections::HashSet;

use super::embedded;
use crate::emit::Hit;
use crate::found::{Place, Unresolved};
use crate::limits::ScanLimits;
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{Emitter, Id, Kind};

/// Nesting that is followed, aliases included.
const MAX_DEPTH: usize = 200;

/// Texts inside texts that are followed.
const MAX_TEXTS: usize = 3;

/// Fields whose content is somebody else's: texts by free names.
const OPAQUE: &[&str] = &["data", "stringData", "binaryData", "annotations", "labels", "matchLabels"];

/// The annotation in which `kubectl apply` keeps its input.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whose document it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Depth {
    /// Texts around it.
    texts: usize,
    /// In a text of which nothing says that it is a manifest.
    free: bool,
}

impl Depth {
    /// A patch of a kustomization.
    pub(super) const fn patch() -> Self {
        Self { texts: 1, free: false }
    }
}

/// Scans one document.
pub(crate) fn scan(emitter: &mut Emitter<'_>, limits: &ScanLimits) {
    scan_at(emitter, limits, Depth { texts: 0, free: false });
}

pub(super) fn scan_at(emitter: &mut Emitter<'_>, limits: &ScanLimits, depth: Depth) {
    let tree = emitter.tree;
    let Some(root) = tree.root else { return };
    let kind = tree.last(root, "kind").and_then(|kind| tree.scalar(kind));
    // A schema describes fields, it names no image.
    if kind == Some("CustomResourceDefinition") {
        return;
    }
    let version = tree.last(root, "apiVersion");
    let object = kind.is_some() && version.is_some();
    let skaffold = version.and_then(|id| tree.scalar(id)).is_some_and(|text| text.starts_with("skaffold/"));
    let free = depth.free && !object;
    let mut walk =
        Walk { object: object || free, free, skaffold, texts: depth.texts, limits, seen: HashSet::new() };
    walk.visit(emitter, root, 0);
}

struct Walk<'a> {
    /// Whether a bare field `image` counts: in an object, and in a patch, but not in just any YAML.
    object: bool,
    /// Whether such a field counts only if it looks like a reference.
    free: bool,
    /// Skaffold's `artifacts` are names that it gives to what it builds.
    skaffold: bool,
    /// Texts around this document.
    texts: usize,
    limits: &'a ScanLimits,
    seen: HashSet<Id>,
}

impl Walk<'_> {
    fn visit(&mut self, emitter: &mut Emitter<'_>, id: Id, depth: usize) {
        let tree = emitter.tree;
        let id = tree.resolve(id);
        if !self.seen.insert(id) {
            return;
        }
        if depth > MAX_DEPTH {
            let kind = ProblemKind::Limit { what: "levels of aliases", cap: MAX_DEPTH };
            emitter.problems.push(RawProblem::new(tree.node(id).span.clone(), kind));
            return;
        }
        match &tree.node(id).kind {
            Kind::Sequence(items) => {
                for item in items {
                    self.visit(emitter, *item, depth + 1);
                }
            }
            Kind::Mapping(_) => self.mapping(emitter, id, depth),
            Kind::Scalar { .. } => self.text(emitter, id),
            Kind::Alias(_) => {}
        }
    }

    fn mapping(&mut self, emitter: &mut Emitter<'_>, id: Id, depth: usize) {
        let tree = emitter.tree;
        let pairs = tree.pairs(id);
        for (key, value) in &pairs {
            let key = tree.scalar(*key).unwrap_or("");
            let place = match key {
                "containers" => Some(Place::PodContainer),
                "initContainers" => Some(Place::PodInitContainer),
                "ephemeralContainers" => Some(Place::PodEphemeralContainer),
                _ => None,
            };
            if OPAQUE.contains(&key) && self.object {
                for (name, text) in tree.pairs(*value) {
                    // A copy of the object itself as it was applied, by kubectl.
                    if tree.scalar(name) != Some(LAST_APPLIED) {
                        self.text(emitter, text);
                    }
                }
                continue;
            }
            // The `image` of a Ceph block device is no container's.
            if self.skaffold && key == "artifacts" || key == "rbd" {
                continue;
            }
            match place {
                Some(place) if matches!(tree.node(tree.resolve(*value)).kind, Kind::Sequence(_)) => {
                    self.containers(emitter, place, *value, depth);
                }
                _ if key == "volumes" => {
                    volumes(emitter, *value);
                    self.visit(emitter, *value, depth + 1);
                }
                _ if key == "image" && self.object => self.field(emitter, *value, depth),
                _ => self.visit(emitter, *value, depth + 1),
            }
        }
        patch(emitter, &pairs);
    }

    fn containers(&mut self, emitter: &mut Emitter<'_>, place: Place, list: Id, depth: usize) {
        let tree = emitter.tree;
        for container in tree.items(list) {
            if !self.seen.insert(tree.resolve(*container)) {
                continue;
            }
            for (key, value) in tree.pairs(*container) {
                if tree.scalar(key) == Some("image") {
                    emitter.image(place, value);
                } else {
                    self.visit(emitter, value, depth + 2);
                }
            }
        }
    }

    /// A manifest in a text.
    fn text(&mut self, emitter: &mut Emitter<'_>, id: Id) {
        if self.texts < MAX_TEXTS {
            embedded::text(emitter, id, self.limits, Depth { texts: self.texts + 1, free: true });
        }
    }

    /// A field `image` elsewhere: a text, or a mapping with `repository` as Helm values have it.
    fn field(&mut self, emitter: &mut Emitter<'_>, value: Id, depth: usize) {
        let tree = emitter.tree;
        let target = tree.resolve(value);
        if let Some(text) = tree.scalar(value) {
            if self.free && !embedded::is_explicit(text) {
                return;
            }
            // Pictures are called images too.
            if !text.starts_with("http://") && !text.starts_with("https://") && !text.starts_with("data:") {
                emitter.image(Place::KubernetesField, value);
            }
        } else if let Some(repository) =
            tree.last(target, "repository").filter(|id| tree.scalar(*id).is_some())
        {
            let span = emitter.inside(repository);
            let text = tree.source.get(span.clone()).unwrap_or("");
            let hit = Hit::unresolved(Place::KubernetesField, Unresolved::NotText, span, text);
            emitter.push(hit, None);
        } else if tree.source.get(tree.node(target).span.start..).is_some_and(|rest| rest.starts_with("{{")) {
            emitter.image(Place::KubernetesField, value);
        } else {
            self.visit(emitter, value, depth + 1);
        }
    }
}

/// `{op: replace, path: …/image, value: …}`
fn patch(emitter: &mut Emitter<'_>, pairs: &[(Id, Id)]) {
    let tree = emitter.tree;
    let get = |name: &str| pairs.iter().find(|(key, _)| tree.scalar(*key) == Some(name)).map(|(_, id)| *id);
    let path = get("path").and_then(|id| tree.scalar(id));
    if get("op").is_some()
        && path.is_some_and(|path| path.ends_with("/image"))
        && let Some(value) = get("value")
    {
        emitter.image(Place::KubernetesField, value);
    }
}

fn volumes(emitter: &mut Emitter<'_>, list: Id) {
    let tree = emitter.tree;
    for volume in tree.items(list) {
        for image in tree.get(*volume, "image") {
            for reference in tree.get(image, "reference") {
                emitter.image(Place::PodVolume, reference);
            }
        }
    }
}
