//! RFC 3161 tokens: an authority of the root says that the signature existed at a time.

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier};
use der::{Any, Decode as _, Encode as _, Sequence};
use proofmark_core::Reason;
use sigstore_verify::tsa;
use sigstore_verify::types::{SignatureBytes, TimestampToken};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use crate::facts::{TimeKind, VerifiedTime};
use crate::rejection::{Rejection, Step};
use crate::root::{TrustRoot, Tsa};

/// Verifies one token over `signature`: by one authority, in that authority's own window (TIME-05).
pub(crate) fn verify(token: &[u8], signature: &[u8], root: &TrustRoot) -> Result<VerifiedTime, Rejection> {
    let Some(signer) = signer(token) else {
        return Err(Rejection::new(
            Reason::Malformed,
            Step::Time,
            "a timestamp is not a granted RFC 3161 token",
        ));
    };
    let token_bytes = TimestampToken::new(token.to_vec());
    let signature = SignatureBytes::new(signature.to_vec());
    let mut outside = None;
    let (mut other_content, mut chain_invalid) = (false, false);
    for tsa in &root.parts().tsas {
        match tsa::verify_timestamp_for_authority(&token_bytes, &signature, &tsa.authority) {
            // The token names its signer outside of what is signed: it must be the one that it is.
            Ok(at) if is_named_by(&signer, tsa) => {
                return Ok(VerifiedTime { at, kind: TimeKind::Timestamp, authority: tsa.name.clone() });
            }
            Err(tsa::Error::TimestampOutsideValidity { time }) => outside = Some(time),
            Err(tsa::Error::HashMismatch { .. }) => other_content = true,
            // The root's own chain: it can only be the time that it does not hold for.
            Err(tsa::Error::CertificateValidationError(_)) => chain_invalid = true,
            Ok(_) | Err(_) => {}
        }
    }
    let reject = |reason, detail: String| Err(Rejection::new(reason, Step::Time, detail));
    if let Some(at) = outside {
        return reject(
            Reason::Expired,
            format!("stamped at {at}, when the timestamp authority was not trusted"),
        );
    }
    match (other_content, root.parts().tsas.iter().find(|tsa| is_named_by(&signer, tsa))) {
        (true, _) => reject(Reason::Tampered, "a timestamp is for another signature".to_owned()),
        (false, Some(tsa)) if chain_invalid => {
            reject(Reason::Expired, format!("stamped when the certificate of {} was not valid", tsa.name))
        }
        (false, Some(tsa)) => reject(
            Reason::Tampered,
            format!("a timestamp does not verify with the authority that it names, {}", tsa.name),
        ),
        (false, None) => reject(
            Reason::UntrustedRoot,
            format!("a timestamp's authority is not in trusted root {}", root.name()),
        ),
    }
}

/// `TimeStampResp` (RFC 3161 section 2.4.2), as far as finding the token needs.
#[derive(Sequence)]
struct Response {
    status: Any,
    token: Option<Any>,
}

/// `PKIStatusInfo` of a granted request, without remarks. Nobody signs it, so there is one spelling.
const GRANTED: [u8; 5] = [0x30, 3, 2, 1, 0];

/// Who a token says signed it: exactly one signer.
fn signer(token: &[u8]) -> Option<SignerIdentifier> {
    let response = Response::from_der(token).ok();
    if response
        .as_ref()
        .is_some_and(|response| response.status.to_der().is_ok_and(|status| status != GRANTED))
    {
        return None;
    }
    let wrapped = response.and_then(|response| response.token).and_then(|any| any.to_der().ok());
    let info = ContentInfo::from_der(wrapped.as_deref().unwrap_or(token)).ok()?;
    let signed: SignedData = info.content.decode_as().ok()?;
    match signed.signer_infos.0.as_slice() {
        [only] => Some(only.sid.clone()),
        _ => None,
    }
}

fn is_named_by(signer: &SignerIdentifier, tsa: &Tsa) -> bool {
    let leaf = &tsa.leaf.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.issuer == leaf.issuer && id.serial_number == leaf.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            leaf.get::<SubjectKeyIdentifier>().ok().flatten().is_some_and(|(_, own)| own == *id)
        }
    }
}
