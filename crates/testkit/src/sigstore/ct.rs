//! A certificate transparency log: signed certificate timestamps (RFC 6962 3.2 and 3.3).

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::der;
use super::keys::{KeyType, SigningKey};
use super::x509::{CertificateSpec, RawExtension};

/// One signed certificate timestamp, before it is put into the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sct {
    /// The log that is named: SHA-256 of its key.
    pub(crate) log_id: [u8; 32],
    /// Milliseconds since 1970.
    pub(crate) timestamp: u64,
    /// `CtExtensions`, opaque.
    pub(crate) extensions: Vec<u8>,
    /// `SignatureAndHashAlgorithm`: 0x0403 for ECDSA with SHA-256.
    pub(crate) algorithm: [u8; 2],
    /// The signature.
    pub(crate) signature: Vec<u8>,
}

/// 1.3.6.1.4.1.11129.2.4.2 (RFC 6962 3.3).
const SCT_LIST: [u64; 10] = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];

fn length(bytes: usize, width: usize) -> Vec<u8> {
    let all = bytes.to_be_bytes();
    all[all.len() - width..].to_vec()
}

/// Signs the precertificate: the TBS without the SCT list.
pub(crate) fn issue(
    log: &SigningKey,
    issuer_key: &SigningKey,
    spec: &CertificateSpec,
    at: Timestamp,
    extensions: &[u8],
) -> Sct {
    let timestamp = u64::try_from(at.as_millisecond()).unwrap_or_default();
    let tbs = spec.tbs(issuer_key);
    // digitally-signed struct: v1, certificate_timestamp, precert_entry (1).
    let mut message = vec![0, 0];
    message.extend(timestamp.to_be_bytes());
    message.extend([0, 1]);
    message.extend(Sha256::digest(issuer_key.public_der()));
    message.extend(length(tbs.len(), 3));
    message.extend(&tbs);
    message.extend(length(extensions.len(), 2));
    message.extend(extensions);
    let algorithm = match log.key_type() {
        KeyType::P256 => [4, 3],
        KeyType::P384 => [5, 3],
        KeyType::Ed25519 => [8, 7],
        KeyType::Rsa2048 | KeyType::Rsa1024 => [4, 1],
    };
    Sct {
        log_id: log.key_id(),
        timestamp,
        extensions: extensions.to_vec(),
        algorithm,
        signature: log.sign(&message),
    }
}

/// The certificate extension that holds the list.
pub(crate) fn extension(scts: &[Sct]) -> RawExtension {
    let mut list = Vec::new();
    for sct in scts {
        let mut one = vec![0];
        one.extend(sct.log_id);
        one.extend(sct.timestamp.to_be_bytes());
        one.extend(length(sct.extensions.len(), 2));
        one.extend(&sct.extensions);
        one.extend(sct.algorithm);
        one.extend(length(sct.signature.len(), 2));
        one.extend(&sct.signature);
        list.extend(length(one.len(), 2));
        list.extend(one);
    }
    let mut content = length(list.len(), 2);
    content.extend(list);
    RawExtension { oid: SCT_LIST.to_vec(), critical: false, value: der::octets(&content) }
}
