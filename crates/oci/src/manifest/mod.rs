//! Manifests and indexes, parsed strictly (OCI image-spec 1.1 `manifest.md`, `image-index.md`; Docker schema 2).

mod config;
mod descriptor;
mod error;
mod list;
mod raw;

use std::collections::BTreeMap;

use proofmark_core::{Digest, Limits, Platform};

pub use config::{ImageConfig, parse_config};
pub use descriptor::{BASE_DIGEST, BASE_NAME};
pub use error::ManifestError;
pub(crate) use error::SHOWN;
pub(crate) use list::{List, parse_list};
use raw::{Raw, Stock};

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
    /// Those annotations that proofmark reads, by the names of cosign and of layouts; unauthenticated until what holds
    /// the descriptor is.
    pub annotations: BTreeMap<String, String>,
}

/// How many descriptors of a document are kept, so that one of a few megabytes does not become many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keep {
    /// The first so many of an index.
    pub(crate) children: usize,
    /// The last so many of an image: signing appends.
    pub(crate) layers: usize,
}

impl Keep {
    /// All that a path or a graph may name, and one more than that is left out.
    pub(crate) fn within(limits: &Limits) -> Self {
        Self { children: limits.descriptors.max(limits.index_nodes), layers: limits.manifests }
    }
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
        /// How many entries after these were left out.
        left_out: usize,
        /// The artifact type, for an index that is an attachment.
        artifact_type: Option<String>,
        /// What this index is attached to.
        subject: Option<Digest>,
    },
    /// An image manifest or artifact.
    Image {
        /// The document's `mediaType`, if it has one.
        media_type: Option<String>,
        /// The configuration.
        config: Box<Descriptor>,
        /// The layers in order.
        layers: Vec<Descriptor>,
        /// How many layers before these were left out.
        left_out: usize,
        /// Those annotations of the document that proofmark reads.
        annotations: BTreeMap<String, String>,
        /// The artifact type, for attachments.
        artifact_type: Option<String>,
        /// What this manifest is attached to.
        subject: Option<Digest>,
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

/// Parses an image manifest, artifact manifest or index whose bytes have been hashed.
///
/// # Errors
/// Anything that two readers could take for different things; schema 1; a digest that is not one.
pub fn parse_manifest(bytes: &[u8]) -> Result<ImageManifest, ManifestError> {
    parse_within(bytes, Keep::within(&Limits::default()))
}

/// As [`parse_manifest`], with so many of the descriptors.
pub(crate) fn parse_within(bytes: &[u8], keep: Keep) -> Result<ImageManifest, ManifestError> {
    let raw = Raw::read(bytes, Stock { children: keep.children, layers: keep.layers, details: true })?;
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
    let raw = Raw::read(bytes, Stock { children: usize::MAX, layers: 0, details: true })?;
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
    descriptor::config_platform(bytes)
}

fn build(raw: Raw) -> Result<ImageManifest, ManifestError> {
    let is_image = raw.layers.is_some() || raw.config.is_some() || raw.fs_layers;
    if raw.manifests.is_some() && is_image {
        return Err(ManifestError::Ambiguous);
    }
    let (media_type, artifact_type) = (raw.media_type, raw.artifact_type);
    let subject = raw.subject.transpose()?.map(|subject| subject.digest);
    if let Some(entries) = raw.manifests {
        own_type(media_type.as_deref(), &[OCI_INDEX, DOCKER_LIST], "an index")?;
        let (children, left_out) = entries.whole()?;
        return Ok(ImageManifest::Index { media_type, children, left_out, artifact_type, subject });
    }
    let (Some(entries), Some(config)) = (raw.layers, raw.config) else {
        return Err(ManifestError::Neither);
    };
    own_type(media_type.as_deref(), &[OCI_MANIFEST, DOCKER_MANIFEST], "an image manifest")?;
    let (config, (layers, left_out)) = (Box::new(config?), entries.whole()?);
    let annotations = raw.annotations;
    Ok(ImageManifest::Image { media_type, config, layers, left_out, annotations, artifact_type, subject })
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
