//! Credential helpers: `docker-credential-NAME get`, the host on standard input, JSON on standard output.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use proofmark_core::{Redacted, display};
use serde::Deserialize;

use super::{Credential, CredentialError};

const MAX_NAME: usize = 64;
const MAX_OUTPUT: u64 = 64 * 1024;
/// The user name by which a helper says that the secret is an identity token.
const TOKEN_USER: &str = "<token>";
/// How often a helper that has closed its output is looked at.
const POLL: Duration = Duration::from_millis(5);

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// What is kept between a helper's end and the deadline: to end it, and to ask the registry without it.
const MARGIN: Duration = Duration::from_millis(500);
const LATE: &str = "it took too long";

type Answered = Result<Option<Credential>, CredentialError>;
type Slot = Arc<Mutex<Option<Answered>>>;

/// The helpers of one run. Each is asked once for each host, whatever the number of repositories there: one may take
/// seconds, or ask its user.
#[derive(Debug)]
pub(super) struct Helpers {
    dirs: Vec<PathBuf>,
    time: Duration,
    slots: Mutex<HashMap<(String, String), Slot>>,
}

impl Helpers {
    pub(super) fn new(dirs: Vec<PathBuf>, time: Duration) -> Self {
        Self { dirs, time, slots: Mutex::default() }
    }

    /// What a helper has for a host. Who asks while it runs waits for its answer.
    pub(super) fn ask(&self, name: &str, server: &str, deadline: Instant) -> Answered {
        let key = (name.to_owned(), server.to_owned());
        let slot =
            Arc::clone(self.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answered) = slot.as_ref() {
            return answered.clone();
        }
        let start = Instant::now();
        let left = deadline.saturating_duration_since(start);
        let time = self.time.min(left.saturating_sub(MARGIN.min(left / 4)));
        let answered = get(name, &self.dirs, server, time);
        // A deadline that came too early for this request says nothing of the next.
        let cut_short = time < self.time && start.elapsed() >= time;
        if !cut_short {
            *slot = Some(answered.clone());
        }
        answered
    }
}

/// Runs a helper. `None`: it has nothing for this host.
fn get(
    name: &str,
    dirs: &[PathBuf],
    server: &str,
    time: Duration,
) -> Result<Option<Credential>, CredentialError> {
    let failed = |cause: &str| CredentialError::Helper {
        name: display::safe_short(name, 80),
        cause: cause.to_owned(),
    };
    if !is_name(name) {
        return Err(failed("not a helper's name: lower-case letters, digits and `-`"));
    }
    if time.is_zero() {
        return Err(failed(LATE));
    }
    let program = find(name, dirs).ok_or_else(|| failed("not found in PATH"))?;
    let (succeeded, output) = run(&program, server, time).map_err(|cause| failed(&cause))?;
    if !succeeded {
        // docker-credential-helpers, credentials/error.go: this text, and only it, means "nothing stored".
        let nothing = output.windows(21).any(|w| w == b"credentials not found");
        return if nothing { Ok(None) } else { Err(failed("it failed")) };
    }
    if output.trim_ascii_start().first() != Some(&b'{') {
        return Err(failed("its answer is not a JSON object"));
    }
    let answer: Answer =
        serde_json::from_slice(&output).map_err(|_| failed("its answer is not a credential"))?;
    if answer.username == TOKEN_USER {
        return Ok(Some(Credential::IdentityToken(Redacted::new(answer.secret))));
    }
    if answer.username.is_empty() && answer.secret.is_empty() {
        return Ok(None);
    }
    Credential::password(&answer.username, &answer.secret)
        .map(Some)
        .ok_or_else(|| failed("its answer is malformed"))
}

/// A name becomes part of a program's name: nothing that is a path or an option.
fn is_name(name: &str) -> bool {
    // `desktop.exe` is the usual one in WSL.
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    let begins = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= MAX_NAME && name.bytes().all(word) && name.bytes().next().is_some_and(begins)
}

/// Only absolute directories: a relative one in `PATH` would let a cloned repository bring its own helper.
fn find(name: &str, dirs: &[PathBuf]) -> Option<PathBuf> {
    let file = format!("docker-credential-{name}{}", std::env::consts::EXE_SUFFIX);
    dirs.iter().filter(|dir| dir.is_absolute()).map(|dir| dir.join(&file)).find(|path| path.is_file())
}

/// Whether it succeeded, and what it wrote, within its time and size.
fn run(program: &Path, server: &str, time: Duration) -> Result<(bool, Vec<u8>), String> {
    let end = Instant::now() + time;
    #[allow(
        clippy::disallowed_methods,
        reason = "credential helpers are this module's own: checked name, absolute path"
    )]
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("cannot be started: {e}"))?;
    let result = converse(&mut child, server, end);
    if result.is_err() {
        // It may be gone already; either way it is reaped.
        let _ = child.kill();
        let _ = child.wait();
    }
    result
}

fn converse(child: &mut Child, server: &str, end: Instant) -> Result<(bool, Vec<u8>), String> {
    let late = || LATE.to_owned();
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("its input and output are closed".to_owned());
    };
    let (send, receive) = mpsc::channel();
    // A thread, so that a helper which neither writes nor ends does not hold us; it ends with the helper's output.
    thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.take(MAX_OUTPUT + 1).read_to_end(&mut output);
        let _ = send.send(read.map(|_| output));
    });
    // A helper that does not read its input is judged by its output; one host name fits into any pipe.
    let _ = stdin.write_all(server.as_bytes());
    drop(stdin);
    let left = end.saturating_duration_since(Instant::now());
    let output = receive.recv_timeout(left).map_err(|_| late())?.map_err(|e| e.to_string())?;
    if output.len() as u64 > MAX_OUTPUT {
        return Err("its answer is longer than 64 KiB".to_owned());
    }
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Ok((status.success(), output));
        }
        if Instant::now() >= end {
            return Err(late());
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without time none is looked for, let alone started.
    #[test]
    fn no_helper_without_time() {
        let text = get("absent", &[], "h", Duration::ZERO).unwrap_err().to_string();
        assert!(text.contains(LATE), "{text}");
        let text = get("absent", &[], "h", Duration::from_secs(1)).unwrap_err().to_string();
        assert!(text.contains("not found"), "{text}");
    }

    #[test]
    fn names_are_words() {
        assert!(is_name("ecr-login") && is_name("gcloud") && is_name("desktop.exe") && is_name("a_b"));
        for bad in ["", "../x", "a/b", "A", "a b", ".a", "-a", "é", &"a".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
            assert!(get(bad, &[], "h", Duration::from_secs(1)).is_err());
        }
        assert_eq!(find("x", &[PathBuf::from(".")]), None);
    }
}
