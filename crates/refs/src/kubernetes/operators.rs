//! Images in fields of custom resources that are called otherwise than `image`.
//!
//! Sources: Argo CD, `Application` (`kustomize.images`, `helm.parameters`); CloudNativePG API reference (`imageName`); OpenShift API
//! reference, `BuildConfig` (`from`, `buildArgs`, `dockerfile`), `ImageStream` (`tags[].from`), `DeploymentConfig` (`imageChangeParams`).

use super::embedded;
use crate::building::image_argument;
use crate::emit::Hit;
use crate::found::{Place, Unresolved};
use crate::yaml::{Emitter, Id};

/// Whose fields these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Api {
    ArgoCd,
    CloudNativePg,
    OpenShift,
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

fn unresolved(emitter: &mut Emitter<'_>, id: Id, why: Unresolved) {
    let span = emitter.inside(id);
    let text = emitter.tree.source.get(span.clone()).unwrap_or_default();
    emitter.push(Hit::unresolved(Place::KubernetesField, why, span, text), None);
}
