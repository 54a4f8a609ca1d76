//! The table of `docs/mutants.md`: from cargo-mutants' own account, to the page, and back.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What became of the changes to one file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Which bytes of it were tried.
    pub(super) code: String,
    pub(super) caught: usize,
    pub(super) timeout: usize,
    pub(super) unviable: usize,
    /// The changes that no test noticed, as cargo-mutants names them.
    pub(super) missed: Vec<String>,
}

impl Row {
    /// How many changes were tried.
    pub(super) fn tried(&self) -> usize {
        self.caught + self.timeout + self.unviable + self.missed.len()
    }
}

/// By file.
pub(super) type Rows = BTreeMap<String, Row>;

/// One row a file.
pub(super) fn from_outcomes(outcomes: &Value) -> Result<Rows> {
    let mut rows = Rows::new();
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

/// Replaces what was missed by what became of it when it was tried again.
pub(super) fn again(first: &mut Rows, second: Rows) {
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

/// The page; `untried` are files whose changes were not all noticed as they stand.
pub(super) fn page(rows: &Rows, untried: &[&str], version: &str) -> String {
    let mut page = format!(
        "# Mutation of the deciding code\n\nWritten by `cargo xtask mutants` with {version}. Each change is made to the code \
         that verifies, matches, counts\nor decides (`.cargo/mutants.toml`), and the tests must notice it. *Code*: the SHA-256 of \
         the file that was changed, without its\nunit tests; one that is another now is tried again. *Timeout*: the change made a test run for ever, \
         which notices it too.\n*Unviable*: the change did not compile.\n\n\
         | file | code | caught | timeout | unviable | missed |\n|---|---|---:|---:|---:|---:|\n"
    );
    let mut total = [0; 4];
    for (file, row) in rows {
        let counts = [row.caught, row.timeout, row.unviable, row.missed.len()];
        let [caught, timeout, unviable, missed] = counts;
        let _ =
            writeln!(page, "| `{file}` | `{}` | {caught} | {timeout} | {unviable} | {missed} |", row.code);
        total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let [caught, timeout, unviable, missed] = total;
    let _ = writeln!(page, "| **all** | | {caught} | {timeout} | {unviable} | {missed} |");
    if !untried.is_empty() {
        let _ = writeln!(page, "\n## Not tried as they stand\n");
        for file in untried {
            let _ = writeln!(page, "* `{file}`");
        }
    }
    let names: Vec<&String> = rows.values().flat_map(|row| &row.missed).collect();
    if !names.is_empty() {
        page.push_str("\n## Missed\n\n");
        for name in names {
            let _ = writeln!(page, "- `{name}`");
        }
    }
    page
}

/// The rows of a page that [`page`] wrote.
pub(super) fn parse(page: &str) -> Result<Rows> {
    let mut rows = Rows::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, file, code, caught, timeout, unviable, _missed, _] = cells[..] else {
            bail!("not a row of mutants: {line}");
        };
        let row = Row {
            code: code.to_owned(),
            caught: caught.parse()?,
            timeout: timeout.parse()?,
            unviable: unviable.parse()?,
            missed: Vec::new(),
        };
        rows.insert(file.to_owned(), row);
    }
    for name in page.lines().filter_map(|line| line.strip_prefix("- `")) {
        let name = name.trim_end_matches('`');
        let file = name.split(':').next().unwrap_or_default();
        rows.get_mut(file)
            .with_context(|| format!("missed in no file: {name}"))?
            .missed
            .push(name.to_owned());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(caught: usize, missed: &[&str]) -> Row {
        Row { caught, missed: missed.iter().map(|name| (*name).to_owned()).collect(), ..Row::default() }
    }

    #[test]
    fn what_was_missed_counts_as_it_ended() {
        let mut all = Rows::from([("a".to_owned(), row(3, &["x", "y"])), ("b".to_owned(), row(1, &[]))]);
        again(&mut all, Rows::from([("a".to_owned(), row(1, &["y"]))]));
        assert_eq!(all["a"], row(4, &["y"]));
        assert_eq!(all["b"], row(1, &[]));
    }

    #[test]
    fn counts_each_outcome_once() {
        let outcomes = serde_json::json!({ "outcomes": [
            { "scenario": "Baseline", "summary": "Success" },
            { "scenario": { "Mutant": { "file": "a.rs", "name": "a.rs:1: replace x" } }, "summary": "CaughtMutant" },
            { "scenario": { "Mutant": { "file": "a.rs", "name": "a.rs:2: replace y" } }, "summary": "MissedMutant" },
            { "scenario": { "Mutant": { "file": "b.rs", "name": "b.rs:1" } }, "summary": "Timeout" },
        ]});
        let mut rows = from_outcomes(&outcomes).unwrap();
        assert_eq!(rows["a.rs"].tried(), 2);
        for row in rows.values_mut() {
            "0123456789ab".clone_into(&mut row.code);
        }
        let page = page(&rows, &[], "cargo-mutants 1");
        assert!(page.contains("| `a.rs` | `0123456789ab` | 1 | 0 | 0 | 1 |\n"), "{page}");
        assert!(page.contains("| `b.rs` | `0123456789ab` | 0 | 1 | 0 | 0 |\n| **all** | | 1 | 1 | 0 | 1 |"));
        assert!(page.ends_with("## Missed\n\n- `a.rs:2: replace y`\n"));
        assert_eq!(parse(&page).unwrap(), rows);
        let strange = serde_json::json!({ "outcomes": [
            { "scenario": { "Mutant": { "file": "a.rs" } }, "summary": "New" },
        ]});
        assert!(from_outcomes(&strange).is_err());
    }

    #[test]
    fn a_page_that_was_written_by_hand_is_refused() {
        assert!(parse("| `a.rs` | 1 |").is_err());
        assert!(parse("| `a.rs` | `x` | one | 0 | 0 | 0 |").is_err());
        assert!(parse("- `a.rs:1: replace x`").is_err());
        assert_eq!(parse("").unwrap(), Rows::new());
    }
}
