//! The file that a pin is of: where it is looked for, and that it is hashed before anything else is done with it.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use proofmark_core::{Algorithm, Digest, Hasher};
use proofmark_lock::Pin;

use crate::surroundings::ARTIFACT_DIR;
use crate::{Error, Surroundings};

/// Bytes of one file: more than any executable has.
pub(crate) const MAX_FILE: u64 = 4 << 30;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// A file that hashes to what its pin says, at its first byte.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

/// Looks for the file of a pin. One that is there and is another is an error, wherever else the right one may be: somebody put it there.
pub(crate) fn find(
    pin: &Pin,
    vendored: Option<&Path>,
    surroundings: &Surroundings,
) -> Result<Verified, Error> {
    for path in places(pin, vendored, surroundings) {
        match open(&path) {
            Ok(file) => return verified(pin, file, path),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::Io { path, action: "read", error }),
        }
    }
    if surroundings.fetch {
        return fetched(pin, surroundings);
    }
    let place = surroundings.artifacts.as_deref().or(vendored).map(|dir| dir.display().to_string());
    Err(Error::Absent {
        tool: pin.tool.clone(),
        version: pin.version.clone(),
        url: pin.url.clone(),
        place: place.unwrap_or_else(|| format!("a directory that {ARTIFACT_DIR} names")),
        fetch: if cfg!(feature = "fetch") { ", or set PROOFMARK_BUILD_FETCH=1" } else { "" },
    })
}

/// Where it could be.
fn places(pin: &Pin, vendored: Option<&Path>, surroundings: &Surroundings) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for dir in [surroundings.artifacts.as_deref(), vendored].into_iter().flatten() {
        let dir = surroundings.package.join(dir);
        let last = pin.url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
        let plain = last.filter(|name| !matches!(*name, "" | "." | "..") && !name.contains('\\'));
        places.extend(plain.map(|name| dir.join(name)));
        places.push(dir.join(pin.sha256.hex()));
    }
    let cache = surroundings.cache.as_ref().map(|dir| surroundings.package.join(dir));
    places.extend(cache.map(|dir| dir.join(format!("sha256-{}", pin.sha256.hex()))));
    #[cfg(feature = "fetch")]
    places.push(crate::fetch::kept(pin, surroundings));
    places
}

/// A regular file: a pipe would block, a device would not end.
fn open(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    File::open(path)
}

/// Hashes it whole.
pub(crate) fn verified(pin: &Pin, mut file: File, path: PathBuf) -> Result<Verified, Error> {
    let unread = |error: io::Error| Error::Io { path: path.clone(), action: "read", error };
    let found = hashed(&mut file).map_err(unread)?;
    if found != pin.sha256 {
        return Err(Error::Mismatch {
            tool: pin.tool.clone(),
            version: pin.version.clone(),
            path,
            found,
            pinned: pin.sha256.clone(),
        });
    }
    file.rewind().map_err(unread)?;
    Ok(Verified { file, path })
}

/// The SHA-256 of a file from its first byte.
pub(crate) fn hashed(file: &mut File) -> io::Result<Digest> {
    let (mut hasher, mut length) = (Hasher::new(Algorithm::Sha256), 0);
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => {
                length += read as u64;
                hasher.update(buffer.get(..read).unwrap_or_default());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length > MAX_FILE {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "it is longer than 4 GiB"));
        }
    }
}

#[cfg(feature = "fetch")]
fn fetched(pin: &Pin, surroundings: &Surroundings) -> Result<Verified, Error> {
    let (file, path) = crate::fetch::download(pin, surroundings)?;
    verified(pin, file, path)
}

#[cfg(not(feature = "fetch"))]
fn fetched(pin: &Pin, _: &Surroundings) -> Result<Verified, Error> {
    let name = crate::surroundings::FETCH;
    let message = format!("{name}=1 asks for a download, which needs the feature `fetch` of proofmark-build");
    Err(Error::Fetch { url: pin.url.clone(), message })
}
