//! Descriptors and platforms, read member by member.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Platform};
use serde::de::{MapAccess, SeqAccess};

use super::{Descriptor, ManifestError};
use crate::strict_json::{self, As, Check, Shape, Walk};

/// Bytes of a media type, a digest or a platform's part (RFC 6838, 4.2: a type and a subtype have at most 127 characters
/// each). More is cut off: such a text is none that we know.
pub(super) const TEXT: usize = 255;
/// Bytes of an annotation: nothing that reads one takes more.
const ANNOTATION: usize = 1 << 20;
/// `os.features` of one platform.
const FEATURES: usize = 64;

/// Annotations that are kept: those that hold cosign's legacy signatures, those by which layouts name their entries, and what
/// an image claims of its base.
const ANNOTATIONS: &[&str] = &[
    "dev.cosignproject.cosign/signature",
    "dev.sigstore.cosign/bundle",
    "dev.sigstore.cosign/certificate",
    "dev.sigstore.cosign/chain",
    "dev.sigstore.cosign/rfc3161timestamp",
    "io.containerd.image.name",
    "kind",
    BASE_DIGEST,
    BASE_NAME,
    "org.opencontainers.image.ref.name",
];

/// The digest of the image that this one says it is built on (OCI image-spec `annotations.md`).
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
/// The reference of the image that this one says it is built on.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// The platform of a configuration.
pub(super) fn config_platform(bytes: &[u8]) -> Result<Option<Platform>, ManifestError> {
    let walk = Walk::new();
    let read = strict_json::read(bytes, As(PlatformShape(walk.root())));
    let platform = read.map_err(|error| ManifestError::Json(error.to_string()))?;
    walk.fault().map_or(Ok(platform), |fault| Err(ManifestError::Json(fault)))
}

/// The keys that are read, at any level.
#[derive(Clone, Copy)]
pub(super) enum Member {
    Annotations,
    Architecture,
    ArtifactType,
    Config,
    DiffIds,
    Digest,
    FsLayers,
    Layers,
    Manifests,
    MediaType,
    Os,
    OsFeatures,
    OsVersion,
    Platform,
    RootFs,
    SchemaVersion,
    Size,
    Subject,
    Type,
    Variant,
    Unknown,
}

pub(super) fn member(key: &str) -> Member {
    match key {
        "annotations" => Member::Annotations,
        "architecture" => Member::Architecture,
        "artifactType" => Member::ArtifactType,
        "config" => Member::Config,
        "diff_ids" => Member::DiffIds,
        "digest" => Member::Digest,
        "fsLayers" => Member::FsLayers,
        "layers" => Member::Layers,
        "manifests" => Member::Manifests,
        "mediaType" => Member::MediaType,
        "os" => Member::Os,
        "os.features" => Member::OsFeatures,
        "os.version" => Member::OsVersion,
        "platform" => Member::Platform,
        "rootfs" => Member::RootFs,
        "schemaVersion" => Member::SchemaVersion,
        "size" => Member::Size,
        "subject" => Member::Subject,
        "type" => Member::Type,
        "variant" => Member::Variant,
        _ => Member::Unknown,
    }
}

/// Text of at most `most` bytes, the rest cut off; `null` is none.
pub(super) struct Text<'w> {
    pub(super) at: Check<'w>,
    pub(super) what: &'static str,
    pub(super) most: usize,
}

impl Shape<'_> for Text<'_> {
    type Out = Option<String>;
    fn place(&self) -> Check<'_> {
        self.at
    }
    fn null(self) -> Option<String> {
        None
    }
    fn text(self, text: &str) -> Option<String> {
        let mut end = text.len().min(self.most);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Some(text[..end].to_owned())
    }
    fn other(self) -> Option<String> {
        self.at.walk.note(|| format!("{} is no text", self.what));
        None
    }
}

/// What is not empty.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A whole number that is not negative; `null` is none.
pub(super) struct Whole<'w> {
    pub(super) at: Check<'w>,
    pub(super) what: &'static str,
}

impl Shape<'_> for Whole<'_> {
    type Out = Option<u64>;
    fn place(&self) -> Check<'_> {
        self.at
    }
    fn null(self) -> Option<u64> {
        None
    }
    fn number(self, number: u64) -> Option<u64> {
        Some(number)
    }
    fn other(self) -> Option<u64> {
        self.at.walk.note(|| format!("{} is no whole number", self.what));
        None
    }
}

/// The annotations that are kept. Go reads `null` as an empty text.
pub(super) struct Annotations<'w>(pub(super) Check<'w>);

impl<'de> Shape<'de> for Annotations<'_> {
    type Out = BTreeMap<String, String>;
    fn place(&self) -> Check<'_> {
        self.0
    }
    fn null(self) -> Self::Out {
        BTreeMap::new()
    }
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let mut kept = BTreeMap::new();
        let Some(inside) = self.0.with_free_keys().inside() else {
            self.0.object(map)?;
            return Ok(kept);
        };
        let mut keys = inside.keys();
        let known = |key: &str| ANNOTATIONS.iter().find(|known| **known == key);
        while let Some(known) = keys.next(&mut map, known)? {
            let most = if known.is_some() { ANNOTATION } else { 0 };
            let text = map.next_value_seed(As(Text { at: inside, what: "an annotation", most }))?;
            if let Some((known, text)) = known.zip(text) {
                kept.insert((*known).to_owned(), text);
            }
        }
        Ok(kept)
    }
    fn other(self) -> Self::Out {
        self.0.walk.note(|| "annotations are no object".to_owned());
        BTreeMap::new()
    }
}

/// As [`Platform`], but Go writes nothing where it has an empty string, and some tools write `null`. None unless an
/// operating system or an architecture is named.
struct PlatformShape<'w>(Check<'w>);

impl<'de> Shape<'de> for PlatformShape<'_> {
    type Out = Option<Platform>;
    fn place(&self) -> Check<'_> {
        self.0
    }
    fn null(self) -> Self::Out {
        None
    }
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let Some(at) = self.0.inside() else { return self.0.object(map).map(|()| None) };
        let mut parts = Parts::default();
        let mut keys = at.keys();
        while let Some(member) = keys.next(&mut map, member)? {
            match member {
                member if Parts::takes(member) => parts.take(at, member, &mut map)?,
                Member::Annotations => map.next_value_seed(at.with_free_keys())?,
                _ => map.next_value_seed(at)?,
            }
        }
        Ok(parts.build())
    }
    fn other(self) -> Self::Out {
        self.0.walk.note(|| "a platform or configuration is no object".to_owned());
        None
    }
}

/// What becomes a [`Platform`].
#[derive(Default)]
pub(super) struct Parts {
    os: Option<String>,
    architecture: Option<String>,
    rest: Platform,
}

impl Parts {
    /// Whether a member belongs to a platform.
    pub(super) const fn takes(member: Member) -> bool {
        matches!(
            member,
            Member::Os | Member::Architecture | Member::Variant | Member::OsVersion | Member::OsFeatures
        )
    }

    /// Reads the value of such a member.
    pub(super) fn take<'de, A: MapAccess<'de>>(
        &mut self,
        at: Check<'_>,
        member: Member,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let text = |what| As(Text { at, what, most: TEXT });
        match member {
            Member::Os => self.os = filled(map.next_value_seed(text("os"))?),
            Member::Architecture => self.architecture = filled(map.next_value_seed(text("architecture"))?),
            Member::Variant => self.rest.variant = filled(map.next_value_seed(text("variant"))?),
            Member::OsVersion => self.rest.os_version = filled(map.next_value_seed(text("os.version"))?),
            Member::OsFeatures => self.rest.os_features = map.next_value_seed(As(Features(at)))?,
            _ => map.next_value_seed(at)?,
        }
        Ok(())
    }

    /// None unless an operating system or an architecture is named.
    pub(super) fn build(self) -> Option<Platform> {
        let Self { os, architecture, rest } = self;
        (os.is_some() || architecture.is_some()).then(|| Platform {
            os: os.unwrap_or_default(),
            architecture: architecture.unwrap_or_default(),
            ..rest
        })
    }
}

struct Features<'w>(Check<'w>);

impl<'de> Shape<'de> for Features<'_> {
    type Out = Vec<String>;
    fn place(&self) -> Check<'_> {
        self.0
    }
    fn null(self) -> Vec<String> {
        Vec::new()
    }
    fn array<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<String>, A::Error> {
        let mut features = Vec::new();
        let Some(at) = self.0.inside() else { return self.0.rest_of_array(seq).map(|()| features) };
        while features.len() < FEATURES {
            match seq.next_element_seed(As(Text { at, what: "an os.feature", most: TEXT }))? {
                None => return Ok(features),
                Some(feature) => features.push(feature.unwrap_or_default()),
            }
        }
        while seq.next_element_seed(at)?.is_some() {
            at.walk.note(|| format!("more than {FEATURES} os.features"));
        }
        Ok(features)
    }
    fn other(self) -> Vec<String> {
        self.0.walk.note(|| "os.features are no array".to_owned());
        Vec::new()
    }
}

/// A descriptor; `null` is none.
pub(super) struct DescriptorShape<'w> {
    pub(super) at: Check<'w>,
    /// Platforms and annotations too.
    pub(super) details: bool,
}

#[derive(Default)]
struct DescriptorParts {
    media_type: Option<String>,
    digest: Option<String>,
    size: Option<u64>,
    platform: Option<Platform>,
    artifact_type: Option<String>,
    annotations: BTreeMap<String, String>,
}

impl DescriptorParts {
    fn build(self) -> Result<Descriptor, ManifestError> {
        let missing = |name: &str| ManifestError::Json(format!("a descriptor has no {name}"));
        let text = self.digest.ok_or_else(|| missing("digest"))?;
        Ok(Descriptor {
            digest: Digest::parse(&text).map_err(|error| ManifestError::Digest { text, error })?,
            media_type: self.media_type.ok_or_else(|| missing("mediaType"))?,
            size: self.size.ok_or_else(|| missing("size"))?,
            platform: self.platform,
            artifact_type: filled(self.artifact_type),
            annotations: self.annotations,
        })
    }
}

impl<'de> Shape<'de> for DescriptorShape<'_> {
    type Out = Option<Result<Descriptor, ManifestError>>;
    fn place(&self) -> Check<'_> {
        self.at
    }
    fn null(self) -> Self::Out {
        None
    }
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let Some(at) = self.at.inside() else { return self.at.object(map).map(|()| None) };
        let text = |what| As(Text { at, what, most: TEXT });
        let mut parts = DescriptorParts::default();
        let mut keys = at.keys();
        // A fault in here is this descriptor's alone.
        let before = at.walk.fault();
        while let Some(member) = keys.next(&mut map, member)? {
            match member {
                Member::MediaType => parts.media_type = map.next_value_seed(text("mediaType"))?,
                Member::Digest => parts.digest = map.next_value_seed(text("digest"))?,
                Member::ArtifactType => parts.artifact_type = map.next_value_seed(text("artifactType"))?,
                Member::Size => parts.size = map.next_value_seed(As(Whole { at, what: "size" }))?,
                Member::Annotations if self.details => {
                    parts.annotations = map.next_value_seed(As(Annotations(at)))?;
                }
                Member::Annotations => drop(map.next_value_seed(As(Annotations(at)))?),
                Member::Platform if self.details => {
                    parts.platform = map.next_value_seed(As(PlatformShape(at)))?;
                }
                _ => map.next_value_seed(at)?,
            }
        }
        let fault = at.walk.fault();
        if let Some(before) = before {
            at.walk.note(|| before);
        }
        Ok(Some(fault.map_or_else(|| parts.build(), |fault| Err(ManifestError::Json(fault)))))
    }
    fn other(self) -> Self::Out {
        Some(Err(ManifestError::Json("a descriptor is no object".to_owned())))
    }
}
