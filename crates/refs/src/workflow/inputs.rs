//! Inputs of actions that build images, and of those that run one.
//!
//! Source: the `action.yml` of `docker/build-push-action`, `docker/setup-buildx-action`, `docker/setup-qemu-action` and
//! `addnab/docker-run-action`; Docker documentation, `buildx build` and `buildx create`. Paths count from the workspace.

use super::Step;
use super::arguments::ARGUMENT_STEPS;
use super::env::Env;
use super::matrix::{from_matrix, inserted, with_matrix};
use super::workspace::{Build, Workspace};
use crate::building::{context_image, generators, split};
use crate::detect::FileKind;
use crate::dockerfile::Given;
use crate::expand::Expanded;
use crate::found::{NoEdit, Place, Target, Unresolved};
use crate::mapped::Mapped;
use crate::named::{NamedKind, NotRead, is_remote};
use crate::yaml::{Emitter, Id, has_prefix};

/// Scans a step that uses this action.
pub(super) fn scan(emitter: &mut Emitter<'_>, uses: &str, step: &Step, workspace: &Workspace) {
    let action = uses.trim().split('@').next().unwrap_or_default().to_ascii_lowercase();
    if !BUILDERS.contains(&action.as_str()) {
        return;
    }
    for with in emitter.tree.get(step.id, "with") {
        let env = Env::of(emitter.tree, step.id, step.job, step.written);
        let inputs = Inputs { with, job: step.job, env };
        for open in inserted(emitter.tree, with) {
            emitter.image(Place::WorkflowBuilder, open);
        }
        match action.as_str() {
            "docker/build-push-action" => inputs.build(emitter, workspace),
            "docker/bake-action" => inputs.bake(emitter, workspace),
            "docker/setup-buildx-action" => {
                for (id, line) in inputs.lines(emitter, "driver-opts") {
                    inputs.driver(emitter, id, &line);
                }
            }
            "docker/setup-qemu-action" => inputs.whole(emitter, Place::WorkflowBuilder, "image"),
            _ => inputs.whole(emitter, Place::WorkflowStep, "image"),
        }
    }
}

/// The actions whose inputs are looked at.
const BUILDERS: [&str; 5] = [
    "docker/bake-action",
    "docker/build-push-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "addnab/docker-run-action",
];

/// The inputs of a step.
pub(super) struct Inputs {
    pub(super) with: Id,
    pub(super) job: Id,
    pub(super) env: Env,
}

/// How `docker/build-push-action` writes the repository that the workflow is of.
const DEFAULT_CONTEXT: &str = "{{defaultContext}}";

impl Inputs {
    fn build(&self, emitter: &mut Emitter<'_>, workspace: &Workspace) {
        let Some(mut ways) = self.arguments(emitter) else { return };
        for (id, line) in self.lines(emitter, "build-contexts") {
            let name = line.text().split_once('=').map(|(name, _)| name.to_lowercase());
            let name = name.filter(|name| !name.contains("${{"));
            for way in &mut ways {
                way.contexts.extend(name.clone());
            }
            if let Some(image) = context_image(&line) {
                self.image(emitter, Place::BuildContext, id, image);
            }
        }
        for name in ["sbom", "attests"] {
            for (id, line) in self.lines(emitter, name) {
                for image in generators(&line) {
                    self.image(emitter, Place::SbomGenerator, id, image);
                }
            }
        }
        self.dockerfile(emitter, workspace, &ways);
    }

    /// The files of `docker/bake-action`, and what it sets of their targets beside them (`*.args.NAME=value`).
    fn bake(&self, emitter: &mut Emitter<'_>, workspace: &Workspace) {
        const ATTRIBUTES: [&str; 6] = ["args", "attest", "context", "contexts", "dockerfile", "inherits"];
        for (id, line) in self.lines(emitter, "set") {
            let key = line.text().split('=').next().unwrap_or_default();
            let attribute = key.split('.').nth(1).unwrap_or("args");
            if key.contains("${{") || ATTRIBUTES.contains(&attribute) {
                super::arguments::any(emitter, id, &line);
            }
        }
        for (id, line) in self.lines(emitter, "files") {
            let (path, _) = self.env.within(emitter.tree, &from_workspace(line.text()));
            let remote = || is_remote(&path) || workspace.is_foreign(&path);
            let open =
                path.contains("${{").then(|| shown(&path, Unresolved::Expression(line.text().to_owned())));
            let why = open.or_else(|| remote().then_some(Unresolved::NotRead(NotRead::Remote)));
            if why.is_some() {
                let value = Expanded { unresolved: why, ..Expanded::literal(line) };
                emitter.expanded(Place::NamedFile, id, value);
            } else {
                let compose = path.rsplit('.').next().is_some_and(|end| matches!(end, "yml" | "yaml"));
                let kind = if compose { FileKind::Compose } else { FileKind::Bake };
                emitter.file_at(NamedKind::Workspace { kind, surely: true }, id, path, Vec::new());
            }
        }
    }

    /// `file` and `context`, each of which has a default: with neither it is the `Dockerfile` of the repository.
    fn dockerfile(&self, emitter: &mut Emitter<'_>, workspace: &Workspace, ways: &[Given]) {
        let tree = emitter.tree;
        let text = |name: &str| {
            let id = tree.last_folded(self.with, name)?;
            let text = tree.scalar(id)?.trim();
            (!text.is_empty()).then_some((id, text))
        };
        let (file, context) = (text("file"), text("context"));
        if let Some((id, text)) = context.filter(|(_, text)| is_remote(text)) {
            return emitter.unread(id, shown(text, Unresolved::NotRead(NotRead::Remote)));
        }
        // Of the repository as the builder fetches it, `file` counts from the directory that is named behind it.
        let default = context.and_then(|(_, text)| text.strip_prefix(DEFAULT_CONTEXT));
        let prefix = default.map_or(String::new(), |below| format!("{}/", below.trim_start_matches(':')));
        let (id, path) = match (file, context) {
            (Some((id, file)), _) => (id, format!("{prefix}{file}")),
            (None, Some((id, _))) if default.is_some() => (id, format!("{prefix}Dockerfile")),
            (None, Some((id, context))) => (id, format!("{context}/Dockerfile")),
            (None, None) => (self.with, "Dockerfile".to_owned()),
        };
        let (path, defaults) = self.env.within(tree, &from_workspace(&path));
        let Some((paths, all)) = with_matrix(tree, &path, self.job) else {
            let text = tree.scalar(id).unwrap_or("");
            return emitter.unread(id, shown(text, Unresolved::Expression(text.to_owned())));
        };
        let given: usize = ways.iter().map(|way| way.args.len() + 1).sum();
        if !tree.spend(given.saturating_mul(paths.len()).saturating_mul(ARGUMENT_STEPS)) {
            return;
        }
        for path in paths {
            let surely = all && (file.is_some() || context.is_some());
            workspace.dockerfile(emitter, id, &path, &Build { ways, surely, defaults: &defaults });
            if workspace.is_foreign(&path) {
                emitter.unread(id, Unresolved::NotRead(NotRead::Remote));
            }
        }
    }

    /// The lines of an input that is a list, each without what stands around it.
    pub(super) fn lines(&self, emitter: &mut Emitter<'_>, input: &str) -> Vec<(Id, Mapped)> {
        let mut lines = Vec::new();
        for id in emitter.tree.get_folded(self.with, input) {
            let Some(value) = emitter.value(id) else { continue };
            // Aliases may bring the same text to any number of steps.
            if !emitter.tree.spend(value.text.text().len().saturating_mul(8)) {
                break;
            }
            if value.unresolved.is_some() {
                emitter.image(Place::WorkflowBuilder, id);
                continue;
            }
            lines.extend(split(&value.text, '\n').into_iter().map(|line| (id, line)));
        }
        lines
    }

    fn whole(&self, emitter: &mut Emitter<'_>, place: Place, input: &str) {
        for id in emitter.tree.get_folded(self.with, input) {
            if let Some(value) = emitter.value(id) {
                self.image(emitter, place, id, value.text);
            }
        }
    }

    /// Options of the driver of a builder. What an expression gives may be any of them, and more than one.
    fn driver(&self, emitter: &mut Emitter<'_>, id: Id, line: &Mapped) {
        const IMAGE: &str = "image=";
        for option in split(line, ',') {
            if has_prefix(option.text(), IMAGE) {
                self.image(
                    emitter,
                    Place::WorkflowBuilder,
                    id,
                    option.part(IMAGE.len()..option.text().len()),
                );
            } else if !is_one_value(option.text()) {
                self.image(emitter, Place::WorkflowBuilder, id, option);
            }
        }
    }

    pub(super) fn image(&self, emitter: &mut Emitter<'_>, place: Place, id: Id, text: Mapped) {
        if text.text().is_empty() || from_matrix(emitter, place, text.text(), self.job) {
            return;
        }
        let Some((name, value)) = self.env.value(emitter.tree, text.text()) else {
            let (why, before) = (self.env.why(emitter.tree, text.text()), emitter.hits.len());
            emitter.expanded(place, id, Expanded::literal(text));
            for hit in emitter.hits.iter_mut().skip(before) {
                hit.target = why.clone().map_or_else(|| hit.target.clone(), Target::Unresolved);
            }
            return;
        };
        let before = emitter.hits.len();
        emitter.image(place, value);
        for hit in &mut emitter.hits[before..] {
            hit.defaults.push(name.clone());
            hit.refuse(NoEdit::Shared(name.clone()));
        }
    }
}

/// Why a text is told, unless it is too long to be shown.
pub(super) fn shown(text: &str, why: Unresolved) -> Unresolved {
    if text.len() > crate::emit::MAX_TEXT { Unresolved::TooLong } else { why }
}

/// Whether the value behind a key is one: not of an expression, unless that only takes what is kept outside the repository.
fn is_one_value(option: &str) -> bool {
    let (key, value) = option.split_once('=').unwrap_or((option, ""));
    let outside = |part: &str| ["vars.", "secrets."].iter().any(|one| part.trim_start().starts_with(one));
    !key.contains("${{") && value.split("${{").skip(1).all(|part| outside(part) && !part.contains('('))
}

/// The workspace by the name that expressions have for it.
fn from_workspace(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once("${{") {
        let Some((inner, behind)) = after.split_once("}}") else { break };
        out.push_str(before);
        if inner.trim().eq_ignore_ascii_case("github.workspace") {
            out.push('.');
        } else {
            out.push_str("${{");
            out.push_str(inner);
            out.push_str("}}");
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}
