//! A registry, or a mirror that is one (distribution-spec 1.1, "Pull").

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proofmark_core::{Digest, Repository};
use proofmark_net::{BoxFuture, NetError, Request, Response, Sink, Transport};

use super::{ContentCache, Listing, Pace, Passed, Read, Source, Want};
use crate::budget::Budget;
use crate::error::{Cap, ReadError};
use crate::found::Plan;
use crate::manifest::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::manifest::{Descriptor, Keep, parse_within};
use crate::memory::{self, SMALL};

/// What all registries of one client share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) cache: Option<Arc<dyn ContentCache>>,
}

/// One repository of one registry.
#[derive(Clone)]
pub(crate) struct RegistrySource {
    shared: Shared,
    name: String,
    /// `scheme://host[:port]`.
    pub(super) origin: String,
    /// Path of the repository there, a mirror's prefix included.
    path: String,
    authoritative: bool,
}

impl RegistrySource {
    /// The registry that the reference names.
    pub(crate) fn origin(shared: Shared, repository: &Repository, plain_http: bool) -> Self {
        let scheme = if plain_http { "http" } else { "https" };
        let host = repository.host();
        // Docker Hub's API has another name than the registry in references.
        let api = if host.is_docker_hub() { "registry-1.docker.io" } else { host.as_str() };
        Self {
            shared,
            name: host.to_string(),
            origin: format!("{scheme}://{api}"),
            path: repository.path().to_owned(),
            authoritative: true,
        }
    }

    /// A mirror at `base` (`scheme://host[:port]`), whose repositories lie below `prefix`.
    pub(crate) fn mirror(
        shared: Shared,
        repository: &Repository,
        (base, prefix): (&str, &str),
        authoritative: bool,
    ) -> Self {
        let (base, prefix) = (base.trim_end_matches('/'), prefix.trim_matches('/'));
        let path = match prefix {
            "" => repository.path().to_owned(),
            prefix => format!("{prefix}/{}", repository.path()),
        };
        let name = if prefix.is_empty() { base.to_owned() } else { format!("{base}/{prefix}") };
        Self { shared, name, origin: base.to_owned(), path, authoritative }
    }

    /// The path of something below the repository.
    pub(super) fn api(&self, kind: &str, what: &str) -> String {
        format!("/v2/{}/{kind}/{what}", self.path)
    }

    /// One GET below the origin; any status is an answer.
    pub(super) async fn get(
        &self,
        path: &str,
        accept: String,
        max_bytes: u64,
        budget: &Budget,
    ) -> Result<Response, ReadError> {
        let deadline = budget.deadline();
        let request = Request {
            url: format!("{}{path}", self.origin),
            accept,
            scope: Some(format!("repository:{}:pull", self.path)),
            max_bytes,
            from: 0,
            deadline,
        };
        let answer = tokio::time::timeout_at(deadline.into(), self.shared.transport.get(request)).await;
        let answer = answer.unwrap_or_else(|_| Err(NetError::Deadline { host: self.name.clone() }));
        match answer {
            // The transport enforces this; a transport that does not must not make us parse more than was asked for.
            Ok(response) if u64::try_from(response.body.len()).is_ok_and(|len| len > max_bytes) => {
                let error = NetError::TooLarge { host: self.name.clone(), limit: max_bytes };
                Err(ReadError::Net { from: self.name.clone(), error })
            }
            Ok(response) => Ok(response),
            Err(error) => Err(ReadError::Net { from: self.name.clone(), error }),
        }
    }

    /// What a status other than 200 means for content.
    pub(super) fn status_error(&self, status: u16, what: String) -> ReadError {
        let from = self.name.clone();
        match status {
            404 => {
                let before = if what.contains(':') { '@' } else { ':' };
                ReadError::NotFound { from, what: format!("{}{before}{what}", self.path) }
            }
            401 | 403 => ReadError::Unauthorized { from, what, status },
            _ => ReadError::Status { from, what, status },
        }
    }

    pub(super) fn limit(&self, cap: Cap) -> ReadError {
        ReadError::Limit { from: self.name.clone(), cap }
    }

    fn cached(&self, digest: &Digest, max_bytes: u64) -> Option<Vec<u8>> {
        let bytes = self.shared.cache.as_ref()?.get(digest, max_bytes)?;
        digest.matches(&bytes).then_some(bytes)
    }

    fn keep(&self, digest: &Digest, bytes: &[u8]) {
        if let Some(cache) = &self.shared.cache {
            cache.put(digest, bytes);
        }
    }

    /// Bytes of a manifest, at most `most` of them, and its `Content-Type`; whether they came over the network. `None`: it
    /// is longer.
    async fn manifest_bytes(
        &self,
        want: Want<'_>,
        most: u64,
        budget: &Budget,
    ) -> Result<Option<(Vec<u8>, Option<String>, bool)>, ReadError> {
        if let Want::Digest(digest) | Want::Listed(Descriptor { digest, .. }) = want
            && let Some(bytes) = self.cached(digest, most)
        {
            return Ok(Some((bytes, None, false)));
        }
        let accept = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST].join(", ");
        let what = want.text();
        let response = match self.get(&self.api("manifests", &what), accept, most, budget).await {
            Err(ReadError::Net { error: NetError::TooLarge { .. }, .. }) => return Ok(None),
            answer => answer?,
        };
        if !matches!(want, Want::Listed(_)) {
            budget.spend(response.body.len());
        }
        if response.status != 200 {
            return Err(self.status_error(response.status, what));
        }
        Ok(Some((response.body, response.content_type, true)))
    }

    fn wrong_size(&self, listed: &Descriptor) -> ReadError {
        ReadError::SizeMismatch {
            from: self.name.clone(),
            digest: listed.digest.clone(),
            expected: listed.size,
        }
    }

    pub(super) async fn read_manifest(&self, want: Want<'_>, budget: &Budget) -> Result<Read, ReadError> {
        let cap = budget.limits().manifest_bytes;
        let wanted = match want.wanted() {
            Ok(wanted) => wanted,
            Err(listed) if listed.size > cap => return Err(self.limit(Cap::ManifestBytes(cap))),
            // Whoever reads what is listed holds it already.
            Err(listed) => {
                let read = self.read_at_most(listed.size, want, budget).await?;
                return read.ok_or_else(|| self.wrong_size(listed));
            }
        };
        let most = budget.at_most(cap).map_err(|cap| self.limit(cap))?;
        if let Some(read) = self.read_at_most(SMALL.min(most), want, budget).await? {
            return Ok(read);
        }
        let held = memory::hold(most, memory::MANIFEST, budget.deadline()).await;
        let held = held.map_err(|cap| self.limit(cap))?;
        let (this, shared) = (self.clone(), budget.share());
        let read = memory::beside(held, async move { this.read_at_most(most, wanted.want(), &shared).await });
        let all = Cap::ImageBytes(budget.limits().image_bytes);
        let too_long = || self.limit(if most < cap { all } else { Cap::ManifestBytes(cap) });
        read.await.unwrap_or(Ok(None))?.ok_or_else(too_long)
    }

    /// A manifest of at most so many bytes; `None` if it is longer.
    async fn read_at_most(
        &self,
        most: u64,
        want: Want<'_>,
        budget: &Budget,
    ) -> Result<Option<Read>, ReadError> {
        match self.manifest_bytes(want, most, budget).await? {
            None => Ok(None),
            Some((bytes, content_type, fresh)) => {
                self.parse(want, &bytes, content_type.as_deref(), fresh, budget).map(Some)
            }
        }
    }

    /// Hashes, then parses; there must be time for it.
    fn parse(
        &self,
        want: Want<'_>,
        bytes: &[u8],
        content_type: Option<&str>,
        fresh: bool,
        budget: &Budget,
    ) -> Result<Read, ReadError> {
        let digest = match want.digest() {
            // REF-02: the body is hashed; Docker-Content-Digest is not looked at.
            None => Digest::sha256(bytes),
            Some(expected) => check(&self.name, expected, bytes)?,
        };
        if let Want::Listed(listed) = want
            && u64::try_from(bytes.len()).ok() != Some(listed.size)
        {
            return Err(self.wrong_size(listed));
        }
        budget.reserve(0).map_err(|cap| self.limit(cap))?;
        let malformed = |error| ReadError::Malformed { from: self.name.clone(), what: want.text(), error };
        let manifest = parse_within(bytes, Keep::within(budget.limits())).map_err(malformed)?;
        manifest.check_stated(content_type.unwrap_or_default()).map_err(malformed)?;
        if fresh {
            self.keep(&digest, bytes);
        }
        let twin = want.twin(&digest, bytes);
        Ok(Read { digest, twin, manifest, fresh })
    }

    async fn read_blob(&self, blob: &Descriptor, budget: &Budget) -> Result<Vec<u8>, ReadError> {
        if let Some(bytes) = self.cached(&blob.digest, blob.size)
            && u64::try_from(bytes.len()).ok() == Some(blob.size)
        {
            return Ok(bytes);
        }
        let what = blob.digest.to_string();
        // REG-06: exactly `size` bytes are read, then hashed; nothing is decompressed.
        let answer = self.get(&self.api("blobs", &what), "*/*".to_owned(), blob.size, budget).await;
        let response = match answer {
            Err(ReadError::Net { error: NetError::TooLarge { .. }, .. }) => return Err(self.wrong_size(blob)),
            other => other?,
        };
        if response.status != 200 {
            return Err(self.status_error(response.status, what));
        }
        check(&self.name, &blob.digest, &response.body)?;
        if u64::try_from(response.body.len()).ok() != Some(blob.size) {
            return Err(self.wrong_size(blob));
        }
        self.keep(&blob.digest, &response.body);
        Ok(response.body)
    }

    /// The bytes of a manifest that hash to this digest.
    async fn raw_manifest(&self, digest: &Digest, most: u64, budget: &Budget) -> Result<Vec<u8>, ReadError> {
        let read = self.manifest_bytes(Want::Digest(digest), most, budget).await?;
        let (bytes, _, fresh) = read.ok_or_else(|| self.limit(Cap::ManifestBytes(most)))?;
        check(&self.name, digest, &bytes)?;
        if fresh {
            self.keep(digest, &bytes);
        }
        Ok(bytes)
    }

    async fn stream_blob(
        &self,
        blob: &Descriptor,
        passed: &mut Passed,
        pace: Pace,
        sink: Sink<'_>,
    ) -> Result<(), ReadError> {
        let from = passed.length();
        if from > 0 && from == blob.size {
            return passed.check(&self.name, blob);
        }
        let what = blob.digest.to_string();
        let request = Request {
            url: format!("{}{}", self.origin, self.api("blobs", &what)),
            accept: "*/*".to_owned(),
            scope: Some(format!("repository:{}:pull", self.path)),
            max_bytes: blob.size,
            from,
            deadline: pace.deadline,
        };
        let came = AtomicU64::new(0);
        let mut pass = |piece: &[u8]| {
            came.fetch_add(1, Ordering::Relaxed);
            passed.pass(piece, sink)
        };
        let answer = self.shared.transport.stream(request, &mut pass);
        let answer = pace.within(answer, &came).await;
        match answer.unwrap_or_else(|| Err(NetError::Deadline { host: self.name.clone() })) {
            Err(NetError::TooLarge { .. }) => Err(self.wrong_size(blob)),
            Err(error) => Err(ReadError::Net { from: self.name.clone(), error }),
            Ok(response) if response.status == 200 || (from > 0 && response.status == 206) => {
                passed.check(&self.name, blob)
            }
            Ok(response) => Err(self.status_error(response.status, what)),
        }
    }
}

/// The digest, if `bytes` hash to it.
pub(super) fn check(from: &str, expected: &Digest, bytes: &[u8]) -> Result<Digest, ReadError> {
    let actual = Digest::of(expected.algorithm(), bytes);
    if actual == *expected {
        return Ok(actual);
    }
    Err(ReadError::DigestMismatch { from: from.to_owned(), expected: expected.clone(), actual })
}

impl Source for RegistrySource {
    fn name(&self) -> &str {
        &self.name
    }
    fn is_authoritative(&self) -> bool {
        self.authoritative
    }
    fn manifest<'a>(&'a self, want: Want<'a>, budget: &'a Budget) -> BoxFuture<'a, Result<Read, ReadError>> {
        Box::pin(self.read_manifest(want, budget))
    }
    fn raw<'a>(
        &'a self,
        digest: &'a Digest,
        most: u64,
        budget: &'a Budget,
    ) -> BoxFuture<'a, Result<Vec<u8>, ReadError>> {
        Box::pin(self.raw_manifest(digest, most, budget))
    }
    fn blob<'a>(
        &'a self,
        blob: &'a Descriptor,
        budget: &'a Budget,
    ) -> BoxFuture<'a, Result<Vec<u8>, ReadError>> {
        Box::pin(self.read_blob(blob, budget))
    }
    fn stream<'a>(
        &'a self,
        blob: &'a Descriptor,
        passed: &'a mut Passed,
        pace: Pace,
        sink: Sink<'a>,
    ) -> BoxFuture<'a, Result<(), ReadError>> {
        Box::pin(self.stream_blob(blob, passed, pace, sink))
    }
    fn list<'a>(&'a self, digest: &'a Digest, plan: Plan, budget: &'a Budget) -> BoxFuture<'a, Vec<Listing>> {
        Box::pin(self.list_all(digest, plan, budget))
    }
}
