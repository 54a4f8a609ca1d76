//! Each thing that an entry must say of a signature, changed by itself. The library compares most of it again, so a test of
//! the whole verification would not show that we do.

use serde_json::json;

use super::*;
use crate::model::{Form, Version};

const KEY: &str = include_str!("../../../../examples/platform/trust-roots/platform.pub");
const OTHER: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
const PAYLOAD: &[u8] = b"{}";
const SIGNATURE: &[u8] = b"a signature";

fn envelope() -> Model {
    Model {
        form: Form::Bundle(Version::V03),
        signed: Signed::Dsse { payload_type: "text/plain".to_owned(), payload: PAYLOAD.to_vec() },
        signature: SIGNATURE.to_vec(),
        material: Material::Key { hint: String::new() },
        entries: Vec::new(),
        tokens: Vec::new(),
    }
}

fn intoto(payload: &[u8], payload_type: &str, signatures: &[(&[u8], &str)]) -> Value {
    let signatures: Vec<Value> = signatures
        .iter()
        .map(|(signature, key)| {
            let inner = STANDARD.encode(signature);
            json!({ "sig": STANDARD.encode(inner), "publicKey": STANDARD.encode(key) })
        })
        .collect();
    json!({ "spec": { "content": {
        "payloadHash": { "algorithm": "sha256", "value": Digest::sha256(payload).hex() },
        "envelope": { "payloadType": payload_type, "signatures": signatures },
    } } })
}

fn dsse(payload: &[u8], signatures: &[(&[u8], &str)]) -> Value {
    let signatures: Vec<Value> = signatures
        .iter()
        .map(|(signature, key)| json!({ "signature": STANDARD.encode(signature), "verifier": STANDARD.encode(key) }))
        .collect();
    let hash = json!({ "algorithm": "sha256", "value": Digest::sha256(payload).hex() });
    json!({ "spec": { "payloadHash": hash, "signatures": signatures } })
}

fn judge(kind: &str, body: Value) -> Result<(), String> {
    let entry = Entry {
        index: 0,
        log_id: [0; 32],
        kind: kind.to_owned(),
        version: if kind == "intoto" { "0.0.2" } else { "0.0.1" }.to_owned(),
        integrated_time: None,
        promise: None,
        proof: None,
        body: Vec::new(),
        parsed_body: body,
    };
    let key = PublicKey::from_pem(KEY).unwrap();
    binds(&envelope(), &entry, &Message::Bytes(PAYLOAD.into()), &Holder::Key(&key)).map_err(|rejection| {
        assert_eq!(rejection.step, Step::Log);
        assert_eq!(rejection.reason, Reason::Tampered);
        rejection.detail
    })
}

#[test]
fn an_intoto_entry_is_for_this_envelope() {
    let good = (SIGNATURE, KEY);
    assert_eq!(judge("intoto", intoto(PAYLOAD, "text/plain", &[good])), Ok(()));
    for (body, what) in [
        (intoto(b"{ }", "text/plain", &[good]), "content"),
        (intoto(PAYLOAD, "text/html", &[good]), "payload type"),
        (intoto(PAYLOAD, "text/plain", &[]), "number of signatures"),
        (intoto(PAYLOAD, "text/plain", &[good, good]), "number of signatures"),
        (intoto(PAYLOAD, "text/plain", &[(b"another", KEY)]), "signature"),
        (intoto(PAYLOAD, "text/plain", &[(SIGNATURE, OTHER)]), "key"),
    ] {
        assert_eq!(judge("intoto", body), Err(format!("the log entry is for another {what}")));
    }
}

#[test]
fn a_dsse_entry_is_for_this_envelope() {
    let good = (SIGNATURE, KEY);
    assert_eq!(judge("dsse", dsse(PAYLOAD, &[good])), Ok(()));
    for (body, what) in [
        (dsse(b"{ }", &[good]), "content"),
        (dsse(PAYLOAD, &[]), "number of signatures"),
        (dsse(PAYLOAD, &[good, good]), "number of signatures"),
        (dsse(PAYLOAD, &[(b"another", KEY)]), "signature"),
        (dsse(PAYLOAD, &[(SIGNATURE, OTHER)]), "key"),
    ] {
        assert_eq!(judge("dsse", body), Err(format!("the log entry is for another {what}")));
    }
}

/// Where only a digest is known, it must be the one that the entry has.
#[test]
fn a_digest_is_sha256() {
    let short = Digest::sha256(PAYLOAD);
    assert_eq!(sha256(&Message::Digest(&short)), Ok(short.clone()));
    let long = Digest::of(Algorithm::Sha512, PAYLOAD);
    assert_eq!(sha256(&Message::Digest(&long)).unwrap_err().reason, Reason::Unsupported);
}
