//! `envrc-loaded-file`: what is loaded beside the file lies in the tree, is committed, and belongs to whoever loads it.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, inside, shortened};
use crate::trace::{Action, Call, Loaded};
use crate::value::{OriginKind, Place, Text, Value};

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-loaded-file",
    "What is loaded beside the file is as well kept as the file.",
    include_str!("doc.md"),
    Severity::Medium,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let own = audit.trace.sources.first().map(|source| source.path.as_str()).unwrap_or_default();
    let start = Place { source: 0, span: proofmark_shell::Span::new(0, 0) };
    kept(audit, hits, start, own, "the file");
    let mut changes: Option<(Place, String)> = None;
    for event in audit.events() {
        match &event.action {
            Action::Call(call) => changes = changed(call).map(|how| (event.place, how)).or(changes),
            Action::Load { by, path, outcome } => {
                for text in path.options() {
                    loaded(audit, hits, event.place, by, text, *outcome);
                }
                if let Some((place, how)) =
                    changes.as_ref().filter(|_| path.options().iter().any(|text| inside(text).is_some()))
                {
                    let sources = vec![(audit.spot(*place), format!("`{how}`"))];
                    let message =
                        format!("{by} loads what was just changed: what was reviewed is not what runs");
                    hits.push(audit.spot(event.place), Severity::High, message, sources);
                }
            }
            Action::Run { path, .. } => {
                kept(audit, hits, event.place, path, "a program that is run");
                if let Some((place, how)) = &changes {
                    let sources = vec![(audit.spot(*place), format!("`{how}`"))];
                    hits.push(
                        audit.spot(event.place),
                        Severity::High,
                        format!("{path} runs, which was just changed"),
                        sources,
                    );
                }
            }
            _ => {}
        }
    }
}

/// A command that brings other files into the tree than were reviewed.
fn changed(call: &Call) -> Option<String> {
    let words = call.words();
    let base = call.base();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let brings = match base.as_str() {
        "git" => {
            has(&[
                "pull",
                "checkout",
                "reset",
                "restore",
                "merge",
                "apply",
                "am",
                "stash",
                "switch",
                "rebase",
                "cherry-pick",
                "read-tree",
                "checkout-index",
                "worktree",
                "clone",
                "subtree",
            ]) || has(&["submodule"]) && has(&["--remote"])
        }
        "svn" | "hg" => has(&["update", "up", "pull", "checkout"]),
        "patch" | "chezmoi" | "ansible-pull" => true,
        _ => false,
    };
    brings.then(|| call.shown())
}

fn loaded(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, by: &str, text: &Text, outcome: Loaded) {
    let shape = text.shape();
    let shown = shortened(&shape);
    let origins = Value::from(text.clone()).origins();
    if origins.iter().any(|one| matches!(one.kind, OriginKind::Glob(_))) {
        let message = format!("{by} loads every file that matches {shown}, and none of them was looked at");
        return hits.flow(place, Severity::Medium, message, &origins);
    }
    if let Some(path) = inside(text) {
        kept(audit, hits, place, &path, "a file that is loaded");
        match outcome {
            Loaded::Followed => hits.at(
                place,
                Severity::Info,
                format!("{by} loads {shown}, which is outside of what direnv's approval covers"),
            ),
            Loaded::NotFollowed if by.starts_with("dotenv") => {
                hits.at(
                    place,
                    Severity::Info,
                    format!("{by} loads variables of {shown}, outside of what direnv's approval covers"),
                );
            }
            Loaded::NotFollowed if brought(audit, place).is_some() => {
                let (severity, what) = brought(audit, place).unwrap_or((Severity::Medium, ""));
                hits.at(
                    place,
                    severity,
                    format!("{by} loads {shown}, which was made of another file: {what}"),
                );
            }
            Loaded::NotFollowed => {
                hits.at(place, Severity::Medium, format!("{by} loads {shown}, which could not be read here"));
            }
            Loaded::Absent | Loaded::Again | Loaded::Outside => {}
        }
        return;
    }
    if origins.iter().any(|one| matches!(one.kind, OriginKind::Process | OriginKind::Network)) {
        return;
    }
    // Rules about code speak of a program that is asked for what runs, by a descriptor.
    if matches!(shape.as_str(), "/dev/stdin" | "/dev/fd/0" | "/dev/null") {
        return;
    }
    let (severity, what) = outside(by, &shape, &origins);
    hits.flow(place, severity, format!("{by} loads {shown}: {what}"), &origins);
}

/// The file was copied or linked from outside just before.
fn brought(audit: &Audit<'_>, place: Place) -> Option<(Severity, &'static str)> {
    let code = audit.code().find(|(other, ..)| *other == place).map(|(_, _, code)| code.origins())?;
    let outer = code.iter().find_map(|one| match &one.kind {
        OriginKind::File(shape) if shape.starts_with(['/', '$', '~']) => Some(shape.clone()),
        _ => None,
    })?;
    Some(outside("source", &outer, &code))
}

/// A file that nobody reviews with the tree.
fn outside(
    by: &str,
    shape: &str,
    origins: &std::collections::BTreeSet<crate::Origin>,
) -> (Severity, &'static str) {
    if super::set::is_shared(shape) {
        return (Severity::High, "everybody may write there");
    }
    if shape.starts_with("/proc/") || shape.starts_with("/dev/") {
        return (Severity::High, "it is no file");
    }
    if by.starts_with("source_up") {
        return (Severity::Info, "a file above the folder, with an approval of its own");
    }
    if shape.starts_with("/nix/store/") {
        return (Severity::Info, "what Nix built");
    }
    if by.starts_with("dotenv") && !shape.starts_with("http") {
        return (Severity::Low, "variables from outside of the folder");
    }
    if shape.contains("/.cache/") || shape.contains("/Downloads/") || shape.starts_with("${XDG_CACHE_HOME}") {
        return (Severity::Medium, "what programs put there, nobody reviews");
    }
    if shape.starts_with("${HOME}")
        || shape.starts_with('~')
        || shape.starts_with("../")
        || shape.starts_with("${PWD}/../")
    {
        return (Severity::Low, "a file outside of the folder");
    }
    if shape.starts_with('/') {
        return (Severity::Low, "a file outside of the folder, of this machine alone");
    }
    // `${VIRTUAL_ENV}/bin/activate` hangs on what the environment says.
    let given = |kind: &OriginKind| matches!(kind, OriginKind::Environment(_));
    if origins.iter().all(|one| given(&one.kind)) {
        return (Severity::Medium, "which file it is, the environment decides");
    }
    if origins.iter().any(|one| matches!(&one.kind, OriginKind::File(_) | OriginKind::Glob(_))) {
        return (Severity::Medium, "which file it is, other files decide");
    }
    (Severity::Low, "which file it is, is not known")
}

/// Who may change a file decides what runs.
fn kept(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, path: &str, what: &str) {
    let facts = audit.files.facts(path);
    if facts.leads_out {
        hits.at(place, Severity::High, format!("{what}, {path}, is a link that leads out of the tree"));
    } else if facts.writable {
        hits.at(place, Severity::High, format!("{what}, {path}, may be written by others than its owner"));
    } else if facts.foreign {
        hits.at(place, Severity::High, format!("{what}, {path}, belongs to somebody else"));
    } else if facts.ignored && what != "the file" {
        hits.at(
            place,
            Severity::Low,
            format!("{what}, {path}, is ignored by git: no review sees it, nor that it changes"),
        );
    } else if facts.uncommitted && what != "the file" {
        hits.at(place, Severity::Low, format!("{what}, {path}, is not in git: no review sees it"));
    }
}
