//! `cases/NAME/`: the files of a policy (over those of `_common/`) and what loading and linting it says, `expected.txt`.
//! With `PROOFMARK_BLESS=1` the expectations are written anew; read the difference before it is committed.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_policy::{FILE_NAME, How, MemoryFiles, Policy, lint, render_failure};

fn main() {
    let arguments = Arguments::from_args();
    let common = support::common();
    let mut trials = Vec::new();
    for entry in fs::read_dir(support::cases()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap().to_owned();
        if name != "_common" {
            let common = common.clone();
            trials.push(Trial::test(name, move || run(&path, common)));
        }
    }
    assert!(trials.len() >= 100, "only {} cases were found", trials.len());
    libtest_mimic::run(&arguments, trials).exit();
}

fn run(path: &Path, mut files: BTreeMap<String, Vec<u8>>) -> Result<(), Failed> {
    files.extend(support::files_below(path));
    let expected = files.remove("expected.txt").unwrap_or_default();
    let said = say(&MemoryFiles(files));
    if blessed() {
        support::write(&path.join("expected.txt"), said.as_bytes());
        return Ok(());
    }
    let expected = String::from_utf8(expected).map_err(|error| error.to_string())?;
    if expected == said { Ok(()) } else { Err(format!("expected:\n{expected}\nsaid:\n{said}").into()) }
}

fn say(files: &MemoryFiles) -> String {
    let policy = match Policy::load_from(files, FILE_NAME, How::Flag, &support::options()) {
        Ok(policy) => policy,
        Err(failure) => return render_failure(&failure),
    };
    let findings = lint(&policy);
    let lines = findings.iter().map(|finding| {
        format!("{}[{}] {}: {}\n", finding.severity.as_str(), finding.rule, finding.origin, finding.message)
    });
    std::iter::once("loads\n".to_owned()).chain(lines).collect()
}

#[allow(clippy::disallowed_methods, reason = "asked of whoever runs the tests")]
fn blessed() -> bool {
    std::env::var_os("PROOFMARK_BLESS").is_some()
}
