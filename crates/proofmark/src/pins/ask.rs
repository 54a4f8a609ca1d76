//! What an executable prints when it is asked: without the caller's environment, for so long and so much at most.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long it may take: what tells its version does nothing else.
const TIME: Duration = Duration::from_secs(5);

/// Bytes of each of its streams.
const MAX_SAID: u64 = 64 << 10;

/// How often one that has closed its output is looked at.
const POLL: Duration = Duration::from_millis(2);

/// What it prints, both streams together. `file` is the executable as it was opened, `path` where it was.
pub(super) fn say(file: &File, path: &Path, arguments: &[&str]) -> Result<String, String> {
    say_within(file, path, arguments, TIME)
}

fn say_within(file: &File, path: &Path, arguments: &[&str], time: Duration) -> Result<String, String> {
    let home = tempfile::tempdir().map_err(|error| format!("no home can be made for it: {error}"))?;
    #[expect(clippy::disallowed_methods, reason = "this module is the one that asks pinned executables")]
    let mut command = Command::new(opened(file, path));
    command.args(arguments).current_dir("/").env_clear();
    command.env("PATH", "/usr/bin:/bin").env("HOME", home.path()).env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| not_started(&error))?;
    finished(child, Instant::now() + time)
}

/// By its descriptor: what was verified is what is run, whatever its name leads to by now.
#[cfg(target_os = "linux")]
fn opened(file: &File, _path: &Path) -> PathBuf {
    use std::os::fd::AsRawFd as _;
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Elsewhere a program is started by its name alone.
#[cfg(not(target_os = "linux"))]
fn opened(_file: &File, path: &Path) -> PathBuf {
    path.to_owned()
}

fn not_started(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "you may not execute it".to_owned(),
        io::ErrorKind::NotFound => {
            "it cannot be started: it is a script, or its loader is not there".to_owned()
        }
        _ => format!("it cannot be started: {error}"),
    }
}

fn finished(mut child: Child, deadline: Instant) -> Result<String, String> {
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("its output is closed".to_owned());
    };
    let (send, receive) = mpsc::channel();
    // Threads, so that one that neither writes nor ends does not hold us; each ends with its stream.
    let other = send.clone();
    thread::spawn(move || drop(send.send((0, text(out)))));
    thread::spawn(move || drop(other.send((1, text(err)))));
    let mut said = [String::new(), String::new()];
    for _ in 0..2 {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok((stream, text)) = receive.recv_timeout(left) else { return Err(ended(child)) };
        if let Some(one) = said.get_mut(stream) {
            *one = text;
        }
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(said.join("\n")),
            Ok(Some(status)) => return Err(format!("it ended with {status}")),
            Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
            _ => return Err(ended(child)),
        }
    }
}

fn ended(mut child: Child) -> String {
    let _ = child.kill();
    let _ = child.wait();
    "it took too long".to_owned()
}

fn text(stream: impl io::Read) -> String {
    let mut bytes = Vec::new();
    // What was read until an error is what it said.
    let _ = stream.take(MAX_SAID).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn asked(program: &str, arguments: &[&str], time: Duration) -> Result<String, String> {
        let path = Path::new(program);
        say_within(&File::open(path).unwrap(), path, arguments, time)
    }

    #[test]
    fn nothing_of_the_environment_is_there() {
        let said = asked("/usr/bin/env", &[], TIME).unwrap();
        let mut names: Vec<&str> =
            said.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, ["HOME", "LC_ALL", "PATH"]);
        assert!(!said.contains("HOME=/root\n") && !said.contains("HOME=/home"), "{said}");
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let start = Instant::now();
        let said = asked("/usr/bin/sleep", &["60"], Duration::from_millis(200));
        assert_eq!(said, Err("it took too long".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    /// `yes` writes for ever: it is cut, and then ends by the closed pipe.
    #[test]
    fn what_does_not_stop_is_cut() {
        let said = asked("/usr/bin/yes", &["1.2.3"], Duration::from_secs(20)).unwrap_err();
        assert!(said.contains("signal") || said == "it took too long", "{said}");
    }

    #[test]
    fn a_script_is_not_started_by_its_descriptor() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("op");
        #[allow(clippy::disallowed_methods, reason = "makes a script")]
        std::fs::write(&path, "#!/bin/sh\necho 2.39.0\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let said = say_within(&File::open(&path).unwrap(), &path, &[], TIME);
        assert!(said.is_err(), "{said:?}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(say_within(&File::open(&path).unwrap(), &path, &[], TIME).is_err());
    }

    #[test]
    fn an_exit_code_is_told() {
        assert!(asked("/usr/bin/false", &[], TIME).unwrap_err().starts_with("it ended with"));
    }
}
