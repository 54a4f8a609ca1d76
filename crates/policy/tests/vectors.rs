//! The published vectors of `docs/vectors/`, one test a row: globs, references and identities (POL-03, REF-07, ID-02).
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::ImageRef;
use proofmark_core::pattern::{AnchoredRegex, Glob, IdentityGlob};
use toml::{Table, Value};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (file, least, check) in [
        ("globs", 60, glob as fn(&Table) -> Result<(), Failed>),
        ("references", 60, reference),
        ("identities", 40, identity),
    ] {
        let rows = rows(file);
        assert!(rows.len() >= least, "{file}: only {} vectors", rows.len());
        for (index, row) in rows.into_iter().enumerate() {
            trials.push(Trial::test(format!("{file}::{:03}", index + 1), move || check(&row)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn rows(file: &str) -> Vec<Table> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/vectors/{file}.toml"));
    let text = String::from_utf8(support::read(&path)).unwrap();
    let table: Table = text.parse().unwrap();
    let rows = table["vector"].as_array().unwrap();
    rows.iter().map(|row| row.as_table().unwrap().clone()).collect()
}

fn text<'a>(row: &'a Table, key: &str) -> Result<&'a str, Failed> {
    row.get(key).and_then(Value::as_str).ok_or_else(|| format!("no {key} in {row}").into())
}

/// The answer that the row asks for: a match or none, or `None` for a pattern that must be refused.
fn wanted(row: &Table) -> Result<Option<bool>, Failed> {
    match (row.get("matches"), row.get("invalid")) {
        (Some(Value::Boolean(matches)), None) => Ok(Some(*matches)),
        (None, Some(Value::Boolean(true))) => Ok(None),
        _ => Err(format!("neither matches nor invalid in {row}").into()),
    }
}

fn compare(row: &Table, found: Option<bool>) -> Result<(), Failed> {
    let wanted = wanted(row)?;
    if wanted == found { Ok(()) } else { Err(format!("{row}wanted {wanted:?}, found {found:?}").into()) }
}

fn glob(row: &Table) -> Result<(), Failed> {
    let name = row.get("text").and_then(Value::as_str).unwrap_or_default();
    compare(row, Glob::parse(text(row, "pattern")?).ok().map(|glob| glob.matches(name)))
}

fn identity(row: &Table) -> Result<(), Failed> {
    let name = row.get("text").and_then(Value::as_str).unwrap_or_default();
    let found = match row.get("glob") {
        Some(_) => IdentityGlob::parse(text(row, "glob")?).ok().map(|glob| glob.matches(name)),
        None => AnchoredRegex::parse(text(row, "regex")?).ok().map(|regex| regex.matches(name)),
    };
    compare(row, found)
}

fn reference(row: &Table) -> Result<(), Failed> {
    let found = ImageRef::parse(text(row, "text")?).ok().map(|reference| reference.to_string());
    let wanted = row.get("normal").and_then(Value::as_str);
    if wanted.is_none() && row.get("invalid") != Some(&Value::Boolean(true)) {
        return Err(format!("neither normal nor invalid in {row}").into());
    }
    if wanted != found.as_deref() {
        return Err(format!("{row}wanted {wanted:?}, found {found:?}").into());
    }
    // What was normalised means the same again.
    match found {
        Some(normal)
            if ImageRef::parse(&normal).map(|again| again.to_string()).as_deref() != Ok(normal.as_str()) =>
        {
            Err(format!("{normal} is not stable").into())
        }
        _ => Ok(()),
    }
}
