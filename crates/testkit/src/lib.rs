//! An in-memory Sigstore and a hostile registry, for tests.
//!
//! Nothing here is shared with the verifier: certificates, SCTs, log entries and timestamp tokens are written by a
//! small DER writer and RustCrypto's signatures, so a mistake in the verifier's libraries is not repeated here.

pub mod registry;
pub mod sigstore;
