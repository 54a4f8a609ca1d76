//! cosign's formats before bundles: evidence spread over a layer's bytes and its annotations
//! (cosign `specs/SIGNATURE_SPEC.md`, `specs/ATTESTATION_SPEC.md`, `pkg/oci/static/signature.go`).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::bundle::{self, MAX_CERTIFICATE, MAX_CERTIFICATES, MAX_SIGNATURE, MAX_TOKEN};
use crate::entry::{self, MAX_BODY, MAX_PROMISE};
use crate::fields::Fields;
use crate::json;
use crate::model::{Entry, Form, Material, MessageDigest, Model, Signed};
use crate::pem;
use crate::rejection::Rejection;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// Annotations, as the layer's descriptor has them; those with other names are not evidence and are ignored.
pub(crate) type Annotations = BTreeMap<String, String>;

/// A `.sig` layer: the payload's bytes and the annotations.
pub(crate) fn signature(payload: &[u8], annotations: &Annotations) -> Result<Model, Rejection> {
    let text = annotations
        .get(SIGNATURE)
        .ok_or_else(|| Rejection::malformed(format!("the layer has no annotation {SIGNATURE}")))?;
    let signature = base64(text, MAX_SIGNATURE, SIGNATURE)?;
    // cosign logs and signs SHA-256 of the payload whatever the key (`pkg/cosign/tlog.go`).
    let digest = MessageDigest {
        algorithm: "SHA2_256".to_owned(),
        digest: proofmark_core::Digest::sha256(payload).to_bytes(),
    };
    let signed = Signed::Message { digest: Some(digest), payload: Some(payload.to_vec()) };
    model(Form::LegacySignature, signed, signature, annotations)
}

/// A `.att` layer: a DSSE envelope and the annotations.
pub(crate) fn envelope(bytes: &[u8], annotations: &Annotations) -> Result<Model, Rejection> {
    let (signed, signature) = bundle::dsse_document(bytes)?;
    model(Form::LegacyEnvelope, signed, signature, annotations)
}

fn model(
    form: Form,
    signed: Signed,
    signature: Vec<u8>,
    annotations: &Annotations,
) -> Result<Model, Rejection> {
    let entries = present(annotations, BUNDLE).map(rekor_bundle).transpose()?;
    let tokens = present(annotations, TIMESTAMP).map(timestamp).transpose()?;
    Ok(Model {
        form,
        signed,
        signature,
        material: material(annotations)?,
        entries: entries.into_iter().collect(),
        tokens: tokens.into_iter().collect(),
    })
}

/// cosign writes `dev.sigstore.cosign/certificate` and `…/chain` where it has none as well, as empty texts
/// (`pkg/oci/static/options.go`).
fn present<'a>(annotations: &'a Annotations, name: &str) -> Option<&'a str> {
    annotations.get(name).map(String::as_str).filter(|text| !text.is_empty())
}

fn material(annotations: &Annotations) -> Result<Material, Rejection> {
    let chain = present(annotations, CHAIN).map(|text| certificates(text, CHAIN)).transpose()?;
    let chain = chain.unwrap_or_default();
    let Some(text) = present(annotations, CERTIFICATE) else {
        return if chain.is_empty() {
            Ok(Material::Key { hint: String::new() })
        } else {
            Err(Rejection::malformed("the layer has a certificate chain and no certificate"))
        };
    };
    let mut leaf = certificates(text, CERTIFICATE)?;
    let (Some(leaf), true) = (leaf.pop(), leaf.is_empty()) else {
        return Err(Rejection::malformed(format!("{CERTIFICATE} is not exactly one certificate")));
    };
    // cosign writes the whole chain, root included: roots come from the policy alone, so they are left out here.
    let mut intermediates = Vec::new();
    for certificate in chain {
        if !crate::certificate::is_self_issued(&certificate)? {
            intermediates.push(certificate);
        }
    }
    Ok(Material::Certificate { leaf, intermediates })
}

/// One or more PEM certificates and nothing else but white space.
fn certificates(text: &str, name: &str) -> Result<Vec<Vec<u8>>, Rejection> {
    let found = pem::blocks(text, "CERTIFICATE", MAX_CERTIFICATES).ok_or_else(|| {
        Rejection::malformed(format!("{name} is not 1 to {MAX_CERTIFICATES} PEM certificates"))
    })?;
    if found.iter().any(|der| der.len() > MAX_CERTIFICATE) {
        return Err(Rejection::malformed(format!(
            "{name} has a certificate longer than {MAX_CERTIFICATE} bytes"
        )));
    }
    Ok(found)
}

/// `{"SignedEntryTimestamp": …, "Payload": {"body", "integratedTime", "logIndex", "logID"}}` (Rekor v1 alone).
fn rekor_bundle(text: &str) -> Result<Entry, Rejection> {
    let mut fields = Fields::new(BUNDLE, small(text, BUNDLE)?)?;
    let promise = fields.required_bytes("SignedEntryTimestamp", MAX_PROMISE)?;
    let mut payload = fields.required_object("Payload")?;
    fields.finish()?;
    let body = payload.required_bytes("body", MAX_BODY)?;
    let integrated_time = payload.integer("integratedTime")?.and_then(|seconds| i64::try_from(seconds).ok());
    let index = payload.integer("logIndex")?.unwrap_or(0);
    let log_id = log_id(&payload.required_string("logID", 64)?)?;
    payload.finish()?;
    let parsed_body = entry::body(&body)?;
    let (kind, version) = entry::body_kind(&parsed_body)
        .map(|(kind, version)| (kind.to_owned(), version.to_owned()))
        .ok_or_else(|| Rejection::malformed("the log entry's body has no kind and apiVersion"))?;
    let entry = Entry {
        index,
        log_id,
        kind,
        version,
        integrated_time,
        promise: Some(promise),
        proof: None,
        body,
        parsed_body,
    };
    if entry.is_rekor_v2() {
        return Err(Rejection::malformed("Rekor v2 has no signed entry timestamps"));
    }
    Ok(entry)
}

fn log_id(hex: &str) -> Result<[u8; 32], Rejection> {
    proofmark_core::Digest::parse(&format!("sha256:{hex}"))
        .ok()
        .and_then(|digest| digest.to_bytes().try_into().ok())
        .ok_or_else(|| Rejection::malformed("logID is not 64 hexadecimal digits"))
}

fn timestamp(text: &str) -> Result<Vec<u8>, Rejection> {
    let mut fields = Fields::new(TIMESTAMP, small(text, TIMESTAMP)?)?;
    let token = fields.required_bytes("SignedRFC3161Timestamp", MAX_TOKEN)?;
    fields.finish()?;
    Ok(token)
}

fn small(text: &str, name: &str) -> Result<Value, Rejection> {
    json::parse(text.as_bytes(), json::SMALL)
        .map_err(|error| Rejection::malformed(format!("{name} is not acceptable JSON: {error}")))
}

fn base64(text: &str, max: usize, name: &str) -> Result<Vec<u8>, Rejection> {
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.is_empty() => Err(Rejection::malformed(format!("{name} is empty"))),
        Ok(bytes) if bytes.len() > max => {
            Err(Rejection::malformed(format!("{name} is longer than {max} bytes")))
        }
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(Rejection::malformed(format!("{name} is not standard base64"))),
    }
}
