//! Images of a compose file.
//!
//! Source: compose specification, `05-services.md`, `build.md`, `12-interpolation.md`, `13-merge.md` (`!reset`),
//! `11-extension.md`. `extends`, `profiles` and `include` name no image themselves: each file is scanned for what stands in it,
//! of every profile.

use crate::dockerfile::{self, BuildArg, Given};
use crate::emit::{HitKey, cut};
use crate::expand::Expanded;
use crate::found::Place;
use crate::mapped::Mapped;
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{Emitter, Id, no_empty_default, outward};

/// What a compose file says of its services, beside the images that they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compose {
    /// Services in the order of the file, those of every profile.
    pub services: Vec<Service>,
    /// Whether it brings in other files, with services that are not among these.
    pub includes: bool,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name, cut after 4096 bytes.
    pub name: String,
    /// Its image, as an index into [`crate::Scan::found`]; none: it names none here.
    pub image: Option<usize>,
    /// Whether it is built, so that `image` is the name of the result.
    pub built: bool,
    /// Whether it takes over what another service says, of this file or of another.
    pub extends: bool,
    /// `pull_policy`, as written.
    pub pull_policy: Option<String>,
}

impl Service {
    /// Whether compose asks the registry again for an image that is there: by whatever names it (compose specification,
    /// `05-services.md`, `pull_policy`: `always`, `daily`, `weekly`, `every_<duration>`; `missing`, `if_not_present`, `never` and
    /// `build` do not).
    pub fn pulls_again(&self) -> bool {
        let policy = self.pull_policy.as_deref().unwrap_or("missing");
        !matches!(policy, "missing" | "if_not_present" | "never" | "build")
    }
}

/// A service before it is known which of the references is its image.
#[derive(Debug, Clone)]
pub(crate) struct RawService {
    pub(crate) service: Service,
    pub(crate) image: Option<HitKey>,
}

/// Scans one document.
pub(crate) fn scan(emitter: &mut Emitter<'_>) {
    let tree = emitter.tree;
    let Some(root) = tree.root else { return };
    if !tree.is_mapping(root) {
        let span = tree.node(root).span.clone();
        if !tree.is_null(root) {
            emitter.problems.push(RawProblem::new(span, ProblemKind::Shape("a compose file: a mapping")));
        }
        return;
    }
    emitter.includes |= !tree.get(root, "include").is_empty();
    for include in tree.get(root, "include") {
        for entry in tree.items(include) {
            included(emitter, *entry);
            for path in tree.get(*entry, "path") {
                included(emitter, path);
            }
        }
    }
    let services = tree.get(root, "services");
    if services.is_empty() && tree.get(root, "version").is_empty() && tree.get(root, "include").is_empty() {
        // Version 1 had the services at the top.
        scan_services(emitter, root);
    }
    for services in services {
        scan_services(emitter, services);
    }
}

/// A compose file from a registry (docker compose, "OCI artifacts"): one path, or several that are merged.
fn included(emitter: &mut Emitter<'_>, path: Id) {
    emitter.prefixed(Place::ComposeInclude, path, "oci://");
    for path in emitter.tree.items(path) {
        emitter.prefixed(Place::ComposeInclude, *path, "oci://");
    }
}

fn scan_services(emitter: &mut Emitter<'_>, services: Id) {
    for (name, service) in emitter.tree.pairs(services) {
        let name = emitter.tree.scalar(name).map(cut).unwrap_or_default();
        scan_service(emitter, name, service);
    }
}

/// `!reset` takes a value of another file away; no other tag of that name does.
fn is_reset(emitter: &Emitter<'_>, id: Id) -> bool {
    emitter.tree.node(id).tag.as_deref() == Some("!reset")
}

fn scan_service(emitter: &mut Emitter<'_>, name: String, service: Id) {
    let tree = emitter.tree;
    let builds = tree.get(service, "build");
    let built = builds.iter().any(|build| !tree.is_null(*build) && !is_reset(emitter, *build));
    // With such a policy the name is given to what is built here, and never asked of a registry.
    let policy = tree.last(service, "pull_policy").and_then(|id| tree.scalar(id));
    let local = built && matches!(policy, Some("build" | "never"));
    let pull_policy = policy.map(cut);
    let extends = !tree.get(service, "extends").is_empty();
    emitter.take_last();
    for image in tree.get(service, "image").into_iter().filter(|_| !local) {
        if !is_reset(emitter, image) {
            emitter.image(if built { Place::ComposeBuiltImage } else { Place::ComposeImage }, image);
        }
    }
    let image = emitter.take_last();
    if emitter.services.len() < emitter.max {
        let service = Service { name, image: None, built, extends, pull_policy };
        emitter.services.push(RawService { service, image });
    }
    for build in builds {
        scan_build(emitter, build);
    }
    for extends in tree.get(service, "extends") {
        for file in tree.get(extends, "file") {
            included(emitter, file);
        }
    }
    for hooks in tree.get(service, "pre_start") {
        for hook in tree.items(hooks) {
            for image in tree.get(*hook, "image") {
                emitter.image(Place::ComposeHook, image);
            }
        }
    }
    for volumes in tree.get(service, "volumes") {
        for volume in tree.items(volumes) {
            let of_image = tree.last(*volume, "type").and_then(|kind| tree.scalar(kind)) == Some("image");
            for source in tree.get(*volume, "source").into_iter().filter(|_| of_image) {
                emitter.image(Place::ComposeVolume, source);
            }
        }
    }
}

fn scan_build(emitter: &mut Emitter<'_>, build: Id) {
    let tree = emitter.tree;
    let mut given = Given::default();
    for args in tree.get(build, "args") {
        given.args.extend(build_args(emitter, Place::ComposeBuildArg, args));
    }
    for contexts in tree.get(build, "additional_contexts") {
        for (name, context) in tree.pairs(contexts) {
            given.contexts.extend(tree.scalar(name).map(str::to_lowercase));
            emitter.prefixed(Place::ComposeContext, context, "docker-image://");
        }
        for context in tree.items(contexts).to_vec() {
            let Some(mut value) = emitter.value(context) else { continue };
            let text = value.text.text();
            let Some((name, source)) = text.split_once('=') else { continue };
            given.contexts.insert(name.to_lowercase());
            if source.starts_with("docker-image://") {
                value.text = value.text.part(name.len() + "=docker-image://".len()..text.len());
                emitter.expanded(Place::ComposeContext, context, value);
            }
        }
    }
    for path in tree.get(build, "dockerfile") {
        emitter.dockerfile(tree.last(build, "context"), path);
    }
    for inline in tree.get(build, "dockerfile_inline") {
        scan_inline(emitter, inline, &given);
    }
}

/// The build argument that wins over `# syntax=` (BuildKit `frontend/dockerui`, `keySyntaxArg`).
const SYNTAX_ARG: &str = "BUILDKIT_SYNTAX";

/// `args`, a mapping or a list of `NAME=value`: those whose name says that they are images, reported; and all, for the
/// Dockerfile beside them.
pub(crate) fn build_args(emitter: &mut Emitter<'_>, place: Place, args: Id) -> Vec<BuildArg> {
    let tree = emitter.tree;
    let mut given = Vec::new();
    let mut all = Vec::new();
    for (key, id) in tree.pairs(args) {
        if let (Some(name), Some(value)) = (tree.scalar(key), emitter.value(id)) {
            all.push((name.to_owned(), id, value));
        }
    }
    for id in tree.items(args) {
        let Some(mut value) = emitter.value(*id) else { continue };
        let text = value.text.text().to_owned();
        if let Some((name, _)) = text.split_once('=') {
            value.text = value.text.part(name.len() + 1..text.len());
            all.push((name.to_owned(), *id, value));
        }
    }
    for (name, id, value) in all {
        let mut known = value.clone();
        known.text = Mapped::nowhere(value.text.text());
        given.push(BuildArg { name: name.clone(), value: known });
        let mut value = no_empty_default(value);
        if name == SYNTAX_ARG {
            // As of `# syntax=`: what follows the first blank is the frontend's own.
            let text = value.text.text().trim_start();
            let start = value.text.text().len() - text.len();
            let end = start + text.find(' ').unwrap_or(text.len());
            value.text = value.text.part(start..end);
            if end > start || value.unresolved.is_some() {
                emitter.expanded(Place::DockerfileSyntax, id, value);
            }
        } else if names_an_image(&name, &value) {
            emitter.expanded(place, id, value);
        }
    }
    given
}

/// Whether a build argument is an image by its name: `BASE_IMAGE`, `IMAGE`, `BUILDER_IMG`, `BASE`. What other arguments
/// are is known to the Dockerfile alone.
fn names_an_image(name: &str, value: &Expanded) -> bool {
    let name = name.to_ascii_uppercase();
    let named = name.ends_with("IMAGE") || name.ends_with("IMG") || name == "BASE";
    let text = value.text.text();
    named && (!text.is_empty() || value.unresolved.is_some()) && !matches!(text, "true" | "false" | "0" | "1")
}

/// `dockerfile_inline`: compose interpolates it first, `$$` is a dollar sign of the Dockerfile.
fn scan_inline(emitter: &mut Emitter<'_>, inline: Id, given: &Given) {
    // An anchor may bring the same text to any number of services.
    let length = emitter.tree.scalar(inline).map_or(0, str::len);
    if !emitter.tree.spend(length.saturating_mul(8)) {
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
    let (hits, problems) = dockerfile::scan(virtual_text.text(), given, emitter.max);
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
