//! `cargo xtask mutants`: changes the deciding code and asks whether a test notices.
//!
//! Which code is in `.cargo/mutants.toml`. The answer is written to `docs/mutants.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::peers::{run_command, tree};

/// What became of the changes to one file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    caught: usize,
    missed: Vec<String>,
    timeout: usize,
    unviable: usize,
}

/// Runs cargo-mutants with the arguments as given, and writes the table. An error if a change was missed.
pub fn run(args: &[String]) -> Result<()> {
    let version = run_command(Command::new("cargo").args(["mutants", "--version"]));
    let version = version.context("cargo-mutants is not there; `cargo install --locked cargo-mutants`")?;
    let status = Command::new("cargo")
        .current_dir(tree())
        .args(["mutants", "--workspace", "--no-shuffle"])
        .args(args)
        .status()?;
    // 0: all caught; 2: some missed; 3: some timed out. Anything else means that there is no result.
    match status.code() {
        Some(0 | 2 | 3) => {}
        _ => bail!("cargo mutants: {status}"),
    }
    let path = tree().join("mutants.out/outcomes.json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let rows = rows(&serde_json::from_str(&text)?)?;
    ensure!(!rows.is_empty(), "nothing was changed: .cargo/mutants.toml names no code");
    fs::write(tree().join("docs/mutants.md"), page(&rows, version.trim()))?;
    let missed: usize = rows.values().map(|row| row.missed.len()).sum();
    ensure!(missed == 0, "{missed} changes were missed, see docs/mutants.md");
    println!("no change was missed, see docs/mutants.md");
    Ok(())
}

/// One row a file, from cargo-mutants' own account.
fn rows(outcomes: &Value) -> Result<BTreeMap<String, Row>> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let outcomes = outcomes["outcomes"].as_array().context("outcomes.json without outcomes")?;
    for outcome in outcomes {
        let mutant = &outcome["scenario"]["Mutant"];
        let Some(file) = mutant["file"].as_str() else { continue };
        let row = rows.entry(file.to_owned()).or_default();
        match outcome["summary"].as_str() {
            Some("CaughtMutant") => row.caught += 1,
            Some("MissedMutant") => row.missed.push(mutant["name"].as_str().unwrap_or("?").to_owned()),
            Some("Timeout") => row.timeout += 1,
            Some("Unviable") => row.unviable += 1,
            other => bail!("cargo-mutants says {other:?}"),
        }
    }
    Ok(rows)
}

fn page(rows: &BTreeMap<String, Row>, version: &str) -> String {
    let mut page = format!(
        "# Mutation of the deciding code\n\nWritten by `cargo xtask mutants` with {version}. Each change is made to the code \
         that verifies, matches, counts\nor decides (`.cargo/mutants.toml`), and the tests must notice it. *Timeout*: the \
         change made a test run for ever,\nwhich notices it too. *Unviable*: the change did not compile.\n\n\
         | file | caught | timeout | unviable | missed |\n|---|---:|---:|---:|---:|\n"
    );
    let mut total = [0; 4];
    for (file, row) in rows {
        let counts = [row.caught, row.timeout, row.unviable, row.missed.len()];
        let [caught, timeout, unviable, missed] = counts;
        let _ = writeln!(page, "| `{file}` | {caught} | {timeout} | {unviable} | {missed} |");
        total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let [caught, timeout, unviable, missed] = total;
    let _ = writeln!(page, "| **all** | {caught} | {timeout} | {unviable} | {missed} |");
    let names: Vec<&String> = rows.values().flat_map(|row| &row.missed).collect();
    if !names.is_empty() {
        page.push_str("\n## Missed\n\n");
        for name in names {
            let _ = writeln!(page, "- `{name}`");
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_outcome_once() {
        let outcomes = serde_json::json!({ "outcomes": [
            { "scenario": "Baseline", "summary": "Success" },
            { "scenario": { "Mutant": { "file": "a.rs", "name": "a.rs:1: replace x" } }, "summary": "CaughtMutant" },
            { "scenario": { "Mutant": { "file": "a.rs", "name": "a.rs:2: replace y" } }, "summary": "MissedMutant" },
            { "scenario": { "Mutant": { "file": "b.rs", "name": "b.rs:1" } }, "summary": "Timeout" },
        ]});
        let rows = rows(&outcomes).unwrap();
        let page = page(&rows, "cargo-mutants 1");
        assert!(
            page.contains(
                "| `a.rs` | 1 | 0 | 0 | 1 |\n| `b.rs` | 0 | 1 | 0 | 0 |\n| **all** | 1 | 1 | 0 | 1 |"
            )
        );
        assert!(page.ends_with("## Missed\n\n- `a.rs:2: replace y`\n"));
        let strange = serde_json::json!({ "outcomes": [
            { "scenario": { "Mutant": { "file": "a.rs" } }, "summary": "New" },
        ]});
        assert!(super::rows(&strange).is_err());
    }
}
