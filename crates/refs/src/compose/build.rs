//! What a service is built of: contexts, arguments and the Dockerfile.
//!
//! Source: compose specification, `build.md`.

use crate::building::{generators, image_argument};
use crate::dockerfile::{self, BuildArg, Given};
use crate::emit::cut;
use crate::expand::Expanded;
use crate::found::{Place, Unresolved};
use crate::mapped::Mapped;
use crate::named::{NamedBuild, NotRead, is_remote};
use crate::problem::RawProblem;
use crate::yaml::{Emitter, Id, has_prefix, outward};

/// Gives what is given to a Dockerfile that is written here, if one is.
pub(super) fn scan_build(emitter: &mut Emitter<'_>, service: &str, build: Id) -> Option<Given> {
    let tree = emitter.tree;
    let mut given = Given::default();
    for args in tree.get(build, "args") {
        given.args.extend(build_args(emitter, Place::ComposeBuildArg, args));
    }
    for contexts in tree.get(build, "additional_contexts") {
        for (name, context) in tree.pairs(contexts) {
            given
                .contexts
                .extend(tree.scalar(name).filter(|name| !name.contains('$')).map(str::to_lowercase));
            if let Some(value) = emitter.value(context) {
                context_of(emitter, context, value);
            }
        }
        for context in tree.items(contexts).to_vec() {
            let Some(mut value) = emitter.value(context) else { continue };
            let text = value.text.text();
            let Some((name, _)) = text.split_once('=') else { continue };
            // A name that has a variable may be another.
            if tree.scalar(context).is_some_and(|text| text.starts_with(&format!("{name}="))) {
                given.contexts.insert(name.to_lowercase());
            }
            value.text = value.text.part(name.len() + 1..text.len());
            context_of(emitter, context, value);
        }
    }
    for sbom in tree.get(build, "sbom") {
        let Some(value) = emitter.value(sbom) else { continue };
        if value.unresolved.is_some() {
            emitter.image(Place::SbomGenerator, sbom);
        }
        for text in generators(&value.text).into_iter().filter(|_| value.unresolved.is_none()) {
            emitter.expanded(Place::SbomGenerator, sbom, Expanded { text, ..value.clone() });
        }
    }
    let inline = tree.get(build, "dockerfile_inline");
    if inline.iter().all(|inline| tree.is_null(*inline)) {
        named_dockerfile(emitter, service, build, given);
        return None;
    }
    for inline in inline {
        scan_inline(emitter, service, inline, &given);
    }
    Some(given)
}

/// What a named context brings in: an image, or what lies elsewhere. A directory here, another service or stage brings in
/// nothing that is not found where it is (buildx `build/build.go`, `toSolveOpt`).
fn context_of(emitter: &mut Emitter<'_>, id: Id, mut value: Expanded) {
    const IMAGE: &str = "docker-image://";
    let text = value.text.text();
    if has_prefix(text, IMAGE) {
        value.text = value.text.part(IMAGE.len()..text.len());
        return emitter.expanded(Place::ComposeContext, id, value);
    }
    let why = value.unresolved.or_else(|| is_remote(text).then_some(Unresolved::NotRead(NotRead::Remote)));
    if let Some(why) = why {
        emitter.unread(id, why);
    }
}

/// The Dockerfile of a build: `dockerfile` in `context`, each of which has a default.
fn named_dockerfile(emitter: &mut Emitter<'_>, service: &str, build: Id, given: Given) {
    let tree = emitter.tree;
    let short = tree.scalar(build).is_some();
    if !short && !tree.is_mapping(build) {
        return;
    }
    let text = |id: &Id| !tree.is_null(*id) && tree.scalar(*id) != Some("");
    let context = if short { Some(build) } else { tree.last(build, "context") }.filter(text);
    let file = tree.last(build, "dockerfile").filter(text);
    let mut defaults = Vec::new();
    let mut known = |emitter: &mut Emitter<'_>, id: Id| {
        let value = emitter.path(id)?;
        defaults.extend(value.names);
        Some(value.text.text().to_owned())
    };
    let known_context = context.map(|id| known(emitter, id));
    let known_file = file.map(|id| known(emitter, id));
    // Of what is not known, the place is told.
    if matches!(known_context, Some(None)) || matches!(known_file, Some(None)) {
        return;
    }
    let (service, certain) = (service.to_owned(), context.is_some() || file.is_some());
    let given = Given { partial: !certain, ..given };
    let (context_of, dockerfile) = (known_context.flatten(), known_file.flatten());
    let of = NamedBuild { service, context: context_of, dockerfile, certain, given };
    emitter.build(file.or(context).unwrap_or(build), of, defaults);
}

/// `args`, a mapping or a list of `NAME=value`: those whose name says that they are images, reported; and all, for the
/// Dockerfile beside them. One whose name has a variable may be any, and is told.
pub(crate) fn build_args(emitter: &mut Emitter<'_>, place: Place, args: Id) -> Vec<BuildArg> {
    let tree = emitter.tree;
    let mut given = Vec::new();
    let mut all = Vec::new();
    for (key, id) in tree.pairs(args) {
        let Some(name) = tree.scalar(key) else { continue };
        if name.contains('$') {
            any_argument(emitter, place, key);
            continue;
        }
        match emitter.value(id) {
            Some(value) => all.push((name.to_owned(), id, value)),
            None if tree.is_null(id) => given.extend(handed_on(emitter, name)),
            None => emitter.not_text(place, id),
        }
    }
    for id in tree.items(args) {
        let Some(mut value) = emitter.value(*id) else { continue };
        let text = value.text.text().to_owned();
        let written = tree.scalar(*id).and_then(|text| text.split('=').next()).unwrap_or_default();
        if written.contains('$') && !emitter.is_set(&value) {
            any_argument(emitter, place, *id);
        } else if let Some((name, _)) = text.split_once('=') {
            value.text = value.text.part(name.len() + 1..text.len());
            all.push((name.to_owned(), *id, value));
        } else {
            given.extend(handed_on(emitter, &text));
        }
    }
    // A scalar with a variable is neither.
    if tree.scalar(args).is_some() {
        any_argument(emitter, place, args);
    }
    for (name, id, value) in all {
        given.push(BuildArg::of(&name, &value));
        if let Some((place, value)) = image_argument(place, &name, value) {
            emitter.expanded(place, id, value);
        }
    }
    given
}

/// What may be any argument, told where it stands.
pub(crate) fn any_argument(emitter: &mut Emitter<'_>, place: Place, id: Id) {
    let text = cut(emitter.tree.scalar(id).unwrap_or_default());
    let value = Expanded::literal(Mapped::nowhere(&text));
    emitter.expanded(place, id, Expanded { unresolved: Some(Unresolved::AnyArgument(text)), ..value });
}

/// An argument without a value has that of the environment; if there is none, the default of the Dockerfile stands.
fn handed_on(emitter: &Emitter<'_>, name: &str) -> Option<BuildArg> {
    emitter.variable(name).map(|value| BuildArg { name: name.to_owned(), value, at: None })
}

/// `dockerfile_inline`: compose interpolates it first, `$$` is a dollar sign of the Dockerfile.
fn scan_inline(emitter: &mut Emitter<'_>, service: &str, inline: Id, given: &Given) {
    let own = [vec![given.clone()]];
    let builds = emitter.inline(service);
    let builds = if builds.is_empty() { own.as_slice() } else { builds };
    // An anchor may bring the same text to any number of services.
    let length = emitter.tree.scalar(inline).map_or(0, str::len);
    let count: usize = builds.iter().map(|together| together.len() + 1).sum();
    if !emitter.tree.spend(length.saturating_mul(8).saturating_mul(count)) {
        return;
    }
    let Some(outer) = emitter.tree.mapped(inline) else { return };
    let text = outer.text();
    let mut virtual_text = Mapped::default();
    let mut at = 0;
    while let Some(dollar) = text.get(at..).and_then(|rest| rest.find('$')).map(|n| at + n) {
        virtual_text.push_part(&outer, at..dollar);
        if text[dollar + 1..].starts_with('$') {
            virtual_text.push_part(&outer, dollar + 1..dollar + 2);
            at = dollar + 2;
        } else {
            // A variable of compose: no value here, and none that the Dockerfile could give.
            virtual_text.push_part(&outer, dollar..dollar + 1);
            virtual_text.push_nowhere("{}");
            at = dollar + 1;
        }
    }
    virtual_text.push_part(&outer, at..text.len());
    let (hits, problems) = dockerfile::scan_built(virtual_text.text(), builds, false, emitter.max);
    let fallback = emitter.span(inline);
    for mut hit in hits {
        outward(&mut hit, &virtual_text, &fallback);
        emitter.push(hit, None);
    }
    for problem in problems {
        let span = virtual_text.cover_span(problem.span).unwrap_or_else(|| fallback.clone());
        emitter.problems.push(RawProblem::new(span, problem.kind));
    }
}
