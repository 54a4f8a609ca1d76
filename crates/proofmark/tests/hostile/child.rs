//! The program as a child process: how it ends, how long it takes, and how much memory it has at most.

use std::io::Read;
use std::process::Child;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::Program;

/// The most that may be resident, in KiB.
pub(crate) const MAX_PEAK_KIB: u64 = 64 * 1024;
/// A child that takes as much is ended: its row has failed, and the machine is for others too.
const FAR_TOO_MUCH_KIB: u64 = 8 * MAX_PEAK_KIB;
/// How often the child is looked at.
const POLL: Duration = Duration::from_millis(1);
/// A child that has not ended by then is ended: the row fails, and the others still run.
const PATIENCE: Duration = Duration::from_mins(2);

/// How one run ended.
pub(crate) struct Measured {
    /// Exit code; -1 if it was ended by a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `VmHWM`, in KiB; `None` where the system does not tell.
    pub(crate) peak_kib: Option<u64>,
    pub(crate) time: Duration,
}

/// Runs the program to its end.
pub(crate) fn measure(program: &Program<'_>) -> Measured {
    let started = Instant::now();
    let mut child = program.spawn();
    drop(child.stdin.take());
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let (code, peak_kib) = watch(&mut child, started);
    let time = started.elapsed();
    Measured { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap(), peak_kib, time }
}

/// Waits for the end, and reads the high-water mark until then: it only grows, and is gone with the process.
fn watch(child: &mut Child, started: Instant) -> (i32, Option<u64>) {
    let mut peak = None;
    loop {
        peak = peak.max(high_water_mark(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap_or(-1), peak);
        }
        if started.elapsed() > PATIENCE || peak > Some(FAR_TOO_MUCH_KIB) {
            // An error says that it has ended by itself.
            drop(child.kill());
        }
        thread::sleep(POLL);
    }
}

/// A report may be longer than a pipe holds.
fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        stream.unwrap().read_to_string(&mut text).unwrap();
        text
    })
}

/// proc(5): "VmHWM: Peak resident set size ("high water mark")", in KiB. Until the kernel has put the program in its place
/// the child has the memory of this process, and its name: that is not read.
fn high_water_mark(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let mut lines = status.strip_prefix("Name:\tproofmark\n")?.lines();
    let value = lines.find_map(|line| line.strip_prefix("VmHWM:"))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}
