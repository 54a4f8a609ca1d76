//! What a signing certificate says, every name and extension of it; believed by nobody here.

use std::collections::BTreeMap;

use der::asn1::{ObjectIdentifier, Utf8StringRef};
use der::{Decode as _, Encode as _};
use proofmark_core::{Extension, SanKind, Timestamp};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{GeneralName, OtherName};

use crate::facts::{CertificateFacts, San};
use crate::hex;
use crate::key::PublicKey;
use crate::rejection::Rejection;

/// The arc of Fulcio's extensions.
const FULCIO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1");
/// Fulcio's OtherName: the subject of an identity provider without e-mail or URI.
const FULCIO_OTHER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");
/// Subject alternative names in a certificate; more than one is refused later, with its kind named.
const MAX_SANS: usize = 16;

/// A signing certificate, read.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) facts: CertificateFacts,
    pub(crate) key: Result<PublicKey, String>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) certificate: Certificate,
}

impl Leaf {
    pub(crate) fn parse(der: &[u8]) -> Result<Self, Rejection> {
        let certificate =
            Certificate::from_der(der).map_err(|error| malformed(&format!("is not X.509: {error}")))?;
        let tbs = &certificate.tbs_certificate;
        let spki = tbs.subject_public_key_info.to_der().map_err(|_| malformed("has an unreadable key"))?;
        let time = |time: x509_cert::time::Time| {
            Timestamp::try_from(time.to_system_time()).map_err(|_| malformed("has an impossible validity"))
        };
        let (issuer_v1, extensions) = extensions(&certificate)?;
        Ok(Self {
            facts: CertificateFacts {
                sans: sans(&certificate)?,
                issuer_v1,
                extensions,
                spki: hex::sha256(&spki),
            },
            key: PublicKey::from_spki(&spki).map_err(|error| error.to_string()),
            not_before: time(tbs.validity.not_before)?,
            not_after: time(tbs.validity.not_after)?,
            certificate,
        })
    }
}

fn malformed(what: &str) -> Rejection {
    Rejection::malformed(format!("the signing certificate {what}"))
}

/// Whether subject and issuer are one: a root certificate, or a key that vouches for itself.
pub(crate) fn is_self_issued(der: &[u8]) -> Result<bool, Rejection> {
    let certificate = Certificate::from_der(der)
        .map_err(|error| Rejection::malformed(format!("a certificate of the chain is not X.509: {error}")))?;
    Ok(certificate.tbs_certificate.subject == certificate.tbs_certificate.issuer)
}

fn sans(certificate: &Certificate) -> Result<Vec<San>, Rejection> {
    let san = certificate
        .tbs_certificate
        .get::<SubjectAltName>()
        .map_err(|_| malformed("has an unreadable subject alternative name"))?;
    let Some((_, names)) = san else { return Ok(Vec::new()) };
    if names.0.len() > MAX_SANS {
        return Err(malformed("has too many subject alternative names"));
    }
    names.0.iter().map(general_name).collect()
}

fn general_name(name: &GeneralName) -> Result<San, Rejection> {
    let san = |kind: SanKind, value: &str| San {
        kind: Some(kind),
        kind_name: kind.as_str(),
        value: value.to_owned(),
    };
    // Kinds that no policy can name are named to people alone.
    let unnamed = |kind_name, value: &str| San { kind: None, kind_name, value: value.to_owned() };
    Ok(match name {
        GeneralName::UniformResourceIdentifier(uri) => san(SanKind::Uri, uri.as_str()),
        GeneralName::Rfc822Name(mail) => san(SanKind::Email, mail.as_str()),
        GeneralName::OtherName(OtherName { type_id, value }) if *type_id == FULCIO_OTHER_NAME => {
            let text = value
                .decode_as::<Utf8StringRef<'_>>()
                .map_err(|_| malformed("has an unreadable OtherName"))?;
            san(SanKind::Other, text.as_str())
        }
        GeneralName::DnsName(dns) => unnamed("dns", dns.as_str()),
        GeneralName::OtherName(OtherName { type_id, .. }) => unnamed("OtherName", &type_id.to_string()),
        GeneralName::IpAddress(_) => unnamed("address", "an address"),
        GeneralName::DirectoryName(name) => unnamed("directory name", &name.to_string()),
        GeneralName::RegisteredId(id) => unnamed("registered id", &id.to_string()),
        GeneralName::EdiPartyName(_) => unnamed("EDI party name", "a party"),
    })
}

type Extensions = (Option<String>, BTreeMap<Extension, String>);

/// Fulcio's extensions; a repeated one is refused, as RFC 5280 section 4.2 demands.
fn extensions(certificate: &Certificate) -> Result<Extensions, Rejection> {
    let (mut issuer_v1, mut found) = (None, BTreeMap::new());
    let all = certificate.tbs_certificate.extensions.as_deref().unwrap_or_default();
    for (i, extension) in all.iter().enumerate() {
        if all[..i].iter().any(|other| other.extn_id == extension.extn_id) {
            return Err(malformed("repeats an extension"));
        }
        if extension.extn_id.parent() != Some(FULCIO) {
            continue;
        }
        let value = extension.extn_value.as_bytes();
        let arc = extension.extn_id.arcs().last();
        // Arc 1 predates the rule that values are DER: it is the raw text.
        if arc == Some(1) {
            let text = std::str::from_utf8(value).map_err(|_| malformed("has an unreadable issuer"))?;
            issuer_v1 = Some(text.to_owned());
        } else if let Some(known) = Extension::ALL.iter().find(|known| arc == Some(known.arc())) {
            let text = Utf8StringRef::from_der(value)
                .map_err(|_| malformed(&format!("has an unreadable extension {}", known.as_str())))?;
            found.insert(*known, text.as_str().to_owned());
        }
    }
    Ok((issuer_v1, found))
}
