//! One named test for each file of `cases/<kind>/`: what the scanner finds is in the file beside it, `<name>.expected`.
//! A missing expectation is written, and the test fails until somebody has read it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_refs::{Edit, FileKind, Found, NamedKind, ScanLimits, Target, WrittenPlatform, detect, scan};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut trials = Vec::new();
    for dir in sorted(&root) {
        let kind = dir.file_name().unwrap().to_string_lossy().into_owned();
        for file in
            sorted(&dir).into_iter().filter(|file| file.extension().is_none_or(|ext| ext != "expected"))
        {
            let name = format!("{kind}/{}", file.file_name().unwrap().to_string_lossy());
            let kind = kind.clone();
            trials.push(Trial::test(name, move || check(&file, &kind)));
        }
    }
    assert!(trials.len() > 30, "only {} cases", trials.len());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn check(file: &Path, kind: &str) -> Result<(), Failed> {
    let bytes = fs::read(file)?;
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let kind = FileKind::parse(kind).ok_or("not a kind")?;
    if let Some(detected) = detect(&name, &bytes).filter(|detected| *detected != kind) {
        return Err(format!("detected as {}", detected.as_str()).into());
    }
    let actual = listing(&name, &bytes, kind);
    let expected = file.with_file_name(format!("{name}.expected"));
    let Ok(wanted) = fs::read_to_string(&expected) else {
        fs::write(&expected, &actual)?;
        return Err(format!("written, to be read: {}", expected.display()).into());
    };
    if wanted == actual { Ok(()) } else { Err(format!("expected:\n{wanted}\nactual:\n{actual}").into()) }
}

fn listing(name: &str, bytes: &[u8], kind: FileKind) -> String {
    let scan = scan(name, bytes, kind, &ScanLimits::default());
    let mut out = String::new();
    for found in &scan.found {
        // Bytes that are no text are shown as U+001A.
        let there = String::from_utf8_lossy(&bytes[found.span.clone()]).replace('\u{fffd}', "\u{1a}");
        assert_eq!(there, found.text, "the span of {found:?} is not its text");
        line(&mut out, found, bytes);
    }
    for named in &scan.named {
        let at = named.origin.start;
        let there = String::from_utf8_lossy(&bytes[named.span.clone()]);
        assert_eq!(there, named.text, "the span of {named:?} is not its text");
        let what = match named.kind {
            NamedKind::File(kind) | NamedKind::IfThere(kind) => kind.as_str(),
            NamedKind::Resource => "resource",
            NamedKind::Workspace { .. } => "from the root",
            NamedKind::Action { .. } => "action",
        };
        write!(out, "{}:{} {what} {:?}", at.line, at.column, named.path).unwrap();
        if let Some(project) = &named.project {
            write!(out, " | project {project:?}").unwrap();
        }
        if named.is_guess() {
            out.push_str(" | if there");
        }
        out.push('\n');
    }
    for problem in &scan.problems {
        let at = problem.origin.start;
        writeln!(out, "{}:{} problem: {}", at.line, at.column, problem.kind).unwrap();
    }
    out
}

fn line(out: &mut String, found: &Found, bytes: &[u8]) {
    let (start, end) = (found.origin.start, found.origin.end);
    write!(out, "{}:{}-{}:{} {} ", start.line, start.column, end.line, end.column, found.place.as_str())
        .unwrap();
    write!(out, "{:?} => ", found.text).unwrap();
    match &found.target {
        Target::Image(image) => write!(out, "{image}").unwrap(),
        Target::Unresolved(why) => write!(out, "unresolved: {why}").unwrap(),
    }
    match &found.platform {
        None => {}
        Some(WrittenPlatform::Known(platform)) => write!(out, " | platform {platform}").unwrap(),
        Some(WrittenPlatform::Unresolved(text)) => write!(out, " | platform {text:?}").unwrap(),
    }
    if !found.defaults.is_empty() {
        write!(out, " | defaults {}", found.defaults.join(" ")).unwrap();
    }
    match &found.edit {
        Edit::At(span) => write!(out, " | edit {:?}", String::from_utf8_lossy(&bytes[span.clone()])).unwrap(),
        Edit::Insert { after, .. } => write!(out, " | insert digest, {after:?}").unwrap(),
        Edit::Refused(why) if found.target.image().is_some() => write!(out, " | no edit: {why}").unwrap(),
        Edit::Here | Edit::Refused(_) => {}
    }
    out.push('\n');
}
