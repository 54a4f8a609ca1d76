//! What needs root to be set up: other owners, groups and mounts. For whoever else runs the tests there are none of these.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, lchown, symlink};
use std::path::Path;
use std::process::Command;

use proofmark_core::Reason;
use proofmark_pin::exec::{Cache, Refusal};

use crate::support::{Run, directory, lock_of, mode, plain, program, refused, said, shell, user};

/// A user and a group that are not root's.
const OTHER: u32 = 1;

/// The tests of this user: `.ci/run` counts those of root, so that none is passed over there.
pub(crate) fn tests() -> &'static [(&'static str, fn())] {
    if user() == 0 { TESTS } else { &[] }
}

const TESTS: &[(&str, fn())] = &[
    ("root_another_owner", another_owner),
    ("root_setgid_is_kept", setgid_is_kept),
    ("root_bind_mount", bind_mount),
    ("root_noexec", noexec),
    ("root_a_cache_of_another_user", a_cache_of_another_user),
];

fn another_owner() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let link = dir.path().join("link");
    symlink("tool", &link).unwrap();
    plain(&lock, &link).unwrap();
    lchown(&link, Some(OTHER), None).unwrap();
    let refusal = plain(&lock, &link).unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Owner { path, owner: OTHER, .. } if path.ends_with("link")),
        "{refusal}"
    );
    plain(&lock, &tool).unwrap();
    chown(&tool, Some(OTHER), None).unwrap();
    let refusal = plain(&lock, &tool).unwrap_err();
    assert!(matches!(&refusal, Refusal::Owner { path, .. } if path.ends_with("tool")), "{refusal}");
    assert_eq!(refusal.reason(), Reason::Condition);
    chown(&tool, Some(0), None).unwrap();
    chown(dir.path(), Some(OTHER), None).unwrap();
    assert!(matches!(plain(&lock, &tool), Err(Refusal::Owner { .. })));
    // In a sticky directory its owner can still replace what is in it.
    mode(dir.path(), 0o1777);
    assert!(matches!(plain(&lock, &tool), Err(Refusal::Owner { .. })));
}

/// `op` is setgid, and must be: its desktop application asks for it.
fn setgid_is_kept() {
    let dir = directory();
    let tool = program("/usr/bin/id", &dir.path().join("tool"));
    chown(&tool, None, Some(OTHER)).unwrap();
    mode(&tool, 0o2755);
    let run = || Run::new(dir.path(), &lock_of(&tool), &tool, &["-g"]);
    assert_eq!(said(&run().output(), 0), format!("{OTHER}\n"));
    assert_eq!(fs::metadata(&tool).unwrap().mode() & 0o7777, 0o2755);
    mode(&tool, 0o755);
    assert_eq!(said(&run().output(), 0), "0\n");
}

/// This program in a mount namespace of its own, after a command of the shell.
fn mounted(prepare: &str, run: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-ec"]);
    command.arg(format!("{prepare}; exec \"$0\" \"$@\"")).arg(run).args(arguments);
    command.env(crate::support::CHILD, "1").output().unwrap()
}

/// Another file that is mounted over the path is another file.
fn bind_mount() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = dir.path().join("proofmark.lock");
    fs::write(&lock, lock_of(&tool).to_text()).unwrap();
    let other = program("/bin/false", &dir.path().join("other"));
    fs::create_dir(dir.path().join("elsewhere")).unwrap();
    let own = std::env::current_exe().unwrap();
    let (lock, tool, other) = (lock.to_str().unwrap(), tool.to_str().unwrap(), other.to_str().unwrap());
    let elsewhere = dir.path().join("elsewhere");
    let elsewhere = elsewhere.to_str().unwrap();
    let arguments = [lock, tool, "-", "-c", "echo ran"];
    assert_eq!(said(&mounted("true", &own, &arguments), 0), "ran\n");
    let told = refused(&mounted(&format!("mount --bind {other} {tool}"), &own, &arguments));
    assert!(told.starts_with("digest-mismatch: "), "{told}");
    // The same directory under another name is the same directory; and one that others may write to is that under every name.
    let through = format!("{elsewhere}/tool");
    let arguments = [lock, through.as_str(), "-", "-c", "echo ran"];
    let mount = format!("mount --bind {} {elsewhere}", dir.path().display());
    assert_eq!(said(&mounted(&mount, &own, &arguments), 0), "ran\n");
    let told = refused(&mounted(
        &format!("{mount}; mount -t tmpfs -o mode=777 none {elsewhere}; cp {tool} {through}"),
        &own,
        &arguments,
    ));
    assert!(told.contains("may be written to by everybody"), "{told}");
}

fn noexec() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = dir.path().join("proofmark.lock");
    fs::write(&lock, lock_of(&tool).to_text()).unwrap();
    fs::create_dir(dir.path().join("mounted")).unwrap();
    let (mounted_at, own) = (dir.path().join("mounted"), std::env::current_exe().unwrap());
    let (at, tool) = (mounted_at.to_str().unwrap(), tool.to_str().unwrap());
    let prepare = format!("mount -t tmpfs -o noexec,mode=755 none {at}; cp -p {tool} {at}/tool");
    let there = format!("{at}/tool");
    let told = refused(&mounted(&prepare, &own, &[lock.to_str().unwrap(), &there, "-", "-c", "echo ran"]));
    assert!(told.starts_with("unreachable: ") && told.contains("is mounted noexec"), "{told}");
}

/// Root believes no record that an ordinary user could have written.
fn a_cache_of_another_user() {
    let dir = directory();
    let cache = dir.path().join("cache");
    Cache::open(&cache, 0).unwrap();
    chown(&cache, Some(OTHER), None).unwrap();
    assert!(matches!(Cache::open(&cache, 0), Err(Refusal::Owner { owner: OTHER, .. })));
}
