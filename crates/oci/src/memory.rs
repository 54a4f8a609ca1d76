//! What all images of a process may hold at the same time.
//!
//! Everything that is read is bounded by itself, and images are read together: so that memory does not grow with their
//! number, whoever wants to hold much waits until others have let go. Each waits once for all that it needs, so that no
//! two can wait for each other; who waits is served in turn, within the time of its image.

//!
//! What is large is read, parsed and judged on a thread that ends with it. The allocator keeps what a thread has let go of
//! for that thread's next large piece, so every thread that ever had one would go on holding it; a thread that ends leaves
//! it to the next.

use std::future::Future;
use std::time::Instant;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::error::Cap;

/// What is held without asking. Nearly all manifests, lists and bundles are shorter.
pub(crate) const SMALL: u64 = 64 * 1024;
/// What is read at first of a body whose length is not known, and then, until it is whole.
pub(crate) const STEPS: [u64; 3] = [SMALL, 1024 * 1024, u64::MAX];
/// Everything beyond that, in KiB.
const ALL: u32 = 36 * 1024;

/// How many times its length a manifest takes while it is read: its descriptors are held beside it.
pub(crate) const MANIFEST: u64 = 5;
/// How many times its length a list of referrers takes: few of its descriptors are kept.
pub(crate) const LIST: u64 = 2;
/// How many times its length evidence takes until it is judged: it is decoded, parsed, and encoded for the library.
pub(crate) const EVIDENCE: u64 = 6;

/// One for all clients: they share the machine.
static HELD: Semaphore = Semaphore::const_new(ALL as usize);

/// Waits until `bytes` may be held, `times` over, and holds them until it is dropped. More than there is waits for all of it.
///
/// # Errors
/// [`Cap::Time`] if that is not before the deadline.
pub(crate) async fn hold(bytes: u64, times: u64, deadline: Instant) -> Result<Held, Cap> {
    if bytes <= SMALL {
        return Ok(None);
    }
    let kib = u32::try_from(bytes.saturating_mul(times).div_ceil(1024)).unwrap_or(ALL).min(ALL);
    match tokio::time::timeout_at(deadline.into(), HELD.acquire_many(kib)).await {
        Ok(Ok(permit)) => Ok(Some(permit)),
        // It is never closed.
        Ok(Err(_)) | Err(_) => Err(Cap::Time),
    }
}

/// Whether what is large gets a thread of its own to read on: not where the caller is the only one. It serves its own I/O,
/// so it cannot wait for another thread, and what it lets go of is there for its own next piece.
pub(crate) fn has_threads() -> bool {
    Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread
}

/// Does work on a thread of its own, and waits for it: for work beside which this image has nothing else to do.
pub(crate) fn apart<T: Send>(work: impl FnOnce(&Handle) -> T + Send) -> T {
    let handle = Handle::current();
    std::thread::scope(|scope| match scope.spawn(|| work(&handle)).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// What is held, until it is dropped.
pub(crate) type Held = Option<SemaphorePermit<'static>>;

/// Reads on a thread of its own, while this one goes on with the image's other reads. `None` if the system gives no thread.
pub(crate) async fn beside<T: Send + 'static>(
    held: Held,
    read: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let handle = Handle::current();
    let (done, result) = oneshot::channel();
    let work = move || {
        let read = handle.block_on(read);
        drop(held);
        drop(done.send(read));
    };
    std::thread::Builder::new().name("proofmark-large".to_owned()).spawn(work).ok()?;
    result.await.ok()
}
