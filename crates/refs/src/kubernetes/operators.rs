//! Images in fields of custom resources that are called otherwise than `image`.
//!
//! Sources: Argo CD, `Application` (`kustomize.images`, `helm.parameters`); CloudNativePG API reference (`imageName`); OpenShift API
//! reference, `BuildConfig` (`from`, `buildArgs`, `dockerfile`), `ImageStream` (`tags[].from`), `DeploymentConfig` (`imageChangeParams`);
//! Rancher, system-upgrade-controller, `Plan` (`version`, `channel`, `upgrade.image`, `prepare.image`).

use proofmark_core::ImageRef;

use super::embedded;
use crate::building::image_argument;
use crate::emit::Hit;
use crate::found::{Place, Unresolved};
use crate::yaml::{Emitter, Id, Tree};

/// Whose fields these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Api {
    ArgoCd,
    CloudNativePg,
    OpenShift,
    SystemUpgrade,
    #[default]
    Other,
}

impl Api {
    /// Of an object by its `apiVersion` and `kind`.
    pub(super) fn of(version: &str, kind: &str) -> Self {
        let group = version.split('/').next().unwrap_or_default();
        // Before there were groups, they were of none.
        let old = version == "v1"
            && matches!(kind, "BuildConfig" | "ImageStream" | "DeploymentConfig" | "Template");
        match group {
            "argoproj.io" => Self::ArgoCd,
            "postgresql.cnpg.io" => Self::CloudNativePg,
            "upgrade.cattle.io" => Self::SystemUpgrade,
            _ if group.ends_with(".openshift.io") || old => Self::OpenShift,
            _ => Self::Other,
        }
    }

    /// What a field of it names; the field is looked into as any other beside.
    pub(super) fn field(self, emitter: &mut Emitter<'_>, key: &str, value: Id) {
        match (self, key) {
            (Self::ArgoCd, "kustomize") => kustomize(emitter, value),
            (Self::ArgoCd, "helm") => helm(emitter, value),
            (Self::CloudNativePg, "imageName") => emitter.image(Place::KubernetesField, value),
            (Self::OpenShift, "from") => from(emitter, value),
            (Self::OpenShift, "buildArgs") => arguments(emitter, value),
            (Self::OpenShift, "dockerfile") => embedded::dockerfile(emitter, value),
            _ => {}
        }
    }
}

/// Fields beside `image` that hold its tag or its digest, as charts and operators call them. What is called `version` is often another
/// thing's; but without a tag of its own, what would run is not known.
const APART: [&str; 9] =
    ["tag", "imageTag", "image_tag", "imageVersion", "version", "digest", "imageDigest", "sha", "sha256"];

/// Which field holds the tag or the digest of an image that has neither: one beside it, or the `version` of a plan.
pub(super) fn apart(api: Api, tree: &Tree<'_>, pairs: &[(Id, Id)], image: Id) -> Option<&'static str> {
    let bare = ImageRef::parse(tree.scalar(image)?.trim()).ok()?;
    if bare.tag().is_some() || bare.digest().is_some() {
        return None;
    }
    // Null and empty say nothing.
    let said = |value: Id| tree.scalar(value).is_some_and(|text| !text.trim().is_empty());
    let has = |name: &str| {
        pairs.iter().any(|(key, value)| {
            tree.scalar(*key).is_some_and(|key| key.eq_ignore_ascii_case(name)) && said(*value)
        })
    };
    let beside = APART.into_iter().find(|name| has(name));
    beside.or_else(|| (api == Api::SystemUpgrade).then_some("version"))
}

/// `image: #@ expression` of ytt (Carvel), which is null to readers of YAML: a value once it is rendered.
pub(super) fn ytt(emitter: &mut Emitter<'_>, place: Place, key: Id, value: Id) {
    let tree = emitter.tree;
    let end = tree.node(key).span.end;
    let line = tree.source.get(end..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    if !tree.is_null(value) || !line.trim_start_matches(['"', '\'', ':', ' ']).starts_with("#@") {
        return;
    }
    let (start, text) = (end + line.find('#').unwrap_or(0), line.trim_end());
    let text = text.get(start - end..).unwrap_or_default();
    emitter.push(Hit::unresolved(place, Unresolved::Template, start..start + text.len(), text), None);
}

/// `images` of an application, `[name=]image`.
fn kustomize(emitter: &mut Emitter<'_>, kustomize: Id) {
    let tree = emitter.tree;
    for images in tree.get(kustomize, "images") {
        for image in tree.items(images) {
            let Some(mut value) = emitter.value(*image) else { continue };
            let text = value.text.text();
            let start = text.split_once('=').map_or(0, |(name, _)| name.len() + 1);
            value.text = value.text.part(start..text.len());
            emitter.expanded(Place::KubernetesField, *image, value);
        }
    }
}

/// `parameters` of a chart, `image.tag` for instance: what comes of them is known when the chart is rendered.
fn helm(emitter: &mut Emitter<'_>, helm: Id) {
    let tree = emitter.tree;
    for parameter in tree.get(helm, "parameters").iter().flat_map(|all| tree.items(*all)) {
        let name = tree.last(*parameter, "name").and_then(|name| tree.scalar(name)).unwrap_or_default();
        if name.to_ascii_lowercase().contains("image") {
            for value in tree.get(*parameter, "value") {
                unresolved(emitter, value, Unresolved::Template);
            }
        }
    }
}

/// What a build or a tag is made of: an image, or a tag of a stream in the cluster.
fn from(emitter: &mut Emitter<'_>, from: Id) {
    let tree = emitter.tree;
    let Some(kind) = tree.last(from, "kind").and_then(|kind| tree.scalar(kind)) else { return };
    for name in tree.get(from, "name") {
        match kind {
            "DockerImage" => emitter.image(Place::KubernetesField, name),
            "ImageStreamTag" | "ImageStreamImage" | "ImageStream" => {
                unresolved(emitter, name, Unresolved::Copied);
            }
            _ => {}
        }
    }
}

/// `[{name, value}]`, as a builder is given them.
fn arguments(emitter: &mut Emitter<'_>, arguments: Id) {
    let tree = emitter.tree;
    for argument in tree.items(arguments) {
        let name = tree.last(*argument, "name").and_then(|name| tree.scalar(name)).unwrap_or_default();
        for id in tree.get(*argument, "value") {
            let value = emitter.value(id).unwrap_or_default();
            if let Some((place, value)) = image_argument(Place::KubernetesField, name, value) {
                emitter.expanded(place, id, value);
            }
        }
    }
}

pub(super) fn unresolved(emitter: &mut Emitter<'_>, id: Id, why: Unresolved) {
    let span = emitter.inside(id);
    let text = emitter.tree.source.get(span.clone()).unwrap_or_default();
    emitter.push(Hit::unresolved(Place::KubernetesField, why, span, text), None);
}
