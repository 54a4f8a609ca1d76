//! From a pin to an executable under its name.

use proofmark_core::Digest;
use proofmark_lock::Pin;
use proofmark_pin::{InstallError, Installed, install};

use crate::world::{Asked, Call, Folder, Net, OP, linux, now, op, op_zip};
use crate::{ZipEntry, fixture, zip};

fn pin() -> Pin {
    let mut net = Net::default().with(OP, op_zip(&fixture("good.sig")));
    Call::of("op").run(&Asked::signed(), &mut net, &Folder::new()).unwrap().pin
}

fn run(pin: &Pin, archive: &[u8], folder: &Folder) -> (Result<Installed, InstallError>, usize) {
    let mut net = Net::default().with(OP, archive);
    let ask = ["--version".to_owned()];
    let done = Asked::signed().with("op", |demand| {
        let group = Some("onepassword-cli");
        install(
            pin,
            std::slice::from_ref(demand),
            (&mut net, &folder),
            (group, Some(&ask[..])),
            Some(&linux()),
            now(),
        )
    });
    (done, net.asked.len())
}

#[test]
fn the_pinned_executable_gets_its_name_and_mode() {
    let folder = Folder { root: true, ..Folder::new() };
    let (done, _) = run(&pin(), &op_zip(&fixture("good.sig")), &folder);
    let Ok(Installed::Placed { evidence, .. }) = done else { panic!("{done:?}") };
    assert_eq!(evidence.iter().map(|one| one.kind).collect::<Vec<_>>(), ["signature", "version"]);
    assert_eq!(folder.files.borrow()["op"], (op(), 0o2755));
    // A second time nothing is asked of anybody.
    let (done, asked) = run(&pin(), b"", &folder);
    assert!(matches!(done, Ok(Installed::Present)) && asked == 0, "{done:?}");
    // Changed bytes, and another mode, are mended.
    for change in [(b"poisoned".to_vec(), 0o2755), (op(), 0o755)] {
        folder.files.borrow_mut().insert("op".to_owned(), change);
        let (done, _) = run(&pin(), &op_zip(&fixture("good.sig")), &folder);
        assert!(matches!(done, Ok(Installed::Placed { .. })), "{done:?}");
        assert_eq!(folder.files.borrow()["op"], (op(), 0o2755));
    }
}

/// Whatever is wrong: what has the name has it still, and nothing is run before it was verified.
#[test]
fn what_is_wrong_gets_no_name() {
    let good = op_zip(&fixture("good.sig"));
    let other = zip(&[ZipEntry::stored("op", b"poisoned"), ZipEntry::stored("op.sig", &fixture("good.sig"))]);
    let mut poisoned = pin();
    poisoned.sha256 = Digest::sha256(&other);
    let mut relocked = poisoned.clone();
    relocked.executable.as_mut().unwrap().sha256 = Digest::sha256(b"poisoned");
    relocked.executable.as_mut().unwrap().size = 8;
    let old = Pin { version: "2.18.0".to_owned(), ..pin() };
    let member = Pin { member: Some("bin/op".to_owned()), ..pin() };
    let rows: [(&str, Pin, &[u8]); 5] = [
        ("another download", pin(), &other),
        ("another executable in the pinned archive", poisoned, &other),
        ("a lock that pins the poisoned one with the old signature", relocked, &other),
        ("a version that may not be pinned", old, &good),
        ("no such member", member, &good),
    ];
    for (what, pin, archive) in rows {
        let folder = Folder::new();
        folder.files.borrow_mut().insert("op".to_owned(), (b"before".to_vec(), 0o755));
        let (done, _) = run(&pin, archive, &folder);
        assert!(done.is_err(), "{what}: {done:?}");
        assert_eq!(folder.files.borrow()["op"].0, b"before", "{what}");
        assert_eq!(folder.asked.get(), 0, "{what}");
    }
    let folder = Folder { says: "2.18.0", ..Folder::new() };
    let (done, _) = run(&pin(), &good, &folder);
    assert!(
        matches!(done, Err(InstallError::Refused { .. })) && folder.files.borrow().is_empty(),
        "{done:?}"
    );
    let folder = Folder { full: true, ..Folder::new() };
    let (done, _) = run(&pin(), &good, &folder);
    assert!(matches!(done, Err(InstallError::Target(_))), "{done:?}");
}

/// The hash is judged before the archive is looked into.
#[test]
fn another_download_is_not_unpacked() {
    let (done, _) = run(&pin(), b"no archive at all", &Folder::new());
    assert!(matches!(done, Err(InstallError::Mismatch { .. })), "{done:?}");
}

/// Of several policies each must accept it; without any, none does.
#[test]
fn every_policy_has_its_say() {
    let good = op_zip(&fixture("good.sig"));
    let run = |with_other: bool, with_own: bool| {
        let folder = Folder::new();
        let mut net = Net::default().with(OP, good.clone());
        let other = Asked { keys: Vec::new(), ..Asked::signed() };
        let done = Asked::signed().with("op", |own| {
            other.with("op", |other| {
                let both = [(own, with_own), (other, with_other)];
                let asked: Vec<_> =
                    both.into_iter().filter(|(_, with)| *with).map(|(one, _)| one.clone()).collect();
                install(&pin(), &asked, (&mut net, &&folder), (None, None), None, now())
            })
        });
        (done.is_ok(), folder.files.borrow().len())
    };
    assert_eq!(run(false, true), (true, 1));
    assert_eq!(run(true, true), (false, 0));
    assert_eq!(run(false, false), (false, 0));
}

/// One that a list alone pinned: its archive says what it is.
#[test]
fn a_pin_whose_executable_was_not_looked_at() {
    let pin = Pin { executable: None, ..pin() };
    let folder = Folder::new();
    let (done, _) = run(&pin, &op_zip(&fixture("good.sig")), &folder);
    assert!(matches!(done, Ok(Installed::Placed { .. })), "{done:?}");
    assert_eq!(folder.files.borrow()["op"], (op(), 0o755), "without root there is no setgid");
}
