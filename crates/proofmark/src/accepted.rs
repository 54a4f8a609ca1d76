//! Policies that the user has accepted, by path and digest: a clone that was just made must not judge itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_core::Digest;
use proofmark_policy::{How, Policy};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::files::{Readers, read_bounded, write_atomically};
use crate::state;

/// Bytes of the list.
const MAX_LIST: u64 = 4 * 1024 * 1024;

/// verdicts.md 1: a policy found in a repository is used only after its digest was accepted once, unless `--policy` or CI.
pub(crate) fn required(policy: &Policy, environment: &Environment) -> Result<(), Failure> {
    if policy.found != How::Nearest || environment.ci || is_accepted(policy, environment)? {
        return Ok(());
    }
    let path = policy.path_display();
    Err(Failure::usage(
        "policy-not-accepted",
        format!("{path} ({}) was not accepted on this machine as it stands now", policy.digest),
        "read it, then: proofmark policy trust; or name it with --policy",
    ))
}

/// Whether this policy was accepted with the content that it has now.
pub(crate) fn is_accepted(policy: &Policy, environment: &Environment) -> Result<bool, Failure> {
    let list = read(&list_path(environment)?)?;
    Ok(list.get(&key(policy)?) == Some(&policy.digest.to_string()))
}

/// As [`required`], for the lock beside the policy: it says what runs, and the policy's digest does not cover it.
pub(crate) fn lock_required(
    policy: &Policy,
    lock: &Path,
    bytes: &[u8],
    environment: &Environment,
) -> Result<(), Failure> {
    if policy.found != How::Nearest || environment.ci {
        return Ok(());
    }
    let digest = Digest::sha256(bytes).to_string();
    if read(&list_path(environment)?)?.get(&real(lock)?) == Some(&digest) {
        return Ok(());
    }
    let path = lock.display();
    Err(Failure::usage(
        "policy-not-accepted",
        format!("{path} ({digest}) was not accepted on this machine as it stands now"),
        "read what changed, then: proofmark policy trust; or name the policy with --policy",
    ))
}

/// Accepts this policy with the content that it has now, and the lock beside it, whose path and digest are returned.
pub(crate) fn accept(
    policy: &Policy,
    environment: &Environment,
) -> Result<Option<(PathBuf, Digest)>, Failure> {
    let path = list_path(environment)?;
    let mut list = read(&path)?;
    list.insert(key(policy)?, policy.digest.to_string());
    let lock = policy.path.parent().unwrap_or(Path::new("")).join(proofmark_lock::FILE_NAME);
    let mut with = None;
    if let Ok(bytes) = read_bounded(&lock, proofmark_lock::MAX_LOCK as u64) {
        let digest = Digest::sha256(&bytes);
        list.insert(real(&lock)?, digest.to_string());
        with = Some((lock, digest));
    }
    write(&path, &list)?;
    Ok(with)
}

/// The lock that the user has just had written is accepted if its policy is, and what it was before: it holds what they asked for, and
/// nothing else. One that came with somebody else's changes stays as it is.
pub(crate) fn lock_written(
    policy: &Policy,
    lock: &Path,
    (before, after): (Option<&str>, &str),
    environment: &Environment,
) -> Result<(), Failure> {
    if policy.found != How::Nearest || environment.ci {
        return Ok(());
    }
    let path = list_path(environment)?;
    let mut list = read(&path)?;
    let digest = |text: &str| Digest::sha256(text.as_bytes()).to_string();
    let lock = real(lock)?;
    let own = list.get(&key(policy)?) == Some(&policy.digest.to_string())
        && before.is_none_or(|before| list.get(&lock) == Some(&digest(before)));
    if !own {
        return Ok(());
    }
    list.insert(lock, digest(after));
    write(&path, &list)
}

fn write(path: &Path, list: &BTreeMap<String, String>) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(list).map_err(|error| state::unusable(path, &error.to_string()))? + "\n";
    let directory = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(directory).map_err(|error| state::unusable(path, &error.to_string()))?;
    write_atomically(path, text.as_bytes(), Readers::Owner)
        .map_err(|error| state::unusable(path, &error.to_string()))
}

fn list_path(environment: &Environment) -> Result<PathBuf, Failure> {
    Ok(state::directory(environment)?.join("accepted-policies.json"))
}

fn key(policy: &Policy) -> Result<String, Failure> {
    real(&policy.path)
}

/// A path without links, so that one file has one entry.
fn real(path: &Path) -> Result<String, Failure> {
    let real = std::fs::canonicalize(path).map_err(|error| {
        Failure::usage(
            "policy-not-found",
            format!("{}: {error}", path.display()),
            "name a policy file with --policy",
        )
    })?;
    Ok(real.display().to_string())
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let bytes = match read_bounded(path, MAX_LIST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(state::unusable(path, &error.to_string())),
    };
    serde_json::from_slice(&bytes).map_err(|error| state::unusable(path, &format!("it is damaged: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_list_is_empty_and_a_damaged_one_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("accepted-policies.json");
        assert!(read(&path).unwrap().is_empty());
        write_atomically(&path, b"{\"a\": ", Readers::Owner).unwrap();
        assert_eq!(read(&path).unwrap_err().code, "state-unusable");
    }
}
