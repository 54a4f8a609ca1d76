//! What the guard costs: direnv entering a folder with and without it, and the look alone.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::measure;
use crate::interop::find_proofmark;
use crate::peers::debian::ensure_direnv;
use crate::peers::run_command;
use crate::stack::process::Scratch;

const RUNS: usize = 41;
/// Milliseconds that a look may take.
const BUDGET: f64 = 10.0;
/// Files that the larger project loads or has in `PATH`, and their bytes.
const FILES: usize = 100;
const BYTES: usize = 64 * 1024;

/// Runs it.
pub(super) fn run() -> Result<String> {
    let (binary, direnv) = (find_proofmark()?, ensure_direnv()?);
    let scratch = Scratch::new()?;
    let mut rows = String::new();
    for (what, files) in [("one loaded file", 1), ("100 files in `PATH`, 6.4 MB", FILES)] {
        let home = fs::canonicalize(scratch.path())?.join(files.to_string());
        project(&home.join("a"), files)?;
        let command = |program: &Path, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(home.join("a")).env_clear().env("HOME", &home);
            command.env("PATH", "/usr/bin:/bin");
            command
        };
        run_command(&mut command(&binary, &["envrc", "allow", "--yes"]))?;
        run_command(&mut command(&binary, &["envrc", "guard", "--write"]))?;
        let guarded = || command(&direnv.path, &["export", "bash"]);
        let bare = || {
            let mut command = guarded();
            // The same startup files but the guard: none.
            command.env("XDG_CONFIG_HOME", home.join("nowhere"));
            command
        };
        for make in [&guarded as measure::Make<'_>, &bare] {
            ensure!(run_command(&mut make())?.contains("LOADED"), "direnv loads nothing");
        }
        let (with, without) = measure::pairs(RUNS, &guarded, &bare)?;
        let look = measure::alone(RUNS, &|| command(&binary, &["envrc", "verify"]))?;
        let held = if look.median() <= BUDGET { "held" } else { "**not held**" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            rows,
            "| {what} | {:.1} ms | {:.1} ms | {:.1} ms | ≤ {BUDGET:.0} ms: {held} |",
            without.median(),
            with.median(),
            look.median()
        );
    }
    Ok(format!(
        "direnv {}. Medians of {RUNS} runs.\n\n| project | direnv alone | with the guard | `envrc verify` alone | budget of the look |\n\
         |---|---:|---:|---:|---|\n{rows}",
        direnv.version
    ))
}

fn project(folder: &Path, files: usize) -> Result<()> {
    fs::create_dir_all(folder.join("bin"))?;
    fs::write(folder.join(".envrc"), "source_env lib.sh\nPATH_add bin\n")?;
    fs::write(folder.join("lib.sh"), "export LOADED=1\n")?;
    for at in 1..files {
        let path = folder.join(format!("bin/tool-{at}"));
        fs::write(&path, format!("#!/bin/sh\n{}\n", "#".repeat(BYTES)))?;
        run_command(Command::new("chmod").arg("+x").arg(&path))?;
    }
    Ok(())
}
