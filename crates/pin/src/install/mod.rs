//! `pin install`: from a pin to an executable under its name, or to nothing.
//!
//! The download is hashed before it is unpacked, what was unpacked before its signatures are judged, and only then is it given its mode,
//! and last its name: whoever looks sees the executable that was there before, or the whole new one.

use std::io::{self, Seek as _, Write as _};

use proofmark_core::{Digest, Evidence, Platform, Refusal, Timestamp};
use proofmark_lock::unpack::{self, Caps, UnpackError};
use proofmark_lock::{Executable, Mode, Pin};

use crate::add::{Bench, Fetch, FetchError, UNPACK_TIME, unpacked};
use crate::demand::{Demand, name_of};
use crate::judge::fresh;
use crate::rules::lock_drift;

/// A folder of executables.
pub trait Target: Bench {
    /// The SHA-256 and the mode of what has this name there; `None`: nothing has, or it is no regular file.
    fn present(&self, name: &str) -> Option<(Digest, u32)>;

    /// The mode that one gets there: a setgid bit is root's to give, and for a group that there is.
    fn mode_of(&self, placing: &Placing<'_>) -> u32;

    /// Gives an executable its mode, its group and last its name: it replaces what has the name. A sentence for each that the system did
    /// not give it.
    ///
    /// # Errors
    /// What the system says; what has the name is then what had it.
    fn place(&self, ready: Self::Ready, placing: &Placing<'_>) -> io::Result<Vec<String>>;
}

/// How an executable is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placing<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its mode.
    pub mode: Mode,
    /// Its group, where the mode is setgid.
    pub group: Option<&'a str>,
}

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub enum Installed {
    /// It was there already, with this SHA-256 and mode.
    Present,
    /// It has its name.
    Placed {
        /// What it rests on.
        evidence: Vec<Evidence>,
        /// What the system did not give it, a sentence each.
        notes: Vec<String>,
    },
}

/// Why it was not installed; what had its name has it still.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// No answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its server says that it is not there.
    #[error("{url} is not there")]
    NotThere {
        /// What was asked for.
        url: String,
    },
    /// It is another download than the one that is pinned. It was not unpacked.
    #[error("{url} is not what is pinned: its SHA-256 is {}, not {}", found.hex(), pinned.hex())]
    Mismatch {
        /// The download.
        url: String,
        /// What the lock pins.
        pinned: Digest,
        /// What was downloaded.
        found: Digest,
    },
    /// The archive.
    #[error("{url}: {error}")]
    Unpack {
        /// The download.
        url: String,
        /// What is wrong with it.
        error: UnpackError,
    },
    /// It is not what the policy asks for.
    #[error("{name}: {}", refusal.message)]
    Refused {
        /// Tool, version and platform.
        name: String,
        /// Why.
        refusal: Box<Refusal>,
    },
    /// It cannot be written there.
    #[error("it cannot be written: {0}")]
    Target(io::Error),
}

/// Installs one pin that every one of `demands` lets be: one for each policy in effect. `group` is whose rights it runs with; `question` is how it is asked for its version, and `host` the platform whose
/// executables may be asked.
///
/// # Errors
/// [`InstallError`].
pub fn install<F: Fetch, T: Target>(
    pin: &Pin,
    demands: &[Demand<'_>],
    (fetch, target): (&mut F, &T),
    (group, question): (Option<&str>, Option<&[String]>),
    host: Option<&Platform>,
    now: Timestamp,
) -> Result<Installed, InstallError> {
    let refused = |refusal: Box<Refusal>| InstallError::Refused { name: name_of(pin), refusal };
    if demands.is_empty() {
        return Err(refused(Box::new(lock_drift::unlisted(pin))));
    }
    if let Some((_, refusal)) = demands.iter().find_map(|demand| lock_drift::refusal(pin, demand)) {
        return Err(refused(Box::new(refusal)));
    }
    let name = file_name(pin);
    let placing = Placing { name: &name, mode: pin.mode, group: group.filter(|_| pin.mode.is_setgid()) };
    if is_present(pin, target.present(&name), target.mode_of(&placing)) {
        return Ok(Installed::Present);
    }
    let url = || pin.url.clone();
    let mut whole =
        fetch.whole(&pin.url, Some(&pin.sha256))?.ok_or_else(|| InstallError::NotThere { url: url() })?;
    if whole.sha256 != pin.sha256 {
        return Err(InstallError::Mismatch { url: url(), pinned: pin.sha256.clone(), found: whole.sha256 });
    }
    let caps = Caps::within(UNPACK_TIME);
    let mut scratch = target.scratch().map_err(InstallError::Target)?;
    let member = pin.member.as_deref().unwrap_or_default();
    let extracted =
        unpacked(&mut whole, |file| unpack::extract(file, pin.archive, member, &caps, &mut scratch));
    let extracted = extracted.map_err(|error| match error {
        UnpackError::Write(kind, message) => InstallError::Target(io::Error::new(kind, message)),
        error => InstallError::Unpack { url: url(), error },
    })?;
    scratch.flush().map_err(InstallError::Target)?;
    let ready = target.ready(scratch, &pin.tool).map_err(InstallError::Target)?;
    // What a list alone pinned: the archive that it is of says what it is.
    let executable = Executable { sha256: extracted.sha256, size: extracted.bytes };
    let pin = &Pin { executable: pin.executable.clone().or(Some(executable)), ..pin.clone() };
    let mut evidence = Vec::new();
    for demand in demands {
        whole.file.rewind().map_err(InstallError::Target)?;
        let archive = &mut whole.file;
        let accepted = fresh::accepted(pin, demand, (&ready, archive), (host, question), now);
        evidence = accepted.map_err(refused)?;
    }
    let notes = target.place(ready, &placing).map_err(InstallError::Target)?;
    Ok(Installed::Placed { evidence, notes })
}

/// The name of its file.
fn file_name(pin: &Pin) -> String {
    format!("{}{}", pin.tool, if pin.platform.os == "windows" { ".exe" } else { "" })
}

/// The same bytes, with the mode that they would get.
fn is_present(pin: &Pin, present: Option<(Digest, u32)>, wanted: u32) -> bool {
    let raw = (pin.archive == unpack::ArchiveKind::None).then_some(&pin.sha256);
    let pinned = pin.executable.as_ref().map(|executable| &executable.sha256).or(raw);
    present.is_some_and(|(sha256, mode)| pinned == Some(&sha256) && mode == wanted)
}
