//! `cargo xtask fuzz`: every parser of hostile bytes, a short time each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::peers::tree;

/// What must be among the targets, whatever else there is: what reads the bytes of registries, signers and policies.
const ALWAYS: [&str; 8] =
    ["auth_challenge", "bundle", "index", "link_header", "manifest", "policy", "reference", "simple_signing"];
/// Inputs are not made longer than this; the caps of the parsers are tested elsewhere.
const MAX_LEN: usize = 64 * 1024;
/// One input may take no longer.
const TIMEOUT_SECONDS: usize = 10;

/// Runs the named targets, or all of `fuzz/fuzz_targets`.
pub fn run(args: &[String]) -> Result<()> {
    let (seconds, named) = parse(args)?;
    let fuzz = tree().join("fuzz");
    let all = targets(&fuzz)?;
    let chosen = if named.is_empty() { all.clone() } else { named };
    for name in &chosen {
        ensure!(all.contains(name), "no target `{name}`; there are {}", all.join(", "));
    }
    let built = Instant::now();
    cargo_fuzz(&fuzz, &["build".into()])?;
    println!("built {} targets in {} s", all.len(), built.elapsed().as_secs());
    for name in &chosen {
        let summary = fuzz_one(&fuzz, name, seconds).with_context(|| format!("target {name}"))?;
        println!("{name:<16} {summary}");
    }
    Ok(())
}

fn parse(args: &[String]) -> Result<(u32, Vec<String>)> {
    let mut seconds = 10;
    let mut named = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => seconds = args.next().context("--seconds needs a number")?.parse()?,
            flag if flag.starts_with('-') => bail!("no option `{flag}`"),
            name => named.push(name.to_owned()),
        }
    }
    Ok((seconds, named))
}

/// The targets that there are, sorted.
fn targets(fuzz: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(fuzz.join("fuzz_targets"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ext| ext == "rs") {
            names.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    names.sort();
    for named in ALWAYS {
        ensure!(names.iter().any(|name| name == named), "the target {named} is not there");
    }
    Ok(names)
}

/// New inputs go to a folder under `target/`; the committed seeds are only read.
fn fuzz_one(fuzz: &Path, name: &str, seconds: u32) -> Result<String> {
    let found = tree().join("target/fuzz-corpus").join(name);
    fs::create_dir_all(&found)?;
    let seeds = fuzz.join("corpus").join(name);
    ensure!(seeds.is_dir(), "{} is not there: each target has seeds", seeds.display());
    let mut args = vec!["run".to_owned(), name.to_owned()];
    args.extend([found, seeds].iter().map(|dir| dir.display().to_string()));
    args.push("--".to_owned());
    args.push(format!("-max_total_time={seconds}"));
    args.push(format!("-max_len={MAX_LEN}"));
    args.push(format!("-timeout={TIMEOUT_SECONDS}"));
    args.push("-print_final_stats=1".to_owned());
    let output = cargo_fuzz(fuzz, &args)?;
    summarize(&output).context("libFuzzer printed no statistics")
}

/// `stat::number_of_executed_units` and the last corpus size, from what libFuzzer prints.
fn summarize(output: &str) -> Option<String> {
    let stat = |name: &str| {
        let line = output.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let runs = stat("stat::number_of_executed_units:")?;
    let memory = stat("stat::peak_rss_mb:")?;
    Some(format!("{runs:>9} runs, {memory:>4} MiB at most"))
}

/// Stable Rust takes the sanitizer's flags with `RUSTC_BOOTSTRAP=1` (docs/decisions/0008).
fn cargo_fuzz(fuzz: &Path, args: &[String]) -> Result<String> {
    let (verb, rest) = args.split_first().context("cargo fuzz needs a verb")?;
    let target: PathBuf = tree().join("target/fuzz");
    let mut command = Command::new("cargo");
    command.current_dir(fuzz).env("RUSTC_BOOTSTRAP", "1").env_remove("CARGO_TARGET_DIR");
    command.args(["fuzz", verb, "--fuzz-dir"]).arg(fuzz).arg("--target-dir").arg(target).args(rest);
    // libFuzzer reports on standard error, and its report of a crash is the error's text.
    let output = command.output().context("cargo-fuzz is not there; `cargo install --locked cargo-fuzz`")?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "cargo fuzz {}: {}\n{text}", args.join(" "), output.status);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&[]).unwrap(), (10, vec![]));
        assert_eq!(parse(&words("--seconds 3 bundle")).unwrap(), (3, vec!["bundle".to_owned()]));
        assert!(parse(&words("--seconds x")).is_err());
        assert!(parse(&words("--fast")).is_err());
    }

    #[test]
    fn statistics() {
        let text = "#5 DONE\nstat::number_of_executed_units: 5\nstat::peak_rss_mb:              38\n";
        assert_eq!(summarize(text).unwrap().split_whitespace().next(), Some("5"));
        assert_eq!(summarize("Done 5 runs"), None);
    }
}
