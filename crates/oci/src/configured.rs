//! Images with their configurations, several at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use proofmark_core::Digest;

use crate::budget::Budget;
use crate::client::{read_blob, resolve};
use crate::discover::IN_FLIGHT;
use crate::error::ReadError;
use crate::manifest::{Descriptor, ImageConfig, ImageManifest, ManifestError, parse_config};
use crate::source::{Source, Want};

/// An image's layers as its manifest lists them, and its configuration; each hop was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// What the configuration says.
    pub config: ImageConfig,
    /// The layers in order, the lowest first.
    pub layers: Vec<Descriptor>,
    /// How many layers before these were left out.
    pub left_out: usize,
    /// Those annotations of the manifest that proofmark reads.
    pub annotations: BTreeMap<String, String>,
}

/// Reads images by the digests of their manifests, in their order. A manifest that the caller has is not read again.
pub(crate) async fn read_all(
    sources: &[Arc<dyn Source>],
    images: &[(&Digest, Option<&ImageManifest>)],
    budget: &Budget,
) -> Vec<Result<Configured, ReadError>> {
    let reads = images.iter().map(|(digest, known)| read(sources, digest, *known, budget));
    stream::iter(reads).buffered(IN_FLIGHT).collect().await
}

async fn read(
    sources: &[Arc<dyn Source>],
    digest: &Digest,
    known: Option<&ImageManifest>,
    budget: &Budget,
) -> Result<Configured, ReadError> {
    let manifest = match known {
        Some(manifest) => manifest.clone(),
        None => resolve(sources, Want::Digest(digest), budget).await?.read.manifest,
    };
    let malformed = |what: String, error| ReadError::Malformed {
        from: sources.last().map_or_else(String::new, |source| source.name().to_owned()),
        what,
        error,
    };
    let ImageManifest::Image { config, layers, left_out, annotations, .. } = manifest else {
        let error = ManifestError::Json("it is an index, and an image was listed".to_owned());
        return Err(malformed(digest.to_string(), error));
    };
    let bytes = read_blob(sources, &config, budget).await?;
    let what = || format!("configuration {}", config.digest);
    let config = parse_config(&bytes).map_err(|error| malformed(what(), error))?;
    Ok(Configured { config, layers, left_out, annotations })
}
