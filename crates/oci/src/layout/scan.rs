//! Which manifests of a layout say that they are attached to which image: learnt once for a layout.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use proofmark_core::{Algorithm, Digest};

use super::{Layout, files};
use crate::budget::Budget;
use crate::error::{Cap, ReadError};
use crate::manifest::{Descriptor, ImageManifest, parse_manifest};

/// Files and bytes that are looked at.
const MAX_FILES: usize = 65_536;
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Which manifests are attached to which image.
#[derive(Debug, Default, Clone)]
pub(super) struct Subjects {
    pub(super) attached: HashMap<Digest, Vec<Descriptor>>,
    /// Why this is not all.
    pub(super) capped: Option<String>,
    /// A manifest of the index that cannot be read: what it is attached to is not known.
    pub(super) broken: Option<ReadError>,
}

/// The scan of a layout, which all images of a run share: a mirror of 200 images is not read 200 times, and a scan that
/// one image had no time to end goes on for the next.
#[derive(Debug, Default)]
pub(super) struct Scan {
    state: Mutex<State>,
    /// Somebody let go of the scan.
    free: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    NotBegun,
    /// Nobody is at it.
    Paused(Box<Progress>),
    /// Another thread is at it.
    Running,
    Done(Arc<Subjects>),
}

/// How far a scan is.
#[derive(Debug)]
struct Progress {
    subjects: Subjects,
    queue: VecDeque<(Digest, Option<Descriptor>)>,
    bytes: u64,
}

impl Scan {
    /// Whoever comes first scans, within its image's time; the others wait, each within its own.
    fn turn(&self, deadline: Instant) -> Option<State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while matches!(*state, State::Running) {
            let left = deadline.checked_duration_since(Instant::now())?;
            state = self.free.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(match &*state {
            State::Done(subjects) => State::Done(Arc::clone(subjects)),
            _ => std::mem::replace(&mut *state, State::Running),
        })
    }

    fn put(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        self.free.notify_all();
    }
}

/// Puts a scan back whose thread panicked, so that nobody waits for it.
struct Guard<'s>(&'s Scan, Option<State>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.put(self.1.take().unwrap_or_default());
    }
}

impl Layout {
    /// What is attached to what, as far as there is time to see.
    pub(super) fn subjects(&self, budget: &Budget) -> Result<Arc<Subjects>, ReadError> {
        let late = |mut subjects: Subjects| {
            subjects.capped = Some(Cap::Time.to_string());
            Arc::new(subjects)
        };
        let mut guard = match self.scan.turn(budget.deadline()) {
            None => return Ok(late(Subjects::default())),
            Some(State::Done(subjects)) => return Ok(subjects),
            Some(state) => Guard(&self.scan, Some(state)),
        };
        let mut progress = match guard.1.take() {
            Some(State::Paused(progress)) => progress,
            _ => Box::new(self.begin()?),
        };
        if self.go_on(&mut progress, budget) {
            let subjects = Arc::new(progress.subjects);
            guard.1 = Some(State::Done(Arc::clone(&subjects)));
            return Ok(subjects);
        }
        let seen = progress.subjects.clone();
        guard.1 = Some(State::Paused(progress));
        Ok(late(seen))
    }

    /// Every manifest of the index, and every other blob that may be one: `cosign save` writes referrers into `blobs`
    /// without listing them.
    fn begin(&self) -> Result<Progress, ReadError> {
        let mut subjects = Subjects::default();
        let entries = self.entries()?;
        let mut queue: VecDeque<_> =
            entries.iter().map(|entry| (entry.digest.clone(), Some(entry.clone()))).collect();
        let listed: HashSet<&Digest> = entries.iter().map(|entry| &entry.digest).collect();
        match self.blob_names() {
            Ok(names) => {
                queue
                    .extend(names.into_iter().filter(|name| !listed.contains(name)).map(|name| (name, None)));
            }
            Err(what) => subjects.capped = Some(what),
        }
        Ok(Progress { subjects, queue, bytes: MAX_BYTES })
    }

    /// `false`: the image's time ended it.
    fn go_on(&self, progress: &mut Progress, budget: &Budget) -> bool {
        let Progress { subjects, queue, bytes } = progress;
        while !queue.is_empty() {
            if budget.reserve(0).is_err() {
                return false;
            }
            let Some((digest, entry)) = queue.pop_front() else { break };
            match self.subject_of(&digest, entry.is_some(), bytes) {
                Ok(Some((subject, size, manifest))) => {
                    let descriptor = describe(digest, size, &manifest, entry.as_ref());
                    subjects.attached.entry(subject).or_default().push(descriptor);
                }
                Err(error) if entry.is_some() => subjects.broken = Some(error),
                // Attached to nothing; and a blob that nothing lists and that is damaged is no content of this layout.
                Ok(None) | Err(_) => {}
            }
            if *bytes == 0 {
                subjects.capped = Some(format!("more than {MAX_BYTES} bytes of manifests in the layout"));
                break;
            }
        }
        true
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Nobody waits for another's scan longer than its own image's time, and what was begun goes on.
    #[test]
    fn who_waits_does_so_within_its_own_time() {
        let scan = Scan::default();
        let soon = || Instant::now() + Duration::from_millis(20);
        assert!(matches!(scan.turn(soon()), Some(State::NotBegun)));
        assert!(scan.turn(soon()).is_none());
        let progress = Progress { subjects: Subjects::default(), queue: VecDeque::new(), bytes: 7 };
        scan.put(State::Paused(Box::new(progress)));
        assert!(matches!(scan.turn(soon()), Some(State::Paused(progress)) if progress.bytes == 7));
        drop(Guard(&scan, Some(State::Done(Arc::new(Subjects::default())))));
        assert!(matches!(scan.turn(soon()), Some(State::Done(_))));
        assert!(matches!(scan.turn(soon()), Some(State::Done(_))));
    }
}
