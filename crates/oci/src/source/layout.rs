//! A layout directory as a source.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use proofmark_core::{Digest, Repository};
use proofmark_net::{BoxFuture, Sink};

use super::{Listing, Pace, Passed, Read, Source, Want};
use crate::budget::Budget;
use crate::error::{Cap, ReadError};
use crate::found::Plan;
use crate::layout::{Layout, LayoutError, Names};
use crate::manifest::{Descriptor, Keep, parse_within};
use crate::memory::{self, SMALL};
use crate::target::Selector;

/// One repository of one layout directory.
pub(crate) struct LayoutSource {
    layout: Arc<Layout>,
    name: String,
    repository: Repository,
    names: Names,
    authoritative: bool,
}

impl LayoutSource {
    /// The directory of an `oci:` reference: all paths at once, and complete.
    pub(crate) fn reference(layout: Arc<Layout>, repository: Repository) -> Self {
        Self { name: layout.name(), layout, repository, names: Names::Any, authoritative: true }
    }

    /// A mirror: entries are found by their full names.
    pub(crate) fn mirror(layout: Arc<Layout>, repository: Repository, authoritative: bool) -> Self {
        Self { name: layout.name(), layout, repository, names: Names::Full, authoritative }
    }

    async fn read(&self, want: Want<'_>, budget: &Budget) -> Result<Read, ReadError> {
        let cap = budget.limits().manifest_bytes;
        let digest = match want.digest() {
            Some(digest) => {
                // A directory that is no layout is an error, not an absence.
                self.layout.entries()?;
                digest.clone()
            }
            None => self.layout.select(&Selector::Tag(want.text()), &self.repository, self.names)?,
        };
        let limit = |cap| ReadError::Limit { from: self.name.clone(), cap };
        // Whoever reads what is listed holds it already.
        let at_first = if matches!(want, Want::Listed(_)) { cap } else { SMALL.min(cap) };
        match self.layout.blob(&digest, at_first) {
            Err(ReadError::Layout(LayoutError::TooLarge { .. })) if at_first < cap => {}
            Err(ReadError::Layout(LayoutError::TooLarge { .. })) => {
                return Err(limit(Cap::ManifestBytes(cap)));
            }
            bytes => return self.parse(want, digest, &bytes?, budget),
        }
        let _held = memory::hold(cap, memory::MANIFEST, budget.deadline()).await.map_err(limit)?;
        memory::apart(|_| match self.layout.blob(&digest, cap) {
            Err(ReadError::Layout(LayoutError::TooLarge { .. })) => Err(limit(Cap::ManifestBytes(cap))),
            bytes => self.parse(want, digest, &bytes?, budget),
        })
    }

    fn parse(
        &self,
        want: Want<'_>,
        digest: Digest,
        bytes: &[u8],
        budget: &Budget,
    ) -> Result<Read, ReadError> {
        match want {
            Want::Listed(listed) if u64::try_from(bytes.len()).ok() != Some(listed.size) => {
                return Err(ReadError::SizeMismatch {
                    from: self.name.clone(),
                    digest,
                    expected: listed.size,
                });
            }
            Want::Listed(_) => budget.reserve(0),
            _ => budget.at_most(0).map(|_| budget.spend(bytes.len())),
        }
        .map_err(|cap| ReadError::Limit { from: self.name.clone(), cap })?;
        let malformed = |error| ReadError::Malformed { from: self.name.clone(), what: want.text(), error };
        let manifest = parse_within(bytes, Keep::within(budget.limits())).map_err(malformed)?;
        let twin = want.twin(&digest, bytes);
        Ok(Read { digest, twin, manifest, fresh: true })
    }

    fn read_blob(&self, blob: &Descriptor) -> Result<Vec<u8>, ReadError> {
        let wrong_size = || ReadError::SizeMismatch {
            from: self.name.clone(),
            digest: blob.digest.clone(),
            expected: blob.size,
        };
        let bytes = self.layout.blob(&blob.digest, blob.size).map_err(|error| match error {
            ReadError::Layout(LayoutError::TooLarge { .. }) => wrong_size(),
            other => other,
        })?;
        if u64::try_from(bytes.len()).ok() == Some(blob.size) { Ok(bytes) } else { Err(wrong_size()) }
    }
}

impl Source for LayoutSource {
    fn name(&self) -> &str {
        &self.name
    }
    fn is_authoritative(&self) -> bool {
        self.authoritative
    }
    fn manifest<'a>(&'a self, want: Want<'a>, budget: &'a Budget) -> BoxFuture<'a, Result<Read, ReadError>> {
        Box::pin(self.read(want, budget))
    }
    fn raw<'a>(
        &'a self,
        digest: &'a Digest,
        most: u64,
        _: &'a Budget,
    ) -> BoxFuture<'a, Result<Vec<u8>, ReadError>> {
        Box::pin(async move {
            // A directory that is no layout is an error, not an absence.
            self.layout.entries()?;
            self.layout.blob(digest, most)
        })
    }
    fn blob<'a>(&'a self, blob: &'a Descriptor, _: &'a Budget) -> BoxFuture<'a, Result<Vec<u8>, ReadError>> {
        Box::pin(async move { self.read_blob(blob) })
    }
    fn stream<'a>(
        &'a self,
        blob: &'a Descriptor,
        passed: &'a mut Passed,
        pace: Pace,
        sink: Sink<'a>,
    ) -> BoxFuture<'a, Result<(), ReadError>> {
        Box::pin(async move {
            let mut before = usize::try_from(passed.length()).unwrap_or(usize::MAX);
            let limit = || ReadError::Limit { from: self.name.clone(), cap: Cap::Time };
            let mut late = false;
            self.layout.stream(&blob.digest, blob.size, &mut |piece| {
                late = Instant::now() >= pace.deadline;
                let wanted = piece.get(before..).unwrap_or_default();
                before = before.saturating_sub(piece.len());
                if late { ControlFlow::Break(()) } else { passed.pass(wanted, sink) }
            })?;
            if late { Err(limit()) } else { passed.check(&self.name, blob) }
        })
    }
    fn list<'a>(&'a self, digest: &'a Digest, plan: Plan, budget: &'a Budget) -> BoxFuture<'a, Vec<Listing>> {
        Box::pin(async move { vec![self.layout.attached(digest, plan, budget)] })
    }
}
