//! Executables against their pins: each test breaks one thing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test fails by it")]

#[path = "../../vendorsig/tests/support/mod.rs"]
mod support;

use std::io::{self, Read};

use proofmark_core::{Digest, Platform, Reason, Timestamp};
use proofmark_lock::unpack::ArchiveKind;
use proofmark_lock::{Checksums, Evidence, EvidenceKind, Executable, Mode, Over, Pin};
use proofmark_pin::{
    Authority, BundleSigner, Bundles, NoBundles, Proof, Rejection, Signed, VendorKey, Verified, Why, verify,
};
use proofmark_vendorsig::{minisign, openpgp};
use support::{Pair, framed_user, made, packet, sub};

const BORN: u32 = 1_600_000_000;
const SIGNED: u32 = 1_700_000_000;
const NOW: i64 = 1_790_000_000;

/// What the fixtures of vendorsig are signatures over.
fn file() -> Vec<u8> {
    support::fixture("file")
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn evidence(kind: EvidenceKind, over: Over, signature: Vec<u8>) -> Evidence {
    Evidence { kind, over, signature }
}

fn gpg(name: &str) -> Evidence {
    evidence(EvidenceKind::OpenPgp, Over::Executable, support::fixture(name))
}

fn pin(evidence: &[Evidence]) -> Pin {
    let bytes = file();
    Pin {
        tool: "op".to_owned(),
        version: "2.39.0".to_owned(),
        platform: Platform::parse("linux/amd64").unwrap(),
        url: "https://example.org/op.zip".to_owned(),
        size: None,
        sha256: Digest::sha256(b"the archive"),
        archive: ArchiveKind::Zip,
        member: Some("op".to_owned()),
        executable: Some(Executable { sha256: Digest::sha256(&bytes), size: bytes.len() as u64 }),
        mode: Mode::PLAIN,
        evidence: evidence.to_vec(),
        checksums: None,
        unsigned: None,
        sources: Vec::new(),
        added: jiff::civil::date(2026, 11, 27),
        by: "alice".to_owned(),
        origin: None,
    }
}

fn key(name: &str) -> (String, VendorKey) {
    let bytes = support::fixture(name);
    let key = if name.starts_with("minisign") {
        VendorKey::Minisign(minisign::PublicKey::parse(&bytes).unwrap())
    } else {
        VendorKey::OpenPgp(Box::new(openpgp::Key::parse(&bytes).unwrap()))
    };
    (name.split('.').next().unwrap().to_owned(), key)
}

fn check(pin: &Pin, keys: &[&str]) -> Result<Verified, Rejection> {
    let keys: Vec<_> = keys.iter().map(|name| key(name)).collect();
    verify(pin, &Authority { keys: &keys, bundles: &NoBundles }, &mut &file()[..], now())
}

fn misses(result: Result<Verified, Rejection>) -> (Reason, Vec<Why>) {
    match result {
        Err(error @ Rejection::Unsigned { .. }) => {
            let reason = error.reason();
            let Rejection::Unsigned { misses, .. } = error else { unreachable!() };
            (reason, misses.into_iter().map(|miss| miss.why).collect())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_lock_pins_and_the_vendor_signed() {
    let verified = check(&pin(&[gpg("good.sig")]), &["friend.asc", "vendor.asc"]).unwrap();
    assert_eq!(verified.executable.size, file().len() as u64);
    let Proof::Signed(signed) = verified.proof else { panic!("{:?}", verified.proof) };
    let [Signed { by, over: Over::Executable, made: Some(made), .. }] = &signed[..] else {
        panic!("{signed:?}")
    };
    assert_eq!((by.as_str(), made.to_string().as_str()), ("vendor", "2026-01-01T00:00:00Z"));
    let mini = evidence(EvidenceKind::Minisign, Over::Executable, support::fixture("minisign.minisig"));
    let verified = check(&pin(&[mini.clone(), gpg("friend.sig")]), &["minisign.pub"]).unwrap();
    assert!(
        matches!(verified.proof, Proof::Signed(signed) if signed.len() == 1 && signed[0].by == "minisign")
    );
    // The one that does not count is told, and takes nothing away.
    assert_eq!(verified.misses.len(), 1);
    assert!(matches!(verified.misses[0].why, Why::Nobody(EvidenceKind::OpenPgp)));
    let both = check(&pin(&[mini, gpg("good.sig")]), &["minisign.pub", "vendor.asc"]).unwrap();
    assert!(matches!(both.proof, Proof::Signed(signed) if signed.len() == 2));
}

#[test]
fn another_executable() {
    let keys = [key("vendor.asc")];
    let authority = Authority { keys: &keys, bundles: &NoBundles };
    let pin = pin(&[gpg("good.sig")]);
    let judge = |bytes: &[u8]| verify(&pin, &authority, &mut &*bytes, now()).unwrap_err();
    let expected = file().len() as u64;
    let mut changed = file();
    changed[3] ^= 1;
    let mismatch = judge(&changed);
    assert!(matches!(&mismatch, Rejection::Mismatch { found, .. } if *found == Digest::sha256(&changed)));
    assert_eq!(mismatch.reason(), Reason::DigestMismatch);
    assert_eq!(judge(&file()[1..]), Rejection::Length { expected, found: expected - 1, longer: false });
    let longer = judge(&[&file()[..], b"x"].concat());
    assert!(
        matches!(longer, Rejection::Length { longer: true, .. }) && longer.reason() == Reason::DigestMismatch
    );
    assert!(matches!(judge(b""), Rejection::Length { found: 0, .. }));
}

/// A file without an end is left where it is longer than it may be.
#[test]
fn a_file_without_an_end() {
    let read = verify(&pin(&[]), &Authority { keys: &[], bundles: &NoBundles }, &mut io::repeat(7), now());
    assert!(matches!(read, Err(Rejection::Length { longer: true, .. })));
}

#[test]
fn what_cannot_be_read() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let read = verify(&pin(&[]), &Authority { keys: &[], bundles: &NoBundles }, &mut Broken, now());
    assert!(matches!(&read, Err(error @ Rejection::Read(_)) if error.reason() == Reason::Unreachable));
    let unseen = Pin { executable: None, ..pin(&[]) };
    let read = check(&unseen, &[]).unwrap_err();
    assert_eq!((read.reason(), read), (Reason::Unsupported, Rejection::NotLookedAt));
}

/// The lock was changed together with the file: its own hash is right, and the vendor's word is not there.
#[test]
fn a_poisoned_lock() {
    let evil = b"evil".to_vec();
    let executable = Some(Executable { sha256: Digest::sha256(&evil), size: 4 });
    let poisoned = Pin { executable, ..pin(&[gpg("good.sig")]) };
    let keys = [key("vendor.asc")];
    let verdict = verify(&poisoned, &Authority { keys: &keys, bundles: &NoBundles }, &mut &evil[..], now());
    let (reason, whys) = misses(verdict);
    assert_eq!(reason, Reason::Tampered);
    assert!(matches!(whys[0], Why::OpenPgp(openpgp::Rejection::BadSignature { .. })));
}

#[test]
fn evidence_that_does_not_count() {
    let reason = |name: &str, keys: &[&str]| misses(check(&pin(&[gpg(name)]), keys)).0;
    assert_eq!(reason("friend.sig", &["vendor.asc"]), Reason::WrongKey);
    assert_eq!(reason("ended-before.sig", &["ended.asc"]), Reason::Expired);
    assert_eq!(reason("revoked-retired.sig", &["revoked-retired.asc"]), Reason::Revoked);
    assert_eq!(reason("weak.sig", &["weak.asc"]), Reason::WrongKey);
    assert_eq!(reason("hash-SHA1.sig", &["vendor.asc"]), Reason::Malformed);
    assert_eq!(reason("two.sig", &["vendor.asc"]), Reason::Malformed);
    assert_eq!(reason("good.sig", &[]), Reason::Unsigned);
    assert_eq!(reason("good.sig", &["minisign.pub"]), Reason::Unsigned);
    let legacy =
        evidence(EvidenceKind::Minisign, Over::Executable, support::fixture("minisign-legacy.minisig"));
    assert_eq!(misses(check(&pin(&[legacy]), &["minisign.pub"])).0, Reason::Tampered);
    // The nearest miss comes first, whatever stands first in the lock.
    let (reason, whys) = misses(check(&pin(&[gpg("friend.sig"), gpg("ended-before.sig")]), &["ended.asc"]));
    assert_eq!((reason, whys.len()), (Reason::Expired, 2));
    let text = check(&pin(&[gpg("friend.sig")]), &["vendor.asc"]).unwrap_err().to_string();
    assert!(text.contains("no signature by vendor is right"), "{text}");
    let text = check(&pin(&[gpg("friend.sig")]), &[]).unwrap_err().to_string();
    assert!(text.contains("names nobody"), "{text}");
}

#[test]
fn pins_without_evidence() {
    let reason = Pin { unsigned: Some("direnv signs nothing".to_owned()), ..pin(&[]) };
    assert_eq!(
        check(&reason, &["vendor.asc"]).unwrap().proof,
        Proof::Unsigned("direnv signs nothing".to_owned())
    );
    assert_eq!(misses(check(&pin(&[]), &["vendor.asc"])).0, Reason::Malformed);
    // A reason does not stand in for a signature that is there and is wrong.
    let both = Pin { unsigned: Some("why".to_owned()), ..pin(&[gpg("friend.sig")]) };
    assert_eq!(misses(check(&both, &["vendor.asc"])).0, Reason::WrongKey);
}

#[test]
fn signatures_over_the_archive_alone() {
    let archive = evidence(EvidenceKind::OpenPgp, Over::Archive, support::fixture("good.sig"));
    assert_eq!(
        check(&pin(std::slice::from_ref(&archive)), &["vendor.asc"]).unwrap().proof,
        Proof::ArchiveAlone
    );
    // One that is wrong is not covered by one that cannot be computed.
    assert_eq!(misses(check(&pin(&[archive, gpg("friend.sig")]), &["vendor.asc"])).0, Reason::WrongKey);
}

/// A list of checksums with its signature by a key of our own.
fn listed(list: &str) -> (Pin, [(String, VendorKey); 1]) {
    let pair = Pair::new(9, BORN);
    let covered = [pair.framed(), framed_user("V")].concat();
    let bound = pair.sign(0x13, &covered, &[made(BORN), sub(27, &[3])], &[]);
    let key = [packet(6, &pair.body), packet(13, b"V"), packet(2, &bound)].concat();
    let signature = packet(2, &pair.sign(0, list.as_bytes(), &[made(SIGNED)], &[]));
    let mut pin = pin(&[evidence(EvidenceKind::OpenPgp, Over::Checksums, signature)]);
    pin.checksums = Some(Checksums(list.as_bytes().to_vec()));
    (pin, [("list".to_owned(), VendorKey::OpenPgp(Box::new(openpgp::Key::parse(&key).unwrap())))])
}

#[test]
fn lists_of_checksums() {
    let judge = |list: &str, change: fn(&mut Pin)| {
        let (mut pin, keys) = listed(list);
        change(&mut pin);
        verify(&pin, &Authority { keys: &keys, bundles: &NoBundles }, &mut &file()[..], now())
    };
    let right = format!("{}  op.zip\n{}  other.zip\n", Digest::sha256(b"the archive").hex(), "0".repeat(64));
    let verified = judge(&right, |_| {}).unwrap();
    assert!(matches!(verified.proof, Proof::Signed(signed) if signed[0].over == Over::Checksums));
    let (reason, whys) = misses(judge(&right, |pin| pin.url = "https://example.org/other.zip".to_owned()));
    assert_eq!((reason, &whys[0]), (Reason::Tampered, &Why::Checksum { given: Some("0".repeat(64)) }));
    let (_, whys) = misses(judge("nothing\n", |_| {}));
    assert_eq!(whys, [Why::Checksum { given: None }]);
    let (_, whys) = misses(judge(&right, |pin| pin.sha256 = Digest::sha256(b"evil")));
    assert!(matches!(&whys[..], [Why::Checksum { given: Some(_) }]));
    let (_, whys) = misses(judge(&right, |pin| pin.checksums.as_mut().unwrap().0.push(b'\n')));
    assert!(matches!(&whys[..], [Why::OpenPgp(openpgp::Rejection::BadSignature { .. })]));
    let (_, whys) = misses(judge(&right, |pin| pin.checksums = None));
    assert_eq!(whys, [Why::Checksum { given: None }]);
}

/// A judge of bundles that believes one text over one digest.
struct Judge(Digest);

impl Bundles for Judge {
    fn verify(&self, bundle: &[u8], digest: &Digest, at: Timestamp) -> Result<Vec<BundleSigner>, Why> {
        assert_eq!(at, now());
        if bundle == b"bundle" && *digest == self.0 {
            return Ok(vec![BundleSigner { by: "release".to_owned(), with: "key".to_owned() }]);
        }
        Err(Why::Bundle { reason: Reason::WrongSubject, message: "of something else".to_owned() })
    }

    fn names(&self) -> Vec<String> {
        vec!["release".to_owned()]
    }
}

#[test]
fn bundles_are_judged_by_digest() {
    let judge = |over: Over, digest: &[u8]| {
        let mut pin = pin(&[evidence(EvidenceKind::Sigstore, over, b"bundle".to_vec())]);
        let list = format!("{}  op.zip\n", pin.sha256.hex());
        pin.checksums = (over == Over::Checksums).then(|| Checksums(list.clone().into_bytes()));
        let bundles = Judge(Digest::sha256(if digest == b"list" { list.as_bytes() } else { digest }));
        verify(&pin, &Authority { keys: &[], bundles: &bundles }, &mut &file()[..], now())
    };
    for (over, digest) in
        [(Over::Executable, &file()[..]), (Over::Archive, b"the archive"), (Over::Checksums, b"list")]
    {
        let proof = judge(over, digest).unwrap().proof;
        assert!(
            matches!(&proof, Proof::Signed(signed) if signed[0].by == "release" && signed[0].over == over),
            "{proof:?}"
        );
        assert_eq!(misses(judge(over, b"evil")).0, Reason::WrongSubject);
    }
}
