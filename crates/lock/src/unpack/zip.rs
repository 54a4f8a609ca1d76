//! zip (APPNOTE 6.3): what the central directory and the local headers say must be one and the same, entry by entry, without a byte between.
//!
//! Programs that read from the front and programs that read from the back find the same files in what passes here. Zip64 is not read:
//! an executable of four gibibytes is not pinned.

mod entry;

use std::io::{Read, Seek, SeekFrom};
use std::time::Instant;

use flate2::Crc;

use super::error::{Refused, UnpackError};
use super::name::{Names, refused};
use super::stream::{self, Stream};
use super::{ArchiveKind, Caps, Sink};
use entry::{Entry, Reader};

/// The end of the central directory: a signature, fields, and a comment.
const END: &[u8; 4] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
/// Bytes of a central directory.
const MAX_DIRECTORY: u64 = 64 << 20;
/// What marks a number that zip64 would give.
const ZIP64: u32 = u32::MAX;

/// Writes `member` to `sink`.
pub(super) fn extract<R: Read + Seek>(
    mut archive: R,
    member: &str,
    caps: &Caps,
    sink: &mut Sink<'_>,
) -> Result<(), UnpackError> {
    let end = End::find(&mut archive)?;
    let mut directory = vec![0; usize::try_from(end.size).unwrap_or(0)];
    read_at(&mut archive, end.offset, &mut directory)?;
    let mut names = Names::new(member, caps);
    let (mut entries, mut wanted, mut reader) = (Vec::new(), None, Reader(&directory));
    while !reader.0.is_empty() {
        if Instant::now() >= caps.deadline {
            return Err(UnpackError::Limit("the time for unpacking is spent".to_owned()));
        }
        let entry = Entry::central(&mut reader)?;
        let kind = entry.kind()?;
        if names.take(&entry.name, kind)? {
            wanted = Some(entries.len());
        }
        entries.push(entry);
    }
    if entries.len() != usize::from(end.entries) {
        return Err(UnpackError::malformed("its directory has another number of entries than it says"));
    }
    contiguous(&mut archive, &mut entries.iter().collect::<Vec<_>>(), end.offset)?;
    let unpacked = entries.iter().fold(0_u64, |sum, entry| sum + u64::from(entry.size));
    if unpacked > caps.unpacked {
        return Err(UnpackError::Limit(format!("it unpacks to more than {} bytes", caps.unpacked)));
    }
    match wanted.and_then(|index| entries.get(index)) {
        Some(entry) => unpack(archive, entry, caps, sink),
        None => Err(names.missing()),
    }
}

/// Where the directory is.
struct End {
    offset: u64,
    size: u64,
    entries: u16,
}

impl End {
    /// The end record: the file ends with its comment, and in the comment no other record ends.
    fn find<R: Read + Seek>(archive: &mut R) -> Result<Self, UnpackError> {
        let length = archive.seek(SeekFrom::End(0)).map_err(|error| read_error(&error))?;
        let tail = length.min((END_LENGTH + usize::from(u16::MAX)) as u64);
        let mut bytes = vec![0; usize::try_from(tail).unwrap_or(0)];
        read_at(archive, length - tail, &mut bytes)?;
        let marks: Vec<usize> = (0..bytes.len()).filter(|at| bytes.get(*at..at + 4) == Some(END)).collect();
        let ends = |at: &&usize| {
            let comment = bytes.get(**at + 20..**at + 22).and_then(|pair| pair.try_into().ok());
            let comment = comment.map(|pair| usize::from(u16::from_le_bytes(pair)));
            comment.is_some_and(|long| **at + END_LENGTH + long == bytes.len())
        };
        let at =
            marks.iter().find(ends).ok_or_else(|| UnpackError::malformed("it is no zip, or is cut off"))?;
        // Some programs take the last mark, whatever it says of its comment.
        if marks.last() != Some(at) {
            return Err(UnpackError::malformed("it has two ends"));
        }
        let start = length - tail + *at as u64;
        Self::parse(bytes.get(at + 4..).unwrap_or_default(), start)
    }

    fn parse(bytes: &[u8], start: u64) -> Result<Self, UnpackError> {
        let mut reader = Reader(bytes);
        let [disk, directory_disk, here, entries] =
            [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        let (size, offset) = (reader.u32()?, reader.u32()?);
        if entries == u16::MAX || size == ZIP64 || offset == ZIP64 {
            return Err(UnpackError::Unsupported("zip64".to_owned()));
        }
        if disk != 0 || directory_disk != 0 || here != entries {
            return Err(UnpackError::Unsupported("several disks".to_owned()));
        }
        let (size, offset) = (u64::from(size), u64::from(offset));
        if offset + size != start {
            return Err(UnpackError::malformed(
                "its directory is not where it says, or something stands before it",
            ));
        }
        if size > MAX_DIRECTORY {
            return Err(UnpackError::Limit(format!("its directory is longer than {MAX_DIRECTORY} bytes")));
        }
        Ok(Self { offset, size, entries })
    }
}

/// Every byte before the directory belongs to one entry, and every local header says what the directory says.
fn contiguous<R: Read + Seek>(
    archive: &mut R,
    entries: &mut [&Entry],
    directory: u64,
) -> Result<(), UnpackError> {
    entries.sort_by_key(|entry| entry.offset);
    let mut end = 0;
    for entry in &*entries {
        if u64::from(entry.offset) != end {
            return Err(refused(&entry.name, Refused::Overlap));
        }
        let header = Entry::local(archive, end)?;
        if !entry.agrees(&header) {
            return Err(refused(&entry.name, Refused::Disagrees));
        }
        end = end + header.length() + u64::from(entry.packed);
        if entry.has_descriptor() {
            end += descriptor(archive, entry, end)?;
        }
        if end > directory {
            return Err(refused(&entry.name, Refused::Overlap));
        }
    }
    let last = entries.last().map(|entry| entry.name.clone()).unwrap_or_default();
    if end == directory { Ok(()) } else { Err(refused(&last, Refused::Overlap)) }
}

/// The length of the descriptor after an entry's bytes: its signature is usual and not required (APPNOTE 4.3.9.3).
fn descriptor<R: Read + Seek>(archive: &mut R, entry: &Entry, at: u64) -> Result<u64, UnpackError> {
    let mut bytes = [0; 16];
    read_at(archive, at, &mut bytes)?;
    let numbers = [entry.crc, entry.packed, entry.size].map(u32::to_le_bytes).concat();
    if bytes.starts_with(b"PK\x07\x08") && bytes.ends_with(&numbers) {
        return Ok(16);
    }
    if bytes.starts_with(&numbers) { Ok(12) } else { Err(refused(&entry.name, Refused::Disagrees)) }
}

/// The bytes of one entry: exactly as many as were said, of exactly as many, with their checksum.
fn unpack<R: Read + Seek>(
    mut archive: R,
    entry: &Entry,
    caps: &Caps,
    sink: &mut Sink<'_>,
) -> Result<(), UnpackError> {
    let header = Entry::local(&mut archive, u64::from(entry.offset))?;
    let start = u64::from(entry.offset) + header.length();
    archive.seek(SeekFrom::Start(start)).map_err(|error| read_error(&error))?;
    let packed = archive.take(u64::from(entry.packed));
    let mut crc = Crc::new();
    let mut take = |piece: &[u8]| {
        crc.update(piece);
        sink.take(piece)
    };
    let size = u64::from(entry.size);
    let mut left: Stream<'_> = if entry.is_deflated() {
        stream::deflated(packed, caps)
    } else {
        stream::open(packed, ArchiveKind::None, caps)
    };
    left.exactly(size, &mut take)?;
    // One byte more would be another file to others.
    if !left.piece(&mut [0; 1])?.is_empty() {
        return Err(refused(&entry.name, Refused::Disagrees));
    }
    if crc.sum() != entry.crc {
        return Err(UnpackError::malformed("the checksum of the executable is of other bytes"));
    }
    Ok(())
}

fn read_at<R: Read + Seek>(archive: &mut R, at: u64, buffer: &mut [u8]) -> Result<(), UnpackError> {
    archive.seek(SeekFrom::Start(at)).map_err(|error| read_error(&error))?;
    archive.read_exact(buffer).map_err(|error| read_error(&error))
}

fn read_error(error: &std::io::Error) -> UnpackError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => UnpackError::malformed("it is cut off"),
        kind => UnpackError::Read(kind, error.to_string()),
    }
}
