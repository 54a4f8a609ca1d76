//! A candidate as we read it: the one model that our own stages and the library both judge.

use serde_json::Value;

/// Which document the candidate came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A Sigstore bundle, with its format version.
    Bundle(Version),
    /// cosign's `.sig` layer: payload and annotations.
    LegacySignature,
    /// cosign's `.att` layer: envelope and annotations.
    LegacyEnvelope,
}

/// A bundle's format version (protobuf-specs `sigstore_bundle.proto`, `media_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V01,
    V02,
    V03,
}

/// What is signed, and the signature.
#[derive(Debug, Clone)]
pub(crate) enum Signed {
    /// A signature over bytes that are elsewhere; for legacy signatures they are here.
    Message { digest: Option<MessageDigest>, payload: Option<Vec<u8>> },
    /// A DSSE envelope.
    Dsse { payload_type: String, payload: Vec<u8> },
}

/// The digest that a message signature says it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageDigest {
    pub(crate) algorithm: String,
    pub(crate) digest: Vec<u8>,
}

/// What the signature is verified with.
#[derive(Debug, Clone)]
pub(crate) enum Material {
    /// A certificate, DER, and the intermediates that came with it.
    Certificate { leaf: Vec<u8>, intermediates: Vec<Vec<u8>> },
    /// A key that the policy must know; the hint is not authenticated.
    Key { hint: String },
}

/// One transparency log entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) index: u64,
    pub(crate) log_id: [u8; 32],
    pub(crate) kind: String,
    pub(crate) version: String,
    pub(crate) integrated_time: Option<i64>,
    pub(crate) promise: Option<Vec<u8>>,
    pub(crate) proof: Option<Proof>,
    pub(crate) body: Vec<u8>,
    /// The body, read strictly.
    pub(crate) parsed_body: Value,
}

impl Entry {
    pub(crate) fn kind_version(&self) -> String {
        format!("{}/{}", self.kind, self.version)
    }

    /// Rekor v2 has `hashedrekord` 0.0.2 (and `dsse` 0.0.2, which nobody verifies); 0.0.2 of `intoto` is v1.
    pub(crate) fn is_rekor_v2(&self) -> bool {
        self.version == "0.0.2" && matches!(self.kind.as_str(), "hashedrekord" | "dsse")
    }
}

/// A Merkle inclusion proof with its checkpoint.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    pub(crate) index: u64,
    pub(crate) tree_size: u64,
    pub(crate) root: [u8; 32],
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) checkpoint: String,
}

/// Everything a candidate holds. Nothing in it is believed.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) form: Form,
    pub(crate) signed: Signed,
    pub(crate) signature: Vec<u8>,
    pub(crate) material: Material,
    pub(crate) entries: Vec<Entry>,
    pub(crate) tokens: Vec<Vec<u8>>,
}
