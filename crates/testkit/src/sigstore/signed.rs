//! The result of signing, in every form in which it is stored.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::content::Content;
use super::encode;
use super::entry::{EntrySubject, hex};
use super::keys::pem;
use super::leaf::Material;
use super::rekor::LogEntry;
use super::request::{Format, SignRequest};
use super::tamper::{Tamper, has};

/// Annotation of legacy layers: the signature.
pub const ANNOTATION_SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// Annotation of legacy layers: the certificate, PEM.
pub const ANNOTATION_CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
/// Annotation of legacy layers: the chain, PEM.
pub const ANNOTATION_CHAIN: &str = "dev.sigstore.cosign/chain";
/// Annotation of legacy layers: Rekor's promise.
pub const ANNOTATION_BUNDLE: &str = "dev.sigstore.cosign/bundle";
/// Annotation of legacy layers: the timestamp.
pub const ANNOTATION_TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// What signing gave.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The form that was asked for.
    pub format: Format,
    /// The bundle's text; empty for legacy.
    text: String,
    /// Legacy: the layer's bytes. Otherwise the signed payload or message.
    pub payload: Vec<u8>,
    /// Legacy: the layer's annotations; empty otherwise.
    pub annotations: BTreeMap<String, String>,
    /// The raw signature.
    pub signature: Vec<u8>,
    /// The log entries.
    pub entries: Vec<LogEntry>,
    /// The timestamp tokens, DER.
    pub timestamps: Vec<Vec<u8>>,
    /// The predicate type of a signed statement, for descriptors' hints.
    pub predicate_type: Option<String>,
    pub(crate) material: Material,
}

impl Signed {
    /// The bundle's bytes; empty for legacy.
    pub fn bundle(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The bundle as a document; `Null` for legacy and for text that is no JSON.
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The leaf certificate, DER, of a keyless signature.
    pub fn certificate(&self) -> Option<&[u8]> {
        match &self.material {
            Material::Certificate { leaf, .. } => Some(leaf),
            Material::Key(_) => None,
        }
    }

    /// The media type of the layer that holds it.
    pub fn layer_media_type(&self) -> &'static str {
        match (self.format, self.predicate_type.is_some()) {
            (Format::Legacy, true) => "application/vnd.dsse.envelope.v1+json",
            (Format::Legacy, false) => "application/vnd.dev.cosign.simplesigning.v1+json",
            (format, _) => format.media_type().unwrap_or_default(),
        }
    }

    /// The bytes of the layer that holds it.
    pub fn layer(&self) -> &[u8] {
        if self.format == Format::Legacy { &self.payload } else { self.bundle() }
    }

    pub(crate) fn assemble(
        request: &SignRequest,
        subject: EntrySubject,
        entries: Vec<LogEntry>,
        timestamps: Vec<Vec<u8>>,
    ) -> Self {
        let content = stored_content(request);
        let document = json!({
            "mediaType": request.format.media_type(),
            "verificationMaterial": material(request, &subject, &entries, &timestamps),
        });
        let predicate_type = match &content {
            Content::Dsse { payload, .. } => serde_json::from_slice::<Value>(payload)
                .ok()
                .and_then(|statement| statement["predicateType"].as_str().map(str::to_owned))
                .or_else(|| Some(String::new())),
            Content::Message(_) => None,
        };
        let mut signed = Self {
            format: request.format,
            text: String::new(),
            payload: content.payload().to_vec(),
            annotations: BTreeMap::new(),
            signature: subject.signature.clone(),
            entries,
            timestamps,
            predicate_type,
            material: subject.material.clone(),
        };
        if request.format == Format::Legacy {
            signed.write_legacy(request, &content, &subject);
        } else {
            signed.write_bundle(request, document, &content, &subject);
        }
        signed
    }

    fn write_bundle(
        &mut self,
        request: &SignRequest,
        mut document: Value,
        content: &Content,
        subject: &EntrySubject,
    ) {
        match content {
            Content::Dsse { .. } => document["dsseEnvelope"] = envelope(request, content, &subject.signature),
            Content::Message(bytes) => {
                let other = has!(request.tampers, MessageDigestReplaced);
                let digest = Sha256::digest(if other { b"other bytes" } else { bytes.as_slice() });
                document["messageSignature"] = json!({
                    "messageDigest": { "algorithm": "SHA2_256", "digest": encode(&digest) },
                    "signature": encode(&subject.signature),
                });
            }
        }
        for tamper in &request.tampers {
            match tamper {
                Tamper::MediaType(text) => document["mediaType"] = text.clone().into(),
                Tamper::Document(change) => change(&mut document),
                _ => {}
            }
        }
        self.text = document.to_string();
        for tamper in &request.tampers {
            match tamper {
                Tamper::DuplicateKey(key) => {
                    let wanted = format!("\"{key}\":");
                    self.text = self.text.replacen(&wanted, &format!("{wanted}null,{wanted}"), 1);
                }
                Tamper::Text(change) => self.text = change(std::mem::take(&mut self.text)),
                _ => {}
            }
        }
    }

    fn write_legacy(&mut self, request: &SignRequest, content: &Content, subject: &EntrySubject) {
        let mut set = |key: &str, value: String| drop(self.annotations.insert(key.to_owned(), value));
        if let Content::Dsse { .. } = content {
            self.payload = envelope(request, content, &subject.signature).to_string().into_bytes();
            set(ANNOTATION_SIGNATURE, String::new());
        } else {
            set(ANNOTATION_SIGNATURE, encode(&subject.signature));
        }
        if let Material::Certificate { leaf, intermediates, root } = &subject.material {
            set(ANNOTATION_CERTIFICATE, pem("CERTIFICATE", leaf));
            let chain: String =
                intermediates.iter().chain([root]).map(|der| pem("CERTIFICATE", der)).collect();
            set(ANNOTATION_CHAIN, chain);
        }
        if let Some(entry) = self.entries.first().filter(|entry| entry.promise.is_some()) {
            let bundle = json!({
                "SignedEntryTimestamp": entry.promise.as_deref().map(encode),
                "Payload": {
                    "body": encode(&entry.body),
                    "integratedTime": entry.integrated_time,
                    "logIndex": entry.log_index,
                    "logID": hex(&entry.log_id),
                },
            });
            set(ANNOTATION_BUNDLE, bundle.to_string());
        }
        if let Some(token) = self.timestamps.first() {
            set(ANNOTATION_TIMESTAMP, json!({ "SignedRFC3161Timestamp": encode(token) }).to_string());
        }
        for tamper in &request.tampers {
            if let Tamper::Annotations(change) = tamper {
                change(&mut self.annotations);
            }
        }
    }
}

/// What is stored, which a tamper may have exchanged for what was signed.
fn stored_content(request: &SignRequest) -> Content {
    let mut content = request.content.clone();
    for tamper in &request.tampers {
        match (tamper, &mut content) {
            (Tamper::PayloadReplaced(with), Content::Dsse { payload, .. } | Content::Message(payload)) => {
                payload.clone_from(with);
            }
            (Tamper::PayloadTypeReplaced(with), Content::Dsse { payload_type, .. }) => {
                payload_type.clone_from(with);
            }
            _ => {}
        }
    }
    content
}

fn envelope(request: &SignRequest, content: &Content, signature: &[u8]) -> Value {
    let payload_type = match content {
        Content::Dsse { payload_type, .. } => payload_type.as_str(),
        Content::Message(_) => "",
    };
    let good = json!({ "sig": encode(signature) });
    let mut signatures = vec![good.clone()];
    if has!(request.tampers, NoSignature) {
        signatures.clear();
    }
    if has!(request.tampers, SecondSignature) {
        signatures.push(json!({ "sig": encode(b"garbage") }));
    }
    if has!(request.tampers, SignatureTwice) {
        signatures.push(good);
    }
    json!({ "payload": encode(content.payload()), "payloadType": payload_type, "signatures": signatures })
}

fn material(
    request: &SignRequest,
    subject: &EntrySubject,
    entries: &[LogEntry],
    timestamps: &[Vec<u8>],
) -> Value {
    let mut value = json!({});
    match &subject.material {
        Material::Key(key) => {
            let hint = request
                .tampers
                .iter()
                .find_map(|t| if let Tamper::Hint(hint) = t { Some(hint.clone()) } else { None });
            value["publicKey"] = json!({ "hint": hint.unwrap_or_else(|| encode(&key.key_id())) });
        }
        Material::Certificate { leaf, intermediates, root } => {
            if matches!(request.format, Format::BundleV01 | Format::BundleV02) {
                let mut chain: Vec<&Vec<u8>> = [leaf].into_iter().chain(intermediates).collect();
                if has!(request.tampers, RootInChain) {
                    chain.push(root);
                }
                if has!(request.tampers, EmptyChain) {
                    chain.clear();
                }
                let list: Vec<_> = chain.into_iter().map(|der| json!({ "rawBytes": encode(der) })).collect();
                value["x509CertificateChain"] = json!({ "certificates": list });
            } else {
                value["certificate"] = json!({ "rawBytes": encode(leaf) });
            }
            if has!(request.tampers, CertificateAndKey) {
                value["publicKey"] = json!({ "hint": "" });
            }
        }
    }
    if !entries.is_empty() {
        value["tlogEntries"] = entries.iter().map(LogEntry::to_json).collect();
    }
    if !timestamps.is_empty() {
        let list: Vec<_> =
            timestamps.iter().map(|token| json!({ "signedTimestamp": encode(token) })).collect();
        value["timestampVerificationData"] = json!({ "rfc3161Timestamps": list });
    }
    value
}
