//! The numbers of a key, and whether a signature is theirs.

use aws_lc_rs::digest::Digest;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
};

use super::HashAlgorithm;
use super::error::{KeyError, Malformed};
use super::packet::mpi;
use crate::cursor::Cursor;

const RSA: u8 = 1;
const RSA_SIGN: u8 = 3;
const ECDSA: u8 = 19;
const EDDSA_LEGACY: u8 = 22;
const ED25519_NATIVE: u8 = 27;

const ED25519_OID: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];

const WRONG: Malformed = Malformed::Body { what: "key" };

/// Whether signatures by this public-key algorithm (RFC 9580 9.1) are verified here.
pub(super) const fn is_verified(algorithm: u8) -> bool {
    matches!(algorithm, RSA | RSA_SIGN | ECDSA | EDDSA_LEGACY | ED25519_NATIVE)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// A public key that can verify.
#[derive(Debug, Clone)]
pub(super) enum Material {
    Rsa { algorithm: u8, modulus: Vec<u8>, exponent: Vec<u8> },
    Ecdsa { curve: Curve, point: Vec<u8> },
    Ed25519 { algorithm: u8, point: [u8; 32] },
}

/// Why a signature is not one by this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It was computed, and is wrong.
    Wrong,
    /// It cannot be computed: nothing is known.
    Unknown,
}

impl Material {
    /// The key material after a key packet's algorithm.
    pub(super) fn parse(algorithm: u8, bytes: &[u8]) -> Result<Self, KeyError> {
        let mut cursor = Cursor::new(bytes);
        let material = match algorithm {
            RSA | RSA_SIGN => rsa(algorithm, &mut cursor)?,
            ECDSA => ecdsa(&mut cursor)?,
            EDDSA_LEGACY => eddsa(&mut cursor)?,
            ED25519_NATIVE => Self::Ed25519 { algorithm, point: cursor.array().ok_or(WRONG)? },
            other => return Err(KeyError::Algorithm(other)),
        };
        if cursor.is_empty() { Ok(material) } else { Err(WRONG.into()) }
    }

    const fn algorithm(&self) -> u8 {
        match self {
            Self::Rsa { algorithm, .. } | Self::Ed25519 { algorithm, .. } => *algorithm,
            Self::Ecdsa { .. } => ECDSA,
        }
    }

    /// Whether `numbers` are a signature by this key over `digest`.
    pub(super) fn verify(
        &self,
        algorithm: u8,
        hash: HashAlgorithm,
        digest: &Digest,
        numbers: &[u8],
    ) -> Result<(), Failure> {
        if algorithm != self.algorithm() {
            return Err(Failure::Wrong);
        }
        let mut cursor = Cursor::new(numbers);
        let numbers = &mut cursor;
        let right = match self {
            Self::Rsa { modulus, exponent, .. } => {
                let parameters = rsa_parameters(hash).ok_or(Failure::Unknown)?;
                let signature = padded(number(numbers)?, modulus.len())?;
                let key = PublicKeyComponents { n: modulus, e: exponent }.to_parsed_public_key(parameters);
                key.is_ok_and(|key| key.verify_digest_sig(digest, &signature).is_ok())
            }
            Self::Ecdsa { curve, point } => {
                let algorithm = ecdsa_algorithm(*curve, hash).ok_or(Failure::Unknown)?;
                let signature = der(number(numbers)?, number(numbers)?);
                UnparsedPublicKey::new(algorithm, point).verify_digest(digest, &signature).is_ok()
            }
            Self::Ed25519 { algorithm, point } => {
                let signature = if *algorithm == ED25519_NATIVE {
                    numbers.take(64).ok_or(Failure::Wrong)?.to_vec()
                } else {
                    [padded(number(numbers)?, 32)?, padded(number(numbers)?, 32)?].concat()
                };
                // "The digest of the message" is what is signed, as a message of its own (RFC 9580 5.2.3.3, 5.2.3.4).
                UnparsedPublicKey::new(&ED25519, point).verify(digest.as_ref(), &signature).is_ok()
            }
        };
        if right && cursor.is_empty() { Ok(()) } else { Err(Failure::Wrong) }
    }
}

fn rsa(algorithm: u8, cursor: &mut Cursor<'_>) -> Result<Material, KeyError> {
    let modulus = mpi(cursor, "key")?;
    let exponent = mpi(cursor, "key")?;
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = modulus.len() * 8 - leading;
    if !(2048..=8192).contains(&bits) {
        return Err(KeyError::RsaSize { bits });
    }
    Ok(Material::Rsa { algorithm, modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}

fn ecdsa(cursor: &mut Cursor<'_>) -> Result<Material, KeyError> {
    let curve = match oid(cursor)? {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Curve::P256,
        [0x2b, 0x81, 0x04, 0x00, 0x22] => Curve::P384,
        [0x2b, 0x81, 0x04, 0x00, 0x23] => Curve::P521,
        _ => return Err(KeyError::Algorithm(ECDSA)),
    };
    Ok(Material::Ecdsa { curve, point: mpi(cursor, "key")?.to_vec() })
}

fn eddsa(cursor: &mut Cursor<'_>) -> Result<Material, KeyError> {
    if oid(cursor)? != ED25519_OID {
        return Err(KeyError::Algorithm(EDDSA_LEGACY));
    }
    // The prefix of a native point.
    let point = mpi(cursor, "key")?.strip_prefix(&[0x40]).and_then(|point| point.try_into().ok());
    Ok(Material::Ed25519 { algorithm: EDDSA_LEGACY, point: point.ok_or(WRONG)? })
}

fn oid<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Malformed> {
    let length = cursor.u8().ok_or(WRONG)?;
    cursor.take(usize::from(length)).ok_or(WRONG)
}

fn rsa_parameters(hash: HashAlgorithm) -> Option<&'static RsaParameters> {
    match hash {
        HashAlgorithm::SHA1 => Some(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        HashAlgorithm(8) => Some(&RSA_PKCS1_2048_8192_SHA256),
        HashAlgorithm(9) => Some(&RSA_PKCS1_2048_8192_SHA384),
        HashAlgorithm(10) => Some(&RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    }
}

fn ecdsa_algorithm(curve: Curve, hash: HashAlgorithm) -> Option<&'static EcdsaVerificationAlgorithm> {
    Some(match (curve, hash.0) {
        (Curve::P256, 8) => &ECDSA_P256_SHA256_ASN1,
        (Curve::P256, 9) => &ECDSA_P256_SHA384_ASN1,
        (Curve::P256, 10) => &ECDSA_P256_SHA512_ASN1,
        (Curve::P384, 8) => &ECDSA_P384_SHA256_ASN1,
        (Curve::P384, 9) => &ECDSA_P384_SHA384_ASN1,
        (Curve::P384, 10) => &ECDSA_P384_SHA512_ASN1,
        (Curve::P521, 8) => &ECDSA_P521_SHA256_ASN1,
        (Curve::P521, 9) => &ECDSA_P521_SHA384_ASN1,
        (Curve::P521, 10) => &ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}

fn number<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Failure> {
    mpi(cursor, "signature").map_err(|_| Failure::Wrong)
}

/// A number with the zeros that a multiprecision integer leaves out.
fn padded(number: &[u8], length: usize) -> Result<Vec<u8>, Failure> {
    let zeros = length.checked_sub(number.len()).ok_or(Failure::Wrong)?;
    Ok([&vec![0; zeros][..], number].concat())
}

/// `ECDSA-Sig-Value` of X9.62: a sequence of two integers, none of them longer than 66 bytes by the curves above.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let body = [integer(r), integer(s)].concat();
    [vec![0x30], length(body.len()), body].concat()
}

fn integer(number: &[u8]) -> Vec<u8> {
    let sign = number.first().is_some_and(|first| first & 0x80 != 0);
    let zero: &[u8] = if sign { &[0] } else { &[] };
    [&[0x02][..], &length(number.len() + zero.len()), zero, number].concat()
}

fn length(bytes: usize) -> Vec<u8> {
    match u8::try_from(bytes) {
        Ok(short @ 0..=127) => vec![short],
        Ok(long) => vec![0x81, long],
        // Numbers of this length are of no curve: what comes of it verifies nothing.
        Err(_) => Vec::new(),
    }
}
