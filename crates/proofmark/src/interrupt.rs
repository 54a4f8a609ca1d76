//! What is said when SIGINT or SIGTERM ends the program.
//!
//! Files need nothing here: they have no name, or a temporary one, until they are whole.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::failure::Failure;
use crate::files::read_head;

/// Waits for a signal on a thread of its own, tells that the run is not done, and ends the program as the signal would
/// have: its parent sees it killed by the signal (128 + its number in a shell), so that loops of shells end too.
///
/// A signal that was ignored when the program began (`nohup`, a script's background) stays ignored. Where no handler
/// can be set the signal ends the program without a word, as it does before this is called.
pub(crate) fn tell_interrupts(color: bool) {
    let ignored = ignored_signals();
    let heeded = [SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(ignored, *signal));
    let Ok(mut signals) = Signals::new(heeded) else { return };
    let waiting = std::thread::Builder::new().name("signals".to_owned()).stack_size(128 * 1024);
    let handle = signals.handle();
    let started = waiting.spawn(move || {
        if let Some(signal) = signals.forever().next() {
            tell(signal, color);
            // Returns only if the signal could not be raised; then there is nothing left to do.
            let _ = emulate_default_handler(signal);
        }
    });
    if started.is_err() {
        // Nobody would wait for them.
        handle.close();
    }
}

/// A file that grows beyond the limit of the process (`ulimit -f`) is an error of its write, as a full disk is, and not the end of the
/// program: what was being written has a temporary name, which somebody must remove.
#[cfg(unix)]
pub(crate) fn survive_limits() {
    // Where it cannot be set, the signal ends the program as before.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

/// The signals that were ignored when the program began; none where a system does not tell.
fn ignored_signals() -> u64 {
    let status = read_head(Path::new("/proc/self/status"), 64 * 1024).unwrap_or_default();
    String::from_utf8_lossy(&status).lines().find_map(mask).unwrap_or(0)
}

/// The mask of the line `SigIgn:` (proc(5)).
fn mask(line: &str) -> Option<u64> {
    u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok()
}

/// Bit `n - 1` of the mask stands for signal `n`.
fn is_ignored(mask: u64, signal: i32) -> bool {
    u32::try_from(signal - 1).ok().and_then(|bit| mask.checked_shr(bit)).is_some_and(|rest| rest & 1 == 1)
}

/// Says it in one write, unless whoever reads standard error has stopped to: an interrupt must end the program at once.
fn tell(signal: i32, color: bool) {
    let mut stderr = std::io::stderr();
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut waiting = [PollFd::new(&stderr, PollFlags::OUT)];
    if !matches!(poll(&mut waiting, Some(&at_once)), Ok(1)) {
        return;
    }
    // What the terminal echoes (`^C`) and the progress stand on a line of their own.
    let mut text = if stderr.is_terminal() { b"\n".to_vec() } else { Vec::new() };
    failure(signal).write(&mut text, color);
    let _ = stderr.write_all(&text);
}

fn failure(signal: i32) -> Failure {
    let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
    Failure::unverifiable(
        "interrupted",
        format!("{name} ended the run before it was done"),
        "run it again: nothing is half written",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals() {
        assert_eq!(mask("SigIgn:\t0000000000001006"), Some(0x1006));
        assert_eq!(mask("SigCgt:\t0000000000001006"), None);
        assert!(is_ignored(0b10, SIGINT) && !is_ignored(0b10, SIGTERM));
        assert!(is_ignored(1 << 14, SIGTERM) && !is_ignored(1 << 14, SIGINT));
        assert!(!is_ignored(0, SIGINT) && !is_ignored(u64::MAX, 0) && !is_ignored(u64::MAX, 65));
    }

    #[test]
    fn each_signal_has_its_name() {
        assert!(failure(SIGINT).to_string().starts_with("error[interrupted]: SIGINT ended the run"));
        assert!(failure(SIGTERM).to_string().starts_with("error[interrupted]: SIGTERM ended the run"));
    }
}
