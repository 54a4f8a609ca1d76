//! Adding rows to `allowlists/base-images.toml`: what stands there stays as it is, byte for byte.

use std::fmt::Write as _;

use jiff::civil::Date;
use proofmark_core::{Digest, Platform};

use crate::load::read_bases;
use crate::source::Source;
use crate::write::{quote, quote_lines};
use crate::{ApprovedBase, LoadFailure};

/// A row to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBase {
    /// What it is called in reports.
    pub name: String,
    /// Digests of its index and manifests.
    pub digests: Vec<Digest>,
    /// The platforms on which it has these layers.
    pub platforms: Vec<Platform>,
    /// The digests of all of its uncompressed layers, the lowest first.
    pub diff_ids: Vec<Digest>,
    /// The last day, UTC, on which the row holds.
    pub not_after: Date,
    /// Who approved it.
    pub added_by: String,
    /// Why it is approved.
    pub why: String,
}

/// The file with the rows that were missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The whole text.
    pub text: String,
    /// Which of the new rows were added, by their index; the others stood there already.
    pub added: Vec<usize>,
}

/// Why nothing is added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The file has errors, or would have some: the new row is not one that loads.
    #[error("{0}")]
    Invalid(#[from] LoadFailure),
    /// The name stands for other layers on this platform.
    #[error("base `{name}` has other layers on {platform}, in line {line}")]
    NameTaken {
        /// The name.
        name: String,
        /// The platform.
        platform: Platform,
        /// The line of the row.
        line: u32,
    },
    /// The same base is listed, and not by these digests, or for a part of these platforms alone.
    #[error("base `{name}`, in line {line}, has the same layers on {platform}, and {differs}")]
    Listed {
        /// The name in the file.
        name: String,
        /// The platform.
        platform: Platform,
        /// The line of the row.
        line: u32,
        /// What of the two is not the same.
        differs: &'static str,
    },
}

/// Adds rows to the end of the text of `base-images.toml`, which errors call `file`. A row that stands there already is not
/// added again. The result is read back before it is given: what does not load is never written.
///
/// # Errors
/// [`AppendError`]; nothing is added then.
pub fn append_bases(file: &str, text: &str, rows: &[NewBase]) -> Result<Appended, AppendError> {
    let there = read_bases(&Source::new(file, text))?;
    let mut appended = Appended { text: text.to_owned(), added: Vec::new() };
    for (index, row) in rows.iter().enumerate() {
        if !is_there(&there, row)? {
            write_row(&mut appended.text, row);
            appended.added.push(index);
        }
    }
    read_bases(&Source::new(file, &appended.text))?;
    Ok(appended)
}

/// Whether the row stands there; an error if something of it does that contradicts it.
fn is_there(there: &[ApprovedBase], row: &NewBase) -> Result<bool, AppendError> {
    let mut known = 0;
    for platform in &row.platforms {
        let normal = platform.normalised();
        let on = |base: &&ApprovedBase| base.platforms.iter().any(|listed| listed.normalised() == normal);
        let named = there.iter().filter(on).find(|base| base.name == row.name);
        if let Some(base) = named.filter(|base| base.diff_ids != row.diff_ids) {
            let (platform, line) = (platform.clone(), base.origin.start.line);
            return Err(AppendError::NameTaken { name: base.name.clone(), platform, line });
        }
        let Some(base) = there.iter().filter(on).find(|base| base.diff_ids == row.diff_ids) else { continue };
        let differs = if base.name != row.name {
            Some("another name")
        } else if base.revoked.is_some() {
            Some("is revoked")
        } else if row.digests.iter().any(|digest| !base.digests.contains(digest)) {
            Some("not all of its digests")
        } else {
            None
        };
        if let Some(differs) = differs {
            let (name, platform, line) = (base.name.clone(), platform.clone(), base.origin.start.line);
            return Err(AppendError::Listed { name, platform, line, differs });
        }
        known += 1;
    }
    match row.platforms.first() {
        Some(platform) if known > 0 && known < row.platforms.len() => Err(AppendError::Listed {
            name: row.name.clone(),
            platform: platform.clone(),
            line: there.iter().find(|base| base.name == row.name).map_or(0, |base| base.origin.start.line),
            differs: "not for all of its platforms",
        }),
        _ => Ok(known > 0),
    }
}

fn write_row(out: &mut String, row: &NewBase) {
    if !out.is_empty() {
        out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
    }
    let platforms: Vec<String> = row.platforms.iter().map(ToString::to_string).collect();
    let texts = |digests: &[Digest]| -> Vec<String> { digests.iter().map(ToString::to_string).collect() };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "[[base]]");
    let _ = writeln!(out, "name = {}", quote(&row.name));
    let _ = writeln!(out, "digests = {}", quote_lines(&texts(&row.digests)));
    let _ = writeln!(out, "platforms = {}", quote_lines(&platforms));
    let _ = writeln!(out, "diff-ids = {}", quote_lines(&texts(&row.diff_ids)));
    let _ = writeln!(out, "not-after = {}", row.not_after);
    let _ = writeln!(out, "added-by = {}", quote(&row.added_by));
    let _ = writeln!(out, "why = {}", quote(&row.why));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, platforms: &[&str], layers: &[u8]) -> NewBase {
        NewBase {
            name: name.to_owned(),
            digests: vec![Digest::sha256(name.as_bytes())],
            platforms: platforms.iter().map(|text| Platform::parse(text).unwrap()).collect(),
            diff_ids: layers.iter().map(|layer| Digest::sha256(&[*layer])).collect(),
            not_after: Date::new(2027, 3, 31).unwrap(),
            added_by: "al \"ice\"".to_owned(),
            why: "back\\slash".to_owned(),
        }
    }

    fn add(text: &str, rows: &[NewBase]) -> Result<Appended, AppendError> {
        append_bases("b.toml", text, rows)
    }

    #[test]
    fn what_stands_there_stays_and_what_is_added_loads() {
        let rows = [row("os", &["linux/amd64"], &[1]), row("os", &["linux/arm64", "linux/s390x"], &[2, 2])];
        let first = add("", &rows).unwrap();
        assert!(first.text.starts_with("[[base]]\nname = \"os\"\n"), "{}", first.text);
        for before in
            [first.text.clone(), format!("# no end\n{}# comment", first.text), "# alone\r\n".to_owned()]
        {
            let again = add(&before, &[row("next", &["linux/amd64"], &[1, 2])]).unwrap();
            assert!(again.text.starts_with(&before), "{}", again.text);
            let loaded = read_bases(&Source::new("b.toml", &again.text)).unwrap();
            let last = loaded.last().unwrap();
            assert_eq!((last.name.as_str(), last.added_by.as_str()), ("next", "al \"ice\""));
            assert_eq!((last.why.as_str(), last.diff_ids.len()), ("back\\slash", 2));
        }
        assert_eq!(add(&first.text, &rows).unwrap(), Appended { text: first.text, added: Vec::new() });
    }

    #[test]
    fn a_name_never_comes_to_mean_other_layers() {
        let text = add("", &[row("os", &["linux/arm64/v8"], &[1])]).unwrap().text;
        let other = add(&text, &[row("os", &["linux/arm64"], &[1, 2])]).unwrap_err();
        assert!(matches!(other, AppendError::NameTaken { line: 2, .. }), "{other}");
        let renamed = add(&text, &[row("also", &["linux/arm64"], &[1])]).unwrap_err();
        assert!(matches!(renamed, AppendError::Listed { differs: "another name", .. }), "{renamed}");
        let more = NewBase { digests: vec![Digest::sha256(b"rebuilt")], ..row("os", &["linux/arm64"], &[1]) };
        assert!(add(&text, &[more]).unwrap_err().to_string().contains("not all of its digests"));
        let wider = add(&text, &[row("os", &["linux/arm64", "linux/amd64"], &[1])]).unwrap_err();
        assert!(wider.to_string().contains("not for all of its platforms"), "{wider}");
        assert_eq!(
            add(&text, &[row("os", &["linux/amd64"], &[1, 2])]).unwrap().added,
            [0],
            "its own platform"
        );
        let revoked = format!("{text}revoked = \"CVE\"\n");
        assert!(
            add(&revoked, &[row("os", &["linux/arm64"], &[1])]).unwrap_err().to_string().contains("revoked")
        );
    }

    #[test]
    fn nothing_is_added_to_a_file_or_of_a_row_that_does_not_load() {
        for broken in ["base = []\nbase = []", "[[base]]\nname = 1", "x", "base = [{}]"] {
            assert!(matches!(
                add(broken, &[row("os", &["linux/amd64"], &[1])]),
                Err(AppendError::Invalid(_))
            ));
        }
        let inline = add("base = []\n", &[row("os", &["linux/amd64"], &[1])]);
        assert!(matches!(inline, Err(AppendError::Invalid(_))), "{inline:?}");
        for row in
            [row("os", &["linux/amd64"], &[]), row("a\nb", &["linux/amd64"], &[1]), row("os", &[], &[1])]
        {
            assert!(matches!(add("", &[row]), Err(AppendError::Invalid(_))));
        }
        let twice = [row("os", &["linux/amd64"], &[1]), row("os", &["linux/amd64"], &[2])];
        assert!(matches!(add("", &twice), Err(AppendError::Invalid(_))));
    }
}
