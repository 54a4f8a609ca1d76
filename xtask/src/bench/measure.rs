//! Whole processes: how long they take, and how much memory they had at most.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How often a running process is asked for its memory.
const POLL: Duration = Duration::from_micros(200);

/// Milliseconds of several runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Times(Vec<f64>);

impl Times {
    /// The middle one.
    pub(super) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Makes the same command again and again.
pub(super) type Make<'a> = &'a dyn Fn() -> Command;

/// Milliseconds of one run, which must succeed.
pub(super) fn time(command: &mut Command) -> Result<f64> {
    timed(command.stdin(Stdio::null()))
}

/// The same, of a command that reads a file on its standard input.
pub(super) fn time_reading(command: &mut Command, input: &Path) -> Result<f64> {
    timed(command.stdin(File::open(input)?))
}

fn timed(command: &mut Command) -> Result<f64> {
    let started = Instant::now();
    let status = quiet(command).status().with_context(|| format!("{command:?}"))?;
    let elapsed = started.elapsed().as_secs_f64() * 1e3;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(elapsed)
}

/// Runs both in turn, so that whatever else the machine does falls on both; the first pair is not counted.
pub(super) fn pairs(runs: usize, ours: Make, peer: Make) -> Result<(Times, Times)> {
    in_turn(runs, &|| time(&mut ours()), &|| time(&mut peer()))
}

/// The same, of anything that takes so many milliseconds.
pub(super) fn in_turn(
    runs: usize,
    ours: &dyn Fn() -> Result<f64>,
    peer: &dyn Fn() -> Result<f64>,
) -> Result<(Times, Times)> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..=runs {
        a.push(ours()?);
        b.push(peer()?);
    }
    Ok((Times(a.split_off(1)), Times(b.split_off(1))))
}

/// Times one command alone; the first run is not counted.
pub(super) fn alone(runs: usize, make: Make) -> Result<Times> {
    let mut times = (0..=runs).map(|_| time(&mut make())).collect::<Result<Vec<_>>>()?;
    Ok(Times(times.split_off(1)))
}

/// Milliseconds that the processors worked for each of several runs: what does not depend on what else the machine does, but
/// for its caches.
pub(super) fn processor_time(runs: usize, make: Make) -> Result<Times> {
    let mut times = Vec::new();
    for _ in 0..runs {
        let before = of_children()?;
        time(&mut make())?;
        times.push(of_children()? - before);
    }
    Ok(Times(times))
}

/// User and system time of the children that ended, in milliseconds (proc_pid_stat(5), fields 16 and 17, in ticks of 10 ms).
fn of_children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("this needs Linux")?;
    ticks(&stat).map(|ticks| ticks * 10.0).context("/proc/self/stat has no times of children")
}

fn ticks(stat: &str) -> Option<f64> {
    // The name of the program, in parentheses, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(13);
    Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
}

/// The most memory that a process had resident, in KiB: the greatest of three runs, since what it takes in the last moments
/// before its end is not always seen.
pub(super) fn peak(make: Make) -> Result<u64> {
    greatest((0..3).map(|_| peak_once(make().stdin(Stdio::null()))))
}

/// The greatest of several peaks, of which one must have been seen.
pub(super) fn greatest(peaks: impl Iterator<Item = Result<u64>>) -> Result<u64> {
    let mut most = 0;
    for peak in peaks {
        most = most.max(peak?);
    }
    ensure!(most > 0, "the memory of no run was seen; this needs Linux");
    Ok(most)
}

/// The most memory that one run had, of a command that reads a file on its standard input; 0 if it ended unseen.
pub(super) fn peak_reading(command: &mut Command, input: &Path) -> Result<u64> {
    peak_once(command.stdin(File::open(input)?))
}

fn peak_once(command: &mut Command) -> Result<u64> {
    let mut child = quiet(command).spawn().with_context(|| format!("{command:?}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        most = most.max(high_water(&fs::read_to_string(&status).unwrap_or_default()).unwrap_or(0));
        sleep(POLL);
    };
    ensure!(ended.success(), "{command:?}: {ended}");
    Ok(most)
}

/// `VmHWM` of `/proc/PID/status`, in KiB.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one() {
        let times = Times(vec![9.0, 1.0, 5.0]);
        assert!((times.median() - 5.0).abs() < f64::EPSILON);
    }

    #[test]
    fn times_of_children_are_the_sixteenth_and_seventeenth_field() {
        let stat = "1 (a) b) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19";
        assert_eq!(ticks(stat), Some(33.0));
        assert_eq!(ticks("1 (a) S 4"), None);
    }

    #[test]
    fn high_water_is_read_in_kib() {
        assert_eq!(high_water("VmPeak:\t  10 kB\nVmHWM:\t    4321 kB\nVmRSS:\t 1 kB\n"), Some(4321));
        assert_eq!(high_water("VmRSS:\t 1 kB\n"), None);
    }
}
