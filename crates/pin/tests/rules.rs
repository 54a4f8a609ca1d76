//! The cases beside the rules (`src/rules/<id>/cases/*.toml`) and the examples of their pages, run: one test for each.
//! The format is described in `src/rules/README.md`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by it")]

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Digest, Finding, Origin, Outcome, Platform, Position, Reason, RuleMeta, Timestamp};
use proofmark_lock::Lock;
use proofmark_pin::rules::expired_key;
use proofmark_pin::{
    Authority, BundleSigner, Bundles, Demand, Look, RULES, Signed, VendorKey, Wanted, Why, executable, lock,
    lock_broken, lock_subjects,
};
use serde::Deserialize;

const GOOD: &str = "op 2.39.0\n";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    about: String,
    now: Option<String>,
    lock: Option<String>,
    binary: Vec<Binary>,
    file: Vec<File>,
    key: Option<KeyFile>,
    expect: Vec<String>,
    mentions: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Binary {
    tool: String,
    versions: Vec<String>,
    platforms: Vec<String>,
    signed_by: Option<String>,
    unsigned: Option<String>,
    #[serde(default)]
    sources: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    file: String,
    fingerprint: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    text: Option<String>,
    #[serde(default)]
    writable: Vec<String>,
    says: Option<String>,
    #[serde(default)]
    unreadable: bool,
}

impl File {
    fn bytes(&self) -> &[u8] {
        self.text.as_deref().unwrap_or(GOOD).as_bytes()
    }
}

impl Look for File {
    fn shown(&self) -> &str {
        &self.path
    }

    fn tool(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    fn size(&self) -> u64 {
        self.bytes().len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        if self.unreadable { Err(io::Error::other("no")) } else { Ok(Box::new(self.bytes())) }
    }

    fn writable(&self) -> Vec<String> {
        self.writable.clone()
    }

    fn say(&self, arguments: &[&str]) -> Result<String, String> {
        assert_eq!(arguments, ["--version"]);
        match self.says.as_deref() {
            Some("(silent)") => Err("it did not end within 5 s".to_owned()),
            Some(said) => Ok(said.to_owned()),
            None => Ok("2.39.0\n".to_owned()),
        }
    }
}

/// A bundle is the text `NAME HEX`.
struct Judge(String);

impl Bundles for Judge {
    fn verify(&self, bundle: &[u8], digest: &Digest, _: Timestamp) -> Result<Vec<BundleSigner>, Why> {
        let refused = |reason, message: &str| Err(Why::Bundle { reason, message: message.to_owned() });
        let text = String::from_utf8(bundle.to_vec()).unwrap();
        match text.trim().split_once(' ') {
            Some((name, _)) if name != self.0 => refused(Reason::WrongIdentity, "by somebody else"),
            Some((name, hex)) if hex == digest.hex() => {
                Ok(vec![BundleSigner { by: name.to_owned(), with: format!("key of {name}") }])
            }
            _ => refused(Reason::WrongSubject, "over something else"),
        }
    }

    fn names(&self) -> Vec<String> {
        vec![self.0.clone()]
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for rule in RULES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules").join(rule.id).join("cases");
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

fn origin(file: &str) -> Origin {
    let start = Position { line: 1, column: 1 };
    Origin { file: file.to_owned(), start, end: start, line_text: String::new() }
}

fn base64(text: &str) -> String {
    use std::fmt::Write as _;
    let alphabet: Vec<char> =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".chars().collect();
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = alphabet[((bits >> (18 - 6 * at)) & 63) as usize];
            write!(out, "{}", if at <= three.len() { digit } else { '=' }).unwrap();
        }
    }
    out
}

/// `@GOOD` is the SHA-256 of the good executable, and `@BUNDLE NAME HEX@` a bundle.
fn written(text: &str) -> String {
    let good = Digest::sha256(GOOD.as_bytes());
    let mut text = text.replace("@GOOD", good.hex());
    while let Some((before, rest)) = text.split_once("@BUNDLE ") {
        let (bundle, after) = rest.split_once('@').unwrap();
        text = format!("{before}{}{after}", base64(bundle));
    }
    text
}

fn good_lock() -> String {
    let url = "https://tools.test/op-linux-amd64";
    format!(
        "version = 1\n[[pin]]\ntool = \"op\"\nversion = \"2.39.0\"\nplatform = \"linux/amd64\"\nurl = \"{url}\"\nsha256 = \"@GOOD\"\n\
         archive = \"none\"\nexecutable-sha256 = \"@GOOD\"\nexecutable-size = {}\nmode = \"0755\"\nadded = 2026-11-01\nby = \"alice\"\n\
         [[pin.evidence]]\nkind = \"sigstore\"\nover = \"executable\"\nsignature = \"@BUNDLE release @GOOD@\"\n",
        GOOD.len()
    )
}

fn judged(case: &Case) -> Vec<Finding> {
    let now: Timestamp = case.now.as_deref().unwrap_or("2026-11-23T12:00:00Z").parse().unwrap();
    if let Some(key) = &case.key {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&key.file);
        let key = VendorKey::openpgp(&fs::read(path).unwrap(), &key.fingerprint, now).unwrap();
        return expired_key::check("vendor", "vendor.asc", &key, &origin("proofmark.toml"), now)
            .into_iter()
            .collect();
    }
    let text = written(&case.lock.clone().unwrap_or_else(good_lock).replace("@LOCK", &good_lock()));
    let read = match Lock::parse(text.as_bytes(), "proofmark.lock") {
        Ok(read) => read,
        Err(failure) => return lock_broken("proofmark.lock", &failure),
    };
    let fallback = [Binary {
        tool: "op".to_owned(),
        versions: vec!["2.39.0".to_owned()],
        platforms: vec!["linux/amd64".to_owned()],
        signed_by: Some("release".to_owned()),
        unsigned: None,
        sources: 0,
    }];
    let rows: &[Binary] = if case.binary.is_empty() { &fallback } else { &case.binary };
    let judges: Vec<Judge> =
        rows.iter().map(|row| Judge(row.signed_by.clone().unwrap_or_default())).collect();
    let enough = |signed: &[Signed]| !signed.is_empty();
    let demands: Vec<Demand<'_>> = rows
        .iter()
        .zip(&judges)
        .map(|(row, judge)| Demand {
            tool: row.tool.clone(),
            versions: row.versions.clone(),
            platforms: row.platforms.iter().map(|text| Platform::parse(text).unwrap()).collect(),
            wanted: match &row.unsigned {
                Some(why) => Wanted::Nobody(why.clone()),
                None => Wanted::Signed {
                    authority: Authority { keys: &[], bundles: judge },
                    enough: &enough,
                    text: format!("signed by {}", judge.0),
                },
            },
            sources: row.sources,
            origin: origin("allowlists/binaries.toml"),
        })
        .collect();
    if case.file.is_empty() {
        let found = lock(&read, &demands, now);
        let subjects = lock_subjects(&read, &demands);
        for subject in &subjects {
            assert!(
                found.iter().any(|row| row.subject.name == *subject && row.outcome != Outcome::Finding),
                "{subject} has no verdict"
            );
        }
        assert!(found.iter().all(|row| subjects.contains(&row.subject.name)), "{found:#?}");
        return found;
    }
    let host = Platform::parse("linux/amd64").unwrap();
    case.file.iter().flat_map(|file| executable(file, &read, &demands, Some(&host), now)).collect()
}

fn check(path: &Path) -> Result<(), Failed> {
    let case: Case = toml::from_str(&fs::read_to_string(path)?)?;
    if case.about.is_empty() {
        return Err("a case says what it shows".into());
    }
    let findings = judged(&case);
    let lines: Vec<String> = findings.iter().filter(|row| row.outcome != Outcome::Pass).map(line).collect();
    if lines != case.expect {
        return Err(format!(
            "{}\nexpected: {:#?}\nfound: {lines:#?}\n{findings:#?}",
            case.about, case.expect
        )
        .into());
    }
    let said: String = findings.iter().map(said).collect::<Vec<_>>().join("\n");
    match case.mentions.iter().find(|words| !said.contains(written(words).as_str())) {
        Some(words) => Err(format!("no row says `{words}`:\n{said}").into()),
        None => Ok(()),
    }
}

fn said(row: &Finding) -> String {
    let observed = row.observed.iter().map(|seen| seen.text.clone());
    let evidence = row.evidence.iter().map(|one| one.summary.clone());
    let expected = row.expected.iter().map(|one| one.text.clone());
    observed
        .chain(evidence)
        .chain(expected)
        .chain([row.message.clone(), row.help.clone()])
        .collect::<Vec<_>>()
        .join("\n")
}

fn line(row: &Finding) -> String {
    let outcome = format!("{:?}", row.outcome).to_lowercase();
    let reason = row.reason.map(|reason| format!(" {}", reason.as_str())).unwrap_or_default();
    format!("{} {} {} {outcome}{reason}", row.subject.name, row.rule.id, row.severity.as_str())
}

/// The example below a heading of a rule's page.
fn example(rule: &RuleMeta, heading: &str, fires: bool) -> Result<(), Failed> {
    let (_, rest) = rule.doc.split_once(&format!("\n## {heading}\n")).ok_or("no such heading")?;
    let (_, rest) = rest.split_once("```toml\n").ok_or("no example")?;
    let (text, _) = rest.split_once("```").ok_or("no end")?;
    let findings = judged(&toml::from_str(text)?);
    let own = findings.iter().any(|row| row.rule.id == rule.id && row.outcome != Outcome::Pass);
    let quiet = findings.iter().all(|row| row.outcome == Outcome::Pass);
    if if fires { own } else { quiet } { Ok(()) } else { Err(format!("{findings:#?}").into()) }
}
