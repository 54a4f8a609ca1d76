//! Files below `OUT_DIR`: whole under their name, or not there.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use proofmark_lock::unpack::{self, Caps, Extracted, UnpackError};
use proofmark_lock::{Executable, Pin};

use crate::Error;
use crate::bytes::{Verified, hashed};

/// How long unpacking may take.
const UNPACK_TIME: Duration = Duration::from_mins(5);

/// A file that has no name of its own yet; what is dropped is removed.
struct Unnamed {
    path: PathBuf,
    file: Option<File>,
}

impl Unnamed {
    fn beside(to: &Path) -> Result<Self, Error> {
        let dir = to.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir).map_err(|error| unwritten(dir, error))?;
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        // One build script at a time has this directory: cargo's lock. What an interrupted one left is replaced.
        let path = dir.join(format!(".{name}.part"));
        let mut options = OpenOptions::new();
        let open = options.write(true).create_new(true);
        let file = open.open(&path).or_else(|error| {
            if error.kind() != ErrorKind::AlreadyExists {
                return Err(error);
            }
            fs::remove_file(&path)?;
            open.open(&path)
        });
        let file = file.map_err(|error| unwritten(&path, error))?;
        Ok(Self { path, file: Some(file) })
    }

    /// Gives it its mode and its name.
    fn name(mut self, to: &Path, mode: u32) -> Result<(), Error> {
        let finished = self.file.take().map_or(Ok(()), |mut file| {
            file.flush()?;
            set_mode(&file, mode)?;
            file.sync_all()
        });
        finished.and_then(|()| fs::rename(&self.path, to)).map_err(|error| unwritten(to, error))
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        // After a rename nothing has this name.
        let _ = fs::remove_file(&self.path);
    }
}

/// Unpacks what was verified to `to`, and says which executable it is.
pub(crate) fn executable(pin: &Pin, mut from: Verified, to: &Path) -> Result<Executable, Error> {
    if let Some(known) = pin.executable.as_ref().filter(|known| is_there(to, known)) {
        return Ok(known.clone());
    }
    let mut room = Unnamed::beside(to)?;
    let extracted = extracted(pin, &mut from, &mut room)?;
    let found = Executable { sha256: extracted.sha256, size: extracted.bytes };
    if let Some(pinned) = pin.executable.as_ref().filter(|pinned| pinned.sha256 != found.sha256) {
        return Err(Error::Executable {
            tool: pin.tool.clone(),
            version: pin.version.clone(),
            path: from.path,
            found: found.sha256,
            pinned: pinned.sha256.clone(),
        });
    }
    // The rights of a group are for what is installed.
    room.name(to, pin.mode.bits() & 0o777)?;
    Ok(found)
}

fn extracted(pin: &Pin, from: &mut Verified, room: &mut Unnamed) -> Result<Extracted, Error> {
    let Some(out) = room.file.as_mut() else {
        let error = io::Error::from(ErrorKind::NotFound);
        return Err(unwritten(&room.path, error));
    };
    let member = pin.member.as_deref().unwrap_or_default();
    let caps = Caps::within(UNPACK_TIME);
    unpack::extract(&mut from.file, pin.archive, member, &caps, out).map_err(|error| match error {
        UnpackError::Write(kind, message) => unwritten(&room.path, io::Error::new(kind, message)),
        error => Error::Unpack {
            tool: pin.tool.clone(),
            version: pin.version.clone(),
            path: from.path.clone(),
            error,
        },
    })
}

/// Writes a file that is not run.
pub(crate) fn plain(bytes: &[u8], to: &Path) -> Result<(), Error> {
    let mut room = Unnamed::beside(to)?;
    if let Some(file) = room.file.as_mut() {
        file.write_all(bytes).map_err(|error| unwritten(to, error))?;
    }
    room.name(to, 0o644)
}

/// Removes what an earlier build placed and this one did not.
pub(crate) fn sweep(dir: &Path, kept: &BTreeSet<PathBuf>) -> Result<(), Error> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::Io { path: dir.to_owned(), action: "read", error }),
    };
    for entry in entries {
        let path = entry.map_err(|error| unwritten(dir, error))?.path();
        if !kept.contains(&path) {
            fs::remove_file(&path).map_err(|error| unwritten(&path, error))?;
        }
    }
    Ok(())
}

/// The same bytes: what was placed before is not touched, so that cargo sees no change.
fn is_there(path: &Path, known: &Executable) -> bool {
    let regular = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == known.size);
    regular
        && File::open(path).and_then(|mut file| hashed(&mut file)).is_ok_and(|found| found == known.sha256)
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

fn unwritten(path: &Path, error: io::Error) -> Error {
    Error::Io { path: path.to_owned(), action: "written", error }
}
