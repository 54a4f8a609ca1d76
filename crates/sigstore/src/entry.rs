//! The strict reading of a transparency log entry: redundant fields must agree, even those that nobody signs.

use serde_json::Value;

use crate::fields::Fields;
use crate::json;
use crate::model::{Entry, Proof};
use crate::rejection::Rejection;

/// Hashes in a proof: a tree has at most 2^63 leaves.
const MAX_HASHES: usize = 64;
/// Bytes of a checkpoint: a log's and its witnesses' signature lines.
const MAX_CHECKPOINT: usize = 16 << 10;
/// Bytes of a canonicalised body: `intoto` 0.0.2 carries a certificate, not the payload.
pub(crate) const MAX_BODY: usize = 1 << 20;
/// Bytes of a signed entry timestamp.
pub(crate) const MAX_PROMISE: usize = 1 << 10;

/// Reads an entry of `tlogEntries`.
pub(crate) fn parse(at: &str, value: Value) -> Result<Entry, Rejection> {
    let mut fields = Fields::new(at, value)?;
    let index = fields.integer("logIndex")?.unwrap_or(0);
    let mut log = fields.required_object("logId")?;
    let log_id = log.hash("keyId")?;
    log.finish()?;
    let mut kind_version = fields.required_object("kindVersion")?;
    let kind = kind_version.required_string("kind", 64)?;
    let version = kind_version.required_string("version", 64)?;
    kind_version.finish()?;
    let integrated_time = integrated(fields.integer("integratedTime")?);
    let promise = match fields.object("inclusionPromise")? {
        None => None,
        Some(mut promise) => {
            let bytes = promise.required_bytes("signedEntryTimestamp", MAX_PROMISE)?;
            promise.finish()?;
            Some(bytes)
        }
    };
    let proof = fields.object("inclusionProof")?.map(proof).transpose()?;
    let body = fields.required_bytes("canonicalizedBody", MAX_BODY)?;
    fields.finish()?;
    let entry = Entry {
        index,
        log_id,
        kind,
        version,
        integrated_time,
        promise,
        proof,
        parsed_body: self::body(&body)?,
        body,
    };
    agree(at, &entry)?;
    Ok(entry)
}

/// Zero is protobuf's absence.
fn integrated(seconds: Option<u64>) -> Option<i64> {
    seconds.filter(|seconds| *seconds != 0).and_then(|seconds| i64::try_from(seconds).ok())
}

fn proof(mut fields: Fields) -> Result<Proof, Rejection> {
    let index = fields.integer("logIndex")?.unwrap_or(0);
    let root = fields.hash("rootHash")?;
    let tree_size = fields.integer("treeSize")?.unwrap_or(0);
    let mut hashes = Vec::new();
    for (at, value) in fields.array("hashes", MAX_HASHES)? {
        // One element as one field, so that the same reading of base64 applies.
        let mut one = Fields::new(&at, Value::Object([("hash".to_owned(), value)].into_iter().collect()))?;
        hashes.push(one.hash("hash")?);
    }
    let mut checkpoint_fields = fields.required_object("checkpoint")?;
    let checkpoint = checkpoint_fields.required_string("envelope", MAX_CHECKPOINT)?;
    checkpoint_fields.finish()?;
    fields.finish()?;
    Ok(Proof { index, tree_size, root, hashes, checkpoint })
}

/// Reads a canonicalised body: RFC 8785 has no insignificant white space, and no reader may see two values.
pub(crate) fn body(bytes: &[u8]) -> Result<Value, Rejection> {
    let value = json::parse(bytes, json::SMALL)
        .map_err(|error| Rejection::malformed(format!("a log entry's body is not JSON: {error}")))?;
    if json::has_insignificant_space(bytes) {
        return Err(Rejection::malformed("a log entry's body is not canonical JSON"));
    }
    Ok(value)
}

/// The kind and version in the body, which the log signed, are those beside it, which it did not.
pub(crate) fn body_kind(body: &Value) -> Option<(&str, &str)> {
    Some((body.get("kind")?.as_str()?, body.get("apiVersion")?.as_str()?))
}

fn agree(at: &str, entry: &Entry) -> Result<(), Rejection> {
    if body_kind(&entry.parsed_body) != Some((entry.kind.as_str(), entry.version.as_str())) {
        return Err(Rejection::malformed(format!("{at}.kindVersion is not the body's")));
    }
    // Rekor v2 has neither (rekor-tiles, CLIENTS.md: "integratedTime and inclusionPromise are not set"). Its proof's
    // index is the entry's; sigstore-go reads neither, so a wrong one would pass there.
    if entry.is_rekor_v2() {
        if entry.promise.is_some() || entry.integrated_time.is_some() {
            return Err(Rejection::malformed(format!(
                "{at} has an inclusion promise or time, which Rekor v2 has not"
            )));
        }
        if entry.proof.as_ref().is_some_and(|proof| proof.index != entry.index) {
            return Err(Rejection::malformed(format!("{at}.inclusionProof.logIndex is not {at}.logIndex")));
        }
    }
    Ok(())
}
