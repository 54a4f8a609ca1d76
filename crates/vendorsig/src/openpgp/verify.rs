//! A file, a signature and a key: who signed, or why not.

use aws_lc_rs::digest;
use proofmark_core::Timestamp;

use super::error::{KeyProblem, Rejection};
use super::key::{Component, Key};
use super::signature::{Parsed, Signature};
use super::standing::seconds;
use super::{Fingerprint, HashAlgorithm, moment};
use crate::CLOCK_SKEW;

/// A signature that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The primary key.
    pub key: Fingerprint,
    /// The key that made the signature: the primary key, or a subkey.
    pub signer: Fingerprint,
    /// When it was made, as the signer says.
    pub made: Timestamp,
    /// The hash that it was made over.
    pub hash: HashAlgorithm,
}

/// Takes a file piece by piece.
#[derive(Clone)]
pub struct Verifier<'a> {
    key: &'a Key,
    signer: &'a Component,
    signature: &'a Parsed,
    context: digest::Context,
}

impl std::fmt::Debug for Verifier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("signer", &self.signer.fingerprint).finish_non_exhaustive()
    }
}

impl<'a> Verifier<'a> {
    /// A verifier that has seen nothing of the file.
    ///
    /// # Errors
    /// [`Rejection::WrongKey`] if the signature names neither the primary key nor a subkey, and [`Rejection::Key`] for a subkey
    /// that cannot verify.
    pub fn new(signature: &'a Signature, key: &'a Key) -> Result<Self, Rejection> {
        let signature = &signature.0;
        let signer = key.components().find(|one| signature.names(&one.fingerprint)).ok_or_else(|| {
            Rejection::WrongKey { issuer: signature.issuer_text(), expected: key.fingerprint() }
        })?;
        if let Err(error) = &signer.material {
            return Err(KeyProblem::Unusable { key: signer.fingerprint, error: *error }.into());
        }
        // The signature was read: its hash is one that is computed.
        let bad = || Rejection::BadSignature { key: signer.fingerprint };
        let implementation = signature.hash.implementation().ok_or_else(bad)?;
        Ok(Self { key, signer, signature, context: digest::Context::new(implementation) })
    }

    /// Takes the next piece of the file.
    pub fn update(&mut self, piece: &[u8]) {
        self.context.update(piece);
    }

    /// Who signed all pieces together.
    ///
    /// The key must be good at `now` and must have been at the time that the signature says: that time is the signer's word alone,
    /// and whoever finds a key that has ended can date a signature as he likes.
    ///
    /// # Errors
    /// [`Rejection`]: first whether the signature is of these bytes, then whether its key may sign.
    pub fn finish(self, now: Timestamp) -> Result<Verified, Rejection> {
        let Self { key, signer, signature, context } = self;
        let digest = signature.digest(context);
        let bad = || Rejection::BadSignature { key: signer.fingerprint };
        let material = signer.material.as_ref().map_err(|_| bad())?;
        if !signature.begins(&digest) {
            return Err(bad());
        }
        let verified = material.verify(signature.algorithm, signature.hash, &digest, &signature.numbers);
        verified.map_err(|_| bad())?;
        let now = seconds(now);
        let made = signature.created().ok_or_else(bad)?;
        if made > now.saturating_add(CLOCK_SKEW.unsigned_abs()) {
            return Err(Rejection::FromFuture { at: moment(made) });
        }
        if let Some(end) = signature.expires().filter(|end| *end <= now) {
            return Err(Rejection::Expired { at: moment(end) });
        }
        let binding = key.signer(signer, now)?;
        if made < signer.created || binding.expires.is_some_and(|end| made >= end) {
            return Err(Rejection::OutsideKey {
                made: moment(made),
                key: signer.fingerprint,
                from: moment(signer.created),
                until: binding.expires.map(moment),
            });
        }
        Ok(Verified {
            key: key.fingerprint(),
            signer: signer.fingerprint,
            made: moment(made),
            hash: signature.hash,
        })
    }
}
