//! How `git` is started: nothing of the caller's environment reaches it, and nothing that a repository's configuration may name
//! is run.
//!
//! Of git's many ways to start other programs, `rev-parse` and `cat-file` could take these: a file system monitor (when the
//! index is read), a fetch of objects that a partial clone lacks (transports, `core.sshCommand`, `core.gitProxy`), and hooks.
//! All are turned off here, twice where there are two ways.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::object::is_id;

/// Bytes that git may say where one line is expected.
const MAX_SAID: u64 = 16 * 1024;

/// Paths that one call is asked about: the answer must fit into [`MAX_SAID`].
const MAX_ASKED: usize = 32;

/// How often one that has closed its output is looked at.
const POLL: Duration = Duration::from_millis(2);

/// Settings that win over those of the repository (git-config, "FILES": the command line comes last).
const SETTINGS: [&str; 7] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.sshCommand=false",
    "core.gitProxy=none",
    "core.warnAmbiguousRefs=true",
    "protocol.allow=never",
];

/// The whole environment, beside `PATH` and what says which repository it is.
const VARIABLES: [(&str, &str); 12] = [
    ("LC_ALL", "C"),
    ("HOME", "/nonexistent"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    // Newer versions know the first; all know the second, an empty list of protocols that may be used.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_GRAFT_FILE", "/dev/null"),
];

/// The program, and until when it may run.
#[derive(Debug)]
pub(super) struct Git {
    program: PathBuf,
    path: OsString,
    pub(super) deadline: Instant,
}

impl Git {
    /// The first `git` in the absolute directories of `PATH`: a relative one would let a repository bring its own.
    pub(super) fn find(path: Option<&OsStr>, deadline: Instant) -> Result<Self, String> {
        let file = format!("git{}", std::env::consts::EXE_SUFFIX);
        let split = std::env::split_paths(path.unwrap_or_default());
        let dirs: Vec<PathBuf> = split.filter(|dir| dir.is_absolute()).collect();
        let program = dirs.iter().map(|dir| dir.join(&file)).find(|program| program.is_file());
        let program = program.ok_or("there is none in an absolute directory of PATH")?;
        let path = std::env::join_paths(dirs).map_err(|error| error.to_string())?;
        Ok(Self { program, path, deadline })
    }

    /// A call that is not started yet. No shell, no pager, no alias: the command is one of git's own.
    pub(super) fn command(&self, git_dir: &Path) -> Command {
        #[allow(clippy::disallowed_methods, reason = "git is this module's own: found by absolute path")]
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", &self.path).envs(VARIABLES).env("GIT_DIR", git_dir);
        command.current_dir("/").arg("--no-pager");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The object that a name stands for, by the repository's own refs. A name of two refs is neither.
    pub(super) fn resolve(&self, git_dir: &Path, name: &str) -> Result<String, String> {
        let mut command = self.command(git_dir);
        command.args(["rev-parse", "--verify", "--end-of-options", name]);
        let (succeeded, said, complaint) = self.run(command)?;
        if complaint.contains("is ambiguous") {
            return Err(
                "the name is ambiguous: a branch and a tag have it; write refs/heads/… or refs/tags/…"
                    .to_owned(),
            );
        }
        let id = said.trim_end();
        if succeeded && is_id(id) {
            return Ok(id.to_owned());
        }
        let last = complaint.lines().last().unwrap_or_default().trim_start_matches("fatal: ");
        Err(if last.is_empty() { "git names no object for it".to_owned() } else { last.to_owned() })
    }

    /// The commit from which two came apart.
    pub(super) fn merge_base(&self, git_dir: &Path, one: &str, other: &str) -> Result<String, String> {
        let mut command = self.command(git_dir);
        command.args(["merge-base", "--end-of-options", one, other]);
        let (succeeded, said, complaint) = self.run(command)?;
        let id = said.trim_end();
        if succeeded && is_id(id) {
            return Ok(id.to_owned());
        }
        let last = complaint.lines().last().unwrap_or_default().trim_start_matches("fatal: ");
        Err(if last.is_empty() {
            "the two have no commit in common here".to_owned()
        } else {
            last.to_owned()
        })
    }

    /// Which of these paths below the root of the work tree the repository's own rules tell git to ignore; `None` where git does
    /// not say.
    pub(super) fn ignored(&self, git_dir: &Path, root: &Path, paths: &[String]) -> Option<Vec<bool>> {
        let mut all = Vec::with_capacity(paths.len());
        for some in paths.chunks(MAX_ASKED) {
            let mut asked = tempfile::tempfile().ok()?;
            asked.write_all((some.join("\0") + "\0").as_bytes()).and_then(|()| asked.rewind()).ok()?;
            let mut command = self.command(git_dir);
            command.env("GIT_WORK_TREE", root).current_dir(root).stdin(Stdio::from(asked));
            command.args(["check-ignore", "--stdin", "-z"]);
            let (succeeded, said, complaint) = self.run(command).ok()?;
            // Ends with 1, and silently, when none is ignored.
            let has_failed = !(succeeded || said.is_empty() && complaint.is_empty());
            if has_failed || said.len() as u64 > MAX_SAID {
                return None;
            }
            let ignored: Vec<&str> = said.split('\0').collect();
            all.extend(some.iter().map(|path| ignored.contains(&path.as_str())));
        }
        Some(all)
    }

    /// Runs a call to its end: whether it succeeded, and what it wrote to both streams.
    fn run(&self, mut command: Command) -> Result<(bool, String, String), String> {
        let mut child = command.spawn().map_err(|error| format!("it cannot be started: {error}"))?;
        let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("its output is closed".to_owned());
        };
        let (send, receive) = mpsc::channel();
        // Threads, so that one that neither writes nor ends does not hold us; each ends with its stream.
        let other = send.clone();
        thread::spawn(move || drop(send.send((true, text(out)))));
        thread::spawn(move || drop(other.send((false, text(err)))));
        let (mut said, mut complaint) = (String::new(), String::new());
        for _ in 0..2 {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let Ok((is_out, text)) = receive.recv_timeout(left) else {
                let _ = child.kill();
                let _ = child.wait();
                return Err("it took too long".to_owned());
            };
            *(if is_out { &mut said } else { &mut complaint }) = text;
        }
        // Both streams are closed, or over their cap: it has nothing more to say.
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < self.deadline => thread::sleep(POLL),
                _ => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err("it did not end".to_owned());
                }
            }
        };
        Ok((status.success(), said, complaint))
    }
}

fn text(stream: impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    // What was read until an error is enough for a message, and an identifier that is cut is none.
    let _ = stream.take(MAX_SAID + 1).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "makes a program that stands for git")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::object::Kind;
    use super::super::store::{Store, Trouble};
    use super::*;

    /// One that never answers is not waited for longer than the run has for a revision.
    #[test]
    fn a_git_that_hangs_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("git");
        std::fs::write(&program, "#!/bin/sh\nexec /bin/sleep 600\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let start = Instant::now();
        let git = Git::find(Some(dir.path().as_os_str()), start + Duration::from_millis(300)).unwrap();
        assert_eq!(git.resolve(dir.path(), "main"), Err("it took too long".to_owned()));
        let mut store = Store::open(&git, dir.path(), 40).unwrap();
        let asked = store.read(&"1".repeat(40), Kind::Blob, 10);
        assert_eq!(asked, Err(Trouble::Spent("reading the revision took too long")));
        drop(store);
        assert!(start.elapsed() < Duration::from_mins(1), "it was waited for");
    }
}
