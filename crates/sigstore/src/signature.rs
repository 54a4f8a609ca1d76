//! The signature step: who holds the key that signed the content.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::{Algorithm, Digest, Reason};
use sigstore_verify::crypto::{self, SigningScheme, VerificationKey};
use sigstore_verify::types::{DerPublicKey, HashAlgorithm, SignatureBytes, pae};

use crate::candidate::{Artifact, Candidate, Question};
use crate::certificate::Leaf;
use crate::key::PublicKey;
use crate::model::{Material, Model, Signed};
use crate::rejection::{Rejection, Step};

/// The bytes that the signature is over, or their digest.
pub(crate) enum Message<'a> {
    Bytes(std::borrow::Cow<'a, [u8]>),
    Digest(&'a Digest),
}

/// What the signature must be over.
pub(crate) fn message<'a>(
    candidate: &'a Candidate,
    question: &Question<'a>,
) -> Result<Message<'a>, Rejection> {
    match (&candidate.model.signed, question) {
        // Over the pre-authentication encoding, never over the payload (SIG-07).
        (Signed::Dsse { payload_type, payload }, _) => Ok(Message::Bytes(pae(payload_type, payload).into())),
        (Signed::Message { payload: Some(payload), .. }, _) => Ok(Message::Bytes(payload.as_slice().into())),
        (Signed::Message { .. }, Question::Blob(Artifact::Bytes(bytes))) => {
            Ok(Message::Bytes((*bytes).into()))
        }
        (Signed::Message { .. }, Question::Blob(Artifact::Digest(digest))) => Ok(Message::Digest(digest)),
        (Signed::Message { .. }, _) => {
            Err(Rejection::new(Reason::WrongPredicate, Step::Predicate, "it is a signature over an artifact"))
        }
    }
}

/// Whether `key` made the signature, by any scheme of its algorithm.
pub(crate) fn is_by(model: &Model, message: &Message<'_>, key: &PublicKey) -> bool {
    key.algorithm().schemes().iter().any(|scheme| is_by_scheme(model, message, key, *scheme))
}

/// Whether `key` made the signature by the scheme that the library tries: the usual one of the key, or for a message
/// signature the one over the hash that its `messageDigest` names (`docs/vectors/keys.toml`, column `hash`).
pub(crate) fn is_by_expected_scheme(model: &Model, message: &Message<'_>, key: &PublicKey) -> bool {
    // Log entries are over SHA-256 alone (`log_body`): a digest by another hash has not come here.
    let names_hash = matches!(&model.signed, Signed::Message { digest: Some(_), .. });
    let over = names_hash.then_some(HashAlgorithm::Sha2256);
    let schemes = key.algorithm().schemes();
    // A scheme without a hash of its own (Ed25519) is the only one of its key.
    let fits = |scheme: &&SigningScheme| {
        over.is_none() || scheme.hash_algorithm().is_none() || scheme.hash_algorithm() == over
    };
    schemes.iter().find(fits).is_some_and(|scheme| is_by_scheme(model, message, key, *scheme))
}

fn is_by_scheme(model: &Model, message: &Message<'_>, key: &PublicKey, scheme: SigningScheme) -> bool {
    let signature = SignatureBytes::new(model.signature.clone());
    VerificationKey::from_spki_with_scheme(&DerPublicKey::new(key.spki().to_vec()), scheme)
        .and_then(|key| verify(&key, scheme, message, &signature))
        .is_ok()
}

fn verify(
    key: &VerificationKey,
    scheme: SigningScheme,
    message: &Message<'_>,
    signature: &SignatureBytes,
) -> Result<(), crypto::Error> {
    match message {
        Message::Bytes(bytes) => key.verify(bytes, signature),
        Message::Digest(digest) => {
            let fits = match digest.algorithm() {
                Algorithm::Sha256 => scheme.hash_algorithm() == Some(HashAlgorithm::Sha2256),
                Algorithm::Sha512 => scheme.hash_algorithm() == Some(HashAlgorithm::Sha2512),
            };
            if fits {
                key.verify_prehashed(&digest.to_bytes(), signature)
            } else {
                Err(crypto::Error::Verification("the scheme signs another hash".to_owned()))
            }
        }
    }
}

/// The certificate of a candidate: what it says, its bytes, and those that came with it.
pub(crate) type Certified<'a> = (&'a Leaf, &'a [u8], &'a [Vec<u8>]);

/// What the candidate's signature was made with, if that is a certificate.
pub(crate) fn certificate(candidate: &Candidate) -> Result<Certified<'_>, Rejection> {
    match (&candidate.leaf, &candidate.model.material) {
        (Some(leaf), Material::Certificate { leaf: der, intermediates }) => Ok((leaf, der, intermediates)),
        (_, Material::Key { hint }) => {
            let hint = if hint.is_empty() { String::new() } else { format!(" (hint {hint:?})") };
            let detail = format!("it is signed by a managed key{hint}, not by a certificate");
            Err(Rejection::new(Reason::WrongKey, Step::Signature, detail))
        }
        (None, Material::Certificate { .. }) => Err(Rejection::malformed("the candidate has no certificate")),
    }
}

/// The step for a certificate's key.
pub(crate) fn by_certificate(
    candidate: &Candidate,
    message: &Message<'_>,
    key: &PublicKey,
) -> Result<(), Rejection> {
    if is_by(&candidate.model, message, key) {
        Ok(())
    } else {
        let detail = "the signature is not by the certificate's key over this content";
        Err(Rejection::new(Reason::Tampered, Step::Signature, detail))
    }
}

/// The step for a managed key. A failed signature is `tampered` where the candidate itself names this key, in its
/// hint or in its log entry; otherwise another key made it.
pub(crate) fn by_key(candidate: &Candidate, message: &Message<'_>, key: &PublicKey) -> Result<(), Rejection> {
    let model = &candidate.model;
    let Material::Key { hint } = &model.material else {
        let detail = "it is signed by a certificate, not by a managed key";
        return Err(Rejection::new(Reason::WrongKey, Step::Signature, detail));
    };
    if is_by(model, message, key) {
        return Ok(());
    }
    if key.algorithm().schemes().iter().all(|scheme| !scheme.supports_prehashed())
        && matches!(message, Message::Digest(_))
    {
        let detail = "an Ed25519 signature is over the bytes, and only a digest was given";
        return Err(Rejection::new(Reason::Unsupported, Step::Signature, detail));
    }
    let hint_of_key = STANDARD.encode(Digest::sha256(key.spki()).to_bytes());
    let logged = model.entries.iter().any(|entry| crate::log_body::names_key(entry, key));
    let detail = format!("the signature is not by key {} over this content", key.id());
    if *hint == hint_of_key || hint == key.id() || logged {
        Err(Rejection::new(Reason::Tampered, Step::Signature, detail))
    } else {
        Err(Rejection::new(Reason::WrongKey, Step::Signature, detail))
    }
}
