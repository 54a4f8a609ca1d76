//! Updates by TUF, against a repository written here: each attack has its own refusal.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Timestamp};
use proofmark_sigstore::tuf::{Store, TufError, Updated, update};
use proofmark_testkit::sigstore::{KeyType, SigningKey};
use serde_json::{Value, json};

fn key() -> SigningKey {
    SigningKey::from_seed(KeyType::Ed25519, "tuf")
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}

/// Signs metadata. The documents here are plain ASCII with sorted keys, so that serde_json's text is canonical.
fn sign(signed: &Value, key: &SigningKey) -> Vec<u8> {
    let signature = hex(&key.sign(signed.to_string().as_bytes()));
    json!({ "signatures": [{ "keyid": "k", "sig": signature }], "signed": signed }).to_string().into_bytes()
}

fn root(version: u64, expires: &str) -> Value {
    let public = key().public_der();
    let role = json!({ "keyids": ["k"], "threshold": 1 });
    json!({
        "_type": "root",
        "consistent_snapshot": true,
        "expires": expires,
        "keys": { "k": {
            "keytype": "ed25519",
            "keyval": { "public": hex(&public[public.len() - 32..]) },
            "scheme": "ed25519",
        } },
        "roles": { "root": role, "snapshot": role, "targets": role, "timestamp": role },
        "spec_version": "1.0.0",
        "version": version,
    })
}

const LATER: &str = "2030-01-01T00:00:00Z";

/// A whole repository at a version.
fn repository(version: u64, expires: &str, signer: &SigningKey) -> BTreeMap<String, Vec<u8>> {
    let target = format!("root {version}").into_bytes();
    let digest = Digest::sha256(&target);
    let targets = json!({
        "_type": "targets", "expires": LATER, "spec_version": "1.0.0", "version": version,
        "targets": { "trusted_root.json": { "hashes": { "sha256": digest.hex() }, "length": target.len() } },
    });
    let snapshot = json!({
        "_type": "snapshot", "expires": LATER, "spec_version": "1.0.0", "version": version,
        "meta": { "targets.json": { "version": version } },
    });
    let timestamp = json!({
        "_type": "timestamp", "expires": expires, "spec_version": "1.0.0", "version": version,
        "meta": { "snapshot.json": { "version": version } },
    });
    BTreeMap::from([
        ("timestamp.json".to_owned(), sign(&timestamp, signer)),
        (format!("{version}.snapshot.json"), sign(&snapshot, signer)),
        (format!("{version}.targets.json"), sign(&targets, signer)),
        (format!("targets/{}.trusted_root.json", digest.hex()), target),
    ])
}

fn run(files: &BTreeMap<String, Vec<u8>>, store: &mut Store) -> Result<Updated, TufError> {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let pinned = sign(&root(1, LATER), &key());
    update(&mut |path| Ok(files.get(path).cloned()), &pinned, store, now)
}

#[test]
fn an_honest_repository() {
    let mut store = Store::default();
    let first = run(&repository(3, LATER, &key()), &mut store).unwrap();
    assert_eq!(
        (first.trusted_root.as_slice(), first.root_version, first.targets_version),
        (&b"root 3"[..], 1, 3)
    );
    let mut files = repository(4, LATER, &key());
    files.insert("2.root.json".to_owned(), sign(&root(2, LATER), &key()));
    let second = run(&files, &mut store).unwrap();
    assert_eq!((second.root_version, second.timestamp_version, second.snapshot_version), (2, 4, 4));
    assert!(store.files.contains_key("root_history/2.root.json"));
    assert!(!store.files.keys().any(|name| name.starts_with("targets/")));
}

/// TUF-01: an old repository, whose signatures are good.
#[test]
fn tuf_01_rollback() {
    let mut store = Store::default();
    run(&repository(4, LATER, &key()), &mut store).unwrap();
    let known = store.clone();
    let error = run(&repository(3, LATER, &key()), &mut store).unwrap_err();
    assert_eq!(error, TufError::Rollback { role: "timestamp".to_owned(), trusted: 4, offered: 3 });
    assert_eq!(store, known, "a refused update leaves what was known");
}

#[test]
fn freeze_and_expiry() {
    let stale = repository(3, "2025-12-31T00:00:00Z", &key());
    assert!(
        matches!(run(&stale, &mut Store::default()), Err(TufError::Freeze { role, .. }) if role == "timestamp")
    );
    let mut files = repository(3, LATER, &key());
    files.insert("2.root.json".to_owned(), sign(&root(2, "2025-12-31T00:00:00Z"), &key()));
    assert!(matches!(run(&files, &mut Store::default()), Err(TufError::RootExpired { .. })));
}

#[test]
fn thresholds_and_order() {
    let stranger = SigningKey::from_seed(KeyType::Ed25519, "stranger");
    let forged = repository(3, LATER, &stranger);
    assert!(matches!(
        run(&forged, &mut Store::default()),
        Err(TufError::Threshold { found: 0, needed: 1, .. })
    ));
    let mut files = repository(3, LATER, &key());
    files.insert("2.root.json".to_owned(), sign(&root(2, LATER), &stranger));
    assert!(
        matches!(run(&files, &mut Store::default()), Err(TufError::Threshold { role, .. }) if role == "root")
    );
    files.insert("2.root.json".to_owned(), sign(&root(3, LATER), &key()));
    assert_eq!(run(&files, &mut Store::default()), Err(TufError::RootOrder { trusted: 1, offered: 3 }));
}

#[test]
fn targets_that_are_not_the_signed_ones() {
    let mut files = repository(3, LATER, &key());
    let name = files.keys().find(|name| name.starts_with("targets/")).unwrap().clone();
    files.insert(name.clone(), b"root 4".to_vec());
    assert!(matches!(run(&files, &mut Store::default()), Err(TufError::Integrity(_))));
    files.insert(name.clone(), b"root 3 and more".to_vec());
    assert!(matches!(run(&files, &mut Store::default()), Err(TufError::Integrity(_))));
    files.remove(&name);
    assert!(matches!(run(&files, &mut Store::default()), Err(TufError::Fetch(_))));
    let pinned = sign(&root(1, LATER), &key());
    let failing =
        update(&mut |_| Err("no network".to_owned()), &pinned, &mut Store::default(), Timestamp::UNIX_EPOCH);
    assert_eq!(failing, Err(TufError::Fetch("no network".to_owned())));
    let garbage = update(&mut |_| Ok(None), b"{}", &mut Store::default(), Timestamp::UNIX_EPOCH);
    assert!(matches!(garbage, Err(TufError::Malformed(_))));
}
