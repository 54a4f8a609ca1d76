//! Images of GitHub workflows and actions.
//!
//! Source: GitHub Docs, "Workflow syntax for GitHub Actions" (`jobs.<job_id>.container`, `.services.<service_id>.image`,
//! `.steps[*].uses` with `docker://`) and "Metadata syntax for GitHub Actions" (`runs.image`, `runs.steps`). Expressions are
//! evaluated by GitHub and stay unresolved, except one that only names a value of the job's matrix: these stand in the file.

use crate::detect::FileKind;
use crate::found::{NoEdit, Place};
use crate::named::NamedKind;
use crate::yaml::{Emitter, Id, Tree, has_prefix};

/// Scans one document: a workflow has `jobs`, an action has `runs`.
pub(crate) fn scan(emitter: &mut Emitter<'_>) {
    let tree = emitter.tree;
    let Some(root) = tree.root else { return };
    for jobs in tree.get(root, "jobs") {
        for (_, job) in tree.pairs(jobs) {
            scan_job(emitter, job);
        }
    }
    for runs in tree.get(root, "runs") {
        for image in tree.get(runs, "image") {
            emitter.prefixed(Place::ActionImage, image, "docker://");
            // Anything else is the path of a Dockerfile.
            if tree.scalar(image).is_some_and(|text| !has_prefix(text.trim(), "docker://")) {
                emitter.file(NamedKind::File(FileKind::Dockerfile), image);
            }
        }
        scan_steps(emitter, runs, runs);
    }
}

fn scan_job(emitter: &mut Emitter<'_>, job: Id) {
    let tree = emitter.tree;
    for container in tree.get(job, "container") {
        named(emitter, Place::WorkflowContainer, container, job);
    }
    for services in tree.get(job, "services") {
        for (_, service) in tree.pairs(services) {
            named(emitter, Place::WorkflowService, service, job);
        }
        // All services by one expression.
        if tree.scalar(services).is_some() {
            emitter.image(Place::WorkflowService, services);
        }
    }
    scan_steps(emitter, job, job);
}

/// An image, or a mapping with `image`, or one of either in the matrix.
fn named(emitter: &mut Emitter<'_>, place: Place, id: Id, job: Id) {
    let tree = emitter.tree;
    if tree.is_mapping(id) {
        for image in tree.get(id, "image") {
            if !from_matrix(emitter, place, image, job, "") {
                emitter.image(place, image);
            }
        }
    } else if !from_matrix(emitter, place, id, job, "") {
        emitter.image(place, id);
    }
}

fn scan_steps(emitter: &mut Emitter<'_>, parent: Id, job: Id) {
    let tree = emitter.tree;
    for steps in tree.get(parent, "steps") {
        for step in tree.items(steps).to_vec() {
            for uses in tree.get(step, "uses") {
                if !from_matrix(emitter, Place::WorkflowStep, uses, job, "docker://") {
                    emitter.prefixed(Place::WorkflowStep, uses, "docker://");
                }
            }
        }
    }
}

/// `${{ matrix.a.b }}` and nothing else: the values that the job's matrix has there. `false` if these may not be all.
fn from_matrix(emitter: &mut Emitter<'_>, place: Place, id: Id, job: Id, prefix: &str) -> bool {
    let tree = emitter.tree;
    let path = tree.scalar(id).and_then(|text| {
        let text = text.trim();
        matrix_path(text.get(prefix.len()..).filter(|_| has_prefix(text, prefix))?)
    });
    let Some(path) = path else { return false };
    let Some(matrix) = tree.last(job, "strategy").and_then(|strategy| tree.last(strategy, "matrix")) else {
        return false;
    };
    let (mut values, mut known) = (Vec::new(), tree.is_mapping(matrix));
    for axis in tree.get(matrix, &path[0]) {
        known &= tree.scalar(axis).is_none();
        values.extend(tree.items(axis).iter().filter_map(|value| descend(tree, *value, &path[1..])));
    }
    for include in tree.get(matrix, "include") {
        known &= tree.scalar(include).is_none();
        values.extend(tree.items(include).iter().filter_map(|row| descend(tree, *row, &path)));
    }
    let before = emitter.hits.len();
    for value in &values {
        for image in if tree.is_mapping(*value) { tree.get(*value, "image") } else { vec![*value] } {
            emitter.image(place, image);
        }
    }
    // A value that is also used for something else, such as the name of an artifact, is not ours to change.
    let name = format!("matrix.{}", path.join("."));
    if !tree.spend(tree.source.len() / 16) || tree.source.matches(&name).nth(1).is_some() {
        for hit in &mut emitter.hits[before..] {
            hit.refuse(NoEdit::Shared(name.clone()));
        }
    }
    known && !values.is_empty()
}

fn descend(tree: &Tree<'_>, id: Id, path: &[String]) -> Option<Id> {
    path.iter().try_fold(id, |at, key| tree.last(at, key))
}

/// The path of an expression that is one context access and nothing else.
fn matrix_path(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix("${{")?.strip_suffix("}}")?.trim().strip_prefix("matrix.")?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let path: Vec<String> = inner.split('.').map(str::to_owned).collect();
    path.iter().all(|key| !key.is_empty() && key.chars().all(word)).then_some(path)
}
