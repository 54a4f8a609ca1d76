//! SIGINT and SIGTERM: the run says that it is not done, ends as the signal ends it, and leaves nothing half written.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};

use proofmark_testkit::registry::{Behaviour, Effect, Fault, Registry, Route};
use proofmark_testkit::sigstore::{World, WorldOptions};

use crate::support::Sandbox;

/// A registry that never answers, and a sandbox whose policy lists it.
fn silent() -> (Registry, Sandbox, String) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    registry.fault(Fault::on(Route::Any, Effect::Silent));
    let sandbox = Sandbox::for_registry(&World::new(WorldOptions::default()), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    (registry, sandbox, reference)
}

fn send(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, pid.as_str()]).status().unwrap().success());
}

fn wait_until_asked(registry: &Registry) {
    while registry.requests().is_empty() {
        std::thread::yield_now();
    }
}

/// A shell without job control lets its background jobs, and so all of their children, ignore the interrupt.
fn interrupts_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // The lowest bit is signal 1, and SIGINT is signal 2.
    ignored & 2 != 0
}

/// SIG-18: interrupted while it waits: told, no success, and no report, whole or half.
#[test]
fn sig_18_an_interrupt_leaves_nothing_half_written() {
    let both = [("-INT", "SIGINT", 2), ("-TERM", "SIGTERM", 15)];
    let from = usize::from(interrupts_are_ignored());
    for (option, name, number) in &both[from..] {
        let (registry, sandbox, reference) = silent();
        let fixed = ["image", "verify", "--output", "json=report.json", &reference];
        let child = sandbox.program(fixed).spawn();
        wait_until_asked(&registry);
        send(option, &child);
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.signal(), Some(*number), "shells show it as 128 + {number}");
        assert!(ended.stdout.is_empty(), "{:?}", ended.stdout);
        let said = String::from_utf8(ended.stderr).unwrap();
        let told = format!(
            "error[interrupted]: {name} ended the run before it was done\nhelp: run it again: nothing is half written\nsee: \
             proofmark explain interrupted\n"
        );
        assert_eq!(said, told);
        let files = sandbox.files("work");
        let of_the_run = |file: &&std::path::PathBuf| {
            file.ends_with("report.json") || file.display().to_string().contains(".proofmark-")
        };
        assert!(!files.iter().any(|file| of_the_run(&file)), "{files:?}");
    }
}

/// What was begun with the interrupt ignored, as a script's background is, goes on.
#[test]
#[cfg(target_os = "linux")]
fn an_ignored_interrupt_stays_ignored() {
    let (registry, sandbox, reference) = silent();
    let program = sandbox.program(["image", "verify", &reference]);
    let child = program.through("/bin/sh", &["-c", "trap '' INT; exec \"$@\"", "sh"]).spawn();
    wait_until_asked(&registry);
    send("-INT", &child);
    std::thread::sleep(std::time::Duration::from_millis(200));
    send("-TERM", &child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.signal(), Some(15), "it was the second signal that ended it");
    assert!(String::from_utf8(ended.stderr).unwrap().starts_with("error[interrupted]: SIGTERM "));
}

/// Whoever reads standard error has stopped to: the interrupt ends the program all the same.
#[test]
fn an_interrupt_does_not_wait_for_who_reads_errors() {
    let (registry, sandbox, reference) = silent();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut filler = writer.try_clone().unwrap();
    // Blocks as soon as the pipe is full, until the reader is gone.
    let full = std::thread::spawn(move || filler.write_all(&vec![b'x'; 4 << 20]));
    std::thread::sleep(std::time::Duration::from_millis(200));
    let mut child =
        sandbox.program(["image", "verify", &reference]).command().stderr(writer).spawn().unwrap();
    wait_until_asked(&registry);
    send("-TERM", &child);
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    drop(reader);
    assert!(full.join().unwrap().is_err());
}

/// The limit of a file's size (`ulimit -f`) would end the program in the middle of a write, and leave its temporary file behind.
#[test]
fn a_file_beyond_the_limit_of_the_process_leaves_nothing() {
    let world = World::new(WorldOptions::default());
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let sandbox = Sandbox::for_registry(&world, &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let program =
        sandbox.program(["image", "verify", "--no-cache", "--output", "json=report.json", &reference]);
    let run = program.through("sh", &["-c", "ulimit -f 0; exec \"$0\" \"$@\""]).run().exits(3);
    run.says("error[report-not-written]").says("report.json");
    let mut names = sandbox.files("work").into_iter().map(|path| path.display().to_string());
    assert!(!names.any(|name| name.contains("report.json") || name.contains(".proofmark-")));
}
