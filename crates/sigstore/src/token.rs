//! What an RFC 3161 token says of itself, before anybody verifies it: who signed it, and whether that is of a form that
//! can be verified here.

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Any, Decode as _, Encode as _, Reader as _, Sequence, SliceReader, Tag, Tagged as _};
use x509_cert::spki::AlgorithmIdentifierRef;

/// The hashes that are read: SHA-256, SHA-384, SHA-512.
const HASHES: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
];

/// `TimeStampResp` (RFC 3161 section 2.4.2), as far as finding the token needs.
#[derive(Sequence)]
struct Response {
    status: Status,
    token: Option<Any>,
}

/// `PKIStatusInfo` without `failInfo`, which a granted response does not have. Nobody signs it.
#[derive(Sequence)]
struct Status {
    status: u8,
    /// `PKIFreeText`: some authorities write a remark such as "Operation Okay".
    text: Option<Vec<String>>,
}

/// `granted` and `grantedWithMods`: "a token, as requested" and "with modifications".
const GRANTED: [u8; 2] = [0, 1];

/// A token.
pub(crate) struct Token {
    /// Who signed it, by its own word.
    pub(crate) signer: SignerIdentifier,
    /// What in it nobody here verifies.
    pub(crate) unsupported: Option<&'static str>,
}

impl Token {
    /// Reads a granted response, or a bare token; exactly one signer.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let info = ContentInfo::from_der(bytes).ok().or_else(|| granted(bytes))?;
        let signed: SignedData = info.content.decode_as().ok()?;
        let [only] = signed.signer_infos.0.as_slice() else { return None };
        let unsupported = unsupported_info(&signed)
            .or_else(|| (!HASHES.contains(&only.digest_alg.oid)).then_some("its signer's hash"));
        Some(Self { signer: only.sid.clone(), unsupported })
    }
}

/// The token of a granted response.
fn granted(bytes: &[u8]) -> Option<ContentInfo> {
    let Response { status: Status { status, text: _ }, token } = Response::from_der(bytes).ok()?;
    let token = token.filter(|_| GRANTED.contains(&status))?;
    ContentInfo::from_der(&token.to_der().ok()?).ok()
}

/// What of `TSTInfo` (RFC 3161 section 2.4.2) is not read here; `None` where it is read, or is none at all.
fn unsupported_info(signed: &SignedData) -> Option<&'static str> {
    let content = signed.encap_content_info.econtent.as_ref()?;
    let info = AnyRef::from_der(content.value()).ok().filter(|info| info.tag() == Tag::Sequence)?;
    let mut fields = SliceReader::new(info.value()).ok()?;
    // version, policy, messageImprint, serialNumber, genTime.
    let [_, _, imprint, _] = [(); 4].map(|()| fields.decode::<AnyRef<'_>>().ok());
    let time: AnyRef<'_> = fields.decode().ok()?;
    let mut imprint = SliceReader::new(imprint?.value()).ok()?;
    let hash: AlgorithmIdentifierRef<'_> = imprint.decode().ok()?;
    if !HASHES.contains(&hash.oid) {
        return Some("its message imprint's hash");
    }
    // "GeneralizedTime … fraction-of-second": X.690 section 11.7 allows one, the library's reader does not.
    let fraction = time.tag() == Tag::GeneralizedTime && time.value().contains(&b'.');
    fraction.then_some("a time with a fraction of a second")
}
