//! What is asked of a world: who signs what, how it is witnessed, and what is wrong with it.

use jiff::Timestamp;
use proofmark_core::Digest;

use super::content::{Content, IN_TOTO, Statement, simple_signing};
use super::identity::Identity;
use super::keys::{Hash, KeyType, SigningKey};
use super::tamper::Tamper;
use super::tsa::TokenSpec;
use super::x509::Eku;

/// Who signs.
#[derive(Debug, Clone)]
pub enum RequestSigner {
    /// An ephemeral key certified by a Fulcio of the world.
    Keyless(Identity),
    /// A managed key.
    Key(SigningKey),
}

/// In which form the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `application/vnd.dev.sigstore.bundle+json;version=0.1`: chain without root, promise, proof optional.
    BundleV01,
    /// `…;version=0.2`: chain without root, proof.
    BundleV02,
    /// `application/vnd.dev.sigstore.bundle.v0.3+json`: one certificate.
    BundleV03,
    /// `application/vnd.dev.sigstore.bundle+json;version=0.3`: the other spelling.
    BundleV03Old,
    /// cosign's annotations beside a payload: `.sig` for messages, `.att` for DSSE.
    Legacy,
}

impl Format {
    /// The media type of a bundle; none for legacy.
    pub const fn media_type(self) -> Option<&'static str> {
        match self {
            Self::BundleV01 => Some("application/vnd.dev.sigstore.bundle+json;version=0.1"),
            Self::BundleV02 => Some("application/vnd.dev.sigstore.bundle+json;version=0.2"),
            Self::BundleV03 => Some("application/vnd.dev.sigstore.bundle.v0.3+json"),
            Self::BundleV03Old => Some("application/vnd.dev.sigstore.bundle+json;version=0.3"),
            Self::Legacy => None,
        }
    }
}

/// The kind of a log entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// `hashedrekord`: 0.0.1 in Rekor v1, 0.0.2 in Rekor v2.
    HashedRekord,
    /// `dsse`: 0.0.1 in Rekor v1, 0.0.2 in Rekor v2.
    Dsse,
    /// `intoto` 0.0.1, of which only the payload's hash and the verifier are logged.
    Intoto001,
    /// `intoto` 0.0.2.
    Intoto002,
}

/// Where the signature is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSpec {
    /// Rekor v2 instead of v1.
    pub v2: bool,
    /// Which log of that version, by number.
    pub log: usize,
    /// The entry's kind; `None` takes hashedrekord, and dsse for DSSE in Rekor v1.
    pub kind: Option<EntryKind>,
    /// `integratedTime` of Rekor v1, honestly signed; `None` is the signing time + 2 s.
    pub integrated_at: Option<Timestamp>,
    /// Whether the entry has a signed entry timestamp (Rekor v1 alone has any).
    pub promise: bool,
    /// Whether the entry has an inclusion proof.
    pub proof: bool,
}

impl LogSpec {
    /// The first Rekor v1: promise and proof.
    pub const fn rekor_v1() -> Self {
        Self { v2: false, log: 0, kind: None, integrated_at: None, promise: true, proof: true }
    }

    /// The first Rekor v2: proof, no time.
    pub const fn rekor_v2() -> Self {
        Self { v2: true, log: 0, kind: None, integrated_at: None, promise: false, proof: true }
    }

    /// Another kind of entry.
    #[must_use]
    pub const fn kind(mut self, kind: EntryKind) -> Self {
        self.kind = Some(kind);
        self
    }
}

/// The certificate of a keyless signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafSpec {
    /// The ephemeral key.
    pub key: KeyType,
    /// Which Fulcio of the world, by number.
    pub authority: usize,
    /// Which CT log of the world, by number.
    pub ct_log: usize,
    /// First second; `None` is the signing time.
    pub not_before: Option<Timestamp>,
    /// Seconds of validity: Fulcio gives 600.
    pub seconds: i64,
    /// Extended key usages: honest is code signing alone.
    pub ekus: Vec<Eku>,
    /// `CtExtensions` of the SCT.
    pub sct_extensions: Vec<u8>,
}

impl Default for LeafSpec {
    fn default() -> Self {
        Self {
            key: KeyType::P256,
            authority: 0,
            ct_log: 0,
            not_before: None,
            seconds: 600,
            ekus: vec![Eku::CodeSigning],
            sct_extensions: Vec::new(),
        }
    }
}

/// One thing to be signed.
///
/// ```
/// use proofmark_core::Digest;
/// use proofmark_testkit::sigstore::{Identity, LogSpec, SignRequest, Tamper, World, WorldOptions};
/// let world = World::new(WorldOptions::default());
/// let image = Digest::sha256(b"manifest");
/// let good = world.sign(&SignRequest::image(&image));
/// let other = world.sign(&SignRequest::image(&image).keyless(Identity::email("eve@evil.test", "https://idp.test")));
/// let forged = world.sign(&SignRequest::image(&image).log(LogSpec::rekor_v1()).tamper(Tamper::SetBitFlip));
/// assert_ne!(good.bundle(), other.bundle());
/// assert_ne!(good.bundle(), forged.bundle());
/// ```
#[derive(Debug, Clone)]
pub struct SignRequest {
    /// Who signs.
    pub signer: RequestSigner,
    /// What is signed.
    pub content: Content,
    /// In which form.
    pub format: Format,
    /// Where it is logged.
    pub log: Option<LogSpec>,
    /// How it is timestamped.
    pub timestamps: Vec<TokenSpec>,
    /// When; `None` is the world's time.
    pub at: Option<Timestamp>,
    /// The certificate of a keyless signer.
    pub leaf: LeafSpec,
    /// The hash that is signed over; `None` is the key's usual one.
    pub hash: Option<Hash>,
    /// What is wrong with it.
    pub tampers: Vec<Tamper>,
}

impl SignRequest {
    /// The identity of the requests that name none.
    pub fn default_identity() -> Identity {
        Identity::github("acme/agents", "release.yml", "refs/tags/v1.0.0")
    }

    fn new(content: Content, format: Format, log: LogSpec, timestamps: Vec<TokenSpec>) -> Self {
        Self {
            signer: RequestSigner::Keyless(Self::default_identity()),
            content,
            format,
            log: Some(log),
            timestamps,
            at: None,
            leaf: LeafSpec::default(),
            hash: None,
            tampers: Vec::new(),
        }
    }

    /// An image signature as cosign v3 makes it: bundle v0.3, Rekor v2, one timestamp, keyless.
    pub fn image(digest: &Digest) -> Self {
        Self::statement(&Statement::cosign_sign(digest))
    }

    /// A statement in a bundle v0.3 with Rekor v2 and one timestamp, keyless.
    pub fn statement(statement: &Statement) -> Self {
        Self::dsse(statement.to_bytes(), IN_TOTO)
    }

    /// Any DSSE payload, likewise.
    pub fn dsse(payload: Vec<u8>, payload_type: &str) -> Self {
        let content = Content::Dsse { payload, payload_type: payload_type.to_owned() };
        Self::new(content, Format::BundleV03, LogSpec::rekor_v2(), vec![TokenSpec::default()])
    }

    /// A message signature over bytes, likewise.
    pub fn blob(bytes: &[u8]) -> Self {
        Self::new(
            Content::Message(bytes.to_vec()),
            Format::BundleV03,
            LogSpec::rekor_v2(),
            vec![TokenSpec::default()],
        )
    }

    /// A legacy `.sig`: simple signing payload, annotations, Rekor v1 promise, keyless.
    pub fn legacy_image(reference: &str, digest: &Digest) -> Self {
        Self::legacy_payload(&simple_signing(reference, digest, None))
    }

    /// A legacy `.sig` over any payload.
    pub fn legacy_payload(payload: &[u8]) -> Self {
        Self::new(Content::Message(payload.to_vec()), Format::Legacy, LogSpec::rekor_v1(), Vec::new())
    }

    /// A legacy `.att`: DSSE envelope as payload, annotations, Rekor v1 promise over a dsse entry, keyless.
    pub fn legacy_attestation(statement: &Statement) -> Self {
        Self::statement(statement).format(Format::Legacy).log(LogSpec::rekor_v1()).timestamps([])
    }

    /// Signs with a certificate for this identity.
    #[must_use]
    pub fn keyless(mut self, identity: Identity) -> Self {
        self.signer = RequestSigner::Keyless(identity);
        self
    }

    /// Signs with a managed key.
    #[must_use]
    pub fn key(mut self, key: SigningKey) -> Self {
        self.signer = RequestSigner::Key(key);
        self
    }

    /// Writes another form.
    #[must_use]
    pub const fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Logs elsewhere.
    #[must_use]
    pub const fn log(mut self, log: LogSpec) -> Self {
        self.log = Some(log);
        self
    }

    /// Does not log.
    #[must_use]
    pub const fn no_log(mut self) -> Self {
        self.log = None;
        self
    }

    /// Timestamps with these tokens: none, one or several.
    #[must_use]
    pub fn timestamps(mut self, tokens: impl IntoIterator<Item = TokenSpec>) -> Self {
        self.timestamps = tokens.into_iter().collect();
        self
    }

    /// Rekor v1 alone: its promise is the time.
    #[must_use]
    pub fn rekor_v1(self) -> Self {
        self.log(LogSpec::rekor_v1()).timestamps([])
    }

    /// Signs at another time.
    #[must_use]
    pub const fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Changes the certificate.
    #[must_use]
    pub fn leaf(mut self, leaf: LeafSpec) -> Self {
        self.leaf = leaf;
        self
    }

    /// Signs over another hash than the key's usual one.
    #[must_use]
    pub const fn hash(mut self, hash: Hash) -> Self {
        self.hash = Some(hash);
        self
    }

    /// Adds one thing that is wrong.
    #[must_use]
    pub fn tamper(mut self, tamper: Tamper) -> Self {
        self.tampers.push(tamper);
        self
    }
}
