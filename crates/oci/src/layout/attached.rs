//! What a layout holds for an image: by name, by cosign's `kind`, by `subject` (verdicts.md 4, "Discovery").

use std::collections::HashMap;
use std::sync::Arc;

use proofmark_core::{Algorithm, Digest};

use super::select::{attachment_tag, cosign_kind, names};
use super::{Layout, files};
use crate::budget::Budget;
use crate::error::ReadError;
use crate::found::{PathKind, Plan};
use crate::manifest::{Descriptor, ImageManifest, parse_manifest};
use crate::source::{End, Entry, Listing, cosign_tag, fallback_tag};

/// Files and bytes that are looked at to learn what is attached to what, once for a layout.
const MAX_FILES: usize = 65_536;
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Which manifests of a layout say that they are attached to which image.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    attached: HashMap<Digest, Vec<Descriptor>>,
    /// Why this is not all.
    capped: Option<String>,
    /// A manifest of the index that cannot be read: what it is attached to is not known.
    broken: Option<ReadError>,
}

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
        let mut broken = None;
        for entry in entries {
            let named = |tag: &str| names(entry).any(|name| attachment_tag(name) == Some(tag));
            let kind = cosign_kind(entry);
            let by_kind = |wanted: &str| kind == Some(wanted) && belongs(entry, saved_as.as_deref());
            if cosign.iter().any(|(tag, kind)| named(tag) || by_kind(kind)) {
                out.push(Entry::Listed(entry.clone()));
            } else if named(&fallback)
                && let Err(error) = self.fallback(entry, budget, out)
            {
                broken = Some(error);
            }
        }
        let subjects = self.subjects(budget)?;
        out.extend(subjects.attached.get(digest).into_iter().flatten().cloned().map(Entry::Listed));
        match broken.or_else(|| subjects.broken.clone()) {
            Some(error) => Err(error),
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

    fn fallback(&self, entry: &Descriptor, budget: &Budget, out: &mut Vec<Entry>) -> Result<(), ReadError> {
        let bytes = self.blob(&entry.digest, budget.limits().manifest_bytes)?;
        budget.spend(bytes.len());
        let what = || entry.digest.to_string();
        let manifest = parse_manifest(&bytes).map_err(|error| ReadError::Malformed {
            from: self.name(),
            what: what(),
            error,
        })?;
        match manifest {
            ImageManifest::Index { children, .. } => out.extend(children.into_iter().map(Entry::Listed)),
            manifest @ ImageManifest::Image { .. } => {
                out.push(Entry::Read(entry.digest.clone(), Box::new(manifest)));
            }
        }
        Ok(())
    }

    /// What is attached to what. Read once for all images of a run: a mirror of 200 images is not read 200 times.
    fn subjects(&self, budget: &Budget) -> Result<Arc<Subjects>, ReadError> {
        // A thread that panicked while reading left nothing half done: the value is set as a whole.
        let mut kept = self.subjects.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(subjects) = kept.as_ref() {
            return Ok(Arc::clone(subjects));
        }
        let (subjects, timely) = self.scan(budget)?;
        let subjects = Arc::new(subjects);
        if timely {
            *kept = Some(Arc::clone(&subjects));
        }
        Ok(subjects)
    }

    /// Looks at every manifest of the index, and at every other blob that may be one: `cosign save` writes referrers
    /// into `blobs` without listing them. `false`: the image's time ended it.
    fn scan(&self, budget: &Budget) -> Result<(Subjects, bool), ReadError> {
        let mut subjects = Subjects::default();
        let mut queue: Vec<(Digest, Option<&Descriptor>)> = Vec::new();
        for entry in self.entries()? {
            queue.push((entry.digest.clone(), Some(entry)));
        }
        let listed: std::collections::HashSet<Digest> =
            queue.iter().map(|(digest, _)| digest.clone()).collect();
        match self.blob_names() {
            Ok(names) => {
                queue
                    .extend(names.into_iter().filter(|name| !listed.contains(name)).map(|name| (name, None)));
            }
            Err(what) => subjects.capped = Some(what),
        }
        let mut bytes = MAX_BYTES;
        for (digest, entry) in queue {
            if budget.reserve(0).is_err() {
                subjects.capped = Some("the time for one image is spent".to_owned());
                return Ok((subjects, false));
            }
            match self.subject_of(&digest, entry.is_some(), &mut bytes) {
                Ok(Some((subject, size, manifest))) => {
                    let descriptor = describe(digest, size, &manifest, entry);
                    subjects.attached.entry(subject).or_default().push(descriptor);
                }
                Err(error) if entry.is_some() => subjects.broken = Some(error),
                // Attached to nothing; and a blob that nothing lists and that is damaged is no content of this layout.
                Ok(None) | Err(_) => {}
            }
            if bytes == 0 {
                subjects.capped = Some(format!("more than {MAX_BYTES} bytes of manifests in the layout"));
                break;
            }
        }
        Ok((subjects, true))
    }

    /// Names of blobs that are digests, sorted, so that the order does not depend on the file system.
    fn blob_names(&self) -> Result<Vec<Digest>, String> {
        let Ok(dir) = self.blobs(Algorithm::Sha256.as_str()) else { return Ok(Vec::new()) };
        let entries = std::fs::read_dir(dir).map_err(|error| error.kind().to_string())?;
        let mut names = Vec::new();
        for entry in entries {
            if names.len() == MAX_FILES {
                return Err(format!("more than {MAX_FILES} blobs in the layout"));
            }
            let name = entry.map_err(|error| error.kind().to_string())?.file_name();
            let digest = name.to_str().and_then(|hex| Digest::parse(&format!("sha256:{hex}")).ok());
            names.extend(digest);
        }
        names.sort();
        Ok(names)
    }

    /// The subject of a manifest, its length and itself; `None` if it has none or is no manifest.
    fn subject_of(
        &self,
        digest: &Digest,
        listed: bool,
        left: &mut u64,
    ) -> Result<Option<(Digest, u64, ImageManifest)>, ReadError> {
        if !listed {
            let path = self.blobs(digest.algorithm().as_str())?.join(digest.hex());
            if !files::starts_with(&path, b'{')? {
                return Ok(None);
            }
        }
        let bytes = self.blob(digest, self.limits.manifest_bytes)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        *left = left.saturating_sub(size);
        // What is no manifest is attached to nothing.
        let Ok(manifest) = parse_manifest(&bytes) else { return Ok(None) };
        Ok(manifest.subject().cloned().map(|subject| (subject, size, manifest)))
    }
}

fn describe(digest: Digest, size: u64, manifest: &ImageManifest, entry: Option<&Descriptor>) -> Descriptor {
    let (ImageManifest::Index { media_type, .. } | ImageManifest::Image { media_type, .. }) = manifest;
    let media_type = media_type.clone().unwrap_or_default();
    Descriptor {
        media_type,
        digest,
        size,
        platform: None,
        artifact_type: entry
            .and_then(|entry| entry.artifact_type.clone())
            .or_else(|| manifest.artifact_type().map(str::to_owned)),
        annotations: std::collections::BTreeMap::new(),
    }
}

/// Whether a `sigs` or `atts` entry is about an image saved under these names. Older versions of cosign write no names:
/// then there is one image, and it is about that.
fn belongs(entry: &Descriptor, saved_as: Option<&[&str]>) -> bool {
    let Some(saved) = saved_as else { return false };
    let mut own = names(entry).peekable();
    own.peek().is_none() || saved.is_empty() || own.any(|name| saved.contains(&name))
}
