use proofmark_core::{Digest, Platform};
use proptest::prelude::*;

use super::*;
use crate::model::{Executable, Mode, SourceOf};
use crate::{Checksums, Evidence, EvidenceKind, Over};

const GOOD: &str = r#"version = 1

[[pin]]
tool = "op"
version = "2.39.0"
platform = "linux/amd64"
url = "https://cache.agilebits.com/dist/1P/op2/pkg/v2.39.0/op_linux_amd64_v2.39.0.zip"
size = 9000
sha256 = "6fba7f376b6c6dec49f41b06408930a43ad064cce103c6a2ce5b3d0413a86434"
archive = "zip"
member = "op"
executable-sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
executable-size = 27000
mode = "2755"
added = 2026-11-27
by = "alice@acme.example"
[[pin.source]]
operator = "cashapp/hermit-packages"
at = "https://github.com/cashapp/hermit-packages"
[[pin.evidence]]
kind = "openpgp"
over = "executable"
signature = "aGVsbG8="

[[pin]]
tool = "direnv"
version = "2.37.1"
platform = "linux/amd64"
url = "https://github.com/direnv/direnv/releases/download/v2.37.1/direnv.linux-amd64"
sha256 = "2222222222222222222222222222222222222222222222222222222222222222"
archive = "none"
mode = "0755"
unsigned = "direnv signs nothing"
added = 2026-11-27
by = "alice@acme.example"
"#;

fn parse(text: &str) -> Result<Lock, LockFailure> {
    Lock::parse(text.as_bytes(), "proofmark.lock")
}

fn codes(text: &str) -> Vec<(Code, u32)> {
    let failure = parse(text).unwrap_err();
    failure.errors.iter().map(|error| (error.code, error.origin.start.line)).collect()
}

#[test]
fn a_lock_is_read() {
    let lock = parse(GOOD).unwrap();
    assert_eq!(lock.pins().map(|pin| pin.tool.as_str()).collect::<Vec<_>>(), ["direnv", "op"]);
    let pin = lock.pin("op", "2.39.0", &Platform::parse("linux/amd64").unwrap()).unwrap();
    assert_eq!(
        (pin.mode.to_string().as_str(), pin.size, pin.member.as_deref()),
        ("2755", Some(9000), Some("op"))
    );
    assert_eq!(
        pin.evidence,
        [Evidence { kind: EvidenceKind::OpenPgp, over: Over::Executable, signature: b"hello".to_vec() }]
    );
    assert_eq!((pin.sources.len(), pin.unsigned.as_deref()), (1, None));
    assert_eq!(pin.executable.as_ref().unwrap().size, 27000);
    assert_eq!(pin.origin.as_ref().unwrap().start.line, 4);
    assert_eq!(lock.pin("op", "2.39.0", &Platform::parse("linux/arm64").unwrap()), None);
    assert_eq!(parse("version = 1\n"), Ok(Lock::default()));
}

#[test]
fn what_is_written_is_what_was_read() {
    let lock = parse(GOOD).unwrap();
    let text = lock.to_text();
    assert_eq!(parse(&text), Ok(lock.clone()));
    assert_eq!(parse(&text).unwrap().to_text(), text);
    // One pin less is its lines less.
    let mut fewer = lock.clone();
    let direnv = lock.pins().next().unwrap();
    fewer.remove(direnv);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(lines(&fewer.to_text()).iter().all(|line| lines(&text).contains(line)));
    assert!(lines(&text).len() > lines(&fewer.to_text()).len());
}

#[test]
fn two_sides_of_a_merge() {
    let merged = GOOD
        .replace("sha256 = \"6f", "<<<<<<< HEAD\nsha256 = \"6f")
        .replace("archive = \"zip\"", "=======\nsha256 = \"00\"\n>>>>>>> other\narchive = \"zip\"");
    assert_eq!(codes(&merged), [(Code::Conflict, 9), (Code::Conflict, 11), (Code::Conflict, 13)]);
}

#[test]
fn pins_that_stand_twice() {
    let (head, first) = GOOD.split_at(GOOD.find("[[pin]]").unwrap());
    let (op, direnv) = first.split_at(first.rfind("[[pin]]").unwrap());
    let twice = |other: &str| codes(&format!("{head}{op}{direnv}{other}"));
    assert_eq!(twice(op), [(Code::Duplicate, 36)]);
    let other = op.replace("6fba", "6fbb");
    assert_eq!(twice(&other), [(Code::Disagree, 36)]);
    let failure = parse(&format!("{head}{op}{other}")).unwrap_err();
    let message = &failure.errors[0].message;
    assert!(
        message.contains("line 3") && message.contains("6fba7f") && message.contains("6fbb7f"),
        "{message}"
    );
    assert_eq!(twice(&op.replace("alice", "mallory")), [(Code::Disagree, 36)]);
    assert!(parse(&format!("{head}{op}{}", op.replace("amd64", "arm64"))).is_ok());
}

/// One thing at a time is wrong, at its line.
#[test]
fn what_is_wrong_is_told_where_it_stands() {
    for (from, to, code, line) in [
        ("version = 1\n", "version = 2\n", Code::Version, 1),
        ("version = 1\n", "version = \"1\"\n", Code::BadValue, 1),
        ("version = 1\n", "", Code::MissingKey, 1),
        ("version = 1\n", "version = 1\nextra = 1\n", Code::UnknownKey, 2),
        ("tool = \"op\"", "tool = \"Op\"", Code::BadValue, 4),
        ("tool = \"op\"", "tool = \"../op\"", Code::BadValue, 4),
        ("tool = \"op\"", "tool = \"\"", Code::BadValue, 4),
        ("tool = \"op\"\n", "", Code::MissingKey, 3),
        ("tool = \"op\"\n", "tool = \"op\"\ntool = \"op\"\n", Code::Syntax, 5),
        ("2.39.0\"\nplat", "2.39.0/..\"\nplat", Code::BadValue, 5),
        ("linux/amd64\"\nurl = \"https://cache", "linux-x64\"\nurl = \"https://cache", Code::BadValue, 6),
        ("linux/amd64\"\nurl = \"https://cache", "linux/x86_64\"\nurl = \"https://cache", Code::BadValue, 6),
        ("https://cache", "http://cache", Code::BadValue, 7),
        ("https://cache", "https://user@cache", Code::BadValue, 7),
        ("https://cache.agilebits.com/dist/1P", "https:///dist/1P", Code::BadValue, 7),
        ("size = 9000", "size = -1", Code::BadValue, 8),
        ("size = 9000", "size = 9223372036854775808", Code::BadValue, 8),
        ("sha256 = \"6f", "sha256 = \"6F", Code::BadValue, 9),
        ("sha256 = \"6f", "sha256 = \"f", Code::BadValue, 9),
        ("archive = \"zip\"", "archive = \"rar\"", Code::BadValue, 10),
        ("archive = \"zip\"", "archive = \"none\"", Code::BadValue, 11),
        ("member = \"op\"", "member = \"../op\"", Code::BadValue, 11),
        ("member = \"op\"", "member = \"/op\"", Code::BadValue, 11),
        ("member = \"op\"\n", "", Code::MissingKey, 3),
        ("executable-size = 27000\n", "", Code::MissingKey, 3),
        ("executable-sha256 = \"1", "executable-sha256 = \"x", Code::BadValue, 12),
        ("mode = \"2755\"", "mode = \"4755\"", Code::BadValue, 14),
        ("mode = \"2755\"", "mode = 2755", Code::BadValue, 14),
        (
            "added = 2026-11-27\nby = \"alice@acme.example\"\n[[",
            "added = \"2026-11-27\"\nby = \"x\"\n[[",
            Code::BadValue,
            15,
        ),
        ("by = \"alice@acme.example\"\n[[", "[[", Code::MissingKey, 3),
        ("operator", "owner", Code::UnknownKey, 18),
        ("kind = \"openpgp\"", "kind = \"pgp\"", Code::BadValue, 21),
        ("over = \"executable\"", "over = \"checksums\"", Code::MissingKey, 3),
        ("aGVsbG8=", "aGVsbG8", Code::BadValue, 23),
        ("unsigned = \"direnv signs nothing\"\n", "", Code::MissingKey, 26),
        ("mode = \"2755\"", "mode = \"2755\"\nunsigned = \"no\"", Code::BadValue, 15),
        ("mode = \"2755\"", "mode = \"2755\"\nchecksums = \"aGVsbG8=\"", Code::BadValue, 15),
        ("size = 9000", "size = [", Code::Syntax, 9),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let found = codes(&text);
        assert!(found.contains(&(code, line)), "{from} -> {to}: {found:?}");
        assert!(found.len() <= 2, "{from} -> {to}: {found:?}");
    }
}

#[test]
fn all_at_once_and_never_too_much() {
    let wrong = GOOD.replace("size = 9000", "size = -1").replace("mode = \"0755\"", "mode = \"0777\"");
    assert_eq!(codes(&wrong), [(Code::BadValue, 8), (Code::BadValue, 32)]);
    assert_eq!(Lock::parse(&[0xff], "l").unwrap_err().errors[0].code, Code::Syntax);
    let many = "version = 1\n".to_owned() + &"[[pin]]\n".repeat(MAX_PINS + 1);
    assert_eq!(codes(&many), [(Code::Limit, 2)]);
    let empty = "version = 1\n".to_owned() + &"[[pin]]\n".repeat(300);
    let failure = parse(&empty).unwrap_err();
    assert_eq!(failure.errors.len(), LockFailure::MAX);
    assert!(failure.omitted > 0 && failure.to_string().contains("errors"));
}

prop_compose! {
    fn pins()(
        tool in "[a-z0-9][a-z0-9._-]{0,9}",
        version in "[0-9A-Za-z][0-9A-Za-z.+_~-]{0,9}",
        platform in prop_oneof!["linux/amd64", "linux/arm/v7", "darwin/arm64", "windows/amd64"],
        path in "[a-zA-Z0-9/._%?=&+-]{1,40}",
        hashes in ("[0-9a-f]{64}", "[0-9a-f]{64}"),
        size in proptest::option::of(0..i64::MAX as u64),
        archive in 0..ArchiveKind::ALL.len(),
        looked in any::<bool>(),
        mode in prop_oneof!["0755", "2755", "0500"],
        signature in proptest::collection::vec((0..3_usize, 0..3_usize, proptest::collection::vec(any::<u8>(), 1..40)), 0..3),
        list in proptest::collection::vec(any::<u8>(), 1..40),
        words in ("\\PC{1,20}", "[^\"]{1,20}"),
        sources in proptest::collection::vec(("\\PC{1,9}", "\\PC{1,9}"), 0..3),
        days in 0..20_000_i64,
    ) -> Pin {
        let digest = |hex: &str| Digest::parse(&format!("sha256:{hex}")).unwrap();
        let archive = ArchiveKind::ALL[archive].0;
        let mut evidence: Vec<Evidence> = signature.into_iter().map(|(kind, over, signature)| Evidence {
            kind: EvidenceKind::ALL[kind].0,
            over: Over::ALL[over].0,
            signature,
        }).collect();
        evidence.sort();
        let listed = evidence.iter().any(|one| one.over == Over::Checksums);
        let mut sources: Vec<SourceOf> = sources.into_iter().map(|(operator, at)| SourceOf { operator, at }).collect();
        sources.sort();
        Pin {
            tool, version,
            platform: Platform::parse(&platform).unwrap(),
            url: format!("https://example.org/{path}"),
            size,
            sha256: digest(&hashes.0),
            archive,
            member: archive.has_members().then(|| "bin/tool".to_owned()),
            executable: looked.then(|| Executable { sha256: digest(&hashes.1), size: 7 }),
            mode: Mode::parse(&mode).unwrap(),
            unsigned: evidence.is_empty().then(|| words.0.clone()),
            checksums: listed.then_some(Checksums(list)),
            evidence,
            sources,
            added: jiff::civil::date(1990, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap(),
            by: words.1,
            origin: None,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is in a lock, it is read as it was written, and written as it was read.
    #[test]
    fn round_trip(pins in proptest::collection::vec(pins(), 0..6)) {
        let mut lock = Lock::default();
        for pin in pins {
            lock.insert(pin);
        }
        let text = lock.to_text();
        let read = parse(&text).map_err(|failure| TestCaseError::fail(format!("{failure:#?}")))?;
        prop_assert_eq!(&read, &lock);
        prop_assert_eq!(read.to_text(), text);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Lock::parse(&bytes, "l");
    }
}
