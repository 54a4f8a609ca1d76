//! Certificate authorities: Fulcio's, and those of timestamp authorities.

use jiff::Timestamp;

use super::keys::SigningKey;
use super::options::{TsaOptions, Window};
use super::x509::{self, CertificateSpec, Eku};

/// A certificate and its private key.
#[derive(Debug, Clone)]
pub(crate) struct Certified {
    /// Common name.
    pub(crate) name: String,
    /// The key.
    pub(crate) key: SigningKey,
    /// The certificate, DER.
    pub(crate) der: Vec<u8>,
}

/// A Fulcio: a root, and an intermediate unless the root issues itself.
#[derive(Debug, Clone)]
pub(crate) struct CertificateAuthority {
    pub(crate) root: Certified,
    pub(crate) intermediate: Option<Certified>,
    pub(crate) valid_for: Window,
    pub(crate) uri: String,
}

/// A timestamp authority: a root, an intermediate if asked for, and the leaf that signs tokens.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    pub(crate) root: Certified,
    pub(crate) intermediate: Option<Certified>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) leaf_key: SigningKey,
    pub(crate) leaf_issuer: String,
    pub(crate) leaf_serial: Vec<u8>,
    pub(crate) valid_for: Window,
    pub(crate) uri: String,
}

/// A serial number that is the start of the key's hash: unique enough, and equal in equal worlds.
pub(crate) fn serial(spki: &[u8]) -> Vec<u8> {
    let mut serial = x509::key_identifier(spki)[..16].to_vec();
    serial[0] = serial[0] & 0x3f | 0x40;
    serial
}

/// What an authority's certificate is made of.
pub(crate) struct AuthoritySpec<'a> {
    pub(crate) name: &'a str,
    pub(crate) key: SigningKey,
    pub(crate) window: &'a Window,
    pub(crate) path_length: Option<u8>,
    pub(crate) ekus: &'a [Eku],
}

/// Far enough for every test.
fn end_of_time() -> Timestamp {
    Timestamp::from_second(4_000_000_000).unwrap_or(Timestamp::MAX)
}

impl AuthoritySpec<'_> {
    /// Issues the certificate, by itself if there is no issuer.
    pub(crate) fn issue(self, issuer: Option<&Certified>) -> Certified {
        let spki = self.key.public_der();
        let spec = CertificateSpec {
            serial: serial(&spki),
            issuer: issuer.map_or(self.name, |i| &i.name).to_owned(),
            subject: self.name.to_owned(),
            not_before: self.window.start,
            not_after: self.window.end.unwrap_or_else(end_of_time),
            spki,
            ca: true,
            path_length: self.path_length,
            ekus: self.ekus.to_vec(),
            sans: Vec::new(),
            authority_key: issuer.map(|i| x509::key_identifier(&i.key.public_der())),
            extensions: Vec::new(),
        };
        let der = spec.sign(issuer.map_or(&self.key, |i| &i.key));
        Certified { name: self.name.to_owned(), key: self.key, der }
    }
}

impl CertificateAuthority {
    /// The certificate that issues leafs.
    pub(crate) fn issuer(&self) -> &Certified {
        self.intermediate.as_ref().unwrap_or(&self.root)
    }

    /// The chain below the leaf: intermediate first, root last.
    pub(crate) fn chain(&self) -> Vec<Vec<u8>> {
        self.intermediate.iter().chain([&self.root]).map(|c| c.der.clone()).collect()
    }
}

impl Authority {
    /// The whole chain: leaf first, root last.
    pub(crate) fn chain(&self) -> Vec<Vec<u8>> {
        let above = self.intermediate.iter().chain([&self.root]).map(|c| c.der.clone());
        [self.leaf.clone()].into_iter().chain(above).collect()
    }

    /// Builds the timestamp authority of these options.
    pub(crate) fn new(options: &TsaOptions, name: &str, seed: &str) -> Self {
        let root_name = format!("{name} root");
        let root = AuthoritySpec {
            name: &root_name,
            key: SigningKey::from_seed(options.key, &format!("{seed} root")),
            window: &options.root_certificate,
            path_length: None,
            ekus: &[],
        }
        .issue(None);
        let intermediate = options.intermediate.then(|| {
            AuthoritySpec {
                name: &format!("{name} intermediate"),
                key: SigningKey::from_seed(options.key, &format!("{seed} intermediate")),
                window: &options.intermediate_certificate,
                path_length: Some(0),
                ekus: &[Eku::TimeStamping],
            }
            .issue(Some(&root))
        });
        let issuer = intermediate.as_ref().unwrap_or(&root);
        let leaf_key = SigningKey::from_seed(options.key, &format!("{seed} leaf"));
        let spki = leaf_key.public_der();
        let spec = CertificateSpec {
            serial: serial(&spki),
            issuer: issuer.name.clone(),
            subject: name.to_owned(),
            not_before: options.certificate.start,
            not_after: options.certificate.end.unwrap_or_else(end_of_time),
            spki,
            ca: options.leaf_is_ca,
            path_length: None,
            ekus: options.ekus.clone(),
            sans: Vec::new(),
            authority_key: Some(x509::key_identifier(&issuer.key.public_der())),
            extensions: Vec::new(),
        };
        Self {
            leaf: spec.sign(&issuer.key),
            leaf_serial: spec.serial,
            leaf_issuer: issuer.name.clone(),
            leaf_key,
            intermediate,
            root,
            valid_for: options.valid_for.clone(),
            uri: format!("https://{}.test/api/v1/timestamp", name.replace(' ', "-")),
        }
    }
}
