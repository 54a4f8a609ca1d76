//! Images of GitHub workflows and actions.
//!
//! Source: GitHub Docs, "Workflow syntax for GitHub Actions" (`jobs.<job_id>.container`, `.services.<service_id>.image`,
//! `.steps[*].uses` with `docker://` or a path) and "Metadata syntax for GitHub Actions" (`runs.image`, `runs.steps`). Expressions are
//! evaluated by GitHub and stay unresolved, except one that only names a value of the job's matrix: these stand in the file.

mod arguments;
mod env;
mod inputs;
mod matrix;
mod workspace;
mod writing;

use crate::detect::FileKind;
use crate::found::Place;
use crate::named::NamedKind;
use crate::yaml::{Emitter, Id, has_prefix};
use workspace::Workspace;

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
        for image in tree.get_folded(runs, "image") {
            emitter.prefixed(Place::ActionImage, image, DOCKER);
            // Anything else is the path of a Dockerfile.
            if tree.scalar(image).is_some_and(|text| !has_prefix(text.trim(), DOCKER)) {
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
    for uses in tree.get(job, "uses") {
        workspace::reused(emitter, uses);
    }
    scan_steps(emitter, job, job);
}

/// An image, or a mapping with `image`, or one of either in the matrix.
fn named(emitter: &mut Emitter<'_>, place: Place, id: Id, job: Id) {
    let tree = emitter.tree;
    let images = if tree.is_mapping(id) { matrix::images(tree, id) } else { vec![id] };
    for image in images {
        let text = tree.scalar(image).unwrap_or("");
        if !matrix::from_matrix(emitter, place, text, job) {
            emitter.image(place, image);
        }
    }
}

fn scan_steps(emitter: &mut Emitter<'_>, parent: Id, job: Id) {
    let tree = emitter.tree;
    let mut workspace = Workspace::default();
    let mut written = false;
    for steps in tree.get(parent, "steps") {
        for step in tree.items(steps) {
            for uses in tree.get(*step, "uses") {
                used(emitter, uses, &Step { id: *step, job, written }, &mut workspace);
            }
            written = written || writing::may_write(tree, *step, job);
        }
    }
}

/// A step of a job.
struct Step {
    id: Id,
    job: Id,
    /// Whether a step before it may have written variables.
    written: bool,
}

/// Before the name of an image that a step or an action is.
const DOCKER: &str = "docker://";

fn used(emitter: &mut Emitter<'_>, uses: Id, step: &Step, workspace: &mut Workspace) {
    let text = emitter.tree.scalar(uses).map(str::trim).unwrap_or_default();
    if let Some(image) = text.get(DOCKER.len()..).filter(|_| has_prefix(text, DOCKER)) {
        if !matrix::from_matrix(emitter, Place::WorkflowStep, image, step.job) {
            emitter.prefixed(Place::WorkflowStep, uses, DOCKER);
        }
    } else if text.split_once("${{").is_some_and(|(before, _)| has_prefix(DOCKER, before)) {
        // It may become one.
        emitter.image(Place::WorkflowStep, uses);
    } else if workspace::is_local(text) {
        workspace.action(emitter, uses);
    } else if text.to_ascii_lowercase().starts_with("actions/checkout@") {
        workspace.checkout(emitter.tree, step.id);
    } else {
        inputs::scan(emitter, text, step, workspace);
    }
}
