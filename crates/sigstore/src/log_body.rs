//! What the log signed about this signature: key, signature and content must be the candidate's own
//! (SIG-01, SIG-02: any other valid entry could be stapled on; CVE-2022-36056, CVE-2026-22703).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::{Algorithm, Digest, Reason};
use serde_json::Value;

use crate::key::PublicKey;
use crate::model::{Entry, Material, Model, Signed};
use crate::pem;
use crate::rejection::{Rejection, Step};
use crate::signature::Message;

/// Whose key an entry's verifier must be.
pub(crate) enum Holder<'a> {
    /// The candidate's certificate.
    Certificate,
    /// The policy's key.
    Key(&'a PublicKey),
}

fn differs(what: &str) -> Rejection {
    Rejection::new(Reason::Tampered, Step::Log, format!("the log entry is for another {what}"))
}

fn unsupported(detail: String) -> Rejection {
    Rejection::new(Reason::Unsupported, Step::Log, detail)
}

fn text<'a>(body: &'a Value, pointer: &str) -> Result<&'a str, Rejection> {
    body.pointer(pointer).and_then(Value::as_str).ok_or_else(|| {
        Rejection::new(Reason::Malformed, Step::Log, format!("the log entry's body has no {pointer}"))
    })
}

fn base64(body: &Value, pointer: &str) -> Result<Vec<u8>, Rejection> {
    STANDARD.decode(text(body, pointer)?).map_err(|_| {
        Rejection::new(
            Reason::Malformed,
            Step::Log,
            format!("{pointer} of the log entry's body is not base64"),
        )
    })
}

/// Whether kinds and versions of entries are ones that we verify for this kind of signature:
/// `docs/vectors/keys.toml`.
pub(crate) fn supported(model: &Model, entry: &Entry) -> Result<(), Rejection> {
    let known = match model.signed {
        Signed::Message { .. } => {
            matches!(entry.kind_version().as_str(), "hashedrekord/0.0.1" | "hashedrekord/0.0.2")
        }
        Signed::Dsse { .. } => {
            matches!(entry.kind_version().as_str(), "hashedrekord/0.0.2" | "dsse/0.0.1" | "intoto/0.0.2")
        }
    };
    if known {
        return Ok(());
    }
    let content =
        if matches!(model.signed, Signed::Dsse { .. }) { "an envelope" } else { "a message signature" };
    Err(unsupported(format!("log entries {} for {content} cannot be verified", entry.kind_version())))
}

/// Compares the entry's body with the candidate.
pub(crate) fn binds(
    model: &Model,
    entry: &Entry,
    message: &Message<'_>,
    holder: &Holder<'_>,
) -> Result<(), Rejection> {
    supported(model, entry)?;
    let body = &entry.parsed_body;
    match entry.kind_version().as_str() {
        "hashedrekord/0.0.1" => {
            hash(body, "/spec/data/hash", message)?;
            same(&base64(body, "/spec/signature/content")?, &model.signature, "signature")?;
            pem_holder(&base64(body, "/spec/signature/publicKey/content")?, model, holder)
        }
        "hashedrekord/0.0.2" => hashed_rekord_v2(model, body, message, holder),
        "dsse/0.0.1" => {
            payload_hash(model, body, "/spec/payloadHash")?;
            single(body, "/spec/signatures")?;
            same(&base64(body, "/spec/signatures/0/signature")?, &model.signature, "signature")?;
            pem_holder(&base64(body, "/spec/signatures/0/verifier")?, model, holder)
        }
        // `supported` leaves intoto 0.0.2 alone.
        _ => intoto_v2(model, body, holder),
    }
}

fn hashed_rekord_v2(
    model: &Model,
    body: &Value,
    message: &Message<'_>,
    holder: &Holder<'_>,
) -> Result<(), Rejection> {
    let algorithm = text(body, "/spec/hashedRekordV002/data/algorithm")?;
    if algorithm != "SHA2_256" {
        return Err(unsupported(format!(
            "the log entry's digest is {algorithm}: only SHA2_256 can be verified"
        )));
    }
    // The library reads no other; what only we verify is no pass.
    let details = text(body, "/spec/hashedRekordV002/signature/verifier/keyDetails")?;
    if details != "PKIX_ECDSA_P256_SHA_256" {
        return Err(unsupported(format!(
            "the log entry's key is {details}: only ECDSA P-256 can be verified in Rekor v2"
        )));
    }
    let digest = base64(body, "/spec/hashedRekordV002/data/digest")?;
    same(&digest, &sha256(message)?.to_bytes(), "content")?;
    let signature = base64(body, "/spec/hashedRekordV002/signature/content")?;
    same(&signature, &model.signature, "signature")?;
    let verifier = "/spec/hashedRekordV002/signature/verifier";
    match (holder, &model.material) {
        (Holder::Certificate, Material::Certificate { leaf, .. }) => {
            same(&base64(body, &format!("{verifier}/x509Certificate/rawBytes"))?, leaf, "certificate")
        }
        (Holder::Key(key), _) => {
            same(&base64(body, &format!("{verifier}/publicKey/rawBytes"))?, key.spki(), "key")
        }
        (Holder::Certificate, Material::Key { .. }) => Err(differs("kind of key")),
    }
}

fn intoto_v2(model: &Model, body: &Value, holder: &Holder<'_>) -> Result<(), Rejection> {
    payload_hash(model, body, "/spec/content/payloadHash")?;
    if let Signed::Dsse { payload_type, .. } = &model.signed
        && text(body, "/spec/content/envelope/payloadType")? != payload_type
    {
        return Err(differs("payload type"));
    }
    single(body, "/spec/content/envelope/signatures")?;
    // "sig" and "publicKey" are base64 of the envelope's own base64 (rekor `pkg/types/intoto/v0.0.2`).
    let inner = base64(body, "/spec/content/envelope/signatures/0/sig")?;
    let signature = STANDARD.decode(inner).map_err(|_| differs("signature"))?;
    same(&signature, &model.signature, "signature")?;
    pem_holder(&base64(body, "/spec/content/envelope/signatures/0/publicKey")?, model, holder)
}

fn same(found: &[u8], expected: &[u8], what: &str) -> Result<(), Rejection> {
    if found == expected { Ok(()) } else { Err(differs(what)) }
}

fn single(body: &Value, pointer: &str) -> Result<(), Rejection> {
    match body.pointer(pointer).and_then(Value::as_array) {
        Some(items) if items.len() == 1 => Ok(()),
        _ => Err(differs("number of signatures")),
    }
}

fn sha256(message: &Message<'_>) -> Result<Digest, Rejection> {
    match message {
        Message::Bytes(bytes) => Ok(Digest::sha256(bytes)),
        Message::Digest(digest) if digest.algorithm() == Algorithm::Sha256 => Ok((*digest).clone()),
        Message::Digest(_) => Err(unsupported("the log entry needs the artifact's SHA-256".to_owned())),
    }
}

fn hash(body: &Value, pointer: &str, message: &Message<'_>) -> Result<(), Rejection> {
    let algorithm = text(body, &format!("{pointer}/algorithm"))?;
    if algorithm != "sha256" {
        return Err(unsupported(format!("the log entry's hash is {algorithm}: only sha256 can be verified")));
    }
    same(text(body, &format!("{pointer}/value"))?.as_bytes(), sha256(message)?.hex().as_bytes(), "content")
}

/// The hash of the payload: `dsse` and `intoto` entries cannot give the envelope's, whose JSON nobody keeps.
fn payload_hash(model: &Model, body: &Value, pointer: &str) -> Result<(), Rejection> {
    match &model.signed {
        Signed::Dsse { payload, .. } => hash(body, pointer, &Message::Bytes(payload.as_slice().into())),
        Signed::Message { .. } => Err(differs("kind of content")),
    }
}

/// The verifier of Rekor v1, PEM of a certificate or of a key.
fn pem_holder(pem_bytes: &[u8], model: &Model, holder: &Holder<'_>) -> Result<(), Rejection> {
    let text = std::str::from_utf8(pem_bytes).map_err(|_| differs("key"))?;
    match (holder, &model.material) {
        (Holder::Certificate, Material::Certificate { leaf, .. }) => {
            let logged = pem::one(text, "CERTIFICATE").ok_or_else(|| differs("kind of key"))?;
            same(&logged, leaf, "certificate")
        }
        (Holder::Key(key), _) => {
            let logged = pem::one(text, "PUBLIC KEY").ok_or_else(|| differs("kind of key"))?;
            same(&logged, key.spki(), "key")
        }
        (Holder::Certificate, Material::Key { .. }) => Err(differs("kind of key")),
    }
}

/// Whether the entry's body, which nothing has verified, names this key.
pub(crate) fn names_key(entry: &Entry, key: &PublicKey) -> bool {
    let body = &entry.parsed_body;
    let pems = [
        "/spec/signature/publicKey/content",
        "/spec/signatures/0/verifier",
        "/spec/content/envelope/signatures/0/publicKey",
    ];
    let in_pem = pems.iter().any(|pointer| {
        let der = base64(body, pointer).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        der.and_then(|text| pem::one(&text, "PUBLIC KEY")).is_some_and(|der| der == key.spki())
    });
    in_pem
        || base64(body, "/spec/hashedRekordV002/signature/verifier/publicKey/rawBytes")
            .is_ok_and(|der| der == key.spki())
}

#[cfg(test)]
mod tests;
