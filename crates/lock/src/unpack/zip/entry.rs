//! The two headers of an entry.

use std::io::{Read, Seek};

use super::super::error::{Refused, UnpackError};
use super::super::name::{Kind, MAX_NAME, refused};
use super::{ZIP64, read_at};

/// The signature of an entry of the central directory.
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const LOCAL_LENGTH: usize = 30;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Bits of the general purpose flags.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const DESCRIPTOR: u16 = 1 << 3;
const PATCHED: u16 = 1 << 5;

/// Fields, from the front.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], UnpackError> {
        let split = self.0.split_at_checked(count);
        let (head, rest) = split.ok_or_else(|| UnpackError::malformed("its directory is cut off"))?;
        self.0 = rest;
        Ok(head)
    }

    pub(super) fn u16(&mut self) -> Result<u16, UnpackError> {
        Ok(self.take(2)?.iter().rev().fold(0, |number, byte| number << 8 | u16::from(*byte)))
    }

    pub(super) fn u32(&mut self) -> Result<u32, UnpackError> {
        Ok(self.take(4)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }
}

/// What a header says of an entry.
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) crc: u32,
    pub(super) packed: u32,
    pub(super) size: u32,
    pub(super) offset: u32,
    flags: u16,
    method: u16,
    /// Host and mode: of the directory alone.
    host: u8,
    mode: u32,
    /// Bytes of the local header's extra field.
    extra: u16,
}

impl Entry {
    /// The next entry of the central directory.
    pub(super) fn central(reader: &mut Reader<'_>) -> Result<Self, UnpackError> {
        if reader.take(4)? != CENTRAL {
            return Err(UnpackError::malformed("its directory holds something else than entries"));
        }
        let host = (reader.u16()? >> 8).to_le_bytes()[0];
        let _needed = reader.u16()?;
        let mut entry = Self::common(reader)?;
        let [name, extra, comment, disk, _internal] =
            [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        (entry.host, entry.mode, entry.offset) = (host, reader.u32()?, reader.u32()?);
        entry.name = reader.take(usize::from(name))?.to_vec();
        reader.take(usize::from(extra) + usize::from(comment))?;
        if disk != 0 {
            return Err(UnpackError::Unsupported("several disks".to_owned()));
        }
        if [entry.packed, entry.size, entry.offset].contains(&ZIP64) {
            return Err(UnpackError::Unsupported("zip64".to_owned()));
        }
        Ok(entry)
    }

    /// Flags, method, time, checksum and sizes: the same in both headers.
    fn common(reader: &mut Reader<'_>) -> Result<Self, UnpackError> {
        let (flags, method) = (reader.u16()?, reader.u16()?);
        let _time = reader.u32()?;
        let (crc, packed, size) = (reader.u32()?, reader.u32()?, reader.u32()?);
        Ok(Self { name: Vec::new(), crc, packed, size, offset: 0, flags, method, host: 0, mode: 0, extra: 0 })
    }

    /// The local header at an offset.
    pub(super) fn local<R: Read + Seek>(archive: &mut R, at: u64) -> Result<Self, UnpackError> {
        let mut bytes = [0; LOCAL_LENGTH];
        read_at(archive, at, &mut bytes)?;
        let mut reader = Reader(&bytes);
        if reader.take(4)? != LOCAL {
            return Err(UnpackError::malformed("an entry is not where its directory says"));
        }
        let _needed = reader.u16()?;
        let mut entry = Self::common(&mut reader)?;
        let name = usize::from(reader.u16()?);
        entry.extra = reader.u16()?;
        if name > MAX_NAME {
            return Err(UnpackError::Limit(format!("a name is longer than {MAX_NAME} bytes")));
        }
        entry.name = vec![0; name];
        archive.read_exact(&mut entry.name).map_err(|error| super::read_error(&error))?;
        Ok(entry)
    }

    /// Bytes of the local header.
    pub(super) fn length(&self) -> u64 {
        LOCAL_LENGTH as u64 + self.name.len() as u64 + u64::from(self.extra)
    }

    /// Whether a local header says the same. With a descriptor it may leave out each number that was not known yet: Go leaves out
    /// all, and macOS all but the size.
    pub(super) fn agrees(&self, local: &Self) -> bool {
        let pairs = [(self.crc, local.crc), (self.packed, local.packed), (self.size, local.size)];
        let said = pairs.iter().all(|(ours, its)| ours == its || *its == 0 && self.has_descriptor());
        said && self.name == local.name && self.method == local.method && self.flags == local.flags
    }

    pub(super) const fn has_descriptor(&self) -> bool {
        self.flags & DESCRIPTOR != 0
    }

    pub(super) const fn is_deflated(&self) -> bool {
        self.method == DEFLATED
    }

    /// What the entry is.
    pub(super) fn kind(&self) -> Result<Kind, UnpackError> {
        if self.flags & ENCRYPTED != 0 {
            return Err(refused(&self.name, Refused::Encrypted));
        }
        if self.flags & PATCHED != 0 || ![STORED, DEFLATED].contains(&self.method) {
            return Err(UnpackError::Unsupported(format!("zip's method {}", self.method)));
        }
        if self.method == STORED && self.packed != self.size {
            return Err(refused(&self.name, Refused::Disagrees));
        }
        let directory = self.name.ends_with(b"/");
        // Only Unix and macOS say what a file is, in the upper half.
        let format = if matches!(self.host, 3 | 19) { self.mode >> 16 & 0o170_000 } else { 0 };
        match (format, directory) {
            (0o120_000, _) => Err(refused(&self.name, Refused::Link)),
            (0 | 0o040_000, true) if self.size == 0 => Ok(Kind::Directory),
            (0 | 0o100_000, false) => Ok(Kind::File),
            (0 | 0o040_000 | 0o100_000, _) => Err(refused(&self.name, Refused::Disagrees)),
            _ => Err(refused(&self.name, Refused::Device)),
        }
    }
}
