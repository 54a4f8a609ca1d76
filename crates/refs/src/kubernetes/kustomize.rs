//! `images` of a kustomization, images in its patches, and the files that it names; the same in the configuration of its built-in
//! transformers and generators.
//!
//! Source: kustomize `api/types/image.go` and `api/filters/imagetag/updater.go`: `newTag` and `digest` each replace tag and
//! digest, both together give `tag@digest`, neither keeps what the manifest has. `tagSuffix` without both is appended to the
//! manifest's tag, and takes its digest away. `plugin/builtin/*` has what each transformer and generator is configured with, read in
//! whatever case too.

use crate::detect::FileKind;
use crate::emit::{Hit, parse};
use crate::found::{Edit, NoEdit, Place, Target, Unresolved};
use crate::limits::ScanLimits;
use crate::named::{NamedKind, NotRead};
use crate::yaml::{Emitter, Id};

/// Scans one document. Its fields are read in whatever case (`sigs.k8s.io/yaml`, by way of JSON).
pub(crate) fn scan(emitter: &mut Emitter<'_>, limits: &ScanLimits) {
    let tree = emitter.tree;
    let Some(root) = tree.root else { return };
    // `imageTags` is the name that `images` had (`FixKustomizationPreUnmarshalling`).
    for field in ["images", "imageTags"] {
        for images in tree.get_folded(root, field) {
            for entry in tree.items(images) {
                image(emitter, *entry);
            }
        }
    }
    for replacements in tree.get_folded(root, "replacements") {
        for replacement in tree.items(replacements) {
            replaced(emitter, *replacement);
        }
    }
    for field in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
        for patches in tree.get_folded(root, field) {
            for one in tree.items(patches) {
                patch(emitter, *one, "patch", limits);
                if tree.scalar(*one).is_some() {
                    text_or_file(emitter, PATCH_FILE, *one, limits);
                }
            }
        }
    }
    for labels in tree.get_folded(root, "labels") {
        for entry in tree.items(labels) {
            fields(emitter, *entry, "fields");
        }
    }
    configured(emitter, root);
    for field in RESOURCES {
        for resources in tree.get_folded(root, field) {
            for resource in tree.items(resources) {
                text_or_file(emitter, NamedKind::Resource, *resource, limits);
            }
        }
    }
    for field in ["helmCharts", "helmChartInflationGenerator"] {
        for charts in tree.get_folded(root, field) {
            for one in tree.items(charts) {
                chart(emitter, *one);
            }
        }
    }
}

/// Files that say which fields have what a kustomization changes (`api/internal/plugins/builtinconfig`, `TransformerConfig`): with
/// them the prefix of a name may become one of an image. They are read as kustomizations are, whose own fields are no such lists.
fn configured(emitter: &mut Emitter<'_>, root: Id) {
    let tree = emitter.tree;
    for path in tree.get_folded(root, "configurations").iter().flat_map(|files| tree.items(*files)) {
        emitter.file(NamedKind::File(FileKind::Kustomization), *path);
    }
    for list in [
        "namePrefix",
        "nameSuffix",
        "namespace",
        "labels",
        "commonLabels",
        "templateLabels",
        "commonAnnotations",
    ] {
        fields(emitter, root, list);
    }
    for references in tree.get_folded(root, "nameReference") {
        for reference in tree.items(references) {
            fields(emitter, *reference, "fieldSpecs");
        }
    }
}

/// A file with a patch.
const PATCH_FILE: NamedKind = NamedKind::File(FileKind::Kubernetes);

/// A patch in a text, and the file with one.
fn patch(emitter: &mut Emitter<'_>, entry: Id, text: &str, limits: &ScanLimits) {
    let tree = emitter.tree;
    for text in tree.get_folded(entry, text) {
        super::embedded::patch(emitter, text, limits);
    }
    for path in tree.get_folded(entry, "path") {
        emitter.file(PATCH_FILE, path);
    }
}

fn chart(emitter: &mut Emitter<'_>, chart: Id) {
    let tree = emitter.tree;
    let name = tree.last_folded(chart, "name").or_else(|| tree.last_folded(chart, "chartName"));
    emitter.unread(name.unwrap_or(chart), Unresolved::NotRead(NotRead::Chart));
}

/// The configuration of a built-in transformer or generator, an object of the API version [`BUILTIN`]. Those of other kinds
/// change and make nothing that is an image.
pub(super) fn builtin(emitter: &mut Emitter<'_>, id: Id, kind: &str, limits: &ScanLimits) {
    let tree = emitter.tree;
    match kind {
        "ImageTagTransformer" => {
            for entry in tree.get_folded(id, "imageTag") {
                image(emitter, entry);
            }
        }
        "PatchTransformer" => patch(emitter, id, "patch", limits),
        "PatchJson6902Transformer" => patch(emitter, id, "jsonOp", limits),
        "PatchStrategicMergeTransformer" => {
            for text in tree.get_folded(id, "patches") {
                super::embedded::patch(emitter, text, limits);
            }
            for paths in tree.get_folded(id, "paths") {
                for path in tree.items(paths) {
                    text_or_file(emitter, PATCH_FILE, *path, limits);
                }
            }
        }
        "ReplacementTransformer" => {
            for replacements in tree.get_folded(id, "replacements") {
                for replacement in tree.items(replacements) {
                    replaced(emitter, *replacement);
                }
            }
        }
        "ValueAddTransformer" => added(emitter, id),
        "HelmChartInflationGenerator" => chart(emitter, id),
        _ => fields(emitter, id, "fieldSpecs"),
    }
}

/// The API version of the configuration of a built-in transformer or generator.
pub(super) const BUILTIN: &str = "builtin";

/// `value`, which is written to each of the `targets`.
fn added(emitter: &mut Emitter<'_>, id: Id) {
    let tree = emitter.tree;
    let paths = tree.get_folded(id, "targets").into_iter().flat_map(|targets| tree.items(targets));
    let paths: Vec<&str> = paths
        .flat_map(|target| tree.get_folded(*target, "fieldPath"))
        .filter_map(|path| tree.scalar(path))
        .filter(|path| may_be_image(&path.replace('/', ".")))
        .collect();
    for value in tree.get_folded(id, "value").into_iter().filter(|_| !paths.is_empty()) {
        if paths.iter().all(|path| path.rsplit('/').next() == Some("image")) {
            emitter.image(Place::KubernetesField, value);
        } else {
            copied(emitter, value);
        }
    }
}

/// Fields that are given a value by their paths, such as the prefix of a name: those that are images, or hold them.
fn fields(emitter: &mut Emitter<'_>, id: Id, list: &str) {
    let tree = emitter.tree;
    let images = ["image", "reference", "containers", "initContainers", "ephemeralContainers", "volumes"];
    for specs in tree.get_folded(id, list) {
        for path in tree.items(specs).iter().flat_map(|spec| tree.get_folded(*spec, "path")) {
            let last = tree.scalar(path).and_then(|path| path.rsplit('/').next());
            if last.is_some_and(|last| images.contains(&last.trim_end_matches("[]"))) {
                copied(emitter, path);
            }
        }
    }
}

/// A place at which something is written that is not known here.
fn copied(emitter: &mut Emitter<'_>, id: Id) {
    let span = emitter.inside(id);
    let text = emitter.tree.source.get(span.clone()).unwrap_or("");
    emitter.push(Hit::unresolved(Place::KubernetesField, Unresolved::Copied, span, text), None);
}

/// Fields whose entries are files, directories with a kustomization, or addresses of either. `crds` describe fields, and hold no
/// images.
const RESOURCES: [&str; 6] = ["resources", "bases", "components", "generators", "transformers", "validators"];

/// A replacement that may write an image: which one is known when the manifests are rendered.
fn replaced(emitter: &mut Emitter<'_>, replacement: Id) {
    let tree = emitter.tree;
    // In a file of its own it may write anything.
    for path in tree.get_folded(replacement, "path") {
        emitter.unread(path, Unresolved::Copied);
    }
    for targets in tree.get_folded(replacement, "targets") {
        for target in tree.items(targets) {
            for paths in tree.get_folded(*target, "fieldPaths") {
                for path in tree.items(paths) {
                    if tree.scalar(*path).is_some_and(may_be_image) {
                        copied(emitter, *path);
                    }
                }
            }
        }
    }
}

/// Whether what is written to this field of an object may be an image, or hold one.
fn may_be_image(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    let number =
        !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with('[') || last == "*";
    let whole =
        ["image", "reference", "containers", "initContainers", "ephemeralContainers", "volumes", "template"];
    number || last.ends_with(']') || last == "spec" || whole.contains(&last)
}

/// The objects themselves, or where they are.
fn text_or_file(emitter: &mut Emitter<'_>, kind: NamedKind, id: Id, limits: &ScanLimits) {
    let object = |text: &str| text.contains('\n') || text.trim_start().starts_with(['{', '[']);
    if emitter.tree.scalar(id).is_some_and(object) {
        super::embedded::patch(emitter, id, limits);
    } else {
        emitter.file(kind, id);
    }
}

fn image(emitter: &mut Emitter<'_>, entry: Id) {
    let tree = emitter.tree;
    let get = |key: &str| {
        let id = tree.last_folded(entry, key)?;
        let text = tree.scalar(id).filter(|text| !text.is_empty())?;
        Some((id, text.to_owned()))
    };
    let (name, new_name, tag, digest) = (get("name"), get("newName"), get("newTag"), get("digest"));
    // Beside `newTag` or `digest` it says nothing.
    let suffix = get("tagSuffix").filter(|_| tag.is_none() && digest.is_none());
    let Some((_, repository)) = new_name.as_ref().or(name.as_ref()) else { return };
    // What the entry says is shown; the most exact of its fields.
    let Some((id, _)) = digest.as_ref().or(tag.as_ref()).or(suffix.as_ref()).or(new_name.as_ref()).cloned()
    else {
        return;
    };
    let mut value = repository.clone();
    if let Some((_, tag)) = &tag {
        value.push(':');
        value.push_str(tag);
    }
    if let Some((_, digest)) = &digest {
        value.push('@');
        value.push_str(digest);
    }
    let mut span = emitter.span(id);
    let mapped = tree.mapped(id);
    if let Some(exact) = mapped.as_ref().and_then(crate::mapped::Mapped::exact)
        && tree.resolve(id) == id
    {
        span = exact;
    }
    let text = tree.source.get(span.clone()).unwrap_or("");
    let mut hit = Hit::unresolved(Place::KustomizeImage, Unresolved::TagElsewhere, span, text);
    hit.value.clone_from(&value);
    if tag.is_some() || digest.is_some() {
        hit.target = parse(&value);
    }
    let number = tag.as_ref().filter(|(id, _)| digest.is_none() && tree.is_ambiguous(*id));
    if let Some((_, tag)) = number {
        hit.target = Target::Unresolved(Unresolved::Number(crate::emit::cut(tag)));
    }
    if let Target::Image(_) = hit.target {
        hit.edit = edit(emitter, entry, id, digest.is_some());
    }
    emitter.push(hit, None);
}

/// A digest is replaced; where there is none it is inserted before the tag's key.
fn edit(emitter: &Emitter<'_>, entry: Id, id: Id, has_digest: bool) -> Edit {
    let tree = emitter.tree;
    let Some(exact) = tree.mapped(id).and_then(|mapped| mapped.exact()).filter(|_| tree.resolve(id) == id)
    else {
        return Edit::Refused(NoEdit::Escaped);
    };
    if has_digest {
        return if tree.node(id).aliases == 0 {
            Edit::Here
        } else {
            Edit::Refused(NoEdit::Shared("digest".into()))
        };
    }
    let key = tree.pairs(entry).into_iter().find(|(_, value)| *value == id).map(|(key, _)| key);
    let Some(at) = key.map(|key| tree.node(key).span.start) else { return Edit::Refused(NoEdit::Composed) };
    let line = tree.source.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
    let indent = tree.source.get(line..at).unwrap_or("");
    if !tree.in_flow(id) && indent.bytes().all(|b| b == b' ' || b == b'-') {
        // On a line of its own, with the line end that the file has.
        let rest = tree.source.get(exact.end..).unwrap_or("");
        let end =
            if rest.find("\r\n").is_some_and(|at| rest.find('\n') == Some(at + 1)) { "\r\n" } else { "\n" };
        Edit::Insert { at, after: format!("{end}{}", " ".repeat(indent.len())) }
    } else {
        Edit::Insert { at, after: ", ".to_owned() }
    }
}
