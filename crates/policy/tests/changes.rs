//! `policy-changed`: one case a file in the rule's `cases/`, each judged there and back, and the properties that no case shows.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by it")]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use proofmark_core::Severity;
use proofmark_policy::{FILE_NAME, How, LintFinding, MemoryFiles, Policy, changes, replaced};

type Files = BTreeMap<String, Vec<u8>>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/lint/policy-changed/cases")
}

/// The policy that every case changes.
fn before() -> Files {
    let text = String::from_utf8(support::read(&folder().join("_before.toml"))).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let mut files = support::common();
    files.extend(table.into_iter().map(|(path, text)| (path, text.as_str().unwrap().as_bytes().to_vec())));
    files
}

fn load(files: &Files) -> Policy {
    let files = MemoryFiles(files.clone());
    Policy::load_from(&files, FILE_NAME, How::Flag, &support::options())
        .unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// Each finding in one line, without the last, which names the files.
fn lines(findings: &[LintFinding]) -> Vec<String> {
    let (files, changes) = findings.split_last().expect("the files that differ");
    assert!(
        files.severity == Severity::Info && files.message.starts_with("the request changes "),
        "{files:?}"
    );
    let one = |finding: &LintFinding| {
        assert_eq!(finding.rule, "policy-changed");
        let (_, text) = finding.message.split_once(": ").unwrap();
        format!("{} {text}", finding.severity.as_str())
    };
    changes.iter().map(one).collect()
}

fn texts(case: &toml::Table, key: &str) -> Vec<String> {
    case[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_case_there_and_back() {
    let (files, mut count, mut wrong) = (before(), 0, Vec::new());
    let was = load(&files);
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "_before" {
            continue;
        }
        count += 1;
        let case: toml::Table = toml::from_str(&String::from_utf8(support::read(&path)).unwrap()).unwrap();
        let file = case["file"].as_str().unwrap();
        let mut text = String::from_utf8(files[file].clone()).unwrap();
        for edit in case["edits"].as_array().unwrap() {
            let (from, to) = (edit[0].as_str().unwrap(), edit[1].as_str().unwrap());
            assert!(text.contains(from), "{name}: {from}");
            text = text.replacen(from, to, 1);
        }
        let mut after = files.clone();
        after.insert(file.to_owned(), text.into_bytes());
        let is = load(&after);
        for (way, found) in [("there", changes(&was, &is)), ("back", changes(&is, &was))] {
            let named = found.last().is_some_and(|last| last.message.contains(file));
            if lines(&found) != texts(&case, way) || !named {
                wrong.push(format!("{name} {way}: {:#?}", lines(&found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 30, "only {count} cases were found");
}

/// Without the list nothing is restricted; an empty one permits nothing.
#[test]
fn a_list_of_what_direnv_may_load_that_goes_loosens() {
    let (with, mut without) = (before(), before());
    without.remove("allowlists/envrc.toml");
    let (with, without) = (load(&with), load(&without));
    assert_eq!(lines(&changes(&with, &without)), ["high the list of what direnv may load is removed"]);
    assert_eq!(lines(&changes(&without, &with)), ["info a list of what direnv may load is new"]);
    let mut empty = before();
    empty.insert("allowlists/envrc.toml".to_owned(), Vec::new());
    assert!(lines(&changes(&without, &load(&empty))).iter().all(|line| line.starts_with("info ")));
}

/// Without the list no executable is judged.
#[test]
fn a_list_of_binaries_that_goes_loosens() {
    let (with, mut without) = (before(), before());
    without.remove("allowlists/binaries.toml");
    let (with, without) = (load(&with), load(&without));
    assert_eq!(
        lines(&changes(&with, &without)),
        ["high the list of the binaries that may be pinned is removed"]
    );
    assert_eq!(lines(&changes(&without, &with)), ["info a list of the binaries that may be pinned is new"]);
}

#[test]
fn the_same_policy_has_no_change() {
    let files = before();
    assert!(changes(&load(&files), &load(&files)).is_empty());
}

/// The first entry that matches decides: the same entries in another order are another policy.
#[test]
fn another_order_loosens_where_entries_overlap() {
    let mut files = before();
    let entry = |name: &str, by: &str| format!("[[image]]\nmatch = \"{name}\"\nsigned-by = [\"{by}\"]\n");
    let head =
        "version = 1\n[signers.platform]\nkey = \"platform.pub\"\n[signers.second]\nkey = \"second.pub\"\n";
    let mut of = |first: String, second: String| {
        files.insert(FILE_NAME.to_owned(), format!("{head}{first}{second}").into_bytes());
        load(&files)
    };
    let (a, b) = (entry("ghcr.io/*/app", "platform"), entry("ghcr.io/acme/*", "second"));
    let found = changes(&of(a.clone(), b.clone()), &of(b.clone(), a.clone()));
    assert_eq!(
        lines(&found),
        ["high [[image]] match = \"ghcr.io/acme/*\" now comes before [[image]] match = \"ghcr.io/*/app\""]
    );
    // No image is matched by both.
    let apart = entry("quay.io/acme/*", "second");
    assert_eq!(lines(&changes(&of(a.clone(), apart.clone()), &of(apart, a))), Vec::<String>::new());
}

/// One finding too many is counted and no less severe.
#[test]
fn what_is_not_told_one_by_one_is_counted() {
    let files = before();
    let row = |at: u32| {
        format!(
            "[[image]]\nrepository = \"ghcr.io/acme/x\"\ndigest = \"sha256:{at:064x}\"\nwhy = \"w\"\nby = \"b\"\n"
        )
    };
    let mut after = files.clone();
    let list = after.get_mut("allowlists/images.toml").unwrap();
    (0..150).for_each(|at| list.extend_from_slice(row(at).as_bytes()));
    let found = changes(&load(&files), &load(&after));
    assert_eq!(found.len(), 102);
    let rest = &found[100];
    assert_eq!(
        (rest.severity, rest.message.as_str()),
        (Severity::High, "50 more changes are not told one by one; 50 of them loosen")
    );
}

/// A request may be made to be slow to compare: it is then loosening, and told within seconds.
#[test]
fn a_policy_of_many_patterns_is_compared_in_bounded_time() {
    let mut files = before();
    // It names signers that are not here.
    files.remove("allowlists/binaries.toml");
    let mut of = |tail: &str| {
        let entry = |at| format!("[[image]]\nmatch = \"ghcr.io/*/{tail}{at}\"\nsigned-by = [\"platform\"]\n");
        let entries = (0..300).map(entry).collect::<Vec<String>>().concat();
        let text = format!("version = 1\n[signers.platform]\nkey = \"platform.pub\"\n{entries}");
        files.insert(FILE_NAME.to_owned(), text.into_bytes());
        load(&files)
    };
    let found = changes(&of("a"), &of("b"));
    assert!(found.iter().any(|finding| finding.severity == Severity::High));
}

#[test]
fn a_policy_that_is_gone_loosens() {
    let finding = replaced(&load(&before()), "the policy is gone", None);
    assert_eq!((finding.severity, finding.origin.file.as_str()), (Severity::High, FILE_NAME));
    assert_eq!(finding.message, "loosened: the policy is gone");
}
