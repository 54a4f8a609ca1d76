//! `docs/errors.md` has one section for each code that the program can print, and none else.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "the tree's own sources and pages")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proofmark_image::rules::content;
use proofmark_policy::Code;

/// Gives error codes.
type Codes = fn() -> Vec<&'static str>;

/// What a failure's code is computed from where it is no literal, and which codes that gives.
const COMPUTED: [(&str, Codes); 2] =
    [("error.code.as_str()", policy_codes), ("error.reason().as_str()", read_reasons)];

fn policy_codes() -> Vec<&'static str> {
    Code::ALL.iter().map(|code| code.as_str()).collect()
}

/// Why an image's own bytes cannot be had or believed: the reasons of the rule about them.
fn read_reasons() -> Vec<&'static str> {
    content::META.reasons.iter().map(|reason| reason.as_str()).collect()
}

#[test]
fn every_code_has_a_section_and_every_section_a_code() {
    let mut codes: BTreeSet<String> = policy_codes().into_iter().map(str::to_owned).collect();
    codes.extend(proofmark_lock::Code::ALL.iter().map(|code| code.as_str().to_owned()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut calls = 0;
    visit(&root.join("src"), &mut |file, text| {
        for argument in first_arguments(text) {
            calls += 1;
            match argument.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                Some((code, _)) => drop(codes.insert(code.to_owned())),
                None => codes.extend(computed(argument, file).into_iter().map(str::to_owned)),
            }
        }
    });
    assert!(calls >= 20, "only {calls} failures were found in the sources");
    let page = fs::read_to_string(root.join("../../docs/errors.md")).unwrap();
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let unique: BTreeSet<String> = sections.iter().map(|section| (*section).to_owned()).collect();
    assert_eq!(unique.len(), sections.len(), "a section stands twice");
    let missing: Vec<&String> = codes.difference(&unique).collect();
    let stale: Vec<&String> = unique.difference(&codes).collect();
    assert!(missing.is_empty() && stale.is_empty(), "no section: {missing:?}; no such code: {stale:?}");
}

/// A section that says nothing helps nobody.
#[test]
fn every_section_has_text() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let text = fs::read_to_string(page).unwrap();
    for section in text.split("\n## ").skip(1) {
        let (code, body) = section.split_once('\n').unwrap();
        assert!(body.trim().len() > 30, "{code}");
    }
}

/// The codes that an expression gives.
fn computed(argument: &str, file: &Path) -> Vec<&'static str> {
    let known = COMPUTED.iter().find(|(expression, _)| argument.starts_with(expression));
    let (_, codes) = known.unwrap_or_else(|| {
        panic!(
            "{}: say in this test which codes `{}` gives",
            file.display(),
            argument.lines().next().unwrap()
        )
    });
    codes()
}

/// What follows the opening parenthesis of each `Failure::usage(` and `Failure::unverifiable(`.
fn first_arguments(text: &str) -> Vec<&str> {
    ["Failure::usage(", "Failure::unverifiable("]
        .iter()
        .flat_map(|call| text.match_indices(call).map(|(at, _)| text[at + call.len()..].trim_start()))
        .collect()
}

fn visit(directory: &Path, on: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, on);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            on(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
