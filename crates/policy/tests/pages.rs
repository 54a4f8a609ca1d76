//! The examples of the lints' pages, run: each Bad is found by its lint, and no Good is.
//!
//! A block is `proofmark.toml`, unless its first line names another file of the policy. What cannot stand in the file
//! itself, the first line says: a root or key beside it, or the file's mode.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by it")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proofmark_core::{Digest, RuleMeta, Severity};
use proofmark_policy::{FILE_NAME, How, LintFinding, MemoryFiles, Policy, RULES, lint};

/// What stands beside an allowlist that is shown alone.
const POLICY: &str = "version = 1\n\n[signers.platform]\nkey = \"platform.pub\"\n\n\
                      [[image]]\nmatch = \"ghcr.io/acme/app\"\nsigned-by = [\"platform\"]\n";

#[test]
fn every_bad_example_is_found_and_no_good_one_is() {
    for rule in RULES {
        let bad = findings(example(rule, "Bad"), rule.id);
        let found: Vec<&LintFinding> = bad.iter().filter(|finding| finding.rule == rule.id).collect();
        assert!(!found.is_empty(), "{}: Bad gives {bad:?}", rule.id);
        // The row that names the files of a change is an info whatever changed.
        let severe = |finding: &&&LintFinding| rule.id != CHANGED || finding.severity > Severity::Info;
        let mut severe = found.iter().filter(severe).peekable();
        assert!(severe.peek().is_some(), "{}: {found:?}", rule.id);
        assert!(severe.all(|finding| finding.severity == rule.severity), "{}: {found:?}", rule.id);
        let good = findings(example(rule, "Good"), rule.id);
        // A change that only tightens is told, and is none to mend.
        let mild = |finding: &LintFinding| rule.id == CHANGED && finding.severity == Severity::Info;
        let silent = good.iter().all(|finding| finding.rule != rule.id || mild(finding));
        assert!(silent, "{}: Good gives {good:?}", rule.id);
        let worst = good.iter().map(|finding| finding.severity).max();
        assert!(worst < Some(Severity::Medium), "{}: Good gives {good:?}", rule.id);
    }
}

/// A finding whose rule is not described could not be reported.
#[test]
fn every_identifier_that_the_code_names_is_described() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/rules.rs");
    let source = String::from_utf8(support::read(&path)).unwrap();
    let constants = source
        .lines()
        .filter(|line| line.starts_with("pub") && line.contains(" const ") && line.contains(": &str = "));
    let named: BTreeSet<&str> = constants.filter_map(|line| line.split('"').nth(1)).collect();
    let described: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(described, named);
    assert_eq!(described.len(), RULES.len());
}

#[test]
fn pages_have_the_fixed_headings_in_order() {
    const HEADINGS: [&str; 9] = [
        "What it checks",
        "Threat",
        "What it cannot see",
        "Bad",
        "Good",
        "Fix",
        "How to allow",
        "Evidence",
        "Offline",
    ];
    for rule in RULES {
        assert!(rule.doc.starts_with(&format!("# {}\n\n{}\n", rule.id, rule.summary)), "{}", rule.id);
        let found: Vec<&str> = rule.doc.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(found, HEADINGS, "{}", rule.id);
        let threat = section(rule, "Threat");
        for row in rule.threats {
            assert!(threat.contains(row), "{}: {row}", rule.id);
        }
    }
}

/// A page that repeats another explains nothing of its own.
#[test]
fn no_sentence_stands_on_two_pages() {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for rule in RULES {
        for text in prose(rule.doc).split("\n\n") {
            let line = text.replace('\n', " ");
            for sentence in line.split(['.', ';', ':']).map(str::trim).filter(|s| s.chars().count() > 40) {
                let other = seen.insert(sentence.to_owned(), rule.id);
                assert!(other.is_none_or(|id| id == rule.id), "{} and {other:?}: {sentence}", rule.id);
            }
        }
    }
}

/// A page without its fenced blocks.
fn prose(doc: &str) -> String {
    doc.split("```").step_by(2).collect::<Vec<_>>().join("\n\n")
}

fn section<'a>(rule: &'a RuleMeta, heading: &str) -> &'a str {
    let (_, rest) = rule.doc.split_once(&format!("\n## {heading}\n")).expect(rule.id);
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

fn example<'a>(rule: &'a RuleMeta, heading: &str) -> &'a str {
    let (_, block) = section(rule, heading).split_once("```toml\n").expect(rule.id);
    block.split_once("```").expect(rule.id).0
}

/// The rule about two policies: its examples hold both.
const CHANGED: &str = "policy-changed";
const IN_REQUEST: &str = "# ---- in the request:\n";

/// What loading and linting a block finds, or what its second policy changes of its first.
fn findings(block: &str, id: &str) -> Vec<LintFinding> {
    if let Some((before, after)) = block.split_once(IN_REQUEST) {
        let load = |text: &str| {
            let mut files = support::files_below(&support::cases().join("_common"));
            files.insert(FILE_NAME.to_owned(), text.into());
            Policy::load_from(&MemoryFiles(files), FILE_NAME, How::Flag, &support::options()).unwrap()
        };
        return proofmark_policy::changes(&load(before), &load(after));
    }
    let mut files = support::files_below(&support::cases().join("_common"));
    files.insert(FILE_NAME.to_owned(), POLICY.into());
    let marker = block.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
    let is_file = Path::new(marker).extension().is_some_and(|ending| ending == "toml");
    let name = if is_file { marker } else { FILE_NAME };
    files.insert(name.to_owned(), block.into());
    if let Some(beside) = marker.strip_prefix("beside it: ") {
        put_beside(&mut files, beside);
    }
    let policy = match marker.strip_prefix("mode ") {
        Some(mode) => from_directory(&files, mode),
        None => Policy::load_from(&MemoryFiles(files), FILE_NAME, How::Flag, &support::options())
            .unwrap_or_else(|failure| panic!("{id}: {failure:?}")),
    };
    lint(&policy)
}

/// `PATH, fetched DAY`, `PATH, without a description` or `PATH, whose logs have all ended`.
fn put_beside(files: &mut BTreeMap<String, Vec<u8>>, marker: &str) {
    let (path, state) = marker.split_once(", ").expect("a path and its state");
    let (stem, _) = path.rsplit_once('.').expect("a file with an ending");
    let expired = if state == "whose logs have all ended" { " expired" } else { "" };
    let content = match path.rsplit_once('.') {
        Some((_, "json")) => format!("ROOT logs ct tsas{expired}\n"),
        _ => "KEY one\n".to_owned(),
    };
    let description = match (state.strip_prefix("fetched "), expired) {
        (Some(day), _) => Some(day),
        (None, " expired") => Some("2026-11-02"),
        _ if state == "without a description" => None,
        _ => panic!("`{state}` means nothing to this test"),
    };
    let beside = format!("{stem}.toml");
    files.remove(&beside);
    if let Some(day) = description {
        let digest = Digest::sha256(content.as_bytes());
        let text =
            format!("source = \"test\"\nsha256 = \"{}\"\nfetched = {day}\nby = \"tests\"\n", digest.hex());
        files.insert(beside, text.into_bytes());
    }
    files.insert(path.to_owned(), content.into_bytes());
}

/// The policy from a real directory, whose policy file has this mode and everything else none that a group may write to.
#[cfg(unix)]
fn from_directory(files: &BTreeMap<String, Vec<u8>>, mode: &str) -> Policy {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use proofmark_policy::{LoadOptions, Location, OwnerRule};

    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    for (path, bytes) in files {
        let path = root.join(path);
        support::write(&path, bytes);
        set_permissions(&path, Permissions::from_mode(0o644)).expect("chmod");
        for parent in path.ancestors().skip(1).take_while(|parent| parent.starts_with(root)) {
            set_permissions(parent, Permissions::from_mode(0o755)).expect("chmod");
        }
    }
    let mode = u32::from_str_radix(mode, 8).expect("a mode");
    set_permissions(root.join(FILE_NAME), Permissions::from_mode(mode)).expect("chmod");
    let options = LoadOptions { owner_rule: OwnerRule::DirectoryOwner, ..support::options() };
    Policy::load(&Location::at(root).expect("a policy"), &options).expect("a good policy")
}

/// Elsewhere nothing is known of modes: the page's examples are told apart by what it says of them.
#[cfg(not(unix))]
fn from_directory(files: &BTreeMap<String, Vec<u8>>, mode: &str) -> Policy {
    struct Moded(MemoryFiles, bool);
    impl proofmark_policy::Files for Moded {
        fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>, proofmark_policy::FileError> {
            self.0.read(path, max)
        }
        fn display(&self, path: &str) -> String {
            self.0.display(path)
        }
        fn directory(&self, path: &str) -> Result<std::path::PathBuf, proofmark_policy::FileError> {
            self.0.directory(path)
        }
        fn group_writable(&self) -> Vec<String> {
            if self.1 { vec![FILE_NAME.to_owned()] } else { Vec::new() }
        }
    }
    let files = Moded(MemoryFiles(files.clone()), mode == "0664");
    Policy::load_from(&files, FILE_NAME, How::Flag, &support::options()).expect("a good policy")
}
