//! Images of GitHub workflows and actions.
//!
//! Source: GitHub Docs, "Workflow syntax for GitHub Actions" (`jobs.<job_id>.container`, `.services.<service_id>.image`,
//! `.steps[*].uses` with `docker://`) and "Metadata syntax for GitHub Actions" (`runs.image`, `runs.steps`). Expressions are
//! evaluated by GitHub and stay unresolved.

use crate::found::Place;
use crate::yaml::{Emitter, Id};

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
            // Anything else is the path of a Dockerfile.
            emitter.prefixed(Place::ActionImage, image, "docker://");
        }
        scan_steps(emitter, runs);
    }
}

fn scan_job(emitter: &mut Emitter<'_>, job: Id) {
    let tree = emitter.tree;
    for container in tree.get(job, "container") {
        named(emitter, Place::WorkflowContainer, container);
    }
    for services in tree.get(job, "services") {
        for (_, service) in tree.pairs(services) {
            named(emitter, Place::WorkflowService, service);
        }
        // All services by one expression.
        if tree.scalar(services).is_some() {
            emitter.image(Place::WorkflowService, services);
        }
    }
    scan_steps(emitter, job);
}

/// An image, or a mapping with `image`.
fn named(emitter: &mut Emitter<'_>, place: Place, id: Id) {
    let tree = emitter.tree;
    if tree.is_mapping(id) {
        for image in tree.get(id, "image") {
            emitter.image(place, image);
        }
    } else {
        emitter.image(place, id);
    }
}

fn scan_steps(emitter: &mut Emitter<'_>, parent: Id) {
    let tree = emitter.tree;
    for steps in tree.get(parent, "steps") {
        for step in tree.items(steps).to_vec() {
            for uses in tree.get(step, "uses") {
                emitter.prefixed(Place::WorkflowStep, uses, "docker://");
            }
        }
    }
}
