//! Downloads, if they are asked for: through the same door as the program's, without credentials, https alone.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proofmark_lock::Pin;
use proofmark_net::{Blocking, HttpConfig, HttpTransport, NetError, ProxyConfig, Request};

use crate::bytes::MAX_FILE;
use crate::surroundings::variable;
use crate::{Error, Surroundings};

/// How long a download may take, and how long nothing may come of it.
const TIME: Duration = Duration::from_hours(1);
const STALL: Duration = Duration::from_secs(30);

/// Where what was downloaded is kept, by the SHA-256 that it must have.
pub(crate) fn kept(pin: &Pin, surroundings: &Surroundings) -> PathBuf {
    let own = || surroundings.out.join("proofmark/downloads");
    let dir = surroundings.cache.as_ref().map_or_else(own, |cache| surroundings.package.join(cache));
    dir.join(format!("sha256-{}", pin.sha256.hex()))
}

/// Downloads a pin's file. It has its name before it is hashed, which is done next, as with every file of a cache.
pub(crate) fn download(pin: &Pin, surroundings: &Surroundings) -> Result<(File, PathBuf), Error> {
    let to = kept(pin, surroundings);
    let part = to.with_extension(format!("{}.part", std::process::id()));
    let done = into(pin, &part).and_then(|()| fs::rename(&part, &to).map_err(|error| io(&to, error)));
    if done.is_err() {
        // What came is worth nothing.
        let _ = fs::remove_file(&part);
    }
    done?;
    Ok((File::open(&to).map_err(|error| io(&to, error))?, to))
}

fn into(pin: &Pin, part: &Path) -> Result<(), Error> {
    fs::create_dir_all(part.parent().unwrap_or(Path::new("."))).map_err(|error| io(part, error))?;
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(part).map_err(|error| io(part, error))?;
    let failed = |message: String| Error::Fetch { url: pin.url.clone(), message };
    let refused = |error: NetError| failed(format!("{error}: {}", error.help()));
    let config = HttpConfig { proxies: proxies(), ..HttpConfig::default() };
    let web = HttpTransport::new(config).map_err(refused)?;
    let web = Blocking::new(web).map_err(|error| failed(error.to_string()))?;
    let now = Instant::now();
    let request = Request {
        url: pin.url.clone(),
        accept: "*/*".to_owned(),
        scope: None,
        max_bytes: pin.size.unwrap_or(MAX_FILE),
        from: 0,
        deadline: now.checked_add(TIME).unwrap_or(now),
    };
    let mut broken = None;
    let mut sink = |piece: &[u8]| match file.write_all(piece) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            broken = Some(error);
            ControlFlow::Break(())
        }
    };
    let answer = web.stream(request, STALL, &mut sink);
    if let Some(error) = broken {
        return Err(io(part, error));
    }
    let status = answer.map_err(refused)?.status;
    if status != 200 {
        return Err(failed(format!("the server answers {status}")));
    }
    file.sync_all().map_err(|error| io(part, error))
}

/// As every program of the network takes them.
fn proxies() -> ProxyConfig {
    let either = |lower: &str, upper: &str| {
        variable(lower).or_else(|| variable(upper)).and_then(|value| value.into_string().ok())
    };
    ProxyConfig {
        http: either("http_proxy", "HTTP_PROXY"),
        https: either("https_proxy", "HTTPS_PROXY"),
        no_proxy: either("no_proxy", "NO_PROXY"),
    }
}

fn io(path: &Path, error: std::io::Error) -> Error {
    let action = if error.kind() == ErrorKind::NotFound { "read" } else { "written" };
    Error::Io { path: path.to_owned(), action, error }
}
