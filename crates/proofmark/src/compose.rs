//! The images of a compose file, and an override that names what was verified of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use proofmark_core::{Origin, Platform};
use proofmark_engine::Scanned;
use proofmark_refs::rules::subject;
use proofmark_refs::{
    Environment, FileKind, Found, Place, Scan, ScanLimits, Service, Target, WrittenPlatform, scan_with,
};
use proofmark_report::{ReportError, inert};

use crate::commands::pull::Pinned;
use crate::dotenv::{DOTENV, Dotenvs};
use crate::failure::Failure;
use crate::files::{Readers, open_file, read_all, read_head, write_atomically};
use crate::scanning::problems;

/// How an override of ours begins.
const OURS: &str = "# Written by proofmark image pull";

/// Reads a compose file. What it names and is not known from it alone is an error of the run, never left out in silence.
/// `replaced`: an override gives each service the image that was verified.
pub(crate) fn read(path: &Path, replaced: bool) -> Result<Scanned, Failure> {
    let limits = ScanLimits::default();
    let most = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    let shown = path.display().to_string();
    let bytes = open_file(path).and_then(|file| read_all(file, most)).map_err(|error| {
        Failure::usage(
            "compose-unreadable",
            format!("{shown} cannot be read: {error}"),
            "name a compose file with --compose",
        )
    })?;
    let mut dotenvs = Dotenvs::default();
    let environment = beside(path, &mut dotenvs);
    let scan = scan_with(&shown, &bytes, FileKind::Compose, &limits, &environment);
    let mut errors = problems(&shown, &scan);
    errors.append(&mut dotenvs.errors);
    errors.extend(unknown(&shown, &scan, replaced));
    if !replaced {
        // With an override compose is given its files by name, and looks for no other.
        errors.extend(merged(path, &environment));
    }
    let notes = built(&scan).into_iter().collect();
    Ok(Scanned { scans: vec![scan], errors, notes })
}

/// What compose merges by itself when no file is named (Compose file reference, "Merge"; `COMPOSE_FILE`).
fn merged(path: &Path, environment: &Environment) -> Option<ReportError> {
    const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    let named = path.file_name().and_then(std::ffi::OsStr::to_str)?;
    if !NAMES.contains(&named) {
        return None;
    }
    let beside = NAMES.iter().filter_map(|name| {
        let (stem, kind) = name.rsplit_once('.')?;
        Some(path.with_file_name(format!("{stem}.override.{kind}")))
    });
    let is_ours = |path: &Path| {
        read_head(path, u64::try_from(OURS.len()).unwrap_or(0)).is_ok_and(|head| head == OURS.as_bytes())
    };
    let other = beside.into_iter().find(|path| std::fs::symlink_metadata(path).is_ok() && !is_ours(path));
    let message = match other {
        Some(other) => format!("docker compose up merges {} too, which is not looked at", other.display()),
        None if environment.names_compose_files() => {
            format!("COMPOSE_FILE in {DOTENV} says which files docker compose up reads")
        }
        None => return None,
    };
    let help = "docker compose config > rendered.yaml, then proofmark image pull --compose rendered.yaml; or give --write-override, and start with -f";
    Failure::unverifiable("compose-unresolved", message, help).report_errors().into_iter().next()
}

/// Services whose images are made here: no registry is asked for them, and what their builds start from is not pulled.
fn built(scan: &Scan) -> Option<String> {
    let names: Vec<&str> =
        scan.compose.services.iter().filter(|one| one.built).map(|one| one.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "built and not pulled: {}; proofmark check verifies what their Dockerfiles start from",
            crate::paths::named(&names)
        )
    })
}

/// What the environment file beside it says: compose reads it too.
fn beside(path: &Path, dotenvs: &mut Dotenvs) -> Environment {
    let directory = path.parent().unwrap_or(Path::new(""));
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let Ok(real) = std::fs::canonicalize(here) else { return Environment::default() };
    dotenvs.of(&BTreeSet::from([directory.join(DOTENV)]), &[real])
}

/// Gives each image its service's platform, or the one that is asked for. Compose pulls what the service says, whatever was asked
/// for: where these differ, that is an error of the run.
pub(crate) fn settle_platforms(scanned: &mut Scanned, asked: Option<&Platform>) {
    let mut errors = Vec::new();
    for found in scanned.scans.iter_mut().flat_map(|scan| &mut scan.found) {
        if found.target.image().is_none() {
            continue;
        }
        let (why, help) = match (&found.platform, asked) {
            (None, Some(asked)) => {
                found.platform = Some(WrittenPlatform::Known(asked.clone()));
                continue;
            }
            (Some(WrittenPlatform::Known(own)), Some(asked)) if own.normalised() != asked.normalised() => (
                format!("its service runs {} on {own}, and --platform asks for {asked}", found.text),
                "leave --platform out: each image is pulled for the platform of its service",
            ),
            (Some(WrittenPlatform::Unresolved(written)), _) => (
                format!("on which platform {} runs is not known: `{written}`", found.text),
                "write the service's platform as os/architecture, such as linux/amd64",
            ),
            _ => continue,
        };
        let errors_of = Failure::unverifiable("compose-unresolved", why, help).report_errors().into_iter();
        errors.extend(errors_of.map(|error| ReportError { location: Some(found.origin.clone()), ..error }));
    }
    scanned.errors.extend(errors);
}

/// What compose may start beside what can be verified here.
fn unknown(shown: &str, scan: &Scan, replaced: bool) -> Vec<ReportError> {
    let mut errors = Vec::new();
    let mut tell = |message: String, at: Option<&Origin>| {
        let failure = Failure::unverifiable(
            "compose-unresolved",
            message,
            "docker compose config > rendered.yaml, then proofmark image pull --compose rendered.yaml",
        );
        errors.extend(
            failure.report_errors().into_iter().map(|error| ReportError { location: at.cloned(), ..error }),
        );
    };
    if scan.compose.includes {
        tell(format!("{shown} includes other files, whose services are not looked at"), None);
    }
    // Also one that names its own image takes over volumes, which may be images, and when it is pulled.
    for service in scan.compose.services.iter().filter(|service| !service.extends.is_empty()) {
        tell(
            format!(
                "the service `{}` extends another, and what it takes over is not known here",
                service.name
            ),
            None,
        );
    }
    for (at, found) in scan.found.iter().enumerate() {
        match &found.target {
            // What a build reads is not pulled, and included files are told above.
            Target::Unresolved(_) if found.place == Place::NamedFile => {}
            Target::Unresolved(why) => {
                tell(format!("which image {} names is not known: {why}", found.text), Some(&found.origin));
            }
            Target::Image(_) if replaced && is_replaced(scan, at) => {}
            Target::Image(_) => {
                for (names, what, other) in [
                    (&found.defaults, "the default", "the environment or .env"),
                    (&found.set, "the value in .env", "the environment"),
                ] {
                    if !names.is_empty() {
                        let names = names.join(", ");
                        let message =
                            format!("{} rests on {what} of {names}: {other} may give it another", found.text);
                        tell(message, Some(&found.origin));
                    }
                }
            }
        }
    }
    errors
}

/// Whether an override names the image of this reference: it is a service's, and not the name of what is built.
fn is_replaced(scan: &Scan, at: usize) -> bool {
    let mut of = scan.compose.services.iter().filter(|service| service.image == Some(at)).peekable();
    of.peek().is_some() && of.all(|service| !service.built)
}

/// Whether the override may be written there.
pub(crate) fn check_override(path: &Path, compose: &Path, force: bool) -> Result<(), Failure> {
    let refused = |why: &str, help: &str| {
        Err(Failure::usage("override-exists", format!("{} {why}", path.display()), help))
    };
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    if real(path).is_some_and(|at| Some(at) == real(compose)) {
        return refused(
            "is the compose file itself",
            "name another file: --write-override compose.pinned.yaml",
        );
    }
    match read_head(path, u64::try_from(OURS.len()).unwrap_or(0)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(head) if force || head == OURS.as_bytes() => Ok(()),
        Ok(_) => refused("was not written by proofmark", "name another file, or give --force"),
        Err(error) => refused(&format!("cannot be looked at: {error}"), "name another file"),
    }
}

/// Writes the override: each service that is not built here gets the digest that was verified. `pinned` is by reference.
pub(crate) fn write_override(
    path: &Path,
    compose: &Path,
    scanned: &Scanned,
    pinned: &Pinned,
) -> Result<String, Failure> {
    let (text, count) = text_of(compose, scanned, pinned);
    write_atomically(path, text.as_bytes(), Readers::AsBefore).map_err(|error| {
        Failure::unverifiable(
            "override-not-written",
            format!("{} could not be written: {error}", path.display()),
            "check that the directory is writable and has room",
        )
    })?;
    Ok(format!("wrote {} with {count} services by digest", path.display()))
}

fn text_of(compose: &Path, scanned: &Scanned, pinned: &Pinned) -> (String, usize) {
    let file = inert(&compose.display().to_string());
    let mut text =
        format!("{OURS}: what was verified of {file}, by digest. Written again, not edited.\nservices:\n");
    let mut count = 0;
    for (service, image) in scanned.scans.iter().flat_map(images) {
        let platform = subject(image).platform;
        let Some(pinned) = pinned.get(&(subject(image).name, platform)) else { continue };
        count += 1;
        // A text of JSON is one of YAML; writing to a String cannot fail.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let _ = write!(text, "  {}:\n    image: {}\n", quoted(&service.name), quoted(pinned));
        if service.pulls_again() {
            text.push_str("    pull_policy: missing\n");
        }
    }
    if count == 0 {
        text = text.replace("services:\n", "services: {}\n");
    }
    (text, count)
}

/// The services that run an image of a registry.
fn images(scan: &Scan) -> impl Iterator<Item = (&Service, &Found)> {
    let found = |at: usize| scan.found.get(at).filter(|found| found.target.image().is_some());
    scan.compose
        .services
        .iter()
        .filter(|service| !service.built)
        .filter_map(move |service| Some((service, found(service.image?)?)))
}
