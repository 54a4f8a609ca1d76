//! The cases beside the rules about direnv's stores, the examples of their pages, and what reading them may cost.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "a test fails by it")]

mod case;
mod disk;
mod reading;

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::RuleMeta;
use proofmark_envrc::store::{STORE_RULES, StoreFinding};

use case::Machine;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = reading::trials();
    for rule in STORE_RULES {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/rules").join(rule.id).join("cases");
        let cases = sorted(&folder);
        assert!(cases.len() > 1, "{} has {} cases", rule.id, cases.len());
        for path in cases {
            let name = format!("{}/{}", rule.id, path.file_stem().unwrap().to_string_lossy());
            trials.push(Trial::test(name, move || check(&path)));
        }
        for (heading, fires) in [("Bad", true), ("Good", false)] {
            let name = format!("{}/page/{heading}", rule.id);
            trials.push(Trial::test(name, move || example(rule, heading, fires)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn line(row: &StoreFinding) -> String {
    let finding = &row.finding;
    format!("{} {} {}", finding.rule.id, finding.severity.as_str(), finding.subject.name)
}

fn check(path: &Path) -> Result<(), Failed> {
    let machine: Machine = toml::from_str(&fs::read_to_string(path)?)?;
    let (store, findings) = machine.judged();
    let lines: Vec<String> = findings.iter().map(line).collect();
    if lines != machine.expect || machine.about.is_empty() {
        return Err(format!("{}\nexpected: {:#?}\nfound: {lines:#?}", machine.about, machine.expect).into());
    }
    let said: Vec<&str> =
        findings.iter().flat_map(|row| [row.finding.message.as_str(), row.finding.help.as_str()]).collect();
    if let Some(words) = machine.says.iter().find(|words| !said.iter().any(|said| said.contains(*words))) {
        return Err(format!("no row says `{words}`: {said:#?}").into());
    }
    let removes = findings.iter().map(|row| row.removable.len()).sum::<usize>();
    if removes != machine.removes || store.problems.len() != machine.problems {
        return Err(format!("{removes} can be removed; problems: {:#?}", store.problems).into());
    }
    Ok(())
}

/// The example below a heading of a rule's page.
fn example(rule: &RuleMeta, heading: &str, fires: bool) -> Result<(), Failed> {
    let (_, rest) = rule.doc.split_once(&format!("\n## {heading}\n")).ok_or("no such heading")?;
    let (_, rest) = rest.split_once("```toml\n").ok_or("no example")?;
    let (text, _) = rest.split_once("```").ok_or("no end")?;
    let machine: Machine = toml::from_str(text)?;
    let (store, findings) = machine.judged();
    let own = findings.iter().any(|row| row.finding.rule.id == rule.id);
    if own == fires && store.problems.is_empty() {
        Ok(())
    } else {
        Err(format!("{findings:#?} {:#?}", store.problems).into())
    }
}
