//! The strict reading of a Sigstore bundle (protobuf-specs `sigstore_bundle.proto`), before any library sees it.
//!
//! Field names are the camelCase of protobuf's JSON mapping alone: nothing in Sigstore's conformance suite, nor any
//! client known to us, writes snake_case, and two spellings of one field are two readings.

use serde_json::Value;

use crate::entry;
use crate::fields::Fields;
use crate::json;
use crate::model::{Form, Material, MessageDigest, Model, Signed, Version};
use crate::rejection::Rejection;

/// Log entries in one bundle.
pub(crate) const MAX_ENTRIES: usize = 32;
/// Timestamp tokens in one bundle.
pub(crate) const MAX_TOKENS: usize = 32;
/// Certificates in a chain, the leaf included.
pub(crate) const MAX_CERTIFICATES: usize = 8;
/// Bytes of a certificate.
pub(crate) const MAX_CERTIFICATE: usize = 64 << 10;
/// Bytes of a signature: ML-DSA-87 has 4,627.
pub(crate) const MAX_SIGNATURE: usize = 8 << 10;
/// Bytes of a timestamp token, embedded certificates included.
pub(crate) const MAX_TOKEN: usize = 64 << 10;
/// Bytes of names, types and hints.
pub(crate) const MAX_NAME: usize = 1 << 10;
/// The one payload type of statements (in-toto attestation framework, envelope).
pub(crate) const INTOTO: &str = "application/vnd.in-toto+json";

/// Reads a bundle.
pub(crate) fn parse(bytes: &[u8]) -> Result<Model, Rejection> {
    let value = json::parse(bytes, json::BUNDLE)
        .map_err(|error| Rejection::malformed(format!("not a bundle: {error}")))?;
    let mut fields = Fields::new("", value)?;
    let version = version(&fields.required_string("mediaType", MAX_NAME)?)?;
    let mut material_fields = fields.required_object("verificationMaterial")?;
    let material = material(&mut material_fields, version)?;
    let entries = entries(&mut material_fields)?;
    let tokens = tokens(&mut material_fields)?;
    material_fields.finish()?;
    let (signed, signature) = signed(&mut fields)?;
    fields.finish()?;
    Ok(Model { form: Form::Bundle(version), signed, signature, material, entries, tokens })
}

fn version(media_type: &str) -> Result<Version, Rejection> {
    match media_type {
        "application/vnd.dev.sigstore.bundle+json;version=0.1" => Ok(Version::V01),
        "application/vnd.dev.sigstore.bundle+json;version=0.2" => Ok(Version::V02),
        "application/vnd.dev.sigstore.bundle.v0.3+json"
        | "application/vnd.dev.sigstore.bundle+json;version=0.3" => Ok(Version::V03),
        other => Err(Rejection::malformed(format!("mediaType {other:?} is no bundle version that we know"))),
    }
}

/// Exactly one of `certificate`, `x509CertificateChain`, `publicKey`.
fn material(fields: &mut Fields, version: Version) -> Result<Material, Rejection> {
    let certificate = fields.object("certificate")?;
    let chain = fields.object("x509CertificateChain")?;
    let key = fields.object("publicKey")?;
    match (certificate, chain, key) {
        // "This is the preferred form for v0.3 bundles": the chain is not allowed there, nor the single one before.
        (Some(mut single), None, None) if version == Version::V03 => {
            let leaf = single.required_bytes("rawBytes", MAX_CERTIFICATE)?;
            single.finish()?;
            Ok(Material::Certificate { leaf, intermediates: Vec::new() })
        }
        (None, Some(chain), None) if version != Version::V03 => certificate_chain(chain),
        (None, None, Some(mut key)) => {
            let hint = key.string("hint", MAX_NAME)?.unwrap_or_default();
            key.finish()?;
            Ok(Material::Key { hint })
        }
        (Some(_), None, None) | (None, Some(_), None) => {
            Err(Rejection::malformed("the certificate's form does not belong to the bundle's version"))
        }
        (None, None, None) => {
            Err(Rejection::malformed("verificationMaterial has no certificate and no public key"))
        }
        _ => Err(Rejection::malformed("verificationMaterial has more than one kind of key")),
    }
}

fn certificate_chain(mut chain: Fields) -> Result<Material, Rejection> {
    let mut certificates = Vec::new();
    for (at, value) in chain.array("certificates", MAX_CERTIFICATES)? {
        let mut certificate = Fields::new(&at, value)?;
        certificates.push(certificate.required_bytes("rawBytes", MAX_CERTIFICATE)?);
        certificate.finish()?;
    }
    chain.finish()?;
    let mut certificates = certificates.into_iter();
    let leaf = certificates.next().ok_or_else(|| Rejection::malformed("the certificate chain is empty"))?;
    let intermediates: Vec<Vec<u8>> = certificates.collect();
    // protobuf-specs: "clients MUST NOT include the root CA certificate".
    for certificate in &intermediates {
        if crate::certificate::is_self_issued(certificate)? {
            return Err(Rejection::malformed("the certificate chain contains a root certificate"));
        }
    }
    Ok(Material::Certificate { leaf, intermediates })
}

fn entries(fields: &mut Fields) -> Result<Vec<crate::model::Entry>, Rejection> {
    let mut entries: Vec<crate::model::Entry> = Vec::new();
    for (at, value) in fields.array("tlogEntries", MAX_ENTRIES)? {
        let entry = entry::parse(&at, value)?;
        // One signature may be in several logs; in one log it is there once.
        let same = |other: &crate::model::Entry| {
            other.log_id == entry.log_id && (other.body == entry.body || other.index == entry.index)
        };
        if entries.iter().any(same) {
            return Err(Rejection::malformed(format!("{at} repeats an entry")));
        }
        // Anyone can relabel a bundle v0.1 and drop the proof: only what we build from cosign's annotations may
        // rest on a signed entry timestamp alone.
        if entry.proof.is_none() {
            return Err(Rejection::malformed(format!("{at} has no inclusion proof")));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn tokens(fields: &mut Fields) -> Result<Vec<Vec<u8>>, Rejection> {
    let Some(mut data) = fields.object("timestampVerificationData")? else { return Ok(Vec::new()) };
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    for (at, value) in data.array("rfc3161Timestamps", MAX_TOKENS)? {
        let mut token_fields = Fields::new(&at, value)?;
        let token = token_fields.required_bytes("signedTimestamp", MAX_TOKEN)?;
        token_fields.finish()?;
        if tokens.contains(&token) {
            return Err(Rejection::malformed(format!("{at} repeats a timestamp")));
        }
        tokens.push(token);
    }
    data.finish()?;
    Ok(tokens)
}

/// Exactly one of `messageSignature` and `dsseEnvelope`.
fn signed(fields: &mut Fields) -> Result<(Signed, Vec<u8>), Rejection> {
    let message = fields.object("messageSignature")?;
    let envelope = fields.object("dsseEnvelope")?;
    match (message, envelope) {
        (Some(message), None) => message_signature(message),
        (None, Some(envelope)) => dsse(envelope),
        (None, None) => Err(Rejection::malformed("the bundle holds no signature")),
        (Some(_), Some(_)) => Err(Rejection::malformed("the bundle holds two kinds of signature")),
    }
}

fn message_signature(mut fields: Fields) -> Result<(Signed, Vec<u8>), Rejection> {
    let digest = match fields.object("messageDigest")? {
        None => None,
        Some(mut digest) => {
            let algorithm = digest.required_string("algorithm", MAX_NAME)?;
            let bytes = digest.required_bytes("digest", 64)?;
            digest.finish()?;
            Some(MessageDigest { algorithm, digest: bytes })
        }
    };
    let signature = fields.required_bytes("signature", MAX_SIGNATURE)?;
    fields.finish()?;
    Ok((Signed::Message { digest, payload: None }, signature))
}

/// A DSSE envelope with exactly one signature (SIG-08).
pub(crate) fn dsse(mut fields: Fields) -> Result<(Signed, Vec<u8>), Rejection> {
    let payload_type = fields.required_string("payloadType", MAX_NAME)?;
    let payload = fields.required_bytes("payload", json::PAYLOAD.bytes)?;
    let mut signatures = fields.array("signatures", MAX_ENTRIES)?;
    fields.finish()?;
    let (Some((at, value)), true) = (signatures.pop(), signatures.is_empty()) else {
        return Err(Rejection::malformed("a DSSE envelope has exactly one signature here"));
    };
    let mut signature = Fields::new(&at, value)?;
    let bytes = signature.required_bytes("sig", MAX_SIGNATURE)?;
    // A hint that nobody signed (DSSE protocol, "keyid"): read, never used.
    signature.string("keyid", MAX_NAME)?;
    signature.finish()?;
    Ok((Signed::Dsse { payload_type, payload }, bytes))
}

/// Reads a DSSE envelope that stands alone: cosign's `.att` layer.
pub(crate) fn dsse_document(bytes: &[u8]) -> Result<(Signed, Vec<u8>), Rejection> {
    let value: Value = json::parse(bytes, json::BUNDLE)
        .map_err(|error| Rejection::malformed(format!("not a DSSE envelope: {error}")))?;
    dsse(Fields::new("", value)?)
}
