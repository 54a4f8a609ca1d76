//! `envrc-direnv-internals`: a file uses direnv, and changes nothing of direnv itself.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::known::programs::is_core;
use crate::trace::{Action, Call, Callee};
use crate::value::{Place, Value};

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-direnv-internals",
    "A file changes nothing of direnv itself.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

/// Variables of direnv that are settings for people.
const SETTINGS: &[&str] = &[
    "DIRENV_LOG_FORMAT",
    "DIRENV_WARN_TIMEOUT",
    "DIRENV_DEBUG",
    "DIRENV_EXTRA_VIMRC",
    "DIRENV_DISABLE_TIMEOUT",
];

/// Where direnv keeps whom and what it trusts.
const STORES: &[&str] = &[
    "/direnv/allow",
    "/direnv/deny",
    "/direnv/allowed-required",
    "/direnv/cas",
    "/direnv/direnv.toml",
    "/direnv/config.toml",
    "/direnv/direnvrc",
    "/.direnvrc",
    "/direnv/lib/",
    "direnv.toml",
    "/direnv/lib",
];

/// Programs that only look.
const LOOKS: &[&str] = &[
    "cat",
    "ls",
    "test",
    "[",
    "cmp",
    "diff",
    "grep",
    "head",
    "has",
    "log_status",
    "log_error",
    "echo",
    "printf",
    "watch_file",
    "stat",
    "source",
    ".",
];

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    descriptors(audit, hits);
    for event in audit.events() {
        let place = event.place;
        match &event.action {
            Action::Define { name, .. } if is_core(name) && !audit.is_child(place) => {
                let what = if matches!(name.as_str(), "has" | "direnv") {
                    "which the file's own lines and others call"
                } else {
                    "on which everything that is loaded rests"
                };
                hits.at(place, Severity::High, format!("{name}, {what}, is declared again"));
            }
            Action::Assign { name, exported, .. } if !audit.is_child(place) => {
                variable(hits, place, name, *exported);
            }
            Action::Open { writes: true, path, .. } => stored(hits, place, "a redirection", path),
            Action::Call(call) => called(hits, place, call),
            _ => {}
        }
    }
}

/// Descriptor 3 is how direnv is told what was set.
fn descriptors(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (index, source) in audit.trace.sources.iter().enumerate() {
        for (at, found) in source.text.match_indices(">&3") {
            let line = source.text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("");
            let number = source.text.as_bytes().get(at + found.len()).is_some_and(u8::is_ascii_digit);
            if !number && !line.trim_start().starts_with('#') {
                let place = Place { source: index, span: proofmark_shell::Span::new(at, at + found.len()) };
                hits.at(
                    place,
                    Severity::High,
                    "descriptor 3 is written, by which direnv is told what was set",
                );
            }
        }
    }
}

fn variable(hits: &mut Hits<'_>, place: Place, name: &str, exported: bool) {
    if name == "direnv" {
        hits.at(
            place,
            Severity::High,
            "the variable direnv, by which the standard library calls the program, is set",
        );
    } else if name.starts_with("DIRENV_") && !SETTINGS.contains(&name) {
        const OWN: &[&str] =
            &["CONFIG", "BASH", "DIR", "FILE", "WATCHES", "DIFF", "REQUIRED", "DUMP_FILE_PATH", "IN_ENVRC"];
        let own = OWN.iter().any(|end| name == format!("DIRENV_{end}"));
        if own || exported && name.starts_with("DIRENV_CONFIG") {
            hits.at(
                place,
                Severity::High,
                format!("{name} is how direnv knows what it loaded, and from where"),
            );
        }
    }
}

fn stored(hits: &mut Hits<'_>, place: Place, by: &str, path: &Value) {
    let found = path.shapes().into_iter().find(|shape| is_store(shape));
    if let Some(shape) = found {
        hits.at(place, Severity::High, format!("{by} changes what direnv trusts: `{shape}`"));
    }
}

fn is_store(shape: &str) -> bool {
    // `layout` keeps its things in `.direnv` of the folder.
    let shape = shape.replace("/.direnv/", "/");
    STORES.iter().any(|store| shape.contains(store))
        && !shape.starts_with("${PWD}/direnvrc")
        && !shape.starts_with("./")
}

fn called(hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    let words = call.words();
    let first = words.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    match (call.callee, base.as_str()) {
        (Callee::Function, _) => {}
        (Callee::Builtin, "trap") => {
            for signal in words.iter().skip(1) {
                let signal = signal.trim_start_matches("SIG");
                if matches!(signal, "EXIT" | "0" | "DEBUG" | "RETURN") {
                    hits.at(place, Severity::High, format!("a trap on {signal}: direnv hands over what was set by its own, and code runs unseen"));
                } else if signal == "ERR" && words.first().is_some_and(|code| !code.contains("exit")) {
                    hits.at(place, Severity::Low, "a trap on ERR runs code wherever a command fails");
                }
            }
        }
        (Callee::Builtin, "exec") if !first.is_empty() => {
            hits.at(
                place,
                Severity::High,
                format!(
                    "exec puts another program in the place of the shell that direnv waits for: `{}`",
                    call.shown()
                ),
            );
        }
        (Callee::Builtin, "unset") => {
            for name in words.iter().filter(|name| is_core(name) || name.as_str() == "DIRENV_IN_ENVRC") {
                hits.at(place, Severity::High, format!("{name} of direnv is taken away"));
            }
        }
        (_, "direnv" | "${direnv}")
            if matches!(
                first,
                "allow" | "permit" | "grant" | "deny" | "revoke" | "block" | "prune" | "edit"
            ) =>
        {
            hits.at(place, Severity::High, format!("a file approves files: `{}`", call.shown()));
        }
        _ if !LOOKS.contains(&base.as_str()) => {
            let words =
                call.arguments.iter().filter(|word| word.shapes().iter().any(|shape| is_store(shape)));
            for word in words {
                stored(hits, place, &base, word);
            }
        }
        _ => {}
    }
}
