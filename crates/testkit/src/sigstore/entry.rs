//! Canonicalised bodies of Rekor entries: JSON with sorted keys and without white space, as Rekor writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::content::Content;
use super::keys::pem;
use super::leaf::Material;
use super::request::EntryKind;

/// What an entry says about one signature.
#[derive(Debug, Clone)]
pub(crate) struct EntrySubject {
    /// The content that was signed.
    pub(crate) content: Content,
    /// The raw signature.
    pub(crate) signature: Vec<u8>,
    /// Certificate or key.
    pub(crate) material: Material,
}

fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

fn sha256_object(bytes: &[u8]) -> Value {
    json!({ "algorithm": "sha256", "value": hex(&Sha256::digest(bytes)) })
}

/// The kind's name and version, and the body.
pub(crate) fn body(
    kind: EntryKind,
    v2: bool,
    subject: &EntrySubject,
) -> (&'static str, &'static str, Vec<u8>) {
    let (name, version, spec) = match (kind, v2) {
        (EntryKind::HashedRekord, false) => ("hashedrekord", "0.0.1", hashedrekord_v1(subject)),
        (EntryKind::HashedRekord, true) => ("hashedrekord", "0.0.2", hashedrekord_v2(subject)),
        (EntryKind::Dsse, false) => ("dsse", "0.0.1", dsse_v1(subject)),
        (EntryKind::Dsse, true) => ("dsse", "0.0.2", dsse_v2(subject)),
        (EntryKind::Intoto001, _) => ("intoto", "0.0.1", intoto_v1(subject)),
        (EntryKind::Intoto002, _) => ("intoto", "0.0.2", intoto_v2(subject)),
    };
    let body = json!({ "apiVersion": version, "kind": name, "spec": spec });
    (name, version, body.to_string().into_bytes())
}

impl EntrySubject {
    /// PEM of certificate or key, which Rekor v1 stores base64-encoded once more.
    fn verifier_pem(&self) -> String {
        b64(match &self.material {
            Material::Certificate { leaf, .. } => pem("CERTIFICATE", leaf),
            Material::Key(key) => key.public_pem(),
        }
        .as_bytes())
    }

    fn verifier_v2(&self) -> Value {
        match &self.material {
            Material::Certificate { leaf, .. } => {
                json!({ "keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": { "rawBytes": b64(leaf) } })
            }
            Material::Key(key) => {
                json!({ "keyDetails": key.details(), "publicKey": { "rawBytes": b64(&key.public_der()) } })
            }
        }
    }

    /// The envelope as it was submitted.
    fn envelope(&self) -> Vec<u8> {
        let (payload, payload_type) = self.payload();
        json!({
            "payload": b64(payload),
            "payloadType": payload_type,
            "signatures": [{ "sig": b64(&self.signature) }],
        })
        .to_string()
        .into_bytes()
    }

    fn payload(&self) -> (&[u8], &str) {
        match &self.content {
            Content::Dsse { payload, payload_type } => (payload, payload_type),
            Content::Message(bytes) => (bytes, ""),
        }
    }
}

fn hashedrekord_v1(subject: &EntrySubject) -> Value {
    json!({
        "data": { "hash": sha256_object(&subject.content.to_be_signed()) },
        "signature": { "content": b64(&subject.signature), "publicKey": { "content": subject.verifier_pem() } },
    })
}

fn hashedrekord_v2(subject: &EntrySubject) -> Value {
    json!({ "hashedRekordV002": {
        "data": { "algorithm": "SHA2_256", "digest": b64(&Sha256::digest(subject.content.to_be_signed())) },
        "signature": { "content": b64(&subject.signature), "verifier": subject.verifier_v2() },
    } })
}

fn dsse_v1(subject: &EntrySubject) -> Value {
    json!({
        "envelopeHash": sha256_object(&subject.envelope()),
        "payloadHash": sha256_object(subject.payload().0),
        "signatures": [{ "signature": b64(&subject.signature), "verifier": subject.verifier_pem() }],
    })
}

fn dsse_v2(subject: &EntrySubject) -> Value {
    json!({ "dsseV002": {
        "payloadHash": { "algorithm": "SHA2_256", "digest": b64(&Sha256::digest(subject.payload().0)) },
        "signatures": [{ "content": b64(&subject.signature), "verifier": subject.verifier_v2() }],
    } })
}

fn intoto_v1(subject: &EntrySubject) -> Value {
    json!({
        "content": {
            "hash": sha256_object(&subject.envelope()),
            "payloadHash": sha256_object(subject.payload().0),
        },
        "publicKey": subject.verifier_pem(),
    })
}

/// Rekor keeps the payload apart, and the signature base64-encoded twice.
fn intoto_v2(subject: &EntrySubject) -> Value {
    json!({ "content": {
        "envelope": {
            "payloadType": subject.payload().1,
            "signatures": [{
                "publicKey": subject.verifier_pem(),
                "sig": b64(b64(&subject.signature).as_bytes()),
            }],
        },
        "hash": sha256_object(&subject.envelope()),
        "payloadHash": sha256_object(subject.payload().0),
    } })
}
