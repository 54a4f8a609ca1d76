//! Signatures that the real gpg made, and what is done to them. `make-fixtures.sh` makes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test fails by it")]

mod support;

use proofmark_core::Timestamp;
use proofmark_vendorsig::openpgp::{
    ArmorError, Fingerprint, Key, KeyError, KeyProblem, Malformed, Rejection, Signature, SignatureError,
    Verified, Verifier,
};
use support::fixture;

const NOW: &str = "2026-11-27T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key(name: &str) -> Key {
    Key::parse(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn signature(name: &str) -> Signature {
    Signature::parse(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn verify(key: &Key, signature: &Signature, file: &[u8], now: &str) -> Result<Verified, Rejection> {
    let mut verifier = Verifier::new(signature, key)?;
    // However the pieces are cut.
    file.chunks(5).for_each(|piece| verifier.update(piece));
    verifier.finish(at(now))
}

fn check(key_name: &str, signature_name: &str) -> Result<Verified, Rejection> {
    verify(&key(key_name), &signature(signature_name), &fixture("file"), NOW)
}

fn refused(name: &str) -> SignatureError {
    Signature::parse(&fixture(name)).expect_err(name)
}

fn problem(key_name: &str, signature_name: &str) -> KeyProblem {
    match check(key_name, signature_name) {
        Err(Rejection::Key(problem)) => problem,
        other => panic!("{key_name}, {signature_name}: {other:?}"),
    }
}

#[test]
fn the_key_of_1password() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../trust-roots/1password.asc");
    let key = Key::parse(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(key.fingerprint().to_string(), "3FEF9748469ADBE15DA7CA80AC2D62742012EA22");
    assert_eq!(key.users().collect::<Vec<_>>(), ["Code signing for 1Password <codesign@1password.com>"]);
    let standing = key.standing(at(NOW)).unwrap();
    assert_eq!(standing.fingerprint, key.fingerprint());
    assert_eq!(standing.signers, [key.fingerprint()]);
    assert_eq!(standing.created.to_string(), "2017-05-18T20:20:46Z");
    assert_eq!(standing.expires.unwrap().to_string(), "2032-05-16T20:20:46Z");
    assert!(key.standing(at("2032-05-16T20:20:45Z")).is_ok());
    for end in ["2032-05-16T20:20:46Z", "2040-01-01T00:00:00Z"] {
        assert!(matches!(key.standing(at(end)), Err(KeyProblem::Expired { .. })), "{end}");
    }
    // Before its self-signature was made, nothing says what the key is for.
    assert_eq!(key.standing(at("2020-01-01T00:00:00Z")), Err(KeyProblem::Unbound(key.fingerprint())));
    assert!(matches!(key.standing(at("2010-01-01T00:00:00Z")), Err(KeyProblem::Unbound(_))));
}

#[test]
fn what_gpg_signed() {
    for (key_name, signature_name) in [
        ("vendor.asc", "good.sig"),
        ("vendor.gpg", "good.asc"),
        // The key as it was before its end was set: the signature is the same.
        ("vendor-without-end.asc", "good.sig"),
        ("vendor.asc", "hash-SHA256.sig"),
        ("vendor.asc", "hash-SHA384.sig"),
        ("vendor.asc", "notation.sig"),
        ("friend.asc", "friend.sig"),
        ("subkey.asc", "subkey.sig"),
        ("subkey.gpg", "subkey.sig"),
        ("nistp256.asc", "nistp256-SHA256.sig"),
        ("nistp256.asc", "nistp256-SHA384.sig"),
        ("nistp256.asc", "nistp256-SHA512.sig"),
        ("nistp384.asc", "nistp384-SHA384.sig"),
        ("nistp384.asc", "nistp384-SHA512.sig"),
        ("nistp521.asc", "nistp521-SHA512.sig"),
        ("renewed.asc", "ended-before.sig"),
        ("renewed.asc", "ended-after.sig"),
        ("mended.asc", "weak.sig"),
    ] {
        let verified =
            check(key_name, signature_name).unwrap_or_else(|error| panic!("{signature_name}: {error}"));
        assert_eq!(verified.key, key(key_name).fingerprint());
        assert_eq!(verified.signer == verified.key, !key_name.starts_with("subkey"), "{key_name}");
        assert!(verified.hash.is_strong());
    }
    let verified = check("vendor.asc", "good.sig").unwrap();
    assert_eq!(verified.made.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(verified.hash.to_string(), "SHA-512");
}

/// Every byte of file, signature and key is one that matters, or that is no part of what was signed.
#[test]
fn another_file_is_not_signed() {
    let (key, signature) = (key("vendor.asc"), signature("good.sig"));
    let bad = Rejection::BadSignature { key: key.fingerprint() };
    let file = fixture("file");
    for index in 0..file.len() {
        let mut changed = file.clone();
        changed[index] ^= 1;
        assert_eq!(verify(&key, &signature, &changed, NOW), Err(bad.clone()));
    }
    assert_eq!(verify(&key, &signature, &file[..file.len() - 1], NOW), Err(bad.clone()));
    assert_eq!(verify(&key, &signature, &[&file[..], b"\n"].concat(), NOW), Err(bad.clone()));
    assert_eq!(verify(&key, &signature, b"", NOW), Err(bad));
}

#[test]
fn every_bit_of_the_signature() {
    let (key, file, good) = (key("nistp256.asc"), fixture("file"), fixture("nistp256-SHA256.sig"));
    let before = verify(&key, &Signature::parse(&good).unwrap(), &file, NOW).unwrap();
    let mut accepted = 0;
    for bit in 0..good.len() * 8 {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let Ok(signature) = Signature::parse(&changed) else { continue };
        if let Ok(after) = verify(&key, &signature, &file, NOW) {
            assert_eq!(before, after);
            accepted += 1;
        }
    }
    // The unhashed key ID's subpacket: its critical bit and its kind, where another kind means nothing.
    assert!(accepted < 16, "{accepted} changes were accepted");
}

#[test]
fn every_bit_of_the_key() {
    let (signature, file, good) =
        (signature("nistp256-SHA256.sig"), fixture("file"), fixture("nistp256.asc"));
    let fingerprint = Key::parse(&good).unwrap().fingerprint();
    let text = String::from_utf8(good).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    for (index, byte) in body.bytes().enumerate() {
        let other = if byte == b'A' { 'B' } else { 'A' };
        let mut changed = body.to_owned();
        changed.replace_range(index..=index, &other.to_string());
        // The checksum catches what the structure does not.
        let changed = format!("{head}\n\n{changed}");
        if let Ok(key) = Key::parse(changed.as_bytes()) {
            assert_eq!(key.fingerprint(), fingerprint);
            assert!(verify(&key, &signature, &file, NOW).is_ok());
        }
    }
}

#[test]
fn the_wrong_key() {
    let (vendor, friend) = (key("vendor.asc"), key("friend.asc"));
    let expected = vendor.fingerprint();
    let issuer = friend.fingerprint().to_string();
    assert_eq!(check("vendor.asc", "friend.sig"), Err(Rejection::WrongKey { issuer, expected }));
    assert_eq!(signature("friend.sig").issuer(), friend.fingerprint().to_string());
    assert_ne!(Some(expected), Fingerprint::parse(&signature("friend.sig").issuer()));
}

#[test]
fn hashes_that_can_be_forged() {
    for (name, shown) in
        [("MD5", "MD5"), ("SHA1", "SHA-1"), ("RIPEMD160", "RIPEMD-160"), ("SHA224", "SHA-224")]
    {
        match refused(&format!("hash-{name}.sig")) {
            SignatureError::Hash(hash) => assert_eq!(hash.to_string(), shown),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn what_is_no_detached_signature() {
    assert_eq!(refused("text.sig"), SignatureError::Kind(1));
    assert_eq!(refused("two.sig"), SignatureError::Several { count: 2 });
    assert_eq!(refused("cleartext.asc"), SignatureError::Cleartext);
    // Compressed, as gpg does.
    assert_eq!(refused("message.gpg"), SignatureError::NotDetached { tag: 8 });
    assert_eq!(refused("message.asc"), SignatureError::NotDetached { tag: 8 });
    assert_eq!(refused("vendor.asc"), SignatureError::NotDetached { tag: 6 });
    assert_eq!(refused("vendor.gpg"), SignatureError::NotDetached { tag: 6 });
    assert_eq!(refused("file"), SignatureError::Malformed(ArmorError::NoBegin.into()));
    assert_eq!(refused("critical.sig"), SignatureError::Critical(20));
    assert_eq!(Signature::parse(b"").unwrap_err(), SignatureError::Malformed(Malformed::Empty));
    let good = fixture("good.sig");
    let parse = |bytes: &[u8]| Signature::parse(bytes).unwrap_err();
    assert_eq!(parse(&[good.clone(), good.clone()].concat()), SignatureError::Several { count: 2 });
    assert_eq!(parse(&[good.clone(), vec![0xcb, 0]].concat()), SignatureError::NotDetached { tag: 11 });
    assert_eq!(
        parse(&[good.clone(), vec![0]].concat()),
        SignatureError::Malformed(Malformed::NoPacket { at: good.len() })
    );
    for length in 1..good.len() {
        assert!(Signature::parse(&good[..length]).is_err(), "{length}");
    }
    // A message label around a signature, and a version that nobody should make any more.
    let armored = String::from_utf8(fixture("good.asc")).unwrap();
    let message = armored.replace("PGP SIGNATURE", "PGP MESSAGE");
    assert_eq!(parse(message.as_bytes()), SignatureError::NotDetached { tag: 2 });
    let mut old = good.clone();
    old[3] = 3;
    assert_eq!(parse(&old), SignatureError::Version(3));
    let huge = [&[0xc2, 255, 0xff, 0xff, 0xff, 0xff][..], &good].concat();
    assert_eq!(parse(&huge), SignatureError::Malformed(Malformed::CutOff { at: 0 }));
}

#[test]
fn times_of_a_signature() {
    let (vendor, file) = (key("vendor.asc"), fixture("file"));
    let when = |name: &str, now: &str| verify(&vendor, &signature(name), &file, now);
    let end = at("2026-01-03T00:00:00Z");
    assert!(when("ends.sig", "2026-01-02T23:59:59Z").is_ok());
    assert_eq!(when("ends.sig", "2026-01-03T00:00:00Z"), Err(Rejection::Expired { at: end }));
    let made = at("2027-01-01T00:00:00Z");
    assert_eq!(when("future.sig", NOW), Err(Rejection::FromFuture { at: made }));
    assert_eq!(when("future.sig", "2026-12-31T23:54:59Z"), Err(Rejection::FromFuture { at: made }));
    assert!(when("future.sig", "2026-12-31T23:55:00Z").is_ok(), "clocks differ");
}

#[test]
fn keys_that_have_ended() {
    let ended = key("ended.asc");
    let end = at("2021-12-31T00:00:00Z");
    let expired = KeyProblem::Expired { key: ended.fingerprint(), at: end };
    assert_eq!(problem("ended.asc", "ended-before.sig"), expired);
    assert_eq!(problem("ended.asc", "ended-after.sig"), expired);
    let file = fixture("file");
    assert!(verify(&ended, &signature("ended-before.sig"), &file, "2021-12-30T23:59:59Z").is_ok());
    // By its own words made after the key's end, whatever the clock says.
    let early = verify(&ended, &signature("ended-after.sig"), &file, "2021-12-30T23:59:59Z");
    assert!(matches!(early, Err(Rejection::FromFuture { .. })), "{early:?}");
}

#[test]
fn revoked_keys() {
    for (name, hard) in [("none", true), ("compromised", true), ("superseded", false), ("retired", false)] {
        let found = problem(&format!("revoked-{name}.asc"), &format!("revoked-{name}.sig"));
        let KeyProblem::Revoked { at: when, hard: found, .. } = found else { panic!("{name}: {found:?}") };
        assert_eq!((found, when), (hard, at("2022-01-01T00:00:00Z")), "{name}");
    }
    let found = problem("subkey-revoked.asc", "subkey.sig");
    let KeyProblem::Revoked { key: revoked, .. } = found else { panic!("{found:?}") };
    assert_ne!(revoked, key("subkey-revoked.asc").fingerprint());
    let standing = key("subkey-revoked.asc").standing(at(NOW));
    assert!(matches!(standing, Err(KeyProblem::NotForSigning(_))), "{standing:?}");
}

#[test]
fn keys_that_are_not_believed() {
    let refused = |name: &str| Key::parse(&fixture(name)).expect_err(name);
    assert_eq!(refused("small.asc"), KeyError::RsaSize { bits: 1024 });
    assert_eq!(refused("dsa.asc"), KeyError::Algorithm(17));
    assert_eq!(refused("brainpool.asc"), KeyError::Algorithm(19));
    assert_eq!(refused("two-keys.gpg"), KeyError::Several);
    assert_eq!(refused("good.sig"), KeyError::NotAKey { tag: 2 });
    assert_eq!(refused("cleartext.asc"), KeyError::NotAKey { tag: 2 });
    assert!(matches!(
        refused("two-keys.asc"),
        KeyError::Malformed(Malformed::Armor(ArmorError::Outside { .. }))
    ));
    let public = String::from_utf8(fixture("vendor.asc")).unwrap();
    let secret = public.replace("PUBLIC", "PRIVATE");
    assert_eq!(Key::parse(secret.as_bytes()).unwrap_err(), KeyError::Secret);
    assert_eq!(Key::parse(&[0xc5, 1, 4]).unwrap_err(), KeyError::Secret);
    let weak = problem("weak.asc", "weak.sig");
    assert!(matches!(weak, KeyProblem::WeakBinding { hash, .. } if hash.to_string() == "SHA-1"), "{weak:?}");
    let certifier = key("certifier.asc");
    let standing = certifier.standing(at(NOW));
    assert_eq!(standing, Err(KeyProblem::NotForSigning(certifier.fingerprint())));
}
