//! `cargo xtask gen` and `cargo xtask check`: files that follow from the code.

mod blocks;
mod pages;
mod program;
mod threats;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::advisories;
use crate::peers::tree;
use program::Program;

/// Folders in which every file is generated: one that is there and not generated any more is a difference.
const OWNED: [&str; 5] = ["completions", "docs/reasons", "docs/rules", "docs/schema", "man"];

/// Path from the root of the tree, and content.
type Outputs = BTreeMap<String, String>;

/// Writes what differs.
pub fn write(args: &[String]) -> Result<()> {
    let root = tree();
    for difference in differences(&root, &outputs(&root, args)?)? {
        let path = root.join(difference.path());
        match &difference {
            Difference::Content(_, content) => {
                fs::create_dir_all(path.parent().context("a path in the tree")?)?;
                fs::write(&path, content).with_context(|| path.display().to_string())?;
            }
            Difference::Stale(_) => fs::remove_file(&path)?,
        }
        println!("{difference}");
    }
    Ok(())
}

/// Compares, writes nothing, and fails if anything differs.
pub fn check(args: &[String]) -> Result<()> {
    let root = tree();
    let outputs = outputs(&root, args)?;
    let differences = differences(&root, &outputs)?;
    for difference in &differences {
        println!("{difference}");
        if let Difference::Content(path, new) = difference {
            println!("{}", first_difference(&fs::read_to_string(root.join(path)).unwrap_or_default(), new));
        }
    }
    ensure!(differences.is_empty(), "{} generated files differ; run `cargo xtask gen`", differences.len());
    println!("{} generated files are as the code says", outputs.len());
    Ok(())
}

/// A file that is not as generated.
#[derive(Debug, PartialEq, Eq)]
enum Difference {
    /// Path and the content that it should have.
    Content(String, String),
    /// Nothing generates it any more.
    Stale(String),
}

impl Difference {
    fn path(&self) -> &str {
        match self {
            Self::Content(path, _) | Self::Stale(path) => path,
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Content(path, _) => write!(f, "changed  {path}"),
            Self::Stale(path) => write!(f, "stale    {path}"),
        }
    }
}

/// Everything that is generated.
fn outputs(root: &Path, args: &[String]) -> Result<Outputs> {
    let program = match args {
        [] => Program::build(root)?,
        [flag, path] if flag == "--binary" => Program::at(path)?,
        _ => bail!("usage: cargo xtask gen|check [--binary PATH]"),
    };
    let rules = proofmark_engine::rules();
    let mut outputs = Outputs::new();
    outputs.extend(pages::reasons());
    outputs.extend(pages::rules(&rules));
    outputs.insert("docs/threats.md".into(), threats::page(&rules)?);
    outputs.insert("docs/advisories.md".into(), advisories::table(root)?);
    outputs.insert("docs/schema/report-1.schema.json".into(), json(&proofmark_report::report_schema())?);
    outputs.insert("docs/schema/policy-1.schema.json".into(), json(&proofmark_policy::json_schema())?);
    for (name, schema) in proofmark_policy::allowlist_schema() {
        outputs.insert(format!("docs/schema/{name}-1.schema.json"), json(&schema)?);
    }
    outputs.extend(program.files()?);
    outputs.extend(blocks::outputs(root, &program)?);
    Ok(outputs)
}

fn json(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn differences(root: &Path, outputs: &Outputs) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for (path, content) in outputs {
        if fs::read(root.join(path)).ok().as_deref() != Some(content.as_bytes()) {
            differences.push(Difference::Content(path.clone(), content.clone()));
        }
    }
    for dir in OWNED {
        let Ok(entries) = fs::read_dir(root.join(dir)) else { continue };
        for entry in entries {
            let path = format!("{dir}/{}", entry?.file_name().to_string_lossy());
            if !outputs.contains_key(&path) {
                differences.push(Difference::Stale(path));
            }
        }
    }
    Ok(differences)
}

/// The first line that differs, for a log.
fn first_difference(old: &str, new: &str) -> String {
    let count = old.lines().zip(new.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(count).unwrap_or("(end)").to_owned();
    format!(
        "         line {}: is       {}\n         line {}: should be {}",
        count + 1,
        line(old),
        count + 1,
        line(new)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_and_stale_files_are_found() {
        let root = tree().join("target/generate-test");
        fs::create_dir_all(root.join("docs/rules")).unwrap();
        fs::write(root.join("docs/rules/old.md"), "x").unwrap();
        fs::write(root.join("docs/rules/same.md"), "same").unwrap();
        let outputs = Outputs::from([
            ("docs/rules/same.md".to_owned(), "same".to_owned()),
            ("docs/rules/new.md".to_owned(), "new".to_owned()),
        ]);
        let found = differences(&root, &outputs).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(
            found,
            [
                Difference::Content("docs/rules/new.md".into(), "new".into()),
                Difference::Stale("docs/rules/old.md".into())
            ]
        );
    }

    #[test]
    fn names_the_first_line_that_differs() {
        let text = first_difference("a\nb\n", "a\nc\n");
        assert!(text.contains("line 2: is       b") && text.contains("line 2: should be c"), "{text}");
    }
}
