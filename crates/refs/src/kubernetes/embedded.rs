//! YAML that is written as a text inside an object: patches of a kustomization, manifests that a workflow creates,
//! templates in a `ConfigMap`.

use std::cell::Cell;

use super::object::{Depth, scan_at};
use crate::emit::{Hit, cut};
use crate::found::Place;
use crate::limits::ScanLimits;
use crate::mapped::Mapped;
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{self, Emitter, Id, outward};

/// A patch that is written inside a kustomization: it is applied, so that what cannot be read is a problem.
pub(super) fn patch(emitter: &mut Emitter<'_>, id: Id, limits: &ScanLimits) {
    let Some(outer) = once(emitter, id) else { return };
    let (hits, problems, _) = inner(emitter, &outer, limits, Depth::patch());
    for hit in hits {
        place(emitter, id, &outer, hit);
    }
    let fallback = emitter.span(id);
    for problem in problems {
        let span = outer.cover_span(problem.span.clone()).unwrap_or_else(|| fallback.clone());
        emitter.problems.push(RawProblem::new(span, problem.kind));
    }
}

/// Any text of several lines with the word `image`: what looks like a reference is shown, what cannot be read is no problem,
/// as nothing says that the text is YAML.
pub(super) fn text(emitter: &mut Emitter<'_>, id: Id, limits: &ScanLimits, depth: Depth) {
    if !emitter.tree.scalar(id).is_some_and(|text| text.contains('\n') && text.contains("image")) {
        return;
    }
    let Some(outer) = once(emitter, id) else { return };
    let (hits, problems, broken) = inner(emitter, &outer, limits, depth);
    let span = emitter.span(id);
    let limits = problems.into_iter().filter(|problem| matches!(problem.kind, ProblemKind::Limit { .. }));
    emitter.problems.extend(limits.map(|problem| RawProblem::new(span.clone(), problem.kind)));
    for hit in hits.into_iter().chain(broken) {
        let told = hit.place != Place::Unparsed || is_explicit(&hit.value);
        if told {
            place(emitter, id, &outer, Hit { place: Place::KubernetesEmbedded, ..hit });
        }
    }
}

/// A text with its places, the first time that it is met: aliases may bring it to any number of places.
fn once(emitter: &mut Emitter<'_>, id: Id) -> Option<Mapped> {
    let length = emitter.tree.scalar(id)?.len();
    (emitter.first(id) && emitter.tree.spend(length)).then(|| emitter.tree.mapped(id)).flatten()
}

/// Whether a text is a reference by its looks: with a path, a tag, a digest or a variable.
pub(super) fn is_explicit(value: &str) -> bool {
    !value.contains(char::is_whitespace) && value.contains(['/', ':', '@']) || value.contains(['$', '{'])
}

fn inner(
    emitter: &Emitter<'_>,
    outer: &Mapped,
    limits: &ScanLimits,
    depth: Depth,
) -> (Vec<Hit>, Vec<RawProblem>, Vec<Hit>) {
    let steps = Cell::new(emitter.tree.steps.get());
    let parsed = yaml::parse(outer.text(), limits, &steps);
    let (mut hits, mut problems, mut broken) = (Vec::new(), parsed.problems, Vec::new());
    for tree in &parsed.trees {
        let mut inner = Emitter::new(tree, None, limits.found);
        scan_at(&mut inner, limits, depth);
        let (more, trouble) = inner.finish();
        hits.extend(more);
        problems.extend(trouble);
    }
    for (range, problem) in parsed.broken {
        crate::scan::lines(outer.text(), &range, crate::FileKind::Kubernetes, limits.found, &mut broken);
        problems.push(problem);
    }
    emitter.tree.steps.set(steps.get());
    (hits, problems, broken)
}

fn place(emitter: &mut Emitter<'_>, id: Id, outer: &Mapped, mut hit: Hit) {
    let fallback = emitter.span(id);
    outward(&mut hit, outer, &fallback);
    hit.text = cut(emitter.tree.source.get(hit.span.clone()).unwrap_or(""));
    emitter.push(hit, None);
}
