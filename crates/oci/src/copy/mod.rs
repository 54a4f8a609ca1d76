//! Copying an image with its evidence into an OCI layout (image-spec `image-layout.md`), by digest.
//!
//! Nothing is written before everything that is attached to the image has been listed. Each blob is hashed while it comes,
//! and has a name only when it is whole; `index.json` is replaced last. A copy that is interrupted leaves whole blobs, which
//! the next one hashes and keeps, and the index as it was.

mod error;
mod fetch;
mod index;
mod store;
mod survey;

use std::path::Path;
use std::sync::Arc;

use proofmark_core::{Digest, Platform};

use crate::budget::Budget;
use crate::client::{Client, worst};
use crate::error::ReadError;
use crate::layout::LayoutError;
use crate::source::Source;
use crate::target::Place;

pub use error::CopyError;

/// Blobs of one copy: readers of layouts, ours among them, look at no more.
pub(crate) const MAX_BLOBS: usize = 65_536;

/// What is copied, and whereto.
#[derive(Debug, Clone, Copy)]
pub struct CopyRequest<'a> {
    /// Where the image is.
    pub place: &'a Place,
    /// Its digest: what was verified.
    pub digest: &'a Digest,
    /// Of an index, the images of this platform alone; the index itself is copied as it is.
    pub platform: Option<&'a Platform>,
    /// `host/repository:tag`, by which the layout has it; none: by its digest.
    pub name: Option<&'a str>,
    /// The layout directory; made if it is not there.
    pub to: &'a Path,
}

/// Is told how far a copy is. May be called by several threads.
pub trait CopyProgress: Sync {
    /// All is known: so many blobs, and so many bytes in them.
    fn planned(&self, blobs: usize, bytes: u64);
    /// So many more bytes are there.
    fn advanced(&self, bytes: u64);
    /// So many were given up, and come again.
    fn undone(&self, bytes: u64);
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Blobs that were fetched, manifests too.
    pub fetched: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that were there, whole.
    pub kept: usize,
    /// Manifests with signatures or attestations.
    pub evidence: usize,
    /// What was not copied, for people; may hold text from outside.
    pub left_out: Vec<String>,
}

/// Says whether a directory may be copied into: it is not there, empty, or an OCI layout. Writes nothing.
///
/// # Errors
/// [`CopyError`] of the target.
pub fn check_target(dir: &Path) -> Result<(), CopyError> {
    store::check(dir)
}

impl Client {
    /// Copies an image by digest, with every signature and attestation that any discovery path lists for it and for the
    /// images in it, into a layout. What is there already is hashed and kept.
    ///
    /// # Errors
    /// [`CopyError`]; the index of the layout then is as it was.
    pub fn copy(&self, request: &CopyRequest<'_>, progress: &dyn CopyProgress) -> Result<Copied, CopyError> {
        store::check(request.to)?;
        let sources = self.sources(request.place);
        let survey::Survey { parts, entries, evidence, mut left_out, .. } =
            survey::survey(self, &sources, request)?;
        let bytes = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.descriptor().size));
        progress.planned(parts.len(), bytes);
        let store = store::Store::open(request.to)?;
        let fetch = fetch::Fetch { client: self, sources: &sources, store: &store, progress };
        let (brought, absent) = fetch::all(&fetch, parts)?;
        left_out.extend(absent);
        let old = store.index(self.limits.evidence_bytes)?;
        let new = index::with(old.as_deref(), &entries)
            .map_err(|error| CopyError::Target(LayoutError::Malformed { path: store.index_path(), error }))?;
        if old.as_deref() != Some(new.as_slice()) {
            store.write_index(&new)?;
        }
        let fetch::Brought { fetched, bytes, kept } = brought;
        Ok(Copied { fetched, bytes, kept, evidence, left_out })
    }
}

/// The bytes of a manifest, from the first source that has them, and which that is.
fn raw(
    client: &Client,
    sources: &[Arc<dyn Source>],
    (digest, size): (&Digest, Option<u64>),
    budget: &Budget,
) -> Result<(usize, Vec<u8>), ReadError> {
    let mut errors = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let read = source.raw(digest, client.limits.manifest_bytes, budget);
        match client.runtime.block_on(read) {
            Ok(bytes) if size.is_none_or(|size| u64::try_from(bytes.len()).ok() == Some(size)) => {
                return Ok((at, bytes));
            }
            Ok(_) => errors.push(ReadError::SizeMismatch {
                from: source.name().to_owned(),
                digest: digest.clone(),
                expected: size.unwrap_or_default(),
            }),
            Err(error) => errors.push(error),
        }
    }
    Err(worst(errors.into_iter(), &digest.to_string()))
}
