//! Manifests and indexes, parsed strictly (OCI image-spec 1.1 `manifest.md`, `image-index.md`; Docker schema 2).

use std::collections::BTreeMap;

use proofmark_core::{Digest, DigestError, Platform, Reason};
use serde::Deserialize;

use crate::strict_json;

/// Media types that proofmark knows.
pub mod media_type {
    /// OCI image index.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// OCI image manifest.
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// Docker manifest list.
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// Docker schema 2 manifest.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// The empty JSON object of artifacts without configuration.
    pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
    /// OCI image configuration.
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// Docker image configuration.
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// Start of every Sigstore bundle's media type, `…bundle.v0.3+json` and `…bundle+json;version=0.1`.
    pub const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
    /// Payload of a legacy cosign signature.
    pub const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
    /// DSSE envelope of a legacy cosign attestation.
    pub const DSSE: &str = "application/vnd.dsse.envelope.v1+json";
    /// In-toto statement, the artifact type of attestations by other tools.
    pub const IN_TOTO: &str = "application/vnd.in-toto+json";
}

use media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};

/// Why bytes are not a manifest.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// No JSON, JSON of another shape, a duplicate key, or nesting without end.
    #[error("{0}")]
    Json(String),
    /// Both an index and a manifest (GHSA-5j5w-g665-5m35): two readers would take it for different things.
    #[error("it is an index and a manifest at the same time")]
    Ambiguous,
    /// Neither an index nor a manifest.
    #[error("it is neither an index nor an image manifest")]
    Neither,
    /// `mediaType` says one thing, the document's shape another (GHSA-5j5w-g665-5m35).
    #[error("its media type is {stated}, and it is {found}")]
    MediaType {
        /// What the document says.
        stated: String,
        /// What it is.
        found: String,
    },
    /// `Content-Type` or a descriptor says one thing, the document another (GHSA-5j5w-g665-5m35).
    #[error("media type {stated} was announced, and it is {found}")]
    Stated {
        /// What was announced.
        stated: String,
        /// What the document says or is.
        found: String,
    },
    /// Docker schema 1, or a schema not made yet.
    #[error("schema version {0} is not supported; only 2 is")]
    SchemaVersion(u64),
    /// `schemaVersion` is required.
    #[error("it has no schemaVersion")]
    NoSchemaVersion,
    /// A digest that is not one (CVE-2024-3727).
    #[error("digest {text:?}: {error}")]
    Digest {
        /// What is written.
        text: String,
        /// What is wrong with it.
        error: DigestError,
    },
}

impl ManifestError {
    /// Schema 1 is `unsupported`; everything else is `malformed`.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::SchemaVersion(_) => Reason::Unsupported,
            _ => Reason::Malformed,
        }
    }
}

/// A descriptor: what content is, how long, and its digest (OCI image-spec `descriptor.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The media type as written; never believed without the content.
    pub media_type: String,
    /// The digest of the content.
    pub digest: Digest,
    /// Length in bytes.
    pub size: u64,
    /// The platform, in an index.
    pub platform: Option<Platform>,
    /// The artifact type: a hint, never a filter (verdicts.md 4).
    pub artifact_type: Option<String>,
    /// Annotations; unauthenticated until what holds the descriptor is.
    pub annotations: BTreeMap<String, String>,
}

/// A parsed manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageManifest {
    /// An image index or Docker manifest list.
    Index {
        /// The document's `mediaType`, if it has one.
        media_type: Option<String>,
        /// Its entries in order.
        children: Vec<Descriptor>,
        /// The artifact type, for an index that is an attachment.
        artifact_type: Option<String>,
        /// What this index is attached to.
        subject: Option<Digest>,
        /// Annotations.
        annotations: BTreeMap<String, String>,
    },
    /// An image manifest or artifact.
    Image {
        /// The document's `mediaType`, if it has one.
        media_type: Option<String>,
        /// The configuration.
        config: Box<Descriptor>,
        /// The layers in order.
        layers: Vec<Descriptor>,
        /// The artifact type, for attachments.
        artifact_type: Option<String>,
        /// What this manifest is attached to.
        subject: Option<Digest>,
        /// Annotations.
        annotations: BTreeMap<String, String>,
    },
}

impl ImageManifest {
    /// What this manifest is attached to, if it is an attachment.
    pub const fn subject(&self) -> Option<&Digest> {
        match self {
            Self::Index { subject, .. } | Self::Image { subject, .. } => subject.as_ref(),
        }
    }

    /// `artifactType`; for manifests without one the media type of the configuration (distribution-spec, referrers).
    pub fn artifact_type(&self) -> Option<&str> {
        match self {
            Self::Index { artifact_type, .. } => artifact_type.as_deref(),
            Self::Image { artifact_type, config, .. } => {
                artifact_type.as_deref().or(Some(config.media_type.as_str()))
            }
        }
    }

    /// Whether this is an index.
    pub const fn is_index(&self) -> bool {
        matches!(self, Self::Index { .. })
    }

    /// Checks a media type that something else states for this document: a `Content-Type` or a descriptor.
    ///
    /// # Errors
    /// [`ManifestError::Stated`] if a manifest media type is stated and the document is of another.
    pub fn check_stated(&self, stated: &str) -> Result<(), ManifestError> {
        let stated_index = match stated {
            OCI_INDEX | DOCKER_LIST => true,
            OCI_MANIFEST | DOCKER_MANIFEST => false,
            // Plain file servers say application/json or application/octet-stream: nothing is stated.
            _ => return Ok(()),
        };
        let (Self::Index { media_type, .. } | Self::Image { media_type, .. }) = self;
        if media_type.as_deref().is_some_and(|own| own != stated) || stated_index != self.is_index() {
            let shape = if self.is_index() { "an index" } else { "an image manifest" };
            let found = media_type.clone().unwrap_or_else(|| shape.to_owned());
            return Err(ManifestError::Stated { stated: stated.to_owned(), found });
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDescriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    platform: Option<RawPlatform>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// As [`Platform`], but Go writes nothing where it has an empty string, and some tools write `null`.
#[derive(Deserialize)]
pub(crate) struct RawPlatform {
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default, rename = "os.version")]
    os_version: Option<String>,
    #[serde(default, rename = "os.features")]
    os_features: Option<Vec<String>>,
}

impl RawPlatform {
    /// The platform, unless neither operating system nor architecture is named.
    pub(crate) fn into_platform(self) -> Option<Platform> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (os, architecture) = (filled(self.os), filled(self.architecture));
        if os.is_none() && architecture.is_none() {
            return None;
        }
        Some(Platform {
            os: os.unwrap_or_default(),
            architecture: architecture.unwrap_or_default(),
            variant: filled(self.variant),
            os_version: filled(self.os_version),
            os_features: self.os_features.unwrap_or_default(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawManifest {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    /// `None`: no such key.
    #[serde(default, deserialize_with = "present")]
    manifests: Option<Nullable<Vec<RawDescriptor>>>,
    #[serde(default, deserialize_with = "present")]
    layers: Option<Nullable<Vec<RawDescriptor>>>,
    config: Option<RawDescriptor>,
    #[serde(default, deserialize_with = "present")]
    fs_layers: Option<Nullable<serde::de::IgnoredAny>>,
    subject: Option<RawDescriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

/// A key that is there; Go writes `null` for an empty list.
struct Nullable<T>(Option<T>);

fn present<'de, D, T>(deserializer: D) -> Result<Option<Nullable<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(|value| Some(Nullable(value)))
}

impl TryFrom<RawDescriptor> for Descriptor {
    type Error = ManifestError;
    fn try_from(raw: RawDescriptor) -> Result<Self, ManifestError> {
        Ok(Self {
            digest: Digest::parse(&raw.digest)
                .map_err(|error| ManifestError::Digest { text: raw.digest.clone(), error })?,
            media_type: raw.media_type,
            size: raw.size,
            platform: raw.platform.and_then(RawPlatform::into_platform),
            artifact_type: raw.artifact_type.filter(|kind| !kind.is_empty()),
            annotations: raw.annotations.unwrap_or_default(),
        })
    }
}

fn descriptors(raw: Nullable<Vec<RawDescriptor>>) -> Result<Vec<Descriptor>, ManifestError> {
    raw.0.unwrap_or_default().into_iter().map(Descriptor::try_from).collect()
}

/// Parses an image manifest, artifact manifest or index whose bytes have been hashed.
///
/// # Errors
/// Anything that two readers could take for different things; schema 1; a digest that is not one.
pub fn parse_manifest(bytes: &[u8]) -> Result<ImageManifest, ManifestError> {
    let raw: RawManifest = strict_json::from_slice(bytes).map_err(json)?;
    match raw.schema_version {
        Some(2) => {}
        Some(other) => return Err(ManifestError::SchemaVersion(other)),
        None => return Err(ManifestError::NoSchemaVersion),
    }
    build(raw)
}

/// Parses an index of referrers: as [`parse_manifest`], but it must be an index, and may lack `schemaVersion`.
///
/// # Errors
/// As [`parse_manifest`]; [`ManifestError::Neither`] if it is no index.
pub fn parse_index(bytes: &[u8]) -> Result<Vec<Descriptor>, ManifestError> {
    let raw: RawManifest = strict_json::from_slice(bytes).map_err(json)?;
    if let Some(version) = raw.schema_version.filter(|version| *version != 2) {
        return Err(ManifestError::SchemaVersion(version));
    }
    match build(raw)? {
        ImageManifest::Index { children, .. } => Ok(children),
        ImageManifest::Image { .. } => Err(ManifestError::Neither),
    }
}

/// The platform that an image configuration names (OCI image-spec `config.md`); `None` if it names none.
///
/// # Errors
/// [`ManifestError::Json`] if the bytes are no strict JSON object.
pub fn parse_config_platform(bytes: &[u8]) -> Result<Option<Platform>, ManifestError> {
    strict_json::from_slice::<RawPlatform>(bytes).map(RawPlatform::into_platform).map_err(json)
}

fn json(error: serde_json::Error) -> ManifestError {
    ManifestError::Json(error.to_string())
}

fn build(raw: RawManifest) -> Result<ImageManifest, ManifestError> {
    let is_index = raw.manifests.is_some();
    let is_image = raw.layers.is_some() || raw.config.is_some() || raw.fs_layers.is_some();
    if is_index && is_image {
        return Err(ManifestError::Ambiguous);
    }
    let media_type = raw.media_type.filter(|text| !text.is_empty());
    let artifact_type = raw.artifact_type.filter(|text| !text.is_empty());
    let subject = raw.subject.map(Descriptor::try_from).transpose()?.map(|subject| subject.digest);
    let annotations = raw.annotations.unwrap_or_default();
    if let Some(children) = raw.manifests {
        own_type(media_type.as_deref(), &[OCI_INDEX, DOCKER_LIST], "an index")?;
        let children = descriptors(children)?;
        return Ok(ImageManifest::Index { media_type, children, artifact_type, subject, annotations });
    }
    let (Some(layers), Some(config)) = (raw.layers, raw.config) else {
        return Err(ManifestError::Neither);
    };
    own_type(media_type.as_deref(), &[OCI_MANIFEST, DOCKER_MANIFEST], "an image manifest")?;
    let (config, layers) = (Box::new(config.try_into()?), descriptors(layers)?);
    Ok(ImageManifest::Image { media_type, config, layers, artifact_type, subject, annotations })
}

/// The document's own `mediaType`, if there is one, must be of its shape.
fn own_type(media_type: Option<&str>, fitting: &[&str], shape: &str) -> Result<(), ManifestError> {
    match media_type {
        Some(stated) if !fitting.contains(&stated) => {
            Err(ManifestError::MediaType { stated: stated.to_owned(), found: shape.to_owned() })
        }
        _ => Ok(()),
    }
}
