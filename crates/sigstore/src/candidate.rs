//! Candidates: bytes that may be evidence, read strictly and not believed.

use std::collections::BTreeMap;
use std::fmt;

use proofmark_core::{Digest, Reason};

use crate::bundle::{self, INTOTO};
use crate::certificate::Leaf;
use crate::facts::ClaimedSigner;
use crate::legacy;
use crate::model::{Form, Material, Model, Signed};
use crate::payload::{self, SimpleSigning, Statement};
use crate::rejection::{Rejection, Step};

/// What the signed bytes turned out to be.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// The bytes are elsewhere: an artifact's signature.
    Absent,
    Simple(SimpleSigning),
    Statement(Statement),
    /// Signed content of another type, named.
    Other(String),
    /// Of the right type by its label, and not readable.
    Unreadable(Rejection),
}

/// Bytes that may be evidence. Nothing of its content can be reached: that needs a [`crate::Verified`], which only
/// [`crate::verify`] makes.
///
/// Its digest is all that it tells:
/// ```
/// fn read(candidate: &proofmark_sigstore::Candidate) -> String {
///     candidate.envelope_digest().to_string()
/// }
/// ```
/// An unverified statement cannot be read, by no method and by no field:
/// ```compile_fail,E0599
/// fn read(candidate: &proofmark_sigstore::Candidate) {
///     let _ = candidate.content();
/// }
/// ```
/// ```compile_fail,E0616
/// fn read(candidate: &proofmark_sigstore::Candidate) {
///     let _ = &candidate.payload;
/// }
/// ```
/// ```compile_fail,E0616
/// fn read(candidate: &proofmark_sigstore::Candidate) {
///     let _ = &candidate.model;
/// }
/// ```
/// ```compile_fail,E0616
/// fn read(candidate: &proofmark_sigstore::Candidate) {
///     let _ = &candidate.leaf;
/// }
/// ```
/// A verified one cannot be made, nor can another content be put into it; it can only be read:
/// ```
/// fn take(verified: &proofmark_sigstore::Verified) -> proofmark_sigstore::Content {
///     verified.content().clone()
/// }
/// ```
/// ```compile_fail,E0616
/// fn take(verified: &proofmark_sigstore::Verified) -> proofmark_sigstore::Content {
///     verified.content.clone()
/// }
/// ```
/// ```compile_fail,E0451
/// fn forge(old: proofmark_sigstore::Verified, content: proofmark_sigstore::Content) -> proofmark_sigstore::Verified {
///     proofmark_sigstore::Verified { content, ..old }
/// }
/// ```
#[derive(Clone)]
pub struct Candidate {
    pub(crate) model: Model,
    pub(crate) payload: Payload,
    pub(crate) leaf: Option<Leaf>,
    envelope_digest: Digest,
}

/// The digest alone: a debug print is a way to read a statement, too.
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("envelope_digest", &self.envelope_digest).finish_non_exhaustive()
    }
}

impl Candidate {
    /// Reads a Sigstore bundle, versions 0.1 to 0.3.
    ///
    /// # Errors
    /// `malformed` at [`Step::Parse`]: duplicate or unknown fields, trailing data, anything beyond a cap, repeated
    /// entries or timestamps, a root certificate in the chain, an entry without inclusion proof, redundant fields
    /// that differ.
    pub fn bundle(bytes: &[u8]) -> Result<Self, Rejection> {
        Self::new(bundle::parse(bytes)?)
    }

    /// Reads a layer of cosign's `.sig` tag: the payload and the descriptor's annotations.
    ///
    /// # Errors
    /// As [`Candidate::bundle`].
    pub fn simple_signing(payload: &[u8], annotations: &BTreeMap<String, String>) -> Result<Self, Rejection> {
        Self::new(legacy::signature(payload, annotations)?)
    }

    /// Reads a layer of cosign's `.att` tag: a DSSE envelope and the descriptor's annotations.
    ///
    /// # Errors
    /// As [`Candidate::bundle`].
    pub fn envelope(envelope: &[u8], annotations: &BTreeMap<String, String>) -> Result<Self, Rejection> {
        Self::new(legacy::envelope(envelope, annotations)?)
    }

    /// Who it says that it is from. For people alone: anyone can write this, and nothing of it was verified.
    pub fn claimed_signer(&self) -> ClaimedSigner {
        match (&self.leaf, &self.model.material) {
            (Some(leaf), _) => ClaimedSigner::Certificate(leaf.facts.clone()),
            (None, Material::Key { hint }) => ClaimedSigner::Key { hint: hint.clone() },
            // A certificate that was not read is no candidate.
            (None, Material::Certificate { .. }) => ClaimedSigner::Key { hint: String::new() },
        }
    }

    /// Whether it may be a statement of a predicate type that `wanted` knows; one that cannot be read may be of any. It says
    /// what is worth verifying, and nothing else: the type that counts is that of the verified statement.
    pub fn may_be_of(&self, wanted: &dyn Fn(&str) -> bool) -> bool {
        match &self.payload {
            Payload::Statement(statement) => wanted(statement.predicate_type()),
            Payload::Unreadable(_) => true,
            Payload::Absent | Payload::Simple(_) | Payload::Other(_) => false,
        }
    }

    fn new(model: Model) -> Result<Self, Rejection> {
        let leaf = match &model.material {
            Material::Certificate { leaf, .. } => Some(Leaf::parse(leaf)?),
            Material::Key { .. } => None,
        };
        let payload = match (&model.signed, model.form) {
            (Signed::Message { payload: Some(bytes), .. }, Form::LegacySignature) => {
                match payload::simple_signing(bytes) {
                    Ok(Ok(simple)) => Payload::Simple(simple),
                    Ok(Err(kind)) => Payload::Other(kind),
                    Err(rejection) => return Err(rejection),
                }
            }
            (Signed::Message { .. }, _) => Payload::Absent,
            (Signed::Dsse { payload_type, payload }, _) if payload_type == INTOTO => {
                payload::statement(payload).map_or_else(Payload::Unreadable, Payload::Statement)
            }
            (Signed::Dsse { payload_type, .. }, _) => Payload::Other(payload_type.clone()),
        };
        let envelope_digest = envelope_digest(&model);
        Ok(Self { model, payload, leaf, envelope_digest })
    }

    /// The same evidence, its certificate left out: signed by a key that the caller knows.
    pub(crate) fn without_certificate(&self) -> Self {
        let material = Material::Key { hint: String::new() };
        Self { model: Model { material, ..self.model.clone() }, leaf: None, ..self.clone() }
    }

    /// SHA-256 over the signed content: the same envelope in several bundles, or under a re-encoded signature,
    /// counts once (verdicts.md 6). The signature is left out on purpose: ECDSA signatures can be altered by anyone.
    pub fn envelope_digest(&self) -> &Digest {
        &self.envelope_digest
    }
}

fn envelope_digest(model: &Model) -> Digest {
    match &model.signed {
        Signed::Dsse { payload_type, payload } => {
            Digest::sha256(&sigstore_verify::types::pae(payload_type, payload))
        }
        Signed::Message { payload: Some(payload), .. } => Digest::sha256(payload),
        Signed::Message { digest: Some(digest), .. } => Digest::sha256(&digest.digest),
        Signed::Message { digest: None, .. } => Digest::sha256(&model.signature),
    }
}

/// An artifact: its bytes, or its digest where they are not at hand.
#[derive(Debug, Clone, Copy)]
pub enum Artifact<'a> {
    /// All of its bytes.
    Bytes(&'a [u8]),
    /// Its digest.
    Digest(&'a Digest),
}

/// What is asked of a candidate.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    /// Does it sign the image of this digest? A simple-signing payload, or a statement whose predicate type is
    /// exactly [`COSIGN_SIGN`]; an attestation is no signature (SIG-13).
    ImageSignature {
        /// The image's digest.
        digest: &'a Digest,
    },
    /// Is it a statement about this digest? Of any predicate type but [`COSIGN_SIGN`]'s meaning: the caller looks.
    Statement {
        /// The subject's digest.
        digest: &'a Digest,
    },
    /// Does it sign this artifact: by a message signature, or by a statement about it?
    Blob(Artifact<'a>),
}

/// The predicate type of cosign v3's image signatures.
pub const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

/// The subject and predicate steps.
pub(crate) fn answers(candidate: &Candidate, question: &Question<'_>) -> Result<(), Rejection> {
    let other = |what: &str| {
        Rejection::new(
            Reason::WrongPredicate,
            Step::Predicate,
            format!("it is {what}, which was not asked for"),
        )
    };
    if let Payload::Unreadable(rejection) = &candidate.payload {
        return Err(rejection.clone());
    }
    match (question, &candidate.payload) {
        (Question::ImageSignature { digest }, Payload::Simple(simple)) => {
            if simple.digest == **digest {
                Ok(())
            } else {
                Err(wrong_subject(&simple.digest.to_string(), digest))
            }
        }
        (
            Question::ImageSignature { digest } | Question::Statement { digest },
            Payload::Statement(statement),
        ) => {
            about(statement, digest)?;
            match question {
                Question::ImageSignature { .. } if statement.predicate_type() != COSIGN_SIGN => {
                    Err(other(&format!("a statement of type {}, no signature", statement.predicate_type())))
                }
                _ => Ok(()),
            }
        }
        (Question::Blob(artifact), Payload::Statement(statement)) => match artifact {
            Artifact::Digest(digest) => about(statement, digest),
            Artifact::Bytes(bytes) if statement.subjects().iter().any(|subject| is_of(subject, bytes)) => {
                Ok(())
            }
            Artifact::Bytes(bytes) => Err(wrong_subject("another artifact", &Digest::sha256(bytes))),
        },
        (Question::Blob(artifact), Payload::Absent) => message_about(&candidate.model, artifact),
        (Question::ImageSignature { digest } | Question::Statement { digest }, Payload::Absent) => {
            Err(message_elsewhere(&candidate.model, digest))
        }
        (_, Payload::Simple(_)) => Err(other("a simple-signing payload")),
        (_, Payload::Other(kind)) => Err(other(&format!("content of type {kind:?}"))),
        (_, Payload::Unreadable(rejection)) => Err(rejection.clone()),
    }
}

fn wrong_subject(found: &str, asked: &Digest) -> Rejection {
    Rejection::new(Reason::WrongSubject, Step::Subject, format!("it is about {found}, not {asked}"))
}

/// A message signature where a statement is asked for. It says what it is over, if it says so at all, in a hint that is
/// verified here by nobody: it is about this digest only if it names it.
fn message_elsewhere(model: &Model, asked: &Digest) -> Rejection {
    let detail = "it is a signature over an artifact, which was not asked for";
    let said = match &model.signed {
        Signed::Message { digest, .. } => digest.as_ref().map(|said| said.digest.as_slice()),
        Signed::Dsse { .. } => None,
    };
    match said {
        Some(said) if said == asked.to_bytes() => {
            Rejection::new(Reason::WrongPredicate, Step::Predicate, detail)
        }
        Some(said) => wrong_subject(&format!("an artifact, {}", crate::hex::encode(said)), asked),
        None => Rejection::new(Reason::WrongPredicate, Step::Subject, detail),
    }
}

fn about(statement: &Statement, digest: &Digest) -> Result<(), Rejection> {
    if statement.subjects().iter().any(|subject| subject.is(digest)) {
        return Ok(());
    }
    let algorithm = digest.algorithm().as_str();
    let found = statement.subjects().iter().find_map(|subject| subject.digests.get(algorithm));
    let found = found.map_or_else(|| "something else".to_owned(), |hex| format!("{algorithm}:{hex}"));
    Err(wrong_subject(&found, digest))
}

fn is_of(subject: &payload::Subject, bytes: &[u8]) -> bool {
    use proofmark_core::Algorithm::{Sha256, Sha512};
    [Sha256, Sha512]
        .into_iter()
        .filter(|algorithm| subject.digests.contains_key(algorithm.as_str()))
        .any(|algorithm| subject.is(&Digest::of(algorithm, bytes)))
}

/// A message signature says which digest it is over: a hint until the signature is verified, and wrong if it differs.
fn message_about(model: &Model, artifact: &Artifact<'_>) -> Result<(), Rejection> {
    use proofmark_core::Algorithm::{Sha256, Sha512};
    let Signed::Message { digest: Some(said), .. } = &model.signed else { return Ok(()) };
    let algorithm = match said.algorithm.as_str() {
        "SHA2_256" => Sha256,
        "SHA2_512" => Sha512,
        other => {
            return Err(Rejection::new(
                Reason::Unsupported,
                Step::Subject,
                format!("messageDigest.algorithm {other:?} is not supported"),
            ));
        }
    };
    let asked = match artifact {
        Artifact::Bytes(bytes) => Digest::of(algorithm, bytes),
        Artifact::Digest(digest) => (*digest).clone(),
    };
    if asked.algorithm() != algorithm {
        let detail =
            format!("messageDigest is {}, the artifact is given by another hash", algorithm.as_str());
        return Err(Rejection::new(Reason::Unsupported, Step::Subject, detail));
    }
    if asked.to_bytes() == said.digest {
        Ok(())
    } else {
        Err(wrong_subject(&format!("{}:{}", algorithm.as_str(), crate::hex::encode(&said.digest)), &asked))
    }
}
