//! One executable out of an archive that anyone may have made.
//!
//! An archive is read to its end, whatever is looked for, and refused as a whole for an entry that could lead another program out of
//! its directory: readers of archives differ, and what passes here should mean the same to all of them. Nothing is written but the bytes of
//! the one member that was asked for, to where the caller says; names never become paths.

mod error;
mod layer;
mod name;
mod stream;
mod tar;
mod zip;

use std::io::{Read, Seek, Write};
use std::time::{Duration, Instant};

use proofmark_core::{Algorithm, Digest, Hasher};

pub use error::{Refused, UnpackError};
pub use layer::{LayerEntry, LayerKind, LayerVisitor, layer};
pub use name::is_member_name;

/// How an executable is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArchiveKind {
    /// Not at all.
    None,
    /// gzip of the executable alone.
    Gz,
    /// XZ of the executable alone.
    Xz,
    /// Zstandard of the executable alone.
    Zst,
    /// tar.
    Tar,
    /// tar in gzip.
    TarGz,
    /// tar in XZ.
    TarXz,
    /// tar in Zstandard.
    TarZst,
    /// zip.
    Zip,
}

impl ArchiveKind {
    /// Every kind, with the name that the lock gives it.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::None, "none"),
        (Self::Gz, "gz"),
        (Self::Xz, "xz"),
        (Self::Zst, "zst"),
        (Self::Tar, "tar"),
        (Self::TarGz, "tar.gz"),
        (Self::TarXz, "tar.xz"),
        (Self::TarZst, "tar.zst"),
        (Self::Zip, "zip"),
    ];

    /// The name in the lock.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// Whether it holds members with names.
    pub const fn has_members(self) -> bool {
        matches!(self, Self::Tar | Self::TarGz | Self::TarXz | Self::TarZst | Self::Zip)
    }
}

/// What unpacking may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Bytes that come of an archive, all members together.
    pub unpacked: u64,
    /// Entries.
    pub entries: usize,
    /// Bytes that may come of each byte that is read, beyond the first mebibytes.
    pub ratio: u64,
    /// When to give up.
    pub deadline: Instant,
}

impl Caps {
    /// Four gibibytes, a hundred thousand entries, two hundred times as much as is read; executables shrink to a third, text of
    /// licences to a tenth.
    pub fn within(time: Duration) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(time).unwrap_or_else(|| now + Duration::from_hours(24));
        Self { unpacked: 4 << 30, entries: 100_000, ratio: 200, deadline }
    }
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The digest of the member.
    pub sha256: Digest,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Writes one member of an archive to `out`; `member` is its path in the archive, and has no meaning where the kind has none.
///
/// What was written before an error came is worth nothing: the caller gives it no name.
///
/// # Errors
/// [`UnpackError`].
pub fn extract<R: Read + Seek>(
    archive: R,
    kind: ArchiveKind,
    member: &str,
    caps: &Caps,
    out: &mut dyn Write,
) -> Result<Extracted, UnpackError> {
    let mut sink = Sink { out, hasher: Hasher::new(Algorithm::Sha256), bytes: 0 };
    match kind {
        ArchiveKind::Zip => zip::extract(archive, member, caps, &mut sink)?,
        kind if kind.has_members() => {
            let mut stream = stream::open(archive, kind, caps);
            tar::extract(&mut stream, member, caps, &mut sink)?;
        }
        kind => stream::copy(&mut stream::open(archive, kind, caps), &mut sink)?,
    }
    Ok(Extracted { sha256: sink.hasher.finish(), bytes: sink.bytes })
}

/// Where the member goes, hashed on its way.
struct Sink<'a> {
    out: &'a mut dyn Write,
    hasher: Hasher,
    bytes: u64,
}

impl Sink<'_> {
    fn take(&mut self, piece: &[u8]) -> Result<(), UnpackError> {
        self.out.write_all(piece).map_err(|error| UnpackError::Write(error.kind(), error.to_string()))?;
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }
}
