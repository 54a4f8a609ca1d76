//! Keys and signatures put together by hand: each breaks one thing that is right otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test fails by it")]

#[path = "support/forge.rs"]
mod forge;
mod support;

use forge::{BORN, FILE, Forge, NOW, SIGNED, SIGNS, USER, back_signature, critical, signed, verify};
use proofmark_core::Timestamp;
use proofmark_vendorsig::openpgp::{Key, KeyError, KeyProblem, Rejection, Signature, SignatureError};
use support::{Pair, made, packet, sub};

#[test]
fn the_forge_makes_what_is_right() {
    let forge = Forge::honest();
    let verified = forge.verdict().unwrap();
    assert_eq!((verified.key, verified.made.as_second()), (forge.key().fingerprint(), i64::from(SIGNED)));
}

#[test]
fn signatures_with_one_thing_wrong() {
    let pair = Pair::new(1, BORN);
    let parse = |subpackets: &[Vec<u8>]| Signature::parse(&signed(&pair, subpackets)).unwrap_err();
    assert_eq!(parse(&[]), SignatureError::NoTime);
    assert_eq!(parse(&[made(SIGNED), critical(99, b"x")]), SignatureError::Critical(99));
    assert_eq!(parse(&[made(SIGNED), critical(20, b"x")]), SignatureError::Critical(20));
    assert!(matches!(parse(&[made(SIGNED), made(SIGNED + 1)]), SignatureError::Malformed(_)));
    let body = |hash: u8, hashed: &[Vec<u8>], unhashed: &[Vec<u8>]| {
        Signature::parse(&packet(2, &pair.sign_with(hash, 0, FILE, hashed, unhashed)))
    };
    assert_eq!(body(10, &[made(SIGNED)], &[]).unwrap_err(), SignatureError::NoIssuer);
    let unhashed = body(10, &[made(SIGNED), pair.issuer()], &[critical(99, b"")]);
    assert_eq!(unhashed.unwrap_err(), SignatureError::Critical(99));
    // A time that is not under the signature is no time.
    assert_eq!(body(10, &[pair.issuer()], &[made(SIGNED)]).unwrap_err(), SignatureError::NoTime);
    for weak in [0, 1, 2, 3, 4, 11, 12, 14, 99] {
        let error = body(weak, &[made(SIGNED), pair.issuer()], &[]).unwrap_err();
        assert!(matches!(error, SignatureError::Hash(_)), "{weak}: {error}");
    }
    let of = |at: usize, byte: u8| {
        let mut body = pair.sign(0, FILE, &[made(SIGNED)], &[]);
        body[at] = byte;
        Signature::parse(&packet(2, &body)).unwrap_err()
    };
    for version in [0, 2, 3, 5, 6] {
        assert_eq!(of(0, version), SignatureError::Version(version));
    }
    for kind in [1, 2, 0x10, 0x18, 0x1f, 0x20, 0x40, 0x50, 0xff] {
        assert_eq!(of(1, kind), SignatureError::Kind(kind));
    }
    for algorithm in [0, 2, 16, 17, 18, 25, 28, 99] {
        assert_eq!(of(2, algorithm), SignatureError::Algorithm(algorithm));
    }
}

#[test]
fn signatures_that_are_not_this_key_s() {
    let forge = Forge::honest();
    let (key, other) = (forge.key(), Pair::new(2, BORN));
    // Signed by another, and naming this one.
    let body = other.sign_with(10, 0, FILE, &[made(SIGNED), forge.primary.issuer()], &[]);
    assert_eq!(
        verify(&key, &packet(2, &body)),
        Err(Rejection::BadSignature { key: key.fingerprint() }),
        "a name is no signature"
    );
    // Two names that do not agree are no name of this key.
    let two = [made(SIGNED), forge.primary.issuer(), sub(16, &[0; 8])];
    let body = forge.primary.sign_with(10, 0, FILE, &two, &[]);
    assert!(matches!(verify(&key, &packet(2, &body)), Err(Rejection::WrongKey { .. })));
    // Numbers after the signature's own.
    let mut body = forge.primary.sign(0, FILE, &[made(SIGNED)], &[]);
    body.push(0);
    assert!(matches!(verify(&key, &packet(2, &body)), Err(Rejection::BadSignature { .. })));
    // The first bytes of the hash are of another.
    let mut body = forge.primary.sign(0, FILE, &[made(SIGNED)], &[]);
    let left = body.len() - 66;
    body[left] ^= 1;
    assert!(matches!(verify(&key, &packet(2, &body)), Err(Rejection::BadSignature { .. })));
    // Signed as SHA-256, which it is not.
    let body = forge.primary.sign_with(8, 0, FILE, &[made(SIGNED), forge.primary.issuer()], &[]);
    assert!(matches!(verify(&key, &packet(2, &body)), Err(Rejection::BadSignature { .. })));
}

/// Other kinds of signatures of the same key are none over a file, even where the bytes are the same.
#[test]
fn a_certification_is_no_signature_over_a_file() {
    let forge = Forge::honest();
    let body = forge.primary.sign(0x13, FILE, &[made(SIGNED)], &[]);
    assert_eq!(Signature::parse(&packet(2, &body)).unwrap_err(), SignatureError::Kind(0x13));
    let mut as_file = body;
    as_file[1] = 0;
    assert!(matches!(verify(&forge.key(), &packet(2, &as_file)), Err(Rejection::BadSignature { .. })));
}

#[test]
fn times_of_keys_and_signatures() {
    let days = |days: u32| sub(9, &(days * 86_400).to_be_bytes());
    let day = 86_400;
    // The key ended before the signature was made, and lives again by its newest word.
    let renewed = Forge::bound(&[made(BORN), sub(27, &SIGNS), days(10)])
        .certified(0x13, &[made(BORN + day), sub(27, &SIGNS)]);
    assert!(renewed.verdict().is_ok());
    // The newest word counts, wherever it stands.
    let ended = Forge::bound(&[made(BORN + day), sub(27, &SIGNS), days(10)])
        .certified(0x13, &[made(BORN), sub(27, &SIGNS)]);
    let end = Timestamp::from_second(i64::from(BORN + 10 * day)).unwrap();
    assert_eq!(ended.problem(), KeyProblem::Expired { key: ended.key().fingerprint(), at: end });
    // A word that has not come yet does not.
    let later = Forge::bound(&[made(BORN), sub(27, &SIGNS), days(10)])
        .certified(0x13, &[made(1_800_000_000), sub(27, &SIGNS)]);
    assert!(matches!(later.problem(), KeyProblem::Expired { .. }));
    // Nor does one that has ended, and what it replaced does not come back.
    let ended = Forge::bound(&[made(BORN), sub(27, &SIGNS)])
        .certified(0x13, &[made(BORN + day), sub(27, &SIGNS), sub(3, &day.to_be_bytes())]);
    assert!(matches!(ended.problem(), KeyProblem::Unbound(_)));
    // A zero is never.
    assert!(Forge::bound(&[made(BORN), sub(27, &SIGNS), days(0)]).verdict().is_ok());
    // Made before the key was.
    let forge = Forge::honest();
    let early = verify(&forge.key(), &signed(&forge.primary, &[made(BORN - 1)]));
    assert!(matches!(early, Err(Rejection::OutsideKey { .. })), "{early:?}");
    // A key from the future.
    let mut forge = Forge::new();
    forge.primary = Pair::new(1, 1_790_000_301);
    forge.packets = vec![packet(6, &forge.primary.body)];
    let forge = forge.user(USER).certified(0x13, &[made(BORN), sub(27, &SIGNS)]);
    let future = verify(&forge.key(), &signed(&forge.primary, &[made(SIGNED)]));
    assert!(matches!(future, Err(Rejection::Key(KeyProblem::FromFuture { .. }))), "{future:?}");
}

#[test]
fn a_key_must_say_what_it_is_for() {
    assert!(matches!(Forge::new().problem(), KeyProblem::Unbound(_)));
    assert!(matches!(Forge::new().user(USER).problem(), KeyProblem::Unbound(_)));
    let by_another = {
        let forge = Forge::new().user(USER);
        let body = Pair::new(2, BORN).sign(0x13, &forge.covered(), &[made(BORN), sub(27, &SIGNS)], &[]);
        forge.and(2, &body)
    };
    assert!(matches!(by_another.problem(), KeyProblem::Unbound(_)));
    // A self-signature over another name.
    let forge = Forge::new().user("Mallory").certified(0x13, &[made(BORN), sub(27, &SIGNS)]);
    assert!(matches!(forge.problem(), KeyProblem::Unbound(_)));
    for flags in [Vec::new(), vec![sub(27, &[])], vec![sub(27, &[0x01])], vec![sub(27, &[0x0c])]] {
        let forge = Forge::bound(&[&[made(BORN)][..], &flags].concat());
        assert!(matches!(forge.problem(), KeyProblem::NotForSigning(_)), "{flags:?}");
    }
    let unknown = Forge::bound(&[made(BORN), sub(27, &SIGNS), critical(99, b"")]);
    assert!(matches!(unknown.problem(), KeyProblem::UnknownBinding { subpacket: 99, .. }));
    // What others think of the key, in whatever form, changes nothing.
    let forge = Forge::honest();
    let strangers = [
        Pair::new(2, BORN).sign(0x10, &forge.covered(), &[made(BORN + 9), critical(99, b"")], &[]),
        Pair::new(2, BORN).sign_with(1, 0x10, &forge.covered(), &[made(BORN + 9), sub(16, &[7; 8])], &[]),
        vec![3, 5, 0x10, 0, 0, 0, 0],
        b"\x04".to_vec(),
    ];
    let forge = strangers.iter().fold(forge, |forge, body| forge.and(2, body));
    assert!(forge.verdict().is_ok());
}

#[test]
fn names_that_were_taken_back() {
    let revoked = Forge::honest().certified(0x30, &[made(BORN + 1)]);
    assert!(matches!(revoked.problem(), KeyProblem::Unbound(_)));
    let back = Forge::honest()
        .certified(0x30, &[made(BORN + 1)])
        .certified(0x13, &[made(BORN + 2), sub(27, &SIGNS)]);
    assert!(back.verdict().is_ok());
}

#[test]
fn revocations_are_believed() {
    let primary = || Pair::new(1, BORN);
    let by_itself = Forge::honest().direct(&primary(), 0x20, &[made(SIGNED + 9), sub(29, &[3])]);
    assert!(matches!(by_itself.problem(), KeyProblem::Revoked { hard: false, .. }));
    // Dated after today, and without a date.
    let undated = Forge::honest().direct(&primary(), 0x20, &[sub(29, &[0])]);
    assert!(matches!(undated.problem(), KeyProblem::Revoked { hard: true, .. }));
    let later = Forge::honest().direct(&primary(), 0x20, &[made(u32::MAX)]);
    assert!(matches!(later.problem(), KeyProblem::Revoked { hard: true, .. }));
    let by_a_stranger = Forge::honest().direct(&Pair::new(2, BORN), 0x20, &[made(SIGNED)]);
    assert!(by_a_stranger.verdict().is_ok());
    // With an unknown critical part, it is one all the same.
    let critical = Forge::honest().direct(&primary(), 0x20, &[made(SIGNED), critical(99, b"")]);
    assert!(matches!(critical.problem(), KeyProblem::Revoked { .. }));
}

/// Whoever appends a revocation to a file puts it last, after a name or a subkey.
#[test]
fn revocations_at_the_end_of_a_file() {
    let (primary, subkey) = (Pair::new(1, BORN), Pair::new(2, BORN));
    let body = primary.sign(0x20, &primary.framed(), &[made(SIGNED)], &[]);
    assert!(matches!(Forge::honest().and(2, &body).problem(), KeyProblem::Revoked { .. }));
    let encrypts = [made(BORN), sub(27, &[0x0c])];
    let forge = Forge::honest().subkey(&subkey, &encrypts, &[]).and(2, &body);
    assert!(matches!(forge.problem(), KeyProblem::Revoked { .. }));
    let unread = Forge::honest().subkey(&subkey, &encrypts, &[]).and(2, &[3, 5, 0x20, 0, 0, 0, 0]);
    assert!(matches!(unread.problem(), KeyProblem::UnreadableRevocation(_)));
    // That of a subkey takes nothing from the primary key.
    let covered = [primary.framed(), subkey.framed()].concat();
    let of_subkey = primary.sign(0x28, &covered, &[made(SIGNED)], &[]);
    assert!(Forge::honest().subkey(&subkey, &encrypts, &[]).and(2, &of_subkey).verdict().is_ok());
}

#[test]
fn revocations_that_cannot_be_read() {
    let with = |body: &[u8]| {
        let mut forge = Forge::honest();
        forge.packets.insert(1, packet(2, body));
        forge.problem()
    };
    // Of version 3, cut off, and over MD5 in the key's own name.
    assert!(matches!(with(&[3, 5, 0x20, 0, 0, 0, 0]), KeyProblem::UnreadableRevocation(_)));
    assert!(matches!(with(&[4, 0x20, 27, 10, 0]), KeyProblem::UnreadableRevocation(_)));
    let pair = Pair::new(1, BORN);
    let md5 = pair.sign_with(1, 0x20, &pair.framed(), &[made(SIGNED), pair.issuer()], &[]);
    assert!(matches!(with(&md5), KeyProblem::UnreadableRevocation(_)));
    // By one whom the key named, whose key is not here.
    let friend = Pair::new(2, BORN);
    let named = sub(12, &[&[0x80, 27][..], &friend.fingerprint()].concat());
    let forge =
        Forge::honest().direct(&friend, 0x20, &[made(SIGNED)]).direct(&pair, 0x1f, &[made(BORN), named]);
    assert!(matches!(forge.problem(), KeyProblem::UnreadableRevocation(_)));
}

#[test]
fn what_the_key_says_of_itself_alone() {
    let pair = Pair::new(1, BORN);
    let ends = sub(9, &86_400_u32.to_be_bytes());
    let forge = Forge::honest().direct(&pair, 0x1f, &[made(BORN), ends]);
    assert!(matches!(forge.problem(), KeyProblem::Expired { .. }), "the earlier end counts");
    let newer = Forge::honest().direct(&pair, 0x1f, &[made(BORN + 1), critical(99, b"")]);
    assert!(matches!(newer.problem(), KeyProblem::UnknownBinding { .. }));
    let older = Forge::honest().direct(&pair, 0x1f, &[made(BORN - 1), critical(99, b"")]);
    assert!(older.verdict().is_ok());
}

#[test]
fn subkeys() {
    let (primary, subkey) = (Pair::new(1, BORN), Pair::new(2, BORN + 5));
    let back = back_signature(&primary, &subkey, 0x19, &[made(BORN + 6)]);
    let flags = sub(27, &[0x02]);
    let said = [made(BORN + 6), flags.clone()];
    let verdict = |forge: &Forge| verify(&forge.key(), &signed(&subkey, &[made(SIGNED)]));
    let problem = |forge: &Forge| match verdict(forge) {
        Err(Rejection::Key(problem)) => problem,
        other => panic!("{other:?}"),
    };
    let honest = Forge::honest().subkey(&subkey, &[&said[..], std::slice::from_ref(&back)].concat(), &[]);
    let verified = verdict(&honest).unwrap();
    assert_ne!(verified.key, verified.signer);
    assert_eq!(honest.key().standing(Timestamp::from_second(NOW).unwrap()).unwrap().signers.len(), 2);
    // It proves itself wherever it stands.
    assert!(verdict(&Forge::honest().subkey(&subkey, &said, std::slice::from_ref(&back))).is_ok());
    // Not agreed, or agreed by another, to another, as another kind, or no longer.
    let stranger = Pair::new(3, BORN);
    for wrong in [
        Vec::new(),
        back_signature(&primary, &stranger, 0x19, &[made(BORN + 6)]),
        back_signature(&stranger, &subkey, 0x19, &[made(BORN + 6)]),
        back_signature(&primary, &subkey, 0x18, &[made(BORN + 6)]),
        back_signature(&primary, &subkey, 0x19, &[made(BORN + 6), sub(3, &[0, 0, 0, 1])]),
        back_signature(&primary, &subkey, 0x19, &[made(u32::MAX)]),
        back_signature(&primary, &subkey, 0x19, &[made(BORN + 6), critical(99, b"")]),
        back_signature(&primary, &subkey, 0x19, &[]),
    ] {
        let hashed = if wrong.is_empty() { said.to_vec() } else { [&said[..], &[wrong]].concat() };
        let forge = Forge::honest().subkey(&subkey, &hashed, &[]);
        assert!(matches!(problem(&forge), KeyProblem::NoBackSignature(_)), "{hashed:?}");
    }
    // Bound by another than the primary key.
    let covered = [primary.framed(), subkey.framed()].concat();
    let body = stranger.sign(0x18, &covered, &[&said[..], std::slice::from_ref(&back)].concat(), &[]);
    let forge = Forge::honest().and(14, &subkey.body).and(2, &body);
    assert!(matches!(problem(&forge), KeyProblem::Unbound(_)));
    // For encryption alone; ended; taken back; of a primary key that has ended.
    let with = |more: &[Vec<u8>]| [&[made(BORN + 6), back.clone()][..], more].concat();
    let forge = Forge::honest().subkey(&subkey, &with(&[sub(27, &[0x0c])]), &[]);
    assert!(matches!(problem(&forge), KeyProblem::NotForSigning(_)));
    let forge = Forge::honest().subkey(&subkey, &with(&[flags.clone(), sub(9, &[0, 0, 0, 9])]), &[]);
    assert!(matches!(problem(&forge), KeyProblem::Expired { .. }));
    let forge = Forge::honest().subkey(&subkey, &with(std::slice::from_ref(&flags)), &[]);
    let revocation = primary.sign(0x28, &covered, &[made(SIGNED + 1)], &[]);
    assert!(matches!(problem(&forge.and(2, &revocation)), KeyProblem::Revoked { .. }));
    let ended = Forge::bound(&[made(BORN), sub(27, &SIGNS), sub(9, &[0, 0, 0, 9])]);
    let forge = ended.subkey(&subkey, &with(&[flags]), &[]);
    assert!(matches!(problem(&forge), KeyProblem::Expired { .. }));
    // Not this key's at all.
    assert!(matches!(verdict(&Forge::honest()), Err(Rejection::WrongKey { .. })));
}

#[test]
fn what_is_no_key() {
    let honest = Forge::honest();
    let bytes = honest.packets.concat();
    let parse = |bytes: &[u8]| Key::parse(bytes).unwrap_err();
    assert_eq!(parse(&[bytes.clone(), packet(6, &Pair::new(2, BORN).body)].concat()), KeyError::Several);
    assert_eq!(parse(&[bytes.clone(), packet(7, &[4])].concat()), KeyError::Secret);
    assert_eq!(parse(&[bytes.clone(), packet(12, &[4])].concat()), KeyError::Packet { tag: 12 });
    assert_eq!(parse(&packet(14, &honest.primary.body)), KeyError::NotAKey { tag: 14 });
    for version in [2, 3, 5, 6] {
        let mut body = honest.primary.body.clone();
        body[0] = version;
        assert_eq!(parse(&packet(6, &body)), KeyError::Version(version));
    }
    let long = [&honest.primary.body[..], &[0]].concat();
    assert!(matches!(parse(&packet(6, &long)), KeyError::Malformed(_)));
    for length in 0..bytes.len() {
        // What ends between two packets is a key, and one that may not sign.
        if let Ok(key) = Key::parse(&bytes[..length]) {
            let verdict = verify(&key, &signed(&honest.primary, &[made(SIGNED)]));
            assert!(matches!(verdict, Err(Rejection::Key(KeyProblem::Unbound(_)))));
        }
    }
}
