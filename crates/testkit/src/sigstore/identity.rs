//! What a Fulcio certificate says about the signer.

use std::collections::BTreeMap;

use proofmark_core::Extension;

use super::der;
use super::x509::RawExtension;

/// Fulcio's arc, 1.3.6.1.4.1.57264.1 (`docs/oid-info.md`).
const FULCIO: [u64; 8] = [1, 3, 6, 1, 4, 1, 57264, 1];

/// A subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum San {
    /// `uniformResourceIdentifier`: CI workflows.
    Uri(String),
    /// `rfc822Name`: people.
    Email(String),
    /// `otherName` with OID …57264.1.7 and a UTF8String: Fulcio's user names.
    Other(String),
    /// `otherName` with another OID, Microsoft's user principal name: never a Sigstore identity.
    Principal(String),
    /// `dNSName`: never a Sigstore identity.
    Dns(String),
}

impl San {
    /// The GeneralName (RFC 5280 4.2.1.6).
    pub(crate) fn general_name(&self) -> Vec<u8> {
        match self {
            Self::Uri(text) => der::tlv(0x86, text.as_bytes()),
            Self::Email(text) => der::tlv(0x81, text.as_bytes()),
            Self::Dns(text) => der::tlv(0x82, text.as_bytes()),
            Self::Other(text) => other_name(fulcio_oid(7), text),
            Self::Principal(text) => other_name(der::oid(&[1, 3, 6, 1, 4, 1, 311, 20, 2, 3]), text),
        }
    }
}

/// `OtherName`: a type, and a value of that type.
fn other_name(oid: Vec<u8>, text: &str) -> Vec<u8> {
    der::tlv(0xa0, &[oid, der::explicit(0, &der::utf8(text))].concat())
}

fn fulcio_arcs(arc: u64) -> Vec<u64> {
    FULCIO.iter().copied().chain([arc]).collect()
}

fn fulcio_oid(arc: u64) -> Vec<u8> {
    der::oid(&fulcio_arcs(arc))
}

/// Who signs, as the OIDC provider told it to Fulcio.
///
/// ```
/// use proofmark_core::Extension;
/// use proofmark_testkit::sigstore::Identity;
/// let ci = Identity::github("acme/agents", "release.yml", "refs/tags/v1").extension(Extension::RunnerEnvironment, "self-hosted");
/// assert_eq!(ci.issuer.as_deref(), Some("https://token.actions.githubusercontent.com"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer in …57264.1.8; `None` leaves it out.
    pub issuer: Option<String>,
    /// The issuer in the old …57264.1.1, which is no DER but the bare text; `None` leaves it out.
    pub issuer_v1: Option<String>,
    /// Subject alternative names: an honest certificate has exactly one.
    pub sans: Vec<San>,
    /// The extensions .1.9–.1.24 as UTF8String. An entry for [`Extension::Issuer`] replaces `issuer`.
    pub extensions: BTreeMap<Extension, String>,
}

impl Identity {
    /// A person, with the issuer in both extensions as Fulcio writes it.
    pub fn email(address: &str, issuer: &str) -> Self {
        Self::new(San::Email(address.to_owned()), issuer)
    }

    /// A URI such as a workflow or a SPIFFE identity.
    pub fn uri(uri: &str, issuer: &str) -> Self {
        Self::new(San::Uri(uri.to_owned()), issuer)
    }

    /// Any one name.
    pub fn new(san: San, issuer: &str) -> Self {
        Self {
            issuer: Some(issuer.to_owned()),
            issuer_v1: Some(issuer.to_owned()),
            sans: vec![san],
            extensions: BTreeMap::new(),
        }
    }

    /// A GitHub Actions workflow with all extensions that Fulcio writes for one.
    pub fn github(repository: &str, workflow: &str, reference: &str) -> Self {
        let home = format!("https://github.com/{repository}");
        let signer = format!("{home}/.github/workflows/{workflow}@{reference}");
        let owner = repository.split('/').next().unwrap_or_default();
        let commit = "97397989".repeat(5);
        let facts = [
            (Extension::BuildSignerUri, signer.clone()),
            (Extension::BuildSignerDigest, commit.clone()),
            (Extension::RunnerEnvironment, "github-hosted".to_owned()),
            (Extension::SourceRepositoryUri, home.clone()),
            (Extension::SourceRepositoryDigest, commit.clone()),
            (Extension::SourceRepositoryRef, reference.to_owned()),
            (Extension::SourceRepositoryIdentifier, "815".to_owned()),
            (Extension::SourceRepositoryOwnerUri, format!("https://github.com/{owner}")),
            (Extension::SourceRepositoryOwnerIdentifier, "4711".to_owned()),
            (Extension::BuildConfigUri, signer.clone()),
            (Extension::BuildConfigDigest, commit),
            (Extension::BuildTrigger, "push".to_owned()),
            (Extension::RunInvocationUri, format!("{home}/actions/runs/1/attempts/1")),
            (Extension::SourceRepositoryVisibilityAtSigning, "public".to_owned()),
        ];
        let mut identity = Self::uri(&signer, "https://token.actions.githubusercontent.com");
        identity.extensions.extend(facts);
        identity
    }

    /// Sets one extension.
    #[must_use]
    pub fn extension(mut self, extension: Extension, value: &str) -> Self {
        self.extensions.insert(extension, value.to_owned());
        self
    }

    /// Removes one extension.
    #[must_use]
    pub fn without(mut self, extension: Extension) -> Self {
        self.extensions.remove(&extension);
        if extension == Extension::Issuer {
            self.issuer = None;
        }
        self
    }

    /// Replaces the names: none, one or several.
    #[must_use]
    pub fn sans(mut self, sans: impl IntoIterator<Item = San>) -> Self {
        self.sans = sans.into_iter().collect();
        self
    }

    /// The X.509 extensions in Fulcio's order.
    pub(crate) fn raw_extensions(&self) -> Vec<RawExtension> {
        let raw = |arc: u64, value: Vec<u8>| RawExtension { oid: fulcio_arcs(arc), critical: false, value };
        let mut list = Vec::new();
        list.extend(self.issuer_v1.as_ref().map(|issuer| raw(1, issuer.as_bytes().to_vec())));
        let mut facts = self.extensions.clone();
        if let Some(issuer) = &self.issuer {
            facts.entry(Extension::Issuer).or_insert_with(|| issuer.clone());
        }
        list.extend(facts.iter().map(|(extension, value)| raw(u64::from(extension.arc()), der::utf8(value))));
        list
    }
}
