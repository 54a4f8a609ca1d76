//! Honest archives give their executable; hostile ones give an error, and never a byte that was not asked for.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::io::{self, Cursor, Write};
use std::time::{Duration, Instant};

use proofmark_core::{Digest, Reason};
use proofmark_lock::unpack::{ArchiveKind, Caps, Extracted, Refused, UnpackError, extract};
use support::{Tar, ZipEntry, checksummed, gz, header, zip, zip_with, zst};

const OP: &[u8] = b"\x7fELF the executable";

fn caps() -> Caps {
    Caps { unpacked: 32 << 20, entries: 100, ratio: 200, deadline: Instant::now() + Duration::from_mins(1) }
}

fn take(archive: &[u8], kind: ArchiveKind, member: &str) -> Result<Vec<u8>, UnpackError> {
    let mut out = Vec::new();
    let Extracted { sha256, bytes } = extract(Cursor::new(archive), kind, member, &caps(), &mut out)?;
    assert_eq!((sha256, bytes), (Digest::sha256(&out), out.len() as u64));
    Ok(out)
}

fn tar(archive: &[u8]) -> Result<Vec<u8>, UnpackError> {
    take(archive, ArchiveKind::Tar, "bin/op")
}

fn refused(result: Result<Vec<u8>, UnpackError>) -> Refused {
    match result {
        Err(error @ UnpackError::Refused { .. }) => {
            assert_eq!(error.reason(), Reason::Malformed);
            let UnpackError::Refused { why, .. } = error else { unreachable!() };
            why
        }
        other => panic!("{other:?}"),
    }
}

fn malformed(result: Result<Vec<u8>, UnpackError>) -> String {
    match result {
        Err(UnpackError::Malformed(what)) => what,
        other => panic!("{other:?}"),
    }
}

fn honest() -> Tar {
    Tar::new().entry(b"./", b'5', b"").file("LICENSE", b"free").entry(b"bin/", b'5', b"").file("./bin/op", OP)
}

/// `xz -9` of the executable, and of a tar with it.
const XZ: &str = include_str!("fixtures/op.xz.b64");
const TAR_XZ: &str = include_str!("fixtures/op.tar.xz.b64");

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text.replace('\n', "")).unwrap()
}

#[test]
fn honest_archives() {
    let plain = honest().end();
    for (kind, archive) in [
        (ArchiveKind::Tar, plain.clone()),
        (ArchiveKind::TarGz, gz(&plain)),
        (ArchiveKind::TarGz, [gz(&plain[..700]), gz(&plain[700..])].concat()),
        (ArchiveKind::TarZst, zst(&plain)),
        (
            ArchiveKind::TarZst,
            [&b"\x50\x2a\x4d\x18\x02\0\0\0xx"[..], &zst(&plain[..700]), &zst(&plain[700..])].concat(),
        ),
        (ArchiveKind::TarXz, decoded(TAR_XZ)),
        (ArchiveKind::None, OP.to_vec()),
        (ArchiveKind::Gz, gz(OP)),
        (ArchiveKind::Zst, zst(OP)),
        (ArchiveKind::Xz, decoded(XZ)),
        (
            ArchiveKind::Zip,
            zip(&[
                ZipEntry::directory("bin/"),
                ZipEntry::stored("bin/op", OP),
                ZipEntry::stored("bin/op.sig", b"s"),
            ]),
        ),
        (
            ArchiveKind::Zip,
            zip(&[
                ZipEntry::deflated("bin/op", OP).streamed(true),
                ZipEntry::deflated("bin/op.sig", OP).streamed(false),
            ]),
        ),
        (
            ArchiveKind::Zip,
            zip_with(
                &[ZipEntry::deflated("bin/op", OP).with(|one| one.extra = vec![7; 9])],
                b"",
                b"",
                b"a comment",
            ),
        ),
        // As macOS writes it.
        (
            ArchiveKind::Zip,
            zip(&[ZipEntry::deflated("bin/op", OP).streamed(true).with(|one| one.local[2] = one.size)]),
        ),
        // Made on Windows, where the upper half says nothing.
        (
            ArchiveKind::Zip,
            zip(&[ZipEntry::deflated("bin/op", OP).with(|one| (one.host, one.mode) = (0, 0o120_777))]),
        ),
    ] {
        assert_eq!(take(&archive, kind, "bin/op").as_deref(), Ok(OP), "{kind:?}");
    }
    let long = format!("{}/op", "d".repeat(150));
    for archive in [
        Tar::new()
            .pax(b'g', &[("comment", "x")])
            .pax(b'x', &[("path", &long), ("mtime", "1")])
            .file("short", OP)
            .end(),
        Tar::new()
            .entry(b"././@LongLink", b'L', [long.as_bytes(), b"\0"].concat().as_slice())
            .file("short", OP)
            .end(),
    ] {
        assert_eq!(take(&archive, ArchiveKind::Tar, &long).as_deref(), Ok(OP));
    }
    // A prefix of POSIX, and the binary size of GNU.
    let mut block = header(b"op", b'0', 0);
    block[345..348].copy_from_slice(b"bin");
    block[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, OP.len().try_into().unwrap()]);
    let body = [OP, &vec![0; 512 - OP.len()]].concat();
    assert_eq!(tar(&Tar::new().raw(&checksummed(block)).raw(&body).end()).as_deref(), Ok(OP));
}

#[test]
fn entries_that_no_honest_tar_has() {
    let with = |name: &[u8], kind: u8| tar(&honest().entry(name, kind, b"").end());
    assert_eq!(refused(with(b"/etc/passwd", b'0')), Refused::Absolute);
    assert_eq!(refused(with(b"../op", b'0')), Refused::Parent);
    assert_eq!(refused(with(b"a/../../op", b'0')), Refused::Parent);
    assert_eq!(refused(with(b"a\\..\\op", b'0')), Refused::Name);
    assert_eq!(refused(with(b"a\xff", b'0')), Refused::Name);
    assert_eq!(refused(with(b"link", b'2')), Refused::Link);
    assert_eq!(refused(with(b"link", b'1')), Refused::Link);
    assert_eq!(refused(with(b"././@LongLink", b'K')), Refused::Link);
    for device in *b"346" {
        assert_eq!(refused(with(b"device", device)), Refused::Device);
    }
    assert_eq!(refused(with(b"./bin/op", b'0')), Refused::Duplicate);
    assert_eq!(refused(with(b"bin/op/", b'5')), Refused::Duplicate);
    assert_eq!(refused(with(b"./bin", b'0')), Refused::Duplicate, "a file where a directory was");
    // SNYK zip-slip and its kin: the link comes first, and a file goes through it.
    let through = Tar::new().entry(b"bin", b'2', b"").file("bin/op", OP).end();
    assert_eq!(refused(tar(&through)), Refused::Link);
    assert!(matches!(with(b"sparse", b'S'), Err(UnpackError::Unsupported(_))));
    assert!(matches!(with(b"what", b'Q'), Err(UnpackError::Unsupported(_))));
    assert_eq!(refused(tar(&honest().entry(b"d/", b'5', b"body").end())), Refused::Disagrees);
    assert_eq!(refused(tar(&honest().entry(b"f/", b'7', b"").end())), Refused::Disagrees);
}

/// What one program reads from a header, and another from the one before it.
#[test]
fn headers_that_disagree() {
    let pax = |records: &[(&str, &str)]| tar(&honest().pax(b'x', records).file("other", b"12345").end());
    assert_eq!(refused(pax(&[("size", "4")])), Refused::Disagrees);
    assert!(pax(&[("size", "5")]).is_ok());
    assert_eq!(refused(pax(&[("path", "bin/op")])), Refused::Duplicate);
    assert_eq!(refused(pax(&[("path", "../op")])), Refused::Parent);
    assert_eq!(refused(pax(&[("linkpath", "x")])), Refused::Link);
    assert!(matches!(pax(&[("GNU.sparse.major", "1")]), Err(UnpackError::Unsupported(_))));
    malformed(pax(&[("path", "a"), ("path", "b")]));
    malformed(pax(&[("size", "5"), ("size", "5")]));
    malformed(pax(&[("size", "-5")]));
    malformed(tar(&honest().pax(b'g', &[("path", "bin/op")]).file("other", b"").end()));
    malformed(tar(&honest().pax(b'g', &[("size", "0")]).file("other", b"").end()));
    malformed(tar(&honest().pax(b'x', &[("path", "x")]).end()));
    malformed(tar(&honest().entry(b"p", b'x', b"99 path=x\n").file("other", b"").end()));
    malformed(tar(&honest().entry(b"p", b'x', b"9 path=x").file("other", b"").end()));
    malformed(tar(&honest().entry(b"p", b'x', b"nonsense").file("other", b"").end()));
    let twice = honest().entry(b"l", b'L', b"one\0").pax(b'x', &[("path", "two")]).file("other", b"").end();
    malformed(tar(&twice));
}

#[test]
fn damaged_tars() {
    let whole = honest().end();
    let mut wrong = whole.clone();
    wrong[0] ^= 1;
    assert!(malformed(tar(&wrong)).contains("checksum"));
    for length in [0, 1, 511, 512, 700, whole.len() - 1024] {
        malformed(tar(&whole[..length]));
    }
    assert!(malformed(tar(&[&whole[..], b"x"].concat())).contains("follows"));
    assert!(
        malformed(tar(&[&whole[..], &whole].concat())).contains("follows"),
        "another archive after the end"
    );
    assert_eq!(tar(&[&whole[..], &[0; 9000]].concat()).as_deref(), Ok(OP));
    let huge = Tar::new().raw(&header(b"bin/op", b'0', 1 << 32)).end();
    malformed(tar(&huge));
    let mut negative = header(b"bin/op", b'0', 0);
    negative[124..136].fill(0xff);
    malformed(tar(&Tar::new().raw(&checksummed(negative)).end()));
    let mut nonsense = header(b"bin/op", b'0', 0);
    nonsense[124..128].copy_from_slice(b"1 2 ");
    malformed(tar(&Tar::new().raw(&checksummed(nonsense)).end()));
}

#[test]
fn what_is_not_there() {
    let archive = honest().file("share/op", b"").end();
    let missing = take(&archive, ArchiveKind::Tar, "op");
    let elsewhere = vec!["bin/op".to_owned(), "share/op".to_owned()];
    assert_eq!(missing, Err(UnpackError::Missing { member: "op".to_owned(), elsewhere }));
    assert!(
        matches!(take(&archive, ArchiveKind::Tar, "bin"), Err(UnpackError::Missing { .. })),
        "a directory is no file"
    );
    let archive = zip(&[ZipEntry::directory("op/"), ZipEntry::stored("bin/op", OP)]);
    let elsewhere = vec!["bin/op".to_owned()];
    let missing = take(&archive, ArchiveKind::Zip, "op");
    assert_eq!(missing, Err(UnpackError::Missing { member: "op".to_owned(), elsewhere }));
}

#[test]
fn damaged_compression() {
    let plain = honest().end();
    for (kind, whole) in
        [(ArchiveKind::Gz, gz(&plain)), (ArchiveKind::Zst, zst(&plain)), (ArchiveKind::Xz, decoded(XZ))]
    {
        for length in [0, 1, 9, whole.len() / 2, whole.len() - 1] {
            malformed(take(&whole[..length], kind, ""));
        }
        malformed(take(&[&whole[..], b"trailing"].concat(), kind, ""));
        for other in [ArchiveKind::Gz, ArchiveKind::Zst, ArchiveKind::Xz] {
            if other != kind {
                malformed(take(&whole, other, ""));
            }
        }
    }
    // gzip's own checksum.
    let mut wrong = gz(OP);
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    malformed(take(&wrong, ArchiveKind::Gz, ""));
    let mut wrong = decoded(XZ);
    let at = wrong.len() / 2;
    wrong[at] ^= 1;
    malformed(take(&wrong, ArchiveKind::Xz, ""));
}

#[test]
fn bombs() {
    let limit = |archive: &[u8], kind: ArchiveKind| match take(archive, kind, "bin/op") {
        Err(error @ UnpackError::Limit(_)) => {
            assert_eq!(error.reason(), Reason::Limit);
            error.to_string()
        }
        other => panic!("{other:?}"),
    };
    let zeros = vec![0; 20 << 20];
    assert!(limit(&gz(&zeros), ArchiveKind::Gz).contains("times"));
    assert!(limit(&zst(&zeros), ArchiveKind::Zst).contains("times"));
    assert!(limit(&vec![1; 33 << 20], ArchiveKind::None).contains("bytes"));
    let entry = ZipEntry::deflated("bin/op", &zeros);
    assert!(limit(&zip(std::slice::from_ref(&entry)), ArchiveKind::Zip).contains("times"));
    // Many entries that are small each, and large together.
    let many = [entry.clone(), entry.with(|one| (one.name, one.local_name) = (b"b".to_vec(), b"b".to_vec()))];
    assert!(limit(&zip(&many), ArchiveKind::Zip).contains("bytes"));
    let many = (0..101).fold(Tar::new(), |tar, number| tar.file(&number.to_string(), b""));
    assert!(limit(&many.end(), ArchiveKind::Tar).contains("entries"));
    let many: Vec<ZipEntry> = (0..101).map(|number| ZipEntry::stored(&number.to_string(), b"")).collect();
    assert!(limit(&zip(&many), ArchiveKind::Zip).contains("entries"));
    let long = Tar::new().raw(&header(b"pax", b'x', 2 << 20)).end();
    assert!(limit(&long, ArchiveKind::Tar).contains("header"));
    // A window of 128 MiB, as `zstd --ultra --long=27` writes it.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x88, 1, 0, 0];
    assert!(limit(&window, ArchiveKind::Zst).contains("memory"));
    let spent = Caps { deadline: Instant::now(), ..caps() };
    for (kind, archive) in
        [(ArchiveKind::Tar, honest().end()), (ArchiveKind::Zip, zip(&[ZipEntry::stored("bin/op", OP)]))]
    {
        let late = extract(Cursor::new(archive), kind, "bin/op", &spent, &mut Vec::new());
        assert!(matches!(late, Err(UnpackError::Limit(_))), "{late:?}");
    }
}

fn zipped(entries: &[ZipEntry]) -> Result<Vec<u8>, UnpackError> {
    take(&zip(entries), ArchiveKind::Zip, "bin/op")
}

fn op() -> ZipEntry {
    ZipEntry::deflated("bin/op", OP)
}

fn changed(change: impl FnOnce(&mut ZipEntry)) -> Result<Vec<u8>, UnpackError> {
    zipped(&[op(), ZipEntry::stored("other", b"other").with(change)])
}

#[test]
fn entries_that_no_honest_zip_has() {
    let named = |name: &str| zipped(&[op(), ZipEntry::stored(name, b"")]);
    assert_eq!(refused(named("/etc/passwd")), Refused::Absolute);
    assert_eq!(refused(named("C:\\op")), Refused::Name);
    assert_eq!(refused(named("../../op")), Refused::Parent);
    assert_eq!(refused(named("bin/op")), Refused::Duplicate);
    assert_eq!(refused(named("./bin/op")), Refused::Duplicate);
    assert_eq!(refused(changed(|one| one.mode = 0o120_777)), Refused::Link);
    for device in [0o060_644, 0o020_644, 0o010_644, 0o140_644] {
        assert_eq!(refused(changed(|one| one.mode = device)), Refused::Device);
    }
    assert_eq!(refused(changed(|one| one.mode = 0o040_755)), Refused::Disagrees);
    for bit in [1, 1 << 6, 1 << 13] {
        let encrypted = changed(|one| (one.flags, one.local_flags) = (bit, bit));
        assert_eq!(refused(encrypted), Refused::Encrypted);
    }
    let method = changed(|one| one.method = 93);
    assert!(matches!(method, Err(UnpackError::Unsupported(_))), "{method:?}");
}

/// What programs that read from the front find, and what those find that read from the back.
#[test]
fn headers_of_a_zip_that_disagree() {
    assert_eq!(refused(changed(|one| one.local_name = b"OTHER".to_vec())), Refused::Disagrees);
    assert_eq!(refused(changed(|one| one.local[0] ^= 1)), Refused::Disagrees);
    assert_eq!(refused(changed(|one| one.local[1] += 1)), Refused::Disagrees);
    assert_eq!(refused(changed(|one| one.local[2] += 1)), Refused::Disagrees);
    assert_eq!(refused(changed(|one| one.local_flags = 1 << 11)), Refused::Disagrees);
    assert_eq!(refused(changed(|one| one.size += 1)), Refused::Disagrees);
    let streamed = |change: fn(&mut ZipEntry)| {
        refused(zipped(&[op(), ZipEntry::deflated("x", b"x").streamed(true).with(change)]))
    };
    assert_eq!(streamed(|one| one.descriptor[4] ^= 1), Refused::Disagrees);
    assert_eq!(streamed(|one| one.descriptor[12] ^= 1), Refused::Disagrees);
    assert_eq!(streamed(|one| one.local[1] = 7), Refused::Disagrees);
}

#[test]
fn bytes_of_a_zip_that_belong_to_two_entries_or_to_none() {
    let two = [op(), ZipEntry::stored("other", b"other")];
    let archive = |before: &[u8], between: &[u8]| {
        take(&zip_with(&two, before, between, b""), ArchiveKind::Zip, "bin/op")
    };
    assert!(archive(b"", b"").is_ok());
    assert_eq!(refused(archive(b"#!/bin/sh\n", b"")), Refused::Overlap);
    assert_eq!(refused(archive(b"", b"between")), Refused::Overlap);
    // David Fifield's bomb: every directory entry names the same bytes.
    let inner = ZipEntry::stored("other", b"other");
    let overlapping = zipped(&[inner.clone(), ZipEntry { shift: -40, ..inner }]);
    assert!(matches!(
        overlapping,
        Err(UnpackError::Refused { why: Refused::Duplicate | Refused::Overlap, .. })
    ));
    let same = zipped(&[op(), ZipEntry::stored("b", b"x").with(|one| one.shift = -1)]);
    assert_eq!(refused(same), Refused::Overlap);
    let beyond =
        zipped(&[op().with(|one| (one.packed, one.local[1]) = (one.packed + 500, one.packed + 500))]);
    assert_eq!(refused(beyond), Refused::Overlap);
}

#[test]
fn ends_of_a_zip() {
    let good = zip(&[op()]);
    for length in [0, 10, good.len() - 22, good.len() - 1] {
        malformed(take(&good[..length], ArchiveKind::Zip, "bin/op"));
    }
    malformed(take(&[&good[..], b"x"].concat(), ArchiveKind::Zip, "bin/op"));
    // A second end in the comment of the first: programs choose differently.
    let inner = support::end([0, 0], 0, 0, b"");
    let two = zip_with(&[op()], b"", b"", &inner);
    assert!(malformed(take(&two, ArchiveKind::Zip, "bin/op")).contains("two ends"));
    let mark = zip_with(&[op()], b"", b"", b"a mark alone: PK\x05\x06");
    assert!(malformed(take(&mark, ArchiveKind::Zip, "bin/op")).contains("two ends"));
    let at = good.len() - 22;
    let with = |field: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at + field..at + field + bytes.len()].copy_from_slice(bytes);
        take(&changed, ArchiveKind::Zip, "bin/op")
    };
    let unsupported = |result: Result<Vec<u8>, UnpackError>| match result {
        Err(error @ UnpackError::Unsupported(_)) => assert_eq!(error.reason(), Reason::Unsupported),
        other => panic!("{other:?}"),
    };
    unsupported(with(8, &[0xff, 0xff, 0xff, 0xff]));
    unsupported(with(12, &[0xff; 4]));
    unsupported(with(16, &[0xff; 4]));
    unsupported(with(4, &[1, 0]));
    malformed(with(8, &[2, 0, 2, 0]));
    malformed(with(16, &[9, 0, 0, 0]));
    // zip64's place for sizes, in one entry alone.
    unsupported(changed(|one| one.packed = u32::MAX));
    unsupported(changed(|one| one.size = u32::MAX));
}

#[test]
fn sizes_of_a_zip_that_lie() {
    let lying = |change: fn(&mut ZipEntry)| zipped(&[op().with(change)]);
    malformed(lying(|one| (one.size, one.local[2]) = (one.size + 1, one.size + 1)));
    assert_eq!(
        refused(lying(|one| (one.size, one.local[2]) = (one.size - 1, one.size - 1))),
        Refused::Disagrees
    );
    malformed(lying(|one| (one.crc, one.local[0]) = (1, 1)));
    malformed(lying(|one| {
        one.body.push(0);
        one.packed += 1;
        one.local[1] += 1;
    }));
    malformed(lying(|one| one.body[3] ^= 0xff));
}

/// A full disk is no fault of the archive.
#[test]
fn what_cannot_be_written() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let full = extract(Cursor::new(gz(&honest().end())), ArchiveKind::TarGz, "bin/op", &caps(), &mut Full);
    assert!(matches!(full, Err(UnpackError::Write(io::ErrorKind::StorageFull, _))), "{full:?}");
}

/// Every byte changed: an error, or the bytes that were there.
#[test]
fn every_byte_of_a_zip() {
    let good = zip(&[ZipEntry::stored("a", b"a"), op().streamed(true)]);
    for at in 0..good.len() {
        for flip in [1, 0x80, 0xff] {
            let mut changed = good.clone();
            changed[at] ^= flip;
            if let Ok(out) = take(&changed, ArchiveKind::Zip, "bin/op") {
                assert_eq!(out, OP, "byte {at}");
            }
        }
    }
}
