//! `envrc-shadowed-tool`: the name of a tool means the tool.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::known::programs::{is_basic_builtin, is_core, is_protected, protected};
use crate::trace::{Action, Call, Callee};
use crate::value::{Place, Value};

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-shadowed-tool",
    "The name of a tool means the tool.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (spot, _, value) in
        crate::variables::of_files(audit).into_iter().filter(|(_, name, _)| name == "PATH")
    {
        let near = |entry: &str| {
            !entry.starts_with(['/', '~', '$']) || entry.starts_with("$PWD") || super::set::is_shared(entry)
        };
        if let Some(entry) = value.split(':').find(|entry| near(entry)) {
            hits.push(
                spot,
                Severity::High,
                format!("a file of variables puts `{entry}` into PATH"),
                Vec::new(),
            );
        }
    }
    for event in audit.events() {
        match &event.action {
            Action::Assign { name, value, .. } if name == "PATH" && !audit.is_child(event.place) => {
                searched(audit, hits, event.place, value);
            }
            Action::Define { name, .. } if !audit.is_child(event.place) => defined(hits, event.place, name),
            Action::Run { path, by_path: false, .. } => {
                let name = path.rsplit('/').next().unwrap_or(path);
                if is_protected(name) {
                    hits.at(
                        event.place,
                        Severity::High,
                        format!("{path} of the tree runs in the place of {name}"),
                    );
                }
            }
            Action::Call(call) if call.callee == Callee::Builtin => builtin(audit, hits, event.place, call),
            _ => {}
        }
    }
}

/// The folders in which commands are looked for.
fn searched(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, value: &Value) {
    for text in value.options() {
        let entries = text.split(':');
        let keeps = value.origins().iter().any(|one| !matches!(one.kind, crate::OriginKind::Folder));
        if !keeps
            && !value.shapes().iter().any(|shape| shape.contains("/usr/bin"))
            && !text.shape().is_empty()
        {
            hits.at(
                place,
                Severity::Medium,
                format!("PATH is replaced by `{}`", crate::audit::shortened(&text.shape())),
            );
        }
        let whole = text.shape();
        if whole.is_empty() {
            continue;
        }
        // The last is empty where a list was put before a variable that may be: what `x:$PATH` leaves is no entry.
        for entry in &entries {
            let shape = entry.shape();
            let (severity, message) = match shape.as_str() {
                "" | "." => (
                    Severity::High,
                    "PATH has the folder in which one stands: whatever lies there is run".to_owned(),
                ),
                shape if super::set::is_shared(shape) => {
                    (Severity::High, format!("PATH has {shape}, in which everybody may write"))
                }
                // What there was stays.
                "${PATH}" => continue,
                shape => match in_tree(audit, shape) {
                    Some(found) => found,
                    None if shape.starts_with("${HOME}")
                        || shape.starts_with("/nix/")
                        || entry.as_known().is_none() =>
                    {
                        continue;
                    }
                    None => (Severity::Info, format!("PATH has {shape}, outside of the tree")),
                },
            };
            hits.at(place, severity, message);
            programs(audit, hits, place, &shape);
        }
    }
}

/// Programs of one folder that are looked into.
const MAX_PROGRAMS: usize = 64;

/// What the programs of a folder of the tree do once somebody calls them: one that calls a tool of its own name stands in for
/// it, and whatever it does beside happens to who means the tool.
fn programs(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, shape: &str) {
    let inner = shape.strip_prefix("${PWD}/").unwrap_or(shape);
    if inner.contains("${") || inner.starts_with(['/', '~']) {
        return;
    }
    let Some(folder) = crate::files::resolve("", inner).filter(|folder| !folder.is_empty()) else { return };
    for name in audit.files.listed(&folder).into_iter().take(MAX_PROGRAMS) {
        let path = format!("{folder}/{name}");
        let found = crate::commands::of_file(audit.files, &path);
        let Some(hit) = found.into_iter().next() else { continue };
        let itself = is_protected(&name) || calls_itself(audit, &path, &name);
        let sends = hit.rule == "envrc-exfiltration";
        let severity = if itself || sends { Severity::High } else { Severity::Medium };
        let what = if itself { format!("stands in for {name}, and ") } else { String::new() };
        let sources = vec![(audit.spot(place), format!("PATH has {folder}"))];
        hits.push(hit.spot, severity, format!("{path} {what}is found by its name: {}", hit.message), sources);
    }
}

/// The script names the tool that has its own name.
fn calls_itself(audit: &Audit<'_>, path: &str, name: &str) -> bool {
    let crate::FileAnswer::Bytes(bytes) = audit.files.read(path) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    lines
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "\"'$();|&/=".contains(c)))
        .any(|word| word == name)
}

/// A folder of the tree: what lies in it, or may be committed to it, is found before the system's programs.
fn in_tree(audit: &Audit<'_>, shape: &str) -> Option<(Severity, String)> {
    let relative = !shape.starts_with(['/', '~', '$']);
    let path = shape
        .strip_prefix("${PWD}")
        .map(|rest| rest.trim_start_matches('/'))
        .or_else(|| relative.then_some(shape))?;
    if path.contains("${") {
        return None;
    }
    let folder = if path.is_empty() { String::new() } else { crate::files::resolve("", path)? };
    let join = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    // Tools that the folder's own environment brings are what it is for.
    let managed = [
        ".venv",
        "venv",
        "node_modules",
        ".direnv",
        ".devenv",
        ".devbox",
        ".tox",
        "env",
        ".nix",
        ".pixi",
        ".conda",
        ".gem",
    ];
    let own = folder.split('/').any(|part| managed.contains(&part));
    if !folder.is_empty() && audit.files.facts(&folder).leads_out {
        return Some((Severity::High, format!("PATH has {folder}, a link that leads out of the tree")));
    }
    if audit.files.facts(if folder.is_empty() { "." } else { &folder }).writable {
        return Some((Severity::High, format!("PATH has {}, in which others may write", shown(&folder))));
    }
    let found = protected().iter().find(|name| audit.files.facts(&join(name)).exists);
    if let Some(name) = found.filter(|_| !own) {
        return Some((
            Severity::High,
            format!("PATH has {}, and {name} of the tree is run in the place of {name}", shown(&folder)),
        ));
    }
    if relative {
        return Some((
            Severity::Medium,
            format!("PATH has {}, which is another folder wherever one stands", shown(&folder)),
        ));
    }
    if folder.is_empty() {
        return Some((
            Severity::Medium,
            "PATH has the whole folder: every file that is committed there can be run by its name".to_owned(),
        ));
    }
    Some((
        Severity::Info,
        format!(
            "PATH has {} of the tree: what is committed there is found before the system's programs",
            shown(&folder)
        ),
    ))
}

fn shown(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

fn defined(hits: &mut Hits<'_>, place: Place, name: &str) {
    let base = name.rsplit('/').next().unwrap_or(name);
    if is_core(name) {
        // `envrc-direnv-internals` speaks of these.
        return;
    }
    if matches!(name, "command_not_found_handle" | "command_not_found_handler") {
        hits.at(place, Severity::High, format!("{name} runs for every command that is not there"));
    } else if is_protected(base) || is_basic_builtin(name) {
        hits.at(
            place,
            Severity::High,
            format!("a function is called {name}: it runs in the place of the command"),
        );
    }
}

fn builtin(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    let words = call.words();
    let has = |option: &str| words.iter().any(|word| word == option);
    match call.base().as_str() {
        "alias" => {
            for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
                let sharp = is_protected(name) || is_basic_builtin(name);
                // `alias ls='ls --color'` is the command itself.
                let itself = value.split(' ').next() == Some(name)
                    && !value.contains([';', '|', '$', '`', '&'])
                    && !value.contains(" -c ")
                    && !value.contains(" -o ");
                if sharp && !itself {
                    hits.at(
                        place,
                        Severity::High,
                        format!("an alias is called {name}: `{value}` runs in the place of the command"),
                    );
                }
            }
        }
        "hash" if has("-p") => {
            let name = words.last().map_or("", String::as_str);
            let severity = if is_protected(name) { Severity::High } else { Severity::Medium };
            hits.at(
                place,
                severity,
                format!("hash -p makes {name} mean another program: `{}`", call.shown()),
            );
        }
        "enable" if has("-n") => {
            hits.at(place, Severity::High, format!("a builtin is switched off: `{}`", call.shown()));
        }
        "export" | "declare" | "typeset"
            if words
                .iter()
                .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('f')) =>
        {
            let exports = call.base() == "export"
                || words.iter().any(|word| word.starts_with('-') && word.contains('x'));
            for name in words.iter().filter(|word| !word.starts_with('-')) {
                if exports && (is_protected(name) || is_basic_builtin(name)) {
                    hits.at(
                        place,
                        Severity::High,
                        format!(
                            "every bash that is started has the function {name} in the place of the command"
                        ),
                    );
                } else if exports && !name.contains('$') && !audit.is_child(place) {
                    hits.at(
                        place,
                        Severity::Low,
                        format!("every bash that is started has the function {name}"),
                    );
                }
            }
        }
        _ => {}
    }
}
