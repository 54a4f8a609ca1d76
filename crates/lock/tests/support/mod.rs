//! Archives, honest and not, put together byte by byte.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::Write as _;

use flate2::{Compression, Crc};

/// One tar entry.
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// An ustar entry of a kind, with a body.
    pub(crate) fn entry(mut self, name: &[u8], kind: u8, body: &[u8]) -> Self {
        self.0.extend(header(name, kind, body.len() as u64));
        self.0.extend(body);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn file(self, name: &str, body: &[u8]) -> Self {
        self.entry(name.as_bytes(), b'0', body)
    }

    pub(crate) fn pax(self, kind: u8, records: &[(&str, &str)]) -> Self {
        let body: String = records.iter().map(|(key, value)| record(key, value)).collect();
        self.entry(b"pax", kind, body.as_bytes())
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// With the two blocks that end it.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length != rest.len() + length.to_string().len() {
        length += 1;
    }
    format!("{length}{rest}")
}

/// A header block with its checksum.
pub(crate) fn header(name: &[u8], kind: u8, size: u64) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    block[100..107].copy_from_slice(b"0000755");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    checksummed(block)
}

pub(crate) fn checksummed(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zst(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What the two headers of a zip entry say; by default the same.
#[derive(Clone)]
pub(crate) struct ZipEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) local_name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) local_flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    /// Sizes and checksum of the local header.
    pub(crate) local: [u32; 3],
    pub(crate) host: u8,
    pub(crate) mode: u32,
    pub(crate) body: Vec<u8>,
    pub(crate) descriptor: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    /// Added to where the entry is.
    pub(crate) shift: i64,
}

impl ZipEntry {
    pub(crate) fn stored(name: &str, body: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(body);
        let size = u32::try_from(body.len()).unwrap();
        Self {
            name: name.as_bytes().to_vec(),
            local_name: name.as_bytes().to_vec(),
            flags: 0,
            local_flags: 0,
            method: 0,
            crc: crc.sum(),
            packed: size,
            size,
            local: [crc.sum(), size, size],
            host: 3,
            mode: 0o100_755,
            body: body.to_vec(),
            descriptor: Vec::new(),
            extra: Vec::new(),
            shift: 0,
        }
    }

    pub(crate) fn deflated(name: &str, body: &[u8]) -> Self {
        let mut entry = Self::stored(name, body);
        entry.body = deflate(body);
        entry.method = 8;
        entry.packed = u32::try_from(entry.body.len()).unwrap();
        entry.local[1] = entry.packed;
        entry
    }

    pub(crate) fn directory(name: &str) -> Self {
        Self { mode: 0o040_755, ..Self::stored(name, b"") }
    }

    /// Written without knowing its length before: as Go does.
    pub(crate) fn streamed(mut self, signature: bool) -> Self {
        self.flags |= 8;
        self.local_flags |= 8;
        self.local = [0; 3];
        self.descriptor = [self.crc, self.packed, self.size].map(u32::to_le_bytes).concat();
        if signature {
            self.descriptor.splice(0..0, *b"PK\x07\x08");
        }
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn local(&self) -> Vec<u8> {
        let [crc, packed, size] = self.local.map(u32::to_le_bytes);
        let (name, extra) = (u16s(self.local_name.len()), u16s(self.extra.len()));
        [
            &b"PK\x03\x04\x14\0"[..],
            &self.local_flags.to_le_bytes(),
            &self.method.to_le_bytes(),
            &[0; 4],
            &crc,
            &packed,
            &size,
            &name,
            &extra,
            &self.local_name,
            &self.extra,
            &self.body,
            &self.descriptor,
        ]
        .concat()
    }

    fn central(&self, offset: usize) -> Vec<u8> {
        let offset = u32::try_from(i64::try_from(offset).unwrap() + self.shift).unwrap();
        [
            &b"PK\x01\x02\x14"[..],
            &[self.host, 0x14, 0],
            &self.flags.to_le_bytes(),
            &self.method.to_le_bytes(),
            &[0; 4],
            &self.crc.to_le_bytes(),
            &self.packed.to_le_bytes(),
            &self.size.to_le_bytes(),
            &u16s(self.name.len()),
            &[0; 8],
            &(self.mode << 16).to_le_bytes(),
            &offset.to_le_bytes(),
            &self.name,
        ]
        .concat()
    }
}

fn u16s(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap().to_le_bytes()
}

pub(crate) fn zip(entries: &[ZipEntry]) -> Vec<u8> {
    zip_with(entries, b"", b"", b"")
}

/// With bytes before everything, before the directory, and as comment.
pub(crate) fn zip_with(entries: &[ZipEntry], before: &[u8], between: &[u8], comment: &[u8]) -> Vec<u8> {
    let mut out = before.to_vec();
    let mut directory = Vec::new();
    for entry in entries {
        directory.extend(entry.central(out.len()));
        out.extend(entry.local());
    }
    out.extend(between);
    let at = u32::try_from(out.len()).unwrap();
    let size = u32::try_from(directory.len()).unwrap();
    let count = u16s(entries.len());
    out.extend(directory);
    out.extend(end(count, size, at, comment));
    out
}

/// The record at a zip's end.
pub(crate) fn end(count: [u8; 2], size: u32, at: u32, comment: &[u8]) -> Vec<u8> {
    [
        &b"PK\x05\x06\0\0\0\0"[..],
        &count,
        &count,
        &size.to_le_bytes(),
        &at.to_le_bytes(),
        &u16s(comment.len()),
        comment,
    ]
    .concat()
}
