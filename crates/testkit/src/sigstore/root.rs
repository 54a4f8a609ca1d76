//! `trusted_root.json` (sigstore protobuf-specs, `TrustedRoot`).

use serde_json::{Value, json};

use super::encode;
use super::options::Window;
use super::rekor::Log;
use super::world::Services;

fn window(window: &Window) -> Value {
    let mut value = json!({ "start": window.start.to_string() });
    if let Some(end) = window.end {
        value["end"] = end.to_string().into();
    }
    value
}

fn log(log: &Log) -> Value {
    json!({
        "baseUrl": format!("https://{}", log.host),
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": encode(&log.key.public_der()),
            "keyDetails": log.key.details(),
            "validFor": window(&log.valid_for),
        },
        "logId": { "keyId": encode(&log.id) },
    })
}

fn chain(subject: &str, uri: &str, certificates: &[Vec<u8>], valid_for: &Window) -> Value {
    let certificates: Vec<_> = certificates.iter().map(|der| json!({ "rawBytes": encode(der) })).collect();
    json!({
        "subject": { "organization": "proofmark.test", "commonName": subject },
        "uri": uri,
        "certChain": { "certificates": certificates },
        "validFor": window(valid_for),
    })
}

/// The document of these services.
pub(crate) fn document(services: &Services) -> Value {
    let tlogs: Vec<_> = services.rekor_v1.iter().chain(&services.rekor_v2).map(log).collect();
    let ctlogs: Vec<_> = services.ct_logs.iter().map(log).collect();
    let authorities: Vec<_> = services
        .authorities
        .iter()
        .map(|ca| chain(&ca.root.name, &ca.uri, &ca.chain(), &ca.valid_for))
        .collect();
    let timestamps: Vec<_> = services
        .timestamp_authorities
        .iter()
        .map(|tsa| chain(&tsa.root.name, &tsa.uri, &tsa.chain(), &tsa.valid_for))
        .collect();
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": tlogs,
        "certificateAuthorities": authorities,
        "ctlogs": ctlogs,
        "timestampAuthorities": timestamps,
    })
}
