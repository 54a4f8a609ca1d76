//! One read trait over registries, mirrors and layout directories.

mod layout;
mod lists;
mod pace;
mod referrers;
mod registry;

use std::ops::ControlFlow;

use proofmark_core::{Digest, Hasher};
use proofmark_net::{BoxFuture, Sink};

use crate::budget::Budget;
use crate::error::ReadError;
use crate::found::{PathKind, Plan};
use crate::manifest::{Descriptor, ImageManifest};

pub(crate) use layout::LayoutSource;
pub(crate) use pace::Pace;
pub(crate) use registry::{RegistrySource, Shared};

/// Content by digest, kept between runs: never tags, referrers lists or verdicts (verdicts.md 4, "Mirrors").
/// What comes out is hashed again.
pub trait ContentCache: Send + Sync {
    /// The content of `digest`, if it is there and not longer than `max_bytes`.
    fn get(&self, digest: &Digest, max_bytes: u64) -> Option<Vec<u8>>;
    /// Keeps content that hashes to `digest`. A cache that cannot write forgets it.
    fn put(&self, digest: &Digest, bytes: &[u8]);
}

impl ContentCache for proofmark_net::Cache {
    fn get(&self, digest: &Digest, max_bytes: u64) -> Option<Vec<u8>> {
        Self::get(self, digest, max_bytes)
    }
    fn put(&self, digest: &Digest, bytes: &[u8]) {
        Self::put(self, digest, bytes);
    }
}

/// Which manifest is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Want<'a> {
    /// The one that this tag names now.
    Tag(&'a str),
    /// The one of this digest, from a cache if need be.
    Digest(&'a Digest),
    /// The one of this digest from the source itself: shows that it may be read.
    Fresh(&'a Digest),
    /// The one of this descriptor; its size has been taken out of the budget.
    Listed(&'a Descriptor),
}

impl Want<'_> {
    /// The digest of the bytes by the other algorithm, for an image.
    pub(crate) fn twin(&self, digest: &Digest, bytes: &[u8]) -> Option<Digest> {
        let listed = matches!(self, Self::Listed(_));
        (!listed).then(|| Digest::of(digest.algorithm().other(), bytes))
    }

    /// For people and for paths of the registry API.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Tag(tag) => (*tag).to_owned(),
            Self::Digest(digest) | Self::Fresh(digest) => digest.to_string(),
            Self::Listed(descriptor) => descriptor.digest.to_string(),
        }
    }

    /// The digest, unless a tag is wanted.
    pub(crate) const fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) | Self::Fresh(digest) => Some(digest),
            Self::Listed(descriptor) => Some(&descriptor.digest),
        }
    }
}

/// A [`Want`] of something that nobody listed, for a thread of its own.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Tag(String),
    Digest(Digest),
    Fresh(Digest),
}

impl Wanted {
    /// What is wanted.
    pub(crate) fn want(&self) -> Want<'_> {
        match self {
            Self::Tag(tag) => Want::Tag(tag),
            Self::Digest(digest) => Want::Digest(digest),
            Self::Fresh(digest) => Want::Fresh(digest),
        }
    }
}

impl Want<'_> {
    /// The same, or the descriptor if it was listed.
    pub(crate) fn wanted(&self) -> Result<Wanted, &Descriptor> {
        match self {
            Self::Tag(tag) => Ok(Wanted::Tag((*tag).to_owned())),
            Self::Digest(digest) => Ok(Wanted::Digest((*digest).clone())),
            Self::Fresh(digest) => Ok(Wanted::Fresh((*digest).clone())),
            Self::Listed(listed) => Err(listed),
        }
    }
}

/// A manifest whose bytes were hashed, then parsed.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) digest: Digest,
    /// By the other algorithm; none of what somebody listed.
    pub(crate) twin: Option<Digest>,
    pub(crate) manifest: ImageManifest,
    /// Whether it came from the source just now, and so may be read with the token in use.
    pub(crate) fresh: bool,
}

/// Something that a path lists.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// A manifest still to be read.
    Listed(Descriptor),
    /// A manifest that was read by its tag.
    Read(Digest, Box<ImageManifest>),
}

/// How a listing ended.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// Everything is listed.
    Complete,
    /// There is nothing.
    Absent,
    /// The source has no such path.
    NotOffered,
    /// HTTP 403: absent if the image itself may be read, else failed (verdicts.md 4, "What an answer means").
    Forbidden(ReadError),
    /// Something could not be read.
    Failed(ReadError),
    /// A cap was reached.
    Capped(String),
}

impl End {
    /// A failure, or a cap if the error says so.
    pub(crate) fn from_error(error: ReadError) -> Self {
        match error {
            ReadError::Limit { ref cap, .. } => Self::Capped(cap.to_string()),
            error => Self::Failed(error),
        }
    }
}

/// What one path of one source lists.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) path: PathKind,
    pub(crate) entries: Vec<Entry>,
    pub(crate) end: End,
}

impl Listing {
    /// A listing without entries.
    pub(crate) const fn empty(path: PathKind, end: End) -> Self {
        Self { path, entries: Vec::new(), end }
    }
}

/// Something that holds images and what is attached to them.
pub(crate) trait Source: Send + Sync {
    /// The name in reports.
    fn name(&self) -> &str;

    /// Whether what is absent here is absent (verdicts.md 4, "Mirrors").
    fn is_authoritative(&self) -> bool;

    /// Reads, hashes and parses a manifest.
    fn manifest<'a>(&'a self, want: Want<'a>, budget: &'a Budget) -> BoxFuture<'a, Result<Read, ReadError>>;

    /// Reads the bytes of a manifest, at most `most` of them, and hashes them; they are not parsed.
    fn raw<'a>(
        &'a self,
        digest: &'a Digest,
        most: u64,
        budget: &'a Budget,
    ) -> BoxFuture<'a, Result<Vec<u8>, ReadError>>;

    /// Reads a blob of exactly the descriptor's size and digest. The size has been taken out of the budget.
    fn blob<'a>(
        &'a self,
        blob: &'a Descriptor,
        budget: &'a Budget,
    ) -> BoxFuture<'a, Result<Vec<u8>, ReadError>>;

    /// Hands a blob of exactly the descriptor's size and digest over while it comes, from where `passed` is. That it was another
    /// is known, and told, after all of it; unless the sink broke off.
    fn stream<'a>(
        &'a self,
        blob: &'a Descriptor,
        passed: &'a mut Passed,
        pace: Pace,
        sink: Sink<'a>,
    ) -> BoxFuture<'a, Result<(), ReadError>>;

    /// Lists what is attached to `digest`, each path at the same time.
    fn list<'a>(&'a self, digest: &'a Digest, plan: Plan, budget: &'a Budget) -> BoxFuture<'a, Vec<Listing>>;
}

/// What was handed over, to be compared with a descriptor.
pub(crate) struct Passed {
    hasher: Hasher,
    length: u64,
    stopped: bool,
}

impl Passed {
    pub(crate) fn new(blob: &Descriptor) -> Self {
        Self { hasher: Hasher::new(blob.digest.algorithm()), length: 0, stopped: false }
    }

    /// How many bytes were handed over.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Hands a piece over.
    pub(crate) fn pass(
        &mut self,
        piece: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.hasher.update(piece);
        self.length = self.length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        let flow = sink(piece);
        self.stopped |= flow.is_break();
        flow
    }

    /// Whether all of it was what the descriptor says.
    pub(crate) fn check(&self, from: &str, blob: &Descriptor) -> Result<(), ReadError> {
        if self.stopped {
            return Ok(());
        }
        let (from, expected) = (from.to_owned(), blob.digest.clone());
        if self.length != blob.size {
            return Err(ReadError::SizeMismatch { from, digest: expected, expected: blob.size });
        }
        let actual = self.hasher.clone().finish();
        if actual == expected { Ok(()) } else { Err(ReadError::DigestMismatch { from, expected, actual }) }
    }
}

/// The tag under which a registry without referrers API keeps the list (distribution-spec, "Referrers Tag Schema":
/// the encoded part is cut to 64 characters).
pub(crate) fn fallback_tag(digest: &Digest) -> String {
    format!("{}-{}", digest.algorithm().as_str(), digest.hex().get(..64).unwrap_or(digest.hex()))
}

/// cosign's tags, such as `sha256-<hex>.sig`.
pub(crate) fn cosign_tag(digest: &Digest, suffix: &str) -> String {
    format!("{}-{}.{suffix}", digest.algorithm().as_str(), digest.hex())
}
