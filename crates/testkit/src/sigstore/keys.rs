//! Private keys of signers, authorities and logs, made from a seed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest, Sha256};

use super::der;
use super::rsa::RsaSize;

/// The algorithms in which the testkit can sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// ECDSA P-256 with SHA-256: cosign's and Fulcio's default.
    P256,
    /// ECDSA P-384 with SHA-384.
    P384,
    /// Ed25519 over the message itself.
    Ed25519,
    /// RSA PKCS#1 v1.5, 2048 bits, SHA-256. The key is fixed: every seed gives the same.
    Rsa2048,
    /// RSA PKCS#1 v1.5 with 1024 bits: too weak, to be refused at load. The key is fixed.
    Rsa1024,
}

/// The hash that a signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A private key. Not secret: everyone who knows the seed has it.
///
/// ```
/// use proofmark_testkit::sigstore::{KeyType, SigningKey};
/// let key = SigningKey::from_seed(KeyType::P256, "release");
/// assert!(key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----"));
/// assert_eq!(key.sign(b"x"), SigningKey::from_seed(KeyType::P256, "release").sign(b"x"));
/// ```
#[derive(Debug, Clone)]
pub struct SigningKey(Inner);

#[derive(Debug, Clone)]
enum Inner {
    P256(p256::ecdsa::SigningKey),
    P384(Box<p384::ecdsa::SigningKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Rsa(RsaSize),
}

/// 48 bytes that depend on the whole seed; the first is cleared so that the number is below each curve's order.
fn stretch(seed: &str) -> [u8; 48] {
    let mut out = [0; 48];
    let first = Sha256::digest(format!("proofmark-testkit 1 {seed}"));
    let second = Sha256::digest(format!("proofmark-testkit 2 {seed}"));
    for (to, from) in out.iter_mut().zip(first.iter().chain(second.iter())) {
        *to = *from;
    }
    out[0] = 0;
    out
}

impl SigningKey {
    /// The key of this seed. Equal seeds give equal keys and equal signatures.
    pub fn from_seed(kind: KeyType, seed: &str) -> Self {
        let bytes = stretch(seed);
        let mut short = [0; 32];
        short.copy_from_slice(&bytes[..32]);
        Self(match kind {
            KeyType::P256 => match p256::ecdsa::SigningKey::from_slice(&short) {
                Ok(key) => Inner::P256(key),
                // Below the order by construction, so only the number zero is refused.
                Err(_) => return Self::from_seed(kind, &format!("{seed}'")),
            },
            KeyType::P384 => match p384::ecdsa::SigningKey::from_slice(&bytes) {
                Ok(key) => Inner::P384(Box::new(key)),
                Err(_) => return Self::from_seed(kind, &format!("{seed}'")),
            },
            KeyType::Ed25519 => Inner::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&short))),
            KeyType::Rsa2048 => Inner::Rsa(RsaSize::Bits2048),
            KeyType::Rsa1024 => Inner::Rsa(RsaSize::Bits1024),
        })
    }

    /// The algorithm.
    pub const fn key_type(&self) -> KeyType {
        match &self.0 {
            Inner::P256(_) => KeyType::P256,
            Inner::P384(_) => KeyType::P384,
            Inner::Ed25519(_) => KeyType::Ed25519,
            Inner::Rsa(RsaSize::Bits2048) => KeyType::Rsa2048,
            Inner::Rsa(RsaSize::Bits1024) => KeyType::Rsa1024,
        }
    }

    /// The signature: ECDSA as DER, Ed25519 and RSA as they are.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Inner::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Inner::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Inner::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Inner::Rsa(size) => size.sign(Hash::Sha256, message),
        }
    }

    /// The signature over another hash than the key's usual one. ECDSA P-384 and RSA alone have several.
    ///
    /// # Panics
    /// For keys that sign over one hash alone.
    pub fn sign_over(&self, hash: Hash, message: &[u8]) -> Vec<u8> {
        match (&self.0, hash) {
            (Inner::P384(key), Hash::Sha256) => {
                let digest = Sha256::digest(message);
                let signature: Result<p384::ecdsa::Signature, _> = key.sign_prehash(&digest);
                signature.map(|signature| signature.to_der().as_bytes().to_vec()).unwrap_or_default()
            }
            (Inner::P384(_), Hash::Sha384) | (Inner::P256(_), Hash::Sha256) => self.sign(message),
            (Inner::Rsa(size), hash) => size.sign(hash, message),
            (_, hash) => panic!("the testkit signs over no {hash:?} with a {:?} key", self.key_type()),
        }
    }

    /// SubjectPublicKeyInfo, DER (RFC 5480, RFC 8410, RFC 3279).
    pub fn public_der(&self) -> Vec<u8> {
        match &self.0 {
            Inner::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                ec_spki(&[1, 2, 840, 10045, 3, 1, 7], point.as_bytes())
            }
            Inner::P384(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                ec_spki(&[1, 3, 132, 0, 34], point.as_bytes())
            }
            Inner::Ed25519(key) => {
                let algorithm = der::sequence(&[der::oid(&[1, 3, 101, 112])]);
                der::sequence(&[algorithm, der::bits(key.verifying_key().as_bytes())])
            }
            Inner::Rsa(size) => size.spki(),
        }
    }

    /// The public key as PEM, as `cosign.pub` holds it.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public_der())
    }

    /// SHA-256 of the SubjectPublicKeyInfo: the log ID of RFC 6962 3.2 and the hint of key bundles (base64).
    pub fn key_id(&self) -> [u8; 32] {
        Sha256::digest(self.public_der()).into()
    }

    /// `PublicKeyDetails` of sigstore's protobuf specification.
    pub(crate) const fn details(&self) -> &'static str {
        match &self.0 {
            Inner::P256(_) => "PKIX_ECDSA_P256_SHA_256",
            Inner::P384(_) => "PKIX_ECDSA_P384_SHA_384",
            Inner::Ed25519(_) => "PKIX_ED25519",
            Inner::Rsa(_) => "PKIX_RSA_PKCS1V15_2048_SHA256",
        }
    }

    /// The AlgorithmIdentifier of this key's signatures in certificates and CMS.
    pub(crate) fn signature_algorithm(&self) -> Vec<u8> {
        let arcs: &[u64] = match &self.0 {
            Inner::P256(_) => &[1, 2, 840, 10045, 4, 3, 2],
            Inner::P384(_) => &[1, 2, 840, 10045, 4, 3, 3],
            Inner::Ed25519(_) => &[1, 3, 101, 112],
            Inner::Rsa(_) => return der::sequence(&[der::oid(&[1, 2, 840, 113_549, 1, 1, 11]), der::null()]),
        };
        der::sequence(&[der::oid(arcs)])
    }

    /// The raw Ed25519 public key, of which a signed note's key hash is made.
    pub(crate) fn ed25519_public(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Inner::Ed25519(key) => Some(key.verifying_key().to_bytes()),
            _ => None,
        }
    }
}

fn ec_spki(curve: &[u64], point: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&[der::oid(&[1, 2, 840, 10045, 2, 1]), der::oid(curve)]);
    der::sequence(&[algorithm, der::bits(point)])
}

/// RFC 7468 PEM with 64 columns, as Go and OpenSSL write it.
pub(crate) fn pem(label: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier as _;

    use super::*;

    #[test]
    fn signatures_verify_under_the_public_key() {
        let Inner::P256(p256) = SigningKey::from_seed(KeyType::P256, "a").0 else { panic!("kind") };
        let signature =
            p256::ecdsa::Signature::from_der(&SigningKey::from_seed(KeyType::P256, "a").sign(b"m")).unwrap();
        p256.verifying_key().verify(b"m", &signature).unwrap();
        assert!(p256.verifying_key().verify(b"n", &signature).is_err());
        let Inner::P384(p384) = SigningKey::from_seed(KeyType::P384, "a").0 else { panic!("kind") };
        let signature =
            p384::ecdsa::Signature::from_der(&SigningKey::from_seed(KeyType::P384, "a").sign(b"m")).unwrap();
        p384.verifying_key().verify(b"m", &signature).unwrap();
        let Inner::Ed25519(ed) = SigningKey::from_seed(KeyType::Ed25519, "a").0 else { panic!("kind") };
        let signature = SigningKey::from_seed(KeyType::Ed25519, "a").sign(b"m");
        ed.verifying_key().verify(b"m", &ed25519_dalek::Signature::from_slice(&signature).unwrap()).unwrap();
    }

    #[test]
    fn seeds_decide_keys() {
        for kind in [KeyType::P256, KeyType::P384, KeyType::Ed25519] {
            let key = SigningKey::from_seed(kind, "a");
            assert_eq!(key.public_der(), SigningKey::from_seed(kind, "a").public_der());
            assert_ne!(key.public_der(), SigningKey::from_seed(kind, "b").public_der());
            assert_eq!(key.key_type(), kind);
        }
    }
}
