//! Which entry of a layout's index a reference means.

use std::collections::BTreeSet;

use proofmark_core::{Digest, ImageRef, Repository};

use super::{Layout, LayoutError};
use crate::manifest::{Descriptor, ImageManifest, media_type, parse_manifest};
use crate::target::Selector;

pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// containerd and buildkit write the full name here and the tag alone into `ref.name`.
pub(crate) const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// `cosign save` says here what an entry is.
pub(super) const KIND: &str = "kind";
const COSIGN: &str = "dev.cosignproject.cosign/";

/// Which names of entries count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// A plain tag, or a full name: an `oci:` reference.
    Any,
    /// Full names alone: a mirror, which can hold several repositories with the same tags.
    Full,
}

/// The names of an entry.
pub(super) fn names(entry: &Descriptor) -> impl Iterator<Item = &str> {
    [REF_NAME, CONTAINERD_NAME].into_iter().filter_map(|key| entry.annotations.get(key)).map(String::as_str)
}

/// What `cosign save` calls the entry: `image`, `imageIndex`, `sigs`, `atts`.
pub(super) fn cosign_kind(entry: &Descriptor) -> Option<&str> {
    entry.annotations.get(KIND)?.strip_prefix(COSIGN)
}

/// `sha256-<hex>`, with any suffix: the tag of an attachment, after any `host/repository:`.
pub(super) fn attachment_tag(name: &str) -> Option<&str> {
    let tag = name.rsplit_once(':').map_or(name, |(_, tag)| tag);
    let (algorithm, rest) = tag.split_once('-')?;
    let hex = rest.split('.').next().unwrap_or(rest);
    let long = hex.len() >= 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    (matches!(algorithm, "sha256" | "sha512") && long).then_some(tag)
}

/// Whether an entry's name is the full `repository:tag`, however Docker would shorten it.
fn is_full_name(name: &str, repository: &Repository, tag: &str) -> bool {
    // A name without a slash is a tag, though Docker would read it as an image of its library.
    name.contains('/')
        && ImageRef::parse(name).is_ok_and(|name| {
            name.repository() == repository && name.tag().is_some_and(|own| own.as_str() == tag)
        })
}

impl Layout {
    /// The digest that a selector means.
    pub(crate) fn select(
        &self,
        selector: &Selector,
        repository: &Repository,
        accept: Names,
    ) -> Result<Digest, LayoutError> {
        match selector {
            Selector::Digest(digest) => {
                self.entries()?;
                Ok(digest.clone())
            }
            Selector::Tag(tag) => self.by_name(tag, repository, accept),
            Selector::Only => self.only(),
        }
    }

    fn by_name(&self, tag: &str, repository: &Repository, accept: Names) -> Result<Digest, LayoutError> {
        let entries = self.entries()?;
        // `cosign save` gives an image's signatures the image's name.
        let images = || entries.iter().filter(|entry| !is_saved_attachment(entry));
        let matching = |test: &dyn Fn(&str) -> bool| -> BTreeSet<Digest> {
            images().filter(|entry| names(entry).any(test)).map(|entry| entry.digest.clone()).collect()
        };
        let mut found = matching(&|name| is_full_name(name, repository, tag));
        if found.is_empty() && accept == Names::Any {
            found = matching(&|name| name == tag);
        }
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(digest), None) => Ok(digest),
            (None, _) => Err(LayoutError::NoSuchImage {
                dir: self.dir.clone(),
                wanted: if accept == Names::Full { format!("{repository}:{tag}") } else { tag.to_owned() },
                present: self.some_names(),
            }),
            (Some(one), Some(two)) => Err(LayoutError::Ambiguous {
                dir: self.dir.clone(),
                wanted: format!(" called {tag}"),
                present: [one, two]
                    .iter()
                    .chain(&found.collect::<Vec<_>>())
                    .take(10)
                    .map(ToString::to_string)
                    .collect(),
            }),
        }
    }

    /// The only image: entries that are attachments do not count.
    fn only(&self) -> Result<Digest, LayoutError> {
        let entries = self.entries()?;
        let images: Vec<&Descriptor> = entries.iter().filter(|entry| !is_attachment(entry)).collect();
        let distinct = |images: &[&Descriptor]| -> BTreeSet<Digest> {
            images.iter().map(|entry| entry.digest.clone()).collect()
        };
        let mut found = distinct(&images);
        if found.len() > 1 {
            let plain: Vec<&Descriptor> =
                images.iter().copied().filter(|entry| !self.holds_attachment(entry)).collect();
            found = distinct(&plain);
        }
        let mut digests = found.iter();
        match (digests.next(), digests.next()) {
            (Some(digest), None) => Ok(digest.clone()),
            (None, _) => Err(LayoutError::NoSuchImage {
                dir: self.dir.clone(),
                wanted: "at all".to_owned(),
                present: Vec::new(),
            }),
            _ => {
                let mut present = self.some_names();
                if present.is_empty() {
                    present = found.iter().take(10).map(ToString::to_string).collect();
                }
                Err(LayoutError::Ambiguous { dir: self.dir.clone(), wanted: String::new(), present })
            }
        }
    }

    /// Whether the manifest itself says that it is attached to something, or is no image. One that cannot be read counts
    /// as an image: the reader then says why.
    fn holds_attachment(&self, entry: &Descriptor) -> bool {
        let Ok(bytes) = self.blob(&entry.digest, self.limits.manifest_bytes) else { return false };
        match parse_manifest(&bytes) {
            Ok(manifest) if manifest.subject().is_some() => true,
            Ok(ImageManifest::Image { artifact_type, config, .. }) => {
                artifact_type.is_some() || config.media_type == media_type::OCI_EMPTY
            }
            _ => false,
        }
    }

    fn some_names(&self) -> Vec<String> {
        let entries = self.entries().unwrap_or_default();
        let all = entries.iter().flat_map(names).filter(|name| attachment_tag(name).is_none());
        let mut some: Vec<String> = Vec::new();
        for name in all {
            let name = proofmark_core::display::safe_short(name, 120);
            if some.len() < 10 && !some.contains(&name) {
                some.push(name);
            }
        }
        some
    }
}

fn is_saved_attachment(entry: &Descriptor) -> bool {
    cosign_kind(entry).is_some_and(|kind| !matches!(kind, "image" | "imageIndex"))
}

fn is_attachment(entry: &Descriptor) -> bool {
    is_saved_attachment(entry)
        || names(entry).any(|name| attachment_tag(name).is_some())
        || entry.artifact_type.is_some()
}
