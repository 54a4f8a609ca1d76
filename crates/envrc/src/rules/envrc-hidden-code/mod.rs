//! `envrc-hidden-code`: what runs stands there to be read.

use std::collections::BTreeSet;

use proofmark_core::{RuleMeta, Severity};
use proofmark_shell::Span;

use crate::audit::{Audit, Hits, shortened};
use crate::known::network::{names_another_machine, reaches};
use crate::known::programs::decodes;
use crate::tables;
use crate::trace::{Call, Callee, SourceKind};
use crate::value::{Origin, OriginKind, Place, Value};

mod written;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-hidden-code",
    "What runs stands in the file to be read.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

/// Escapes for letters in a row, from which on somebody hides a word.
const ESCAPES: usize = 3;

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, by, code) in audit.code() {
        let decoded: BTreeSet<Origin> =
            code.origins().into_iter().filter(|one| is_decoded(one) || turns_letters(audit, one)).collect();
        if by_itself(by, code) {
            hits.at(place, Severity::High, format!("code of {by} decodes a text and runs it"));
        }
        if !decoded.is_empty() {
            hits.flow(place, Severity::High, format!("{by} runs what a decoder makes"), &decoded);
        }
    }
    for (place, call) in audit.calls() {
        match call.callee {
            // A line of code that is not known: `envrc-computed-code` speaks of it.
            Callee::Unknown if audit.is_hole(place) => {}
            Callee::Unknown => unknown(hits, place, call),
            _ if call.through.is_none() => known(audit, hits, place, call),
            _ => {}
        }
        if call.stdin.origins().iter().any(is_decoded)
            && matches!(call.base().as_str(), "awk" | "make" | "psql" | "docker" | "kubectl")
        {
            hits.at(place, Severity::Medium, format!("{} reads what a decoder makes", call.base()));
        }
    }
    for (place, name, value, _) in audit.assigned().filter(|(_, name, ..)| *name == "IFS") {
        let odd = value.shapes().iter().any(|shape| shape.chars().any(|c| c.is_ascii_alphanumeric()));
        if odd {
            hits.at(
                place,
                Severity::Medium,
                format!("{name} holds letters: words are split where nobody sees it"),
            );
        }
    }
    for (index, source) in audit.trace.sources.iter().enumerate() {
        if !matches!(source.kind, SourceKind::Evaluated(_)) {
            for span in written::escapes(&source.text, ESCAPES) {
                hits.at(
                    Place { source: index, span },
                    Severity::High,
                    "letters are written as escapes, so that the word is not read",
                );
            }
        }
    }
}

fn is_decoded(origin: &Origin) -> bool {
    matches!(&origin.kind, OriginKind::Output(program) if decodes(program))
}

/// `tr` with two sets of letters, which are not the capitals: every letter becomes another.
fn turns_letters(audit: &Audit<'_>, origin: &Origin) -> bool {
    let OriginKind::Output(program) = &origin.kind else { return false };
    let call = audit.calls().find(|(place, call)| *place == origin.place && call.base() == "tr");
    program == "tr"
        && call.is_some_and(|(_, call)| {
            let words = call.words();
            let [from, to] = words.as_slice() else { return false };
            let letters =
                |set: &str| set.bytes().filter(u8::is_ascii_alphabetic).count() > 1 && !set.contains('[');
            letters(from) && letters(to) && !from.eq_ignore_ascii_case(to)
        })
}

/// Code of another language that decodes a text and runs it.
fn by_itself(by: &str, code: &Value) -> bool {
    const DECODES: &[&str] = &[
        "b64decode",
        "fromhex",
        "unhexlify",
        "decompress",
        "codecs.decode",
        "pack ",
        "pack(",
        "unpack",
        "decode_base64",
        "atob(",
        "'base64'",
        "\"base64\"",
        "'hex'",
        "\"hex\"",
        "base64_decode",
        "gzinflate",
        "str_rot13",
        "Base64.decode",
        "marshal.loads",
        "inflate",
    ];
    const RUNS: &[&str] =
        &["exec", "eval", "system", "Function(", "assert(", "instance_eval", "popen", "runInThisContext"];
    let shell = tables::is_shell(by) || matches!(by, "eval" | "source" | "trap" | "env");
    let holds = |shape: &String, words: &[&str]| words.iter().any(|word| shape.contains(word));
    !shell && code.shapes().iter().any(|shape| holds(shape, DECODES) && holds(shape, RUNS))
}

/// A command word that is not known.
fn unknown(hits: &mut Hits<'_>, place: Place, call: &Call) {
    let origins = Value::from(call.name.clone()).origins();
    let shape = call.name.shape();
    // `"$dir/bin/tool"` says which program it is.
    let named =
        shape.rsplit('/').next().is_some_and(|name| !name.is_empty() && !name.contains(['$', '*', '?', '[']));
    let far = call.words().iter().any(|word| names_another_machine(word));
    let severity = origins.iter().map(|origin| match &origin.kind {
        OriginKind::Network | OriginKind::Glob(_) => Severity::High,
        OriginKind::Output(program) if decodes(program) => Severity::High,
        OriginKind::Environment(name) if name == "direnv" => Severity::Info,
        _ if named => Severity::Info,
        OriginKind::Output(program) if program == "command -v" || program == "type" || program == "which" => {
            if far {
                Severity::High
            } else {
                Severity::Medium
            }
        }
        OriginKind::Output(_) | OriginKind::File(_) => Severity::High,
        OriginKind::Environment(_) if !far => Severity::Low,
        _ if far => Severity::High,
        _ => Severity::Medium,
    });
    match severity.max() {
        Some(Severity::Info) | None => {}
        Some(severity) => {
            hits.flow(
                place,
                severity,
                format!("which command runs is not known: `{}`", shortened(&shape)),
                &origins,
            );
        }
    }
}

/// A command word that is known, and is written otherwise.
fn known(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    let Some(name) = call.name.as_known() else { return };
    let Some(word) = written::command_word(audit.written(place)) else { return };
    let base = call.base();
    let sharp = reaches(call).is_some()
        || tables::interpreter(&base).is_some()
        || decodes(&base)
        || matches!(name, "eval" | "source" | "." | "exec" | "command" | "builtin");
    let severity = match written::how(word, name) {
        written::How::Joined if name.contains('/') => return,
        written::How::Split | written::How::Coded | written::How::Braces | written::How::Joined => {
            Severity::High
        }
        written::How::Variable if sharp => Severity::High,
        written::How::Words if sharp => Severity::Medium,
        written::How::Plain | written::How::Variable | written::How::Words => return,
    };
    let span = Span::new(place.span.start, place.span.end);
    let place = Place { source: place.source, span };
    hits.at(place, severity, format!("the command {} is written `{}`", shortened(name), shortened(word)));
}
