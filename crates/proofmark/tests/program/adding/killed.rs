//! `kill -9` at any moment: never half of an executable under its name, never a lock that cannot be read, and the next run completes.

use std::fs;
use std::time::{Duration, Instant};

use proofmark_lock::Lock;

use super::add;
use super::publisher::{Publisher, SIGNED, Way, binaries};
use crate::support::Sandbox;

/// How often each command is killed.
const TIMES: u64 = 100;

/// Moments that are spread over a run, and the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % u64::try_from(limit.as_micros()).unwrap().max(1))
    }
}

/// An executable of some length, served so slowly that most of a run is the download, the unpacking and the writing.
fn executable(seed: u8) -> Vec<u8> {
    (0..3_u32 << 20).map(|at| u8::try_from(at % 251).unwrap() ^ seed).collect()
}

/// Runs and kills; whether it was killed before its end.
fn killed(sandbox: &Sandbox, arguments: &[&str], after: Duration) -> bool {
    let mut child = sandbox.program(arguments.iter().copied()).spawn();
    std::thread::sleep(after);
    let early = child.try_wait().unwrap().is_none();
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    early
}

fn time_of(sandbox: &Sandbox, arguments: &[&str]) -> Duration {
    let start = Instant::now();
    sandbox.program(arguments.iter().copied()).run().exits(0);
    start.elapsed()
}

#[test]
#[ignore = "takes a minute; .ci/run runs it"]
fn killed_at_any_moment() {
    let publisher = Publisher::start();
    let (old, new) = (executable(1), executable(2));
    for (version, bytes) in [("1.0.0", &old), ("2.0.0", &new)] {
        publisher.publish(version, bytes);
        let path = format!("/{version}/acme-tool-linux-amd64");
        publisher.put_so(&path, bytes.clone(), Way::Slow(20, Duration::from_millis(2)));
    }
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    add(&sandbox, &[]).exits(0);
    let install = ["pin", "install", "--policy", ".", "--to", "bin", "--no-cache"];
    sandbox.program(install).run().exits(0);
    sandbox.write("allowlists/binaries.toml", binaries("\"2.0.0\", \"1.0.0\"", SIGNED));
    let before = sandbox.read("proofmark.lock");
    let adding = ["pin", "add", "acme-tool@2.0.0", "--by", "alice"];
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut early = 0;

    // The lock is the old one or the new one, to the byte.
    let whole = time_of(&sandbox, &adding);
    let after = sandbox.read("proofmark.lock");
    assert_ne!(before, after);
    for _ in 0..TIMES {
        sandbox.write("proofmark.lock", &before);
        early += u64::from(killed(&sandbox, &adding, dice.below(whole)));
        let text = sandbox.read("proofmark.lock");
        Lock::parse(text.as_bytes(), "proofmark.lock").unwrap();
        assert!(text == before || text == after, "{text}");
    }
    sandbox.write("proofmark.lock", &before);
    sandbox.program(adding).run().exits(0);
    assert_eq!(sandbox.read("proofmark.lock"), after);

    // The executable is the old one or the new one, and can be run.
    let whole = time_of(&sandbox, &install);
    let path = sandbox.path("bin/acme-tool");
    assert_eq!(fs::read(&path).unwrap(), new);
    for _ in 0..TIMES {
        sandbox.write("bin/acme-tool", &old);
        early += u64::from(killed(&sandbox, &install, dice.below(whole)));
        let bytes = fs::read(&path).unwrap();
        assert!(bytes == old || bytes == new, "{} bytes of neither", bytes.len());
    }
    sandbox.program(install).run().exits(0);
    assert_eq!(fs::read(&path).unwrap(), new);
    // Most of the moments were within a run; files without a name leave nothing behind, and one with a name for a moment at most that.
    assert!(early > TIMES, "only {early} of {} runs were killed before their end", 2 * TIMES);
    let left = sandbox.files("work/bin").len();
    assert!(left <= 3, "{left} files are left in bin");
}
