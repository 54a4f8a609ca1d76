//! `proofmark trust update`: a new root is written whole, or the old one stays.

use std::path::{Path, PathBuf};

use proofmark_core::{Clock, Digest, Timestamp};
use proofmark_engine::Exit;
use proofmark_engine::trust_update::{Repository, UpdateError, update as fetch};
use proofmark_image::tuf::{Store, Updated, check_root};
use proofmark_image::{RootSource, TrustRoot};
use proofmark_net::{OfflineTransport, check_url};
use proofmark_policy::{Location, locate};
use proofmark_report::inert;

use super::trust::changes_text;
use super::verify::Surroundings;
use crate::cli::{PolicySource, UpdateArgs};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::files::{Readers, read_bounded, write_atomically};
use crate::output::Output;
use crate::{client, policy_source, state};

/// Bytes of a root.
const MAX_ROOT: u64 = 4 * 1024 * 1024;

/// Fetches, verifies, compares and writes.
pub(crate) fn update(
    args: &UpdateArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = SystemClock.now();
    let name = checked_name(&args.name)?;
    policy_source::on_disk(&args.source)?;
    let directory = trust_roots(&args.source)?;
    let repository = repository(args, name)?;
    let updated = fetched(&repository, surroundings, now)?;
    let source = RootSource::File { path: name.to_owned(), fetched: None };
    let root = TrustRoot::parse(name, &updated.trusted_root, source).map_err(|error| {
        Failure::usage("root-malformed", error.to_string(), "tell whoever runs the TUF repository")
    })?;
    let path = directory.join(format!("{name}.json"));
    let before = current(&path, name);
    let unchanged = before.as_ref().is_some_and(|before| before.digest() == root.digest());
    write(&path, &updated, &repository, now)?;
    let changes = before.map_or_else(String::new, |before| changes_text(&before.diff(&root), now));
    let words = if unchanged { "is already the newest" } else { "written" };
    let text = format!(
        "{changes}{} {words}: {}, TUF root version {}\n",
        inert(&path.display().to_string()),
        root.digest(),
        updated.root_version
    );
    output.text(&text)?;
    Ok(Exit::Clean)
}

/// A name becomes a file's name.
fn checked_name(name: &str) -> Result<&str, Failure> {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(word) {
        return Ok(name);
    }
    Err(Failure::usage(
        "root-unknown",
        format!("`{name}` cannot name a trusted root"),
        "use letters, digits, - and _, such as sigstore-public-good",
    ))
}

/// `trust-roots/` beside the policy. The policy itself may be unusable: its root may be what is wrong with it.
fn trust_roots(source: &PolicySource) -> Result<PathBuf, Failure> {
    let location = match &source.policy {
        Some(path) => Location::at(path),
        None => locate(Path::new(".")),
    };
    let location =
        location.map_err(|error| Failure::usage(error.code.as_str(), error.message, error.help))?;
    Ok(location.file.parent().unwrap_or(Path::new(".")).join("trust-roots"))
}

fn repository(args: &UpdateArgs, name: &str) -> Result<Repository, Failure> {
    let root = match &args.root {
        Some(file) => Some(read_bounded(file, MAX_ROOT).map_err(|error| {
            Failure::usage(
                "file-unreadable",
                format!("{} cannot be read: {error}", file.display()),
                "give the TUF root metadata, such as 1.root.json",
            )
        })?),
        None => None,
    };
    if let (Some(file), Some(root)) = (&args.root, &root) {
        check_root(root).map_err(|error| {
            Failure::usage(
                "tuf-root-malformed",
                format!("{} is no TUF root metadata: {error}", file.display()),
                "give the TUF root metadata, such as 1.root.json",
            )
        })?;
    }
    if let Some(url) = &args.mirror {
        check_url(url).map_err(|error| {
            Failure::usage(
                "mirror-malformed",
                error.to_string(),
                "give the URL of a TUF repository: --mirror https://…",
            )
        })?;
    }
    let builtin = Repository::builtin(name);
    match (&args.mirror, root, builtin) {
        (Some(url), Some(root), _) => Ok(Repository { url: url.clone(), root }),
        (None, Some(root), Some(builtin)) => Ok(Repository { root, ..builtin }),
        (None, None, Some(builtin)) => Ok(builtin),
        _ => Err(Failure::usage(
            "root-unknown",
            format!("no TUF repository is known for `{name}`"),
            "add --mirror URL --root FILE, the repository and its root metadata",
        )),
    }
}

fn fetched(
    repository: &Repository,
    surroundings: &Surroundings<'_>,
    now: Timestamp,
) -> Result<Updated, Failure> {
    let environment = surroundings.environment;
    let directory =
        state::directory(environment)?.join("tuf").join(Digest::sha256(repository.url.as_bytes()).hex());
    let mut store = Store { files: state::read_files(&directory)? };
    let result = if surroundings.offline {
        fetch(OfflineTransport, repository, &mut store, now)
    } else {
        fetch(client::anonymous(environment)?, repository, &mut store, now)
    };
    // What was verified stays known even if a later step failed.
    state::write_files(&directory, &store.files)?;
    result.map_err(|error| refused(&error))
}

fn refused(error: &UpdateError) -> Failure {
    if error.is_refusal() {
        return Failure {
            exit: Exit::Failed,
            ..Failure::usage(
                "update-refused",
                format!("{error}; the trusted root stays as it was"),
                "do not work around it: ask whoever runs the TUF repository",
            )
        };
    }
    let help = if error.is_offline() { "run it without --offline" } else { "check the network and --mirror" };
    Failure::unverifiable("update-unreachable", format!("{error}; the trusted root stays as it was"), help)
}

fn current(path: &Path, name: &str) -> Option<TrustRoot> {
    let bytes = read_bounded(path, MAX_ROOT).ok()?;
    TrustRoot::parse(name, &bytes, RootSource::File { path: path.display().to_string(), fetched: None }).ok()
}

/// The root, then its description: one that does not match its root is an error of the policy, and a second run mends it.
fn write(path: &Path, updated: &Updated, repository: &Repository, now: Timestamp) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| {
        Failure::unverifiable(
            "root-not-written",
            format!("{} could not be written: {error}", path.display()),
            "check that trust-roots/ is writable and has room",
        )
    };
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let digest = Digest::sha256(&updated.trusted_root);
    let url = repository.url.replace(['"', '\\'], "");
    let about = format!(
        "source = \"{url}\"\nsha256 = \"{}\"\nfetched = {day}\nby = \"proofmark trust update\"\n",
        digest.hex()
    );
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(unwritable)?;
    }
    write_atomically(path, &updated.trusted_root, Readers::AsBefore).map_err(unwritable)?;
    write_atomically(&path.with_extension("toml"), about.as_bytes(), Readers::AsBefore).map_err(unwritable)
}
