//! The log step: the signature was logged, where everyone could see it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::{Reason, Timestamp};
use sigstore_verify::types::{Sha256Hash, SignatureBytes};

use crate::checkpoint;
use crate::facts::{LogEntryFacts, TimeKind, VerifiedTime};
use crate::hex;
use crate::log_body::{self, Holder};
use crate::model::{Entry, Model, Proof};
use crate::rejection::{Rejection, Step};
use crate::root::{Log, TrustRoot};
use crate::signature::Message;

/// A log entry that was verified, and the time it proves.
pub(crate) struct Logged<'r> {
    pub(crate) facts: LogEntryFacts,
    pub(crate) time: Option<VerifiedTime>,
    pub(crate) log: &'r Log,
}

fn tampered(detail: &str) -> Rejection {
    Rejection::new(Reason::Tampered, Step::Log, detail)
}

/// Verifies one entry: it is for this signature, and this log holds it.
pub(crate) fn verify<'r>(
    model: &Model,
    entry: &Entry,
    message: &Message<'_>,
    holder: &Holder<'_>,
    root: &'r TrustRoot,
) -> Result<Logged<'r>, Rejection> {
    log_body::supported(model, entry)?;
    let log = root.log(&entry.log_id).ok_or_else(|| {
        let detail =
            format!("log {} is not in trusted root {}", hex::encode(&entry.log_id[..8]), root.name());
        Rejection::new(Reason::UntrustedRoot, Step::Log, detail)
    })?;
    log_body::binds(model, entry, message, holder)?;
    if entry.proof.is_none() && entry.promise.is_none() {
        let detail = "the log entry has neither an inclusion proof nor a signed entry timestamp";
        return Err(Rejection::new(Reason::NoTransparency, Step::Log, detail));
    }
    let origin = entry.proof.as_ref().map(|proof| included(entry, proof, log)).transpose()?;
    let time = match &entry.promise {
        Some(promise) => promised(entry, promise, log)?,
        None => None,
    };
    let facts = LogEntryFacts {
        index: entry.index,
        log_id: hex::encode(&entry.log_id),
        log: log.name.clone(),
        origin,
        kind: entry.kind_version(),
    };
    Ok(Logged { facts, time, log })
}

/// The body's leaf hash leads to the root that the log signed (RFC 6962 section 2.1.1). Returns the origin.
fn included(entry: &Entry, proof: &Proof, log: &Log) -> Result<String, Rejection> {
    let checkpoint = checkpoint::parse(&proof.checkpoint)
        .map_err(|error| Rejection::new(Reason::Malformed, Step::Log, format!("the checkpoint: {error}")))?;
    if checkpoint.root_hash().as_bytes()[..] != proof.root[..] || checkpoint.tree_size() != proof.tree_size {
        // In Rekor v2 these two are copies that nothing else reads: malformed evidence rather than a broken proof.
        let reason = if entry.is_rekor_v2() { Reason::Malformed } else { Reason::Tampered };
        return Err(Rejection::new(
            reason,
            Step::Log,
            "the inclusion proof is not for the checkpoint's tree",
        ));
    }
    let hashes: Vec<Sha256Hash> = proof.hashes.iter().map(|hash| Sha256Hash::new(*hash)).collect();
    let leaf = sigstore_merkle::hash_leaf(&entry.body);
    sigstore_merkle::verify_inclusion_proof(
        &leaf,
        proof.index,
        proof.tree_size,
        &hashes,
        checkpoint.root_hash(),
    )
    .map_err(|_| tampered("the inclusion proof does not lead to the log's root"))?;
    if !checkpoint::is_signed_by(&checkpoint, log) {
        return Err(tampered("the checkpoint is not signed by the log"));
    }
    Ok(checkpoint.origin().to_owned())
}

/// Verifies Rekor v1's signed entry timestamp; only under it is `integratedTime` a time (TIME-01).
fn promised(entry: &Entry, promise: &[u8], log: &Log) -> Result<Option<VerifiedTime>, Rejection> {
    // RFC 8785 of {body, integratedTime, logID, logIndex}: no character of the values needs escaping.
    let signed = format!(
        r#"{{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}}"#,
        STANDARD.encode(&entry.body),
        entry.integrated_time.unwrap_or(0),
        hex::encode(&entry.log_id),
        entry.index,
    );
    log.key
        .verify(signed.as_bytes(), &SignatureBytes::new(promise.to_vec()))
        .map_err(|_| tampered("the signed entry timestamp is not the log's"))?;
    let Some(seconds) = entry.integrated_time else { return Ok(None) };
    let at = Timestamp::from_second(seconds).map_err(|_| tampered("the integrated time is impossible"))?;
    Ok(Some(VerifiedTime { at, kind: TimeKind::Log, authority: log.name.clone() }))
}
