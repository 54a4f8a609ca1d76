//! Bringing blobs, several at a time, each hashed while it comes.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::CopyError;
use super::store::{Draft, Store};
use super::survey::Part;
use super::{CopyProgress, raw};
use crate::budget::Budget;
use crate::client::{Client, worst};
use crate::error::ReadError;
use crate::manifest::Descriptor;
use crate::source::{Pace, Passed, Source};

/// Blobs that come at the same time.
const TOGETHER: usize = 4;
/// How often one is asked for at each source in vain, if the connection breaks; and how often at all, if each time some of
/// it comes.
const TRIES: usize = 3;
const MOST_TRIES: usize = 64;
/// How long nothing may come.
const IDLE: Duration = Duration::from_secs(30);
/// The slowest that a blob may come on average, in bytes a second, after the first minutes.
const SLOWEST: u64 = 10 * 1024;
const GRACE: Duration = Duration::from_mins(5);

/// What was brought, and what was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Brought {
    pub(super) fetched: usize,
    pub(super) bytes: u64,
    pub(super) kept: usize,
}

/// Everything that a thread needs.
pub(super) struct Fetch<'a> {
    pub(super) client: &'a Client,
    pub(super) sources: &'a [Arc<dyn Source>],
    pub(super) store: &'a Store,
    pub(super) progress: &'a dyn CopyProgress,
}

/// Brings all of it, or stops at the first that cannot be had.
pub(super) fn all(fetch: &Fetch<'_>, parts: Vec<Part>) -> Result<(Brought, Vec<String>), CopyError> {
    let threads = TOGETHER.min(parts.len());
    let (queue, stop) = (Mutex::new(VecDeque::from(parts)), AtomicBool::new(false));
    let answers: Vec<Result<(Brought, Vec<String>), CopyError>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(fetch, &queue, &stop))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let (mut brought, mut left_out, mut failed) = (Brought::default(), Vec::new(), None);
    for answer in answers {
        match answer {
            Ok((part, left)) => {
                brought.fetched += part.fetched;
                brought.bytes = brought.bytes.saturating_add(part.bytes);
                brought.kept += part.kept;
                left_out.extend(left);
            }
            // That another thread gave up says nothing.
            Err(error) if matches!(failed, None | Some(CopyError::GivenUp)) => failed = Some(error),
            Err(_) => {}
        }
    }
    left_out.sort();
    failed.map_or(Ok((brought, left_out)), Err)
}

fn work(
    fetch: &Fetch<'_>,
    queue: &Mutex<VecDeque<Part>>,
    stop: &AtomicBool,
) -> Result<(Brought, Vec<String>), CopyError> {
    let (mut brought, mut left_out) = (Brought::default(), Vec::new());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(part) = next().filter(|_| !stop.load(Ordering::Relaxed)) {
        let one = part.descriptor();
        match bring(fetch, &part, stop) {
            Ok(true) => {
                brought.fetched += 1;
                brought.bytes = brought.bytes.saturating_add(one.size);
            }
            Ok(false) => brought.kept += 1,
            // Such a layer may lie where its `urls` say and nowhere else (OCI image-spec `layer.md`); those are not followed.
            Err(CopyError::Read(error)) if error.is_absent() && is_foreign(&one.media_type) => {
                fetch.progress.advanced(one.size);
                left_out.push(format!("{}, a foreign layer that the registry does not hold", one.digest));
            }
            Err(error) => {
                stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
    }
    Ok((brought, left_out))
}

fn is_foreign(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.oci.image.layer.nondistributable.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.")
}

/// `false`: it was there.
fn bring(fetch: &Fetch<'_>, part: &Part, stop: &AtomicBool) -> Result<bool, CopyError> {
    let one = part.descriptor();
    if fetch.store.holds(one)? {
        fetch.progress.advanced(one.size);
        return Ok(false);
    }
    match part {
        Part::Blob(blob) => return stream(fetch, blob, stop).map(|()| true),
        Part::Made(made, bytes) => fetch.store.put(&made.digest, bytes)?,
        Part::Manifest(manifest) => {
            let budget = Budget::new(&fetch.client.limits);
            let wanted = (&manifest.digest, Some(manifest.size));
            let (_, bytes) = raw(fetch.client, fetch.sources, wanted, &budget)?;
            fetch.store.put(&manifest.digest, &bytes)?;
        }
    }
    fetch.progress.advanced(one.size);
    Ok(true)
}

/// One blob, from the first source that has it whole.
fn stream(fetch: &Fetch<'_>, blob: &Descriptor, stop: &AtomicBool) -> Result<(), CopyError> {
    let mut errors = Vec::new();
    for source in fetch.sources {
        let mut draft = fetch.store.begin(&blob.digest)?;
        match stream_from(fetch, source.as_ref(), blob, &mut draft, stop) {
            Ok(()) => return fetch.store.keep(draft, &blob.digest),
            Err(CopyError::Read(error)) => errors.push(error),
            Err(other) => return Err(other),
        }
    }
    Err(worst(errors.into_iter(), &blob.digest.to_string()).into())
}

/// One blob from one source, which is asked again for the rest where the connection broke off.
fn stream_from(
    fetch: &Fetch<'_>,
    source: &dyn Source,
    blob: &Descriptor,
    draft: &mut Draft,
    stop: &AtomicBool,
) -> Result<(), CopyError> {
    let (mut passed, pace) = (Passed::new(blob), pace(blob.size));
    let (mut fruitless, mut tries) = (0, 0);
    loop {
        let before = passed.length();
        let done = stream_once(fetch, (source, pace), blob, &mut passed, draft, stop);
        tries += 1;
        fruitless = if passed.length() > before { 0 } else { fruitless + 1 };
        match done {
            Err(CopyError::Read(error))
                if may_pass(&error)
                    && fruitless < TRIES
                    && tries < MOST_TRIES
                    && Instant::now() < pace.deadline => {}
            Ok(()) => return Ok(()),
            Err(error) => {
                fetch.progress.undone(passed.length());
                return Err(error);
            }
        }
    }
}

/// Whether asking again may help: the connection broke off, or was too slow.
fn may_pass(error: &ReadError) -> bool {
    use proofmark_net::NetError;
    let ReadError::Net { error, .. } = error else { return false };
    matches!(error, NetError::Truncated { .. } | NetError::Aborted { .. } | NetError::Deadline { .. })
}

fn stream_once(
    fetch: &Fetch<'_>,
    (source, pace): (&dyn Source, Pace),
    blob: &Descriptor,
    passed: &mut Passed,
    draft: &mut Draft,
    stop: &AtomicBool,
) -> Result<(), CopyError> {
    let mut written = Ok(());
    let mut sink = |piece: &[u8]| {
        if stop.load(Ordering::Relaxed) {
            written = Err(CopyError::GivenUp);
            return ControlFlow::Break(());
        }
        match draft.write(piece) {
            Ok(()) => {
                fetch.progress.advanced(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                ControlFlow::Continue(())
            }
            Err(error) => {
                written = Err(fetch.store.unwritten_blob(&blob.digest, &error));
                ControlFlow::Break(())
            }
        }
    };
    let read = fetch.client.runtime.block_on(source.stream(blob, passed, pace, &mut sink));
    written.and_then(|()| read.map_err(CopyError::from))
}

/// By its length: what is long may take long, if it goes on.
fn pace(size: u64) -> Pace {
    let now = Instant::now();
    let time = GRACE.saturating_add(Duration::from_secs(size / SLOWEST));
    let deadline = now.checked_add(time).unwrap_or_else(|| now + Duration::from_hours(24));
    Pace { deadline, idle: Some(IDLE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_may_take_long() {
        let time = |size| pace(size).deadline.saturating_duration_since(Instant::now());
        assert!(time(0) <= GRACE && time(0) > GRACE / 2);
        assert!(time(10 * 1024 * 1000) > GRACE + Duration::from_mins(15));
        assert!(time(u64::MAX) >= Duration::from_hours(23), "and never overflows");
    }
}
