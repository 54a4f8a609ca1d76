//! `docs/vectors/keys.toml`: one test a row, each a signature by the testkit's Sigstore.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Digest, Transparency};
use proofmark_sigstore::{Authority, Candidate, PublicKey, Question, RootSource, TrustRoot, verify};
use proofmark_testkit::sigstore::{
    EntryKind, Hash, KeyType, LogSpec, SignRequest, SigningKey, TokenSpec, World, WorldOptions,
    simple_signing,
};

fn field(row: &toml::Value, name: &str) -> Result<String, Failed> {
    Ok(row.get(name).and_then(toml::Value::as_str).ok_or_else(|| format!("no {name}"))?.to_owned())
}

fn log(entry: &str) -> Result<Option<LogSpec>, Failed> {
    let (v2, kind) = match entry {
        "none" => return Ok(None),
        "hashedrekord/0.0.1" => (false, EntryKind::HashedRekord),
        "hashedrekord/0.0.2" => (true, EntryKind::HashedRekord),
        "dsse/0.0.1" => (false, EntryKind::Dsse),
        "dsse/0.0.2" => (true, EntryKind::Dsse),
        "intoto/0.0.1" => (false, EntryKind::Intoto001),
        "intoto/0.0.2" => (false, EntryKind::Intoto002),
        other => return Err(format!("no entry {other}").into()),
    };
    Ok(Some(if v2 { LogSpec::rekor_v2() } else { LogSpec::rekor_v1() }.kind(kind)))
}

fn run(row: &toml::Value) -> Result<(), Failed> {
    let transparency = match field(row, "transparency")?.as_str() {
        "required" => Transparency::Required,
        "timestamp" => Transparency::Timestamp,
        "optional" => Transparency::Optional,
        other => return Err(format!("no transparency {other}").into()),
    };
    let kind = match field(row, "key")?.as_str() {
        "ecdsa-p256" => KeyType::P256,
        "ecdsa-p384" => KeyType::P384,
        "ed25519" => KeyType::Ed25519,
        "rsa-pkcs1v15" => KeyType::Rsa2048,
        other => return Err(format!("no key {other}").into()),
    };
    let world = World::new(WorldOptions::default());
    let digest = Digest::sha256(b"manifest");
    let (key, payload) = (SigningKey::from_seed(kind, "table"), simple_signing("a", &digest, None));
    let message = field(row, "content")? == "message";
    let mut request =
        if message { SignRequest::blob(&payload) } else { SignRequest::image(&digest) }.key(key.clone());
    request.hash = match field(row, "hash")?.as_str() {
        "sha256" => Some(Hash::Sha256),
        "sha384" => Some(Hash::Sha384),
        "sha512" => Some(Hash::Sha512),
        "none" => None,
        other => return Err(format!("no hash {other}").into()),
    };
    request.log = log(&field(row, "entry")?)?;
    let stamped = field(row, "time")? == "timestamp";
    let signed = world.sign(&request.timestamps(stamped.then(TokenSpec::default)));
    let source = RootSource::File { path: "world.json".to_owned(), fetched: None };
    let mut root: serde_json::Value = serde_json::from_str(&world.trusted_root_json())?;
    if transparency == Transparency::Timestamp {
        (root["tlogs"], root["ctlogs"]) = (serde_json::json!([]), serde_json::json!([]));
    }
    let root = TrustRoot::parse("world", root.to_string().as_bytes(), source)?;
    let key = PublicKey::from_pem(&key.public_pem())?;
    if key.algorithm().as_str() != field(row, "key")? {
        return Err(format!("the key is called {}", key.algorithm().as_str()).into());
    }
    let authority = Authority::Key { key: &key, transparency, root: Some(&root), valid_until: None };
    let question = if message {
        Question::Blob(proofmark_sigstore::Artifact::Bytes(&payload))
    } else {
        Question::ImageSignature { digest: &digest }
    };
    let now = world.options().now + jiff::SignedDuration::from_secs(60);
    let result = Candidate::bundle(signed.bundle()).and_then(|c| verify(&c, &question, &authority, now));
    let expected = field(row, "verdict")?;
    let found = match &result {
        Ok(_) => "verified".to_owned(),
        Err(rejection) => rejection.reason.to_string(),
    };
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found}, not {expected}: {:?}", result.err()).into())
    }
}

fn main() {
    let table: toml::Table =
        toml::from_str(include_str!("../../../docs/vectors/keys.toml")).expect("the table is TOML");
    let rows = table["row"].as_array().expect("the table has rows").clone();
    let trials = rows
        .into_iter()
        .map(|row| {
            let part = |name| field(&row, name).unwrap_or_default();
            let name = ["key", "hash", "transparency", "content", "entry", "time"].map(part).join(" ");
            Trial::test(name, move || run(&row))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
