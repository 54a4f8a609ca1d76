//! A bundle with a new timestamp on the old envelope: what anybody can do to evidence made with a managed key, whose signature never
//! ends, to make it look as if it were of today (RFC 3161 stamps whatever hash it is given).

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::stack::Stack;
use crate::stack::http;

/// Replaces every timestamp of a bundle by one that the authority gives now.
pub(super) fn again(stack: &Stack, bundle: &mut Value) -> Result<()> {
    let signature =
        bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().context("a bundle without envelope")?;
    let signature = BASE64.decode(signature).context("a signature that is no base64")?;
    let stamp = BASE64.encode(stamp(stack, &signature)?);
    let old = bundle["verificationMaterial"]["timestampVerificationData"].take();
    let old =
        old["rfc3161Timestamps"][0]["signedTimestamp"].as_str().context("a bundle without a timestamp")?;
    ensure!(old != stamp, "the authority gave the same timestamp twice");
    bundle["verificationMaterial"]["timestampVerificationData"] =
        json!({"rfc3161Timestamps": [{"signedTimestamp": stamp}]});
    Ok(())
}

/// A TimeStampResp in DER over these bytes.
fn stamp(stack: &Stack, bytes: &[u8]) -> Result<Vec<u8>> {
    let hash = BASE64.encode(Sha256::digest(bytes));
    let query = json!({"artifactHash": hash, "certificates": true, "hashAlgorithm": "sha256", "nonce": 1});
    let kind = [("Content-Type", "application/json")];
    let response = http::request("POST", &stack.tsa, &kind, query.to_string().as_bytes())?;
    ensure!(
        response.is_success(),
        "the timestamp authority answered {}: {}",
        response.status,
        String::from_utf8_lossy(&response.body)
    );
    Ok(response.body)
}
