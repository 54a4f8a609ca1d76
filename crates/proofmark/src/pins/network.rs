//! Downloads of executables: bounded, hashed while they come, and kept by their digest.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use proofmark_core::{Algorithm, Digest, Hasher, Reason};
use proofmark_net::{Blocking, Cache, CacheState, HttpTransport, NetError, Request, Response};
use proofmark_pin::{Fetch, FetchError, MAX_DOWNLOAD, Whole};
use proofmark_policy::Policy;

use crate::client;
use crate::commands::verify::Surroundings;
use crate::failure::Failure;
use crate::progress::DownloadBar;

/// Bytes of all downloads that are kept.
const CACHE_BYTES: u64 = 4 << 30;

/// How long a small file may take.
const SMALL_TIME: Duration = Duration::from_mins(1);

/// How long a download may take, and how long nothing may come of it.
const WHOLE_TIME: Duration = Duration::from_hours(1);
const STALL: Duration = Duration::from_secs(30);

/// How often a download goes on where it broke off. Only one whose SHA-256 is known does: of another nobody could tell whether both
/// parts are of one file.
const GOES_ON: usize = 3;

/// The network, or none, and what was downloaded before.
pub(crate) struct Network<'a> {
    web: Option<Blocking<HttpTransport>>,
    cache: Option<Cache>,
    surroundings: &'a Surroundings<'a>,
}

impl<'a> Network<'a> {
    /// For the downloads of this policy; connects to nothing yet.
    pub(crate) fn of(
        policy: &Policy,
        no_cache: bool,
        surroundings: &'a Surroundings<'a>,
    ) -> Result<Self, Failure> {
        let environment = surroundings.environment;
        let home = environment.cache_home.as_ref().filter(|_| !no_cache);
        let cache = home.map(|home| Cache::open(home.join("proofmark/pins"), CACHE_BYTES));
        let web = if surroundings.offline {
            None
        } else {
            let http = client::without_credentials(&policy.registries, environment)?;
            Some(Blocking::new(http).map_err(|error| {
                let help = "free some threads or memory, then try again";
                Failure::unverifiable("client-unavailable", error.to_string(), help)
            })?)
        };
        Ok(Self { web, cache, surroundings })
    }

    /// Why nothing more is kept, if so: no verdict depends on it.
    pub(crate) fn warning(&self) -> Option<Failure> {
        let CacheState::Off { cause } = self.cache.as_ref()?.state() else { return None };
        Some(client::not_kept(&cause))
    }

    fn web(&self, url: &str) -> Result<&Blocking<HttpTransport>, FetchError> {
        self.web.as_ref().ok_or_else(|| refused(url, &NetError::Offline))
    }
}

impl Fetch for Network<'_> {
    type File = File;

    fn small(&mut self, url: &str, max: u64) -> Result<Option<Vec<u8>>, FetchError> {
        let answer = self.web(url)?.get(request(url, max, 0, SMALL_TIME));
        let answer = answer.map_err(|error| refused(url, &error))?;
        found(url, answer.status).map(|found| found.then_some(answer.body))
    }

    fn whole(&mut self, url: &str, known: Option<&Digest>) -> Result<Option<Whole<File>>, FetchError> {
        let cached = known.and_then(|digest| {
            let (file, size) = self.cache.as_ref()?.open_file(digest, MAX_DOWNLOAD)?;
            Some(Whole { file, sha256: digest.clone(), size })
        });
        if cached.is_some() {
            return Ok(cached);
        }
        let web = self.web(url)?;
        let incoming = self.cache.as_ref().and_then(|cache| cache.incoming().ok());
        let unkept = |error: io::Error| unwritten(url, &error);
        let mut file = match &incoming {
            Some(incoming) => incoming.file.try_clone().map_err(unkept)?,
            // Without a cache it is a file without a name, of the system's folder for such.
            None => tempfile::tempfile().map_err(unkept)?,
        };
        let bar = DownloadBar::new(url, self.surroundings.progress, self.surroundings.environment);
        let came = download(web, url, known.is_some(), &mut file, &bar);
        bar.finish();
        let Some((sha256, size)) = came? else { return Ok(None) };
        if let Some(incoming) = incoming {
            file = incoming.keep(&sha256, size).map_err(unkept)?;
        }
        file.rewind().map_err(unkept)?;
        Ok(Some(Whole { file, sha256, size }))
    }
}

/// Writes a download to a file; its SHA-256 and length, or `None`: it is not there.
fn download(
    web: &Blocking<HttpTransport>,
    url: &str,
    known: bool,
    file: &mut File,
    bar: &DownloadBar,
) -> Result<Option<(Digest, u64)>, FetchError> {
    let mut taken = Taken { file, hasher: Hasher::new(Algorithm::Sha256), size: 0, broken: None };
    let mut tries = 0;
    loop {
        let from = taken.size;
        let mut sink = |piece: &[u8]| taken.take(piece, bar);
        let answer = web.stream(request(url, MAX_DOWNLOAD, from, WHOLE_TIME), STALL, &mut sink);
        if let Some(error) = taken.broken {
            return Err(unwritten(url, &error));
        }
        match answer {
            Ok(Response { status, .. }) => {
                let came = |found: bool| found.then(|| (taken.hasher.finish(), taken.size));
                return found(url, status).map(came);
            }
            Err(error) if goes_on(&error) && (known || taken.size == 0) && tries < GOES_ON => tries += 1,
            Err(error) => return Err(refused(url, &error)),
        }
    }
}

/// What came so far.
struct Taken<'a> {
    file: &'a mut File,
    hasher: Hasher,
    size: u64,
    /// What the disk said.
    broken: Option<io::Error>,
}

impl Taken<'_> {
    fn take(&mut self, piece: &[u8], bar: &DownloadBar) -> ControlFlow<()> {
        if let Err(error) = self.file.write_all(piece) {
            self.broken = Some(error);
            return ControlFlow::Break(());
        }
        self.hasher.update(piece);
        self.size += piece.len() as u64;
        bar.advanced(piece.len() as u64);
        ControlFlow::Continue(())
    }
}

/// The connection broke; other errors are answers.
const fn goes_on(error: &NetError) -> bool {
    matches!(error, NetError::Truncated { .. } | NetError::Aborted { .. })
}

fn request(url: &str, max_bytes: u64, from: u64, time: Duration) -> Request {
    let now = Instant::now();
    let deadline = now.checked_add(time).unwrap_or(now);
    Request { url: url.to_owned(), accept: "*/*".to_owned(), scope: None, max_bytes, from, deadline }
}

/// Whether it is there; what is neither yes nor no is an error.
fn found(url: &str, status: u16) -> Result<bool, FetchError> {
    let error = |reason, message: String, help: &str| {
        Err(FetchError { url: url.to_owned(), reason, message, help: help.to_owned() })
    };
    match status {
        200 | 206 => Ok(true),
        404 | 410 => Ok(false),
        401 | 403 => error(
            Reason::Unauthorized,
            format!("the server answers {status}"),
            "it may limit how often it is asked, or want an account: try again later, or from where you may",
        ),
        429 => error(Reason::Unreachable, "the server answers 429: too often".to_owned(), "try again later"),
        status => error(
            Reason::Unreachable,
            format!("the server answers {status}"),
            "try again later; if it stays so, look at the address in a browser",
        ),
    }
}

fn refused(url: &str, error: &NetError) -> FetchError {
    let help = match error {
        NetError::Offline => "run it once without --offline: what was downloaded is kept".to_owned(),
        NetError::TooLarge { .. } => "nothing of this length is pinned: check the address".to_owned(),
        NetError::Deadline { host } => {
            format!("check the way to {host}, and whether it needs a proxy: HTTPS_PROXY")
        }
        other => other.help(),
    };
    FetchError { url: url.to_owned(), reason: error.reason(), message: error.to_string(), help }
}

/// The disk, not the network.
fn unwritten(url: &str, error: &io::Error) -> FetchError {
    FetchError {
        url: url.to_owned(),
        reason: Reason::Limit,
        message: format!("what comes cannot be kept: {error}"),
        help: "make room in the cache's folder (XDG_CACHE_HOME), or give --no-cache and room in TMPDIR"
            .to_owned(),
    }
}
