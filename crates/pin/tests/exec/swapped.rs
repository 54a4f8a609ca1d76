//! What happens to the file between judging and running: the run is stopped there, for real.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use proofmark_core::Digest;

use crate::support::{Run, directory, lock_of, mode, refused, said, shell};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("swapped_by_its_name", swapped_by_its_name),
    ("swapped_by_a_link", swapped_by_a_link),
    ("removed", removed),
    ("rewritten_in_place", rewritten_in_place),
    ("touched", touched),
    ("open_for_writing", open_for_writing),
];

/// Says what runs: the bytes of the process itself, and those that have its name now.
const SELF: &str = r#"sha256sum </proc/$$/exe; sha256sum <"$0""#;

fn both(text: &str) -> (String, String) {
    let mut digests = text.lines().map(|line| line.split(' ').next().unwrap().to_owned());
    (digests.next().unwrap(), digests.next().unwrap())
}

fn digest(path: &Path) -> String {
    Digest::sha256(&fs::read(path).unwrap()).hex().to_owned()
}

/// Another program that would say the same.
fn other(dir: &Path) -> std::path::PathBuf {
    let other = shell(&dir.join("other"));
    let mut bytes = fs::read(&other).unwrap();
    bytes.extend_from_slice(b"swapped");
    fs::write(&other, bytes).unwrap();
    other
}

fn swapped_by_its_name() {
    for point in ["judged", "running"] {
        let dir = directory();
        let tool = shell(&dir.path().join("tool"));
        let (old, other) = (digest(&tool), other(dir.path()));
        let new = digest(&other);
        let run = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", SELF, tool.to_str().unwrap()]);
        let output = run.stopped(dir.path(), point, || fs::rename(&other, &tool).unwrap());
        assert_eq!(both(&said(&output, 0)), (old, new.clone()), "{point}: the old bytes ran");
        assert_eq!(digest(&tool), new, "{point}: the file is another one");
    }
}

fn swapped_by_a_link() {
    let dir = directory();
    let (tool, link) = (shell(&dir.path().join("tool")), dir.path().join("link"));
    let other = other(dir.path());
    symlink("tool", &link).unwrap();
    let run = Run::new(dir.path(), &lock_of(&tool), &link, &["-c", SELF, link.to_str().unwrap()]);
    let output = run.stopped(dir.path(), "running", || {
        symlink("other", dir.path().join("new")).unwrap();
        fs::rename(dir.path().join("new"), &link).unwrap();
    });
    assert_eq!(both(&said(&output, 0)), (digest(&tool), digest(&other)));
    // The next run judges what the link leads to now.
    let told = refused(&Run::new(dir.path(), &lock_of(&tool), &link, &[]).output());
    assert!(told.starts_with("digest-mismatch: "), "{told}");
}

fn removed() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let run = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", "echo old"]);
    let output = run.stopped(dir.path(), "judged", || fs::remove_file(&tool).unwrap());
    assert_eq!(said(&output, 0), "old\n");
}

/// Whoever may write to the file itself changes these bytes: the last look sees it.
fn rewritten_in_place() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let mut bytes = fs::read(&tool).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let before = fs::metadata(&tool).unwrap();
    let run = Run::new(dir.path(), &lock, &tool, &["-c", "echo ran"]);
    let output = run.stopped(dir.path(), "judged", || {
        fs::write(&tool, &bytes).unwrap();
        // As long as before, and as old: only ctime tells.
        let file = fs::File::options().write(true).open(&tool).unwrap();
        file.set_times(fs::FileTimes::new().set_modified(before.modified().unwrap())).unwrap();
    });
    let told = refused(&output);
    assert!(told.starts_with("digest-mismatch: ") && told.contains("changed in place"), "{told}");
}

/// What changes no byte costs a second hash, and no more.
fn touched() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let run = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", "echo ran"]);
    let output = run.stopped(dir.path(), "judged", || mode(&tool, 0o555));
    assert_eq!(said(&output, 0), "ran\n");
    let run = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", "echo ran"]);
    let at = dir.path().join("again");
    fs::create_dir(&at).unwrap();
    let output = run.stopped(&at, "judged", || mode(&tool, 0o777));
    assert!(refused(&output).contains("may be written to by everybody"));
}

/// execve(2), ETXTBSY: "The specified executable was open for writing by one or more processes." Linux 6.11 to 6.12 alone let it run.
fn open_for_writing() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let held = fs::File::options().append(true).open(&tool).unwrap();
    let output = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", "echo ran"]).output();
    drop(held);
    if output.status.code() == Some(100) {
        let told = refused(&output);
        assert!(told.contains("another process has it open for writing"), "{told}");
    } else {
        assert_eq!(said(&output, 0), "ran\n");
    }
}
