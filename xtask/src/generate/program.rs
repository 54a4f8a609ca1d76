//! The program, run as a user runs it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Outputs;
use crate::peers::run_command;

/// A built `proofmark`.
pub struct Program(PathBuf);

/// What it printed, and how it ended.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub exit: i32,
}

const SHELLS: [(&str, &str); 3] = [
    ("bash", "completions/proofmark.bash"),
    ("fish", "completions/proofmark.fish"),
    ("zsh", "completions/_proofmark"),
];

impl Program {
    /// Builds the release program; cargo does nothing when it is fresh.
    pub fn build(root: &Path) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command.current_dir(root).args([
            "build",
            "--release",
            "--package",
            "proofmark",
            "--bin",
            "proofmark",
        ]);
        command.args(["--message-format", "json-render-diagnostics", "--quiet"]);
        let messages = run_command(&mut command)?;
        let executable = messages.lines().rev().find_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        Ok(Self(executable.context("cargo names no executable")?))
    }

    /// One that is there.
    pub fn at(path: &str) -> Result<Self> {
        let path = std::path::absolute(path)?;
        ensure!(path.is_file(), "{} is not there", path.display());
        Ok(Self(path))
    }

    /// Runs it in `dir` without the caller's environment, so that its output is the same everywhere.
    pub fn run(&self, dir: &Path, args: &[&str]) -> Result<Run> {
        let mut command = Command::new(&self.0);
        command.current_dir(dir).args(args).env_clear().env("NO_COLOR", "1");
        let output = command.output().with_context(|| format!("cannot start {}", self.0.display()))?;
        Ok(Run {
            stdout: String::from_utf8(output.stdout).context("standard output is not UTF-8")?,
            stderr: String::from_utf8(output.stderr).context("standard error is not UTF-8")?,
            exit: output.status.code().context("ended by a signal")?,
        })
    }

    /// Completions and the manual page.
    pub fn files(&self) -> Result<Outputs> {
        let mut outputs = Outputs::new();
        for (shell, path) in SHELLS {
            outputs.insert(path.to_owned(), self.print(&["completions", shell])?);
        }
        outputs.insert("man/proofmark.1".to_owned(), self.print(&["man"])?);
        Ok(outputs)
    }

    fn print(&self, args: &[&str]) -> Result<String> {
        let run = self.run(Path::new("/"), args)?;
        ensure!(run.exit == 0 && !run.stdout.is_empty(), "proofmark {}: {}", args.join(" "), run.stderr);
        Ok(run.stdout)
    }
}
