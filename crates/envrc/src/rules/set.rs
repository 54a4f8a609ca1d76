//! Variables that a file gives a value, wherever it comes from: assignments, words before a command, files of variables.

use proofmark_core::Severity;

use super::values::{holds, imports, is_shared, loads, option_program, program, remote, within};
use crate::audit::{Audit, Hits, Spot, inside, shortened};
use crate::known::hosts::{address, is_here};
use crate::known::variables::{Decides, Variable, When, rows};
use crate::trace::Action;
use crate::value::{OriginKind, Piece, Text, Value};

/// Judges every variable that decides this.
pub(super) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>, decides: Decides) {
    for event in audit.events() {
        match &event.action {
            Action::Assign { name, value, exported } => {
                // A variable of a shell of its own ends with it, and so does one that is not exported, but for those of bash.
                let bash = matches!(
                    name.as_str(),
                    "PROMPT_COMMAND" | "BASH_ENV" | "PS0" | "PS1" | "PS2" | "PS4" | "CDPATH"
                );
                if (*exported || bash) && !audit.is_child(event.place) {
                    judge(audit, hits, decides, name, value, &audit.spot(event.place), value.clone());
                }
            }
            Action::Call(call) => {
                for (name, value) in &call.environment {
                    judge(audit, hits, decides, name, value, &audit.spot(event.place), value.clone());
                }
                of_arguments(audit, hits, decides, call, audit.spot(event.place));
            }
            _ => {}
        }
    }
    if decides == Decides::Code {
        git_settings(audit, hits);
    }
    for (spot, name, value) in crate::variables::of_files(audit) {
        let value = Value::known(value);
        judge(audit, hits, decides, &name, &value, &spot, value.clone());
    }
}

/// `GIT_CONFIG_KEY_0` and `GIT_CONFIG_VALUE_0` are one setting.
fn git_settings(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let mut all: Vec<(Spot, String, Value)> = Vec::new();
    for event in audit.events() {
        match &event.action {
            Action::Assign { name, value, exported: true } if name.starts_with("GIT_CONFIG_") => {
                all.push((audit.spot(event.place), name.clone(), value.clone()));
            }
            Action::Call(call) => {
                let given = call.environment.iter().filter(|(name, _)| name.starts_with("GIT_CONFIG_"));
                all.extend(given.map(|(name, value)| (audit.spot(event.place), name.clone(), value.clone())));
            }
            _ => {}
        }
    }
    let files = crate::variables::of_files(audit).into_iter();
    all.extend(files.map(|(spot, name, value)| (spot, name, Value::known(value))));
    for (spot, name, key) in &all {
        let Some(number) = name.strip_prefix("GIT_CONFIG_KEY_") else { continue };
        let value = format!("GIT_CONFIG_VALUE_{number}");
        let values: Vec<String> =
            all.iter().filter(|(_, name, _)| *name == value).flat_map(|(.., value)| value.shapes()).collect();
        let worst = key.options().iter().filter_map(|key| match key.as_known() {
            Some(key) => values.iter().filter_map(|value| crate::known::git::setting(key, value)).max(),
            None => Some(Severity::High),
        });
        if let Some(severity) = worst.max() {
            let shown = shortened(&format!("{}={}", key.shapes().join("|"), values.join("|")));
            hits.push(
                spot.clone(),
                severity,
                format!("{name}: git is told `{shown}`, by which it runs a program or asks another machine"),
                Vec::new(),
            );
        }
    }
}

/// `env NAME=value program` that holds for what it starts, and `launchctl setenv`, `systemctl --user set-environment`.
fn of_arguments(audit: &Audit<'_>, hits: &mut Hits<'_>, decides: Decides, call: &crate::Call, spot: Spot) {
    if !matches!(
        call.base().as_str(),
        "set-environment" | "setenv" | "launchctl" | "systemctl" | "dbus-update-activation-environment"
    ) {
        return;
    }
    for word in call.words() {
        if let Some((name, value)) = word.split_once('=') {
            let value = Value::known(value);
            judge(audit, hits, decides, name, &value, &spot, value.clone());
        }
    }
}

fn judge(
    audit: &Audit<'_>,
    hits: &mut Hits<'_>,
    decides: Decides,
    name: &str,
    value: &Value,
    spot: &Spot,
    shown: Value,
) {
    let found = rows(name).filter(|row| row.decides == decides).filter_map(|row| {
        let worst = value.options().iter().filter_map(|text| severity(audit, row, name, text)).max();
        worst.map(|severity| (severity, row))
    });
    // The first of those that are equally bad.
    let worst = found.reduce(|worst, other| if other.0 > worst.0 { other } else { worst });
    let Some((severity, row)) = worst else { return };
    let value = shortened(&shown.shapes().join("|"));
    let sources = value_sources(audit, &shown);
    hits.push(spot.clone(), severity, format!("{name}=`{value}`: it {}", row.what), sources);
}

fn value_sources(audit: &Audit<'_>, value: &Value) -> Vec<(Spot, String)> {
    let foreign = |kind: &OriginKind| !matches!(kind, OriginKind::Folder);
    let origins = value.origins();
    origins
        .iter()
        .filter(|one| foreign(&one.kind))
        .map(|one| (audit.spot(one.place), one.kind.words()))
        .collect()
}

/// The value is the variable itself, perhaps with more: what there was is kept.
fn keeps(name: &str, text: &Text) -> bool {
    text.pieces().iter().any(|piece| match piece {
        Piece::Hole(origins) => {
            origins.iter().any(|origin| origin.kind == OriginKind::Environment(name.to_owned()))
        }
        Piece::Known(_) => false,
    })
}

fn severity(audit: &Audit<'_>, row: &Variable, name: &str, text: &Text) -> Option<Severity> {
    let shape = text.shape();
    // Handing on what there is, or giving a variable back, is no news.
    if shape.is_empty() && row.when != When::EvenEmpty {
        return None;
    }
    if keeps(name, text) && !matches!(row.when, When::Any | When::Holds(..) | When::Program) {
        let rest: String = shape.replace(&format!("${{{name}}}"), "");
        if rest.trim_matches(':').is_empty() {
            return None;
        }
    }
    if shape == format!("${{{name}}}") {
        return None;
    }
    match row.when {
        When::Any | When::EvenEmpty if row.decides == Decides::Identity => {
            Some(identity(audit, name, text, &shape))
        }
        When::Any if row.decides == Decides::Service => service(name, text),
        When::Any | When::EvenEmpty => Some(Severity::High),
        When::Always(severity) => Some(severity),
        When::Program => program(text, &shape),
        When::Holds(parts, severity) => holds(&shape, parts).then_some(severity),
        When::Loads(options) => loads(audit, text, options),
        When::Option(options) => option_program(text, options),
        When::Imports => imports(audit, name, &shape),
        When::Inside(severity) => within(audit, name, &shape, severity),
        When::Remote(severity) => remote(name, &shape, severity),
        When::Is(values, severity) => values.contains(&shape.as_str()).then_some(severity),
    }
}

/// A reference to a secret, or a value that the environment or a password manager gives, is how it is meant to be used.
fn identity(audit: &Audit<'_>, name: &str, text: &Text, shape: &str) -> Severity {
    let token = name.ends_with("TOKEN");
    // Caches of the project beside it are honest, if they come without code that direnv would take for checked.
    if name == "XDG_CACHE_HOME" && !is_shared(shape) {
        let path = inside(text).map(|path| format!("{path}/direnv/cas"));
        let filled = path.is_some_and(|path| {
            audit.files.facts(&path).exists || audit.files.read(&path) == crate::FileAnswer::Folder
        });
        return if filled { Severity::High } else { Severity::Medium };
    }
    let own = shape.starts_with("${HOME}") || shape.starts_with('~');
    let local = name == "OP_CONNECT_HOST" && address(shape).is_some_and(is_here);
    if token && shape.starts_with("op://") || local {
        Severity::Low
    } else if token && text.as_known().is_none() || name.starts_with("XDG_") && own {
        Severity::Medium
    } else {
        Severity::High
    }
}

fn service(name: &str, text: &Text) -> Option<Severity> {
    let shape = text.shape();
    match name {
        "GH_HOST" if shape == "github.com" => None,
        "GOSUMDB" if shape == "sum.golang.org" => None,
        "GOSUMDB" if shape == "off" => Some(Severity::High),
        "GONOSUMDB" | "GONOSUMCHECK" | "GOINSECURE" | "GH_HOST" | "GOSUMDB" => Some(Severity::Medium),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN" if text.as_known().is_none() => Some(Severity::Medium),
        _ => Some(Severity::High),
    }
}
