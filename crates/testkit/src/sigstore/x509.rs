//! X.509 certificates (RFC 5280), written element by element so that each can be wrong.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::der;
use super::identity::San;
use super::keys::SigningKey;

/// An extended key usage (RFC 5280 4.2.1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eku {
    /// 1.3.6.1.5.5.7.3.3, which every Sigstore leaf must have.
    CodeSigning,
    /// 1.3.6.1.5.5.7.3.8, critical in timestamping leafs (RFC 3161 2.3).
    TimeStamping,
    /// 1.3.6.1.5.5.7.3.2: good for nothing here.
    ClientAuth,
}

impl Eku {
    const fn arc(self) -> u64 {
        match self {
            Self::CodeSigning => 3,
            Self::TimeStamping => 8,
            Self::ClientAuth => 2,
        }
    }
}

/// One extension, ready to be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawExtension {
    /// The arcs of the OID.
    pub oid: Vec<u64>,
    /// Whether a reader that does not know it must refuse the certificate.
    pub critical: bool,
    /// The DER inside of the OCTET STRING.
    pub value: Vec<u8>,
}

/// Everything that stands in a certificate before it is signed.
///
/// A [`Tamper::Leaf`](super::Tamper::Leaf) gets it to change whatever it wants.
#[derive(Debug, Clone)]
pub struct CertificateSpec {
    /// Serial number, big-endian.
    pub serial: Vec<u8>,
    /// Common name of the issuer.
    pub issuer: String,
    /// Common name of the subject; empty as in Fulcio's leafs gives an empty name.
    pub subject: String,
    /// First second of validity.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// Basic constraints with CA:TRUE, and the key usage of an authority.
    pub ca: bool,
    /// The path length beside CA:TRUE.
    pub path_length: Option<u8>,
    /// The extended key usages; empty leaves the extension out.
    pub ekus: Vec<Eku>,
    /// Subject alternative names; empty leaves the extension out.
    pub sans: Vec<San>,
    /// Key identifier of the issuer, if it is named.
    pub authority_key: Option<Vec<u8>>,
    /// Further extensions, in this order.
    pub extensions: Vec<RawExtension>,
}

/// The `O=proofmark.test, CN=…` name, or the empty one.
pub(crate) fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return der::sequence(&[]);
    }
    let rdn = |arc: u64, text: &str| {
        der::set_of(vec![der::sequence(&[der::oid(&[2, 5, 4, arc]), der::utf8(text)])])
    };
    der::sequence(&[rdn(10, "proofmark.test"), rdn(3, common_name)])
}

/// SHA-256 of the key, cut to 20 bytes (RFC 7093 2, method 1).
pub(crate) fn key_identifier(spki: &[u8]) -> Vec<u8> {
    Sha256::digest(spki)[..20].to_vec()
}

impl CertificateSpec {
    fn extension_list(&self) -> Vec<RawExtension> {
        let standard = |arc: u64, critical: bool, value: Vec<u8>| RawExtension {
            oid: vec![2, 5, 29, arc],
            critical,
            value,
        };
        // keyCertSign and cRLSign for authorities, digitalSignature for leafs (RFC 5280 4.2.1.3).
        let usage = if self.ca { der::bits_unused(&[0x06], 1) } else { der::bits_unused(&[0x80], 7) };
        let mut list = vec![standard(15, true, usage)];
        if !self.ekus.is_empty() {
            let critical = self.ekus.contains(&Eku::TimeStamping);
            let oids: Vec<_> =
                self.ekus.iter().map(|eku| der::oid(&[1, 3, 6, 1, 5, 5, 7, 3, eku.arc()])).collect();
            list.push(standard(37, critical, der::sequence(&oids)));
        }
        if self.ca {
            let mut constraints = vec![der::boolean_true()];
            constraints.extend(self.path_length.map(|length| der::integer(u64::from(length))));
            list.push(standard(19, true, der::sequence(&constraints)));
        }
        list.push(standard(14, false, der::octets(&key_identifier(&self.spki))));
        if let Some(key) = &self.authority_key {
            list.push(standard(35, false, der::sequence(&[der::tlv(0x80, key)])));
        }
        if !self.sans.is_empty() {
            let names: Vec<_> = self.sans.iter().map(San::general_name).collect();
            // RFC 5280 4.2.1.6: critical when the subject is empty.
            list.push(standard(17, self.subject.is_empty(), der::sequence(&names)));
        }
        list.extend(self.extensions.iter().cloned());
        list
    }

    /// The TBSCertificate: what the authority signs, and without the SCT list what a CT log signs (RFC 6962 3.2).
    pub(crate) fn tbs(&self, issuer_key: &SigningKey) -> Vec<u8> {
        let extensions: Vec<_> = self
            .extension_list()
            .into_iter()
            .map(|extension| {
                let mut parts = vec![der::oid(&extension.oid)];
                if extension.critical {
                    parts.push(der::boolean_true());
                }
                parts.push(der::octets(&extension.value));
                der::sequence(&parts)
            })
            .collect();
        der::sequence(&[
            der::explicit(0, &der::integer(2)),
            der::unsigned(&self.serial),
            issuer_key.signature_algorithm(),
            name(&self.issuer),
            der::sequence(&[der::time(self.not_before), der::time(self.not_after)]),
            name(&self.subject),
            self.spki.clone(),
            der::explicit(3, &der::sequence(&extensions)),
        ])
    }

    /// The certificate, signed.
    pub(crate) fn sign(&self, issuer_key: &SigningKey) -> Vec<u8> {
        let tbs = self.tbs(issuer_key);
        let signature = issuer_key.sign(&tbs);
        der::sequence(&[tbs, issuer_key.signature_algorithm(), der::bits(&signature)])
    }
}
