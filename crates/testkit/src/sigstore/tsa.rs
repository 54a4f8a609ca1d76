//! A timestamp authority: RFC 3161 tokens in CMS SignedData (RFC 5652).

use jiff::Timestamp;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::authority::Authority;
use super::der;
use super::keys::KeyType;
use super::x509;

/// How a token is made. The defaults are what a public authority gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenSpec {
    /// The time in the token; `None` is the request's signing time + 1 s.
    pub at: Option<Timestamp>,
    /// Which authority of the world, by number.
    pub authority: usize,
    /// Whether the token carries the leaf certificate.
    pub embed_certificate: bool,
    /// SHA-512 for the message imprint instead of SHA-256.
    pub sha512: bool,
    /// Digits after the seconds, such as `"25"`.
    pub fraction: Option<String>,
    /// PKIStatus: 0 is granted, 1 granted with changes, 2 rejection (RFC 3161 2.4.2).
    pub status: u8,
    /// A remark beside the status, such as `"Operation Okay"`.
    pub status_text: Option<String>,
    /// Whether a reason for a failure stands beside the status.
    pub failure: bool,
    /// The token alone, without the response around it.
    pub bare: bool,
}

const ID_CT_TST_INFO: [u64; 9] = [1, 2, 840, 113_549, 1, 9, 16, 1, 4];
const ID_SIGNED_DATA: [u64; 7] = [1, 2, 840, 113_549, 1, 7, 2];
const ID_CONTENT_TYPE: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 3];
const ID_MESSAGE_DIGEST: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 4];
const ID_SIGNING_CERTIFICATE_V2: [u64; 9] = [1, 2, 840, 113_549, 1, 9, 16, 2, 47];
const ID_SHA256: [u64; 9] = [2, 16, 840, 1, 101, 3, 4, 2, 1];
const ID_SHA384: [u64; 9] = [2, 16, 840, 1, 101, 3, 4, 2, 2];
const ID_SHA512: [u64; 9] = [2, 16, 840, 1, 101, 3, 4, 2, 3];

/// A TimeStampResp over `message`, which for Sigstore is the raw signature.
pub(crate) fn respond(authority: &Authority, message: &[u8], at: Timestamp, spec: &TokenSpec) -> Vec<u8> {
    let info = tst_info(message, at, spec);
    let token = signed_data(authority, &info, spec.embed_certificate);
    if spec.bare {
        return token;
    }
    let mut status = vec![der::integer(u64::from(spec.status))];
    status.extend(spec.status_text.iter().map(|text| der::sequence(&[der::utf8(text)])));
    if spec.failure {
        status.push(der::bits_unused(&[0x80], 7));
    }
    der::sequence(&[der::sequence(&status), token])
}

fn tst_info(message: &[u8], at: Timestamp, spec: &TokenSpec) -> Vec<u8> {
    let (algorithm, imprint) = if spec.sha512 {
        (der::oid(&ID_SHA512), Sha512::digest(message).to_vec())
    } else {
        (der::oid(&ID_SHA256), Sha256::digest(message).to_vec())
    };
    // The serial number follows from what is stamped, so equal requests give equal tokens.
    let serial = &Sha256::digest([&imprint[..], &at.as_second().to_be_bytes()].concat())[..8];
    der::sequence(&[
        der::integer(1),
        // The policy of Sigstore's own authority.
        der::oid(&[1, 3, 6, 1, 4, 1, 57264, 2]),
        der::sequence(&[der::sequence(&[algorithm]), der::octets(&imprint)]),
        der::unsigned(serial),
        der::generalized_time(at, spec.fraction.as_deref()),
        der::sequence(&[der::integer(1)]),
    ])
}

fn attribute(kind: &[u64], value: Vec<u8>) -> Vec<u8> {
    der::sequence(&[der::oid(kind), der::set_of(vec![value])])
}

fn signed_data(authority: &Authority, info: &[u8], embed: bool) -> Vec<u8> {
    // The signer's digest is the one that its signature algorithm names (RFC 5652 5.3).
    let (digest, info_hash) = match authority.leaf_key.key_type() {
        KeyType::P384 => (der::oid(&ID_SHA384), Sha384::digest(info).to_vec()),
        _ => (der::oid(&ID_SHA256), Sha256::digest(info).to_vec()),
    };
    let digest = der::sequence(&[digest]);
    let certificate_hash = Sha256::digest(&authority.leaf);
    // ESSCertIDv2 with the default algorithm SHA-256 left out (RFC 5035 4).
    let signing_certificate =
        der::sequence(&[der::sequence(&[der::sequence(&[der::octets(&certificate_hash)])])]);
    let attributes = der::set_of(vec![
        attribute(&ID_CONTENT_TYPE, der::oid(&ID_CT_TST_INFO)),
        attribute(&ID_MESSAGE_DIGEST, der::octets(&info_hash)),
        attribute(&ID_SIGNING_CERTIFICATE_V2, signing_certificate),
    ]);
    let signature = authority.leaf_key.sign(&attributes);
    // Signed as SET OF, sent as [0] IMPLICIT (RFC 5652 5.4).
    let mut sent = attributes;
    if let Some(tag) = sent.first_mut() {
        *tag = 0xa0;
    }
    let signer = der::sequence(&[
        der::integer(1),
        der::sequence(&[x509::name(&authority.leaf_issuer), der::unsigned(&authority.leaf_serial)]),
        digest.clone(),
        sent,
        authority.leaf_key.signature_algorithm(),
        der::octets(&signature),
    ]);
    let mut parts = vec![
        der::integer(3),
        der::set_of(vec![digest]),
        der::sequence(&[der::oid(&ID_CT_TST_INFO), der::explicit(0, &der::octets(info))]),
    ];
    if embed {
        parts.push(der::explicit(0, &authority.leaf));
    }
    parts.push(der::set_of(vec![signer]));
    der::sequence(&[der::oid(&ID_SIGNED_DATA), der::explicit(0, &der::sequence(&parts))])
}
