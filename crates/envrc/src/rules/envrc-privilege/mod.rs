//! `envrc-privilege`: entering a folder asks for no more rights than one has.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::trace::{Call, Callee};
use crate::value::Place;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-privilege",
    "Entering a folder asks for no more rights than one has.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, call) in audit.calls() {
        if call.callee == Callee::Function {
            continue;
        }
        if let Some((severity, what)) = gains(call) {
            hits.at(place, severity, format!("{what}: `{}`", call.shown()));
        }
        started(audit, hits, place, call);
    }
}

/// Containers that files of the tree describe, and that get the machine: its disk, or the whole home folder.
fn started(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    const DISK: &[&str] = &["\"/:/", "- /:/", "'/:/", "path: /\n"];
    const HOME: &[&str] = &["${HOME}:", "$HOME:", "- ~:", "\"~:", "${HOME}/:", "- ~/:"];
    let words = call.words();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let starts = match call.base().as_str() {
        "docker" | "podman" | "docker-compose" | "nerdctl" => has(&["up", "stack"]),
        "nomad" => has(&["run"]),
        "kubectl" => has(&["apply", "create"]),
        _ => false,
    };
    if !starts {
        return;
    }
    let listed = audit
        .assigned()
        .filter(|(_, name, ..)| *name == "COMPOSE_FILE")
        .flat_map(|(_, _, value, _)| value.shapes());
    let usual =
        ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"].map(str::to_owned);
    let named = words.iter().filter(|word| word.contains('.') && !word.starts_with('-')).cloned();
    let all: Vec<String> = listed
        .flat_map(|list| list.split(':').map(str::to_owned).collect::<Vec<_>>())
        .chain(usual)
        .chain(named)
        .collect();
    for path in all {
        let Some(path) = crate::files::resolve("", path.strip_prefix("${PWD}/").unwrap_or(&path)) else {
            continue;
        };
        let crate::FileAnswer::Bytes(bytes) = audit.files.read(&path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let mounts = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        if mounts(DISK) || mounts(HOME) {
            let sources = vec![(audit.spot(place), format!("`{}`", call.shown()))];
            let message = format!(
                "{path} gives a container the disk or the home folder of this machine, and it is started"
            );
            hits.push(audit.spot(place), Severity::High, message, sources);
            return;
        }
    }
}

fn gains(call: &Call) -> Option<(Severity, &'static str)> {
    let base = call.base();
    let words = call.words();
    let first = words.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    match base.as_str() {
        "sudo" | "doas" | "pkexec" | "run0" | "su" | "gosu" | "sudoedit" | "please" => {
            Some((Severity::High, "a command runs with the rights of root or of somebody else"))
        }
        "chmod" => words
            .iter()
            .any(|word| {
                word.contains("+s")
                    || (word.len() == 4
                        && word.starts_with(['2', '4', '6'])
                        && word.bytes().all(|byte| byte.is_ascii_digit()))
            })
            .then_some((Severity::High, "a program gets the rights of its owner, whoever runs it")),
        "setcap" | "usermod" | "gpasswd" | "visudo" | "addgroup" | "adduser" | "useradd" | "dseditgroup"
        | "newgrp" | "chown" => {
            (base != "chown" || has(&["root"])).then_some((Severity::High, "rights are given"))
        }
        "nsenter" | "capsh" | "insmod" | "modprobe" | "mount" | "sysctl" => {
            Some((Severity::High, "the system is changed"))
        }
        "docker" | "podman" | "nerdctl" | "lima" | "ctr" => container(&words, first),
        "kubectl" => {
            has(&["exec", "run", "debug"]).then_some((Severity::Medium, "a command runs in a cluster"))
        }
        _ => None,
    }
}

/// A container that has the host.
fn container(words: &[String], first: &str) -> Option<(Severity, &'static str)> {
    if !matches!(first, "run" | "create" | "exec" | "container" | "compose" | "service") {
        return None;
    }
    let host = words.iter().zip(words.iter().skip(1).map(String::as_str).chain([""])).any(|(word, next)| {
        let mounted = match word.split_once('=') {
            Some(("--volume" | "--mount" | "-v", value)) => value,
            _ if matches!(word.as_str(), "-v" | "--volume" | "--mount") => next,
            _ => "",
        };
        let source = mounted
            .split(',')
            .find_map(|part| part.strip_prefix("source=").or_else(|| part.strip_prefix("src=")))
            .unwrap_or(mounted);
        let source = source.split(':').next().unwrap_or(source);
        let sensitive = matches!(
            source,
            "/" | "~"
                | "${HOME}"
                | "~/"
                | "${HOME}/"
                | "/etc"
                | "/root"
                | "/home"
                | "/Users"
                | "/proc"
                | "/sys"
                | "/dev"
        ) || source.ends_with("docker.sock")
            || source.ends_with("podman.sock")
            || crate::tables::path_is_secret(&format!("{source}/"));
        let wide = [
            "--privileged",
            "--pid=host",
            "--ipc=host",
            "--userns=host",
            "--cap-add=ALL",
            "--cap-add=SYS_ADMIN",
        ]
        .contains(&word.as_str())
            || word == "--cap-add" && matches!(next, "ALL" | "SYS_ADMIN" | "SYS_PTRACE")
            || word == "--pid" && next == "host";
        sensitive || wide
    });
    if host {
        return Some((Severity::High, "a container gets the machine, the home folder or the daemon"));
    }
    (matches!(first, "run" | "create"))
        .then_some((Severity::Medium, "a container runs, whose image is not verified here"))
}
