//! One run of the program: nothing of the tester's environment reaches it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use super::{Sandbox, steady};

/// A run that is being prepared.
pub(crate) struct Program<'a> {
    sandbox: &'a Sandbox,
    arguments: Vec<String>,
    directory: PathBuf,
    variables: Vec<(String, String)>,
    /// What starts the program, if something else does.
    starter: Vec<String>,
    stdin: Vec<u8>,
}

impl<'a> Program<'a> {
    pub(super) fn new(sandbox: &'a Sandbox, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let box_of = |name: &str| sandbox.dir().join(name).display().to_string();
        let variables = [
            ("HOME", box_of("home")),
            ("XDG_CACHE_HOME", box_of("cache")),
            ("XDG_STATE_HOME", box_of("state")),
            ("XDG_RUNTIME_DIR", box_of("run")),
            ("PATH", "/usr/bin:/bin".to_owned()),
        ];
        Self {
            sandbox,
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            directory: sandbox.path(""),
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            starter: Vec::new(),
            stdin: Vec::new(),
        }
    }

    /// Lets another program start it: its arguments are these, then the program and its own.
    pub(crate) fn through(mut self, starter: &str, arguments: &[&str]) -> Self {
        self.starter =
            std::iter::once(&starter).chain(arguments).map(|argument| (*argument).to_owned()).collect();
        self
    }

    /// Runs elsewhere than in the work tree.
    pub(crate) fn within(mut self, directory: PathBuf) -> Self {
        self.directory = directory;
        self
    }

    /// Sets a variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Unsets a variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Gives it something to read.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.as_bytes().to_vec();
        self
    }

    /// The command, to be started by the test itself.
    pub(crate) fn command(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_proofmark").to_owned();
        let words: Vec<&String> =
            self.starter.iter().chain(std::iter::once(&program)).chain(&self.arguments).collect();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .envs(self.variables.iter().cloned())
            .current_dir(&self.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts it and does not wait.
    pub(crate) fn spawn(&self) -> Child {
        self.command().spawn().unwrap()
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Run {
        let mut child = self.spawn();
        // A program that does not read its input may be gone before all of it is written.
        drop(child.stdin.take().map(|mut stdin| stdin.write_all(&self.stdin)));
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        Run {
            place: self.sandbox.dir().display().to_string(),
            arguments: self.arguments,
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
}

/// What a run said.
pub(crate) struct Run {
    place: String,
    arguments: Vec<String>,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Holds the exit code; shows everything that was said if it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.transcript());
        self
    }

    /// Holds that this failed with the error code, says so on standard error alone, and tells what to do.
    #[track_caller]
    pub(crate) fn fails_with(self, exit: i32, error: &str) -> Self {
        let said = self.exits(exit);
        assert!(said.stdout.is_empty(), "{}", said.transcript());
        assert!(said.stderr.starts_with(&format!("error[{error}]: ")), "{}", said.transcript());
        assert!(said.stderr.contains("\nhelp: "), "{}", said.transcript());
        assert!(
            said.stderr.ends_with(&format!("\nsee: proofmark explain {error}\n")),
            "{}",
            said.transcript()
        );
        said
    }

    /// Holds that both streams together hold a text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let both = format!("{}{}", self.stdout, self.stderr);
        assert!(both.contains(text), "`{text}` is missing:\n{}", self.transcript());
        self
    }

    /// Holds that nothing on either stream could move a cursor.
    #[track_caller]
    pub(crate) fn escapes(self) -> Self {
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(
            !self.stdout.contains(raw) && !self.stderr.contains(raw),
            "{:?}{:?}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The report that was printed as JSON.
    #[track_caller]
    pub(crate) fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.transcript()))
    }

    /// Command, exit code and both streams, with a placeholder for everything that differs from run to run.
    pub(crate) fn transcript(&self) -> String {
        let mut text = format!("$ proofmark {}\nexit {}\n", self.arguments.join(" "), self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                text = format!("{text}--- {name}\n{stream}");
            }
        }
        steady(&text, &self.place)
    }
}
