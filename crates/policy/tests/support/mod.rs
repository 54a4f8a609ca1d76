//! What the tests of this crate share: a clock that stands still, and checks of keys and roots that read words.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails by it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proofmark_core::{Digest, Timestamp};
use proofmark_policy::{KeyFacts, LoadOptions, OwnerRule, RootFacts, VendorKeyKind};

/// The evaluation time of every test.
pub(crate) fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// `KEY …` is a good key; its text is its identity. Everything else is refused.
pub(crate) fn key_check(pem: &str) -> Result<KeyFacts, String> {
    match pem.split_whitespace().next() {
        Some("KEY") => Ok(KeyFacts {
            id: Digest::sha256(pem.as_bytes()).hex().to_owned(),
            algorithm: "ecdsa-p256".into(),
        }),
        Some("WEAK") => Err("RSA with 1024 bits is weak: 2048 are needed".into()),
        _ => Err("not a public key in PEM".into()),
    }
}

/// `OPENPGP` is a good key of any fingerprint, `OPENPGP FINGERPRINT` of its own, and `MINISIGN …` one of minisign's. Everything else
/// is refused.
pub(crate) fn vendor_check(kind: &VendorKeyKind, bytes: &[u8]) -> Result<KeyFacts, String> {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let id = match (kind, words.as_slice()) {
        (VendorKeyKind::OpenPgp { fingerprint }, ["OPENPGP"]) => fingerprint.clone(),
        (VendorKeyKind::OpenPgp { fingerprint }, ["OPENPGP", own]) if own == fingerprint => {
            fingerprint.clone()
        }
        (VendorKeyKind::OpenPgp { .. }, ["OPENPGP", own]) => return Err(format!("its fingerprint is {own}")),
        (VendorKeyKind::Minisign, ["MINISIGN", own]) => (*own).to_owned(),
        _ => return Err("not a key of this kind".into()),
    };
    Ok(KeyFacts { id, algorithm: "rsa4096".into() })
}

/// `ROOT` and words such as `logs`, `ct`, `tsas`, `expired`; the two built-in roots.
pub(crate) fn root_check(name: &str, bytes: Option<&[u8]>) -> Result<RootFacts, String> {
    let text = match (bytes, name) {
        (Some(bytes), _) => String::from_utf8_lossy(bytes).into_owned(),
        (None, "sigstore-public-good") => "ROOT logs ct tsas".to_owned(),
        (None, "github") => "ROOT tsas".to_owned(),
        (None, _) => return Err("not built in".into()),
    };
    let mut words = text.split_whitespace();
    if words.next() != Some("ROOT") {
        return Err("not a trusted root".into());
    }
    let words: Vec<&str> = words.collect();
    Ok(RootFacts {
        has_logs: words.contains(&"logs"),
        has_ct_logs: words.contains(&"ct"),
        has_tsas: words.contains(&"tsas"),
        fetched: bytes.is_none().then(|| "2026-10-15T00:00:00Z".parse().unwrap()),
        expired: words.contains(&"expired"),
        digest: Digest::sha256(text.as_bytes()),
    })
}

/// As the fixtures have them: one file is called what it is.
fn ca_check(pem: &[u8]) -> Result<(), String> {
    if pem.starts_with(b"junk") { Err("it holds no certificate".to_owned()) } else { Ok(()) }
}

/// The files that every case stands on.
pub(crate) fn common() -> BTreeMap<String, Vec<u8>> {
    files_below(&cases().join("_common"))
}

/// Options that ask nobody who owns what.
pub(crate) fn options() -> LoadOptions<'static> {
    LoadOptions {
        now: now(),
        owner_rule: OwnerRule::Any,
        display_base: None,
        key_check: &key_check,
        vendor_check: &vendor_check,
        root_check: &root_check,
        ca_check: &ca_check,
        exception_rules: &["image-signature", "image-digest", "image-policy"],
    }
}

/// The folder of cases.
pub(crate) fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Every file below a directory, by its relative path.
pub(crate) fn files_below(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(directory).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(relative, read(&path));
            }
        }
    }
    files
}

/// A file of the tree.
#[allow(clippy::disallowed_methods, reason = "the tree's own test data")]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a file of a test, with its directories.
#[allow(clippy::disallowed_methods, reason = "scratch data of a test")]
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
