//! Managed keys: parsing, and what must witness their signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::edwards::CompressedEdwardsY;
use jiff::SignedDuration;
use proofmark_core::{Algorithm, Digest, Reason, Timestamp, Transparency};
use proofmark_sigstore::{
    Artifact, Authority, Candidate, Content, KeyAlgorithm, KeyError, PublicKey, Question, Rejection,
    SignerFacts, Step, TrustRoot, Verified, verify,
};
use proofmark_testkit::sigstore::{
    Hash, KeyType, LogOptions, SignRequest, SigningKey, Tamper, TokenSpec, Window, World, WorldOptions,
};

use crate::{candidate, image, keyless, now, refused, root_of, world};

fn signer() -> SigningKey {
    SigningKey::from_seed(KeyType::P256, "release")
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_pem(&key.public_pem()).unwrap()
}

fn ask(
    world: &World,
    request: &SignRequest,
    transparency: Transparency,
    root: Option<&TrustRoot>,
    valid_until: Option<Timestamp>,
) -> Result<Verified<Content>, Rejection> {
    let (key, digest) = (public(&signer()), image());
    let authority = Authority::Key { key: &key, transparency, root, valid_until };
    let candidate = candidate(&world.sign(request))?;
    verify(&candidate, &Question::ImageSignature { digest: &digest }, &authority, now(world))
}

fn required(world: &World, request: &SignRequest) -> Result<Verified<Content>, Rejection> {
    ask(world, request, Transparency::Required, Some(&root_of(world)), None)
}

#[test]
fn keys_that_are_read_and_keys_that_are_not() {
    for (kind, algorithm) in [
        (KeyType::P256, KeyAlgorithm::P256),
        (KeyType::P384, KeyAlgorithm::P384),
        (KeyType::Ed25519, KeyAlgorithm::Ed25519),
        (KeyType::Rsa2048, KeyAlgorithm::Rsa),
    ] {
        let key = SigningKey::from_seed(kind, "x");
        let read = public(&key);
        assert_eq!((read.algorithm(), read.id().len()), (algorithm, 64));
    }
    let parse = |pem: &str| PublicKey::from_pem(pem).unwrap_err();
    let pem = signer().public_pem();
    assert!(matches!(parse(&SigningKey::from_seed(KeyType::Rsa1024, "").public_pem()), KeyError::Weak(_)));
    assert_eq!(parse(&format!("{pem}{pem}")), KeyError::Several);
    assert_eq!(parse(&pem.replace("PUBLIC", "PRIVATE")), KeyError::Private);
    assert_eq!(parse(&pem.replace("PUBLIC KEY", "ENCRYPTED COSIGN PRIVATE KEY")), KeyError::Private);
    assert_eq!(parse(&format!("# mine\n{pem}")), KeyError::Shape);
    assert_eq!(parse(&pem.replace("PUBLIC KEY", "CERTIFICATE")), KeyError::Shape);
    assert_eq!(parse(""), KeyError::Shape);
    // id-RSASSA-PSS, and secp521r1 with a point of the right size.
    let pss = [0x30, 0x12, 0x30, 0x0b, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 3, 3, 0, 0x30, 0];
    assert_eq!(parse(&wrap(&pss)), KeyError::Unsupported("RSA-PSS"));
    let mut p521 = vec![0x30, 0x81, 0x9b, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5];
    p521.extend([0x2b, 0x81, 4, 0, 0x23, 3, 0x81, 0x86, 0, 4]);
    p521.extend([1; 132]);
    assert_eq!(parse(&wrap(&p521)), KeyError::Unsupported("ECDSA P-521"));
}

fn wrap(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

/// The DER of a key that the kit makes.
fn der(kind: KeyType) -> Vec<u8> {
    let pem = SigningKey::from_seed(kind, "x").public_pem();
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(text).unwrap()
}

fn weak(der: &[u8], why: &str) {
    let error = PublicKey::from_pem(&wrap(der)).unwrap_err();
    assert!(matches!(&error, KeyError::Weak(said) if said.contains(why)), "{error:?}, not: {why}");
}

/// Two forms of one key would be two signers: only one of them is read.
#[test]
fn one_key_has_one_form() {
    let rsa = der(KeyType::Rsa2048);
    // AlgorithmIdentifier { rsaEncryption, NULL }, without its parameters: each length above it is two shorter.
    let without = [
        &[0x30, 0x82],
        &(u16::from_be_bytes([rsa[2], rsa[3]]) - 2).to_be_bytes()[..],
        &[0x30, 11],
        &rsa[6..17],
        &rsa[19..],
    ]
    .concat();
    assert_eq!(rsa[4..6], [0x30, 13]);
    weak(&without, "parameters are not NULL");
    let ed = der(KeyType::Ed25519);
    let with = [&[0x30, 0x2c, 0x30, 7], &ed[4..9], &[5, 0], &ed[9..]].concat();
    weak(&with, "no parameters");
    // The point at y = 1 - 2^255 mod p, with the sign bit of an x that is zero, and y = p + 1.
    for first in [[1, 0x80], [0xee, 0x7f]] {
        let mut point = ed.clone();
        let middle = if first[0] == 1 { 0 } else { 0xff };
        point[12..44].fill(middle);
        (point[12], point[43]) = (first[0], first[1]);
        let error = PublicKey::from_pem(&wrap(&point)).unwrap_err();
        assert!(matches!(error, KeyError::Weak(_)), "{error:?}");
    }
    let mut compressed = der(KeyType::P256);
    compressed.truncate(compressed.len() - 32);
    compressed[26] = 2;
    (compressed[1], compressed[24]) = (compressed[1] - 32, compressed[24] - 32);
    weak(&compressed, "uncompressed form");
}

/// Whoever has no part of the key could sign for it, or nobody could.
#[test]
fn weak_keys_are_refused_when_they_are_read() {
    let ed = der(KeyType::Ed25519);
    let order_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let order_8: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&order_8[2 * at..2 * at + 2], 16).unwrap()).collect();
    let mut identity = vec![0; 32];
    identity[0] = 1;
    for small in [&vec![0; 32], &identity, &order_8] {
        weak(&[&ed[..12], small].concat(), "small order");
    }
    // y = 2 has no x.
    let mut none = vec![0; 32];
    none[0] = 2;
    weak(&[&ed[..12], &none].concat(), "no point of its curve");
    // An honest key and a point of order 8: one holder, two keys.
    let point = |bytes: &[u8]| CompressedEdwardsY::from_slice(bytes).unwrap().decompress().unwrap();
    let both = point(&ed[12..]) + point(&order_8);
    weak(&[&ed[..12], both.compress().as_bytes()].concat(), "outside of the group");
    for kind in [KeyType::P256, KeyType::P384] {
        let mut off = der(kind);
        *off.last_mut().unwrap() ^= 1;
        weak(&off, "no point of its curve");
    }
    let rsa = der(KeyType::Rsa2048);
    let end = rsa.len();
    assert_eq!(rsa[end - 5..], [2, 3, 1, 0, 1]);
    for exponent in [[0x01, 0x00, 0x00], [0x01, 0x00, 0x02], [0x00, 0x80, 0x01]] {
        weak(&[&rsa[..end - 3], &exponent].concat(), "exponent");
    }
    weak(&with_exponent(&rsa, [2, 0, 0, 0, 1]), "exponent");
    PublicKey::from_pem(&wrap(&with_exponent(&rsa, [1, 0xff, 0xff, 0xff, 0xff]))).unwrap();
    let mut even = rsa.clone();
    even[end - 6] &= 0xfe;
    weak(&even, "even");
}

/// A key with another exponent, of five bytes, for its own of three: each of the structures around it is two bytes longer.
fn with_exponent(rsa: &[u8], exponent: [u8; 5]) -> Vec<u8> {
    let mut key = rsa.to_vec();
    for length in [2, 21, 26] {
        let bytes = u16::from_be_bytes([key[length], key[length + 1]]) + 2;
        key[length..length + 2].copy_from_slice(&bytes.to_be_bytes());
    }
    let end = key.len();
    key[end - 4] = 5;
    key.truncate(end - 3);
    key.extend(exponent);
    key
}

#[test]
fn an_honest_key_in_every_form() {
    let world = world();
    let requests = [
        SignRequest::image(&image()),
        SignRequest::image(&image()).rekor_v1(),
        SignRequest::legacy_image("ghcr.io/acme/agents", &image()),
    ];
    for request in requests {
        let verified = required(&world, &request.key(signer())).unwrap();
        assert_eq!(*verified.signer(), SignerFacts::Key { id: public(&signer()).id().to_owned() });
        assert!(verified.earliest_time().is_some() && verified.log_entries().len() == 1);
    }
}

#[test]
fn another_key_or_a_changed_signature() {
    let world = world();
    let other = SigningKey::from_seed(KeyType::P256, "other");
    let base = SignRequest::image(&image());
    refused(required(&world, &base.clone().key(other.clone())), Reason::WrongKey, Step::Signature);
    let legacy = SignRequest::legacy_image("x", &image());
    refused(required(&world, &legacy.clone().key(other)), Reason::WrongKey, Step::Signature);
    // The hint, and in the legacy form the log entry, say that it was our key: so the signature was changed.
    let flipped = base.clone().key(signer()).tamper(Tamper::SignatureBitFlip);
    refused(required(&world, &flipped), Reason::Tampered, Step::Signature);
    let flipped = legacy.key(signer()).tamper(Tamper::SignatureBitFlip);
    refused(required(&world, &flipped), Reason::Tampered, Step::Signature);
    // A certificate where a key is asked for, and a key where a certificate is.
    refused(required(&world, &base), Reason::WrongKey, Step::Signature);
    refused(keyless(&world, &base.key(signer())), Reason::WrongKey, Step::Signature);
}

/// SIG-02 for keys: entries of something else.
#[test]
fn sig_02_entries_of_something_else() {
    let world = world();
    for request in [SignRequest::image(&image()), SignRequest::image(&image()).rekor_v1()] {
        for tamper in [
            Tamper::EntryOfOtherSignature,
            Tamper::EntryOtherDigest,
            Tamper::EntryOtherSignature,
            Tamper::EntryOtherVerifier,
            Tamper::CheckpointWrongKey,
            Tamper::ProofHashBitFlip,
        ] {
            refused(
                required(&world, &request.clone().key(signer()).tamper(tamper)),
                Reason::Tampered,
                Step::Log,
            );
        }
    }
}

#[test]
fn required_needs_log_and_time() {
    let world = world();
    let request = SignRequest::image(&image()).key(signer());
    refused(required(&world, &request.clone().no_log()), Reason::NoTransparency, Step::Log);
    refused(required(&world, &request.clone().timestamps([])), Reason::NoTime, Step::Time);
    let without = ask(&world, &request, Transparency::Required, None, None);
    refused(without, Reason::NoTransparency, Step::Log);
}

#[test]
fn timestamp_needs_a_root_without_logs() {
    let request = SignRequest::image(&image()).key(signer()).no_log();
    let logs = world();
    refused(
        ask(&logs, &request, Transparency::Timestamp, Some(&root_of(&logs)), None),
        Reason::NoTransparency,
        Step::Log,
    );
    let world = World::new(WorldOptions {
        rekor_v1: Vec::new(),
        rekor_v2: Vec::new(),
        ct_logs: Vec::new(),
        ..WorldOptions::default()
    });
    let root = root_of(&world);
    let stamped = ask(&world, &request, Transparency::Timestamp, Some(&root), None).unwrap();
    assert!(stamped.log_entries().is_empty() && stamped.times().len() == 1);
    let bare = request.timestamps([]);
    refused(ask(&world, &bare, Transparency::Timestamp, Some(&root), None), Reason::NoTime, Step::Time);
    refused(ask(&world, &bare, Transparency::Required, Some(&root), None), Reason::NoTransparency, Step::Log);
}

#[test]
fn optional_says_what_was_found() {
    let world = world();
    let root = root_of(&world);
    let optional =
        |request: &SignRequest, root| ask(&world, request, Transparency::Optional, root, None).unwrap();
    let request = SignRequest::image(&image()).key(signer());
    let full = optional(&request, Some(&root));
    assert_eq!((full.log_entries().len(), full.times().len()), (1, 1));
    assert!(full.notes().iter().any(|note| note.starts_with("found in log")), "{:?}", full.notes());
    let bare = optional(&request.clone().no_log().timestamps([]), Some(&root));
    assert_eq!((bare.notes(), bare.times().len()), (&["no log entry and no timestamp".to_owned()][..], 0));
    assert!(optional(&request, None).times().is_empty());
    // What does not verify is not counted, and is said.
    let broken = optional(&request.clone().tamper(Tamper::CheckpointBitFlip), Some(&root));
    assert!(broken.log_entries().is_empty());
    assert!(broken.notes().iter().any(|note| note.contains("does not count")), "{:?}", broken.notes());
    let flipped = request.tamper(Tamper::SignatureBitFlip);
    let result = ask(&world, &flipped, Transparency::Optional, Some(&root), None);
    refused(result, Reason::Tampered, Step::Signature);
}

/// What comes with a key's signature and does not count is told, and gives no time.
#[test]
fn optional_says_what_does_not_count() {
    let request = SignRequest::image(&image()).key(signer());
    let optional = |world: &World, request: &SignRequest, root: Option<&TrustRoot>| {
        ask(world, request, Transparency::Optional, root, None).unwrap()
    };
    let good = world();
    for (request, told) in [
        (request.clone(), true),
        (request.clone().timestamps([]), true),
        (request.clone().no_log(), true),
        (request.clone().no_log().timestamps([]), false),
    ] {
        let notes = optional(&good, &request, None).notes().to_vec();
        assert_eq!(notes.iter().any(|note| note.contains("not looked at")), told, "{notes:?}");
    }
    // A log that was no longer trusted when it logged.
    let end = WorldOptions::default().now - SignedDuration::from_hours(1);
    let ended = LogOptions { valid_for: Window::until(end), ..LogOptions::new(KeyType::P256) };
    let past = World::new(WorldOptions { rekor_v1: vec![ended], ..WorldOptions::default() });
    let late = optional(&past, &request.clone().rekor_v1(), Some(&root_of(&past)));
    assert!(late.times().is_empty() && late.log_entries().is_empty());
    assert!(late.notes().iter().any(|note| note.contains("was not trusted then")), "{:?}", late.notes());
    // A timestamp of tomorrow.
    let tomorrow =
        TokenSpec { at: Some(now(&good) + SignedDuration::from_hours(24)), ..TokenSpec::default() };
    let early = optional(&good, &request.no_log().timestamps([tomorrow]), Some(&root_of(&good)));
    assert!(early.times().is_empty());
    assert!(early.notes().iter().any(|note| note.contains("in the future")), "{:?}", early.notes());
}

/// A timestamp alone is for roots that have no logs.
#[test]
fn a_root_with_logs_demands_an_entry() {
    let world = world();
    let request = SignRequest::image(&image()).key(signer());
    let result = ask(&world, &request, Transparency::Timestamp, Some(&root_of(&world)), None);
    let told = refused(result, Reason::NoTransparency, Step::Log);
    assert!(told.detail.contains("so a log entry is demanded"), "{told}");
}

/// "a key's earliest must precede `valid-until` (none: `no-time`)".
#[test]
fn valid_until() {
    let world = world();
    let root = root_of(&world);
    let request = SignRequest::image(&image()).key(signer());
    let until = |request: &SignRequest, transparency, seconds: i64| {
        let until = world.options().now + SignedDuration::from_secs(seconds);
        ask(&world, request, transparency, Some(&root), Some(until))
    };
    assert!(until(&request, Transparency::Required, 2).is_ok());
    refused(until(&request, Transparency::Required, 1), Reason::Expired, Step::Time);
    let bare = request.no_log().timestamps([]);
    refused(until(&bare, Transparency::Optional, 3600), Reason::NoTime, Step::Time);
}

/// Whose signature is asked for decides between "tampered" and "another key"; a digest alone cannot be asked of Ed25519.
#[test]
fn a_failed_signature_by_a_key() {
    let world = world();
    let judge = |kind: KeyType, request: &SignRequest, artifact: Artifact<'_>| {
        let key = public(&SigningKey::from_seed(kind, "asked"));
        let authority =
            Authority::Key { key: &key, transparency: Transparency::Optional, root: None, valid_until: None };
        let candidate = candidate(&world.sign(request)).unwrap();
        verify(&candidate, &Question::Blob(artifact), &authority, now(&world)).map(|_| ())
    };
    let told = |result: Result<(), Rejection>| result.map_err(|told| (told.reason, told.step));
    let signed = |kind: KeyType, name: &str| {
        SignRequest::blob(b"artifact").key(SigningKey::from_seed(kind, name)).no_log().timestamps([])
    };
    let digest = Digest::sha256(b"artifact");
    let (bytes, hashed) = (Artifact::Bytes(b"artifact"), Artifact::Digest(&digest));
    let (wrong, tampered, unsupported) = (
        Err((Reason::WrongKey, Step::Signature)),
        Err((Reason::Tampered, Step::Signature)),
        Err((Reason::Unsupported, Step::Signature)),
    );
    for kind in [KeyType::P256, KeyType::Ed25519] {
        assert_eq!(told(judge(kind, &signed(kind, "asked"), bytes)), Ok(()));
        assert_eq!(told(judge(kind, &signed(kind, "other"), bytes)), wrong);
    }
    assert_eq!(told(judge(KeyType::P256, &signed(KeyType::P256, "asked"), hashed)), Ok(()));
    assert_eq!(told(judge(KeyType::P256, &signed(KeyType::P256, "other"), hashed)), wrong);
    assert_eq!(told(judge(KeyType::Ed25519, &signed(KeyType::Ed25519, "asked"), hashed)), unsupported);
    let key = public(&SigningKey::from_seed(KeyType::P256, "asked"));
    let id = STANDARD.encode(Digest::parse(&format!("sha256:{}", key.id())).unwrap().to_bytes());
    for (hint, expected) in [(id.as_str(), tampered), (key.id(), tampered), ("other", wrong)] {
        let request = signed(KeyType::P256, "other").tamper(Tamper::Hint(hint.to_owned()));
        assert_eq!(told(judge(KeyType::P256, &request, bytes)), expected, "{hint}");
    }
    let long = Digest::of(Algorithm::Sha512, b"artifact");
    let by_rsa = |hash| {
        let mut bundle: serde_json::Value = {
            let request = signed(KeyType::Rsa2048, "asked").hash(hash);
            serde_json::from_slice(world.sign(&request).bundle()).unwrap()
        };
        bundle["messageSignature"]["messageDigest"] = serde_json::json!({
            "algorithm": "SHA2_512",
            "digest": STANDARD.encode(long.to_bytes()),
        });
        let key = public(&SigningKey::from_seed(KeyType::Rsa2048, "asked"));
        let authority =
            Authority::Key { key: &key, transparency: Transparency::Optional, root: None, valid_until: None };
        let candidate = Candidate::bundle(bundle.to_string().as_bytes()).unwrap();
        verify(&candidate, &Question::Blob(Artifact::Digest(&long)), &authority, now(&world)).map(|_| ())
    };
    assert_eq!(told(by_rsa(Hash::Sha512)), Ok(()));
    assert!(by_rsa(Hash::Sha256).is_err());
}
