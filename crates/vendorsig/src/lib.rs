//! OpenPGP and minisign signatures of vendors over files, judged by a strict policy of our own.
//!
//! Bytes and a time in, an answer out: nothing here does I/O or reads a clock. A file is pushed through a verifier piece by
//! piece and is never held. What a signature says is reached only through a verifier that found it right.

mod cursor;
pub mod minisign;
pub mod openpgp;

/// Seconds that a signature may lie in the future: clocks differ.
const CLOCK_SKEW: i64 = 300;
