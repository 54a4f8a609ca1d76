//! What unpacks, what does not, and what costs too much.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn later() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn run(compression: Compression, bytes: &[u8], cap: u64, step: usize) -> Result<Unpacked, UnpackError> {
    let mut unpacker = Unpacker::new(compression, Algorithm::Sha256, cap, later())?;
    for piece in bytes.chunks(step.max(1)) {
        unpacker.push(piece)?;
    }
    unpacker.finish()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A frame by hand: this window descriptor, then one block of `size` equal bytes (RFC 8878 3.1.1).
fn bomb(window: u8, blocks: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, window];
    for index in 0..blocks {
        let last = u32::from(index + 1 == blocks);
        // Block_Type 1: RLE, 128 KiB.
        let header = last | 1 << 1 | (128 * 1024) << 3;
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect()
}

#[test]
fn every_compression_gives_the_same_digest() {
    let content = content();
    let whole = Unpacked { digest: Digest::sha256(&content), bytes: content.len() as u64 };
    let half = content.len() / 2;
    let members = [gzip(&content[..half]), gzip(&content[half..])].concat();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let frames = [&skippable[..], &zstd(&content[..half]), &skippable, &zstd(&content[half..])].concat();
    for (compression, bytes) in [
        (Compression::Plain, content.clone()),
        (Compression::Gzip, gzip(&content)),
        (Compression::Gzip, members),
        (Compression::Zstd, zstd(&content)),
        (Compression::Zstd, frames),
    ] {
        for step in [1009, 64 * 1024, usize::MAX] {
            assert_eq!(run(compression, &bytes, u64::MAX, step).unwrap(), whole, "{compression:?} {step}");
        }
    }
    assert_eq!(run(Compression::Plain, b"", 0, 1).unwrap().digest, Digest::sha256(b""));
    assert_eq!(run(Compression::Gzip, &gzip(b""), 0, 1).unwrap().digest, Digest::sha256(b""));
}

#[test]
fn what_is_cut_off_changed_or_of_another_kind_is_malformed() {
    let content = content();
    for (compression, packed) in [(Compression::Gzip, gzip(&content)), (Compression::Zstd, zstd(&content))] {
        let cut = |length: usize| run(compression, &packed[..length], u64::MAX, 4096);
        for length in [0, 1, 5, 12, packed.len() / 2, packed.len() - 1] {
            let error = cut(length).expect_err("cut off");
            assert!(matches!(error, UnpackError::Malformed(_)), "{compression:?} {length}: {error}");
        }
        let behind = [&packed[..], b"garbage behind"].concat();
        assert!(matches!(run(compression, &behind, u64::MAX, 4096), Err(UnpackError::Malformed(_))));
        for step in [1, 2, 3, 4096] {
            let plain = run(Compression::Plain, &packed, u64::MAX, step);
            assert!(matches!(plain, Err(UnpackError::Malformed(_))), "{step}: {plain:?}");
        }
        assert!(matches!(run(compression, &content, u64::MAX, 4096), Err(UnpackError::Malformed(_))));
    }
    assert!(matches!(run(Compression::Gzip, &zstd(b"x"), 9, 9), Err(UnpackError::Malformed(_))));
    assert!(matches!(run(Compression::Zstd, &gzip(b"x"), 9, 9), Err(UnpackError::Malformed(_))));
}

/// REG-06: a bomb ends where the cap is, and holds no more than its window.
#[test]
fn reg_06_a_bomb_ends_at_the_cap() {
    let zeros = gzip(&vec![0; 8 << 20]);
    let many = bomb(10 << 3, 50_000);
    for (compression, bytes) in [(Compression::Gzip, zeros.clone()), (Compression::Zstd, many)] {
        let error = run(compression, &bytes, 1 << 20, 64 * 1024).unwrap_err();
        assert!(matches!(error, UnpackError::Limit(_)), "{error}");
        assert!(error.to_string().contains("1048576 bytes"), "{error}");
    }
    assert_eq!(run(Compression::Gzip, &zeros, 8 << 20, 4096).unwrap().bytes, 8 << 20);
    assert_eq!(run(Compression::Zstd, &bomb(10 << 3, 64), 8 << 20, 4096).unwrap().bytes, 8 << 20);
}

/// REG-06: windows of gigabytes are not made room for. Window_Descriptor: exponent in the upper five bits.
#[test]
fn reg_06_a_large_window_is_a_limit() {
    for (exponent, fine) in [(10, true), (14, true), (15, false), (21, false), (31, false)] {
        let result = run(Compression::Zstd, &bomb(exponent << 3, 1), u64::MAX, 64);
        match result {
            Ok(unpacked) => assert!(fine && unpacked.bytes == 128 * 1024, "{exponent}"),
            Err(error) => assert!(!fine && matches!(error, UnpackError::Limit(_)), "{exponent}: {error}"),
        }
    }
}

#[test]
fn the_time_ends_as_well() {
    for compression in [Compression::Plain, Compression::Gzip, Compression::Zstd] {
        let bytes = match compression {
            Compression::Plain => content(),
            Compression::Gzip => gzip(&content()),
            Compression::Zstd => zstd(&content()),
        };
        let mut unpacker = Unpacker::new(compression, Algorithm::Sha256, u64::MAX, Instant::now()).unwrap();
        let pushed = unpacker.push(&bytes).and_then(|()| unpacker.finish().map(drop));
        assert!(matches!(pushed, Err(UnpackError::Limit(_))), "{compression:?} {pushed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the bytes are: the pieces do not matter, nothing panics, and the cap holds.
    #[test]
    fn pieces_do_not_matter(
        seed in proptest::collection::vec(any::<u8>(), 0..400),
        changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..3),
        kind in 0_u8..3,
        written in 0_u8..3,
        step in 1_usize..64,
    ) {
        let compression = |kind| [Compression::Plain, Compression::Gzip, Compression::Zstd][usize::from(kind)];
        let mut bytes = match compression(written) {
            Compression::Plain => seed,
            Compression::Gzip => gzip(&seed),
            Compression::Zstd => zstd(&seed),
        };
        for (at, with) in changes {
            if let Some(at) = at.checked_rem(bytes.len()) {
                bytes[at] = with;
            }
        }
        let whole = run(compression(kind), &bytes, 300, usize::MAX);
        let pieces = run(compression(kind), &bytes, 300, step);
        prop_assert_eq!(whole.as_ref().ok(), pieces.as_ref().ok(), "{:?} {:?}", whole, pieces);
        prop_assert!(whole.map_or(0, |unpacked| unpacked.bytes) <= 300);
    }
}

#[test]
fn media_types() {
    for (text, compression) in [
        ("application/vnd.oci.image.layer.v1.tar", Some(Compression::Plain)),
        ("application/vnd.oci.image.layer.v1.tar+gzip", Some(Compression::Gzip)),
        ("application/vnd.oci.image.layer.v1.tar+zstd", Some(Compression::Zstd)),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Some(Compression::Gzip)),
        ("application/vnd.docker.image.rootfs.diff.tar", Some(Compression::Plain)),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", Some(Compression::Gzip)),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Some(Compression::Gzip)),
        ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", None),
        ("application/vnd.oci.image.layer.v1.tarball", None),
        ("application/vnd.in-toto+json", None),
        ("", None),
    ] {
        assert_eq!(Compression::of(text), compression, "{text}");
    }
}
