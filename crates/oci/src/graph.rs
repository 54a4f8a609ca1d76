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
use crate::source::{Read, Source, Want};

/// An image that can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The manifest's digest.
    pub digest: Digest,
    /// Its platform, from the descriptor or else from the configuration.
    pub platform: Platform,
    /// The indexes by which it was reached, outermost first; empty for an image that is no index's child.
    pub through: Vec<Digest>,
}

/// An index still to be walked.
struct Level {
    through: Vec<Digest>,
    children: Vec<Descriptor>,
}

/// Walks the graph level by level. Each index is read once however often it is named, so that 2^30 paths cost 30 reads;
/// depth and number of manifests are capped.
pub(crate) async fn children(
    sources: &[Arc<dyn Source>],
    digest: &Digest,
    manifest: &ImageManifest,
    budget: &Budget,
) -> Result<Vec<Child>, ReadError> {
    let entries = match manifest {
        ImageManifest::Index { children, .. } => children.clone(),
        ImageManifest::Image { config, .. } => {
            let platform = config_platform(sources, config, budget).await?;
            let child =
                platform.map(|platform| Child { digest: digest.clone(), platform, through: Vec::new() });
            return runnable(child.into_iter().collect());
        }
    };
    let mut walk = Walk { sources, budget, nodes: HashSet::from([digest.clone()]), found: Vec::new() };
    let mut level = vec![Level { through: vec![digest.clone()], children: entries }];
    let mut depth = 0;
    while !level.is_empty() {
        depth += 1;
        if depth > budget.limits().index_depth {
            return Err(walk.limit(Cap::IndexDepth(budget.limits().index_depth)));
        }
        level = walk.level(level).await?;
    }
    runnable(walk.found)
}

/// Leaves out what cannot run, and equal children.
fn runnable(found: Vec<Child>) -> Result<Vec<Child>, ReadError> {
    let mut seen = BTreeSet::new();
    let mut children = found;
    children.retain(|child| {
        child.platform.is_runnable() && seen.insert((child.digest.clone(), child.platform.clone()))
    });
    if children.is_empty() {
        return Err(ReadError::Platform { wanted: None, present: Vec::new() });
    }
    Ok(children)
}

struct Walk<'a> {
    sources: &'a [Arc<dyn Source>],
    budget: &'a Budget,
    nodes: HashSet<Digest>,
    found: Vec<Child>,
}

impl Walk<'_> {
    fn limit(&self, cap: Cap) -> ReadError {
        let from = self.sources.last().map_or_else(String::new, |source| source.name().to_owned());
        ReadError::Limit { from, cap }
    }

    /// Counts a manifest; `true` the first time.
    fn count(&mut self, digest: &Digest) -> Result<bool, ReadError> {
        let first = self.nodes.insert(digest.clone());
        let most = self.budget.limits().index_nodes;
        if self.nodes.len() > most { Err(self.limit(Cap::IndexNodes(most))) } else { Ok(first) }
    }

    /// One level: takes children that say their platform, reads the others, and returns the nested indexes.
    async fn level(&mut self, level: Vec<Level>) -> Result<Vec<Level>, ReadError> {
        let mut unread: Vec<(Vec<Digest>, Descriptor)> = Vec::new();
        for Level { through, children } in level {
            for child in children {
                let is_index = matches!(child.media_type.as_str(), OCI_INDEX | DOCKER_LIST);
                let first = self.count(&child.digest)?;
                match child.platform {
                    Some(platform) if !is_index => {
                        if self.found.len() >= self.budget.limits().index_nodes {
                            return Err(self.limit(Cap::IndexNodes(self.budget.limits().index_nodes)));
                        }
                        let through = through.clone();
                        self.found.push(Child { digest: child.digest, platform, through });
                    }
                    _ if first => unread.push((through.clone(), child)),
                    _ => {}
                }
            }
        }
        let (sources, budget) = (self.sources, self.budget);
        let reads = unread.into_iter().map(|(through, child)| async move {
            let manifest = read_child(sources, &child, budget).await?;
            let platform = match &manifest {
                ImageManifest::Index { .. } => None,
                ImageManifest::Image { config, .. } => config_platform(sources, config, budget).await?,
            };
            Ok((through, child, manifest, platform))
        });
        let read: Vec<Result<_, ReadError>> = stream::iter(reads).buffered(IN_FLIGHT).collect().await;
        let mut next = Vec::new();
        for result in read {
            let (mut through, child, manifest, platform) = result?;
            match manifest {
                ImageManifest::Index { children, .. } => {
                    through.push(child.digest);
                    next.push(Level { through, children });
                }
                ImageManifest::Image { .. } => {
                    self.found.extend(platform.map(|platform| Child {
                        digest: child.digest,
                        platform,
                        through,
                    }));
                }
            }
        }
        Ok(next)
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
    paid.map_err(|cap| ReadError::Limit { from: from(), cap })?;
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
