//! Signatures that the real minisign made, and what is done to them. `make-fixtures.sh` makes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test fails by it")]

mod support;

use proofmark_vendorsig::minisign::{
    KeyError, Legacy, MAX_FILE, Malformed, PublicKey, Rejection, Signature, SignatureError, Verified,
    Verifier,
};
use support::fixture;

fn key(name: &str) -> PublicKey {
    PublicKey::parse(&fixture(name)).unwrap()
}

fn verify(key: &PublicKey, signature: &[u8], file: &[u8], legacy: Legacy) -> Result<Verified, Rejection> {
    let signature = Signature::parse(signature).unwrap();
    let mut verifier = Verifier::new(&signature, key, legacy)?;
    file.chunks(4).for_each(|piece| verifier.update(piece));
    verifier.finish()
}

fn check(signature: &[u8], file: &[u8]) -> Result<Verified, Rejection> {
    verify(&key("minisign.pub"), signature, file, Legacy::Refused)
}

#[test]
fn what_minisign_signed() {
    let (signature, file) = (fixture("minisign.minisig"), fixture("file"));
    let verified = check(&signature, &file).unwrap();
    assert_eq!(verified.comment, "timestamp:1767225600\tfile:file\thashed");
    assert_eq!(verified.key, key("minisign.pub").id());
    // The name of the key is the one that minisign writes into its file.
    let text = String::from_utf8(fixture("minisign.pub")).unwrap();
    assert!(
        text.starts_with(&format!("untrusted comment: minisign public key {}\n", verified.key)),
        "{text}"
    );
    // As `minisign -P` takes it.
    let alone = PublicKey::parse(text.lines().nth(1).unwrap().as_bytes()).unwrap();
    assert_eq!(alone, key("minisign.pub"));
    let crlf = String::from_utf8(signature).unwrap().replace('\n', "\r\n");
    assert!(check(crlf.as_bytes(), &file).is_ok());
}

#[test]
fn another_file_is_not_signed() {
    let (signature, file) = (fixture("minisign.minisig"), fixture("file"));
    let bad = Err(Rejection::BadSignature { key: key("minisign.pub").id() });
    for index in 0..file.len() {
        let mut changed = file.clone();
        changed[index] ^= 0x80;
        assert_eq!(check(&signature, &changed), bad);
    }
    assert_eq!(check(&signature, b""), bad);
    assert_eq!(check(&signature, &file[1..]), bad);
}

#[test]
fn the_wrong_key() {
    let other = key("minisign-other.pub");
    let rejection = verify(&other, &fixture("minisign.minisig"), &fixture("file"), Legacy::Refused);
    let issuer = key("minisign.pub").id();
    assert_eq!(rejection, Err(Rejection::WrongKey { issuer, expected: other.id() }));
    // A name is no signature: the other key under this one's name.
    let text = String::from_utf8(fixture("minisign-other.pub")).unwrap();
    let renamed = {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let decode = |text: &str| engine.decode(text.lines().nth(1).unwrap()).unwrap();
        let (mut bytes, named) =
            (decode(&text), decode(&String::from_utf8(fixture("minisign.pub")).unwrap()));
        bytes[2..10].copy_from_slice(&named[2..10]);
        PublicKey::parse(engine.encode(bytes).as_bytes()).unwrap()
    };
    let rejection = verify(&renamed, &fixture("minisign.minisig"), &fixture("file"), Legacy::Refused);
    assert_eq!(rejection, Err(Rejection::BadSignature { key: issuer }));
}

/// A trusted comment is believed only where it is the one that was signed with this signature.
#[test]
fn comments() {
    let text = |name: &str| String::from_utf8(fixture(name)).unwrap();
    let (first, second) = (text("minisign.minisig"), text("minisign-second.minisig"));
    let file = fixture("file");
    let bad = Err(Rejection::BadComment { key: key("minisign.pub").id() });
    let renamed = first.replace("file:file", "file:evil");
    assert_eq!(check(renamed.as_bytes(), &file), bad);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (mut one, two) = (lines(&first), lines(&second));
    one[2..].clone_from_slice(&two[2..]);
    // Ed25519 signatures are the same each time: the two comments are of one and the same signature.
    assert_eq!(one[1], two[1]);
    assert_eq!(check(one.join("\n").as_bytes(), &file).unwrap().comment, "another comment");
    one[3] = lines(&first)[3].clone();
    assert_eq!(check(one.join("\n").as_bytes(), &file), bad);
    // What is not trusted says nothing.
    assert!(check(first.replace("not trusted", "whatever").as_bytes(), &file).is_ok());
}

#[test]
fn the_older_kind() {
    let (signature, file, key) = (fixture("minisign-legacy.minisig"), fixture("file"), key("minisign.pub"));
    let with = |legacy: Legacy| verify(&key, &signature, &file, legacy);
    assert_eq!(with(Legacy::Refused), Err(Rejection::Legacy));
    assert_eq!(with(Legacy::UpTo(file.len())).unwrap().comment, "legacy");
    let max = file.len() - 1;
    assert_eq!(with(Legacy::UpTo(max)), Err(Rejection::LegacyTooLong { max }));
    // The two kinds are not taken for each other.
    for (name, from, to) in
        [("minisign.minisig", "\nRU", "\nRW"), ("minisign-legacy.minisig", "\nRW", "\nRU")]
    {
        let changed = String::from_utf8(fixture(name)).unwrap().replacen(from, to, 1);
        assert_ne!(changed.as_bytes(), fixture(name));
        let verdict = verify(&key, changed.as_bytes(), &file, Legacy::UpTo(1000));
        assert!(matches!(verdict, Err(Rejection::BadSignature { .. })), "{verdict:?}");
    }
}

#[test]
fn what_is_no_signature() {
    let good = String::from_utf8(fixture("minisign.minisig")).unwrap();
    let parse = |text: &str| Signature::parse(text.as_bytes()).unwrap_err();
    let comment = |line, prefix| SignatureError::Malformed(Malformed::Comment { line, prefix });
    assert_eq!(parse(""), comment(1, "untrusted comment: "));
    assert_eq!(parse(&good.replace("untrusted", "trusted")), comment(1, "untrusted comment: "));
    assert_eq!(parse(&good.replace("\ntrusted", "\nuntrusted")), comment(3, "trusted comment: "));
    let control = |line| SignatureError::Malformed(Malformed::Control { line });
    assert_eq!(parse(&good.replace("not trusted", "not\0trusted")), control(1));
    assert_eq!(parse(&good.replace("file:file", "file:\u{1b}[2J")), control(3));
    let base64 = |line, bytes| SignatureError::Malformed(Malformed::Base64 { line, bytes });
    assert_eq!(parse(&good.replacen("\nR", "\n=", 1)), base64(2, 74));
    assert_eq!(parse(&good.replacen("\nR", "\nRRRR", 1)), base64(2, 74));
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(parse(&lines[..3].join("\n")), base64(4, 64));
    assert_eq!(parse(&format!("{good}more\n")), SignatureError::Malformed(Malformed::Outside { line: 5 }));
    assert_eq!(parse(&format!("{good}{good}")), SignatureError::Malformed(Malformed::Outside { line: 5 }));
    assert_eq!(parse(&good.replacen("\nR", "\nX", 1)), SignatureError::Algorithm);
    let long = "untrusted comment: ".to_owned() + &"x".repeat(MAX_FILE);
    assert_eq!(parse(&long), SignatureError::Malformed(Malformed::TooLong { max: MAX_FILE }));
    assert_eq!(Signature::parse(&[0xff]).unwrap_err(), SignatureError::Malformed(Malformed::NotText));
}

#[test]
fn what_is_no_key() {
    let parse = |text: &str| PublicKey::parse(text.as_bytes()).unwrap_err();
    let good = String::from_utf8(fixture("minisign.pub")).unwrap();
    assert_eq!(parse(""), KeyError::Malformed(Malformed::Base64 { line: 1, bytes: 42 }));
    assert_eq!(parse("untrusted comment: minisign encrypted secret key\nRWQ=\n"), KeyError::Secret);
    assert_eq!(parse(&good.replacen("\nR", "\nX", 1)), KeyError::Algorithm);
    assert_eq!(parse(&format!("{good}x")), KeyError::Malformed(Malformed::Outside { line: 3 }));
    let hashed = good.replacen("\nRW", "\nRU", 1);
    assert_eq!(parse(&hashed), KeyError::Algorithm, "ED is of signatures alone");
}
