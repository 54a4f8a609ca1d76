//! Signed certificate timestamps (RFC 6962 section 3.2): a certificate log saw the certificate before it was issued.

use der::Encode as _;
use der::oid::AssociatedOid as _;
use proofmark_core::{Reason, Timestamp};
use sigstore_verify::crypto::{self, SigningScheme, VerificationKey};
use sigstore_verify::types::SignatureBytes;
use x509_cert::Certificate;
use x509_cert::ext::pkix::sct::{HashAlgorithm, SignatureAlgorithm, SignatureAndHashAlgorithm};
use x509_cert::ext::pkix::{SignedCertificateTimestamp, SignedCertificateTimestampList};

use crate::rejection::{Rejection, Step};
use crate::root::TrustRoot;

fn reject(reason: Reason, detail: impl Into<String>) -> Rejection {
    Rejection::new(reason, Step::Chain, detail)
}

/// Exactly one timestamp of a log that the root knows, in the log's window, over this certificate as `issuer_spki`
/// issued it.
pub(crate) fn verify(leaf: &Certificate, issuer_spki: &[u8], root: &TrustRoot) -> Result<(), Rejection> {
    let sct = only(leaf)?;
    let Some(log) = root.parts().ct_logs.iter().find(|log| log.id == sct.log_id.key_id) else {
        let id = crate::hex::encode(&sct.log_id.key_id[..8]);
        let detail = format!("the certificate's log {id} is not in {}", root.name());
        return Err(reject(Reason::UntrustedRoot, detail));
    };
    let tampered =
        || reject(Reason::Tampered, "the certificate's timestamp is not the log's for this certificate");
    let at = i64::try_from(sct.timestamp).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let at = at.ok_or_else(tampered)?;
    if log.window.is_some_and(|window| !window.contains(at)) {
        let detail = format!("the certificate was logged at {at}, when its log was not trusted");
        return Err(reject(Reason::Expired, detail));
    }
    let signed = signed_data(leaf, &sct, issuer_spki).ok_or_else(tampered)?;
    let signature = SignatureBytes::new(sct.signature.signature.as_slice().to_vec());
    let scheme = scheme(&sct.signature.algorithm).ok_or_else(|| {
        reject(
            Reason::Unsupported,
            "the certificate's timestamp is signed by a scheme that cannot be verified",
        )
    })?;
    VerificationKey::from_der(&log.key, scheme)
        .and_then(|key| key.verify(&signed, &signature))
        .map_err(|_| tampered())
}

/// `SignatureAndHashAlgorithm` (RFC 5246 section 7.4.1.4.1); RFC 6962 section 2.1.4 allows ECDSA and RSA.
fn scheme(algorithm: &SignatureAndHashAlgorithm) -> Option<SigningScheme> {
    match (&algorithm.signature, &algorithm.hash) {
        (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha256) => Some(SigningScheme::EcdsaP256Sha256),
        (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha384) => Some(SigningScheme::EcdsaP384Sha384),
        (SignatureAlgorithm::Rsa, HashAlgorithm::Sha256) => Some(SigningScheme::RsaPkcs1Sha256),
        (SignatureAlgorithm::Rsa, HashAlgorithm::Sha384) => Some(SigningScheme::RsaPkcs1Sha384),
        (SignatureAlgorithm::Rsa, HashAlgorithm::Sha512) => Some(SigningScheme::RsaPkcs1Sha512),
        _ => None,
    }
}

/// The certificate's one timestamp.
fn only(leaf: &Certificate) -> Result<SignedCertificateTimestamp, Rejection> {
    let unreadable = || reject(Reason::Malformed, "the certificate's timestamp list is unreadable");
    let none = || reject(Reason::NoTransparency, "the certificate has no signed certificate timestamp");
    let list = leaf.tbs_certificate.get::<SignedCertificateTimestampList>().map_err(|_| unreadable())?;
    let (_, list) = list.ok_or_else(none)?;
    let serialized = list.parse_timestamps().map_err(|_| unreadable())?;
    match serialized.as_slice() {
        [] => Err(none()),
        [only] => only.parse_timestamp().map_err(|_| unreadable()),
        several => {
            let detail =
                format!("the certificate has {} timestamps, and only one can be verified", several.len());
            Err(reject(Reason::Unsupported, detail))
        }
    }
}

/// What the log signed: `digitally-signed struct` of section 3.2 for a precertificate, which is the certificate
/// without its timestamps.
fn signed_data(leaf: &Certificate, sct: &SignedCertificateTimestamp, issuer_spki: &[u8]) -> Option<Vec<u8>> {
    let mut tbs = leaf.tbs_certificate.clone();
    tbs.extensions.as_mut()?.retain(|extension| extension.extn_id != SignedCertificateTimestampList::OID);
    let tbs = tbs.to_der().ok()?;
    let extensions = sct.extensions.as_slice();
    // Version v1, certificate_timestamp; then precert_entry (1) with the hash of the issuer's key.
    let mut signed = vec![0, 0];
    signed.extend(sct.timestamp.to_be_bytes());
    signed.extend([0, 1]);
    signed.extend(crypto::sha256(issuer_spki).as_bytes());
    // Three bytes of length.
    let [0, length @ ..] = u32::try_from(tbs.len()).ok()?.to_be_bytes() else { return None };
    signed.extend(length);
    signed.extend(tbs);
    signed.extend(u16::try_from(extensions.len()).ok()?.to_be_bytes());
    signed.extend(extensions);
    Some(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemes_of_section_2_1_4() {
        use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        use SignatureAlgorithm::{Dsa, Ecdsa, Rsa};
        let named = |signature, hash| scheme(&SignatureAndHashAlgorithm { hash, signature });
        assert_eq!(named(Ecdsa, Sha256), Some(SigningScheme::EcdsaP256Sha256));
        assert_eq!(named(Ecdsa, Sha384), Some(SigningScheme::EcdsaP384Sha384));
        assert_eq!(named(Rsa, Sha256), Some(SigningScheme::RsaPkcs1Sha256));
        assert_eq!(named(Rsa, Sha384), Some(SigningScheme::RsaPkcs1Sha384));
        assert_eq!(named(Rsa, Sha512), Some(SigningScheme::RsaPkcs1Sha512));
        assert_eq!(named(Ecdsa, Sha512), None);
        assert_eq!(named(Rsa, Sha1), None);
        assert_eq!(named(Dsa, Sha256), None);
    }
}
