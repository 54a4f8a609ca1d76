//! The lock of a file in `allowlists/envrc.toml`, and what approving the file would make of it.

use std::path::{Path, PathBuf};

use proofmark_envrc::Limits;
use proofmark_envrc::closure::{Closure, closure_of, compare};
use proofmark_policy::{EnvrcMember, LockError, NewClosure, write_closure};

use super::judge::Judge;
use crate::cli::EnvrcAllowArgs;
use crate::direnv::Target;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::files::{Readers, open_file, read_all, write_atomically};
use crate::ground::DiskGround;
use crate::policy_source::broken;

/// Bytes of the list.
const MAX_LIST: u64 = 8 << 20;
/// Changes that are told.
const MAX_TOLD: usize = 10;

/// What is written.
pub(super) struct LockChange {
    path: PathBuf,
    before: String,
    after: String,
    /// What differs from the lock that stands there.
    told: Vec<String>,
}

impl LockChange {
    /// None where nothing is locked and nothing is to be.
    pub(super) fn of<'a>(
        args: &EnvrcAllowArgs,
        target: &Target,
        bytes: &[u8],
        judge: &Judge,
        ground: &dyn Fn() -> DiskGround<'a>,
        environment: &Environment,
    ) -> Result<Option<Self>, Failure> {
        let locked = judge.locks.for_file(&target.path);
        if locked.is_empty() && !args.lock {
            return Ok(None);
        }
        let place = judge.policy.as_ref().zip(judge.locks.root()).zip(judge.locks.key(&target.path));
        let Some(((policy, root), key)) = place else {
            let message = format!("{} lies in the tree of no policy, and so cannot be locked", target.shown);
            return Err(Failure::usage(
                "lock-not-written",
                message,
                "write a policy: proofmark init; or leave --lock out",
            ));
        };
        let closure = closure_of(target.name(), bytes, &ground().in_repository(root), &Limits::default());
        if let Some(member) = closure.unheld.first() {
            let message =
                format!("{}, which {} loads, cannot be locked: {}", member.path, target.shown, member.why);
            return Err(Failure::unverifiable(
                "closure-unread",
                message,
                "make it a readable file, or do not load it",
            ));
        }
        let path = policy.path.parent().unwrap_or(Path::new(".")).join("allowlists/envrc.toml");
        let before = text_of(&path)?;
        let row = NewClosure { file: key, members: rows(&closure), by: who(args, environment)? };
        let after = write_closure(&path.display().to_string(), &before, &row)
            .map_err(|error| failed(&path, error))?;
        let compared = locked.iter().map(|lock| compare(&lock.members, &closure.members));
        let changes = compared.min_by_key(Vec::len).unwrap_or_default();
        let mut told: Vec<String> = changes
            .iter()
            .take(MAX_TOLD)
            .map(|(member, change)| format!("since it was locked: {} {}", member.path, change.words()))
            .collect();
        told.extend(closure.open.iter().map(|open| format!("not in the lock: {open}")));
        Ok(Some(Self { path, before, after, told }))
    }

    /// For the reader.
    pub(super) fn told(&self) -> Vec<String> {
        let mut notes = self.told.clone();
        if self.after != self.before {
            notes.push(format!("the lock in {} will be written", self.path.display()));
        }
        notes
    }

    /// Writes it; nothing where it is as it was.
    pub(super) fn write(&self) -> Result<Option<String>, Failure> {
        if self.after == self.before {
            return Ok(None);
        }
        let failed = |error: std::io::Error| not_written(&self.path, &error.to_string());
        std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
        if text_of(&self.path)? != self.before {
            return Err(not_written(&self.path, "it was changed meanwhile"));
        }
        write_atomically(&self.path, self.after.as_bytes(), Readers::AsBefore).map_err(failed)?;
        Ok(Some(format!("wrote the lock in {}: commit it", self.path.display())))
    }
}

fn rows(closure: &Closure) -> Vec<EnvrcMember> {
    let row = |member: &proofmark_envrc::closure::Member| EnvrcMember {
        path: member.path.clone(),
        kind: member.kind.as_str().to_owned(),
        content: member.content.to_string(),
    };
    closure.members.iter().map(row).collect()
}

fn who(args: &EnvrcAllowArgs, environment: &Environment) -> Result<String, Failure> {
    args.by
        .clone()
        .or_else(|| environment.user.clone())
        .ok_or_else(|| Failure::usage("usage", "nobody is named who locks it", "say who: --by NAME"))
}

/// The list as it stands; one that is not there is empty.
fn text_of(path: &Path) -> Result<String, Failure> {
    let bytes = match open_file(path).and_then(|file| read_all(file, MAX_LIST)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(not_written(path, &error.to_string())),
    };
    String::from_utf8(bytes).map_err(|_| not_written(path, "it is no UTF-8"))
}

fn not_written(path: &Path, why: &str) -> Failure {
    let message = format!("the lock was not written to {}: {why}", path.display());
    Failure::unverifiable("lock-not-written", message, "check the file and the permissions of its folder")
}

fn failed(path: &Path, error: LockError) -> Failure {
    match error {
        LockError::Invalid(failure) => broken(&failure),
        other => Failure::usage(
            "lock-not-written",
            format!("the lock was not written to {}: {other}", path.display()),
            "mend it by hand, or approve without --lock",
        ),
    }
}
