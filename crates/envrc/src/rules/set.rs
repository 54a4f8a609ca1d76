//! Variables that a file gives a value, wherever it comes from: assignments, words before a command, files of variables.

use proofmark_core::Severity;

use crate::audit::{Audit, Hits, Spot, inside, shortened};
use crate::known::network::{host, is_local, names_another_machine};
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
    for (spot, name, value) in crate::variables::of_files(audit) {
        let value = Value::known(value);
        judge(audit, hits, decides, &name, &value, &spot, value.clone());
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
    // `HOME=${HOME:-…}`: the other way is that there is none.
    let itself = format!("${{{name}}}");
    let kept = value.options().iter().any(|text| text.shape() == itself);
    for row in rows(name).filter(|row| row.decides == decides) {
        let options = value.options().iter().filter(|text| !kept || !text.shape().is_empty());
        let worst = options.filter_map(|text| severity(audit, row, name, text)).max();
        let Some(severity) = worst else { continue };
        let value = shortened(&shown.shapes().join("|"));
        let sources = value_sources(audit, &shown);
        hits.push(spot.clone(), severity, format!("{name}=`{value}`: it {}", row.what), sources);
        return;
    }
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
    if keeps(name, text)
        && !matches!(row.when, When::Any | When::Holds(_) | When::HoldsBut(..) | When::Program)
    {
        let rest: String = shape.replace(&format!("${{{name}}}"), "");
        if rest.trim_matches(':').is_empty() {
            return None;
        }
    }
    if shape == format!("${{{name}}}") {
        return None;
    }
    match row.when {
        When::Any | When::EvenEmpty if row.decides == Decides::Identity => Some(identity(name, text, &shape)),
        When::Any if row.decides == Decides::Service => service(name, text),
        When::Any | When::EvenEmpty => Some(Severity::High),
        When::Program => program(text, &shape),
        When::Holds(parts) => holds(&shape, parts),
        When::HoldsBut(parts, usual) => holds_but(&shape, parts, usual),
        When::Inside(severity) => within(audit, name, &shape, severity),
        When::Remote(severity) => remote(name, &shape, severity),
        When::Is(values, severity) => values.contains(&shape.as_str()).then_some(severity),
    }
}

/// A reference to a secret, or a value that the environment or a password manager gives, is how it is meant to be used.
fn identity(name: &str, text: &Text, shape: &str) -> Severity {
    let token = name.ends_with("TOKEN");
    let own = shape.starts_with("${HOME}") || shape.starts_with('~');
    let local = name == "OP_CONNECT_HOST" && is_local(&[shape.to_owned()]);
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

/// A program of the tree, of a folder that others write, or a line of several commands.
fn program(text: &Text, shape: &str) -> Option<Severity> {
    if shape.contains(['|', ';', '`', '>', '<', '&']) || shape.contains("$(") || shape.contains("://") {
        return Some(Severity::High);
    }
    let shell =
        ["sh -c", "bash -c", "curl ", "wget ", "nc ", "python -c", "python3 -c", "perl -e", "node -e"];
    if shell.iter().any(|word| shape.contains(word)) {
        return Some(Severity::High);
    }
    let first = shape.split(' ').next().unwrap_or(shape);
    if first.starts_with("${PWD}") || first.starts_with("./") || first.starts_with("../") || is_shared(first)
    {
        return Some(Severity::High);
    }
    if inside(text).is_some() && first.contains('/') && !first.starts_with('/') && !first.starts_with('~') {
        return Some(Severity::High);
    }
    // `docker run …` and their like are commands of more than one word: what they do is in no list.
    let given = text.pieces().iter().any(|piece| match piece {
        Piece::Hole(origins) => {
            origins.iter().any(|origin| matches!(origin.kind, OriginKind::Network | OriginKind::File(_)))
        }
        Piece::Known(_) => false,
    });
    given.then_some(Severity::High)
}

fn holds(shape: &str, parts: &[&str]) -> Option<Severity> {
    parts.iter().any(|part| shape.contains(part)).then_some(Severity::High)
}

/// As `holds`, and Medium where nothing of the kind is left without the usual places, and none of them is left again.
fn holds_but(shape: &str, parts: &[&str], usual: &[&str]) -> Option<Severity> {
    holds(shape, parts)?;
    let rest = usual.iter().fold(shape.to_owned(), |rest, place| rest.replace(place, ""));
    let leaves = ["..", "%", "@"].iter().any(|part| rest.contains(part));
    if leaves { Some(Severity::High) } else { holds(&rest, parts).or(Some(Severity::Medium)) }
}

/// A folder that every user of the machine may write.
pub(super) fn is_shared(path: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/", "${TMPDIR}/", "/private/tmp/"]
        .iter()
        .any(|folder| path.starts_with(folder))
        || matches!(path, "/tmp" | "/var/tmp" | "/dev/shm" | "${TMPDIR}")
}

/// It names something in the tree: this severity, and High where the file there is known to hold what makes programs run
/// others; or something in a folder that all may write: High.
fn within(audit: &Audit<'_>, name: &str, shape: &str, severity: Severity) -> Option<Severity> {
    let relative =
        |entry: &str| (entry.contains('/') || entry.starts_with('.')) && !entry.starts_with(['/', '~', '$']);
    let entry =
        shape.split(':').find(|entry| is_shared(entry) || entry.starts_with("${PWD}") || relative(entry))?;
    if is_shared(entry) {
        return Some(Severity::High);
    }
    let path = entry.trim_start_matches("${PWD}").trim_start_matches('/').trim_start_matches("./");
    // Which words of which files name a program, or other packages, and how bad that is: settings of the tree are honest.
    let (files, words, raised): (&[&str], &[&str], Severity) = match name {
        "CARGO_HOME" => {
            (&["/config.toml", "/config"], &["replace-with", "credential-provider"], Severity::High)
        }
        "GRADLE_USER_HOME" => (&["/init.gradle", "/init.gradle.kts"], &["{"], Severity::High),
        "GH_CONFIG_DIR" => (&["/config.yml"], &["aliases:", "pager:", "editor:", "browser:"], Severity::High),
        "DOCKER_CONFIG" => (&["/config.json"], &["credHelpers", "credsStore"], Severity::High),
        "AWS_CONFIG_FILE" => (&[""], &["credential_process"], Severity::Medium),
        // A provider of one's own is developed so; one of HashiCorp's is replaced.
        "TF_CLI_CONFIG_FILE" => {
            (&[""], &["\"hashicorp/", "credentials_helper", "network_mirror"], Severity::High)
        }
        "NIX_USER_CONF_FILES" => (
            &[""],
            &["post-build-hook", "substituters", "builders =", "require-sigs", "secret-key"],
            Severity::High,
        ),
        name if name.starts_with("R_PROFILE") => (
            &[""],
            &["system(", "system2(", "source(\"http", "download.file", "eval(", "url("],
            Severity::High,
        ),
        _ => (
            &[""],
            &["credential_process", "script-shell", "strict-ssl=false", "trusted-host"],
            Severity::High,
        ),
    };
    let dangerous = files.iter().any(|end| holds_word(audit, &format!("{path}{end}"), words));
    Some(if dangerous { raised.max(severity) } else { severity })
}

/// A file of the tree in which one of these words stands.
fn holds_word(audit: &Audit<'_>, path: &str, words: &[&str]) -> bool {
    let Some(path) = crate::files::resolve("", path) else { return false };
    match audit.files.read(&path) {
        crate::FileAnswer::Bytes(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            words.iter().any(|word| text.contains(word))
        }
        _ => false,
    }
}

/// Another machine than the usual ones.
fn remote(name: &str, shape: &str, severity: Severity) -> Option<Severity> {
    const USUAL: &[&str] = &[
        "pypi.org",
        "files.pythonhosted.org",
        "test.pypi.org",
        "registry.npmjs.org",
        "registry.yarnpkg.com",
        "npm.pkg.github.com",
        "proxy.golang.org",
        "goproxy.io",
        "index.crates.io",
        "static.rust-lang.org",
        "rubygems.org",
        "repo.hex.pm",
        "huggingface.co",
        "nodejs.org",
        "api.openai.com",
        "api.anthropic.com",
        "api.github.com",
        "download.pytorch.org",
        "jsr.io",
        "npm.jsr.io",
        "registry.npmmirror.com",
        "ghcr.io",
        "hf-mirror.com",
    ];
    let mut worst = None;
    for part in shape.split([',', ' ', '|', '=', '\'', '"']) {
        // A bare address beside an option: `--server 198.51.100.7`. No service that others have made is at one.
        let Some(host) = host(part) else {
            let option = shape.contains([' ', '=']) && is_public(part);
            worst = worst.max(Some(Severity::High).filter(|_| option && severity >= Severity::Medium));
            continue;
        };
        let own = host.ends_with(".amazonaws.com")
            || host.ends_with(".googleapis.com")
            || host.ends_with(".pkg.dev")
            || host.ends_with(".codeartifact");
        if USUAL.contains(&host)
            || own
            || is_local(&[format!("x://{host}")])
            || host.contains("${")
            || host.is_empty()
        {
            continue;
        }
        // A socket of this machine, or a connection that ssh makes.
        if part.starts_with("unix://")
            || part.starts_with("ssh://")
            || part.starts_with("file://")
            || part.starts_with("npipe")
            || part.starts_with("docker-container://")
        {
            continue;
        }
        // Nothing that goes there is hidden from who stands in between; a proxy is reached so as a rule.
        let plain =
            part.starts_with("http://") && !name.to_ascii_uppercase().ends_with("PROXY") && !is_private(host);
        let proxy = name.to_ascii_uppercase().ends_with("PROXY");
        let bare = severity >= Severity::Medium && !proxy && is_public(host);
        let this = if plain || bare || part.starts_with("tcp://") && !is_private(host) {
            Severity::High
        } else {
            severity
        };
        worst = worst.max(Some(this));
    }
    if worst.is_none() && !shape.contains("://") && names_another_machine(shape) {
        worst = Some(severity);
    }
    worst
}

/// An address that is of no network of one's own.
fn is_public(text: &str) -> bool {
    let address = text.split(':').next().unwrap_or(text);
    let four = address.split('.').count() == 4 && address.split('.').all(|part| part.parse::<u8>().is_ok());
    four && !is_private(address) && !address.starts_with("127.") && address != "0.0.0.0"
}

/// An address or a name of a network of one's own.
fn is_private(host: &str) -> bool {
    host.starts_with("10.")
        || host.starts_with("192.168.")
        || host.starts_with("172.")
        || [".local", ".lan", ".internal", ".svc", ".home.arpa"].iter().any(|end| host.ends_with(end))
        || !host.contains('.')
}
