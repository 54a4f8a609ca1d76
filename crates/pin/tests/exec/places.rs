//! What lies on the way to a file, and what it is.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;

use proofmark_core::Reason;
use proofmark_lock::Pin;
use proofmark_pin::exec::{Cause, Denied, Kind, Question, Refusal, admit, in_directory, on_path, select};

use crate::support::{Asked, ask, denied, directory, host, lock_of, mode, pin, plain, program, shell};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_pinned_file_may_run", a_pinned_file_may_run),
    ("writable_file", writable_file),
    ("writable_parent", writable_parent),
    ("sticky_parent", sticky_parent),
    ("links_are_followed_and_judged", links_are_followed_and_judged),
    ("links_in_a_ring", links_in_a_ring),
    ("hard_link", hard_link),
    ("missing_execute_permission", missing_execute_permission),
    ("setuid", setuid),
    ("no_regular_file", no_regular_file),
    ("scripts_and_other_files", scripts_and_other_files),
    ("not_there_or_not_readable", not_there_or_not_readable),
    ("another_file_names_both_hashes", another_file_names_both_hashes),
    ("likely_causes", likely_causes),
    ("two_pins_of_one_length", two_pins_of_one_length),
    ("more_than_the_policy_lets", more_than_the_policy_lets),
    ("every_policy_is_asked_and_none_is_no_answer", every_policy_is_asked_and_none_is_no_answer),
    ("pins_of_a_tool", pins_of_a_tool),
    ("search_path", search_path),
];

type Judge<'a> = &'a dyn Fn(&Pin, &mut dyn Read) -> Result<(), Denied>;

fn a_pinned_file_may_run() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let admitted = plain(&lock_of(&tool), &tool).unwrap();
    assert_eq!(admitted.version, "1.0.0");
    assert_eq!(admitted.path(), fs::canonicalize(&tool).unwrap());
    for written in ["./tool", "sub/../tool", "sub/.././/tool"] {
        fs::create_dir_all(dir.path().join("sub")).unwrap();
        plain(&lock_of(&tool), &dir.path().join(written)).unwrap();
    }
}

fn writable_file() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    for (bits, all) in [(0o775, false), (0o757, true), (0o777, true)] {
        mode(&tool, bits);
        let refusal = plain(&lock, &tool).unwrap_err();
        assert!(
            matches!(&refusal, Refusal::Writable { path, everybody, .. } if path.ends_with("tool") && *everybody == all),
            "{refusal}"
        );
        assert_eq!(
            (refusal.reason(), refusal.help("tool").starts_with("chmod go-w /")),
            (Reason::Condition, true)
        );
    }
    mode(&tool, 0o555);
    plain(&lock, &tool).unwrap();
}

fn writable_parent() {
    let dir = directory();
    let inner = dir.path().join("bin");
    fs::create_dir(&inner).unwrap();
    let tool = shell(&inner.join("tool"));
    let lock = lock_of(&tool);
    plain(&lock, &tool).unwrap();
    for (open, name) in
        [(inner.as_path(), "bin"), (dir.path(), dir.path().file_name().unwrap().to_str().unwrap())]
    {
        for bits in [0o775, 0o757] {
            mode(open, bits);
            let refusal = plain(&lock, &tool).unwrap_err();
            assert!(matches!(&refusal, Refusal::Writable { path, .. } if path.ends_with(name)), "{refusal}");
            mode(open, 0o755);
        }
    }
    plain(&lock, &tool).unwrap();
}

/// In a sticky directory nobody can replace another one's file; the directory for temporary files is one.
fn sticky_parent() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    mode(dir.path(), 0o1777);
    plain(&lock_of(&tool), &tool).unwrap();
}

fn links_are_followed_and_judged() {
    let dir = directory();
    for name in ["bin", "links", "open"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    let tool = shell(&dir.path().join("bin/tool"));
    let lock = lock_of(&tool);
    symlink("../bin/tool", dir.path().join("links/relative")).unwrap();
    symlink(&tool, dir.path().join("links/absolute")).unwrap();
    symlink("../bin", dir.path().join("links/directory")).unwrap();
    symlink("../links/relative", dir.path().join("open/over")).unwrap();
    let good =
        ["links/relative", "links/absolute", "links/directory/tool", "links/directory/../links/relative"];
    for link in good.iter().chain(&["open/over"]) {
        let admitted = plain(&lock, &dir.path().join(link)).unwrap();
        assert!(admitted.path().ends_with("bin/tool"), "{link}");
    }
    // Whoever may write where a link stands may replace the link.
    mode(&dir.path().join("open"), 0o777);
    let refusal = plain(&lock, &dir.path().join("open/over")).unwrap_err();
    assert!(matches!(&refusal, Refusal::Writable { path, .. } if path.ends_with("open")), "{refusal}");
    for link in good {
        plain(&lock, &dir.path().join(link)).unwrap();
    }
}

fn links_in_a_ring() {
    let dir = directory();
    symlink("two", dir.path().join("one")).unwrap();
    symlink("one", dir.path().join("two")).unwrap();
    let tool = shell(&dir.path().join("tool"));
    let refusal = plain(&lock_of(&tool), &dir.path().join("one")).unwrap_err();
    assert!(matches!(refusal, Refusal::Links { .. }) && refusal.reason() == Reason::Limit, "{refusal}");
}

/// Two names of one file are one file: what is written through one is read through the other.
fn hard_link() {
    let dir = directory();
    fs::create_dir(dir.path().join("open")).unwrap();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let other = dir.path().join("other");
    fs::hard_link(&tool, &other).unwrap();
    plain(&lock, &other).unwrap();
    fs::write(&other, b"\x7fELF, changed through its other name").unwrap();
    assert_eq!(plain(&lock, &tool).unwrap_err().reason(), Reason::DigestMismatch);
    let tool = shell(&tool);
    fs::hard_link(&tool, dir.path().join("open/tool")).unwrap();
    mode(&dir.path().join("open"), 0o777);
    plain(&lock, &tool).unwrap();
    let refusal = plain(&lock, &dir.path().join("open/tool")).unwrap_err();
    assert!(matches!(refusal, Refusal::Writable { .. }), "{refusal}");
}

fn missing_execute_permission() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    mode(&tool, 0o644);
    let refusal = plain(&lock, &tool).unwrap_err();
    assert!(matches!(refusal, Refusal::NotExecutable { .. }), "{refusal}");
    assert!(refusal.to_string().ends_with("/tool may not be run by anybody (mode 0644)"), "{refusal}");
    assert!(refusal.help("tool").starts_with("chmod a+x /"));
}

fn setuid() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    mode(&tool, 0o4755);
    assert!(matches!(plain(&lock, &tool), Err(Refusal::Setuid { .. })));
}

fn no_regular_file() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let pipe = dir.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o755.into(), 0).unwrap();
    // Not waited for, and not read.
    for other in [pipe.as_path(), dir.path(), Path::new("/dev/null"), Path::new("/")] {
        let refusal = plain(&lock, other).unwrap_err();
        let right = matches!(refusal, Refusal::NotAFile { .. } | Refusal::Writable { .. });
        assert!(right, "{}: {refusal}", other.display());
    }
}

fn scripts_and_other_files() {
    let dir = directory();
    let tool = dir.path().join("tool");
    let is = |bytes: &[u8]| {
        fs::write(&tool, bytes).unwrap();
        mode(&tool, 0o755);
        // Even where exactly this file is pinned.
        match plain(&lock_of(&tool), &tool) {
            Err(refusal @ Refusal::NotAProgram { .. }) => {
                let text = refusal.to_string();
                let Refusal::NotAProgram { kind, .. } = refusal else { unreachable!() };
                (kind, text)
            }
            other => panic!("{other:?}"),
        }
    };
    let (kind, text) = is(b"#!/bin/sh\necho hello\n");
    assert_eq!(kind, Kind::Script("/bin/sh".to_owned()));
    assert!(text.contains("a script: /bin/sh would open it again by its name"), "{text}");
    assert_eq!(is(b"").0, Kind::Empty);
    assert_eq!(is(b"PK\x03\x04").0, Kind::Other);
    assert_eq!(is(b"#!/bin/sh\n# proofmark shim\n").0, Kind::Shim);
}

fn not_there_or_not_readable() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let refusal = plain(&lock, &dir.path().join("absent")).unwrap_err();
    assert_eq!(refusal.reason(), Reason::NotFound, "{refusal}");
    let refusal = plain(&lock, &tool.join("below")).unwrap_err();
    assert!(refusal.to_string().contains("cannot be entered"), "{refusal}");
    if crate::support::user() != 0 {
        mode(&tool, 0o111);
        let refusal = plain(&lock, &tool).unwrap_err();
        assert!(refusal.to_string().contains("tool cannot be read: permission denied"), "{refusal}");
    }
}

fn another_file_names_both_hashes() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let expected = lock.pins().next().unwrap().executable.clone().unwrap().sha256;
    let mut bytes = fs::read(&tool).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&tool, &bytes).unwrap();
    let found = proofmark_core::Digest::sha256(&bytes);
    let refusal = plain(&lock, &tool).unwrap_err();
    let text = refusal.to_string();
    assert!(text.contains(expected.hex()) && text.contains(found.hex()), "{text}");
    assert!(matches!(refusal, Refusal::Mismatch { cause: Cause::Changed, .. }), "{text}");
    bytes.push(0);
    fs::write(&tool, &bytes).unwrap();
    let refusal = plain(&lock, &tool).unwrap_err();
    assert!(matches!(&refusal, Refusal::Mismatch { cause: Cause::Updated, found: Some(_), .. }), "{refusal}");
    bytes.truncate(5000);
    fs::write(&tool, &bytes).unwrap();
    let refusal = plain(&lock, &tool).unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Mismatch { cause: Cause::Short { found: 5000, .. }, .. }),
        "{refusal}"
    );
}

fn likely_causes() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let mut lock = lock_of(&tool);
    let mut head = vec![0; 64];
    head[..6].copy_from_slice(b"\x7fELF\x02\x01");
    head[18] = if std::env::consts::ARCH == "aarch64" { 62 } else { 183 };
    fs::write(&tool, &head).unwrap();
    let why = |lock: &proofmark_lock::Lock| match plain(lock, &tool) {
        Err(Refusal::Mismatch { cause, .. }) => cause,
        other => panic!("{other:?}"),
    };
    assert!(matches!(why(&lock), Cause::Machine { .. }));
    let mut archive = pin("0.9.0", b"something");
    archive.sha256 = proofmark_core::Digest::sha256(&head);
    lock.insert(archive);
    assert_eq!(why(&lock), Cause::Archive { tool: "tool".to_owned(), version: "0.9.0".to_owned() });
    let mut other = pin("3.0.0", &head);
    (other.tool, other.executable.as_mut().unwrap().size) = ("other".to_owned(), 1);
    lock.insert(other);
    assert!(
        matches!(why(&lock), Cause::OtherPin { tool, version, .. } if tool == "other" && version == "3.0.0")
    );
}

fn two_pins_of_one_length() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let mut lock = lock_of(&tool);
    let mut older = fs::read(&tool).unwrap();
    older[100] ^= 1;
    lock.insert(pin("0.9.0", &older));
    assert_eq!(plain(&lock, &tool).unwrap().version, "1.0.0");
    older[100] ^= 3;
    fs::write(&tool, &older).unwrap();
    let refusal = plain(&lock, &tool).unwrap_err();
    assert!(matches!(&refusal, Refusal::Mismatch { expected, .. } if expected.len() == 2), "{refusal}");
}

fn more_than_the_policy_lets() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let refusal = ask(&lock_of(&tool), &tool, &Asked { refuse: true, ..Asked::default() }).unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Policy { refusal, .. } if refusal.message == "nobody may"),
        "{refusal}"
    );
    let mut lock = proofmark_lock::Lock::default();
    lock.insert(Pin { unsigned: None, ..pin("1.0.0", &fs::read(&tool).unwrap()) });
    let refusal = plain(&lock, &tool).unwrap_err();
    assert!(matches!(&refusal, Refusal::Rejected { .. }), "{refusal}");
}

/// Beside the machine's policy the worse verdict wins.
fn every_policy_is_asked_and_none_is_no_answer() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let pins: Vec<_> = lock.pins().collect();
    let basis = proofmark_core::Digest::sha256(b"");
    let now = proofmark_core::Timestamp::from_second(crate::support::LATER).unwrap();
    let yes: Judge = &|_, _| Ok(());
    let no: Judge = &|_, _| Err(denied("no"));
    let asked = |judges: &[Judge]| {
        let question = |judge| Question {
            tool: "tool",
            pins: &pins,
            lock: &lock,
            judge,
            basis: &basis,
            now,
            cache: None,
        };
        let questions: Vec<_> = judges.iter().map(|judge| question(*judge)).collect();
        admit(&questions, &tool, crate::support::user()).map(drop)
    };
    asked(&[yes, yes]).unwrap();
    for judges in [[yes, no], [no, yes]] {
        assert!(matches!(asked(&judges), Err(Refusal::Policy { .. })));
    }
    assert!(matches!(asked(&[]), Err(Refusal::NoQuestion)));
}

fn pins_of_a_tool() {
    let platform = proofmark_core::Platform::parse(&host()).unwrap();
    let mut lock = proofmark_lock::Lock::default();
    let why = |lock: &proofmark_lock::Lock, tool: &str, version: Option<&str>| {
        select(lock, tool, version, &platform).unwrap_err().to_string()
    };
    assert_eq!(why(&lock, "tool", None), "the lock has no pin of tool");
    let elsewhere = proofmark_core::Platform::parse("plan9/386").unwrap();
    lock.insert(Pin { platform: elsewhere, ..pin("1.0.0", b"") });
    assert_eq!(
        why(&lock, "tool", None),
        format!("the lock has no pin of tool for {}, only for plan9/386", host())
    );
    assert_eq!(why(&lock, "tol", None), "the lock has no pin of tol; did you mean tool?");
    lock.insert(Pin { executable: None, ..pin("2.0.0", b"") });
    assert!(
        why(&lock, "tool", None).starts_with("the pin of tool 2.0.0 does not say what the executable is")
    );
    lock.insert(pin("3.0.0", b""));
    lock.insert(pin("4.0.0", b""));
    let versions = |version| -> Vec<String> {
        select(&lock, "tool", version, &platform).unwrap().iter().map(|pin| pin.version.clone()).collect()
    };
    assert_eq!(versions(None), ["3.0.0", "4.0.0"]);
    assert_eq!(versions(Some("4.0.0")), ["4.0.0"]);
    assert_eq!(
        why(&lock, "tool", Some("5")),
        "the lock has no pin of tool 5, only of 1.0.0, 2.0.0, 3.0.0, 4.0.0"
    );
}

fn search_path() {
    let dir = directory();
    let here = dir.path();
    for name in ["shims", "plain", "empty", "real"] {
        fs::create_dir(here.join(name)).unwrap();
    }
    let path = |names: &[&str]| std::env::join_paths(names.iter().map(|name| here.join(name))).unwrap();
    let find = |names: &[&str]| on_path("tool", &path(names), here);
    assert!(find(&["empty"]).unwrap_err().to_string().contains("there is no tool on PATH"));
    fs::write(here.join("shims/tool"), "#!/bin/sh\n# proofmark shim\n").unwrap();
    mode(&here.join("shims/tool"), 0o755);
    let only = find(&["shims"]).unwrap_err().to_string();
    assert!(only.ends_with("but a shim, which would ask for itself"), "{only}");
    fs::write(here.join("plain/tool"), "text").unwrap();
    mode(&here.join("plain/tool"), 0o644);
    assert!(matches!(find(&["shims", "plain"]), Err(Refusal::NotExecutable { .. })));
    program("/bin/true", &here.join("real/tool"));
    assert_eq!(find(&["empty", "shims", "plain", "real"]).unwrap(), here.join("real/tool"));
    // What stands before the right one would run, and so it is what is judged.
    fs::write(here.join("empty/tool"), "#!/bin/sh\n").unwrap();
    mode(&here.join("empty/tool"), 0o755);
    assert_eq!(find(&["empty", "real"]).unwrap(), here.join("empty/tool"));
    // An empty part of PATH is the working directory.
    assert_eq!(on_path("tool", "".as_ref(), &here.join("real")).unwrap(), here.join("real/tool"));
    assert_eq!(in_directory("tool", &here.join("real")).unwrap(), here.join("real/tool"));
    assert_eq!(in_directory("absent", here).unwrap_err().reason(), Reason::NotFound);
}
