//! The graph below an index: nested indexes, platforms, what can run (verdicts.md 3).

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use proofmark_core::{Digest, Platform};

use crate::budget::Budget;
use crate::client::{read_blob, worst};
use crate::discover::IN_FLIGHT;
use crate::error::{Cap, ReadError};
use crate::manifest::media_type::{DOCKER_LIST, OCI_INDEX};
use crate::manifest::{Descriptor, ImageManifest, parse_config_platform};
use crate::memory;
use crate::source::{Read, Source, Want};

/// An image that can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The manifest's digest.
    pub digest: Digest,
    /// Its platform, from the descriptor or else from the configuration.
    pub platform: Platform,
}

/// What an image reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Children {
    /// The images that can run, each once.
    pub runnable: Vec<Child>,
    /// Every index on a way to them, the image's own first; several ways may lead to one image. None for an image that is
    /// no index.
    pub indexes: Vec<Digest>,
}

/// Walks the graph level by level. Each index is read once however often it is named, so that 2^30 paths cost 30 reads;
/// depth and number of manifests are capped.
pub(crate) async fn children(
    sources: &[Arc<dyn Source>],
    digest: &Digest,
    manifest: &ImageManifest,
    budget: &Budget,
) -> Result<Children, ReadError> {
    let mut walk = Walk { sources, budget, nodes: HashSet::new(), indexes: Vec::new(), found: Vec::new() };
    let mut level = Vec::new();
    match manifest {
        ImageManifest::Index { children, left_out, .. } => {
            walk.count(digest)?;
            walk.expand(digest.clone(), children.clone(), *left_out, &mut level)?;
        }
        ImageManifest::Image { config, .. } => {
            let platform = config_platform(sources, config, budget).await?;
            walk.found.extend(platform.map(|platform| Child { digest: digest.clone(), platform }));
        }
    }
    let mut depth = 1;
    while !level.is_empty() {
        depth += 1;
        level = walk.level(level, depth).await?;
    }
    walk.runnable()
}

struct Walk<'a> {
    sources: &'a [Arc<dyn Source>],
    budget: &'a Budget,
    nodes: HashSet<Digest>,
    indexes: Vec<Digest>,
    found: Vec<Child>,
}

impl Walk<'_> {
    fn limit(&self, cap: Cap) -> ReadError {
        let from = self.sources.last().map_or_else(String::new, |source| source.name().to_owned());
        ReadError::Limit { from, cap }
    }

    fn too_many(&self) -> ReadError {
        self.limit(Cap::IndexNodes(self.budget.limits().index_nodes))
    }

    /// Counts a manifest; `true` the first time.
    fn count(&mut self, digest: &Digest) -> Result<bool, ReadError> {
        let first = self.nodes.insert(digest.clone());
        if self.nodes.len() > self.budget.limits().index_nodes { Err(self.too_many()) } else { Ok(first) }
    }

    /// Takes the children of an index that say their platform; the others are to be read.
    fn expand(
        &mut self,
        index: Digest,
        children: Vec<Descriptor>,
        left_out: usize,
        unread: &mut Vec<Descriptor>,
    ) -> Result<(), ReadError> {
        self.indexes.push(index);
        for child in children {
            let is_index = matches!(child.media_type.as_str(), OCI_INDEX | DOCKER_LIST);
            let first = self.count(&child.digest)?;
            match child.platform {
                Some(platform) if !is_index => {
                    if self.found.len() >= self.budget.limits().index_nodes {
                        return Err(self.too_many());
                    }
                    self.found.push(Child { digest: child.digest, platform });
                }
                _ if first => unread.push(child),
                _ => {}
            }
        }
        if left_out > 0 { Err(self.too_many()) } else { Ok(()) }
    }

    /// Reads one level, and returns what is to be read of the next. Each index is counted as soon as it is read, so that
    /// the children of many are never held together.
    async fn level(&mut self, level: Vec<Descriptor>, depth: usize) -> Result<Vec<Descriptor>, ReadError> {
        let (sources, budget) = (self.sources, self.budget);
        let reads = level.into_iter().map(|child| async move {
            let manifest = read_child(sources, &child, budget).await?;
            let platform = match &manifest {
                ImageManifest::Index { .. } => None,
                ImageManifest::Image { config, .. } => config_platform(sources, config, budget).await?,
            };
            Ok::<_, ReadError>((child.digest, manifest, platform))
        });
        let mut reads = stream::iter(reads).buffered(IN_FLIGHT);
        let mut next = Vec::new();
        while let Some(result) = reads.next().await {
            let (digest, manifest, platform) = result?;
            match manifest {
                ImageManifest::Index { .. } if depth > budget.limits().index_depth => {
                    return Err(self.limit(Cap::IndexDepth(budget.limits().index_depth)));
                }
                ImageManifest::Index { children, left_out, .. } => {
                    self.expand(digest, children, left_out, &mut next)?;
                }
                ImageManifest::Image { .. } => {
                    self.found.extend(platform.map(|platform| Child { digest, platform }));
                }
            }
        }
        Ok(next)
    }

    /// Leaves out what cannot run, and equal children.
    fn runnable(self) -> Result<Children, ReadError> {
        let mut seen = BTreeSet::new();
        let mut runnable = self.found;
        runnable.retain(|child| {
            child.platform.is_runnable() && seen.insert((child.digest.clone(), child.platform.clone()))
        });
        if runnable.is_empty() {
            return Err(ReadError::Platform { wanted: None, present: Vec::new() });
        }
        Ok(Children { runnable, indexes: self.indexes })
    }
}

/// Reads a child whose kind or platform only its content tells; the content must be what the descriptor says.
async fn read_child(
    sources: &[Arc<dyn Source>],
    child: &Descriptor,
    budget: &Budget,
) -> Result<ImageManifest, ReadError> {
    let cap = budget.limits().manifest_bytes;
    let from = || sources.last().map_or_else(String::new, |source| source.name().to_owned());
    let paid = if child.size > cap { Err(Cap::ManifestBytes(cap)) } else { budget.reserve(child.size) };
    let limit = |cap| ReadError::Limit { from: from(), cap };
    paid.map_err(limit)?;
    let _held = memory::hold(child.size, memory::MANIFEST, budget.deadline()).await.map_err(limit)?;
    let mut errors = Vec::new();
    for source in sources {
        match source.manifest(Want::Listed(child), budget).await {
            Ok(Read { manifest, .. }) => {
                let stated = manifest.check_stated(&child.media_type);
                let what = child.digest.to_string();
                return stated.map(|()| manifest).map_err(|error| ReadError::Malformed {
                    from: source.name().to_owned(),
                    what,
                    error,
                });
            }
            Err(error) => errors.push(error),
        }
    }
    Err(worst(errors.into_iter(), &child.digest.to_string()))
}

/// The platform in an image's configuration. An artifact, whose configuration is none of an image, has none.
async fn config_platform(
    sources: &[Arc<dyn Source>],
    config: &Descriptor,
    budget: &Budget,
) -> Result<Option<Platform>, ReadError> {
    use crate::manifest::media_type::OCI_EMPTY;
    if config.media_type == OCI_EMPTY {
        return Ok(None);
    }
    let bytes = read_blob(sources, config, budget).await?;
    parse_config_platform(&bytes).map_err(|error| ReadError::Malformed {
        from: sources.last().map_or_else(String::new, |source| source.name().to_owned()),
        what: format!("configuration {}", config.digest),
        error,
    })
}
