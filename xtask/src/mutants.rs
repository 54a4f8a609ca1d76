//! `cargo xtask mutants [CRATE…] [-- ARGUMENT…]`: changes the deciding code and asks whether a test notices.
//!
//! Which code is in `.cargo/mutants.toml`. Each crate is first held to its own tests; what they miss is tried again with
//! the tests of every crate that decides with it. The answer is written to `docs/mutants.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::peers::{run_command, tree};

/// The crates that decide.
const CRATES: [&str; 5] = ["core", "engine", "image", "policy", "sigstore"];

/// It changes data where this changes code, takes ten seconds, and is part of the second pass.
const SLOW_TEST: &str = "no_mutant_of_good_evidence_is_accepted";

/// What became of the changes to one file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    caught: usize,
    missed: Vec<String>,
    timeout: usize,
    unviable: usize,
}

/// Runs cargo-mutants for these crates, or all, and writes the table. An error if a change was missed, or if there is no
/// result for a crate yet.
pub fn run(args: &[String]) -> Result<()> {
    let version = run_command(Command::new("cargo").args(["mutants", "--version"]));
    let version = version.context("cargo-mutants is not there; `cargo install --locked cargo-mutants`")?;
    let (crates, extra) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[][..]),
    };
    if let Some(unknown) = crates.iter().find(|name| !CRATES.contains(&name.as_str())) {
        bail!("{unknown} is none of {}", CRATES.join(", "));
    }
    for name in CRATES.iter().filter(|name| crates.is_empty() || crates.iter().any(|asked| asked == *name)) {
        change(name, extra)?;
    }
    let mut all = BTreeMap::new();
    for name in CRATES {
        let own = results(&result_dir(name))?;
        ensure!(!own.is_empty(), "nothing of {name} was changed: .cargo/mutants.toml names no code of it");
        all.extend(own);
    }
    fs::write(tree().join("docs/mutants.md"), page(&all, version.trim()))?;
    let missed: usize = all.values().map(|row| row.missed.len()).sum();
    ensure!(missed == 0, "{missed} changes were missed, see docs/mutants.md");
    println!("no change was missed, see docs/mutants.md");
    Ok(())
}

fn result_dir(name: &str) -> PathBuf {
    tree().join("target/mutants").join(name)
}

/// Both passes over one crate.
fn change(name: &str, extra: &[String]) -> Result<()> {
    let dir = result_dir(name);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    let config = dir.join("mutants.toml");
    fs::write(&config, configuration(name)?.to_string())?;
    let package = format!("proofmark-{name}");
    let own = ["--test-package", package.as_str()];
    pass(&config, &dir.join("own"), &own, extra, &["--", "--", "--skip", SLOW_TEST])?;
    let missed = fs::read_to_string(dir.join("own/mutants.out/missed.txt"))?;
    if missed.trim().is_empty() {
        return Ok(());
    }
    // What was caught is left out of the second pass: cargo-mutants reads it from the folder of the first.
    copy_results(&dir.join("own/mutants.out"), &dir.join("all/mutants.out"))?;
    let packages: Vec<String> =
        CRATES.iter().map(|name| format!("--test-package=proofmark-{name}")).collect();
    let mut all: Vec<&str> = packages.iter().map(String::as_str).collect();
    all.push("--iterate");
    pass(&config, &dir.join("all"), &all, extra, &[])
}

/// One run of cargo-mutants.
fn pass(config: &Path, out: &Path, packages: &[&str], extra: &[String], test: &[&str]) -> Result<()> {
    fs::create_dir_all(out)?;
    let status = Command::new("cargo")
        .current_dir(tree())
        .args(["mutants", "--workspace", "--no-shuffle", "--config"])
        .arg(config)
        .arg("--output")
        .arg(out)
        .args(packages)
        .args(extra)
        .args(test)
        .status()?;
    // 0: all caught; 2: some missed; 3: some timed out. Anything else means that there is no result.
    match status.code() {
        Some(0 | 2 | 3) => Ok(()),
        _ => bail!("cargo mutants: {status}"),
    }
}

/// `.cargo/mutants.toml` with the files of one crate alone.
fn configuration(name: &str) -> Result<toml::Table> {
    let path = tree().join(".cargo/mutants.toml");
    let mut config: toml::Table = fs::read_to_string(&path)?.parse()?;
    let globs = config.get_mut("examine_globs").and_then(toml::Value::as_array_mut);
    let globs = globs.with_context(|| format!("{} has no examine_globs", path.display()))?;
    let prefix = format!("crates/{name}/");
    globs.retain(|glob| glob.as_str().is_some_and(|glob| glob.starts_with(&prefix)));
    ensure!(!globs.is_empty(), "{} names no code of {name}", path.display());
    Ok(config)
}

fn copy_results(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for file in ["caught.txt", "unviable.txt", "timeout.txt", "missed.txt", "outcomes.json"] {
        fs::copy(from.join(file), to.join(file)).with_context(|| file.to_owned())?;
    }
    Ok(())
}

/// The results of a crate: those of the second pass stand for what the first one missed.
fn results(dir: &Path) -> Result<BTreeMap<String, Row>> {
    let read = |pass: &str| -> Result<Value> {
        let path = dir.join(pass).join("mutants.out/outcomes.json");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_str(&text)?)
    };
    let mut all = rows(&read("own")?)?;
    if dir.join("all").exists() {
        again(&mut all, rows(&read("all")?)?);
    }
    Ok(all)
}

/// Replaces what was missed by what became of it when it was tried again.
fn again(first: &mut BTreeMap<String, Row>, second: BTreeMap<String, Row>) {
    for row in first.values_mut() {
        row.missed.clear();
    }
    for (file, row) in second {
        let sum = first.entry(file).or_default();
        sum.caught += row.caught;
        sum.timeout += row.timeout;
        sum.unviable += row.unviable;
        sum.missed.extend(row.missed);
    }
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
    fn what_was_missed_counts_as_it_ended() {
        let row = |caught, missed: &[&str]| Row {
            caught,
            missed: missed.iter().map(|name| (*name).to_owned()).collect(),
            ..Row::default()
        };
        let mut all = BTreeMap::from([("a".to_owned(), row(3, &["x", "y"])), ("b".to_owned(), row(1, &[]))]);
        again(&mut all, BTreeMap::from([("a".to_owned(), row(1, &["y"]))]));
        assert_eq!(all["a"], row(4, &["y"]));
        assert_eq!(all["b"], row(1, &[]));
    }

    #[test]
    fn every_file_to_change_is_of_a_crate_that_decides() {
        let count = |config: toml::Table| config["examine_globs"].as_array().unwrap().len();
        let text = fs::read_to_string(tree().join(".cargo/mutants.toml")).unwrap();
        let by_crate: usize = CRATES.iter().map(|name| count(configuration(name).unwrap())).sum();
        assert_eq!(by_crate, count(text.parse().unwrap()));
        assert!(configuration("report").is_err());
    }

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
