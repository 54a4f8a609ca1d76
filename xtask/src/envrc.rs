//! `cargo xtask envrc`: how many attacks the audit of `.envrc` files finds, and how many honest files it accuses.
//!
//! The program judges each sample in a process of its own, in the sample's folder. Nothing of a sample is run. The page is
//! `docs/recall/envrc.md`; a miss or a false alarm that `tests/corpora/envrc/explained.tsv` does not explain is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::interop::find_proofmark;
use crate::peers::{run_command, tree};
use crate::stack::process::Scratch;

const PAGE: &str = "docs/recall/envrc.md";
const CORPUS: &str = "tests/corpora/envrc";
const USAGE: &str = "usage: cargo xtask envrc [--half 0|1] [--binary PATH] HONEST\n       cargo xtask envrc --set 2|3|4 [--binary PATH] [HONEST]\n\nHONEST is what `tests/corpora/envrc/honest.py build` made, with `--set=2`, `--set=3` or `--set=4` for these sets";

/// The worst that is said of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Nothing,
    Info,
    Low,
    Medium,
    High,
}

/// One file that was judged.
struct Sample {
    name: String,
    kind: String,
    said: Said,
    rules: Vec<String>,
}

/// Measures one half and writes its part of the page.
pub fn run(arguments: &[String]) -> Result<()> {
    let (mut half, mut binary, mut rest) = ("0", None, arguments);
    while let [flag, value, others @ ..] = rest {
        match flag.as_str() {
            "--half" if matches!(value.as_str(), "0" | "1") => half = value,
            // These sets have no halves. Where a half is asked for, it is half 2, 3 or 4.
            "--set" if held_out(value) => half = value,
            "--binary" => binary = Some(std::path::absolute(value)?),
            _ => bail!("{USAGE}"),
        }
        rest = others;
    }
    // All of such a set is measured, so that both halves of its honest files are.
    let honest: Vec<PathBuf> = match (half, rest) {
        ("2" | "3" | "4", []) => Vec::new(),
        ("2" | "3" | "4", [honest]) => ["0", "1"].map(|half| Path::new(honest).join(half)).into(),
        (_, [honest]) => vec![Path::new(honest).join(half)],
        _ => bail!("{USAGE}"),
    };
    let binary = binary.map_or_else(find_proofmark, Ok)?;
    let scratch = Scratch::new()?;
    let built = scratch.path().join("samples");
    for (script, option) in [("samples.py", "--build"), ("rewrite.py", "--samples")] {
        let mut command = Command::new("python3");
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(tree().join(CORPUS).join(script))
            .arg(option)
            .arg(&built);
        run_command(&mut command)?;
    }
    let kinds = kinds(half)?;
    let (mut samples, mut rewritten) = (Vec::new(), Vec::new());
    for folder in folders(&built.join(half))? {
        let name = name_of(&folder);
        let (base, rewrite) =
            name.split_once('+').map_or((name.as_str(), None), |(base, rewrite)| (base, Some(rewrite)));
        let kind = kinds.get(base).with_context(|| format!("{base} is not in the index"))?;
        // Those are about direnv's own folders, which `envrc status` judges.
        if kind == "store" {
            continue;
        }
        let sample = judged(&binary, scratch.path(), &folder.join("files"), &name, rewrite.unwrap_or(kind))?;
        if rewrite.is_some() { rewritten.push(sample) } else { samples.push(sample) }
    }
    let mut files = Vec::new();
    for (name, folder) in honest_files(&honest, &built.join(half), held_out(half))? {
        files.push(judged(&binary, scratch.path(), &folder, &name, "honest")?);
    }
    ensure!(!samples.is_empty() && !files.is_empty(), "nothing to measure");
    let text = section(&samples, &rewritten, &files)?;
    write(half, &text)
}

/// Whether all of a set is held out.
fn held_out(half: &str) -> bool {
    matches!(half, "2" | "3" | "4")
}

/// The kind of each sample, by the index.
fn kinds(half: &str) -> Result<BTreeMap<String, String>> {
    let index = match half {
        "2" => "held-out.tsv",
        "3" => "third.tsv",
        "4" => "fourth.tsv",
        _ => "malicious.tsv",
    };
    let text = fs::read_to_string(tree().join(CORPUS).join(index))?;
    let rows = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    Ok(rows.filter(|row| row.len() > 3).map(|row| (row[0].to_owned(), row[3].to_owned())).collect())
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The honest files by their names, and with them what samples of a set that is held out are changes of.
fn honest_files(honest: &[PathBuf], samples: &Path, held_out: bool) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for folder in honest {
        files.extend(folders(folder)?.into_iter().map(|file| (name_of(&file), file)));
    }
    if held_out {
        let before = |sample: PathBuf| (format!("{}/before", name_of(&sample)), sample.join("before"));
        files.extend(changed(samples)?.into_iter().map(before));
    }
    Ok(files)
}

/// Samples whose `before/` is honest: of those with the same `.envrc` there, the first.
fn changed(built: &Path) -> Result<Vec<PathBuf>> {
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for folder in folders(built)? {
        let before = folder.join("before");
        // A rewrite is made of the changed side alone.
        if !before.is_dir() || name_of(&folder).contains('+') {
            continue;
        }
        if seen.insert(fs::read(before.join(".envrc"))?) {
            found.push(folder);
        }
    }
    Ok(found)
}

fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let mut folders = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

/// What the program says of the `.envrc` of a folder. What it refuses to read is told as High: it is no pass.
fn judged(binary: &Path, home: &Path, folder: &Path, name: &str, kind: &str) -> Result<Sample> {
    let output = Command::new(binary)
        .env_clear()
        .env("HOME", home)
        .current_dir(folder)
        .args(["envrc", "audit", "--format", "json", ".envrc"])
        .output()?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let mut said = if report["errors"].as_array().is_some_and(|errors| !errors.is_empty()) {
        Said::High
    } else {
        Said::Nothing
    };
    let mut rules = Vec::new();
    for row in report["results"].as_array().context("no results")? {
        if row["verdict"] == "pass" {
            continue;
        }
        let severity = match row["severity"].as_str() {
            Some("info") => Said::Info,
            Some("low") => Said::Low,
            Some("medium") => Said::Medium,
            _ => Said::High,
        };
        rules.push(format!(
            "{} {}",
            row["rule"].as_str().unwrap_or_default(),
            row["severity"].as_str().unwrap_or_default()
        ));
        said = said.max(severity);
    }
    rules.sort();
    rules.dedup();
    Ok(Sample { name: name.to_owned(), kind: kind.to_owned(), said, rules })
}

#[allow(clippy::cast_precision_loss)] // a share
fn share(part: usize, all: usize) -> String {
    format!("{part} of {all} ({:.1} %)", part as f64 * 100.0 / all.max(1) as f64)
}

fn at_least<'a>(samples: impl Iterator<Item = &'a Sample>, said: Said) -> usize {
    samples.filter(|sample| sample.said >= said).count()
}

fn section(samples: &[Sample], rewritten: &[Sample], honest: &[Sample]) -> Result<String> {
    let version =
        run_command(Command::new("git").current_dir(tree()).args(["rev-parse", "--short=10", "HEAD"]))?;
    let mut text = format!("Measured at `{}`.\n\n| | High | anything |\n|---|---:|---:|\n", version.trim());
    let mut line = |name: &str, of: &[&Sample]| {
        let (high, any) =
            (at_least(of.iter().copied(), Said::High), at_least(of.iter().copied(), Said::Info));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {name} | {} | {} |", share(high, of.len()), share(any, of.len()));
    };
    line("malicious samples", &samples.iter().collect::<Vec<_>>());
    for kind in ["plain", "edit", "files", "diff"] {
        line(&format!("– {kind}"), &samples.iter().filter(|sample| sample.kind == kind).collect::<Vec<_>>());
    }
    line("honest files", &honest.iter().collect::<Vec<_>>());
    let rewrites = rewrites(samples, rewritten);
    text.push_str(
        "\nHigh samples that stay High when they are rewritten, and by a rule that found them before: a word that is rewritten is told by \
         `envrc-hidden-code`, whatever it means.\n\n| rewrite | High | by the same rule |\n|---|---:|---:|\n",
    );
    for (name, (kept, same, all)) in &rewrites {
        let _ = writeln!(text, "| {name} | {} | {} |", share(*kept, *all), share(*same, *all));
    }
    let sum = rewrites.values().fold((0, 0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2));
    let _ = writeln!(text, "| all | {} | {} |", share(sum.0, sum.2), share(sum.1, sum.2));
    let explained = explained()?;
    let missed = samples.iter().filter(|one| one.said < Said::High);
    listed(&mut text, "Malicious without a High", missed, &explained)?;
    listed(&mut text, "Honest with a High", honest.iter().filter(|one| one.said == Said::High), &explained)?;
    Ok(text)
}

/// For each rewrite of samples that are High: how many stay so, how many by a rule that found them before, and how many there are.
fn rewrites<'a>(samples: &[Sample], rewritten: &'a [Sample]) -> BTreeMap<&'a str, (usize, usize, usize)> {
    let mut counts: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for sample in rewritten {
        let base = sample.name.split('+').next().unwrap_or_default();
        let Some(before) = samples.iter().find(|one| one.name == base && one.said == Said::High) else {
            continue;
        };
        let high = |rule: &&String| rule.ends_with(" high") || rule.ends_with(" critical");
        let same = before.rules.iter().filter(high).any(|rule| sample.rules.contains(rule));
        let count = counts.entry(sample.kind.as_str()).or_default();
        count.0 += usize::from(sample.said == Said::High);
        count.1 += usize::from(same);
        count.2 += 1;
    }
    counts
}

/// Why a sample is missed or a file accused, by its name.
fn explained() -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(tree().join(CORPUS).join("explained.tsv"))?;
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(rows.map(|(name, why)| (name.to_owned(), why.to_owned())).collect())
}

fn listed<'a>(
    text: &mut String,
    title: &str,
    samples: impl Iterator<Item = &'a Sample>,
    explained: &BTreeMap<String, String>,
) -> Result<()> {
    let samples: Vec<&Sample> = samples.collect();
    let _ = writeln!(text, "\n{title}: {}.\n", samples.len());
    if samples.is_empty() {
        return Ok(());
    }
    text.push_str("| which | what is said | why |\n|---|---|---|\n");
    let mut unexplained = Vec::new();
    for sample in samples {
        let why = explained.get(&sample.name);
        if why.is_none() {
            unexplained.push(sample.name.as_str());
        }
        let said = if sample.rules.is_empty() { "nothing".to_owned() } else { sample.rules.join(", ") };
        let _ = writeln!(
            text,
            "| `{}` | {said} | {} |",
            sample.name,
            why.map_or("**not explained**", String::as_str)
        );
    }
    ensure!(
        unexplained.is_empty(),
        "{CORPUS}/explained.tsv does not explain {}\n\n{text}",
        unexplained.join(", ")
    );
    Ok(())
}

/// Puts the text between the marks of its half.
fn write(half: &str, text: &str) -> Result<()> {
    let path = tree().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mark = format!("<!-- measured: half {half} -->\n");
    let (before, rest) =
        page.split_once(&mark).with_context(|| format!("{PAGE} has no mark for half {half}"))?;
    let (_, after) = rest.split_once("<!-- end -->").context("no end")?;
    fs::write(&path, format!("{before}{mark}{text}<!-- end -->{after}"))?;
    println!("{text}\nwritten to {PAGE}");
    Ok(())
}
