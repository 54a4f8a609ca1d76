//! `docs/advisories.md`: which tests cover which known attack. Made of `xtask/advisories.toml` and of the tests' names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The list of known attacks.
const LIST: &str = "xtask/advisories.toml";

/// What identifiers begin with.
const FAMILIES: [&str; 11] = ["sig", "time", "id", "ref", "reg", "pol", "tuf", "node", "att", "base", "conf"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    advisory: Vec<Advisory>,
}

/// A known attack or mistake.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    id: String,
    /// One sentence.
    title: String,
    /// Advisories, issues or documents.
    source: String,
    /// What covers it beside tests of that name.
    #[serde(rename = "held-by")]
    held_by: Option<String>,
    /// Why nothing covers it.
    note: Option<String>,
}

/// Names of tests and cases by identifier: the place of each, and its name.
type Covered = BTreeMap<String, Vec<(String, String)>>;

/// The page. An error if a test is named after an identifier that is not in the list, or the list has one twice.
pub fn table(root: &Path) -> Result<String> {
    let path = root.join(LIST);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let list: List = toml::from_str(&text).with_context(|| path.display().to_string())?;
    let mut covered = Covered::new();
    scan(root, &root.join("crates"), &mut covered)?;
    render(&list.advisory, covered)
}

fn render(list: &[Advisory], mut covered: Covered) -> Result<String> {
    let mut rows = String::new();
    let (mut known, mut open) = (Vec::new(), 0);
    for advisory in list {
        let Advisory { id, title, source, held_by, note } = advisory;
        ensure!(!known.contains(&id), "{LIST} has {id} twice");
        known.push(id);
        let tests = covered.remove(id).map(shown);
        let is_open = tests.is_none() && held_by.is_none();
        ensure!(is_open || note.is_none(), "{id} is covered: its note in {LIST} says why it is not");
        open += usize::from(is_open);
        let parts = [tests, held_by.clone(), is_open.then(|| "not covered".to_owned()), note.clone()];
        let tests = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
        writeln!(rows, "| {id} | {title} ({source}) | {tests} |")?;
    }
    if let Some((id, tests)) = covered.into_iter().next() {
        bail!("{} is named after {id}, which {LIST} does not have", shown(tests));
    }
    Ok(format!(
        "# Known attacks and their tests\n\n\
         Each row is an attack or mistake that another verifier had, with the tests that are named after it. {} of {} are\n\
         covered.\n\n\
         | id | attack (source) | tests |\n|---|---|---|\n{rows}",
        list.len() - open,
        list.len(),
    ))
}

/// The tests of each file or folder of cases, in order.
fn shown(mut tests: Vec<(String, String)>) -> String {
    tests.sort();
    tests.dedup();
    let mut places: Vec<(String, Vec<String>)> = Vec::new();
    for (place, name) in tests {
        match places.last_mut() {
            Some((last, names)) if *last == place => names.push(format!("`{name}`")),
            _ => places.push((place, vec![format!("`{name}`")])),
        }
    }
    let place = |(place, names): &(String, Vec<String>)| format!("{place}: {}", names.join(", "));
    places.iter().map(place).collect::<Vec<_>>().join("; ")
}

/// Looks for names in every Rust file and every folder of cases below `folder`.
fn scan(root: &Path, folder: &Path, covered: &mut Covered) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let place = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        if let Some((cases, _)) = place.rsplit_once('/').filter(|(parent, _)| parent.ends_with("/cases")) {
            note_case(&path, cases, covered);
        } else if path.is_dir() {
            scan(root, &path, covered)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| place.clone())?;
            for name in tests(&text) {
                note(name, &place, covered);
            }
        }
    }
    Ok(())
}

/// A case is a file or a folder, called after what it shows.
fn note_case(path: &Path, place: &str, covered: &mut Covered) {
    if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
        note(name, place, covered);
    }
}

fn note(name: &str, place: &str, covered: &mut Covered) {
    if let Some(id) = identifier(name) {
        covered.entry(id).or_default().push((place.to_owned(), name.to_owned()));
    }
}

/// The identifier at the beginning of a name: `SIG-01` of `sig_01_entries` and of `sig-01-entries`.
fn identifier(name: &str) -> Option<String> {
    let mut parts = name.split(['_', '-']);
    let (family, number) = (parts.next()?, parts.next()?);
    let numbered = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    (FAMILIES.contains(&family) && numbered).then(|| format!("{}-{number}", family.to_ascii_uppercase()))
}

/// The names of test functions, and of rows `name: …` of tables from which tests are made. Functions that are no tests
/// do not count.
fn tests(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") {
            is_test = true;
        } else if let Some(name) = line.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next()) {
            found.extend(is_test.then_some(name));
            is_test = false;
        } else if let Some((name, _)) = line.split_once(": ") {
            let is_row = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            found.extend(is_row.then_some(name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisory(id: &str, note: Option<&str>) -> Advisory {
        let note = note.map(str::to_owned);
        Advisory { id: id.to_owned(), title: "T.".to_owned(), source: "S".to_owned(), held_by: None, note }
    }

    fn covered(names: &[&str]) -> Covered {
        let mut covered = Covered::new();
        for name in names {
            note(name, "crates/x/tests/it.rs", &mut covered);
        }
        covered
    }

    #[test]
    fn identifiers_are_whole() {
        assert_eq!(identifier("sig_01_the_entry").as_deref(), Some("SIG-01"));
        assert_eq!(identifier("id-02-a-case").as_deref(), Some("ID-02"));
        for other in ["sign_01_x", "sig_1_x", "sig_001_x", "a_sig_01", "reg", "time_of_day", "SIG_01"] {
            assert_eq!(identifier(other), None, "{other}");
        }
    }

    #[test]
    fn helpers_are_no_tests() {
        let text = "#[test]\nfn ref_01_a() {}\nfn ref_02_helper() {}\n    #[test]\n    #[should_panic]\n    fn ref_03_b() {}\nsteps! {\n    sig_08_none: breaks(x) => Parse;\n}\nlet x: u8 = 1;";
        assert_eq!(tests(text), ["ref_01_a", "ref_03_b", "sig_08_none"]);
    }

    #[test]
    fn what_has_no_test_says_so() {
        let elsewhere = Advisory { held_by: Some("a task".to_owned()), ..advisory("REF-03", None) };
        let list = [advisory("REF-01", None), advisory("REF-02", Some("why")), elsewhere];
        let page = render(&list, covered(&["ref_01_b", "ref_01_a"])).unwrap();
        assert!(
            page.contains("| REF-01 | T. (S) | crates/x/tests/it.rs: `ref_01_a`, `ref_01_b` |\n"),
            "{page}"
        );
        assert!(page.contains("| REF-02 | T. (S) | not covered; why |\n"), "{page}");
        assert!(page.contains("2 of 3 are"), "{page}");
        assert!(page.contains("| REF-03 | T. (S) | a task |\n"), "{page}");
    }

    #[test]
    fn names_and_list_fit() {
        let unknown = render(&[advisory("REF-01", None)], covered(&["ref_09_x"])).unwrap_err().to_string();
        assert!(unknown.contains("ref_09_x") && unknown.contains("REF-09"), "{unknown}");
        let excused = render(&[advisory("REF-01", Some("why"))], covered(&["ref_01_x"]));
        assert!(excused.is_err(), "a note that is not true any more");
        let twice = [advisory("REF-01", None), advisory("REF-01", None)];
        assert!(render(&twice, Covered::new()).is_err());
    }
}
