//! Layers, unpacked to be hashed: nothing is written, and nothing is kept but a window.
//!
//! A layer is a tar archive, plain or compressed with gzip (RFC 1952) or Zstandard (RFC 8878); its diff ID is the digest of the
//! archive (OCI image-spec `layer.md`, `config.md`). What unpacks to more than was allowed ends there.

mod zstd;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::write::MultiGzDecoder;
use proofmark_core::{Algorithm, Digest, Hasher, Reason};

use crate::error::ReadError;
use crate::manifest::Descriptor;
use crate::source::{Pace, Passed, Source};

/// The largest window of a Zstandard frame that is unpacked, in bytes: twice what RFC 8878 asks every decoder for. A decoder
/// holds up to twice as much.
pub(crate) const MAX_WINDOW: u64 = 16 * 1024 * 1024;

/// How a layer is compressed, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// gzip, several members too.
    Gzip,
    /// Zstandard, several frames and skippable ones too.
    Zstd,
}

impl Compression {
    /// The compression of a layer's media type, OCI's or Docker's; `None` for what is no layer that we know. A runtime that
    /// goes by the first bytes instead must come to the same: see [`UnpackError::Malformed`].
    pub fn of(media_type: &str) -> Option<Self> {
        const OCI: [&str; 2] = [
            "application/vnd.oci.image.layer.v1.tar",
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
        ];
        const DOCKER: [&str; 2] = [
            "application/vnd.docker.image.rootfs.diff.tar",
            "application/vnd.docker.image.rootfs.foreign.diff.tar",
        ];
        let suffix = |names: [&str; 2]| names.iter().find_map(|name| media_type.strip_prefix(name));
        match suffix(OCI).or_else(|| suffix(DOCKER))? {
            "" => Some(Self::Plain),
            "+gzip" | ".gzip" => Some(Self::Gzip),
            "+zstd" | ".zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// What unpacking may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnpackCaps {
    /// Bytes that are read.
    pub packed: u64,
    /// Bytes that come of them.
    pub unpacked: u64,
    /// When to give up.
    pub deadline: Instant,
}

impl UnpackCaps {
    /// Caps whose time starts now; a time beyond what the clock can count to is a day.
    pub fn within(packed: u64, unpacked: u64, time: Duration) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(time).unwrap_or_else(|| now + Duration::from_hours(24));
        Self { packed, unpacked, deadline }
    }
}

/// What came of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// The digest of the uncompressed layer.
    pub digest: Digest,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Why a layer could not be unpacked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// Its bytes cannot be had, or are others.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is longer, or takes longer, than it may.
    #[error("{0}")]
    Limit(String),
    /// It is not compressed as its media type says, or is cut off.
    #[error("{0}")]
    Malformed(String),
    /// It is of a media type that is no layer's, or of one that cannot be unpacked, such as an encrypted one.
    #[error("layers of type {0} are not unpacked")]
    Unsupported(String),
}

impl UnpackError {
    /// The reason of a verdict.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Read(error) => error.reason(),
            Self::Limit(_) => Reason::Limit,
            Self::Malformed(_) => Reason::Malformed,
            Self::Unsupported(_) => Reason::Unsupported,
        }
    }
}

/// Unpacks a layer that is pushed into it piece by piece.
pub struct Unpacker(Decoder);

enum Decoder {
    /// With the first bytes.
    Plain(Box<Counted>, Vec<u8>),
    Gzip(Box<MultiGzDecoder<Counted>>, bool),
    Zstd(zstd::Pipe),
}

impl Unpacker {
    /// An unpacker that has seen nothing; `algorithm` is the diff ID's.
    ///
    /// # Errors
    /// [`UnpackError::Limit`] if the system gives no thread.
    pub fn new(
        compression: Compression,
        algorithm: Algorithm,
        unpacked: u64,
        deadline: Instant,
    ) -> Result<Self, UnpackError> {
        let out = Counted { hasher: Hasher::new(algorithm), bytes: 0, cap: unpacked, deadline, over: None };
        Ok(Self(match compression {
            Compression::Plain => Decoder::Plain(Box::new(out), Vec::new()),
            Compression::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(out)), false),
            Compression::Zstd => Decoder::Zstd(zstd::Pipe::start(out)?),
        }))
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// [`UnpackError::Limit`] and [`UnpackError::Malformed`]; nothing more may be pushed then.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), UnpackError> {
        match &mut self.0 {
            Decoder::Plain(out, head) => {
                // However small the pieces are in which it comes.
                let missing = HEAD.saturating_sub(head.len()).min(piece.len());
                head.extend(piece.iter().take(missing));
                if missing > 0 && is_packed(head) {
                    return Err(UnpackError::Malformed(
                        "the layer is compressed, and its media type says that it is not".to_owned(),
                    ));
                }
                out.write_all(piece).map_err(|error| out.told(&error))
            }
            Decoder::Gzip(decoder, any) => {
                *any |= !piece.is_empty();
                decoder.write_all(piece).map_err(|error| decoder.get_ref().told(&error))
            }
            Decoder::Zstd(pipe) => pipe.push(piece),
        }
    }

    /// What came of all pieces together.
    ///
    /// # Errors
    /// As [`Self::push`]; a layer that is cut off is malformed.
    pub fn finish(self) -> Result<Unpacked, UnpackError> {
        match self.0 {
            Decoder::Plain(out, _) => Ok(out.finish()),
            Decoder::Gzip(_, false) => {
                Err(UnpackError::Malformed("the layer is empty, and no gzip".to_owned()))
            }
            Decoder::Gzip(mut decoder, true) => {
                decoder.try_finish().map_err(|error| decoder.get_ref().told(&error))?;
                let out = decoder.finish().map_err(|error| UnpackError::Malformed(error.to_string()))?;
                Ok(out.finish())
            }
            Decoder::Zstd(pipe) => pipe.finish(),
        }
    }
}

/// Bytes by which a compression is told.
const HEAD: usize = 4;

/// Whether bytes begin as gzip or Zstandard does: a runtime may go by that.
fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 8])
        || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || bytes.first().is_some_and(|first| first & 0xf0 == 0x50)
            && bytes.get(1..HEAD) == Some(&[0x2a, 0x4d, 0x18][..])
}

/// Counts and hashes what is written, and keeps nothing.
struct Counted {
    hasher: Hasher,
    bytes: u64,
    cap: u64,
    deadline: Instant,
    /// Which cap was reached.
    over: Option<String>,
}

impl Counted {
    fn finish(self) -> Unpacked {
        Unpacked { digest: self.hasher.finish(), bytes: self.bytes }
    }

    /// A cap that was reached, or what the decoder says.
    fn told(&self, error: &io::Error) -> UnpackError {
        match &self.over {
            Some(cap) => UnpackError::Limit(cap.clone()),
            None => UnpackError::Malformed(format!("the layer cannot be unpacked: {error}")),
        }
    }
}

impl Counted {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.bytes > self.cap {
            self.over = Some(format!("layers unpack to more than {} bytes", self.cap));
        } else if Instant::now() >= self.deadline {
            self.over = Some("the time for unpacking layers is spent".to_owned());
        }
        if self.over.is_some() {
            return Err(io::Error::other("a cap was reached"));
        }
        self.hasher.update(bytes);
        Ok(())
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a layer from the first source that has it, and unpacks it on the way.
pub(crate) async fn unpack(
    sources: &[Arc<dyn Source>],
    layer: &Descriptor,
    algorithm: Algorithm,
    caps: UnpackCaps,
) -> Result<Unpacked, UnpackError> {
    let compression = Compression::of(&layer.media_type);
    let compression = compression.ok_or_else(|| UnpackError::Unsupported(layer.media_type.clone()))?;
    if layer.size > caps.packed {
        return Err(UnpackError::Limit(format!("layers are longer than {} bytes", caps.packed)));
    }
    let mut errors = Vec::new();
    for source in sources {
        match unpack_from(source.as_ref(), layer, compression, algorithm, caps).await {
            Err(UnpackError::Read(error)) => errors.push(error),
            done => return done,
        }
    }
    Err(crate::client::worst(errors.into_iter(), &layer.digest.to_string()).into())
}

async fn unpack_from(
    source: &dyn Source,
    layer: &Descriptor,
    compression: Compression,
    algorithm: Algorithm,
    caps: UnpackCaps,
) -> Result<Unpacked, UnpackError> {
    use std::ops::ControlFlow::{Break, Continue};
    let mut unpacker = Unpacker::new(compression, algorithm, caps.unpacked, caps.deadline)?;
    let mut failed = None;
    let mut sink = |piece: &[u8]| {
        if failed.is_none() {
            failed = unpacker.push(piece).err();
        }
        // What cannot be unpacked is hashed to its end: bytes that were changed on the way are told as such.
        if matches!(failed, Some(UnpackError::Limit(_))) { Break(()) } else { Continue(()) }
    };
    let pace = Pace { deadline: caps.deadline, idle: None };
    let read = source.stream(layer, &mut Passed::new(layer), pace, &mut sink).await;
    match failed {
        Some(limit @ UnpackError::Limit(_)) => Err(limit),
        failed => {
            read?;
            failed.map_or_else(|| unpacker.finish(), Err)
        }
    }
}

#[cfg(test)]
mod tests;
