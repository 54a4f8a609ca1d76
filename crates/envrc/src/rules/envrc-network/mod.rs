//! `envrc-network`: entering a folder asks no other machine.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, shortened};
use crate::known::network::{Reaches, is_local, names_another_machine, operands, reaches};
use crate::trace::{Call, Callee};
use crate::value::OriginKind;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-network",
    "Entering a folder asks no other machine.",
    include_str!("doc.md"),
    Severity::Medium,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, call) in audit.calls() {
        let words = call.words();
        if listens(call, &words) {
            hits.at(place, Severity::High, format!("a port is opened to others: `{}`", call.shown()));
            continue;
        }
        let Some(how) = reaches(call) else {
            // A command that is not known, with the address of another machine.
            if call.callee == Callee::Unknown && words.iter().any(|word| names_another_machine(word)) {
                let origins = crate::value::Value::from(call.name.clone()).origins();
                hits.flow(
                    place,
                    Severity::High,
                    format!("a command that is not known is given another machine: `{}`", call.shown()),
                    &origins,
                );
            }
            continue;
        };
        if is_local(&words) {
            continue;
        }
        let severity = match how {
            Reaches::Repository => repository(&words),
            Reaches::Client if asks_alone(&words) => continue,
            Reaches::Client if unread(call, &words) => Severity::High,
            Reaches::Client | Reaches::Names | Reaches::Service => Severity::Medium,
        };
        let why = if severity == Severity::High && how == Reaches::Client {
            ", and nobody reads the answer"
        } else {
            ""
        };
        hits.at(place, severity, format!("{} asks another machine{why}: `{}`", call.base(), call.shown()));
    }
    for (place, by, code) in audit.code() {
        let shell = crate::tables::is_shell(by) || matches!(by, "eval" | "source" | "trap" | "env");
        let shapes = code.shapes();
        let word = |shape: &String| {
            ["urllib", "urlopen", "requests.", "socket", "http://", "https://", "Net::HTTP", "LWP"]
                .iter()
                .any(|word| shape.contains(word))
        };
        if !shell && shapes.iter().any(word) {
            hits.at(
                place,
                Severity::Medium,
                format!("code of {by} asks another machine: `{}`", shortened(&shapes.join("|"))),
            );
        }
    }
    for (place, _, path, _) in audit.opened() {
        if path.origins().iter().any(|one| one.kind == OriginKind::Network) {
            hits.at(place, Severity::Medium, "the name of a file is what another machine answers");
        }
    }
}

/// A server, or a way in from outside.
fn listens(call: &Call, words: &[String]) -> bool {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    match call.base().as_str() {
        name if name.starts_with("python") => {
            has(&["http.server", "SimpleHTTPServer", "pyftpdlib", "xmlrpc.server"])
        }
        "php" => has(&["-S"]),
        "ruby" => has(&["-run"]),
        "nc" | "ncat" | "netcat" => {
            words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('l'))
        }
        "socat" => words.iter().any(|word| word.to_ascii_uppercase().contains("LISTEN")),
        "ngrok" | "cloudflared" | "bore" | "frpc" | "chisel" | "localtunnel" | "lt" | "tmate" | "ttyd"
        | "gotty" | "sshd" | "dropbear" | "telnetd" | "in.telnetd" | "upterm" => true,
        "code" => has(&["tunnel", "serve-web"]),
        "tailscale" => has(&["funnel", "serve", "ssh"]),
        "ssh" => words
            .iter()
            .any(|word| word.starts_with("-R") || word.starts_with("-fNR") || word.starts_with("-NR")),
        _ => false,
    }
}

/// Nobody reads what it prints: it is asked so that something is said.
fn unread(call: &Call, words: &[String]) -> bool {
    let saved = words.iter().zip(words.iter().skip(1)).any(|(option, file)| {
        let letters = option.starts_with('-') && !option.starts_with("--") && option.ends_with(['o', 'O']);
        (letters || matches!(option.as_str(), "--output" | "--output-document" | "-P"))
            && file != "/dev/null"
            && file != "-"
    });
    let remote_name = words.iter().any(|word| {
        matches!(word.as_str(), "-O" | "--remote-name" | "-OL" | "-LO" | "-J" | "-fsSLO" | "-sLO" | "-fLO")
    });
    let fetches = matches!(call.base().as_str(), "wget" | "aria2c" | "axel" | "rsync" | "scp" | "sftp")
        && !words.iter().any(|word| word == "/dev/null");
    !call.captured && !saved && !remote_name && !fetches
}

/// It is asked about itself.
fn asks_alone(words: &[String]) -> bool {
    !words.is_empty()
        && words.iter().all(|word| matches!(word.as_str(), "--version" | "-V" | "--help" | "-h" | "version"))
}

/// A copy of a repository is kept in step with what it was made of; another address is something else.
fn repository(words: &[String]) -> Severity {
    let pushes = words.iter().any(|word| matches!(word.as_str(), "push" | "send-email"));
    let elsewhere =
        operands(words).any(|word| word.contains("://") || (word.contains('@') && word.contains(':')));
    match (pushes, elsewhere) {
        (true, true) => Severity::High,
        (true, false) | (false, true) => Severity::Medium,
        (false, false) => Severity::Low,
    }
}
