//! `envrc-repository-code`: entering a folder runs nothing of the repository beside the file itself.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::trace::{Action, Call, Callee, Loaded};
use crate::value::Place;

mod recipes;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-repository-code",
    "Entering a folder runs nothing of the repository beside the file itself.",
    include_str!("doc.md"),
    Severity::Low,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for event in audit.events() {
        match &event.action {
            Action::Run { path, by_path, outcome } => ran(hits, event.place, path, *by_path, *outcome),
            Action::Call(call) => {
                if call.callee == Callee::External || call.callee == Callee::Unknown {
                    called(audit, hits, event.place, call);
                }
                configured(audit, hits, event.place, call);
            }
            _ => {}
        }
    }
}

/// Commands in the files that a program reads by itself: hooks, plays, tasks, shells of Nix.
fn configured(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    if call.callee == Callee::Function {
        return;
    }
    let base = call.base();
    for path in recipes::configurations(&base, &call.words()) {
        for hit in crate::commands::of_file(audit.files, &path) {
            let sources = vec![(audit.spot(place), format!("`{}`", call.shown()))];
            let message = format!("{base} reads {path}, which holds a command: {}", hit.message);
            hits.push(hit.spot, Severity::High, message, sources);
        }
    }
}

fn ran(hits: &mut Hits<'_>, place: Place, path: &str, by_path: bool, outcome: Loaded) {
    let how = if by_path { "" } else { ", found in a folder of the tree that was added to PATH" };
    match outcome {
        Loaded::Followed => {
            hits.at(place, Severity::Low, format!("{path} runs{how}; what it does is judged here as well"));
        }
        _ => hits.at(
            place,
            Severity::Medium,
            format!("{path} runs{how}; it is no shell script, and nobody looked into it"),
        ),
    }
}

fn called(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    let words = call.words();
    let first = words.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    if call.through.as_deref() == Some("use") || call.through.as_deref() == Some("layout") {
        let found =
            audit.events().any(|event| event.place == place && matches!(event.action, Action::Run { .. }));
        if !found {
            let by = call.through.as_deref().unwrap_or_default();
            let name = call.name.shape();
            hits.at(
                place,
                Severity::Info,
                format!(
                    "{by} runs {name}, which is no function of direnv: it comes from a direnvrc or from PATH"
                ),
            );
        }
        return;
    }
    let runs = runs(&base, &words, first);
    if runs {
        hits.at(place, Severity::Low, format!("what the repository says runs: `{}`", call.shown()));
        let found = recipes::files(&base, &words)
            .into_iter()
            .map(|path| recipes::judged(audit, &path))
            .find(|hits| !hits.is_empty());
        for hit in found.into_iter().flatten() {
            let sources = vec![(audit.spot(place), format!("`{}`", call.shown()))];
            hits.push(
                hit.spot,
                Severity::High,
                format!("a command that {base} can run: {}", hit.message),
                sources,
            );
        }
        return;
    }
    let path = call.name.shape();
    let of_tree = path.contains('/') && !path.starts_with(['/', '~', '$']) || path.starts_with("${PWD}/");
    let found =
        audit.events().any(|event| event.place == place && matches!(event.action, Action::Run { .. }));
    // What the folder's own environment brings is no code of the repository.
    let own = [".venv/", "venv/", "node_modules/"].iter().any(|folder| path.contains(folder));
    if of_tree && !found && !own {
        hits.at(
            place,
            Severity::Low,
            format!("{path} runs, a program of the tree that is not there to be looked at"),
        );
    }
}

/// A tool that runs what files of the repository say. `first` is its first operand.
fn runs(base: &str, words: &[String], first: &str) -> bool {
    match base {
        "make" | "gmake" | "just" | "task" | "rake" | "mage" | "ninja" | "gradle" | "gradlew" | "mvn"
        | "mvnw" | "tox" | "nox" | "invoke" | "earthly" | "bazel" | "pre-commit" | "lefthook" | "husky"
        | "vagrant" | "tilt" | "npx" | "bunx" | "uvx" | "pipx" => true,
        "npm" | "pnpm" | "yarn" | "bun" => {
            words.is_empty()
                || !matches!(first, "config" | "root" | "prefix" | "bin" | "--version" | "whoami" | "get")
        }
        "pip" | "pip3" => matches!(first, "install" | "download"),
        "uv" => matches!(first, "sync" | "pip" | "run" | "tool" | "add"),
        "poetry" | "pdm" | "pipenv" | "hatch" | "rye" => matches!(first, "install" | "sync" | "run"),
        "bundle" | "composer" | "cargo" | "go" | "mix" | "stack" | "cabal" | "dotnet" | "deno" => !matches!(
            first,
            "env" | "version" | "show" | "config" | "exec" | "list" | "metadata" | "locate-project"
        ),
        "python" | "python3" | "node" | "ruby" | "perl" | "php" => {
            !first.is_empty()
                && !words
                    .iter()
                    .any(|word| word == "-c" || word == "-e" || word == "venv" || word == "--version")
        }
        "docker" | "podman" | "docker-compose" => {
            matches!(first, "build" | "up")
                || words.iter().any(|word| matches!(word.as_str(), "up" | "run" | "build"))
        }
        "terraform" | "tofu" | "terragrunt" | "ansible-playbook" | "pulumi" => {
            !matches!(first, "version" | "workspace" | "output")
        }
        _ => base.starts_with("python3.") && !words.iter().any(|word| word == "venv"),
    }
}
