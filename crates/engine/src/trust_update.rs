//! Trusted roots by TUF: files over the network, verified by the client that asks for them.

use std::time::{Duration, Instant};

use proofmark_core::{Reason, Timestamp};
use proofmark_image::tuf::{self, Store, TufError, Updated};
use proofmark_net::{Blocking, NetError, Request, Transport};

/// Bytes of one file of a TUF repository.
const MAX_FILE: u64 = 8 * 1024 * 1024;

/// Time for a whole update.
const UPDATE_TIME: Duration = Duration::from_mins(1);

/// A TUF repository and the root metadata from which trust in it starts.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Its base URL.
    pub url: String,
    /// The pinned root metadata, JSON.
    pub root: Vec<u8>,
}

impl Repository {
    /// The repository of a built-in root.
    pub fn builtin(name: &str) -> Option<Self> {
        let (url, root): (&str, &[u8]) = match name {
            "sigstore-public-good" => (
                "https://tuf-repo-cdn.sigstore.dev",
                include_bytes!("../../../trust-roots/tuf/sigstore-public-good.json"),
            ),
            "github" => {
                ("https://tuf-repo.github.com", include_bytes!("../../../trust-roots/tuf/github.json"))
            }
            _ => return None,
        };
        Some(Self { url: url.to_owned(), root: root.to_vec() })
    }
}

/// Why there is no new root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The repository could not be asked.
    #[error("{0}")]
    Network(NetError),
    /// What it offered was refused.
    #[error(transparent)]
    Tuf(#[from] TufError),
    /// No runtime for the network.
    #[error("cannot start the network: {0}")]
    Runtime(#[from] std::io::Error),
}

impl UpdateError {
    /// Whether the repository was asked and its answer refused: trying again does not help.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Tuf(error) if !matches!(error, TufError::Fetch(_)))
    }

    /// Whether `--offline` is the cause.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Network(error) if error.reason() == Reason::Offline)
    }
}

/// Fetches and verifies the newest trusted root. `store` remembers versions, so that none goes back.
pub fn update(
    transport: impl Transport,
    repository: &Repository,
    store: &mut Store,
    now: Timestamp,
) -> Result<Updated, UpdateError> {
    let network = Blocking::new(transport)?;
    let deadline = Instant::now() + UPDATE_TIME;
    let base = repository.url.trim_end_matches('/');
    let mut failed: Option<NetError> = None;
    let mut fetch = |path: &str| {
        let request = Request {
            url: format!("{base}/{path}"),
            accept: "application/json, */*".to_owned(),
            scope: None,
            max_bytes: MAX_FILE,
            from: 0,
            deadline,
        };
        match network.get(request) {
            Ok(response) if response.status == 200 => Ok(Some(response.body)),
            // Object stores answer 403 for what is not there.
            Ok(response) if matches!(response.status, 403 | 404) => Ok(None),
            Ok(response) => Err(format!("{base}/{path}: status {}", response.status)),
            Err(error) => {
                let text = error.to_string();
                failed = Some(error);
                Err(text)
            }
        }
    };
    let result = tuf::update(&mut fetch, &repository.root, store, now);
    match (result, failed) {
        (Ok(updated), _) => Ok(updated),
        (Err(TufError::Fetch(_)), Some(error)) => Err(UpdateError::Network(error)),
        (Err(error), _) => Err(UpdateError::Tuf(error)),
    }
}
