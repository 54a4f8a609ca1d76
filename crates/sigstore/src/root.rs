//! Trusted roots: whose certificates, logs and timestamps are believed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use der::Decode as _;
use jiff::civil::Date;
use proofmark_core::{Digest, Timestamp};
use rustls_pki_types::{CertificateDer, TrustAnchor};
use sigstore_verify::Verifier;
use sigstore_verify::crypto::VerificationKey;
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{DerPublicKey, TimeRange, TsaAuthority};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use crate::hex;
use crate::json::{self, Caps};
use crate::root_facts::{self, AuthorityFacts, Change, Window};

/// Caps of a `trusted_root.json`: the public-good one has 7 KiB.
const CAPS: Caps = Caps { bytes: 1 << 20, depth: 16, nodes: 16_384, held: usize::MAX };
const MEDIA_TYPES: [&str; 2] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// Where a trusted root came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootSource {
    /// Compiled in.
    BuiltIn {
        /// The day its bytes were fetched.
        fetched: Option<Date>,
    },
    /// A file of `trust-roots/`.
    File {
        /// The path, as the policy's directory shows it.
        path: String,
        /// The day that `NAME.toml` gives; `None` without one: the age is then unknown.
        fetched: Option<Date>,
    },
}

/// Why a document is not a trusted root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// No built-in root of this name.
    #[error("there is no built-in trusted root {0:?}: the built-in ones are sigstore-public-good and github")]
    UnknownBuiltIn(String),
    /// Not JSON, a duplicate key, too large or too deep.
    #[error("trusted root {name:?} is not acceptable JSON: {detail}")]
    Json {
        /// The root's name.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// Not a trusted root, or one with a broken key, certificate, window or a repeated log.
    #[error("trusted root {name:?} is not valid: {detail}")]
    Invalid {
        /// The root's name.
        name: String,
        /// What is wrong.
        detail: String,
    },
}

/// A certificate authority's anchors.
pub(crate) struct Anchor {
    pub(crate) trust: TrustAnchor<'static>,
    /// Its subject key identifier: what a certificate that it issued names as its authority's key.
    pub(crate) key_id: Option<SubjectKeyIdentifier>,
    /// When every certificate of its chain is valid: path building looks at no trust anchor's own dates (TIME-03,
    /// CVE-2026-24122).
    pub(crate) dates: TimeRange,
    pub(crate) window: Option<TimeRange>,
}

/// A transparency log.
pub(crate) struct Log {
    pub(crate) name: String,
    pub(crate) id: [u8; 32],
    pub(crate) key: VerificationKey,
    pub(crate) window: Option<TimeRange>,
}

/// A timestamp authority, and how its tokens name their signer.
pub(crate) struct Tsa {
    pub(crate) name: String,
    pub(crate) authority: TsaAuthority,
    pub(crate) leaf: Certificate,
    /// When every certificate of its chain is valid, for the reason that [`Anchor::dates`] gives.
    pub(crate) dates: TimeRange,
}

/// A certificate transparency log.
pub(crate) struct CtLog {
    pub(crate) id: [u8; 32],
    /// As the root has it: some have RSA keys bare, without a `SubjectPublicKeyInfo` around them.
    pub(crate) key: DerPublicKey,
    pub(crate) window: Option<TimeRange>,
}

pub(crate) struct Parts {
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) logs: Vec<Log>,
    pub(crate) ct_logs: Vec<CtLog>,
    pub(crate) tsas: Vec<Tsa>,
    pub(crate) verifier: Verifier,
}

/// What a document says, whatever it is called and wherever it lies.
struct Content {
    digest: Digest,
    facts: Vec<AuthorityFacts>,
    parts: Parts,
}

/// The documents that were read last. Loading a policy reads each of its roots to judge it, and verifying needs them
/// again: what they say depends on their bytes alone.
struct Read(Mutex<Vec<Arc<Content>>>);

static READ: Read = Read::new();

impl Read {
    /// How many documents are remembered.
    const MOST: usize = 4;

    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn content(&self, name: &str, json: &[u8]) -> Result<Arc<Content>, RootError> {
        let digest = Digest::sha256(json);
        let documents = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = documents().iter().find(|content| content.digest == digest) {
            return Ok(Arc::clone(known));
        }
        let content = Arc::new(content(name, json, digest)?);
        let mut documents = documents();
        documents.truncate(Self::MOST - 1);
        documents.insert(0, Arc::clone(&content));
        Ok(content)
    }
}

/// A trusted root: certificate authorities, transparency logs, certificate logs and timestamp authorities, each with
/// the window in which it is believed (protobuf-specs `sigstore_trustroot.proto`). Cheap to clone.
#[derive(Clone)]
pub struct TrustRoot {
    name: String,
    source: RootSource,
    content: Arc<Content>,
}

impl fmt::Debug for TrustRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustRoot")
            .field("name", &self.name)
            .field("digest", &self.content.digest)
            .finish_non_exhaustive()
    }
}

impl TrustRoot {
    /// Reads a `trusted_root.json`. Unknown fields are ignored (a root that TUF brought may be newer than this
    /// build), duplicate keys are not.
    pub fn parse(name: &str, json: &[u8], source: RootSource) -> Result<Self, RootError> {
        Ok(Self { name: name.to_owned(), source, content: READ.content(name, json)? })
    }

    /// The built-in root of this name: `sigstore-public-good` or `github`.
    ///
    /// The bytes are the project's own `trust-roots/`, not the library's embedded copy: a change of trust is then a
    /// change of a file that a reviewer sees, never a side effect of a dependency's update.
    pub fn builtin(name: &str) -> Result<Self, RootError> {
        let (json, about) = match name {
            "sigstore-public-good" => (
                include_str!("../../../trust-roots/sigstore-public-good.json"),
                include_str!("../../../trust-roots/sigstore-public-good.toml"),
            ),
            "github" => (
                include_str!("../../../trust-roots/github.json"),
                include_str!("../../../trust-roots/github.toml"),
            ),
            other => return Err(RootError::UnknownBuiltIn(other.to_owned())),
        };
        let fetched = about
            .lines()
            .find_map(|line| line.strip_prefix("fetched = "))
            .and_then(|date| date.trim().parse().ok());
        Self::parse(name, json.as_bytes(), RootSource::BuiltIn { fetched })
    }

    /// The name that policies use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the document.
    pub fn digest(&self) -> &Digest {
        &self.content.digest
    }

    /// Where it came from, and when.
    pub fn source(&self) -> &RootSource {
        &self.source
    }

    /// Whether it has transparency logs: then a log entry is demanded.
    pub fn has_logs(&self) -> bool {
        !self.content.parts.logs.is_empty()
    }

    /// Whether it has certificate transparency logs: then certificates need a signed certificate timestamp.
    pub fn has_ct_logs(&self) -> bool {
        !self.content.parts.ct_logs.is_empty()
    }

    /// Whether it has timestamp authorities.
    pub fn has_tsas(&self) -> bool {
        !self.content.parts.tsas.is_empty()
    }

    /// Everyone it trusts, in the document's order.
    pub fn authorities(&self) -> &[AuthorityFacts] {
        &self.content.facts
    }

    /// Whether some kind of authority that it has no longer has a member valid at `now`: new evidence can then not
    /// be verified with it.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        root_facts::expired(&self.content.facts, now)
    }

    /// What `other` trusts differently, in a stable order.
    pub fn diff(&self, other: &Self) -> Vec<Change> {
        root_facts::diff(&self.content.facts, &other.content.facts)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.content.parts
    }

    pub(crate) fn log(&self, id: &[u8; 32]) -> Option<&Log> {
        self.content.parts.logs.iter().find(|log| log.id == *id)
    }
}

fn content(name: &str, json: &[u8], digest: Digest) -> Result<Content, RootError> {
    let bad_json = |detail: String| RootError::Json { name: name.to_owned(), detail };
    let invalid = |detail: String| RootError::Invalid { name: name.to_owned(), detail };
    json::parse(json, CAPS).map_err(|error| bad_json(error.to_string()))?;
    let text = std::str::from_utf8(json).map_err(|error| bad_json(error.to_string()))?;
    let root = TrustedRoot::from_json(text).map_err(|error| invalid(error.to_string()))?;
    if !MEDIA_TYPES.contains(&root.media_type.as_str()) {
        return Err(invalid(format!("mediaType {:?} is not known", root.media_type)));
    }
    let parts = parts(&root).map_err(invalid)?;
    Ok(Content { digest, facts: root_facts::collect(&root), parts })
}

/// Takes the library's root apart; the library's own validation comes first (repeated logs, reversed windows,
/// broken keys and certificates).
fn parts(root: &TrustedRoot) -> Result<Parts, String> {
    let verifier = Verifier::new(root).map_err(|error| error.to_string())?;
    let mut parts =
        Parts { anchors: Vec::new(), logs: Vec::new(), ct_logs: Vec::new(), tsas: Vec::new(), verifier };
    for ca in &root.certificate_authorities {
        let certificates = parsed(ca.cert_chain.certificates.iter().map(|one| one.raw_bytes.as_bytes()))?;
        let dates = common_dates(&certificates)?;
        for (certificate, parsed) in ca.cert_chain.certificates.iter().zip(&certificates) {
            let der = CertificateDer::from(certificate.raw_bytes.as_bytes());
            let trust = webpki::anchor_from_trusted_cert(&der).map_err(|error| error.to_string())?.to_owned();
            let key_id = parsed.tbs_certificate.get().map_err(|error| error.to_string())?.map(|(_, id)| id);
            parts.anchors.push(Anchor { trust, key_id, dates, window: ca.valid_for });
        }
    }
    for log in &root.tlogs {
        let key = VerificationKey::from_spki(&log.public_key.raw_bytes).map_err(|error| error.to_string())?;
        let id = log_id(log.log_id.key_id.as_bytes())?;
        // Checkpoints name their signer by four bytes: with distinct ones, the hint says which log signed.
        if parts.logs.iter().any(|other| other.id[..4] == id[..4]) {
            return Err("two transparency logs share a checkpoint key hint".to_owned());
        }
        parts.logs.push(Log { name: log.base_url.clone(), id, key, window: log.public_key.valid_for });
    }
    for log in &root.ctlogs {
        let key = log.public_key.raw_bytes.clone();
        let id = log_id(log.log_id.key_id.as_bytes())?;
        parts.ct_logs.push(CtLog { id, key, window: log.public_key.valid_for });
    }
    for tsa in &root.timestamp_authorities {
        parts.tsas.push(self::tsa(tsa)?);
    }
    Ok(parts)
}

fn parsed<'a>(chain: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Certificate>, String> {
    chain.map(Certificate::from_der).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// The time in which all of them are valid.
fn common_dates(certificates: &[Certificate]) -> Result<TimeRange, String> {
    let time = |time: x509_cert::time::Time| {
        Timestamp::try_from(time.to_system_time()).map_err(|error| error.to_string())
    };
    let (mut start, mut end) = (Timestamp::MIN, Timestamp::MAX);
    for certificate in certificates {
        start = start.max(time(certificate.tbs_certificate.validity.not_before)?);
        end = end.min(time(certificate.tbs_certificate.validity.not_after)?);
    }
    Ok(TimeRange::new(start, Some(end)))
}

fn tsa(tsa: &sigstore_verify::trust_root::TimestampAuthority) -> Result<Tsa, String> {
    let certificates = &tsa.cert_chain.certificates;
    let (Some(leaf), Some(root)) = (certificates.first(), certificates.last()) else {
        return Err("a timestamp authority has no certificates".to_owned());
    };
    let inner = certificates.get(1..certificates.len().saturating_sub(1)).unwrap_or_default();
    let authority = TsaAuthority::new(
        leaf.raw_bytes.clone(),
        inner.iter().map(|certificate| certificate.raw_bytes.clone()).collect(),
        root.raw_bytes.clone(),
        tsa.valid_for,
    );
    let chain = parsed(certificates.iter().map(|one| one.raw_bytes.as_bytes()))?;
    let dates = common_dates(&chain)?;
    let leaf = chain.into_iter().next().ok_or("a timestamp authority has no certificates")?;
    let name =
        tsa.uri.clone().or_else(|| tsa.subject.common_name.clone()).unwrap_or_else(|| "unnamed".to_owned());
    Ok(Tsa { name, authority, leaf, dates })
}

fn log_id(bytes: &[u8]) -> Result<[u8; 32], String> {
    bytes.try_into().map_err(|_| format!("log id {} is not 32 bytes", hex::encode(bytes)))
}

pub(crate) fn window(range: Option<TimeRange>) -> Window {
    Window { from: range.map(|range| range.start), until: range.and_then(|range| range.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: &str = include_str!("../../../trust-roots/github.json");

    /// The same bytes are read once, under whatever name; others, and what is no root, are judged for themselves.
    #[test]
    fn a_document_is_read_once_and_the_oldest_is_forgotten() {
        let read = Read::new();
        let spaced = |spaces: usize| format!("{GITHUB}{}", " ".repeat(spaces));
        let of = |name: &str, json: &str| read.content(name, json.as_bytes());
        let first = of("github", GITHUB).unwrap();
        assert!(Arc::ptr_eq(&first, &of("other", GITHUB).unwrap()));
        assert_eq!(first.digest, Digest::sha256(GITHUB.as_bytes()));

        for spaces in 1..Read::MOST {
            let other = of("github", &spaced(spaces)).unwrap();
            assert_eq!(other.digest, Digest::sha256(spaced(spaces).as_bytes()));
        }
        assert!(of("github", "{}").is_err() && of("github", "{}").is_err(), "what is no root is not kept");
        assert!(Arc::ptr_eq(&first, &of("github", GITHUB).unwrap()), "the oldest of four");
        let newest = of("github", &spaced(Read::MOST)).unwrap();
        assert!(!Arc::ptr_eq(&first, &of("github", GITHUB).unwrap()), "a fifth one takes its place");
        assert!(Arc::ptr_eq(&newest, &of("github", &spaced(Read::MOST)).unwrap()));
    }
}
