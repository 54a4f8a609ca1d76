//! `envrc-exfiltration`: no secret, and nothing about who one is, goes to another machine.

use std::collections::BTreeSet;

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, inside, shortened};
use crate::known::network::{Reaches, is_local, names_another_machine, reaches};
use crate::known::programs::{is_who, says_who};
use crate::tables;
use crate::trace::Call;
use crate::value::{Origin, OriginKind, Place, Value};

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-exfiltration",
    "No secret and nothing about the user goes to another machine.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, call) in audit.calls() {
        if let Some(how) = reaches(call) {
            sent(hits, place, call, how);
        } else {
            copied(hits, place, call);
            built(hits, place, call);
        }
    }
    headers(audit, hits);
    for (place, writes, path, data) in audit.opened() {
        if writes && data.is_secret() && path.shapes().iter().any(|shape| super::set::is_shared(shape)) {
            let message =
                format!("a secret is written where others read: `{}`", shortened(&path.shapes().join("|")));
            hits.flow(place, Severity::High, message, &data.origins());
        }
        for shape in path.shapes().iter().filter(|shape| is_device(shape)) {
            let local = shape.contains("/localhost/") || shape.contains("/127.0.0.1/");
            let origins = data.origins();
            let severity = if local && !data.is_secret() { Severity::Low } else { Severity::High };
            let what = if writes { "writes to" } else { "reads from" };
            hits.flow(
                place,
                severity,
                format!("a redirection {what} another machine: `{}`", shortened(shape)),
                &origins,
            );
        }
    }
    for (place, by, code) in audit.code() {
        let shapes = code.shapes();
        let asks = |shape: &String| {
            ["urllib", "urlopen", "requests.", "http", "socket", "fetch("]
                .iter()
                .any(|word| shape.contains(word))
        };
        let reads = |shape: &String| {
            [
                "environ",
                "process.env",
                "%ENV",
                "ENV[",
                "ENV.to",
                "getenv",
                ".ssh",
                ".aws",
                "readFile",
                "open(",
            ]
            .iter()
            .any(|word| shape.contains(word))
        };
        let shell = tables::is_shell(by) || matches!(by, "eval" | "source" | "trap");
        if !shell && shapes.iter().any(|shape| asks(shape) && reads(shape)) {
            hits.at(
                place,
                Severity::High,
                format!(
                    "code of {by} reads secrets and asks another machine: `{}`",
                    shortened(&shapes.join("|"))
                ),
            );
        }
    }
}

/// Everything that is exported, or a secret, is an argument of a build: its steps send what they like, and its image keeps it.
fn built(hits: &mut Hits<'_>, place: Place, call: &Call) {
    let words = call.words();
    let base = call.base();
    if !matches!(base.as_str(), "docker" | "podman" | "nerdctl" | "buildah") {
        return;
    }
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let given: BTreeSet<Origin> = call.arguments.iter().flat_map(Value::origins).collect();
    let all = given.iter().any(|one| one.kind == OriginKind::WholeEnvironment);
    let far = words.iter().any(|word| word.starts_with("tcp://") && !is_local(std::slice::from_ref(word)));
    let secret = given.iter().any(|one| one.secret);
    if has(&["build", "buildx", "run"]) && (all || far && secret) {
        hits.flow(
            place,
            Severity::High,
            format!("{base} hands secrets to what it builds or runs: `{}`", call.shown()),
            &given,
        );
    }
}

/// A credential of this home folder in the middle of a variable: programs send headers and options where they are told.
fn headers(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, name, value, exported) in audit.assigned() {
        if !exported || audit.is_child(place) {
            continue;
        }
        for text in value.options() {
            let shape = text.shape();
            let begins = matches!(text.pieces().first(), Some(crate::value::Piece::Known(known)) if !known.trim().is_empty());
            let from: BTreeSet<Origin> = Value::from(text.clone())
                .origins()
                .into_iter()
                .filter(|one| {
                    one.secret && matches!(&one.kind, OriginKind::File(path) if path.starts_with(['~', '$']))
                })
                .collect();
            let sent = shape.contains("://")
                || shape.contains("--")
                || name.contains("HEADER")
                || shape.contains(',');
            if begins && sent && !from.is_empty() {
                let message =
                    format!("{name} carries a credential of the home folder to whoever its program asks");
                hits.flow(place, Severity::High, message, &from);
            }
        }
    }
}

/// A file of secrets that is copied or packed: into the tree, or into a folder that others read.
fn copied(hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    let packs = matches!(
        base.as_str(),
        "cp" | "mv"
            | "ln"
            | "rsync"
            | "install"
            | "tar"
            | "zip"
            | "7z"
            | "gzip"
            | "base64"
            | "xxd"
            | "openssl"
            | "dd"
            | "split"
    );
    let reads = packs
        || matches!(
            base.as_str(),
            "sqlite3"
                | "strings"
                | "od"
                | "hexdump"
                | "find"
                | "grep"
                | "cat"
                | "less"
                | "head"
                | "tail"
                | "sed"
                | "awk"
                | "jq"
        );
    if !reads {
        return;
    }
    let words = call.words();
    let secret = |word: &&String| is_secret(path_in(word));
    let operands = words.iter().filter(|word| !word.starts_with('-'));
    let sources: Vec<&String> = operands.filter(secret).collect();
    let Some(path) = sources.first() else { return };
    let target = words.iter().rev().find(|word| !word.starts_with('-'));
    let outward = packs && !call.captured && target.is_some_and(|target| !secret(&target));
    // A copy of one file beside the project is careless; a packet, or a copy where others read, is on its way.
    let copies = matches!(base.as_str(), "cp" | "mv" | "ln" | "install");
    let kept = copies
        && call
            .arguments
            .last()
            .is_some_and(|target| target.options().iter().any(|text| inside(text).is_some()));
    let severity = if outward && !kept { Severity::High } else { Severity::Medium };
    let what = if outward { "copies" } else { "reads" };
    hits.at(
        place,
        severity,
        format!("{base} {what} {}, which holds secrets: `{}`", shortened(path), call.shown()),
    );
}

/// The path, or a folder of this name, holds secrets.
fn is_secret(path: &str) -> bool {
    tables::path_is_secret(path) || tables::path_is_secret(&format!("{path}/")) && !path.contains(".pub")
}

/// The devices by which bash itself connects.
fn is_device(shape: &str) -> bool {
    shape.starts_with("/dev/tcp/") || shape.starts_with("/dev/udp/") || shape.starts_with("/dev/${")
}

fn sent(hits: &mut Hits<'_>, place: Place, call: &Call, how: Reaches) {
    let words = call.words();
    if is_local(&words) {
        return;
    }
    let given = call.given();
    let secret: BTreeSet<Origin> = given.iter().filter(|one| one.secret).cloned().collect();
    let base = call.base();
    if !secret.is_empty() && !is_login(call, how) {
        hits.flow(
            place,
            Severity::High,
            format!("{base} sends a secret to another machine: `{}`", call.shown()),
            &secret,
        );
        return;
    }
    // A path of a secret among the words: what is uploaded is named, not read here. A key by which a client itself logs in is no
    // upload.
    if let Some(path) =
        words.iter().filter(|word| uploads(call, word)).map(|word| path_in(word)).find(|path| is_secret(path))
    {
        let path = shortened(path);
        hits.at(
            place,
            Severity::High,
            format!("{base} is given {path}, which holds secrets: `{}`", call.shown()),
        );
        return;
    }
    // `-o "$PWD/file"` says where the answer goes, and nothing to anybody.
    let local = call.arguments.iter().flat_map(Value::shapes).all(|word| {
        !word.contains("${PWD}") || word.starts_with("${PWD}") || word.starts_with("--output=${PWD}")
    });
    let own = |one: &&Origin| !(local && one.kind == OriginKind::Folder);
    let who: BTreeSet<Origin> = given.iter().filter(|one| tells_who(one)).filter(own).cloned().collect();
    let names = how == Reaches::Names && words.iter().any(|word| word.contains("${"));
    if names {
        let known: BTreeSet<Origin> =
            given.iter().filter(|one| one.kind != OriginKind::Folder).cloned().collect();
        hits.flow(
            place,
            Severity::High,
            format!("{base} asks for a name that is put together from data: `{}`", call.shown()),
            &known,
        );
    } else if !who.is_empty() && how != Reaches::Repository {
        let severity = if how == Reaches::Client { Severity::High } else { Severity::Medium };
        hits.flow(
            place,
            severity,
            format!("{base} tells another machine who and where you are: `{}`", call.shown()),
            &who,
        );
    } else if how == Reaches::Client
        && sends_a_file(&words)
        && words.iter().any(|word| names_another_machine(word))
    {
        hits.flow(
            place,
            Severity::High,
            format!("{base} sends data to another machine: `{}`", call.shown()),
            &given,
        );
    }
}

/// The word is what is sent, and no key to log in with.
fn uploads(call: &Call, word: &str) -> bool {
    let words = call.words();
    let at = words.iter().position(|other| other == word).unwrap_or(0);
    let before = at.checked_sub(1).and_then(|at| words.get(at)).map_or("", String::as_str);
    !matches!(before, "-i" | "--key" | "--cert" | "--netrc-file" | "-E" | "--cacert" | "--identity" | "-F")
        || matches!(call.base().as_str(), "curl") && before == "-F"
}

/// The path in `@path`, `name=@path`, `--option=path`.
fn path_in(word: &str) -> &str {
    let rest = word.rsplit_once('@').map_or(word, |(_, rest)| rest);
    rest.rsplit_once('=').map_or(rest, |(_, rest)| rest).trim_start_matches('<')
}

/// A token by which a client of a service logs in to that service is what it is for.
fn is_login(call: &Call, how: Reaches) -> bool {
    let words = call.words();
    how == Reaches::Service
        && call.stdin.origins().is_empty()
        && !words.iter().any(|word| names_another_machine(word))
        && words.first().is_some_and(|word| matches!(word.as_str(), "login" | "auth"))
}

fn tells_who(origin: &Origin) -> bool {
    match &origin.kind {
        OriginKind::Environment(name) => is_who(name),
        OriginKind::WholeEnvironment | OriginKind::Folder => true,
        OriginKind::Output(program) => says_who(program),
        _ => false,
    }
}

/// It is told to send a file or its input.
fn sends_a_file(words: &[String]) -> bool {
    const OPTIONS: &[&str] = &[
        "-T",
        "--upload-file",
        "-d",
        "--data",
        "--data-binary",
        "--data-raw",
        "--data-urlencode",
        "-F",
        "--form",
        "--post-file",
        "--post-data",
        "--body-file",
        "--json",
    ];
    words.iter().any(|word| {
        let option = word.split('=').next().unwrap_or(word);
        OPTIONS.contains(&option)
            || (word.starts_with("-d") && word.len() > 2 && !word.starts_with("--"))
            || (word.starts_with("-T") && word.len() > 2)
    })
}
