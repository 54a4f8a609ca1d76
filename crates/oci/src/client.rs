//! The client: one for a run, synchronous for its callers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use proofmark_core::registry::{MirrorAt, RegistryEntry};
use proofmark_core::{Algorithm, Digest, Limits, Platform, Reason, Repository};
use proofmark_net::{Detached, Transport};

use crate::budget::Budget;
use crate::configured::{self, Configured};
use crate::discover::{self, Lists};
use crate::error::{Cap, ReadError, Skipped};
use crate::found::{Found, PathReport, Plan};
use crate::graph::{self, Child, Children};
use crate::layout::{Layout, Names};
use crate::manifest::{Descriptor, ImageManifest};
use crate::memory;
use crate::source::{ContentCache, LayoutSource, Read, RegistrySource, Shared, Source, Want};
use crate::target::{Place, Selector, Target};
use crate::unpack::{self, UnpackCaps, UnpackError, Unpacked};

/// What a client is made of.
pub struct ClientConfig {
    /// The way to the network, or none: `--offline` is a transport that says so.
    pub transport: Arc<dyn Transport>,
    /// Registries and their mirrors, as the policy lists them.
    pub registries: Vec<RegistryEntry>,
    /// Content by digest, kept between runs.
    pub cache: Option<Arc<dyn ContentCache>>,
    /// Caps on layouts; those on an image are in its [`Budget`].
    pub limits: Limits,
    /// From how many threads it is called at the same time, at most: one caller serves its own I/O.
    pub callers: usize,
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No thread or timer for asynchronous reads.
    #[error("cannot start the threads that read registries: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Reads images and what is attached to them. May be used by as many threads at once as its configuration says.
pub struct Client {
    pub(crate) runtime: Detached,
    shared: Shared,
    registries: Vec<RegistryEntry>,
    pub(crate) limits: Limits,
    layouts: Mutex<HashMap<PathBuf, Arc<Layout>>>,
}

/// An image whose bytes were read and hashed.
#[derive(Debug, Clone)]
pub struct Examined {
    /// Where it is.
    pub place: Place,
    /// The digest of the bytes that came.
    pub digest: Digest,
    /// Their digest by the other algorithm: a list may name the same bytes by it.
    pub twin: Option<Digest>,
    /// What they say.
    pub manifest: ImageManifest,
    /// The registry, mirror or layout that gave them.
    pub resolved_from: String,
    /// How far each path was read, source by source; see [`PathReport::merged`].
    pub paths: Vec<PathReport>,
    /// Mirrors that were passed over with an error.
    pub skipped: Vec<Skipped>,
}

/// The image's manifest and the source that gave it.
pub(crate) struct Resolved {
    at: usize,
    pub(crate) read: Read,
    skipped: Vec<Skipped>,
}

impl Client {
    /// Makes a client with its own small runtime.
    ///
    /// # Errors
    /// [`ClientError::Runtime`] if the system gives no thread.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        Ok(Self {
            runtime: if config.callers > 1 {
                Detached::new("proofmark-oci")?
            } else {
                Detached::for_one_caller()?
            },
            shared: Shared { transport: config.transport, cache: config.cache },
            registries: config.registries,
            limits: config.limits,
            layouts: Mutex::new(HashMap::new()),
        })
    }

    /// Reads an image's manifest or index, and hands over what is attached to it.
    ///
    /// A tag is resolved once, by the first mirror that has it; with `tag@digest` it is not resolved at all
    /// (REF-01, CVE-2022-47633). Where the digest is known, the paths are asked while the manifest is read. Candidates
    /// are handed over while the caller waits, after the manifest's bytes are verified, in an order that does not depend
    /// on timing; one that is large on a thread of its own.
    ///
    /// # Errors
    /// [`ReadError`] if the image's own bytes cannot be had or believed; nothing was handed over then.
    pub fn examine(
        &self,
        target: &Target,
        plan: Plan,
        budget: &Budget,
        on: &mut (dyn FnMut(Found) + Send),
    ) -> Result<Examined, ReadError> {
        let (place, want) = self.locate(target)?;
        let sources = self.sources(&place);
        self.runtime.block_on(async {
            let (resolved, lists) = match &want {
                Selector::Digest(digest) => {
                    let first = if plan.discover { evidence_end(&sources, 0) } else { 0 };
                    let lists = discover::list(&sources, 0..first, digest, plan, budget);
                    let (resolved, lists) =
                        futures_util::future::join(resolve(&sources, Want::Digest(digest), budget), lists)
                            .await;
                    (resolved?, lists)
                }
                Selector::Tag(tag) => (resolve(&sources, Want::Tag(tag), budget).await?, Lists::new()),
                Selector::Only => (resolve(&sources, Want::Tag("latest"), budget).await?, Lists::new()),
            };
            Ok(finish(place, &sources, resolved, lists, (plan, budget), on).await)
        })
    }

    /// Hands over what is attached to `digest`, whose manifest the caller has or does not need.
    pub fn discover(
        &self,
        place: &Place,
        digest: &Digest,
        plan: Plan,
        budget: &Budget,
        on: &mut (dyn FnMut(Found) + Send),
    ) -> Vec<PathReport> {
        let sources = self.sources(place);
        let end = evidence_end(&sources, place.served_by);
        self.runtime.block_on(async {
            let lists = discover::list(&sources, 0..end, digest, plan, budget).await;
            discover::read(&sources, lists, (digest, plan, budget), None, on).await
        })
    }

    /// Reads a manifest or index by digest.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes cannot be had, are others, or are no manifest.
    pub fn manifest(
        &self,
        place: &Place,
        digest: &Digest,
        budget: &Budget,
    ) -> Result<ImageManifest, ReadError> {
        let sources = self.sources(place);
        self.runtime
            .block_on(resolve(&sources, Want::Digest(digest), budget))
            .map(|resolved| resolved.read.manifest)
    }

    /// The digest by the other algorithm of the manifest or index that this digest names.
    ///
    /// # Errors
    /// As [`Client::manifest`].
    pub fn twin(&self, place: &Place, digest: &Digest, budget: &Budget) -> Result<Option<Digest>, ReadError> {
        let sources = self.sources(place);
        self.runtime
            .block_on(resolve(&sources, Want::Digest(digest), budget))
            .map(|resolved| resolved.read.twin)
    }

    /// Reads a blob of exactly the descriptor's size and digest.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes cannot be had or are others; [`Cap::EvidenceBytes`] if the descriptor names more.
    pub fn blob(&self, place: &Place, blob: &Descriptor, budget: &Budget) -> Result<Vec<u8>, ReadError> {
        let sources = self.sources(place);
        self.runtime.block_on(read_blob(&sources, blob, budget))
    }

    /// The images that an index reaches and that can run, or the image itself (verdicts.md 3): nested indexes are walked
    /// once each, a missing platform is read from the configuration, `unknown/unknown` is left out.
    ///
    /// # Errors
    /// [`ReadError::Platform`] if nothing can run; [`ReadError::Limit`] for depth or number; else as [`Client::manifest`].
    pub fn children(
        &self,
        place: &Place,
        digest: &Digest,
        manifest: &ImageManifest,
        budget: &Budget,
    ) -> Result<Children, ReadError> {
        let sources = self.sources(place);
        self.runtime.block_on(graph::children(&sources, digest, manifest, budget))
    }

    /// Reads images with their configurations, by the digests of their manifests and in their order; a manifest that the
    /// caller has is not read again.
    pub fn configured(
        &self,
        place: &Place,
        images: &[(&Digest, Option<&ImageManifest>)],
        budget: &Budget,
    ) -> Vec<Result<Configured, ReadError>> {
        let sources = self.sources(place);
        self.runtime.block_on(configured::read_all(&sources, images, budget))
    }

    /// Reads a layer, hashes its bytes against its descriptor and its content by `algorithm`; neither is held. The budget of
    /// an image's evidence is not touched.
    ///
    /// # Errors
    /// [`UnpackError`].
    pub fn unpack(
        &self,
        place: &Place,
        layer: &Descriptor,
        algorithm: Algorithm,
        caps: UnpackCaps,
    ) -> Result<Unpacked, UnpackError> {
        let sources = self.sources(place);
        self.runtime.block_on(unpack::unpack(&sources, layer, algorithm, caps))
    }

    /// Where a target is, and its digest or tag.
    fn locate(&self, target: &Target) -> Result<(Place, Selector), ReadError> {
        match target {
            Target::Registry(reference) => {
                let place = Place::registry(reference.repository().clone());
                let want = match (reference.digest(), reference.tag()) {
                    (Some(digest), _) => Selector::Digest(digest.clone()),
                    (None, Some(tag)) => Selector::Tag(tag.as_str().to_owned()),
                    (None, None) => Selector::Only,
                };
                Ok((place, want))
            }
            Target::Layout { dir, selector, as_repository } => {
                let digest = self.layout(dir).select(selector, as_repository, Names::Any)?;
                Ok((Place::layout(dir.clone(), as_repository.clone()), Selector::Digest(digest)))
            }
        }
    }

    fn layout(&self, dir: &Path) -> Arc<Layout> {
        // A thread that panicked cannot have left the map half changed.
        let mut layouts = self.layouts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(layouts.entry(dir.to_owned()).or_insert_with(|| Arc::new(Layout::new(dir, &self.limits))))
    }

    /// Where a place is read: its mirrors in order, then the origin; for an `oci:` reference the layout alone.
    pub(crate) fn sources(&self, place: &Place) -> Vec<Arc<dyn Source>> {
        let repository: &Repository = &place.repository;
        if let Some(dir) = &place.layout {
            return vec![Arc::new(LayoutSource::reference(self.layout(dir), repository.clone()))];
        }
        let entry = self.registries.iter().find(|entry| entry.allows(repository));
        let mut sources: Vec<Arc<dyn Source>> = Vec::new();
        for mirror in entry.map(|entry| entry.mirrors.as_slice()).unwrap_or_default() {
            sources.push(match &mirror.at {
                MirrorAt::Layout(dir) => {
                    Arc::new(LayoutSource::mirror(self.layout(dir), repository.clone(), mirror.authoritative))
                }
                MirrorAt::Registry { base, prefix } => Arc::new(RegistrySource::mirror(
                    self.shared.clone(),
                    repository,
                    (base, prefix),
                    mirror.authoritative,
                )),
            });
        }
        let plain_http = entry.map_or_else(|| repository.host().is_loopback(), RegistryEntry::is_plain_http);
        sources.push(Arc::new(RegistrySource::origin(self.shared.clone(), repository, plain_http)));
        sources
    }
}

/// How many sources are asked for evidence: up to the first authoritative one, but never fewer than up to the one that
/// gave the image. The origin, last, is always authoritative.
fn evidence_end(sources: &[Arc<dyn Source>], served_by: usize) -> usize {
    let authority = sources.iter().position(|source| source.is_authoritative());
    authority.map_or(sources.len(), |at| at.max(served_by) + 1).min(sources.len())
}

async fn finish(
    mut place: Place,
    sources: &[Arc<dyn Source>],
    resolved: Resolved,
    mut lists: Lists,
    (plan, budget): (Plan, &Budget),
    on: &mut (dyn FnMut(Found) + Send),
) -> Examined {
    let Resolved { at, read, skipped } = resolved;
    place.served_by = at;
    let mut paths = Vec::new();
    if plan.discover {
        let missing = lists.len()..evidence_end(sources, at);
        lists.extend(discover::list(sources, missing, &read.digest, plan, budget).await);
        let readable = read.fresh.then_some(at);
        paths = discover::read(sources, lists, (&read.digest, plan, budget), readable, on).await;
    }
    let resolved_from = sources[at].name().to_owned();
    let Read { digest, twin, manifest, .. } = read;
    Examined { place, digest, twin, manifest, resolved_from, paths, skipped }
}

/// Asks source after source. What is absent moves on; an error moves on too, and is remembered
/// (verdicts.md 4, "Mirrors").
pub(crate) async fn resolve(
    sources: &[Arc<dyn Source>],
    want: Want<'_>,
    budget: &Budget,
) -> Result<Resolved, ReadError> {
    let mut errors: Vec<Skipped> = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        match source.manifest(want, budget).await {
            Ok(read) => {
                errors.retain(|skipped| !skipped.error.is_absent());
                return Ok(Resolved { at, read, skipped: errors });
            }
            Err(error) => errors.push(Skipped { source: source.name().to_owned(), error }),
        }
    }
    Err(nowhere(errors, want))
}

/// What every source said, the one to tell apart.
fn nowhere(mut errors: Vec<Skipped>, want: Want<'_>) -> ReadError {
    // The last of equals is the origin's.
    let told = (0..errors.len()).rev().min_by_key(|at| rank_of(&errors[*at].error, want));
    let Some(told) = told.map(|at| errors.remove(at).error) else {
        return worst([].into_iter(), &want.text());
    };
    if errors.is_empty() { told } else { ReadError::Everywhere { told: Box::new(told), others: errors } }
}

/// Bytes with the digest that was asked for are the image's, whoever gave them: what is wrong with them is wrong with the image.
fn rank_of(error: &ReadError, want: Want<'_>) -> u8 {
    let theirs = matches!(error, ReadError::Malformed { .. }) && !matches!(want, Want::Tag(_));
    if theirs { 0 } else { rank(error) }
}

fn rank(error: &ReadError) -> u8 {
    match error.reason() {
        Reason::DigestMismatch => 0,
        _ if !error.is_absent() => 1,
        _ => 2,
    }
}

/// Of several failures the one to tell: bytes that lie before everything, then what kept us from seeing, then absence.
pub(crate) fn worst(errors: impl Iterator<Item = ReadError>, what: &str) -> ReadError {
    let nothing = || ReadError::NotFound { from: "nothing".to_owned(), what: what.to_owned() };
    // The last of equals is the origin's.
    errors.reduce(|one, next| if rank(&next) <= rank(&one) { next } else { one }).unwrap_or_else(nothing)
}

pub(crate) async fn read_blob(
    sources: &[Arc<dyn Source>],
    blob: &Descriptor,
    budget: &Budget,
) -> Result<Vec<u8>, ReadError> {
    let cap = budget.limits().evidence_bytes;
    let paid = if blob.size > cap { Err(Cap::EvidenceBytes(cap)) } else { budget.reserve(blob.size) };
    let from = || sources.last().map_or_else(String::new, |source| source.name().to_owned());
    let limit = |cap| ReadError::Limit { from: from(), cap };
    paid.map_err(limit)?;
    let _held = memory::hold(blob.size, memory::EVIDENCE, budget.deadline()).await.map_err(limit)?;
    let mut errors = Vec::new();
    for source in sources {
        match source.blob(blob, budget).await {
            Ok(bytes) => return Ok(bytes),
            Err(error) => errors.push(error),
        }
    }
    Err(worst(errors.into_iter(), &blob.digest.to_string()))
}

/// The children that answer a request for a platform; all of them must satisfy (verdicts.md 3).
///
/// # Errors
/// [`ReadError::Platform`] if there is none.
pub fn select_platform<'a>(children: &'a [Child], wanted: &Platform) -> Result<Vec<&'a Child>, ReadError> {
    let matching: Vec<&Child> =
        children.iter().filter(|child| child.platform.could_be_taken_as(wanted)).collect();
    if matching.is_empty() {
        let mut present: Vec<Platform> = children.iter().map(|child| child.platform.clone()).collect();
        present.sort();
        present.dedup();
        return Err(ReadError::Platform { wanted: Some(Box::new(wanted.clone())), present });
    }
    Ok(matching)
}
