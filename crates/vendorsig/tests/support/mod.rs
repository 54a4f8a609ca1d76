//! Keys and signatures that no honest program makes: packets put together by hand, signed with Ed25519 (RFC 9580, algorithm 27).
#![allow(dead_code, reason = "each test uses a part of it")]

use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha512};

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../vendorsig/tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A packet of the newer form.
pub(crate) fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0xc0 | tag, 255][..], &length, body].concat()
}

/// A subpacket.
pub(crate) fn sub(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[255][..], &u32::try_from(body.len() + 1).unwrap().to_be_bytes(), &[kind], body].concat()
}

/// Seconds since 1970 at which a signature is made.
pub(crate) fn made(at: u32) -> Vec<u8> {
    sub(2, &at.to_be_bytes())
}

/// A key with a secret of its own.
pub(crate) struct Pair {
    secret: SigningKey,
    pub(crate) body: Vec<u8>,
}

impl Pair {
    pub(crate) fn new(seed: u8, created: u32) -> Self {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let point = secret.verifying_key().to_bytes();
        Self { secret, body: [&[4][..], &created.to_be_bytes(), &[27], &point].concat() }
    }

    /// The key as it is hashed.
    pub(crate) fn framed(&self) -> Vec<u8> {
        [&[0x99][..], &u16::try_from(self.body.len()).unwrap().to_be_bytes(), &self.body].concat()
    }

    pub(crate) fn fingerprint(&self) -> [u8; 20] {
        use sha1::Digest as _;
        sha1::Sha1::digest(self.framed()).into()
    }

    /// The subpacket that names this key.
    pub(crate) fn issuer(&self) -> Vec<u8> {
        sub(33, &[&[4][..], &self.fingerprint()].concat())
    }

    /// The body of a signature packet over `covered`; this key is named in it.
    pub(crate) fn sign(&self, kind: u8, covered: &[u8], hashed: &[Vec<u8>], unhashed: &[Vec<u8>]) -> Vec<u8> {
        self.sign_with(10, kind, covered, &[hashed, &[self.issuer()]].concat(), unhashed)
    }

    /// The same with the number of a hash, and nobody named. Whatever the number is, SHA-512 is signed.
    pub(crate) fn sign_with(
        &self,
        hash: u8,
        kind: u8,
        covered: &[u8],
        hashed: &[Vec<u8>],
        unhashed: &[Vec<u8>],
    ) -> Vec<u8> {
        let (hashed, unhashed) = (hashed.concat(), unhashed.concat());
        let length = |area: &[u8]| u16::try_from(area.len()).unwrap().to_be_bytes();
        let head = [&[4, kind, 27, hash][..], &length(&hashed), &hashed].concat();
        let end = [&[4, 0xff][..], &u32::try_from(head.len()).unwrap().to_be_bytes()].concat();
        let digest = Sha512::digest([covered, &head, &end].concat());
        let signature = self.secret.sign(&digest).to_bytes();
        [&head[..], &length(&unhashed), &unhashed, &digest[..2], &signature].concat()
    }
}

/// A user ID as it is hashed.
pub(crate) fn framed_user(name: &str) -> Vec<u8> {
    [&[0xb4][..], &u32::try_from(name.len()).unwrap().to_be_bytes(), name.as_bytes()].concat()
}
