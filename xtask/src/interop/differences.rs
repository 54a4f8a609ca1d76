//! `tests/interop/differences.toml`: where proofmark and cosign are meant to differ.

use anyhow::{Result, ensure};
use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    difference: Vec<Difference>,
}

/// One expected difference.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference {
    /// A case, on every registry, or a row: `case@registry`.
    pub(super) row: String,
    /// What cosign says.
    pub(super) cosign: Verdict,
    /// What proofmark says.
    pub(super) proofmark: Verdict,
    /// Why they differ, in a sentence.
    pub(super) why: String,
    /// The line of cosign or the advisory that shows it.
    pub(super) source: String,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Exit code 0.
    Accept,
    /// Any other verdict.
    Refuse,
}

impl Verdict {
    /// `true` is yes.
    pub(super) fn of(accepted: bool) -> Self {
        if accepted { Self::Accept } else { Self::Refuse }
    }

    /// As it is written in the file and the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
        }
    }
}

impl Difference {
    /// Whether it is about this row.
    pub(super) fn covers(&self, case: &str, registry: &str) -> bool {
        self.row == case
            || self.row.strip_prefix(case).is_some_and(|rest| rest.strip_prefix('@') == Some(registry))
    }

    fn check(&self) -> Result<()> {
        ensure!(self.cosign != self.proofmark, "{}: the two verdicts are equal", self.row);
        let complete = !(self.row.is_empty() || self.why.is_empty() || self.source.is_empty());
        ensure!(complete, "{:?}: row, why and source must not be empty", self.row);
        Ok(())
    }
}

/// Reads the list; every entry must be complete.
pub(super) fn parse(text: &str) -> Result<Vec<Difference>> {
    let list = toml::from_str::<File>(text)?.difference;
    list.iter().try_for_each(Difference::check)?;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const GOOD: &str = "[[difference]]\nrow = \"a/b\"\ncosign = \"accept\"\nproofmark = \"refuse\"\nwhy = \"w\"\nsource = \"s\"\n";

    #[test]
    fn a_case_covers_its_rows_on_every_registry() {
        let list = parse(GOOD).expect("parses");
        assert!(list[0].covers("a/b", "referrers") && list[0].covers("a/b", "fallback"));
        assert!(!list[0].covers("a/bc", "referrers"));
        let one = parse(&GOOD.replace("a/b", "a/b@referrers")).expect("parses");
        assert!(one[0].covers("a/b", "referrers") && !one[0].covers("a/b", "fallback"));
    }

    #[test]
    fn an_entry_must_be_a_complete_difference() {
        for (from, to) in [("refuse", "accept"), ("row", "rwo"), ("\"s\"", "\"\""), ("\"accept\"", "\"yes\"")]
        {
            assert!(parse(&GOOD.replace(from, to)).is_err(), "{from} -> {to}");
        }
        assert!(parse(&format!("{GOOD}why = \"again\"\n")).is_err());
    }
}
