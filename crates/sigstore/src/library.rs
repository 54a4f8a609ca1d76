//! The library's verdict. Our own stages name the reason and the facts; nothing passes unless the library, which
//! reads the same model and shares no code with them above the primitives, says yes as well.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::{Algorithm, Digest, Reason};
use serde_json::{Value, json};
use sigstore_verify::types::{
    Artifact as LibraryArtifact, ArtifactDigest, Bundle, DerPublicKey, HashAlgorithm,
};
use sigstore_verify::{
    CertificateError, Error, PublicKeyVerificationPolicy, TimestampError, TransparencyLogError,
    VerificationPolicy,
};

use crate::candidate::{Artifact, Candidate, Question};
use crate::key::PublicKey;
use crate::model::{Entry, Form, Material, Model, Signed, Version};
use crate::rejection::{Rejection, Step};
use crate::root::TrustRoot;
use crate::signature::{self, Message};

/// Whose signature the library is asked about.
pub(crate) enum By<'a> {
    Certificate,
    Key { key: &'a PublicKey, logged: bool },
}

/// What our own stages found, as far as the library's verdict is weighed by it.
pub(crate) struct Ours<'a> {
    /// What the signature is over.
    pub(crate) message: &'a Message<'a>,
    /// Whether every time that a log gave counts, and so was held against every validity.
    pub(crate) log_times_count: bool,
}

/// Asks the library.
pub(crate) fn ask(
    candidate: &Candidate,
    question: &Question<'_>,
    root: &TrustRoot,
    by: &By<'_>,
) -> Result<Answer, Rejection> {
    let bundle: Bundle = serde_json::from_value(to_json(&candidate.model)).map_err(|error| {
        Rejection::new(Reason::Malformed, Step::Parse, format!("the library cannot read it: {error}"))
    })?;
    let artifact = artifact(candidate, question)?;
    let verifier = &root.parts().verifier;
    let result = match by {
        By::Certificate => {
            let mut policy = VerificationPolicy::any_identity();
            if !root.has_logs() {
                policy = policy.skip_tlog_unsafe();
            }
            if !root.has_ct_logs() {
                policy = policy.skip_sct();
            }
            verifier.verify(artifact, &bundle, &policy)
        }
        By::Key { key, logged } => {
            let mut policy = PublicKeyVerificationPolicy::new(DerPublicKey::new(key.spki().to_vec()));
            if !logged {
                policy = policy.skip_tlog_unsafe();
            }
            verifier.verify(artifact, &bundle, &policy)
        }
    };
    Ok(Answer(result.map(|_| ())))
}

/// What the library said. It decides nothing before it is weighed.
#[must_use]
pub(crate) struct Answer(Result<(), Error>);

impl Answer {
    /// The library's verdict, by what our own stages found.
    pub(crate) fn weigh(self, candidate: &Candidate, by: &By<'_>, ours: &Ours<'_>) -> Result<(), Rejection> {
        match self.0 {
            Ok(()) => Ok(()),
            Err(error) if is_about_clocks(&error) && ours.log_times_count => without_it(candidate, by, ours),
            Err(error) => Err(rejection(&error)),
        }
    }
}

/// The library holds the log's times against this machine's clock, without tolerance and without asking: it says this
/// of a time ahead of it, and of one outside of the certificate's validity.
fn is_about_clocks(error: &Error) -> bool {
    matches!(error, Error::TransparencyLog(TransparencyLogError::IntegratedTime(_)))
}

/// A log's time that counts (no later than the evaluation time, tolerance included) and that lies in the
/// certificate's validity, as our own time step has seen: then this machine's clock is behind, or `--now` is ahead of
/// it, and the library stopped before it was done. What it left undone our own stages have done
/// (`docs/decisions/0010-the-librarys-clock.md`), but for one thing: which schemes it tries.
fn without_it(candidate: &Candidate, by: &By<'_>, ours: &Ours<'_>) -> Result<(), Rejection> {
    let key = match by {
        By::Key { key, .. } => Some(*key),
        By::Certificate => candidate.leaf.as_ref().and_then(|leaf| leaf.key.as_ref().ok()),
    };
    if key.is_some_and(|key| signature::is_by_expected_scheme(&candidate.model, ours.message, key)) {
        return Ok(());
    }
    let detail = "the signature is by a scheme that the library does not verify for this content";
    Err(Rejection::new(Reason::Unsupported, Step::Log, detail))
}

fn artifact<'a>(candidate: &'a Candidate, question: &Question<'a>) -> Result<LibraryArtifact<'a>, Rejection> {
    if let Signed::Message { payload: Some(payload), .. } = &candidate.model.signed {
        return Ok(LibraryArtifact::Blob(payload));
    }
    match question {
        Question::Blob(Artifact::Bytes(bytes)) => Ok(LibraryArtifact::Blob(bytes)),
        Question::ImageSignature { digest }
        | Question::Statement { digest }
        | Question::Blob(Artifact::Digest(digest)) => by_digest(digest),
    }
}

fn by_digest(digest: &Digest) -> Result<LibraryArtifact<'static>, Rejection> {
    let algorithm = match digest.algorithm() {
        Algorithm::Sha256 => HashAlgorithm::Sha2256,
        Algorithm::Sha512 => HashAlgorithm::Sha2512,
    };
    ArtifactDigest::new(algorithm, digest.to_bytes())
        .map(LibraryArtifact::Digest)
        .map_err(|error| Rejection::malformed(error.to_string()))
}

/// The model as a bundle. cosign's annotations become version 0.1, the one that may rest on a signed entry timestamp;
/// without a log entry 0.2.
fn to_json(model: &Model) -> Value {
    let media_type = match model.form {
        Form::Bundle(Version::V03) => "application/vnd.dev.sigstore.bundle.v0.3+json",
        Form::Bundle(Version::V02) => "application/vnd.dev.sigstore.bundle+json;version=0.2",
        Form::LegacySignature | Form::LegacyEnvelope if model.entries.is_empty() => {
            "application/vnd.dev.sigstore.bundle+json;version=0.2"
        }
        Form::Bundle(Version::V01) | Form::LegacySignature | Form::LegacyEnvelope => {
            "application/vnd.dev.sigstore.bundle+json;version=0.1"
        }
    };
    let raw = |der: &Vec<u8>| json!({ "rawBytes": STANDARD.encode(der) });
    let mut material = json!({
        "tlogEntries": model.entries.iter().map(entry).collect::<Vec<_>>(),
        "timestampVerificationData": {
            "rfc3161Timestamps":
                model.tokens.iter().map(|t| json!({ "signedTimestamp": STANDARD.encode(t) })).collect::<Vec<_>>(),
        },
    });
    match (&model.material, model.form) {
        (Material::Certificate { leaf, .. }, Form::Bundle(Version::V03)) => {
            material["certificate"] = raw(leaf);
        }
        (Material::Certificate { leaf, intermediates }, _) => {
            let all: Vec<Value> = std::iter::once(leaf).chain(intermediates).map(raw).collect();
            material["x509CertificateChain"] = json!({ "certificates": all });
        }
        (Material::Key { hint }, _) => material["publicKey"] = json!({ "hint": hint }),
    }
    let signature = STANDARD.encode(&model.signature);
    let mut bundle = json!({ "mediaType": media_type, "verificationMaterial": material });
    match &model.signed {
        Signed::Dsse { payload_type, payload } => {
            bundle["dsseEnvelope"] = json!({
                "payloadType": payload_type,
                "payload": STANDARD.encode(payload),
                "signatures": [{ "sig": signature }],
            });
        }
        Signed::Message { digest, .. } => {
            let mut message = json!({ "signature": signature });
            if let Some(digest) = digest {
                message["messageDigest"] =
                    json!({ "algorithm": digest.algorithm, "digest": STANDARD.encode(&digest.digest) });
            }
            bundle["messageSignature"] = message;
        }
    }
    bundle
}

fn entry(entry: &Entry) -> Value {
    let mut value = json!({
        "logIndex": entry.index.to_string(),
        "logId": { "keyId": STANDARD.encode(entry.log_id) },
        "kindVersion": { "kind": entry.kind, "version": entry.version },
        "canonicalizedBody": STANDARD.encode(&entry.body),
    });
    if let Some(seconds) = entry.integrated_time {
        value["integratedTime"] = json!(seconds.to_string());
    }
    if let Some(promise) = &entry.promise {
        value["inclusionPromise"] = json!({ "signedEntryTimestamp": STANDARD.encode(promise) });
    }
    if let Some(proof) = &entry.proof {
        value["inclusionProof"] = json!({
            "logIndex": proof.index.to_string(),
            "rootHash": STANDARD.encode(proof.root),
            "treeSize": proof.tree_size.to_string(),
            "hashes": proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect::<Vec<_>>(),
            "checkpoint": { "envelope": proof.checkpoint },
        });
    }
    value
}

/// Our stages passed and the library did not: what it minded, in our words.
fn rejection(error: &Error) -> Rejection {
    use Reason::{
        Expired, Malformed, NoTime, NoTransparency, Tampered, Unsupported, UntrustedRoot, WrongSubject,
    };
    let (reason, step) = match error {
        Error::ArtifactMismatch(_) => (WrongSubject, Step::Subject),
        // Among them: we verified the signature by a scheme that the library does not try for this kind of content;
        // the entry proved to be this signature's, in a form that the library cannot read.
        Error::SignatureInvalid(_)
        | Error::TransparencyLog(TransparencyLogError::MalformedEntry(_))
        | Error::UnsupportedArtifact(_)
        | Error::UnsupportedBundle(_)
        | Error::Crypto(_) => (Unsupported, Step::Log),
        Error::Certificate(CertificateError::Sct(_)) => (Tampered, Step::Chain),
        Error::Certificate(CertificateError::ChainInvalid(_)) => (UntrustedRoot, Step::Chain),
        Error::Certificate(CertificateError::Malformed(_)) | Error::InvalidBundle(_) | Error::Types(_) => {
            (Malformed, Step::Parse)
        }
        Error::Certificate(_) | Error::Timestamp(TimestampError::OutsideAuthorityValidity { .. }) => {
            (Expired, Step::Time)
        }
        Error::TransparencyLog(TransparencyLogError::IntegratedTime(_)) => return later(error),
        Error::Timestamp(TimestampError::NoVerifiedTimestamp(_)) => (NoTime, Step::Time),
        Error::Timestamp(_) => (Tampered, Step::Time),
        Error::TransparencyLog(TransparencyLogError::UnknownLog { .. }) => (UntrustedRoot, Step::Log),
        Error::TransparencyLog(_) => (Tampered, Step::Log),
        Error::Bundle(_) => (NoTransparency, Step::Log),
        _ => (UntrustedRoot, Step::Chain),
    };
    Rejection::new(reason, step, format!("the library refuses it: {error}"))
}

/// A log's time that does not count beside one that does.
fn later(error: &Error) -> Rejection {
    let detail =
        format!("a log's time is later than the evaluation time, or this machine's clock is behind: {error}");
    Rejection::new(Reason::NoTime, Step::Time, detail)
}

#[cfg(test)]
mod tests;
