//! A layer unpacks to the same, however it comes in pieces, and never to more than it may.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use proofmark_core::{Algorithm, Digest};
use proofmark_oci::{Compression, UnpackError, Unpacked, Unpacker};

/// Bytes that may come of an input.
const CAP: u64 = 1 << 20;

fn run(compression: Compression, bytes: &[u8], step: usize) -> Result<Unpacked, UnpackError> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut unpacker = Unpacker::new(compression, Algorithm::Sha256, CAP, deadline)?;
    for piece in bytes.chunks(step) {
        unpacker.push(piece)?;
    }
    unpacker.finish()
}

fuzz_target!(|input: &[u8]| {
    let [kind, step, bytes @ ..] = input else { return };
    let compression = match kind % 3 {
        0 => Compression::Plain,
        1 => Compression::Gzip,
        _ => Compression::Zstd,
    };
    let whole = run(compression, bytes, usize::MAX);
    let pieces = run(compression, bytes, usize::from(*step).max(1));
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => {
            assert_eq!(whole, pieces);
            assert!(whole.bytes <= CAP);
            if compression == Compression::Plain {
                assert_eq!(whole.digest, Digest::sha256(bytes));
            }
        }
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!("{whole:?} {pieces:?}"),
    }
});
