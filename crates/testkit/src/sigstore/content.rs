//! What is signed: simple signing payloads, in-toto statements, plain bytes.

use proofmark_core::Digest;
use serde_json::{Value, json};

/// The predicate type of a cosign v3 image signature.
pub const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";
/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// An in-toto statement in the making.
///
/// ```
/// use proofmark_core::Digest;
/// use proofmark_testkit::sigstore::Statement;
/// let digest = Digest::sha256(b"manifest");
/// let bytes = Statement::new("https://slsa.dev/provenance/v1").subject("ghcr.io/acme/app", &digest).to_bytes();
/// assert!(bytes.starts_with(b"{\"_type\":\"https://in-toto.io/Statement/v1\""));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// `_type`; `cosign attest` writes `…/v0.1`.
    pub version: String,
    /// `predicateType`.
    pub predicate_type: String,
    /// `subject`, in order, as raw JSON.
    pub subjects: Vec<Value>,
    /// `predicate`.
    pub predicate: Value,
}

impl Statement {
    /// A statement v1 without subject yet, with the predicate `{}`.
    pub fn new(predicate_type: &str) -> Self {
        Self {
            version: "https://in-toto.io/Statement/v1".to_owned(),
            predicate_type: predicate_type.to_owned(),
            subjects: Vec::new(),
            predicate: json!({}),
        }
    }

    /// What `cosign sign` v3 signs: a subject without name, an empty predicate.
    pub fn cosign_sign(digest: &Digest) -> Self {
        Self::new(COSIGN_SIGN).unnamed_subject(digest)
    }

    /// Adds a subject with a name.
    #[must_use]
    pub fn subject(mut self, name: &str, digest: &Digest) -> Self {
        self.subjects.push(json!({ "name": name, "digest": { digest.algorithm().as_str(): digest.hex() } }));
        self
    }

    /// Adds a subject of which only the digest is known.
    #[must_use]
    pub fn unnamed_subject(mut self, digest: &Digest) -> Self {
        self.subjects.push(json!({ "digest": { digest.algorithm().as_str(): digest.hex() } }));
        self
    }

    /// Adds a subject as raw JSON: for everything that is wrong with one.
    #[must_use]
    pub fn raw_subject(mut self, subject: Value) -> Self {
        self.subjects.push(subject);
        self
    }

    /// Sets the predicate.
    #[must_use]
    pub fn predicate(mut self, predicate: Value) -> Self {
        self.predicate = predicate;
        self
    }

    /// Statement v0.1, as `cosign attest` still writes it.
    #[must_use]
    pub fn v0_1(mut self) -> Self {
        "https://in-toto.io/Statement/v0.1".clone_into(&mut self.version);
        self
    }

    /// The payload's exact bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        json!({
            "_type": self.version,
            "predicate": self.predicate,
            "predicateType": self.predicate_type,
            "subject": self.subjects,
        })
        .to_string()
        .into_bytes()
    }
}

/// The simple signing payload that legacy cosign signs, byte for byte as Go writes it.
pub fn simple_signing(reference: &str, digest: &Digest, optional: Option<&Value>) -> Vec<u8> {
    let optional = optional.map_or_else(|| "null".to_owned(), Value::to_string);
    let reference = Value::from(reference);
    format!(
        "{{\"critical\":{{\"identity\":{{\"docker-reference\":{reference}}},\"image\":{{\"docker-manifest-digest\":\"{digest}\"}},\"type\":\"cosign container image signature\"}},\"optional\":{optional}}}"
    )
    .into_bytes()
}

/// What a request signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A DSSE envelope.
    Dsse {
        /// The payload's bytes.
        payload: Vec<u8>,
        /// The payload type, usually [`IN_TOTO`].
        payload_type: String,
    },
    /// The bytes themselves: a blob, or a simple signing payload.
    Message(Vec<u8>),
}

impl Content {
    /// The bytes of the payload or message.
    pub fn payload(&self) -> &[u8] {
        match self {
            Self::Dsse { payload, .. } => payload,
            Self::Message(bytes) => bytes,
        }
    }

    /// What the signature covers: the pre-authentication encoding (DSSE protocol.md), or the message.
    pub(crate) fn to_be_signed(&self) -> Vec<u8> {
        match self {
            Self::Dsse { payload, payload_type } => pae(payload_type, payload),
            Self::Message(bytes) => bytes.clone(),
        }
    }
}

/// `DSSEv1 SP len(type) SP type SP len(body) SP body`.
fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_dsse_specification() {
        // The example of DSSE protocol.md.
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn the_simple_signing_payload_parses_and_names_the_digest() {
        let digest = Digest::sha256(b"x");
        let value: Value = serde_json::from_slice(&simple_signing("acme/app", &digest, None)).unwrap();
        assert_eq!(value["critical"]["image"]["docker-manifest-digest"], digest.to_string());
        assert_eq!(value["optional"], Value::Null);
    }
}
