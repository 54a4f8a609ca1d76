//! What must be copied: found by reading manifests alone, and written nowhere.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use proofmark_core::{Digest, Platform};

use super::error::CopyError;
use super::index::{Named, listing};
use super::{CopyRequest, MAX_BLOBS, raw};
use crate::budget::Budget;
use crate::client::{Client, select_platform};
use crate::error::{Cap, ReadError};
use crate::found::{PathReport, Plan};
use crate::manifest::media_type::{
    DOCKER_LIST, DSSE, OCI_INDEX, OCI_MANIFEST, SIGSTORE_BUNDLE, SIMPLE_SIGNING,
};
use crate::manifest::{Descriptor, ImageManifest, Keep, parse_within};
use crate::source::{Source, cosign_tag, fallback_tag};
use crate::target::Place;

/// Something to be written into the layout.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// A manifest or index, which registries keep apart from other content.
    Manifest(Descriptor),
    /// A configuration or layer.
    Blob(Descriptor),
    /// An index that no registry has.
    Made(Descriptor, Vec<u8>),
}

impl Part {
    pub(super) const fn descriptor(&self) -> &Descriptor {
        match self {
            Self::Manifest(one) | Self::Blob(one) | Self::Made(one, _) => one,
        }
    }
}

/// Everything to be written, each content once.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) parts: Vec<Part>,
    /// The entries of the index.
    pub(super) entries: Vec<Named>,
    /// Manifests with evidence.
    pub(super) evidence: usize,
    /// What is not copied, for people.
    pub(super) left_out: Vec<String>,
    seen: HashSet<(Digest, u64)>,
}

impl Survey {
    fn add(&mut self, part: Part) -> Result<bool, CopyError> {
        let one = part.descriptor();
        if !self.seen.insert((one.digest.clone(), one.size)) {
            return Ok(false);
        }
        if self.parts.len() >= MAX_BLOBS {
            return Err(CopyError::TooMany(MAX_BLOBS));
        }
        self.parts.push(part);
        Ok(true)
    }
}

/// Reads what an image consists of, and what is attached to each of its parts that can run.
pub(super) fn survey(
    client: &Client,
    sources: &[Arc<dyn Source>],
    request: &CopyRequest<'_>,
) -> Result<Survey, CopyError> {
    // Evidence is asked for at every source up to the one that has the image: none before it is the last word on it.
    let budget = Budget::new(&client.limits);
    let (served_by, _) = raw(client, sources, (request.digest, None), &budget)?;
    let place = Place { served_by, ..request.place.clone() };
    let mut walk = Walk { client, sources, request, place, survey: Survey::default() };
    let nodes = walk.image()?;
    for node in nodes {
        walk.attached(&node)?;
    }
    Ok(walk.survey)
}

struct Walk<'a> {
    client: &'a Client,
    sources: &'a [Arc<dyn Source>],
    request: &'a CopyRequest<'a>,
    place: Place,
    survey: Survey,
}

/// An index or manifest on the way, and how deep it is.
struct Step {
    digest: Digest,
    size: Option<u64>,
    depth: usize,
    runnable: bool,
}

impl Walk<'_> {
    fn limit(&self, cap: Cap) -> CopyError {
        let from = self.sources.last().map_or_else(String::new, |source| source.name().to_owned());
        ReadError::Limit { from, cap }.into()
    }

    fn read(
        &self,
        digest: &Digest,
        size: Option<u64>,
        budget: &Budget,
    ) -> Result<(Descriptor, ImageManifest), CopyError> {
        let (_, bytes) = raw(self.client, self.sources, (digest, size), budget)?;
        let manifest = parse_within(&bytes, Keep::within(&self.client.limits)).map_err(|error| {
            let from = self.sources.last().map_or_else(String::new, |source| source.name().to_owned());
            ReadError::Malformed { from, what: digest.to_string(), error }
        })?;
        Ok((described(digest, bytes.len(), &manifest), manifest))
    }

    /// The manifests of the image, each with its configuration and layers; those are returned to which evidence may be
    /// attached.
    fn image(&mut self) -> Result<Vec<Digest>, CopyError> {
        let limits = self.client.limits.clone();
        let budget = Budget::new(&limits);
        let wanted = self.wanted(&budget)?;
        let first = Step { digest: self.request.digest.clone(), size: None, depth: 1, runnable: true };
        let mut queue = VecDeque::from([first]);
        let (mut nodes, mut counted) = (Vec::new(), 0_usize);
        while let Some(step) = queue.pop_front() {
            let (own, manifest) = self.read(&step.digest, step.size, &budget)?;
            if step.depth == 1 {
                let name = self.request.name.map(str::to_owned);
                self.survey.entries.push(Named { descriptor: own.clone(), name, image: true });
            }
            if !self.survey.add(Part::Manifest(own.clone()))? {
                continue;
            }
            counted += 1;
            if counted > limits.index_nodes {
                return Err(self.limit(Cap::IndexNodes(limits.index_nodes)));
            }
            if step.runnable {
                nodes.push(own.digest);
            }
            match manifest {
                ImageManifest::Index { children, left_out, .. } => {
                    if left_out > 0 {
                        return Err(self.limit(Cap::IndexNodes(limits.index_nodes)));
                    }
                    if step.depth > limits.index_depth {
                        return Err(self.limit(Cap::IndexDepth(limits.index_depth)));
                    }
                    queue.extend(
                        children.into_iter().filter_map(|child| follow(&child, wanted.as_ref(), step.depth)),
                    );
                }
                ImageManifest::Image { config, layers, left_out, .. } => {
                    if left_out > 0 {
                        return Err(CopyError::TooMany(limits.manifests));
                    }
                    for blob in std::iter::once(*config).chain(layers) {
                        self.survey.add(Part::Blob(blob))?;
                    }
                }
            }
        }
        Ok(nodes)
    }

    /// With a platform: the digests that lead to its images. Without: everything.
    fn wanted(&self, budget: &Budget) -> Result<Option<HashSet<Digest>>, CopyError> {
        let Some(platform) = self.request.platform else { return Ok(None) };
        let digest = self.request.digest;
        let (_, manifest) = self.read(digest, None, budget)?;
        let children = self.client.children(&self.place, digest, &manifest, budget)?;
        let matching = select_platform(&children.runnable, platform)?;
        let digests = matching.into_iter().map(|child| child.digest.clone());
        Ok(Some(digests.chain(children.indexes.iter().cloned()).chain([digest.clone()]).collect()))
    }

    /// The evidence that is attached to one digest. That of strangers too: what it is worth is not judged here.
    fn attached(&mut self, subject: &Digest) -> Result<(), CopyError> {
        let budget = Budget::new(&self.client.limits);
        // By the manifest that holds it: what its candidates say that they are attached to, and of which kind they are.
        let mut holders: BTreeMap<Digest, (Option<Digest>, String)> = BTreeMap::new();
        let reports = self.client.discover(&self.place, subject, Plan::ALL, &budget, &mut |found| {
            holders.entry(found.manifest_digest).or_insert((found.subject, found.media_type));
        });
        let merged = PathReport::merged(&reports);
        if let Some((report, (_, cause))) =
            merged.iter().find_map(|report| Some((report, report.incomplete()?)))
        {
            let path = report.path.to_string();
            return Err(CopyError::Incomplete { subject: subject.clone(), path, cause });
        }
        let budget = Budget::new(&self.client.limits);
        let mut unsaid = Vec::new();
        for (holder, (says, media_type)) in holders {
            // Evidence for another image, wherever it was listed (REF-05).
            if says.as_ref().is_some_and(|says| says != subject) {
                continue;
            }
            let descriptor = self.holder(&holder, &budget)?;
            let tag = match media_type.as_str() {
                _ if says.is_some() => None,
                SIMPLE_SIGNING => Some(cosign_tag(subject, "sig")),
                DSSE => Some(cosign_tag(subject, "att")),
                _ => {
                    unsaid.push(descriptor);
                    continue;
                }
            };
            self.entry(descriptor, tag);
        }
        self.fallback(subject, &unsaid)
    }

    /// Manifests that say nothing of what they are attached to: a list of the name by which it is found says it.
    fn fallback(&mut self, subject: &Digest, unsaid: &[Descriptor]) -> Result<(), CopyError> {
        if unsaid.is_empty() {
            return Ok(());
        }
        let bytes = listing(unsaid);
        let descriptor = Descriptor {
            media_type: OCI_INDEX.to_owned(),
            digest: Digest::sha256(&bytes),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            platform: None,
            artifact_type: None,
            annotations: BTreeMap::new(),
        };
        self.survey.add(Part::Made(descriptor.clone(), bytes))?;
        self.entry(descriptor, Some(fallback_tag(subject)));
        Ok(())
    }

    fn entry(&mut self, descriptor: Descriptor, tag: Option<String>) {
        let name = tag.map(|tag| format!("{}:{tag}", self.place.repository()));
        self.survey.entries.push(Named { descriptor, name, image: false });
    }

    /// A manifest with evidence, its configuration and its layers. What is no evidence in it, and longer than evidence may
    /// be, stays where it is.
    fn holder(&mut self, digest: &Digest, budget: &Budget) -> Result<Descriptor, CopyError> {
        let (descriptor, manifest) = self.read(digest, None, budget)?;
        let most = self.client.limits.evidence_bytes;
        if let ImageManifest::Image { config, layers, .. } = manifest {
            for blob in std::iter::once(*config).chain(layers) {
                if blob.size <= most || is_evidence(&blob.media_type) {
                    self.survey.add(Part::Blob(blob))?;
                } else {
                    let told =
                        format!("{}, {} bytes beside the evidence in {digest}", blob.digest, blob.size);
                    self.survey.left_out.push(told);
                }
            }
        }
        if self.survey.add(Part::Manifest(descriptor.clone()))? {
            self.survey.evidence += 1;
        }
        Ok(descriptor)
    }
}

fn is_evidence(media_type: &str) -> bool {
    media_type.starts_with(SIGSTORE_BUNDLE) || matches!(media_type, SIMPLE_SIGNING | DSSE)
}

/// A child that is copied; `wanted` are the digests that a platform's images are reached by.
fn follow(child: &Descriptor, wanted: Option<&HashSet<Digest>>, depth: usize) -> Option<Step> {
    if wanted.is_some_and(|wanted| !wanted.contains(&child.digest)) {
        return None;
    }
    let is_index = matches!(child.media_type.as_str(), OCI_INDEX | DOCKER_LIST);
    let runnable = is_index || child.platform.as_ref().is_none_or(Platform::is_runnable);
    Some(Step { digest: child.digest.clone(), size: Some(child.size), depth: depth + 1, runnable })
}

fn described(digest: &Digest, length: usize, manifest: &ImageManifest) -> Descriptor {
    let (ImageManifest::Index { media_type, .. } | ImageManifest::Image { media_type, .. }) = manifest;
    let usual = if manifest.is_index() { OCI_INDEX } else { OCI_MANIFEST };
    Descriptor {
        media_type: media_type.clone().unwrap_or_else(|| usual.to_owned()),
        digest: digest.clone(),
        size: u64::try_from(length).unwrap_or(u64::MAX),
        platform: None,
        artifact_type: match manifest {
            ImageManifest::Index { artifact_type, .. } | ImageManifest::Image { artifact_type, .. } => {
                artifact_type.clone()
            }
        },
        annotations: BTreeMap::new(),
    }
}
