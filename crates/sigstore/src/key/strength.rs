//! Whether a key is one that only its holder can sign for, in the one form that stands for it: two forms of a key would count as
//! two signers.

use std::borrow::Cow;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, EcdsaVerificationAlgorithm, ParsedPublicKey,
};
use curve25519_dalek::edwards::CompressedEdwardsY;
use der::asn1::{AnyRef, UintRef};
use der::{Decode as _, Reader as _, SliceReader};

use super::KeyAlgorithm;

/// Bits of an RSA modulus.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Public exponents: odd and above 2^16 (FIPS 186-5, 5.4), and no longer than verifiers take.
const RSA_EXPONENTS: std::ops::RangeInclusive<u64> = 65_537..=0x1_ffff_ffff;

/// What is wrong with a key.
type Weakness = Cow<'static, str>;

/// Judges the parameters of the algorithm and the key's bytes, as a `SubjectPublicKeyInfo` holds them.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(
    algorithm: KeyAlgorithm,
    parameters: Option<AnyRef<'_>>,
    key: &[u8],
) -> Result<(), Weakness> {
    match algorithm {
        KeyAlgorithm::P256 => on_curve(&ECDSA_P256_SHA256_ASN1, key),
        KeyAlgorithm::P384 => on_curve(&ECDSA_P384_SHA384_ASN1, key),
        KeyAlgorithm::Ed25519 if parameters.is_some() => {
            Err("Ed25519 has no parameters (RFC 8410, 3)".into())
        }
        KeyAlgorithm::Ed25519 => ed25519(key),
        // RFC 8017, A.1: the parameters are NULL, and no other form of them is the same key's.
        KeyAlgorithm::Rsa if parameters != Some(AnyRef::NULL) => Err("its parameters are not NULL".into()),
        KeyAlgorithm::Rsa => rsa(key),
    }
}

/// An uncompressed point (SEC 1, 2.3.3) of the curve.
fn on_curve(curve: &'static EcdsaVerificationAlgorithm, key: &[u8]) -> Result<(), Weakness> {
    if key.first() != Some(&0x04) {
        return Err("its point is not in the uncompressed form".into());
    }
    ParsedPublicKey::new(curve, key).map(drop).map_err(|_| "it is no point of its curve".into())
}

/// A point of the large subgroup, in its canonical encoding (RFC 8032, 5.1.3). For a point of small order anybody can make
/// signatures that verify.
fn ed25519(key: &[u8]) -> Result<(), Weakness> {
    let encoded = CompressedEdwardsY::from_slice(key).map_err(|_| "it is not 32 bytes long")?;
    let point = encoded.decompress().ok_or("it is no point of its curve")?;
    if point.compress() != encoded {
        return Err("its point is not in the canonical form".into());
    }
    if point.is_small_order() {
        return Err("its point has a small order: anybody can sign for it".into());
    }
    if point.is_torsion_free() {
        Ok(())
    } else {
        Err("its point is outside of the group of the base point".into())
    }
}

/// `RSAPublicKey` (RFC 8017, A.1.1).
fn rsa(key: &[u8]) -> Result<(), Weakness> {
    let numbers = SliceReader::new(key).and_then(|mut reader| {
        let numbers = reader.sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)))?;
        reader.finish(numbers)
    });
    let (modulus, exponent) = numbers.map_err(|_| "it is no RSAPublicKey in DER")?;
    let first = modulus.as_bytes().first().map_or(8, |first| first.leading_zeros());
    let bits = (modulus.as_bytes().len() * 8).saturating_sub(usize::try_from(first).unwrap_or(8));
    if !RSA_BITS.contains(&bits) {
        return Err(format!("its modulus has {bits} bits, not 2048 to 8192").into());
    }
    let odd = |number: &UintRef<'_>| number.as_bytes().last().is_some_and(|last| last & 1 == 1);
    if !odd(&modulus) {
        return Err("its modulus is even".into());
    }
    if !odd(&exponent) || !small(&exponent).is_some_and(|value| RSA_EXPONENTS.contains(&value)) {
        return Err("its exponent is not an odd number from 65537 to 2^33 - 1".into());
    }
    Ok(())
}

/// A number of at most eight bytes.
fn small(number: &UintRef<'_>) -> Option<u64> {
    let mut bytes = [0; 8];
    let start = bytes.len().checked_sub(number.as_bytes().len())?;
    bytes.get_mut(start..)?.copy_from_slice(number.as_bytes());
    Some(u64::from_be_bytes(bytes))
}
