//! Auditing many `.envrc` files, beside shellcheck: the whole program each time.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Result, ensure};

use super::measure;
use crate::interop::find_proofmark;
use crate::peers::run_command;
use crate::stack::process::Scratch;

/// Small files, and bytes of the long one.
const FILES: usize = 1_000;
const LONG: usize = 100 * 1024;
/// Milliseconds that they may take.
const BUDGETS: (f64, f64) = (200.0, 20.0);
const RUNS: usize = 15;

/// Runs it.
pub(super) fn run() -> Result<String> {
    let binary = find_proofmark()?;
    let shellcheck = run_command(Command::new("shellcheck").arg("--version"))?;
    let scratch = Scratch::new()?;
    let (many, long) = (scratch.path().join("many"), scratch.path().join("long"));
    for at in 0..FILES {
        let folder = many.join(format!("service-{at:04}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(".envrc"), small(at))?;
    }
    fs::create_dir_all(&long)?;
    fs::write(long.join(".envrc"), text_of(LONG))?;
    let ours = |folder: &Path| {
        let mut command = Command::new(&binary);
        command.env_clear().env("HOME", scratch.path()).current_dir(folder);
        command.args(["envrc", "audit", "--fail-on", "never"]);
        command
    };
    let peer = |folder: &Path| {
        let mut command = Command::new("sh");
        let line =
            "find . -name .envrc -print0 | xargs -0 -P 2 -n 50 shellcheck -s bash >/dev/null 2>&1; true";
        command.current_dir(folder).args(["-c", line]);
        command
    };
    let said = run_command(&mut ours(&many))?;
    ensure!(said.contains(&format!("{FILES} verified")), "not every file was judged: {said}");
    let said = run_command(&mut ours(&long))?;
    ensure!(said.contains("1 verified"), "the long file was not judged: {said}");
    let (many_ours, many_peer) = measure::pairs(RUNS, &|| ours(&many), &|| peer(&many))?;
    let (long_ours, long_peer) = measure::pairs(RUNS, &|| ours(&long), &|| peer(&long))?;
    let peak = measure::peak(&|| ours(&many))?;
    let version = shellcheck.lines().find_map(|line| line.strip_prefix("version: ")).unwrap_or("unknown");
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "{}, shellcheck {version}; {processors} processors. Medians of {RUNS} runs.\n\n| work | proofmark | shellcheck, two at a time | \
         ratio | budget |\n|---|---:|---:|---:|---|\n",
        run_command(Command::new(&binary).arg("--version"))?.trim(),
    );
    let rows = [
        (format!("{FILES} small files"), many_ours.median(), many_peer.median(), BUDGETS.0),
        (format!("one file of {} KiB", LONG / 1024), long_ours.median(), long_peer.median(), BUDGETS.1),
    ];
    for (work, ours, peer, budget) in rows {
        let held = if ours <= budget { "held" } else { "**not held**" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {work} | {ours:.0} ms | {peer:.0} ms | {:.1}× | ≤ {budget:.0} ms: {held} |",
            peer / ours
        );
    }
    let _ = writeln!(text, "| peak memory, {FILES} files | {} MiB | – | – | – |", peak / 1024);
    Ok(text)
}

/// A file of one of the kinds that repositories have.
fn small(at: usize) -> String {
    match at % 4 {
        0 => "use flake\n".to_owned(),
        1 => format!("source_up_if_exists\nlayout python3\nexport APP_PORT={at}\nexport APP_URL=\"http://localhost:$APP_PORT\"\nPATH_add bin\n"),
        2 => format!("dotenv_if_exists\nif [ -d .venv ]; then\n  export VIRTUAL_ENV=\"$PWD/.venv\"\nfi\nexport NAME=service-{at}\n"),
        _ => "require() {\n  if [ -z \"${!1:-}\" ]; then\n    log_error \"$1 is not set\"\n  fi\n}\nexport APP_ENV=dev\nrequire OKTA_ID\nrequire OKTA_URL\n"
            .to_owned(),
    }
}

/// A long file of assignments and messages.
fn text_of(bytes: usize) -> String {
    let mut text = String::new();
    let mut at = 0;
    while text.len() < bytes {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "export SETTING_{at}=\"${{BASE_{at}:-value}}/{at}\" # why setting {at} is as it is"
        );
        at += 1;
    }
    text
}
