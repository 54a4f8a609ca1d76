//! `cargo xtask mutants [FILE…] [-- ARGUMENT…]`: changes the deciding code and asks whether a test notices.
//!
//! Which code is in `.cargo/mutants.toml`. A file that did not change since it was tried without a miss is left out, so the
//! work may be done in parts; with names (or beginnings of them) those files are tried again. Each crate is first held to
//! its own tests; what they miss is tried again with the tests of every crate that decides with it. The answer is
//! `docs/mutants.md`, written after each crate. What an interrupted run has finished is taken up by the next. Of code that
//! is still the same, only what was missed is tried again: the tests are others now.

mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::peers::{run_command, tree};
use table::{Row, Rows};

/// The crates that decide.
const CRATES: [&str; 5] = ["sigstore", "core", "policy", "engine", "image"];

/// It changes data where this changes code, takes ten seconds, and is part of the second pass.
const SLOW_TEST: &str = "no_mutant_of_good_evidence_is_accepted";

const CONFIGURATION: &str = ".cargo/mutants.toml";
const PAGE: &str = "docs/mutants.md";

/// Runs cargo-mutants over what is not up to date, and writes the table. An error if a change was missed, or if some
/// file is still to be tried.
pub fn run(args: &[String]) -> Result<()> {
    let version = run_command(Command::new("cargo").args(["mutants", "--version"]));
    let version = version.context("cargo-mutants is not there; `cargo install --locked cargo-mutants`")?;
    let (asked, extra) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[][..]),
    };
    let planned = planned()?;
    let mut rows = table::parse(&fs::read_to_string(tree().join(PAGE)).unwrap_or_default())?;
    rows.retain(|file, _| planned.contains_key(file));
    for name in CRATES {
        harvest(name, &planned, &mut rows)?;
        write(&rows, &planned, &version)?;
        missed_again(name, &mut rows, asked, extra)?;
        write(&rows, &planned, &version)?;
        let stale = stale(name, &planned, &rows, asked)?;
        if !stale.is_empty() {
            change(name, &stale, extra)?;
            harvest(name, &planned, &mut rows)?;
        }
        write(&rows, &planned, &version)?;
    }
    let missed: usize = rows.values().map(|row| row.missed.len()).sum();
    ensure!(missed == 0, "{missed} changes were missed, see {PAGE}");
    let untried = untried(&planned, &rows);
    ensure!(untried.is_empty(), "not tried as they stand: {untried:?}");
    println!("no change was missed, see {PAGE}");
    Ok(())
}

fn write(rows: &Rows, planned: &BTreeMap<String, usize>, version: &str) -> Result<()> {
    Ok(fs::write(tree().join(PAGE), table::page(rows, &untried(planned, rows), version.trim()))?)
}

/// What was not tried as it stands, or not without a miss.
fn untried<'a>(planned: &'a BTreeMap<String, usize>, rows: &Rows) -> Vec<&'a str> {
    planned.keys().filter(|file| !is_current(file, rows)).map(String::as_str).collect()
}

/// How many changes there are to each file.
fn planned() -> Result<BTreeMap<String, usize>> {
    let mut command = Command::new("cargo");
    command.current_dir(tree()).args(["mutants", "--workspace", "--list", "--json"]);
    let list: Value = serde_json::from_str(&run_command(&mut command)?)?;
    let mut planned = BTreeMap::new();
    for mutant in list.as_array().context("cargo mutants --list gave no list")? {
        let file = mutant["file"].as_str().context("a mutant of no file")?;
        *planned.entry(file.to_owned()).or_default() += 1;
    }
    ensure!(!planned.is_empty(), "nothing to change: {CONFIGURATION} names no code");
    Ok(planned)
}

/// The files of a crate that are to be tried.
fn stale(
    name: &str,
    planned: &BTreeMap<String, usize>,
    rows: &Rows,
    asked: &[String],
) -> Result<BTreeMap<String, String>> {
    let prefix = format!("crates/{name}/");
    let wanted = |file: &str| {
        if asked.is_empty() { !is_same(file, rows) } else { is_asked(file, asked) }
    };
    planned
        .keys()
        .filter(|file| file.starts_with(&prefix) && wanted(file))
        .map(|file| Ok((file.clone(), code(file)?)))
        .collect()
}

fn is_asked(file: &str, asked: &[String]) -> bool {
    asked.iter().any(|one| file.starts_with(one))
}

/// Tried as it stands, and nothing missed.
fn is_current(file: &str, rows: &Rows) -> bool {
    rows.get(file).is_some_and(|row| row.missed.is_empty()) && is_same(file, rows)
}

/// Tried as it stands.
fn is_same(file: &str, rows: &Rows) -> bool {
    rows.get(file).is_some_and(|row| code(file).is_ok_and(|code| code == row.code))
}

/// The first digits of the SHA-256 of a file's code, without the tests that stand at its end.
fn code(file: &str) -> Result<String> {
    let text = fs::read_to_string(tree().join(file)).with_context(|| file.to_owned())?;
    let code = text.split("\n#[cfg(test)]\n").next().unwrap_or_default().trim_end();
    Ok(Sha256::digest(code)[..6].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

fn result_dir(name: &str) -> PathBuf {
    tree().join("target/mutants").join(name)
}

/// Both passes over these files of one crate.
fn change(name: &str, files: &BTreeMap<String, String>, extra: &[String]) -> Result<()> {
    let dir = fresh(&result_dir(name))?;
    fs::write(dir.join("code.json"), serde_json::to_vec(files)?)?;
    both_passes(name, &dir, files.keys(), extra)
}

/// What was missed of code that is still the same, once more.
fn missed_again(name: &str, rows: &mut Rows, asked: &[String], extra: &[String]) -> Result<()> {
    let prefix = format!("crates/{name}/");
    let wanted = |file: &str| asked.is_empty() || is_asked(file, asked);
    let files: Vec<String> = rows
        .iter()
        .filter(|(file, row)| file.starts_with(&prefix) && wanted(file) && !row.missed.is_empty())
        .map(|(file, _)| file.clone())
        .filter(|file| is_same(file, rows))
        .collect();
    if files.is_empty() {
        return Ok(());
    }
    let mut chosen = extra.to_vec();
    for mutant in files.iter().flat_map(|file| &rows[file].missed) {
        chosen.extend(["--re".to_owned(), format!("^{}$", escaped(mutant))]);
    }
    let dir = fresh(&result_dir(&format!("{name}-again")))?;
    both_passes(name, &dir, files.iter(), &chosen)?;
    let mut found = table::from_outcomes(&read(&dir.join("own/mutants.out/outcomes.json"))?)?;
    let all = dir.join("all/mutants.out/outcomes.json");
    if all.exists() {
        table::again(&mut found, table::from_outcomes(&read(&all)?)?);
    }
    let mut tried: Rows =
        files.iter().filter_map(|file| Some((file.clone(), rows.get(file)?.clone()))).collect();
    table::again(&mut tried, found);
    rows.extend(tried);
    Ok(())
}

/// A mutant's name as a regular expression that it alone matches.
fn escaped(name: &str) -> String {
    let special = |c: char| {
        !c.is_alphanumeric()
            && !matches!(
                c,
                ' ' | '_' | '/' | '<' | '>' | '\'' | '!' | '=' | ':' | ',' | '"' | '&' | '-' | '%'
            )
    };
    name.chars().fold(String::new(), |text, c| {
        if special(c) { text + "\\" + &c.to_string() } else { text + &c.to_string() }
    })
}

/// An empty folder.
fn fresh(dir: &Path) -> Result<PathBuf> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    fs::create_dir_all(dir)?;
    Ok(dir.to_owned())
}

/// With the crate's own tests, and what they miss with those of all crates.
fn both_passes<'a>(
    name: &str,
    dir: &Path,
    files: impl Iterator<Item = &'a String>,
    extra: &[String],
) -> Result<()> {
    let config = dir.join("mutants.toml");
    let text = fs::read_to_string(tree().join(CONFIGURATION))?;
    fs::write(&config, narrowed(&text, files)?)?;
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

/// The configuration with these files alone.
fn narrowed<'a>(text: &str, files: impl Iterator<Item = &'a String>) -> Result<String> {
    let mut config: toml::Table = text.parse()?;
    let files = files.map(|file| toml::Value::String(file.clone())).collect();
    let old = config.insert("examine_globs".to_owned(), toml::Value::Array(files));
    ensure!(old.is_some(), "{CONFIGURATION} has no examine_globs");
    Ok(config.to_string())
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

fn copy_results(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for file in ["caught.txt", "unviable.txt", "timeout.txt", "missed.txt", "outcomes.json"] {
        fs::copy(from.join(file), to.join(file)).with_context(|| file.to_owned())?;
    }
    Ok(())
}

/// Takes up what is there of a crate: files all of whose changes were tried, as they stand. What the second pass says
/// stands for what the first one missed.
fn harvest(name: &str, planned: &BTreeMap<String, usize>, rows: &mut Rows) -> Result<()> {
    let dir = result_dir(name);
    let own = dir.join("own/mutants.out/outcomes.json");
    let (Ok(codes), true) = (fs::read(dir.join("code.json")), own.exists()) else { return Ok(()) };
    let codes: BTreeMap<String, String> = serde_json::from_slice(&codes)?;
    let mut found = table::from_outcomes(&read(&own)?)?;
    let complete = |file: &String, row: &Row| planned.get(file) == Some(&row.tried());
    found.retain(|file, row| complete(file, row));
    let all = dir.join("all/mutants.out/outcomes.json");
    if all.exists() {
        table::again(&mut found, table::from_outcomes(&read(&all)?)?);
        found.retain(|file, row| complete(file, row));
    }
    for (file, mut row) in found {
        let Some(tried) = codes.get(&file) else { continue };
        if code(&file)? == *tried && !is_current(&file, rows) {
            row.code.clone_from(tried);
            rows.insert(file, row);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_files_are_narrowed() {
        let text = "examine_globs = [\"crates/a/**\"]\nminimum_test_timeout = 120\n";
        let narrow = narrowed(text, ["crates/a/src/x.rs".to_owned()].iter()).unwrap();
        let narrow: toml::Table = narrow.parse().unwrap();
        assert_eq!(narrow["examine_globs"].as_array().unwrap(), &["crates/a/src/x.rs".into()]);
        assert_eq!(narrow["minimum_test_timeout"].as_integer(), Some(120));
        assert!(narrowed("a = 1", std::iter::empty()).is_err());
    }

    #[test]
    fn every_file_to_change_is_of_a_crate_that_decides() {
        let text = fs::read_to_string(tree().join(CONFIGURATION)).unwrap();
        let config: toml::Table = text.parse().unwrap();
        for glob in config["examine_globs"].as_array().unwrap() {
            let glob = glob.as_str().unwrap();
            assert!(CRATES.iter().any(|name| glob.starts_with(&format!("crates/{name}/src/"))), "{glob}");
        }
    }

    /// `docs/mutants.md` says of each file at which bytes it was tried; a file that changed since is tried again.
    #[test]
    fn a_changed_file_is_not_current() {
        let file = "xtask/src/mutants/mod.rs";
        let row = |code: String| Row { code, caught: 1, ..Row::default() };
        assert!(is_current(file, &Rows::from([(file.to_owned(), row(code(file).unwrap()))])));
        assert!(!is_current(file, &Rows::from([(file.to_owned(), row("0".repeat(12)))])));
        let mut missed = row(code(file).unwrap());
        missed.missed.push("x".to_owned());
        assert!(!is_current(file, &Rows::from([(file.to_owned(), missed)])));
        assert!(!is_current(file, &Rows::new()));
    }
}
