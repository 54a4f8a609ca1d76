//! Transparency logs: a tree, its checkpoint (a signed note), and Rekor v1's promise.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::entry::hex;
use super::keys::SigningKey;
use super::merkle::{self, Hash};
use super::options::Window;

/// A log of the world.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    /// Its key.
    pub(crate) key: SigningKey,
    /// `validFor` in the trusted root.
    pub(crate) valid_for: Window,
    /// The name in checkpoints, without scheme.
    pub(crate) host: String,
    /// The first line of a checkpoint.
    pub(crate) origin: String,
    /// The log ID in root and entries.
    pub(crate) id: [u8; 32],
}

/// The entry's part of the inclusion proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Index in the tree.
    pub log_index: i64,
    /// Leaves of the tree.
    pub tree_size: i64,
    /// Root hash.
    pub root_hash: Vec<u8>,
    /// Audit path.
    pub hashes: Vec<Vec<u8>>,
    /// The signed note; `None` leaves the member out.
    pub checkpoint: Option<String>,
}

/// A log entry as it stands in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Global index.
    pub log_index: i64,
    /// Log ID.
    pub log_id: Vec<u8>,
    /// Kind, such as `hashedrekord`.
    pub kind: String,
    /// Version, such as `0.0.1`.
    pub version: String,
    /// Seconds since 1970, in Rekor v1 alone.
    pub integrated_time: Option<i64>,
    /// Rekor v1's signed entry timestamp.
    pub promise: Option<Vec<u8>>,
    /// The inclusion proof.
    pub proof: Option<Proof>,
    /// The canonicalised body.
    pub body: Vec<u8>,
}

fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

impl Log {
    /// A Rekor v1: origin with a tree number, log ID from the key.
    pub(crate) fn v1(key: SigningKey, valid_for: Window, host: &str) -> Self {
        let id = key.key_id();
        Self { key, valid_for, host: host.to_owned(), origin: format!("{host} - 1193050959916656506"), id }
    }

    /// A Rekor v2: the origin is the name, and an Ed25519 key's ID is that of the signed note (C2SP signed-note).
    pub(crate) fn v2(key: SigningKey, valid_for: Window, host: &str) -> Self {
        let id = key.ed25519_public().map_or_else(
            || key.key_id(),
            |public| {
                Sha256::new().chain_update(format!("{host}\n\u{1}")).chain_update(public).finalize().into()
            },
        );
        Self { key, valid_for, host: host.to_owned(), origin: host.to_owned(), id }
    }

    /// A checkpoint over `root`, signed by `key` under `origin` and `hint`.
    pub(crate) fn note(&self, key: &SigningKey, origin: &str, hint: &[u8], size: i64, root: &Hash) -> String {
        let text = format!("{origin}\n{size}\n{}\n", b64(root));
        let signature = [&hint[..4.min(hint.len())], &key.sign(text.as_bytes())].concat();
        format!("{text}\n\u{2014} {} {}\n", self.host, b64(&signature))
    }

    /// The honest checkpoint.
    pub(crate) fn checkpoint(&self, size: i64, root: &Hash) -> String {
        self.note(&self.key, &self.origin, &self.id, size, root)
    }

    /// Puts `body` into a tree of several leaves; its place follows from its hash.
    pub(crate) fn append(&self, kind: &str, version: &str, body: Vec<u8>) -> LogEntry {
        let leaf = merkle::leaf_hash(&body);
        let size = 6 + usize::from(leaf[0] % 11);
        let index = 1 + usize::from(leaf[1]) % (size - 2);
        let leaves: Vec<Hash> =
            (0..size)
                .map(|n| {
                    if n == index { leaf } else { merkle::leaf_hash(format!("{} {n}", self.host).as_bytes()) }
                })
                .collect();
        let root = merkle::root(&leaves);
        let tree_size = to_i64(size);
        let log_index = to_i64(index);
        LogEntry {
            log_index,
            log_id: self.id.to_vec(),
            kind: kind.to_owned(),
            version: version.to_owned(),
            integrated_time: None,
            promise: None,
            proof: Some(Proof {
                log_index,
                tree_size,
                root_hash: root.to_vec(),
                hashes: merkle::path(&leaves, index).iter().map(|hash| hash.to_vec()).collect(),
                checkpoint: Some(self.checkpoint(tree_size, &root)),
            }),
            body,
        }
    }

    /// Makes it an entry of Rekor v1: a global index beyond older shards, a time, and a promise over both.
    pub(crate) fn promise(&self, entry: &mut LogEntry, at: Timestamp) {
        entry.log_index += 4_163_431;
        entry.integrated_time = Some(at.as_second());
        entry.promise = Some(self.key.sign(&entry.promised()));
    }
}

fn to_i64(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl LogEntry {
    /// The canonical JSON that a signed entry timestamp covers (RFC 8785).
    pub(crate) fn promised(&self) -> Vec<u8> {
        json!({
            "body": b64(&self.body),
            "integratedTime": self.integrated_time.unwrap_or_default(),
            "logID": hex(&self.log_id),
            "logIndex": self.log_index,
        })
        .to_string()
        .into_bytes()
    }

    /// The entry in a bundle (protojson: 64-bit numbers are strings).
    pub(crate) fn to_json(&self) -> Value {
        let mut entry = json!({
            "logIndex": self.log_index.to_string(),
            "logId": { "keyId": b64(&self.log_id) },
            "kindVersion": { "kind": self.kind, "version": self.version },
            "canonicalizedBody": b64(&self.body),
        });
        if let Some(time) = self.integrated_time {
            entry["integratedTime"] = time.to_string().into();
        }
        if let Some(promise) = &self.promise {
            entry["inclusionPromise"] = json!({ "signedEntryTimestamp": b64(promise) });
        }
        if let Some(proof) = &self.proof {
            let hashes: Vec<_> = proof.hashes.iter().map(|hash| b64(hash)).collect();
            entry["inclusionProof"] = json!({
                "logIndex": proof.log_index.to_string(),
                "rootHash": b64(&proof.root_hash),
                "treeSize": proof.tree_size.to_string(),
                "hashes": hashes,
            });
            if let Some(checkpoint) = &proof.checkpoint {
                entry["inclusionProof"]["checkpoint"] = json!({ "envelope": checkpoint });
            }
        }
        entry
    }
}
