//! Images of a compose file.
//!
//! Source: compose specification, `05-services.md`, `build.md`, `12-interpolation.md`, `13-merge.md` (`!reset`),
//! `11-extension.md`. `extends`, `profiles` and `include` name no image themselves: each file is scanned for what stands in it,
//! of every profile, and the files that they name are read too.

use proofmark_core::Platform;

use crate::detect::FileKind;
use crate::dockerfile::{self, BuildArg, Given};
use crate::emit::{HitKey, cut};
use crate::expand::Expanded;
use crate::found::{Place, WrittenPlatform};
use crate::mapped::Mapped;
use crate::named::{Beside, NamedBuild, NamedKind, RawNamed, directory};
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{Emitter, Id, has_prefix, no_empty_default, outward};

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
            if tree.is_mapping(*entry) {
                let beside = beside(emitter, *entry);
                for path in tree.get(*entry, "path") {
                    included(emitter, path, beside.clone());
                }
            } else {
                included(emitter, *entry, Beside::default());
            }
        }
    }
    let services = tree.get(root, "services");
    if services.is_empty() && tree.get(root, "version").is_empty() && tree.get(root, "include").is_empty() {
        // Version 1 had the services at the top.
        scan_services(emitter, root);
    }
    // `jobs` are services that run once (compose-go `types.Project`).
    for services in services.into_iter().chain(tree.get(root, "jobs")) {
        scan_services(emitter, services);
    }
}

/// `project_directory` and `env_file` of an include.
fn beside(emitter: &mut Emitter<'_>, entry: Id) -> Beside {
    let tree = emitter.tree;
    let project = tree.last(entry, "project_directory").and_then(|id| emitter.path(id));
    let mut environment = Vec::new();
    for files in tree.get(entry, "env_file") {
        let items = tree.items(files);
        let all = if items.is_empty() { std::slice::from_ref(&files) } else { items };
        for id in all {
            if environment.len() == emitter.max {
                // A value that was not read would be a default that stands.
                let kind = ProblemKind::Limit { what: "environment files", cap: emitter.max };
                emitter.problems.push(RawProblem::new(emitter.span(*id), kind));
                break;
            }
            environment.extend(emitter.path(*id).map(|value| value.text.text().to_owned()));
        }
    }
    Beside { project: project.map(|value| value.text.text().to_owned()), environment }
}

/// Compose files: one path, or several that are merged, so that paths count from the directory of the first, or from the one that is
/// named beside them.
fn included(emitter: &mut Emitter<'_>, path: Id, mut beside: Beside) {
    let items = emitter.tree.items(path).to_vec();
    if items.is_empty() {
        return another(emitter, path, &beside);
    }
    if beside.project.is_none() {
        let first = items.first().and_then(|id| emitter.value(*id));
        beside.project = first.map(|value| directory(value.text.text()));
    }
    for path in items {
        another(emitter, path, &beside);
    }
}

/// A compose file, here or in a registry (docker compose, "OCI artifacts").
fn another(emitter: &mut Emitter<'_>, path: Id, beside: &Beside) {
    let artifact = emitter.value(path).is_some_and(|value| has_prefix(value.text.text(), "oci://"));
    if artifact {
        emitter.prefixed(Place::ComposeInclude, path, "oci://");
    } else {
        emitter.file_of(NamedKind::File(FileKind::Compose), path, beside);
    }
}

fn scan_services(emitter: &mut Emitter<'_>, services: Id) {
    for (name, service) in emitter.tree.pairs(services) {
        let name = emitter.tree.scalar(name).map(cut).unwrap_or_default();
        scan_service(emitter, name, service);
    }
}

/// `platform` of a service: which of the images of an index it runs (compose specification, `05-services.md`, `os[/arch[/variant]]`).
fn platform(emitter: &Emitter<'_>, id: Id) -> Option<WrittenPlatform> {
    let value = emitter.value(id)?;
    let known = Platform::parse(value.text.text()).filter(|_| value.unresolved.is_none());
    let written =
        || (!value.text.text().is_empty()).then(|| WrittenPlatform::Unresolved(cut(value.text.text())));
    known.map(WrittenPlatform::Known).or_else(written)
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
    emitter.platform = tree.last(service, "platform").and_then(|id| platform(emitter, id));
    for image in tree.get(service, "image").into_iter().filter(|_| !local) {
        if !is_reset(emitter, image) {
            emitter.image(if built { Place::ComposeBuiltImage } else { Place::ComposeImage }, image);
        }
    }
    let image = emitter.take_last();
    emitter.platform = None;
    if emitter.services.len() < emitter.max {
        let name = name.clone();
        let service = Service { name, image: None, built, extends, pull_policy };
        emitter.services.push(RawService { service, image });
    }
    for build in builds {
        if !is_reset(emitter, build) {
            scan_build(emitter, &name, build);
        }
    }
    for extends in tree.get(service, "extends") {
        for file in tree.get(extends, "file") {
            included(emitter, file, Beside::default());
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

fn scan_build(emitter: &mut Emitter<'_>, service: &str, build: Id) {
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
    let inline = tree.get(build, "dockerfile_inline");
    if inline.iter().all(|inline| tree.is_null(*inline)) {
        named_dockerfile(emitter, service, build);
    }
    for inline in inline {
        scan_inline(emitter, inline, &given);
    }
}

/// The Dockerfile of a build: `dockerfile` in `context`, each of which has a default.
fn named_dockerfile(emitter: &mut Emitter<'_>, service: &str, build: Id) {
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
    let given = context.map(|id| known(emitter, id));
    let named = file.map(|id| known(emitter, id));
    // Of what is not known, the place is told.
    if matches!(given, Some(None)) || matches!(named, Some(None)) {
        return;
    }
    let of =
        NamedBuild { service: service.to_owned(), context: given.flatten(), dockerfile: named.flatten() };
    let kind = NamedKind::File(FileKind::Dockerfile);
    let path = of.path(of.context.as_deref());
    let (project, environment) = (None, Vec::new());
    let named = RawNamed { span: 0..0, kind, path, project, environment, build: Some(of), defaults };
    emitter.name(file.or(context).unwrap_or(build), named);
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
