//! Images of a compose file.
//!
//! Source: compose specification, `05-services.md`, `build.md`, `12-interpolation.md`, `13-merge.md` (`!reset`),
//! `11-extension.md`. `extends`, `profiles` and `include` name no image themselves: each file is scanned for what stands in it,
//! of every profile, and the files that they name are read too.

use proofmark_core::Platform;

use crate::detect::FileKind;
use crate::dockerfile::Given;
use crate::emit::{Hit, HitKey, cut};
use crate::found::{Found, Place, Unresolved, WrittenPlatform};
use crate::named::{Beside, NamedKind, directory};
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{Emitter, Id, has_prefix};

mod build;

pub(crate) use build::{any_argument, build_args};

/// What a compose file says of its services, beside the images that they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compose {
    /// Services in the order of the file, those of every profile.
    pub services: Vec<Service>,
    /// Whether it brings in other files, with services that are not among these.
    pub includes: bool,
    /// Whether it may have variables: a `$`, or build arguments, which have the environment's value if they have none.
    pub variables: bool,
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
    /// The services, of this file or of another, from which it takes over what they say.
    pub extends: Vec<String>,
    /// What is given to the Dockerfiles that are written in it.
    pub inline: Vec<Given>,
    /// `pull_policy`, as written.
    pub pull_policy: Option<String>,
    /// The image, if this file has it built and never asked of a registry: it is none of the references.
    pub local: Option<Box<Found>>,
    /// Whether it has an image asked of a registry that another file, or a service that is extended, has built: by another
    /// `pull_policy`, or a build that is taken away.
    pub undoes: bool,
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
    pub(crate) local: Option<Hit>,
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
    for models in tree.get(root, "models") {
        for (_, model) in tree.pairs(models) {
            for name in tree.get(model, "model") {
                emitter.image(Place::ComposeModel, name);
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

/// A policy by which compose builds, and pulls nothing.
fn is_build(policy: Option<&str>) -> bool {
    matches!(policy, Some("build" | "never"))
}

/// Whether a build says what is built: compose may take an empty one for none.
fn says_how(emitter: &Emitter<'_>, build: Id) -> bool {
    let tree = emitter.tree;
    let tagged = tree.node(build).tag.is_some();
    !tagged && (!tree.pairs(build).is_empty() || tree.scalar(build).is_some_and(|text| !text.is_empty()))
}

fn scan_service(emitter: &mut Emitter<'_>, name: String, service: Id) {
    let (tree, service_id) = (emitter.tree, service);
    let builds = tree.get(service, "build");
    let built = builds.iter().any(|build| !tree.is_null(*build) && !is_reset(emitter, *build));
    let policy = tree.last(service, "pull_policy");
    let builds_only = policy.is_some_and(|id| !is_reset(emitter, id) && is_build(tree.scalar(id)));
    // With such a policy the name is given to what is built here, and never asked of a registry.
    let local = builds_only && builds.iter().any(|build| says_how(emitter, *build));
    let undoes = policy.is_some() && !builds_only || !builds.is_empty() && !built;
    let pull_policy = policy.and_then(|id| tree.scalar(id)).map(cut);
    let extends = extended(emitter, service, &name);
    emitter.take_last();
    emitter.platform = tree.last(service, "platform").and_then(|id| platform(emitter, id));
    for image in tree.get(service, "image").into_iter().filter(|_| !local) {
        if !is_reset(emitter, image) {
            emitter.image(if built { Place::ComposeBuiltImage } else { Place::ComposeImage }, image);
        }
    }
    let image = emitter.take_last();
    emitter.platform = None;
    let kept = emitter.services.len() < emitter.max;
    if kept {
        let name = name.clone();
        let inline = Vec::new();
        let service = Service { name, image: None, built, extends, inline, pull_policy, local: None, undoes };
        let local = tree.last(service_id, "image").filter(|_| local).map(|image| {
            let span = emitter.inside(image);
            let text = tree.source.get(span.clone()).unwrap_or_default();
            Hit::unresolved(Place::ComposeBuiltImage, Unresolved::Pulled(String::new()), span, text)
        });
        emitter.services.push(RawService { service, image, local });
    }
    for build in builds {
        let inline = if is_reset(emitter, build) { None } else { build::scan_build(emitter, &name, build) };
        if let Some(raw) = emitter.services.last_mut().filter(|_| kept) {
            raw.service.inline.extend(inline);
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
            volumes(emitter, *hook);
        }
    }
    volumes(emitter, service);
    provided(emitter, service);
}

/// Volumes that are images, of a service or of what runs before it.
fn volumes(emitter: &mut Emitter<'_>, of: Id) {
    let tree = emitter.tree;
    for volume in tree.get(of, "volumes").iter().flat_map(|volumes| tree.items(*volumes)) {
        let Some(kind) = tree.last(*volume, "type") else { continue };
        let Some(value) = emitter.value(kind) else { continue };
        if value.unresolved.is_some() {
            // It may be one.
            emitter.image(Place::ComposeVolume, kind);
        } else if value.text.text() == "image" {
            for source in tree.get(*volume, "source") {
                emitter.image(Place::ComposeVolume, source);
            }
        }
    }
}

/// The names of the services that this one extends; of one whose name is not known, its own.
fn extended(emitter: &Emitter<'_>, service: Id, name: &str) -> Vec<String> {
    let tree = emitter.tree;
    let known = |id: Id| {
        let of = if tree.is_mapping(id) { tree.last(id, "service")? } else { id };
        emitter.value(of).filter(|value| value.unresolved.is_none()).map(|value| cut(value.text.text()))
    };
    tree.get(service, "extends").into_iter().map(|id| known(id).unwrap_or_else(|| name.to_owned())).collect()
}

/// A model in the place of a service (`provider`).
fn provided(emitter: &mut Emitter<'_>, service: Id) {
    let tree = emitter.tree;
    for provider in tree.get(service, "provider") {
        let of_model = tree.last(provider, "type").and_then(|kind| tree.scalar(kind)) == Some("model");
        for options in tree.get(provider, "options").into_iter().filter(|_| of_model) {
            for model in tree.get(options, "model") {
                emitter.image(Place::ComposeModel, model);
            }
        }
    }
}
