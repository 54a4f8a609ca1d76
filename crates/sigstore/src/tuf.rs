//! Trust root updates by TUF (The Update Framework, specification 1.0.33), without I/O: the caller brings files.
//!
//! The library's client is asynchronous and asks a repository for files. Here the repository is a mailbox: the
//! client's future stops at each file, the caller fetches it, and the future goes on. So there is no runtime, no
//! thread and no clock in here.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use proofmark_core::Timestamp;
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, MetadataStore, Repository, Updater, UpdaterConfig};

/// The target that Sigstore's repositories publish (root-signing, `targets/trusted_root.json`).
const TARGET: &str = "trusted_root.json";
/// Bytes of one stored file, and files in a store: a hostile state directory costs no more.
const MAX_FILES: usize = 256;

/// What a client must remember between updates: versions may never go back. File name to bytes.
///
/// Everything in it is verified again from the pinned root whenever it is used, so that a changed state can fail an
/// update and not mislead one; a *lost* state forgets how new the repository once was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    /// The files, such as `root.json` and `root_history/12.root.json`.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A verified trusted root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The bytes of `trusted_root.json`; [`crate::TrustRoot::parse`] reads them.
    pub trusted_root: Vec<u8>,
    /// The TUF root that is trusted now, to be pinned from now on.
    pub root: Vec<u8>,
    /// Its version.
    pub root_version: u64,
    /// The versions of the other roles.
    pub timestamp_version: u64,
    /// As above.
    pub snapshot_version: u64,
    /// As above.
    pub targets_version: u64,
}

/// Why an update was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TufError {
    /// A role's version went back: an old repository is being replayed.
    #[error("rollback: {role} is version {offered}, and version {trusted} was seen before")]
    Rollback {
        /// The role.
        role: String,
        /// The version known.
        trusted: u64,
        /// The version offered.
        offered: u64,
    },
    /// Timestamp, snapshot or targets expired: someone keeps the newest ones away, or the repository is unattended.
    #[error("freeze: {role} expired at {expires}, and nothing newer is offered")]
    Freeze {
        /// The role.
        role: String,
        /// When it expired.
        expires: Timestamp,
    },
    /// The newest root that the repository offers expired.
    #[error("the repository's root expired at {expires}")]
    RootExpired {
        /// When it expired.
        expires: Timestamp,
    },
    /// Too few valid signatures.
    #[error("{role} has {found} valid signatures of {needed}")]
    Threshold {
        /// The role.
        role: String,
        /// Valid signatures by distinct keys.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A root that does not follow the trusted one.
    #[error("root version {offered} does not follow version {trusted}")]
    RootOrder {
        /// The version known.
        trusted: u64,
        /// The version offered.
        offered: u64,
    },
    /// Length or hash are not those that the signed parent gives, or a file is longer than any of its kind.
    #[error("a file is not the one that was signed: {0}")]
    Integrity(String),
    /// Metadata that cannot be read, with an unusable key, or signed twice by one key.
    #[error("malformed metadata: {0}")]
    Malformed(String),
    /// The repository does not publish the target.
    #[error("the repository does not list {0}")]
    NoTarget(String),
    /// The caller could not bring a file.
    #[error("{0}")]
    Fetch(String),
}

/// Says whether these bytes are TUF root metadata that an update can begin with.
///
/// # Errors
/// [`TufError::Malformed`], or what else is wrong with it.
pub fn check_root(root: &[u8]) -> Result<(), TufError> {
    Updater::new(Mailbox::default(), root).map(drop).map_err(refusal)
}

/// How the caller brings a file: bytes, `None` where there is no such file, or why it could not look.
pub type Fetch<'f> = dyn FnMut(&str) -> Result<Option<Vec<u8>>, String> + 'f;

/// Updates from a repository: `fetch` is asked for paths relative to it, such as `13.root.json` and
/// `targets/<hash>.trusted_root.json`; it answers with the bytes, with `None` where there is no such file, or with
/// why it could not look. `root` is the pinned TUF root. `store` is read and brought up to date, also when the
/// update fails later: what was verified stays known.
///
/// # Errors
/// A [`TufError`]: nothing of what was offered is then to be used.
pub fn update(
    fetch: &mut Fetch<'_>,
    root: &[u8],
    store: &mut Store,
    now: Timestamp,
) -> Result<Updated, TufError> {
    if store.files.len() > MAX_FILES {
        return Err(TufError::Malformed(format!("the state has more than {MAX_FILES} files")));
    }
    let mailbox = Mailbox::default();
    let files = Files { files: Arc::new(Mutex::new(std::mem::take(&mut store.files))) };
    let result = Updater::new(mailbox.clone(), root).map_err(refusal).and_then(|updater| {
        let mut updater = updater.with_config(UpdaterConfig::default()).with_store(files.clone());
        drive(&mailbox, fetch, async {
            updater.refresh(now).await?;
            updater.get_target(TARGET, now).await
        })
        .and_then(|trusted_root| updated(&updater, trusted_root))
    });
    store.files = std::mem::take(&mut *lock(&files.files));
    store.files.retain(|name, _| is_state(name));
    result
}

/// What the next update needs: the roots, and the newest of each role. Targets and versioned copies would only grow.
fn is_state(name: &str) -> bool {
    matches!(name, "root.json" | "timestamp.json" | "snapshot.json" | "targets.json")
        || name.starts_with("root_history/")
}

fn updated(updater: &Updater, trusted_root: Vec<u8>) -> Result<Updated, TufError> {
    let trusted = updater.trusted();
    let (Some(timestamp), Some(snapshot), Some(targets)) =
        (trusted.timestamp(), trusted.snapshot(), trusted.targets_role("targets"))
    else {
        return Err(TufError::Malformed("a role is missing after the update".to_owned()));
    };
    Ok(Updated {
        trusted_root,
        root: trusted.root_bytes().to_vec(),
        root_version: trusted.root().version,
        timestamp_version: timestamp.version,
        snapshot_version: snapshot.version,
        targets_version: targets.version,
    })
}

fn refusal(error: Error) -> TufError {
    match error {
        Error::Rollback { role, trusted, new } => TufError::Rollback { role, trusted, offered: new },
        Error::Expired { role, expires } if role == "root" => TufError::RootExpired { expires },
        Error::Expired { role, expires } => TufError::Freeze { role, expires },
        Error::ThresholdNotMet { role, found, threshold } => {
            TufError::Threshold { role, found, needed: threshold }
        }
        Error::BadRootVersion { trusted, new } => TufError::RootOrder { trusted, offered: new },
        Error::IntegrityMismatch(what) => TufError::Integrity(what),
        Error::TargetNotFound(name) => TufError::NoTarget(name),
        Error::Transport { message, .. } => TufError::Fetch(message),
        other => TufError::Malformed(other.to_string()),
    }
}

/// One request and one answer at a time: the client asks for a file only when it has the last one.
#[derive(Clone, Default)]
struct Mailbox {
    slot: Arc<Mutex<Slot>>,
}

#[derive(Default)]
struct Slot {
    wanted: Option<(String, u64)>,
    answer: Option<Result<Option<Vec<u8>>, String>>,
}

/// A panic while a lock is held leaves plain data behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mailbox {
    fn ask(&self, path: String, max: u64) -> FetchFuture<'_> {
        let mut path = Some(path);
        Box::pin(std::future::poll_fn(move |_| {
            let mut slot = lock(&self.slot);
            if let Some(answer) = slot.answer.take() {
                return Poll::Ready(answer.map_err(Error::transport));
            }
            if let Some(path) = path.take() {
                slot.wanted = Some((path, max));
            }
            Poll::Pending
        }))
    }
}

impl Repository for Mailbox {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        self.ask(name.to_owned(), max_length)
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        self.ask(format!("targets/{path}"), max_length)
    }
}

/// Runs the client's future: whenever it stops, it stops for one file.
fn drive<T>(
    mailbox: &Mailbox,
    fetch: &mut Fetch<'_>,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, TufError> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result.map_err(refusal);
        }
        let wanted = lock(&mailbox.slot).wanted.take();
        let Some((path, max)) = wanted else {
            return Err(TufError::Fetch("the update stopped without asking for a file".to_owned()));
        };
        let answer = fetch(&path);
        // An answer that is too long is an answer, and refused: it is no trouble of the network.
        if let Ok(Some(bytes)) = &answer
            && bytes.len() as u64 > max
        {
            let why = format!("{path} has {} bytes, more than {max}", bytes.len());
            return Err(TufError::Integrity(why));
        }
        lock(&mailbox.slot).answer = Some(answer);
    }
}

/// The store as the library sees it.
#[derive(Clone)]
struct Files {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl MetadataStore for Files {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(lock(&self.files).get(name).cloned())
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        lock(&self.files).insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}
