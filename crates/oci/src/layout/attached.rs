//! What a layout holds for an image: by name, by cosign's `kind`, by `subject` (verdicts.md 4, "Discovery").

use proofmark_core::Digest;

use super::Layout;
use super::select::{attachment_tag, cosign_kind, names};
use crate::budget::Budget;
use crate::error::ReadError;
use crate::found::{PathKind, Plan};
use crate::manifest::{Descriptor, ImageManifest, Keep, parse_within};
use crate::source::{End, Entry, Listing, cosign_tag, fallback_tag};

impl Layout {
    /// Everything that is attached to `digest`.
    pub(crate) fn attached(&self, digest: &Digest, plan: Plan, budget: &Budget) -> Listing {
        let mut listing = Listing { path: PathKind::Layout, entries: Vec::new(), end: End::Complete };
        match self.collect(digest, plan, budget, &mut listing.entries) {
            Ok(Some(capped)) => listing.end = End::Capped(capped),
            Ok(None) => {}
            Err(error) => listing.end = End::from_error(error),
        }
        let most = budget.limits().descriptors;
        if listing.entries.len() > most {
            listing.entries.truncate(most);
            listing.end = End::Capped(format!("more than {most} descriptors"));
        }
        listing
    }

    /// `Some`: what was capped.
    fn collect(
        &self,
        digest: &Digest,
        plan: Plan,
        budget: &Budget,
        out: &mut Vec<Entry>,
    ) -> Result<Option<String>, ReadError> {
        let entries = self.entries()?;
        let fallback = fallback_tag(digest);
        let mut cosign = Vec::new();
        if plan.signatures {
            cosign.push((cosign_tag(digest, "sig"), "sigs"));
        }
        if plan.attestations {
            cosign.push((cosign_tag(digest, "att"), "atts"));
        }
        let saved_as = self.saved_names(digest)?;
        // One broken part is told, and the others are read all the same.
        let (mut broken, mut more) = (None, false);
        for entry in entries {
            let named = |tag: &str| names(entry).any(|name| attachment_tag(name) == Some(tag));
            let kind = cosign_kind(entry);
            let by_kind = |wanted: &str| kind == Some(wanted) && belongs(entry, saved_as.as_deref());
            if cosign.iter().any(|(tag, kind)| named(tag) || by_kind(kind)) {
                out.push(Entry::Listed(entry.clone()));
            } else if named(&fallback) {
                match self.fallback(entry, budget, out) {
                    Ok(left_out) => more |= left_out > 0,
                    Err(error) => broken = Some(error),
                }
            }
        }
        let subjects = self.subjects(budget)?;
        out.extend(subjects.attached.get(digest).into_iter().flatten().cloned().map(Entry::Listed));
        match broken.or_else(|| subjects.broken.clone()) {
            Some(error) => Err(error),
            None if more => Ok(Some(format!("more than {} descriptors", budget.limits().descriptors))),
            None => Ok(subjects.capped.clone()),
        }
    }

    /// The names under which `cosign save` wrote this image; `None` if the layout has no such entry for it.
    fn saved_names(&self, digest: &Digest) -> Result<Option<Vec<&str>>, ReadError> {
        let mut saved = self
            .entries()?
            .iter()
            .filter(|entry| {
                entry.digest == *digest && matches!(cosign_kind(entry), Some("image" | "imageIndex"))
            })
            .peekable();
        Ok(saved.peek().is_some().then_some(()).map(|()| saved.flat_map(names).collect()))
    }

    fn fallback(
        &self,
        entry: &Descriptor,
        budget: &Budget,
        out: &mut Vec<Entry>,
    ) -> Result<usize, ReadError> {
        let bytes = self.blob(&entry.digest, budget.limits().manifest_bytes)?;
        budget.spend(bytes.len());
        let what = || entry.digest.to_string();
        let manifest = parse_within(&bytes, Keep::within(budget.limits()))
            .map_err(|error| ReadError::Malformed { from: self.name(), what: what(), error })?;
        match manifest {
            ImageManifest::Index { children, left_out, .. } => {
                out.extend(children.into_iter().map(Entry::Listed));
                Ok(left_out)
            }
            manifest @ ImageManifest::Image { .. } => {
                out.push(Entry::Read(entry.digest.clone(), Box::new(manifest)));
                Ok(0)
            }
        }
    }
}

/// Whether a `sigs` or `atts` entry is about an image saved under these names. Older versions of cosign write no names:
/// then there is one image, and it is about that.
fn belongs(entry: &Descriptor, saved_as: Option<&[&str]>) -> bool {
    let Some(saved) = saved_as else { return false };
    let mut own = names(entry).peekable();
    own.peek().is_none() || saved.is_empty() || own.any(|name| saved.contains(&name))
}
