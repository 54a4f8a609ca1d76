//! Managed public keys, parsed strictly.

mod strength;

use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use sigstore_verify::crypto::{self, SigningScheme};
use sigstore_verify::types::DerPublicKey;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::{hex, pem};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// Bytes of a PEM file: an 8192-bit RSA key has about 1,400.
const MAX_PEM: usize = 16 << 10;

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// Ed25519 over the message itself (not Ed25519ph).
    Ed25519,
    /// RSA with PKCS#1 v1.5, 2048 to 8192 bits.
    Rsa,
}

impl KeyAlgorithm {
    /// The name in `docs/vectors/keys.toml` and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "ecdsa-p256",
            Self::P384 => "ecdsa-p384",
            Self::Ed25519 => "ed25519",
            Self::Rsa => "rsa-pkcs1v15",
        }
    }

    /// The schemes that a signature by such a key may have been made with, the usual one first. All of them bind
    /// the whole message by SHA-2, so which of them it was is no reason to refuse.
    pub(crate) const fn schemes(self) -> &'static [SigningScheme] {
        match self {
            Self::P256 => &[SigningScheme::EcdsaP256Sha256],
            Self::P384 => &[SigningScheme::EcdsaP384Sha384, SigningScheme::EcdsaP384Sha256],
            Self::Ed25519 => &[SigningScheme::Ed25519],
            Self::Rsa => {
                &[SigningScheme::RsaPkcs1Sha256, SigningScheme::RsaPkcs1Sha384, SigningScheme::RsaPkcs1Sha512]
            }
        }
    }
}

/// Why a text is not a key that proofmark verifies with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No `PUBLIC KEY` block, or text around it.
    #[error("not one PEM block `PUBLIC KEY` and nothing else")]
    Shape,
    /// A private key, encrypted ones included.
    #[error("this is a private key: a policy names public keys alone, and this one may have leaked")]
    Private,
    /// More than one key: which one counts would be a guess.
    #[error("the file holds more than one PEM block")]
    Several,
    /// The block is not base64 or not a `SubjectPublicKeyInfo` in DER.
    #[error("the key is not a SubjectPublicKeyInfo in DER")]
    Encoding,
    /// A kind of key that proofmark does not verify with.
    #[error(
        "{0} keys are not supported: use ECDSA P-256, P-384, Ed25519 or RSA (PKCS#1 v1.5, 2048 bits or more)"
    )]
    Unsupported(&'static str),
    /// RSA below 2048 or above 8192 bits, an unusual exponent, a point that is none of its curve or not in its one form, an
    /// Ed25519 point of small order, or parameters that do not belong there.
    #[error("the key is weak or malformed: {0}")]
    Weak(String),
}

/// A managed public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    id: String,
    algorithm: KeyAlgorithm,
}

impl PublicKey {
    /// Reads exactly one PEM block `PUBLIC KEY` (RFC 7468 section 13).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_PEM {
            return Err(KeyError::Shape);
        }
        if text.contains("PRIVATE KEY") {
            return Err(KeyError::Private);
        }
        if text.matches("-----BEGIN ").count() > 1 {
            return Err(KeyError::Several);
        }
        Self::from_spki(&pem::one(text, "PUBLIC KEY").ok_or(KeyError::Shape)?)
    }

    /// Reads a `SubjectPublicKeyInfo` in DER, in its one canonical encoding.
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Encoding)?;
        if info.to_der().map_err(|_| KeyError::Encoding)? != der {
            return Err(KeyError::Encoding);
        }
        let algorithm = algorithm(&info)?;
        let key = info.subject_public_key.as_bytes().ok_or(KeyError::Encoding)?;
        strength::check(algorithm, info.algorithm.parameters, key)
            .map_err(|why| KeyError::Weak(why.into_owned()))?;
        // What the library would refuse when it verifies.
        let scheme = algorithm.schemes()[0];
        crypto::validate_raw_public_key(scheme, key)
            .and_then(|()| {
                crypto::VerificationKey::from_spki_with_scheme(&DerPublicKey::new(der.to_vec()), scheme)
            })
            .map_err(|error| KeyError::Weak(error.to_string()))?;
        Ok(Self { spki: der.to_vec(), id: hex::sha256(der), algorithm })
    }

    /// SHA-256 of the `SubjectPublicKeyInfo`, hexadecimal: what evidence and thresholds know the key by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The kind of key.
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }
}

fn algorithm(info: &SubjectPublicKeyInfoRef<'_>) -> Result<KeyAlgorithm, KeyError> {
    match info.algorithm.oid {
        EC => match info.algorithm.parameters_oid() {
            Ok(P256) => Ok(KeyAlgorithm::P256),
            Ok(P384) => Ok(KeyAlgorithm::P384),
            Ok(P521) => Err(KeyError::Unsupported("ECDSA P-521")),
            _ => Err(KeyError::Unsupported("ECDSA with another curve")),
        },
        ED25519 => Ok(KeyAlgorithm::Ed25519),
        RSA => Ok(KeyAlgorithm::Rsa),
        RSA_PSS => Err(KeyError::Unsupported("RSA-PSS")),
        _ => Err(KeyError::Unsupported("such")),
    }
}
