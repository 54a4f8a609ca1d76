//! The machine's policy: where there is one it is evaluated too, and the worse verdict wins (verdicts.md 1).

use std::io::ErrorKind;
use std::path::Path;

use proofmark_policy::{Code, FILE_NAME, How, Location, Policy};

use crate::failure::Failure;

/// The policy in the machine's directory, if there is one. Whatever stands there counts: what cannot be read must fail, and
/// not be passed over.
pub(crate) fn location(directory: &Path) -> Result<Option<Location>, Failure> {
    let file = directory.join(FILE_NAME);
    let there = Location { file: file.clone(), how: How::Machine, tree_root: None };
    match std::fs::symlink_metadata(&file) {
        Ok(_) => Ok(Some(there)),
        Err(error) if error.kind() == ErrorKind::NotFound => absent(directory).map(|()| None),
        Err(error) => Err(unreadable(&file, &error.to_string())),
    }
}

/// A directory without a policy, or none, is no policy of the machine; a link that leads nowhere is one that got lost.
fn absent(directory: &Path) -> Result<(), Failure> {
    let is_link = std::fs::symlink_metadata(directory).is_ok_and(|meta| meta.is_symlink());
    match std::fs::metadata(directory) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound && !is_link => Ok(()),
        Err(error) if is_link => Err(unreadable(directory, &format!("the link leads nowhere: {error}"))),
        Err(error) => Err(unreadable(directory, &error.to_string())),
    }
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure::usage(
        "unreadable",
        format!("the machine's policy {} cannot be read: {why}", path.display()),
        format!("ask whoever runs this machine: mend {}, or remove it", path.display()),
    )
}

/// The policies in effect, the user's first. The machine's is enough alone where none was named or found.
pub(crate) fn beside(
    user: Result<Policy, Failure>,
    named: bool,
    machine: Option<Policy>,
) -> Result<Vec<Policy>, Failure> {
    match (user, machine) {
        (Ok(user), machine) => Ok(std::iter::once(user).chain(machine).collect()),
        (Err(failure), Some(machine)) if !named && failure.code == Code::NotFound.as_str() => {
            Ok(vec![machine])
        }
        (Err(failure), _) => Err(failure),
    }
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "a directory that stands for the machine's")]
mod tests {
    use std::os::unix::fs::symlink;

    use proofmark_core::Timestamp;
    use proofmark_policy::{LoadOptions, MemoryFiles, OwnerRule};

    use super::*;

    #[test]
    fn what_stands_there_counts() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("proofmark");
        assert_eq!(location(&place), Ok(None), "no directory");
        symlink("nowhere", &place).unwrap();
        let failure = location(&place).unwrap_err();
        assert_eq!((failure.code, failure.exit.code()), ("unreadable", 2), "a link that leads nowhere");
        std::fs::remove_file(&place).unwrap();
        std::fs::write(&place, "").unwrap();
        assert_eq!(location(&place).unwrap_err().code, "unreadable", "a file");
        std::fs::remove_file(&place).unwrap();
        std::fs::create_dir(&place).unwrap();
        assert_eq!(location(&place), Ok(None), "no policy in it");
        symlink("nowhere", place.join(FILE_NAME)).unwrap();
        let found = location(&place).unwrap().unwrap();
        assert_eq!((found.how, found.file), (How::Machine, place.join(FILE_NAME)), "loading refuses it");
    }

    fn policy(how: How) -> Policy {
        let files = MemoryFiles([(FILE_NAME.to_owned(), b"version = 1\n".to_vec())].into());
        let options = LoadOptions {
            now: Timestamp::UNIX_EPOCH,
            owner_rule: OwnerRule::Any,
            display_base: None,
            ca_check: &|pem| proofmark_net::CaBundle::from_pem(pem).map(drop),
            key_check: &proofmark_image::key_facts,
            vendor_check: &|_, _| Err("no vendor signs here".to_owned()),
            root_check: &|name, bytes| proofmark_image::root_facts(name, bytes, Timestamp::UNIX_EPOCH),
            exception_rules: &[],
        };
        Policy::load_from(&files, FILE_NAME, how, &options).unwrap()
    }

    #[test]
    fn the_machine_alone_is_enough_where_nothing_was_named() {
        let found = |policies: Result<Vec<Policy>, Failure>| {
            policies.map(|all| all.into_iter().map(|policy| policy.found).collect::<Vec<How>>())
        };
        let none = || Err(Failure::usage("policy-not-found", "none", ""));
        let broken = || Err(Failure::usage("policy-invalid", "broken", ""));
        let machine = || Some(policy(How::Machine));
        assert_eq!(found(beside(none(), false, machine())), Ok(vec![How::Machine]));
        assert_eq!(
            found(beside(Ok(policy(How::Nearest)), false, machine())),
            Ok(vec![How::Nearest, How::Machine])
        );
        assert_eq!(found(beside(Ok(policy(How::Nearest)), false, None)), Ok(vec![How::Nearest]));
        assert_eq!(found(beside(none(), true, machine())).unwrap_err().code, "policy-not-found");
        assert_eq!(found(beside(none(), false, None)).unwrap_err().code, "policy-not-found");
        assert_eq!(found(beside(broken(), false, machine())).unwrap_err().code, "policy-invalid");
    }
}
