//! YAML that is written as a text inside an object: patches of a kustomization, manifests that a workflow creates,
//! templates in a `ConfigMap`, what runs a function.

use std::cell::Cell;
use std::ops::Range;

use super::object::{Depth, scan_at};
use crate::emit::{Hit, cut};
use crate::found::Place;
use crate::limits::ScanLimits;
use crate::mapped::Mapped;
use crate::named::RawNamed;
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{self, Emitter, Id, outward};

/// A patch or an object that is written inside a kustomization: it is applied, so that what cannot be read is a problem.
pub(super) fn patch(emitter: &mut Emitter<'_>, id: Id, limits: &ScanLimits) {
    applied(emitter, id, limits, &|inner| scan_at(inner, limits, Depth::patch()));
}

/// What runs a function of kustomize, in an annotation of its configuration: a container, perhaps (`kyaml`
/// `fn/runtime/runtimeutil`, `FunctionSpec`).
pub(super) fn function(emitter: &mut Emitter<'_>, id: Id, limits: &ScanLimits) {
    applied(emitter, id, limits, &|inner| {
        let tree = inner.tree;
        for container in tree.root.into_iter().flat_map(|root| tree.get(root, "container")) {
            for image in tree.get(container, "image") {
                inner.image(Place::KubernetesField, image);
            }
        }
    });
}

fn applied(emitter: &mut Emitter<'_>, id: Id, limits: &ScanLimits, read: &dyn Fn(&mut Emitter<'_>)) {
    let Some(outer) = once(emitter, id) else { return };
    let Inner { hits, problems, named, .. } = inner(emitter, &outer, limits, read);
    for hit in hits {
        place(emitter, id, &outer, hit);
    }
    let fallback = emitter.span(id);
    let around = |span: Range<usize>| outer.cover_span(span).unwrap_or_else(|| fallback.clone());
    for problem in problems {
        emitter.problems.push(RawProblem::new(around(problem.span), problem.kind));
    }
    for named in named {
        emitter.named_there(RawNamed { span: around(named.span.clone()), ..named });
    }
}

/// Any text of several lines with the word `image`: what looks like a reference is shown, what cannot be read is no problem,
/// as nothing says that the text is YAML.
pub(super) fn text(emitter: &mut Emitter<'_>, id: Id, limits: &ScanLimits, depth: Depth) {
    if !emitter.tree.scalar(id).is_some_and(|text| text.contains('\n') && text.contains("image")) {
        return;
    }
    let Some(outer) = once(emitter, id) else { return };
    let read = |inner: &mut Emitter<'_>| scan_at(inner, limits, depth);
    // Nothing says that the files are used which it names.
    let Inner { hits, problems, broken, .. } = inner(emitter, &outer, limits, &read);
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

/// A Dockerfile that is written in an object.
pub(super) fn dockerfile(emitter: &mut Emitter<'_>, id: Id) {
    let Some(outer) = once(emitter, id) else { return };
    let (hits, problems) = crate::dockerfile::scan_built(outer.text(), &[], true, emitter.max);
    for hit in hits {
        place(emitter, id, &outer, hit);
    }
    let span = emitter.span(id);
    emitter.problems.extend(problems.into_iter().map(|problem| RawProblem::new(span.clone(), problem.kind)));
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

/// What was found in a text; places are those in the text.
#[derive(Default)]
struct Inner {
    hits: Vec<Hit>,
    problems: Vec<RawProblem>,
    /// Lines of what cannot be parsed.
    broken: Vec<Hit>,
    named: Vec<RawNamed>,
}

fn inner(
    emitter: &Emitter<'_>,
    outer: &Mapped,
    limits: &ScanLimits,
    read: &dyn Fn(&mut Emitter<'_>),
) -> Inner {
    let steps = Cell::new(emitter.tree.steps.get());
    let parsed = yaml::parse(outer.text(), limits, &steps);
    let mut all = Inner { problems: parsed.problems, ..Inner::default() };
    for tree in &parsed.trees {
        let mut inner = Emitter::new(tree, None, limits.found);
        read(&mut inner);
        all.named.append(&mut inner.named);
        let (more, trouble) = inner.finish();
        all.hits.extend(more);
        all.problems.extend(trouble);
    }
    for (range, problem) in parsed.broken {
        crate::scan::lines(outer.text(), &range, crate::FileKind::Kubernetes, limits.found, &mut all.broken);
        all.problems.push(problem);
    }
    emitter.tree.steps.set(steps.get());
    all
}

fn place(emitter: &mut Emitter<'_>, id: Id, outer: &Mapped, mut hit: Hit) {
    let fallback = emitter.span(id);
    outward(&mut hit, outer, &fallback);
    hit.text = cut(emitter.tree.source.get(hit.span.clone()).unwrap_or(""));
    emitter.push(hit, None);
}
