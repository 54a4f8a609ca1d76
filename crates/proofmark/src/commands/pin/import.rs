//! `proofmark pin import`: pins from the lists of other tools.

use std::fmt::Write as _;
use std::path::Path;

use jiff::tz::TimeZone;
use proofmark_core::Clock as _;
use proofmark_core::display::safe;
use proofmark_engine::Exit;
use proofmark_lock::Lock;
use proofmark_pin::{ImportError, ImportOptions, Imported, MAX_LIST};

use crate::cli::PinImportArgs;
use crate::commands::verify::Surroundings;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::files::{Readers, open_file, read_all, write_atomically};
use crate::output::Output;
use crate::paths::plain;
use crate::{pins, policy_source};

/// Entries of which it is told that they make no pin.
const MAX_TOLD: usize = 5;

/// Imports, and says what.
pub(crate) fn import(
    args: &PinImportArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    policy_source::on_disk(&args.policy)?;
    let now = SystemClock.now();
    let policy = policy_source::required(&args.policy, now)?;
    let path = pins::path_beside(&policy);
    let (lock, before) = match pins::locked(&policy, None, Path::new("."), &args.policy)? {
        None => (Lock::default(), None),
        Some(locked) => {
            let text = locked.text.clone();
            (pins::required(Some(locked), &policy)?, Some(text))
        }
    };
    let file = plain(&args.file);
    let bytes = open_file(&args.file).and_then(|file| read_all(file, MAX_LIST)).map_err(|error| {
        Failure::usage(
            "file-unreadable",
            format!("{file} cannot be read: {error}"),
            "name a file that you may read",
        )
    })?;
    let imported = proofmark_pin::import(&lock, &bytes, &options(args, file, surroundings, now))
        .map_err(|error| refused(&error))?;
    let text = imported.lock.to_text();
    if !args.dry_run && before.as_ref() != Some(&text) {
        write_atomically(&path, text.as_bytes(), Readers::AsBefore).map_err(|error| {
            Failure::unverifiable(
                "lock-not-written",
                format!("{} cannot be written: {error}", plain(&path)),
                "make its folder writable, or run this where the policy is yours",
            )
        })?;
    }
    output.text(&told(&imported, &plain(&path), args.dry_run))?;
    Ok(Exit::Clean)
}

fn options(
    args: &PinImportArgs,
    file: String,
    surroundings: &Surroundings<'_>,
    now: proofmark_core::Timestamp,
) -> ImportOptions {
    let user = || surroundings.environment.user.clone().unwrap_or_else(|| "unknown".to_owned());
    ImportOptions {
        file,
        tool: args.tool.clone(),
        version: args.tool_version.clone(),
        url: args.url.clone(),
        only: args.only.clone(),
        operator: args.operator.clone(),
        replace: args.replace,
        added: now.to_zoned(TimeZone::UTC).date(),
        by: args.by.clone().unwrap_or_else(user),
    }
}

fn refused(error: &ImportError) -> Failure {
    match error {
        ImportError::Differs(differences) => {
            let mut picture = String::new();
            for one in differences {
                let _ = writeln!(picture, "{}", one.name);
                let _ = writeln!(picture, "  pinned  {}", one.pinned.hex());
                let _ = writeln!(picture, "  listed  {}", one.listed.hex());
            }
            let help = "find out which is right: a release whose file was replaced is how tools are poisoned; then --replace";
            let failure = Failure::usage("pin-import-differs", error.to_string(), help).with_picture(picture);
            Failure { exit: Exit::Failed, ..failure }
        }
        ImportError::Nothing { skipped } => {
            let mut picture = String::new();
            for why in skipped.iter().take(MAX_TOLD) {
                let _ = writeln!(picture, "{why}");
            }
            Failure::usage(
                "pin-import-nothing",
                error.to_string(),
                "proofmark pin import --help lists what may be said beside it",
            )
            .with_picture(picture)
        }
        ImportError::Invalid(failure) => pins::broken("what would be written", failure),
        other => Failure::usage(
            "pin-import-unreadable",
            other.to_string(),
            "give it aqua-checksums.json, mise.lock, or lines as sha256sum writes them",
        ),
    }
}

fn told(imported: &Imported, path: &str, dry_run: bool) -> String {
    let mut out = String::new();
    for (word, names) in
        [("pinned", &imported.added), ("replaced", &imported.replaced), ("confirmed", &imported.same)]
    {
        for name in names {
            let _ = writeln!(out, "{word}  {}", safe(name));
        }
    }
    for why in imported.skipped.iter().take(MAX_TOLD) {
        let _ = writeln!(out, "left out  {}", safe(why));
    }
    if imported.skipped.len() > MAX_TOLD {
        let _ = writeln!(out, "left out  {} more", imported.skipped.len() - MAX_TOLD);
    }
    let what = if dry_run { "would be written" } else { "holds them" };
    let fresh = imported.added.len() + imported.replaced.len();
    let _ = writeln!(out, "{} {what}", safe(path));
    if fresh > 0 {
        let _ = writeln!(
            out,
            "{fresh} of them were taken from a list alone: nobody looked at the executables or for signatures yet"
        );
    }
    out
}
