//! Images of a dev container.
//!
//! Source: dev container specification, `devcontainerjson-reference.md` (`image`, `build.args`, `features`,
//! `build.options`, `dockerComposeFile`), `features.md` (`dependsOn`), `features-distribution.md`. Features are OCI artifacts and no images; they are reported as [`Place::DevcontainerFeature`],
//! because a registry serves them and the build runs their scripts as root. Local features (`./…`) may depend on such.

mod options;

use crate::compose::build_args;
use crate::detect::FileKind;
use crate::dockerfile::Given;
use crate::emit::Hit;
use crate::expand::Expanded;
use crate::found::{Place, Unresolved};
use crate::named::{Beside, NamedBuild, NamedKind, directory};
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{Emitter, Id};

/// Scans the document.
pub(crate) fn scan(emitter: &mut Emitter<'_>) {
    let tree = emitter.tree;
    let Some(root) = tree.root else { return };
    if !tree.is_mapping(root) {
        let span = tree.node(root).span.clone();
        emitter.problems.push(RawProblem::new(span, ProblemKind::Shape("a dev container: an object")));
        return;
    }
    for image in tree.get(root, "image") {
        emitter.image(Place::DevcontainerImage, image);
    }
    builds(emitter, root);
    for files in tree.get(root, "dockerComposeFile") {
        compose_files(emitter, files);
    }
    // `dependsOn` is of the metadata of a feature.
    for features in ["features", "dependsOn"].iter().flat_map(|name| tree.get(root, name)) {
        for (key, _) in tree.pairs(features) {
            let Some(name) = tree.scalar(key) else { continue };
            if name.starts_with("./") || name.starts_with("../") {
                local_feature(emitter, key);
                continue;
            }
            if name.contains('/') {
                let Some(value) = tree.mapped(key) else { continue };
                emitter.expanded(Place::DevcontainerFeature, key, Expanded::literal(value));
            } else {
                let why = Unresolved::ShortFeature(crate::emit::cut(name));
                let span = emitter.inside(key);
                let text = tree.source.get(span.clone()).unwrap_or("");
                let hit = Hit::unresolved(Place::DevcontainerFeature, why, span, text);
                emitter.push(hit, None);
            }
        }
    }
}

/// `build`, and the Dockerfile of old versions, `dockerFile` beside it: what `build` says holds for either (dev container CLI,
/// `src/spec-node/utils.ts`).
fn builds(emitter: &mut Emitter<'_>, root: Id) {
    let tree = emitter.tree;
    let mut given = Given::default();
    let all = tree.get(root, "build");
    for build in &all {
        for args in tree.get(*build, "args") {
            given.args.extend(build_args(emitter, Place::DevcontainerBuildArg, args));
        }
        for options in tree.get(*build, "options") {
            options::scan(emitter, options, &mut given);
        }
    }
    let within = all.iter().map(|build| (*build, ["dockerfile", "dockerFile"].as_slice()));
    // The path is relative to this file, whatever `context` is.
    let named: Vec<Id> = within
        .chain([(root, ["dockerFile"].as_slice())])
        .flat_map(|(of, names)| names.iter().flat_map(move |name| tree.get(of, name)))
        .collect();
    for path in &named {
        built(emitter, *path, given.clone());
    }
    // The schema asks for `dockerfile`; what a builder takes without it is read if it is there.
    for context in all.iter().filter_map(|build| tree.last(*build, "context")).filter(|_| named.is_empty()) {
        emitter.guess(context, given.clone());
    }
}

/// The Dockerfile at this path.
fn built(emitter: &mut Emitter<'_>, path: Id, given: Given) {
    let Some(value) = emitter.path(path) else { return };
    let dockerfile = Some(value.text.text().to_owned());
    let build = NamedBuild { dockerfile, certain: true, given, ..NamedBuild::default() };
    emitter.build(path, build, value.names);
}

/// The metadata of a feature beside this file, which may ask for others.
fn local_feature(emitter: &mut Emitter<'_>, key: Id) {
    let Some(value) = emitter.path(key) else { return };
    let path = format!("{}/devcontainer-feature.json", value.text.text().trim_end_matches('/'));
    emitter.file_at(NamedKind::File(FileKind::Devcontainer), key, path, value.names);
}

/// One compose file, or several that are merged: the paths of all of them count from the directory of the first (Docker documentation,
/// "Merge Compose files").
fn compose_files(emitter: &mut Emitter<'_>, files: Id) {
    let kind = NamedKind::File(FileKind::Compose);
    let items = emitter.tree.items(files).to_vec();
    if items.is_empty() {
        return emitter.file(kind, files);
    }
    let first = items.first().and_then(|id| emitter.value(*id));
    let project = first.map(|value| directory(value.text.text()));
    let beside = Beside { project, environment: Vec::new() };
    for file in items {
        emitter.file_of(kind, file, &beside);
    }
}
