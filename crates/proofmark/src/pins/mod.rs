//! The lock beside the policy, and the executables that it is about.

mod ask;
mod embedded;
mod executable;
mod folder;
mod groups;
mod network;
mod open_to;
mod recipes;

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use proofmark_core::Platform;
use proofmark_engine::Locked;
use proofmark_lock::{FILE_NAME, Lock, LockFailure, MAX_LOCK};
use proofmark_policy::{How, Policy};
use proofmark_report::ReportError;

use crate::cli::PolicySource;
use crate::failure::{Failure, page};
use crate::files::{open_file, read_all};
use crate::git::Revision;
use crate::paths::plain;
use crate::revision;

pub(crate) use embedded::embedded;
pub(crate) use executable::{executables, first_on_path, is_executable};
pub(crate) use folder::Folder;
pub(crate) use network::Network;
pub(crate) use open_to::others;
pub(crate) use recipes::{known, recipe};

/// The lock beside a policy, read; `None`: there is none. That of a revision is the working tree's: a request changes the lock, and
/// the policy of the revision judges it.
pub(crate) fn locked(
    policy: &Policy,
    revision: Option<&Revision>,
    start: &Path,
    source: &PolicySource,
) -> Result<Option<Locked>, Failure> {
    if policy.found == How::Machine {
        return Ok(None);
    }
    let path = match revision {
        Some(revision) => shown(&revision::directory(revision, start, source)?.join(FILE_NAME)),
        None => path_beside(policy),
    };
    let file = plain(&path);
    let bytes = match open_file(&path).and_then(|file| read_all(file, MAX_LOCK as u64)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && !is_link(&path) => return Ok(None),
        Err(error) => {
            return Err(Failure::unverifiable(
                "lock-unreadable",
                format!("{file} cannot be read: {error}"),
                "make it a regular file that you may read",
            ));
        }
    };
    let lock = Lock::parse(&bytes, &file);
    Ok(Some(Locked { text: String::from_utf8_lossy(&bytes).into_owned(), file, lock }))
}

/// A link that leads nowhere is a lock that got lost, and not one that was never there.
fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

/// Where the lock of a policy on disk is.
pub(crate) fn path_beside(policy: &Policy) -> PathBuf {
    policy.path.parent().unwrap_or(Path::new("")).join(FILE_NAME)
}

/// Below the working directory a path is shown from there.
fn shown(path: &Path) -> PathBuf {
    let here = std::path::absolute(".").and_then(std::fs::canonicalize).ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_owned()
}

/// The lock, for commands that cannot do without.
pub(crate) fn required(locked: Option<Locked>, policy: &Policy) -> Result<Lock, Failure> {
    let Some(locked) = locked else {
        return Err(Failure::usage(
            "lock-not-found",
            format!("there is no {FILE_NAME} beside {}", policy.path_display()),
            "pin something first: proofmark pin add TOOL, or proofmark pin import FILE",
        ));
    };
    locked.lock.map_err(|failure| broken(&locked.file, &failure))
}

/// Every error of a lock at once, each with its line.
pub(crate) fn broken(file: &str, failure: &LockFailure) -> Failure {
    let mut picture = String::new();
    for error in &failure.errors {
        let (origin, code) = (&error.origin, error.code.as_str());
        // Writing to a String cannot fail.
        let _ = writeln!(picture, "{origin}: [{code}] {}\n  help: {}", error.message, error.help);
    }
    let errors = failure.errors.iter().map(|error| ReportError {
        code: error.code.as_str().to_owned(),
        message: error.message.clone(),
        help: error.help.clone(),
        see: page(error.code.as_str()),
        location: Some(error.origin.clone()),
    });
    Failure::usage(
        "lock-invalid",
        format!("{file}: {failure}"),
        "mend every line shown; of a merge, take one side whole",
    )
    .with_picture(picture)
    .with_errors(errors.collect())
}

/// The platform of this program, whose executables can be asked for their version.
pub(crate) fn host() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let os = if std::env::consts::OS == "macos" { "darwin" } else { std::env::consts::OS };
    Platform { os: os.to_owned(), architecture: architecture.to_owned(), ..Platform::default() }
}
