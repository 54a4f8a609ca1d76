//! RFC 3161 tokens: an authority of the root says that the signature existed at a time.

use cms::signed_data::SignerIdentifier;
use proofmark_core::{Reason, Timestamp};
use sigstore_verify::tsa;
use sigstore_verify::types::{SignatureBytes, TimestampToken};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use crate::facts::{TimeKind, VerifiedTime};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::rejection::{Rejection, Step};
use crate::root::{TrustRoot, Tsa};
use crate::token::Token;

/// What the authorities that did not vouch for a token minded.
#[derive(Default)]
struct Refusals {
    outside: Option<Timestamp>,
    other_content: bool,
    chain_invalid: bool,
}

/// Verifies one token over `signature`: by one authority, in that authority's own window (TIME-05), while all of its
/// certificates are valid (TIME-03).
pub(crate) fn verify(token: &[u8], signature: &[u8], root: &TrustRoot) -> Result<VerifiedTime, Rejection> {
    let Some(parsed) = Token::parse(token) else {
        return Err(reject(Reason::Malformed, "a timestamp is not a granted RFC 3161 token"));
    };
    let token = TimestampToken::new(token.to_vec());
    let signature = SignatureBytes::new(signature.to_vec());
    let mut refusals = Refusals::default();
    for tsa in &root.parts().tsas {
        let answer = tsa::verify_timestamp_for_authority(&token, &signature, &tsa.authority);
        if let Some(at) = refusals.weigh(answer, &parsed.signer, tsa) {
            return Ok(VerifiedTime { at, kind: TimeKind::Timestamp, authority: tsa.name.clone() });
        }
    }
    Err(refusals.rejection(&parsed, root))
}

fn reject(reason: Reason, detail: impl Into<String>) -> Rejection {
    Rejection::new(reason, Step::Time, detail)
}

impl Refusals {
    /// The time if it counts; else what was minded is noted.
    fn weigh(
        &mut self,
        answer: tsa::Result<Timestamp>,
        signer: &SignerIdentifier,
        tsa: &Tsa,
    ) -> Option<Timestamp> {
        match answer {
            // The token names its signer outside of what is signed: it must be the one that it is.
            Ok(_) if !is_named_by(signer, &tsa.leaf) => {}
            // The path was built to the chain's last certificate, at whose own dates nobody looked.
            Ok(at) if tsa.dates.contains(at) => return Some(at),
            // The root's own chain: it can only be the time that it does not hold for.
            Ok(_) | Err(tsa::Error::CertificateValidationError(_)) => self.chain_invalid = true,
            Err(tsa::Error::TimestampOutsideValidity { time }) => self.outside = Some(time),
            Err(tsa::Error::HashMismatch { .. }) => self.other_content = true,
            Err(_) => {}
        }
        None
    }

    fn rejection(&self, token: &Token, root: &TrustRoot) -> Rejection {
        if let Some(at) = self.outside {
            let detail = format!("stamped at {at}, when the timestamp authority was not trusted");
            return reject(Reason::Expired, detail);
        }
        if self.other_content {
            return reject(Reason::Tampered, "a timestamp is for another signature");
        }
        let Some(tsa) = root.parts().tsas.iter().find(|tsa| is_named_by(&token.signer, &tsa.leaf)) else {
            let detail = format!("a timestamp's authority is not in trusted root {}", root.name());
            return reject(Reason::UntrustedRoot, detail);
        };
        if self.chain_invalid {
            let detail = format!("stamped when the certificates of {} were not valid", tsa.name);
            return reject(Reason::Expired, detail);
        }
        if let Some(what) = token.unsupported.or_else(|| unsupported_key(tsa)) {
            let detail = format!("a timestamp of {} cannot be verified: {what} is not supported", tsa.name);
            return reject(Reason::Unsupported, detail);
        }
        let detail = format!("a timestamp does not verify with the authority that it names, {}", tsa.name);
        reject(Reason::Tampered, detail)
    }
}

/// Tokens are verified with ECDSA keys alone (`sigstore-tsa`: "not an EC key").
fn unsupported_key(tsa: &Tsa) -> Option<&'static str> {
    use der::Encode as _;
    let spki = tsa.leaf.tbs_certificate.subject_public_key_info.to_der().ok()?;
    match PublicKey::from_spki(&spki).map(|key| key.algorithm()) {
        Ok(KeyAlgorithm::P256 | KeyAlgorithm::P384) => None,
        _ => Some("its authority's kind of key"),
    }
}

fn is_named_by(signer: &SignerIdentifier, leaf: &Certificate) -> bool {
    let leaf = &leaf.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.issuer == leaf.issuer && id.serial_number == leaf.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            leaf.get::<SubjectKeyIdentifier>().ok().flatten().is_some_and(|(_, own)| own == *id)
        }
    }
}

#[cfg(test)]
mod tests;
