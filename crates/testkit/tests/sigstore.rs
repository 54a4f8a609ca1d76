//! What a world signs is what the specifications say, checked by other means than those that made it.
#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Verifier as _;
use proofmark_core::Digest;
use proofmark_testkit::sigstore::{
    Eku, EntryKind, Format, KeyType, LogEntry, LogSpec, SignRequest, Signed, SigningKey, Statement, Tamper,
    TokenSpec, World, WorldOptions,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn world() -> World {
    World::new(WorldOptions::default())
}

fn image() -> SignRequest {
    SignRequest::image(&Digest::sha256(b"manifest"))
}

fn blob() -> SignRequest {
    SignRequest::blob(b"artifact")
}

fn decode(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// The P-256 key at the end of a SubjectPublicKeyInfo.
fn p256(spki: &[u8]) -> p256::ecdsa::VerifyingKey {
    p256::ecdsa::VerifyingKey::from_sec1_bytes(&spki[spki.len() - 65..]).unwrap()
}

fn signed_by(key: &p256::ecdsa::VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    p256::ecdsa::Signature::from_der(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// RFC 9162 2.1.3.2, by index arithmetic.
fn root_of(entry: &LogEntry) -> Vec<u8> {
    let proof = entry.proof.as_ref().unwrap();
    let node = |l: &[u8], r: &[u8]| {
        Sha256::new().chain_update([1]).chain_update(l).chain_update(r).finalize().to_vec()
    };
    let (mut position, mut last) = (proof.log_index, proof.tree_size - 1);
    let mut hash = Sha256::new().chain_update([0]).chain_update(&entry.body).finalize().to_vec();
    for sibling in &proof.hashes {
        if position % 2 == 1 || position == last {
            hash = node(sibling, &hash);
            while position % 2 == 0 && position != 0 {
                (position, last) = (position / 2, last / 2);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (position, last) = (position / 2, last / 2);
    }
    assert_eq!(last, 0, "the path has the right length");
    hash
}

/// The text of a signed note, and its first signature without the hint.
fn note(entry: &LogEntry) -> (String, Vec<u8>, Vec<u8>) {
    let note = entry.proof.as_ref().unwrap().checkpoint.clone().unwrap();
    let (text, signatures) = note.split_once("\n\n").unwrap();
    let raw = STANDARD.decode(signatures.lines().next().unwrap().rsplit(' ').next().unwrap()).unwrap();
    (format!("{text}\n"), raw[..4].to_vec(), raw[4..].to_vec())
}

#[test]
fn an_entry_of_rekor_v1_has_a_promise_a_path_and_a_signed_checkpoint() {
    let world = world();
    let root = world.trusted_root();
    let key = p256(&decode(&root["tlogs"][0]["publicKey"]["rawBytes"]));
    for request in
        [image().rekor_v1(), blob().rekor_v1(), image().log(LogSpec::rekor_v1().kind(EntryKind::Intoto002))]
    {
        let entry = &world.sign(&request).entries[0];
        let hex = entry.log_id.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let promised = format!(
            r#"{{"body":"{}","integratedTime":{},"logID":"{hex}","logIndex":{}}}"#,
            STANDARD.encode(&entry.body),
            entry.integrated_time.unwrap(),
            entry.log_index,
        );
        assert!(signed_by(&key, promised.as_bytes(), entry.promise.as_ref().unwrap()));
        assert_eq!(root_of(entry), entry.proof.as_ref().unwrap().root_hash);
        let (text, hint, signature) = note(entry);
        assert!(signed_by(&key, text.as_bytes(), &signature));
        assert_eq!(hint, entry.log_id[..4]);
        assert_eq!(STANDARD.decode(text.lines().nth(2).unwrap()).unwrap(), root_of(entry));
    }
}

#[test]
fn an_entry_of_rekor_v2_has_a_path_and_a_checkpoint_and_no_time() {
    let world = world();
    let root = world.trusted_root();
    let spki = decode(&root["tlogs"][1]["publicKey"]["rawBytes"]);
    let key = ed25519_dalek::VerifyingKey::from_bytes(spki[spki.len() - 32..].try_into().unwrap()).unwrap();
    let entry = &world.sign(&image()).entries[0];
    assert_eq!((entry.integrated_time, &entry.promise), (None, &None));
    assert_eq!(root_of(entry), entry.proof.as_ref().unwrap().root_hash);
    let (text, hint, signature) = note(entry);
    key.verify(text.as_bytes(), &ed25519_dalek::Signature::from_slice(&signature).unwrap()).unwrap();
    assert_eq!(hint, decode(&root["tlogs"][1]["logId"]["keyId"])[..4]);
    assert_eq!(format!("https://{}", text.lines().next().unwrap()), root["tlogs"][1]["baseUrl"]);
}

#[test]
fn the_signature_is_over_the_pre_authentication_encoding() {
    let key = SigningKey::from_seed(KeyType::P256, "key");
    let signed = world().sign(&image().key(key.clone()));
    let payload = decode(&signed.document()["dsseEnvelope"]["payload"]);
    let kind = "application/vnd.in-toto+json";
    let pae = [format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).as_bytes(), &payload].concat();
    assert!(signed_by(&p256(&key.public_der()), &pae, &signed.signature));
    let digest = decode(
        &serde_json::from_slice::<Value>(&signed.entries[0].body).unwrap()["spec"]["hashedRekordV002"]["data"]
            ["digest"],
    );
    assert_eq!(digest, Sha256::digest(&pae).to_vec());
}

#[test]
fn equal_requests_give_equal_bytes_and_other_seeds_other_ones() {
    for request in [image(), blob().rekor_v1(), SignRequest::legacy_image("x", &Digest::sha256(b"m"))] {
        let (one, two) = (world().sign(&request), world().sign(&request));
        assert_eq!((one.layer(), &one.annotations), (two.layer(), &two.annotations));
        let other = World::new(WorldOptions::seeded("other")).sign(&request);
        assert_ne!((one.layer(), &one.annotations), (other.layer(), &other.annotations));
    }
    assert_eq!(world().trusted_root_json(), world().trusted_root_json());
}

#[test]
fn forms_have_the_members_of_their_version() {
    let world = world();
    let material =
        |format| world.sign(&image().rekor_v1().format(format)).document()["verificationMaterial"].clone();
    for format in [Format::BundleV01, Format::BundleV02] {
        assert_eq!(material(format)["x509CertificateChain"]["certificates"].as_array().unwrap().len(), 2);
    }
    for format in [Format::BundleV03, Format::BundleV03Old] {
        assert!(material(format)["certificate"]["rawBytes"].is_string());
    }
    let legacy = world.sign(&SignRequest::legacy_attestation(&Statement::new("x")));
    assert!(legacy.bundle().is_empty());
    assert_eq!(legacy.annotations["dev.cosignproject.cosign/signature"], "");
    assert_eq!(
        serde_json::from_slice::<Value>(&legacy.payload).unwrap()["signatures"].as_array().unwrap().len(),
        1
    );
}

/// Everything that a request's result consists of.
fn whole(signed: &Signed) -> Value {
    json!({ "text": String::from_utf8_lossy(signed.layer()), "annotations": signed.annotations })
}

#[test]
fn every_tamper_changes_what_comes_out() {
    let world = world();
    for (request, tamper) in tampers() {
        let honest = whole(&world.sign(&request));
        let label = format!("{tamper:?}");
        assert_ne!(whole(&world.sign(&request.tamper(tamper))), honest, "{label}");
    }
}

fn tampers() -> Vec<(SignRequest, Tamper)> {
    let v1 = || image().rekor_v1();
    vec![
        (image(), Tamper::SctMissing),
        (image(), Tamper::SctWrongKey),
        (image(), Tamper::SctUnknownLog),
        (image(), Tamper::SctOtherCertificate),
        (image(), Tamper::SctTwice),
        (image(), Tamper::SctExtensionsAdded),
        (image(), Tamper::CertificateUnknownAuthority),
        (image(), Tamper::CertificateForged),
        (image(), Tamper::CertificateBitFlip),
        (image(), Tamper::LeafIsCa),
        (image(), Tamper::CertificateOtherKey),
        (image(), Tamper::Leaf(|leaf| leaf.ekus = vec![Eku::ClientAuth])),
        (image(), Tamper::SignatureBitFlip),
        (image(), Tamper::SignatureOtherKey),
        (image(), Tamper::RawPayloadSigned),
        (image(), Tamper::PayloadReplaced(b"x".to_vec())),
        (image(), Tamper::PayloadTypeReplaced("x".to_owned())),
        (blob(), Tamper::MessageDigestReplaced),
        (image(), Tamper::NoSignature),
        (image(), Tamper::SecondSignature),
        (image(), Tamper::SignatureTwice),
        (image(), Tamper::EntryOfOtherSignature),
        (image(), Tamper::EntryOtherDigest),
        (image(), Tamper::EntryOtherSignature),
        (image(), Tamper::EntryOtherVerifier),
        (image(), Tamper::EntryWhitespaceLogged),
        (image(), Tamper::EntryWhitespaceAdded),
        (image(), Tamper::EntryTwice),
        (image(), Tamper::EntryTimes(3)),
        (image(), Tamper::EntryOfUnknownLogAdded),
        (image(), Tamper::UnknownLog),
        (image(), Tamper::LogIdReplaced),
        (image(), Tamper::KindReplaced),
        (v1(), Tamper::SetBitFlip),
        (v1(), Tamper::SetWrongKey),
        (v1(), Tamper::SetOfOtherEntry),
        (v1(), Tamper::SetMissing),
        (v1(), Tamper::IntegratedTimeShifted(-1)),
        (v1(), Tamper::LogIndexShifted(1)),
        (v1(), Tamper::ProofMissing),
        (v1(), Tamper::ProofRootHash),
        (v1(), Tamper::ProofHashBitFlip),
        (v1(), Tamper::ProofHashDropped),
        (v1(), Tamper::ProofHashAdded),
        (v1(), Tamper::ProofTreeSize(1)),
        (v1(), Tamper::ProofLogIndex(1)),
        (v1(), Tamper::CheckpointMissing),
        (v1(), Tamper::CheckpointOrigin),
        (v1(), Tamper::CheckpointHint),
        (v1(), Tamper::CheckpointBitFlip),
        (v1(), Tamper::CheckpointWrongKey),
        (v1(), Tamper::CheckpointOfOtherTree),
        (v1(), Tamper::CheckpointCosigned),
        (v1(), Tamper::Entry(|entry| entry.log_index = 0)),
        (image(), Tamper::TimestampOfOtherBytes),
        (image(), Tamper::TimestampUnknownAuthority),
        (image(), Tamper::TimestampForged),
        (image(), Tamper::TimestampBitFlip),
        (image(), Tamper::TimestampTwice),
        (image(), Tamper::TimestampTimes(3)),
        (image(), Tamper::TimestampOfUnknownAuthorityAdded),
        (image().format(Format::BundleV02), Tamper::RootInChain),
        (image().format(Format::BundleV02), Tamper::EmptyChain),
        (image(), Tamper::CertificateAndKey),
        (image().key(SigningKey::from_seed(KeyType::P256, "k")), Tamper::Hint("x".to_owned())),
        (image(), Tamper::MediaType("x".to_owned())),
        (image(), Tamper::DuplicateKey("payload")),
        (image(), Tamper::Document(|document| document["x"] = 1.into())),
        (image(), Tamper::Text(|text| text + " ")),
        (SignRequest::legacy_payload(b"x"), Tamper::Annotations(std::collections::BTreeMap::clear)),
    ]
}

#[test]
fn every_knob_of_a_token_changes_it() {
    let world = world();
    let token = |spec: TokenSpec| world.sign(&image().timestamps([spec])).timestamps[0].clone();
    let plain = token(TokenSpec::default());
    for spec in [
        TokenSpec { at: Some(world.options().now), ..TokenSpec::default() },
        TokenSpec { embed_certificate: true, ..TokenSpec::default() },
        TokenSpec { sha512: true, ..TokenSpec::default() },
        TokenSpec { fraction: Some("5".to_owned()), ..TokenSpec::default() },
        TokenSpec { status: 2, ..TokenSpec::default() },
    ] {
        assert_ne!(token(spec.clone()), plain, "{spec:?}");
    }
}
