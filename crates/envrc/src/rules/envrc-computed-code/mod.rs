//! `envrc-computed-code`: code is not made of what somebody else gives.

use std::collections::BTreeSet;

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, shortened};
use crate::files::FileAnswer;
use crate::known::programs::decodes;
use crate::tables;
use crate::trace::{Action, Call, Callee};
use crate::value::{Origin, OriginKind, Piece, Place, Text, Value};

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-computed-code",
    "No code is made of what somebody else gives.",
    include_str!("doc.md"),
    Severity::Medium,
    &["T3.3"],
);

/// Programs that are made to print what is evaluated: what they print is theirs.
#[rustfmt::skip]
const PRINTERS: &[&str] = &[
    "age", "akeyless", "argocd", "asdf", "assume", "atuin", "awk", "aws", "aws-vault", "az", "berglas",
    "boundary", "brew", "bw", "cat", "chamber", "chezmoi", "cilium", "colima", "conda", "consul", "cue",
    "cut", "dagger", "declare", "deno", "devbox", "devenv", "dircolors", "direnv", "docker-machine",
    "doctl", "doppler", "earthly", "eksctl", "env", "envchain", "envconsul", "export", "export-credentials",
    "flox", "flux", "fly", "fnm", "fzf", "gcloud", "gh", "ghcup", "glab", "go", "goenv", "gpg", "granted",
    "grep", "guix", "hatch", "hcloud", "helm", "hermit", "infisical", "istioctl", "jenv", "jq", "just",
    "k3d", "k9s", "keychain", "kind", "kubectl", "kustomize", "leap", "lefthook", "lesspipe", "limactl",
    "linkerd", "linode-cli", "luarocks", "mamba", "micromamba", "minikube", "mise", "moon", "navi", "nix",
    "nix-shell", "nodenv", "nomad", "npm", "oc", "omnictl", "op", "opam", "pack", "packer", "pass", "pdm",
    "perl", "pipenv", "pixi", "pkgx", "podman", "poetry", "printenv", "proto", "pulumi", "pyenv", "rage",
    "rbenv", "register-python-argcomplete", "rtx", "rustup", "rye", "saml2aws", "scw", "sdk", "sed",
    "skaffold", "sops", "sort", "spack", "ssh-agent", "stack", "starship", "stern", "swiftly", "talosctl",
    "task", "teller", "terraform", "thefuck", "tilt", "tofu", "tr", "tsh", "use_nix", "uv", "vault",
    "vcluster", "vlt", "volta", "werf", "xargs", "yq", "zellij", "zoxide",
];

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, by, code) in audit.code() {
        // A file that is loaded: `envrc-loaded-file` speaks of it.
        let loaded = audit.loads().any(|(other, ..)| other == place);
        let file = |one: &Origin| matches!(one.kind, OriginKind::File(_));
        if loaded && code.origins().iter().any(file) {
            continue;
        }
        if tables::is_shell(by)
            || matches!(by, "eval" | "source" | "trap" | "env" | "source_env" | "source_env_if_exists")
        {
            let worst = code
                .options()
                .iter()
                .filter_map(|text| evaluated(audit, text))
                .max_by_key(|(severity, _)| *severity);
            if let Some((severity, why)) = worst {
                hits.flow(place, severity, format!("{by} runs {why}"), &code.origins());
            }
        }
    }
    for event in audit.events() {
        match &event.action {
            Action::Compute { text } => computed(audit, hits, event.place, text),
            Action::Call(call) => subscript(hits, event.place, call),
            Action::Assign { name, value, .. } if name.contains("${") => {
                named(audit, hits, event.place, value);
            }
            _ => {}
        }
        if audit.line(event.place).contains("@P}") {
            hits.at(event.place, Severity::High, "`${…@P}` runs what stands in the value");
        }
    }
}

/// A text that runs: how bad, and what it is.
fn evaluated(audit: &Audit<'_>, text: &Text) -> Option<(Severity, String)> {
    let origins = Value::from(text.clone()).origins();
    if origins.is_empty() {
        return None;
    }
    // Two other rules speak of these.
    let elsewhere = |one: &Origin| match &one.kind {
        OriginKind::Network => true,
        OriginKind::Output(program) => decodes(program),
        _ => false,
    };
    if origins.iter().any(elsewhere) {
        return None;
    }
    let words =
        text.pieces().iter().any(|piece| matches!(piece, Piece::Known(known) if !known.trim().is_empty()));
    let decrypted =
        |one: &Origin| matches!(&one.kind, OriginKind::Output(by) if DECRYPTERS.contains(&by.as_str()));
    // Which file is decrypted others may say: what is printed is what was encrypted.
    let only_named = !words && origins.iter().any(decrypted);
    let counted = origins.iter().filter(|one| !only_named || decrypted(one));
    let worst = counted.map(|one| if words { inserted(audit, one) } else { printed(audit, one) }).max()?;
    let worst = if worst == Severity::Info && words { Severity::Low } else { worst };
    let what: Vec<String> = origins.iter().map(|one| one.kind.words()).collect();
    let what = shortened(&what.join(", "));
    Some((worst, if words { format!("a text into which {what} is put") } else { what }))
}

/// A file of variables of the tree that holds nothing that would run. One that is not there now is the user's own.
fn holds_plain_variables(audit: &Audit<'_>, shape: &str) -> bool {
    let path = shape.strip_prefix("${PWD}/").unwrap_or(shape);
    let name = path.rsplit('/').next().unwrap_or(path);
    if name != ".env" && !name.starts_with(".env.") && name.strip_suffix(".env").is_none() {
        return false;
    }
    match crate::files::resolve("", path).map(|path| audit.files.read(&path)) {
        Some(FileAnswer::Bytes(bytes)) => {
            !bytes.iter().any(|byte| matches!(byte, b'$' | b'`' | b';' | b'&' | b'|' | b'<' | b'>'))
        }
        Some(FileAnswer::Absent) => true,
        _ => false,
    }
}

/// A part of code: whoever gives it ends the word and begins a command.
fn inserted(audit: &Audit<'_>, origin: &Origin) -> Severity {
    match &origin.kind {
        OriginKind::File(shape) if holds_plain_variables(audit, shape) => Severity::Medium,
        OriginKind::Output(program)
            if matches!(program.as_str(), "git" | "ls" | "find" | "cat" | "basename" | "dirname") =>
        {
            Severity::High
        }
        OriginKind::File(_) | OriginKind::Glob(_) => Severity::High,
        OriginKind::Number => Severity::Info,
        _ => Severity::Medium,
    }
}

/// Programs that print what a file holds once it is decrypted, and nothing of their own words.
const DECRYPTERS: &[&str] = &["sops", "gpg", "age", "rage", "op", "ejson2env", "git-crypt"];

/// All of the code.
fn printed(audit: &Audit<'_>, origin: &Origin) -> Severity {
    match &origin.kind {
        OriginKind::Output(program) if PRINTERS.contains(&program.as_str()) => {
            stands_in(audit, origin, program)
        }
        OriginKind::Output(program) if program == "${direnv}" => Severity::Info,
        // What somebody commits, or calls a branch.
        OriginKind::Output(program) if program == "git" => Severity::High,
        OriginKind::Environment(name) if name == "shellHook" => Severity::Low,
        // It was read, or it is told that it is not there.
        OriginKind::File(shape) => {
            let path = shape.strip_prefix("${PWD}/").unwrap_or(shape);
            let inside = crate::files::resolve("", path).map(|path| audit.files.read(&path));
            let named = [".sh", ".bash", "rc", ".env", ".zsh"].iter().any(|end| path.ends_with(end))
                || path.contains(".env");
            if matches!(inside, Some(FileAnswer::Bytes(_))) && named {
                Severity::Low
            } else {
                Severity::Medium
            }
        }
        OriginKind::Process | OriginKind::Number | OriginKind::Folder | OriginKind::Input => Severity::Info,
        OriginKind::Environment(name) if name == "direnv" => Severity::Info,
        _ => Severity::Medium,
    }
}

/// A well-known program by its name, and perhaps another file.
fn stands_in(audit: &Audit<'_>, origin: &Origin, program: &str) -> Severity {
    let path = audit
        .calls()
        .find(|(place, call)| *place == origin.place && call.base() == program)
        .map(|(_, call)| call.name.shape());
    match path.filter(|path| path.contains('/')) {
        None => Severity::Info,
        Some(path)
            if super::set::is_shared(&path)
                || path.starts_with("${HOME}/.cache")
                || path.starts_with("${HOME}/Downloads") =>
        {
            Severity::High
        }
        Some(path) if path.starts_with('/') || path.starts_with("${HOME}") => Severity::Info,
        Some(_) => Severity::Medium,
    }
}

/// Arithmetic computes what a variable holds, and a subscript in it runs its substitutions.
fn computed(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, text: &Value) {
    let runs = |text: &str| text.contains("$(") || text.contains('`');
    if text.options().iter().filter_map(Text::as_known).any(runs) {
        hits.at(place, Severity::High, "a number is computed of a text with a command in it, which runs");
        return;
    }
    let origins = text.origins();
    let worst = origins.iter().filter_map(|one| match &one.kind {
        OriginKind::Network => Some(Severity::High),
        OriginKind::File(shape) => {
            let path = shape.strip_prefix("${PWD}/").unwrap_or(shape);
            let path = crate::files::resolve("", path)?;
            match audit.files.read(&path) {
                FileAnswer::Bytes(bytes) if runs(&String::from_utf8_lossy(&bytes)) => Some(Severity::High),
                FileAnswer::Bytes(_) => Some(Severity::Low),
                _ => Some(Severity::High),
            }
        }
        OriginKind::Output(program) if program == "git" => Some(Severity::High),
        _ => None,
    });
    if let Some(severity) = worst.max() {
        hits.flow(
            place,
            severity,
            "a number is computed of a text that somebody else gives: a subscript in it would run",
            &origins,
        );
    }
}

/// A name with a subscript that is not known.
fn subscript(hits: &mut Hits<'_>, place: Place, call: &Call) {
    let takes_names = matches!(
        call.base().as_str(),
        "unset"
            | "read"
            | "declare"
            | "typeset"
            | "local"
            | "export"
            | "printf"
            | "test"
            | "["
            | "mapfile"
            | "readarray"
            | "let"
    );
    if call.callee != Callee::Builtin || !takes_names {
        return;
    }
    // A whole name that somebody else gives may have a subscript.
    let words = call.words();
    let named = match call.base().as_str() {
        "unset" | "let" => Some(0),
        "test" | "[" | "printf" => words.iter().position(|word| word == "-v").map(|at| at + 1),
        _ => None,
    };
    for value in named
        .into_iter()
        .flat_map(|from| call.arguments.iter().skip(from).take(if from == 0 { usize::MAX } else { 1 }))
    {
        let origins = value.origins();
        let whole = value.options().iter().any(|text| matches!(text.pieces(), [Piece::Hole(_)]));
        let given = |one: &Origin| {
            matches!(&one.kind, OriginKind::File(_) | OriginKind::Network)
                || matches!(&one.kind, OriginKind::Output(program) if program == "git")
        };
        if whole && origins.iter().any(given) {
            hits.flow(
                place,
                Severity::High,
                format!(
                    "a name that somebody else gives is computed, and a subscript in it runs: `{}`",
                    call.shown()
                ),
                &origins,
            );
        }
    }
    for text in call.arguments.iter().flat_map(Value::options) {
        let mut pieces = text.pieces().iter();
        let bracket =
            matches!(pieces.next(), Some(Piece::Known(known)) if known.ends_with('[') && known.len() > 1);
        let Some(Piece::Hole(origins)) = pieces.next().filter(|_| bracket) else { continue };
        let given = |one: &Origin| {
            matches!(
                one.kind,
                OriginKind::File(_) | OriginKind::Output(_) | OriginKind::Network | OriginKind::Input
            )
        };
        if origins.iter().any(given) {
            let severity = Severity::High;
            hits.flow(
                place,
                severity,
                format!("a subscript that somebody else gives is computed: `{}`", call.shown()),
                origins,
            );
        }
    }
}

/// Names of variables that somebody else gives: any variable, also one that makes programs run others.
fn named(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, value: &Value) {
    let origins: BTreeSet<Origin> = value.origins();
    let worst = origins.iter().map(|one| match &one.kind {
        OriginKind::Network => Severity::High,
        OriginKind::File(shape) => {
            let path = shape.strip_prefix("${PWD}/").unwrap_or(shape);
            let inside = crate::files::resolve("", path).is_some_and(|path| {
                matches!(audit.files.read(&path), FileAnswer::Bytes(_) | FileAnswer::Absent)
            });
            if inside { Severity::Low } else { Severity::Medium }
        }
        _ => Severity::Low,
    });
    if let Some(severity) = worst.max() {
        hits.flow(
            place,
            severity,
            "the names of variables come from elsewhere: any variable can be set",
            &origins,
        );
    }
}
