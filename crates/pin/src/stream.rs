//! The bytes of an executable, to all that is computed over them: read once, and for a large one read, hashed and put to the signatures
//! at the same time.

use std::io::{ErrorKind, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use proofmark_core::{Algorithm, Digest, Hasher};
use proofmark_lock::Evidence;

use crate::evidence::Reading;
use crate::rejection::Rejection;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// Pieces that are under way at the same time.
const PIECES: usize = 6;

/// From this length on threads are worth their start.
const LARGE: u64 = 2 << 20;

/// A piece, and how much of it holds bytes.
type Piece = (Vec<u8>, usize);

/// The SHA-256 of what comes and its length, all of it given to `readings`; a file that is longer than `expected` is read no further, and
/// its digest is of no use.
///
/// # Errors
/// [`Rejection::Read`].
pub(crate) fn hashed(
    file: &mut dyn Read,
    expected: u64,
    readings: &mut [(&Evidence, Reading<'_>)],
) -> Result<(Digest, u64), Rejection> {
    if expected < LARGE {
        return one_after_the_other(file, expected, readings);
    }
    let (to_hash, hashing) = channel::<Piece>();
    let (to_sign, signing) = channel::<Piece>();
    let (free, room) = channel::<Vec<u8>>();
    for _ in 0..PIECES {
        // Its receiver is here.
        let _ = free.send(vec![0; PIECE]);
    }
    thread::scope(|scope| {
        let hasher = thread::Builder::new().spawn_scoped(scope, move || hash(&hashing, &to_sign));
        let signatures = thread::Builder::new().spawn_scoped(scope, move || {
            while let Ok((piece, length)) = signing.recv() {
                let bytes = piece.get(..length).unwrap_or_default();
                for (_, reading) in &mut *readings {
                    reading.update(bytes);
                }
                if free.send(piece).is_err() {
                    break;
                }
            }
        });
        let no_thread = |error: std::io::Error| Rejection::Read(format!("no thread can be started: {error}"));
        let (hasher, signatures) = (hasher.map_err(no_thread)?, signatures.map_err(no_thread)?);
        let length = fill(file, expected, &room, &to_hash);
        drop(to_hash);
        let ended = |_| Rejection::Read("a thread that hashes it ended".to_owned());
        let digest = hasher.join().map_err(ended)?;
        signatures.join().map_err(ended)?;
        Ok((digest, length?))
    })
}

fn hash(pieces: &Receiver<Piece>, next: &Sender<Piece>) -> Digest {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    while let Ok((piece, length)) = pieces.recv() {
        hasher.update(piece.get(..length).unwrap_or_default());
        if next.send((piece, length)).is_err() {
            break;
        }
    }
    hasher.finish()
}

/// Reads pieces into what is free, and gives them on.
fn fill(
    file: &mut dyn Read,
    expected: u64,
    room: &Receiver<Vec<u8>>,
    full: &Sender<Piece>,
) -> Result<u64, Rejection> {
    let mut found = 0;
    while let Ok(mut piece) = room.recv() {
        let read = next(file, &mut piece)?;
        found += read as u64;
        if read == 0 || found > expected || full.send((piece, read)).is_err() {
            break;
        }
    }
    Ok(found)
}

fn one_after_the_other(
    file: &mut dyn Read,
    expected: u64,
    readings: &mut [(&Evidence, Reading<'_>)],
) -> Result<(Digest, u64), Rejection> {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    // One byte more tells a longer file.
    let size = usize::try_from(expected).unwrap_or(PIECE).saturating_add(1).min(PIECE);
    let (mut buffer, mut found) = (vec![0; size], 0);
    loop {
        let read = next(file, &mut buffer)?;
        found += read as u64;
        if read == 0 || found > expected {
            return Ok((hasher.finish(), found));
        }
        let piece = buffer.get(..read).unwrap_or_default();
        hasher.update(piece);
        for (_, reading) in &mut *readings {
            reading.update(piece);
        }
    }
}

fn next(file: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, Rejection> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map_err(|error| Rejection::Read(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_ones_are_hashed_alike() {
        let bytes: Vec<u8> =
            (0..5_u32 << 20).map(|at| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 << 20, 5 << 20] {
            let bytes = &bytes[..length];
            let (digest, found) = hashed(&mut &bytes[..], length as u64, &mut []).unwrap();
            assert_eq!((digest, found), (Digest::sha256(bytes), length as u64), "{length}");
        }
        for (length, expected) in [(10_usize, 9_u64), (4 << 20, 3 << 20), (4 << 20, 9)] {
            let (_, found) = hashed(&mut &bytes[..length], expected, &mut []).unwrap();
            assert!(found > expected, "{length} of {expected}");
        }
        let (_, found) = hashed(&mut &bytes[..3 << 20], 4 << 20, &mut []).unwrap();
        assert_eq!(found, 3 << 20, "shorter");
    }

    /// A disk that fails half way.
    struct Fails(usize);

    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or_else(|| std::io::Error::other("the disk is gone"))?;
            Ok(buffer.len())
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for expected in [1000, 64 << 20] {
            let error = hashed(&mut Fails(3), expected * 1000, &mut []).unwrap_err();
            assert!(matches!(error, Rejection::Read(why) if why.contains("the disk is gone")));
        }
    }
}
