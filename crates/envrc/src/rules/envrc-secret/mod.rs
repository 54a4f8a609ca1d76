//! `envrc-secret`: no secret stands in the file, and none is kept in the environment longer than a command needs it.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, Spot};
use crate::known::secrets::{form, is_personal, is_placeholder, vault};
use crate::tables::names_secret;
use crate::value::{OriginKind, Value};

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-secret",
    "No secret stands in an .envrc, and none is kept in the environment.",
    include_str!("doc.md"),
    Severity::Medium,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, name, value, exported) in audit.assigned() {
        let spot = audit.spot(place);
        for known in value.options().iter().filter_map(crate::Text::as_known) {
            literal(hits, &spot, name, known, exported);
        }
        if exported && value.as_known().is_none() && value.is_secret() {
            let read: std::collections::BTreeSet<_> = value
                .origins()
                .into_iter()
                .filter(|one| one.secret && matches!(one.kind, OriginKind::Output(_)))
                .collect();
            if !read.is_empty() {
                let message = format!(
                    "{name} holds a secret from now on: every program sees it, and DIRENV_DIFF keeps it in clear"
                );
                hits.flow(place, Severity::Info, message, &read);
            }
        }
    }
    for (spot, name, value) in crate::variables::of_files(audit) {
        literal(hits, &spot, &name, &value, true);
    }
    for (place, call) in audit.calls() {
        let words = call.words();
        let known: Vec<&str> = words.iter().map(String::as_str).collect();
        let keyring = matches!(
            call.base().as_str(),
            "security" | "secret-tool" | "gpg" | "gpg2" | "keyctl" | "kwallet-query"
        );
        if keyring && !call.captured && crate::tables::prints_secret(&call.base(), &known) {
            hits.at(
                place,
                Severity::Medium,
                format!("a key ring is asked for a secret, which is shown: `{}`", call.shown()),
            );
        }
        for word in call.arguments.iter().flat_map(Value::options).filter_map(crate::Text::as_known) {
            if let Some(what) = form(word).filter(|what| !what.starts_with("the name")) {
                hits.at(place, Severity::High, format!("{} is given {what}, in clear", call.base()));
            }
        }
        for word in call.arguments.iter().flat_map(Value::shapes) {
            let reference = word.find("op://").and_then(|at| vault(&word[at..]));
            if let Some(vault) = reference.filter(|vault| is_personal(vault)) {
                hits.at(
                    place,
                    Severity::Medium,
                    format!("a secret of the vault {vault} is asked for, which is yours and no project's"),
                );
            }
        }
    }
}

fn literal(hits: &mut Hits<'_>, spot: &Spot, name: &str, text: &str, exported: bool) {
    if let Some(vault) = vault(text) {
        let (severity, what) = if is_personal(vault) {
            (
                Severity::Medium,
                format!("{name} is a reference into the vault {vault}, which is yours and no project's"),
            )
        } else {
            (
                Severity::Info,
                format!(
                    "{name} is a reference into the vault {vault}: it is a secret once `op run` has resolved it"
                ),
            )
        };
        return hits.push(spot.clone(), severity, what, Vec::new());
    }
    if let Some(what) = form(text) {
        // The name of a key is none; its other half is what it opens.
        let severity = if what.starts_with("the name") { Severity::Medium } else { Severity::High };
        return hits.push(spot.clone(), severity, format!("{name} is {what}, in clear"), Vec::new());
    }
    let paired = name.contains("SECRET_ACCESS_KEY") && text.len() == 40;
    if paired {
        return hits.push(
            spot.clone(),
            Severity::High,
            format!("{name} is a key of AWS, in clear"),
            Vec::new(),
        );
    }
    let in_url = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('@'))
        .and_then(|(user, host)| Some((user.split_once(':')?.1, host)));
    if let Some((password, host)) = in_url.filter(|(password, host)| {
        !is_placeholder(password) && !host.starts_with("localhost") && !host.starts_with("127.")
    }) {
        let _ = (password, host);
        return hits.push(
            spot.clone(),
            Severity::Medium,
            format!("{name} holds a password, in clear"),
            Vec::new(),
        );
    }
    if exported
        && names_secret(name)
        && !text.is_empty()
        && !is_placeholder(text)
        && !text.contains([' ', '/', '$'])
    {
        hits.push(
            spot.clone(),
            Severity::Medium,
            format!("{name} is a secret by its name, in clear"),
            Vec::new(),
        );
    }
}
