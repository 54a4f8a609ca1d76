//! What the tool gets, and what its caller sees of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Run, directory, lock_of, program, refused, said, shell};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("arguments_exit_code_and_standard_input", arguments_exit_code_and_standard_input),
    ("environment_is_clean", environment_is_clean),
    ("sigterm_reaches_the_tool", sigterm_reaches_the_tool),
    ("the_callers_process_and_descriptors", the_callers_process_and_descriptors),
    ("signals_are_as_they_were", signals_are_as_they_were),
    ("one_hundred_at_the_same_time", one_hundred_at_the_same_time),
    ("a_program_that_the_system_does_not_run", a_program_that_the_system_does_not_run),
];

fn arguments_exit_code_and_standard_input() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let script = r#"printf '%s|' "$0" "$@"; cat; exit 7"#;
    let run = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", script, "zero", "", "a b", "--", "*"]);
    let mut child = run.spawn();
    child.stdin.take().unwrap().write_all(b"from outside").unwrap();
    assert_eq!(said(&child.wait_with_output().unwrap(), 7), "zero||a b|--|*|from outside");
    for code in [0, 1, 2, 3, 4, 126, 255] {
        let run = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", &format!("exit {code}")]);
        said(&run.output(), code);
    }
}

fn environment_is_clean() {
    let dir = directory();
    let tool = program("/usr/bin/env", &dir.path().join("tool"));
    let run = Run::new(dir.path(), &lock_of(&tool), &tool, &[])
        .env("BASH_ENV", "/evil")
        .env("NODE_OPTIONS", "--require=/evil")
        .env("LD_LIBRARY_PATH", "/evil")
        .env("BASH_FUNC_op%%", "() { evil; }")
        .env("HARMLESS", "a=b=c");
    let text = said(&run.output(), 0);
    assert!(text.lines().any(|line| line == "HARMLESS=a=b=c"), "{text}");
    assert!(!text.contains("evil"), "{text}");
}

fn sigterm_reaches_the_tool() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let wait = "echo ready; i=0; while [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done";
    for (script, code, signal) in [
        (format!("trap 'exit 9' TERM; {wait}"), Some(9), None),
        (wait.to_owned(), None, Some(Signal::TERM.as_raw())),
    ] {
        let mut child = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", &script]).spawn();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (code, signal));
    }
}

/// It is the same process, which its caller knows; nothing of ours is left open in it, and what was open before is.
fn the_callers_process_and_descriptors() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let script = "echo $$; for fd in /proc/$$/fd/*; do readlink $fd; done; exit 0";
    let child = Run::new(dir.path(), &lock_of(&tool), &tool, &["-c", script]).spawn();
    let id = child.id();
    let text = said(&child.wait_with_output().unwrap(), 0);
    let (own, open) = text.split_once('\n').unwrap();
    assert_eq!(own, id.to_string());
    let plain = Command::new(&tool).args(["-c", script]).stdin(Stdio::piped()).output().unwrap();
    let plain = String::from_utf8(plain.stdout).unwrap();
    let lines = |text: &str| text.lines().filter(|line| line.contains(':') || line.starts_with('/')).count();
    assert_eq!(lines(open), lines(plain.split_once('\n').unwrap().1), "{text}{plain}");
    assert!(!open.contains("tool"), "{text}");
}

fn signals_are_as_they_were() {
    let dir = directory();
    let tool = program("/bin/cat", &dir.path().join("tool"));
    let run = Run::new(dir.path(), &lock_of(&tool), &tool, &["/proc/self/status"]);
    let text = said(&run.output(), 0);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let own = std::fs::read_to_string("/proc/self/status").unwrap();
    assert_eq!(field("SigBlk:"), "0000000000000000", "{own}");
    assert_eq!(field("SigCgt:"), "0000000000000000");
}

fn one_hundred_at_the_same_time() {
    let dir = directory();
    let tool = shell(&dir.path().join("tool"));
    let lock = lock_of(&tool);
    let cache = dir.path().join("cache");
    let cache = cache.to_str().unwrap();
    let started = Instant::now();
    let children: Vec<_> = (0..100)
        .map(|number| {
            let script = format!("echo {number}");
            Run::cached(dir.path(), &lock, &tool, cache, &["-c", &script]).spawn()
        })
        .collect();
    for (number, child) in children.into_iter().enumerate() {
        assert_eq!(said(&child.wait_with_output().unwrap(), 0), format!("{number}\n"));
    }
    assert!(started.elapsed() < Duration::from_mins(5));
    let records: Vec<_> = std::fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(records.len(), 1, "one record, and no temporary file is left: {records:?}");
}

/// The kernel's answer is told, with what it likely means.
fn a_program_that_the_system_does_not_run() {
    let dir = directory();
    let tool = dir.path().join("tool");
    std::fs::write(&tool, b"\x7fELF, and nothing else").unwrap();
    crate::support::mode(&tool, 0o755);
    let told = refused(&Run::new(dir.path(), &lock_of(&tool), &tool, &[]).output());
    assert!(
        told.starts_with("unreachable: ") && told.contains("it is for another machine, or damaged"),
        "{told}"
    );
}
