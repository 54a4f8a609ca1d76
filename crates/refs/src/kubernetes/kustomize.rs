//! `images` of a kustomization, images in its patches, and the files that it names.
//!
//! Source: kustomize `api/types/image.go` and `api/filters/imagetag/updater.go`: `newTag` and `digest` each replace tag and
//! digest, both together give `tag@digest`, neither keeps what the manifest has. `tagSuffix` without both is appended to the
//! manifest's tag, and takes its digest away.

use crate::detect::FileKind;
use crate::emit::{Hit, parse};
use crate::found::{Edit, NoEdit, Place, Target, Unresolved};
use crate::limits::ScanLimits;
use crate::named::{NamedKind, NotRead};
use crate::yaml::{Emitter, Id};

/// Scans one document.
pub(crate) fn scan(emitter: &mut Emitter<'_>, limits: &ScanLimits) {
    let tree = emitter.tree;
    let Some(root) = tree.root else { return };
    for images in tree.get(root, "images") {
        for entry in tree.items(images) {
            image(emitter, *entry);
        }
    }
    let patch_file = NamedKind::File(FileKind::Kubernetes);
    for field in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
        for patches in tree.get(root, field) {
            for patch in tree.items(patches) {
                for text in tree.get(*patch, "patch") {
                    super::embedded::patch(emitter, text, limits);
                }
                for path in tree.get(*patch, "path") {
                    emitter.file(patch_file, path);
                }
                if tree.scalar(*patch).is_some() {
                    text_or_file(emitter, patch_file, *patch, limits);
                }
            }
        }
    }
    for field in RESOURCES {
        for resources in tree.get(root, field) {
            for resource in tree.items(resources) {
                text_or_file(emitter, NamedKind::Resource, *resource, limits);
            }
        }
    }
    for field in ["helmCharts", "helmChartInflationGenerator"] {
        for charts in tree.get(root, field) {
            for chart in tree.items(charts) {
                let name = tree.last(*chart, "name").or_else(|| tree.last(*chart, "chartName"));
                emitter.unread(name.unwrap_or(*chart), Unresolved::NotRead(NotRead::Chart));
            }
        }
    }
}

/// Fields whose entries are files, directories with a kustomization, or addresses of either. `crds` and `configurations` describe
/// fields, and `replacements` copies values: these hold no images.
const RESOURCES: [&str; 6] = ["resources", "bases", "components", "generators", "transformers", "validators"];

/// The objects themselves, or where they are.
fn text_or_file(emitter: &mut Emitter<'_>, kind: NamedKind, id: Id, limits: &ScanLimits) {
    if emitter.tree.scalar(id).is_some_and(|text| text.contains('\n')) {
        super::embedded::patch(emitter, id, limits);
    } else {
        emitter.file(kind, id);
    }
}

fn image(emitter: &mut Emitter<'_>, entry: Id) {
    let tree = emitter.tree;
    let get = |key: &str| {
        let id = tree.last(entry, key)?;
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
