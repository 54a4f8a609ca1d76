//! `envrc-hides-traces`: a file neither hides what was done nor asks an audit to look away.

use proofmark_core::{RuleMeta, Severity};
use proofmark_shell::Span;

use crate::audit::{Audit, Hits};
use crate::trace::{Call, Callee, SourceKind};
use crate::value::Place;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-hides-traces",
    "A file neither hides what was done nor asks an audit to look away.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, name, value, _) in audit.assigned() {
        let shapes = value.shapes();
        let is = |wanted: &[&str]| shapes.iter().any(|shape| wanted.contains(&shape.as_str()));
        let hides = match name {
            "HISTFILE" => is(&["", "/dev/null"]) || shapes.iter().any(|shape| super::set::is_shared(shape)),
            "HISTSIZE" | "HISTFILESIZE" | "SAVEHIST" => is(&["0", "-0"]),
            "HISTIGNORE" => is(&["*", "?*"]),
            _ => false,
        };
        if hides {
            hits.at(
                place,
                Severity::High,
                format!("{name}=`{}`: no command is remembered from now on", shapes.join("|")),
            );
        }
    }
    for (place, call) in audit.calls() {
        if call.callee != Callee::Function && hides(call) {
            hits.at(place, Severity::High, format!("traces are removed: `{}`", call.shown()));
        }
    }
    for (index, source) in audit.trace.sources.iter().enumerate() {
        if !matches!(source.kind, SourceKind::Evaluated(_)) {
            for span in asks_to_look_away(&source.text) {
                let place = Place { source: index, span };
                hits.at(
                    place,
                    Severity::Medium,
                    "a comment asks an audit to look away: in an .envrc that changes nothing",
                );
            }
        }
    }
}

fn hides(call: &Call) -> bool {
    let words = call.words();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let log = |word: &String| {
        word.contains("_history")
            || word.contains("/var/log/")
            || word.contains(".lesshst")
            || word.contains("/.viminfo")
            || word.contains("/fish_history")
            || word.contains("wtmp")
    };
    match call.base().as_str() {
        "history" => has(&["-c", "-d", "-cw", "-wc"]),
        "fc" => has(&["-p"]),
        "set" => words.windows(2).any(|pair| pair[0] == "+o" && pair[1] == "history"),
        "shopt" => has(&["-u"]) && has(&["histappend", "cmdhist"]),
        "unset" => has(&["HISTFILE", "HISTSIZE"]),
        "rm" | "shred" | "truncate" | "sed" | "cp" | "mv" | "ln" | "tee" | "chattr" | "perl" | "unlink" => {
            words.iter().any(log)
        }
        "journalctl" => words.iter().any(|word| word.starts_with("--vacuum") || word == "--rotate"),
        "auditctl" | "setenforce" => !has(&["-l", "-s"]),
        "touch" => {
            has(&["-r", "-d", "-t"])
                || words.iter().any(|word| word.starts_with("--reference") || word.starts_with("--date"))
        }
        "spctl" | "csrutil" => has(&["disable", "--master-disable"]),
        _ => false,
    }
}

/// Comments that speak to this program, or to audits of such files.
fn asks_to_look_away(text: &str) -> Vec<Span> {
    const ASKED: &[&str] = &["proofmark:", "proofmark-", "envrc-audit", "envrc-", "audit:"];
    const AWAY: &[&str] = &["allow", "ignore", "disable", "off", "skip", "trust", "suppress", "exempt"];
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.to_ascii_lowercase();
        if let Some(comment) = lower.find('#') {
            let words = &lower[comment..];
            if ASKED.iter().any(|word| words.contains(word)) && AWAY.iter().any(|word| words.contains(word)) {
                found.push(Span::new(at + comment, at + line.trim_end().len()));
            }
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::asks_to_look_away;

    #[test]
    fn comments_that_speak_to_an_audit() {
        assert_eq!(asks_to_look_away("a\n# proofmark: ignore-file\n").len(), 1);
        assert_eq!(asks_to_look_away("x # envrc-audit: off").len(), 1);
        assert!(asks_to_look_away("# shellcheck disable=SC2034\n# see the audit log\n").is_empty());
    }
}
