//! What an image is made of.

use proofmark_core::Digest;
use serde_json::{Value, json};

/// An OCI image manifest.
pub const MEDIA_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image index.
pub const MEDIA_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The platform of an image (OCI image-spec, image index).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformSpec {
    /// Such as `linux`.
    pub os: String,
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `v8`.
    pub variant: Option<String>,
}

impl PlatformSpec {
    /// Without variant.
    pub fn new(os: &str, architecture: &str) -> Self {
        Self { os: os.to_owned(), architecture: architecture.to_owned(), variant: None }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut value = json!({ "architecture": self.architecture, "os": self.os });
        if let Some(variant) = &self.variant {
            value["variant"] = variant.clone().into();
        }
        value
    }
}

/// An image to be pushed. The default is a small linux/amd64 image of two layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSpec {
    /// The platform in the config, and in the index that lists it.
    pub platform: PlatformSpec,
    /// The layers' bytes, uncompressed: a diff ID is the layer's own digest.
    pub layers: Vec<Vec<u8>>,
    /// Diff IDs that the config claims instead (BASE-03).
    pub claimed_diff_ids: Option<Vec<Digest>>,
    /// The manifest's annotations.
    pub annotations: Vec<(String, String)>,
    /// Docker's schema 2 media types instead of OCI's.
    pub docker: bool,
}

impl Default for ImageSpec {
    fn default() -> Self {
        Self {
            platform: PlatformSpec::new("linux", "amd64"),
            layers: vec![b"base layer".to_vec(), b"application layer".to_vec()],
            claimed_diff_ids: None,
            annotations: Vec::new(),
            docker: false,
        }
    }
}

impl ImageSpec {
    /// The default image with another top layer, so with another digest.
    pub fn named(name: &str) -> Self {
        Self { layers: vec![b"base layer".to_vec(), name.as_bytes().to_vec()], ..Self::default() }
    }

    /// For another platform.
    #[must_use]
    pub fn platform(mut self, os: &str, architecture: &str) -> Self {
        self.platform = PlatformSpec::new(os, architecture);
        self
    }

    /// With these layers.
    #[must_use]
    pub fn layers(mut self, layers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.layers = layers.into_iter().collect();
        self
    }

    pub(crate) fn config(&self) -> Value {
        let own = || self.layers.iter().map(|layer| Digest::sha256(layer)).collect();
        let diff_ids: Vec<String> =
            self.claimed_diff_ids.clone().unwrap_or_else(own).iter().map(ToString::to_string).collect();
        let mut config = self.platform.to_json();
        config["config"] = json!({});
        config["rootfs"] = json!({ "type": "layers", "diff_ids": diff_ids });
        config
    }

    pub(crate) const fn media_types(&self) -> (&'static str, &'static str, &'static str) {
        if self.docker {
            (
                "application/vnd.docker.distribution.manifest.v2+json",
                "application/vnd.docker.container.image.v1+json",
                "application/vnd.docker.image.rootfs.diff.tar",
            )
        } else {
            (
                MEDIA_MANIFEST,
                "application/vnd.oci.image.config.v1+json",
                "application/vnd.oci.image.layer.v1.tar",
            )
        }
    }
}

/// Something that was pushed: what a descriptor says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Digest of the bytes.
    pub digest: Digest,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: usize,
    /// The platform of an image, for the index that lists it.
    pub platform: Option<PlatformSpec>,
}

impl Pushed {
    /// The descriptor, with platform if there is one.
    pub fn descriptor(&self) -> Value {
        let mut value =
            json!({ "mediaType": self.media_type, "digest": self.digest.to_string(), "size": self.size });
        if let Some(platform) = &self.platform {
            value["platform"] = platform.to_json();
        }
        value
    }
}
