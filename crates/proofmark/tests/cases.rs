//! The program as a user runs it: one case a file in `tests/cli/`, no Rust for a case (see its README).
#![allow(clippy::unwrap_used, reason = "a test program without the test attribute")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

/// One run: what is typed, and everything that comes back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows, one sentence.
    about: String,
    /// Arguments after the program's name.
    args: Vec<String>,
    /// Where it runs, relative to the root of the tree.
    #[serde(default)]
    dir: String,
    /// The only environment that it gets, besides a home of its own.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Exit code.
    exit: i32,
    /// Standard output, whole.
    #[serde(default)]
    stdout: String,
    /// Standard error, whole.
    #[serde(default)]
    stderr: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for entry in std::fs::read_dir(root().join("tests/cli")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "toml") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            trials.push(Trial::test(name, move || check(&path)));
        }
    }
    // A folder that moved away would otherwise pass.
    trials.push(Trial::test("there_are_cases", {
        let count = trials.len();
        move || if count >= 10 { Ok(()) } else { Err(format!("only {count} cases").into()) }
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

#[allow(clippy::disallowed_methods, reason = "reads a case of the tree, and runs the program")]
fn check(path: &Path) -> Result<(), Failed> {
    let case: Case = toml::from_str(&std::fs::read_to_string(path)?)?;
    let home = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.current_dir(root().join(&case.dir)).args(&case.args).stdin(Stdio::null());
    // Nothing of the caller's environment: no CI, no colour, no proxy, no credentials.
    command.env_clear().env("HOME", home.path()).envs(&case.env);
    let output = command.output()?;
    let (stdout, stderr) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    let exit = output.status.code().ok_or("ended by a signal")?;
    let good = exit == case.exit && matches(&case.stdout, &stdout) && matches(&case.stderr, &stderr);
    if good {
        return Ok(());
    }
    Err(format!(
        "{}\nexit {exit}, not {}\n--- stdout, expected:\n{}--- stdout:\n{stdout}--- stderr, expected:\n{}--- stderr:\n{stderr}",
        case.about, case.exit, case.stdout, case.stderr
    )
    .into())
}

/// Line by line; `[..]` in an expected line stands for any text within the line, `...` alone for any lines.
fn matches(expected: &str, actual: &str) -> bool {
    let (expected, actual): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    lines_match(&expected, &actual)
}

fn lines_match(expected: &[&str], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((&"...", rest)) => (0..=actual.len()).any(|skip| lines_match(rest, &actual[skip..])),
        Some((line, rest)) => actual
            .split_first()
            .is_some_and(|(found, more)| line_matches(line, found) && lines_match(rest, more)),
    }
}

fn line_matches(expected: &str, actual: &str) -> bool {
    let Some((head, tail)) = expected.split_once("[..]") else { return expected == actual };
    let Some(rest) = actual.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| line_matches(tail, &rest[at..]))
}
