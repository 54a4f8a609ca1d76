//! Images of Kubernetes objects, by structure: whatever embeds a `PodSpec` is found, known or not.
//!
//! Source: Kubernetes API reference, `PodSpec` (`containers`, `initContainers`, `ephemeralContainers`), `Volume`
//! (`image.reference`), `List`; RFC 6902 for patches of a field `image`.

use std::collections::HashSet;

use super::operators::{self, Api};
use super::{embedded, kustomize};
use crate::emit::Hit;
use crate::found::{Place, Unresolved};
use crate::limits::ScanLimits;
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{Emitter, Id, Kind, Tree};

/// Nesting that is followed, aliases included.
const MAX_DEPTH: usize = 200;

/// Texts inside texts that are followed.
const MAX_TEXTS: usize = 3;

/// Fields whose texts go by free names; what is more than a text below them is read as everywhere.
const OPAQUE: &[&str] = &["data", "stringData", "binaryData", "annotations", "labels", "matchLabels"];

/// The annotation in which `kubectl apply` keeps its input.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The annotations that say what runs a function of kustomize (`kyaml` `fn/runtime/runtimeutil`).
const FUNCTION: [&str; 2] = ["config.kubernetes.io/function", "config.k8s.io/function"];

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
    let version = tree.last(root, "apiVersion");
    let object = kind.is_some() && version.is_some();
    let skaffold = version.and_then(|id| tree.scalar(id)).is_some_and(|text| text.starts_with("skaffold/"));
    let free = depth.free && !object;
    let (api, texts, seen) = (Api::default(), depth.texts, HashSet::new());
    let mut walk = Walk { object: object || free, free, skaffold, api, texts, limits, seen, apart: None };
    walk.visit(emitter, root, 0);
}

struct Walk<'a> {
    /// Whether a bare field `image` counts: in an object, and in a patch, but not in just any YAML.
    object: bool,
    /// Whether such a field counts only if it looks like a reference.
    free: bool,
    /// Skaffold's `artifacts` are names that it gives to what it builds.
    skaffold: bool,
    /// Whose object it is that is looked into.
    api: Api,
    /// Texts around this document.
    texts: usize,
    limits: &'a ScanLimits,
    /// What was looked at, whether in an object, and as what: an anchor may be a container at one place and nothing at
    /// another.
    seen: HashSet<(Id, bool, Inside)>,
    /// The field that holds the tag of the `image` that is looked at next.
    apart: Option<&'static str>,
}

/// What the entries of a mapping are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Inside {
    /// Fields.
    Fields,
    /// Fields of a container.
    Container,
    /// Texts by free names.
    Texts,
    /// A Ceph block device, whose `image` is no container's.
    Rbd,
}

impl Walk<'_> {
    fn visit(&mut self, emitter: &mut Emitter<'_>, id: Id, depth: usize) {
        let tree = emitter.tree;
        let id = tree.resolve(id);
        if !self.seen.insert((id, self.object, Inside::Fields)) {
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
        let text =
            |name: &str| tree.scalar(pairs.iter().rev().find(|(key, _)| tree.scalar(*key) == Some(name))?.1);
        if text("apiVersion") == Some(kustomize::BUILTIN) {
            // Before its texts are met as any others.
            kustomize::builtin(emitter, id, text("kind").unwrap_or(""), self.limits);
        }
        let around = self.api;
        if let (Some(version), Some(kind)) = (text("apiVersion"), text("kind")) {
            self.api = Api::of(version, kind);
        }
        if operation(tree, &pairs) {
            self.patch(emitter, &pairs, depth);
        } else {
            self.entries(emitter, &pairs, depth, Inside::Fields);
        }
        self.api = around;
    }

    fn entries(&mut self, emitter: &mut Emitter<'_>, pairs: &[(Id, Id)], depth: usize, inside: Inside) {
        let tree = emitter.tree;
        for (key, value) in pairs {
            let name = tree.scalar(*key).unwrap_or("");
            let text = matches!(tree.node(tree.resolve(*value)).kind, Kind::Scalar { .. });
            match inside {
                // A copy of the object itself as it was applied, by kubectl.
                Inside::Texts if text && name == LAST_APPLIED => {}
                Inside::Texts if text && FUNCTION.contains(&name) => {
                    embedded::function(emitter, *value, self.limits);
                }
                Inside::Texts if text => self.text(emitter, *value),
                Inside::Rbd if text && name == "image" => {}
                _ => {
                    if name == "image" && self.object {
                        self.apart = operators::apart(self.api, tree, pairs, *value);
                        operators::ytt(emitter, Place::KubernetesField, *key, *value);
                    }
                    self.entry(emitter, name, *value, depth);
                }
            }
        }
    }

    fn entry(&mut self, emitter: &mut Emitter<'_>, key: &str, value: Id, depth: usize) {
        let tree = emitter.tree;
        let inside = match key {
            "rbd" => Some(Inside::Rbd),
            key if self.object && OPAQUE.contains(&key) => Some(Inside::Texts),
            _ => None,
        };
        if let Some(inside) = inside.filter(|_| tree.is_mapping(value)) {
            if depth > MAX_DEPTH {
                self.visit(emitter, value, depth + 1);
            } else if self.seen.insert((tree.resolve(value), self.object, inside)) {
                self.entries(emitter, &tree.pairs(value), depth + 1, inside);
            }
            return;
        }
        self.api.field(emitter, key, value);
        // A schema describes fields, it names no image. What else calls itself a definition is read: `kubectl` takes whatever has
        // `items` for a list, and a patch may change the kind.
        if self.skaffold && key == "artifacts" || key == "openAPIV3Schema" {
            return;
        }
        match container_place(key) {
            Some(place) if matches!(tree.node(tree.resolve(value)).kind, Kind::Sequence(_)) => {
                self.containers(emitter, place, value, depth);
            }
            _ if key == "volumes" => {
                volumes(emitter, value);
                self.visit(emitter, value, depth + 1);
            }
            _ if key == "image" && self.object => self.field(emitter, value, depth),
            _ => self.visit(emitter, value, depth + 1),
        }
    }

    /// `{op: replace, path: …/image, value: …}`; whatever else is put into an object, such as a whole container, is read as a
    /// part of one.
    fn patch(&mut self, emitter: &mut Emitter<'_>, pairs: &[(Id, Id)], depth: usize) {
        let tree = emitter.tree;
        let text = |name: &str| {
            pairs
                .iter()
                .filter(|(key, _)| tree.scalar(*key) == Some(name))
                .find_map(|(_, id)| tree.scalar(*id))
        };
        let path = text("path").unwrap_or("");
        let mut steps = path.rsplit('/');
        let (last, before) = (steps.next().unwrap_or(""), steps.next().unwrap_or(""));
        let takes = matches!(text("op"), Some("copy" | "move"));
        let place = container_place(before).or(container_place(last)).is_some() || before == "volumes";
        if takes && (matches!(last, "image" | "reference" | "volumes") || place) {
            for (_, id) in pairs.iter().filter(|(key, _)| tree.scalar(*key) == Some("path")) {
                let span = emitter.inside(*id);
                let text = tree.source.get(span.clone()).unwrap_or("");
                emitter.push(Hit::unresolved(Place::KubernetesField, Unresolved::Copied, span, text), None);
            }
        }
        for (key, value) in pairs {
            let key = tree.scalar(*key).unwrap_or("");
            if key != "value" {
                self.entry(emitter, key, *value, depth);
                continue;
            }
            let outer = std::mem::replace(&mut self.object, true);
            if last == "image" && tree.scalar(*value).is_some() {
                emitter.image(Place::KubernetesField, *value);
            } else if last == "reference" && before == "image" && tree.scalar(*value).is_some() {
                emitter.image(Place::PodVolume, *value);
            } else if last == "image" && tree.is_mapping(*value) {
                for reference in tree.get(*value, "reference") {
                    emitter.image(Place::PodVolume, reference);
                }
                self.visit(emitter, *value, depth + 1);
            } else if let Some(place) = container_place(before).filter(|_| tree.is_mapping(*value)) {
                self.container(emitter, place, *value, depth);
            } else if before == "volumes" && tree.is_mapping(*value) {
                volume(emitter, *value);
                self.visit(emitter, *value, depth + 1);
            } else {
                self.entry(emitter, last, *value, depth);
            }
            self.object = outer;
        }
    }

    fn containers(&mut self, emitter: &mut Emitter<'_>, place: Place, list: Id, depth: usize) {
        let tree = emitter.tree;
        for container in tree.items(list) {
            self.container(emitter, place, *container, depth + 1);
        }
    }

    fn container(&mut self, emitter: &mut Emitter<'_>, place: Place, container: Id, depth: usize) {
        let tree = emitter.tree;
        if !self.seen.insert((tree.resolve(container), self.object, Inside::Container)) {
            return;
        }
        for (key, value) in tree.pairs(container) {
            if tree.scalar(key) == Some("image") {
                emitter.image(place, value);
                operators::ytt(emitter, place, key, value);
            } else {
                self.visit(emitter, value, depth + 1);
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
        let apart = self.apart.take();
        if let Some(text) = tree.scalar(value) {
            if self.free && !embedded::is_explicit(text) {
                return;
            }
            // Pictures are called images too.
            if !text.starts_with("http://") && !text.starts_with("https://") && !text.starts_with("data:") {
                match apart {
                    Some(name) => operators::unresolved(emitter, value, Unresolved::TagApart(name)),
                    None => emitter.image(Place::KubernetesField, value),
                }
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

/// Whether a mapping is an operation of RFC 6902.
fn operation(tree: &Tree<'_>, pairs: &[(Id, Id)]) -> bool {
    let has = |name: &str| {
        pairs.iter().any(|(key, value)| {
            tree.scalar(*key) == Some(name)
                && matches!(tree.node(tree.resolve(*value)).kind, Kind::Scalar { .. })
        })
    };
    has("op") && has("path")
}

/// The list of a `PodSpec` that goes by this name.
fn container_place(key: &str) -> Option<Place> {
    match key {
        "containers" => Some(Place::PodContainer),
        "initContainers" => Some(Place::PodInitContainer),
        "ephemeralContainers" => Some(Place::PodEphemeralContainer),
        _ => None,
    }
}

fn volumes(emitter: &mut Emitter<'_>, list: Id) {
    let tree = emitter.tree;
    for one in tree.items(list) {
        volume(emitter, *one);
    }
}

fn volume(emitter: &mut Emitter<'_>, volume: Id) {
    let tree = emitter.tree;
    for image in tree.get(volume, "image") {
        for reference in tree.get(image, "reference") {
            emitter.image(Place::PodVolume, reference);
        }
    }
}
