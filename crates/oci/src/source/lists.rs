//! Where a registry lists what is attached to an image: the referrers API, its fallback tag, and cosign's tags.

use futures_util::future::join_all;
use proofmark_core::Digest;
use proofmark_net::BoxFuture;

use super::registry::RegistrySource;
use super::{End, Entry, Listing, Read, Want, cosign_tag, fallback_tag};
use crate::budget::Budget;
use crate::error::ReadError;
use crate::found::{PathKind, Plan};
use crate::manifest::{Descriptor, ImageManifest};

impl RegistrySource {
    /// A tag that lists attachments: the fallback index, or cosign's `.sig` and `.att` manifests.
    async fn list_tag(&self, path: PathKind, tag: String, budget: &Budget) -> Listing {
        match self.read_manifest(Want::Tag(&tag), budget).await {
            Ok(read) => tag_listing(path, read, budget.limits().descriptors),
            Err(ReadError::NotFound { .. }) => Listing::empty(path, End::Absent),
            Err(error @ ReadError::Unauthorized { status: 403, .. }) => {
                Listing::empty(path, End::Forbidden(error))
            }
            Err(error) => Listing::empty(path, End::from_error(error)),
        }
    }

    pub(super) async fn list_all(&self, digest: &Digest, plan: Plan, budget: &Budget) -> Vec<Listing> {
        let mut paths: Vec<BoxFuture<'_, Listing>> = vec![
            Box::pin(self.list_referrers(digest, budget)),
            Box::pin(self.list_tag(PathKind::FallbackTag, fallback_tag(digest), budget)),
        ];
        let cosign =
            [(plan.signatures, PathKind::SigTag, "sig"), (plan.attestations, PathKind::AttTag, "att")];
        for (_, path, suffix) in cosign.into_iter().filter(|(asked, ..)| *asked) {
            let tag = cosign_tag(digest, suffix);
            if proofmark_core::Tag::parse(&tag).is_ok() {
                paths.push(Box::pin(self.list_tag(path, tag, budget)));
            } else {
                // A SHA-512 digest is longer than a tag may be: no registry can hold such a tag.
                paths.push(Box::pin(async move { Listing::empty(path, End::NotOffered) }));
            }
        }
        join_all(paths).await
    }
}

/// The entries of a tag's manifest: the children of a fallback index, else the manifest itself.
fn tag_listing(path: PathKind, read: Read, most: usize) -> Listing {
    match read.manifest {
        ImageManifest::Index { mut children, left_out, .. } if path == PathKind::FallbackTag => {
            let capped = left_out > 0 || children.len() > most;
            children.truncate(most);
            let entries = children.into_iter().map(slim).map(Entry::Listed).collect();
            let end =
                if capped { End::Capped(format!("more than {most} descriptors")) } else { End::Complete };
            Listing { path, entries, end }
        }
        manifest => {
            let entries = vec![Entry::Read(read.digest, Box::new(manifest))];
            Listing { path, entries, end: End::Complete }
        }
    }
}

/// A descriptor of a list without what nobody reads, so that long lists stay small.
pub(super) fn slim(descriptor: Descriptor) -> Descriptor {
    let annotations = std::collections::BTreeMap::new();
    Descriptor { annotations, platform: None, media_type: String::new(), ..descriptor }
}
