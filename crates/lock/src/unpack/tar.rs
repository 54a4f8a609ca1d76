//! tar: POSIX ustar and pax, and GNU's long names. What is sparse, linked or special is refused.

use super::error::{Refused, UnpackError};
use super::name::{Kind, MAX_NAME, Names, refused};
use super::stream::Stream;
use super::{Caps, LayerEntry, LayerKind, LayerVisitor, Sink};

const BLOCK: usize = 512;
/// Bytes of a pax header.
const MAX_PAX: u64 = 1 << 20;

/// Writes `member` to `sink`, and reads everything else to the archive's end.
pub(super) fn extract(
    stream: &mut Stream<'_>,
    member: &str,
    caps: &Caps,
    sink: &mut Sink<'_>,
) -> Result<(), UnpackError> {
    let mut names = Names::new(member, caps);
    let mut found = false;
    let mut long = Long::default();
    while let Some(header) = next(stream)? {
        match header.kind {
            b'x' | b'g' => {
                long.pax(&body(stream, &header, MAX_PAX)?, header.kind == b'g')?;
                if let Some(target) = &long.link {
                    return Err(refused(target, Refused::Link));
                }
            }
            b'L' => long.gnu(&body(stream, &header, MAX_NAME as u64 + 1)?)?,
            // The name of a link's target.
            b'K' => return Err(refused(&header.name, Refused::Link)),
            _ => {
                let (name, _) = std::mem::take(&mut long).names(&header)?;
                let kind = kind(&header, &name)?;
                let wanted = names.take(&name, kind)?;
                found |= wanted;
                stream.exactly(header.size, |piece| if wanted { sink.take(piece) } else { Ok(()) })?;
                padding(stream, header.size)?;
            }
        }
    }
    if long.is_pending() {
        return Err(UnpackError::malformed("a long name belongs to no entry"));
    }
    if found { Ok(()) } else { Err(names.missing()) }
}

/// Shows every entry of an image's layer, in its order: links and directories too, which a runtime unpacks.
pub(super) fn walk(stream: &mut Stream<'_>, visitor: &mut dyn LayerVisitor) -> Result<(), UnpackError> {
    let mut long = Long::default();
    while let Some(header) = next(stream)? {
        match header.kind {
            b'x' | b'g' => long.pax(&body(stream, &header, MAX_PAX)?, header.kind == b'g')?,
            b'L' => long.gnu(&body(stream, &header, MAX_NAME as u64 + 1)?)?,
            b'K' => long.link = Some(until_nul(&body(stream, &header, MAX_NAME as u64 + 1)?).to_vec()),
            kind => {
                let (name, target) = std::mem::take(&mut long).names(&header)?;
                let target = String::from_utf8_lossy(&target).into_owned();
                let kind = match kind {
                    0 | b'0' if name.ends_with(b"/") => LayerKind::Other,
                    0 | b'0' | b'7' => LayerKind::File,
                    b'1' => LayerKind::HardLink(target),
                    b'2' => LayerKind::SymbolicLink(target),
                    b'S' => return Err(UnpackError::Unsupported("sparse files".to_owned())),
                    _ => LayerKind::Other,
                };
                let path = String::from_utf8_lossy(&name).into_owned();
                let wanted = visitor.entry(&LayerEntry { path, kind, mode: header.mode, size: header.size });
                stream.exactly(header.size, |piece| if wanted { visitor.bytes(piece) } else { Ok(()) })?;
                padding(stream, header.size)?;
                if wanted {
                    visitor.end();
                }
            }
        }
    }
    Ok(())
}

/// One header block.
struct Header {
    name: Vec<u8>,
    link: Vec<u8>,
    mode: u32,
    size: u64,
    kind: u8,
}

/// The next header; `None` at the archive's end, after which nothing but zeros may come.
fn next(stream: &mut Stream<'_>) -> Result<Option<Header>, UnpackError> {
    let mut block = [0; BLOCK];
    if !stream.fill(&mut block)? {
        return Err(UnpackError::malformed("it has no end"));
    }
    if block != [0; BLOCK] {
        return Header::parse(&block).map(Some);
    }
    let mut rest = vec![0; 64 << 10];
    loop {
        let piece = stream.piece(&mut rest)?;
        if piece.is_empty() {
            return Ok(None);
        }
        if piece.iter().any(|byte| *byte != 0) {
            return Err(UnpackError::malformed("something follows its end"));
        }
    }
}

impl Header {
    fn parse(block: &[u8; BLOCK]) -> Result<Self, UnpackError> {
        let field = |at: usize, length: usize| block.get(at..at + length).unwrap_or_default();
        // "The chksum field … shall be the sum of all bytes in the header", itself as spaces; some summed signed bytes once.
        let sum = |byte: &u8| u64::from(*byte);
        let all: u64 = block.iter().map(sum).sum();
        let own: u64 = field(148, 8).iter().map(sum).sum();
        if octal(field(148, 8)) != Some(all - own + 8 * u64::from(b' ')) {
            return Err(UnpackError::malformed("a tar header's checksum is of other bytes"));
        }
        let size = size(field(124, 12)).ok_or_else(|| UnpackError::malformed("a tar header has no size"))?;
        let mut name = until_nul(field(0, 100)).to_vec();
        let prefix = until_nul(field(345, 155));
        // GNU's own headers keep times where POSIX's keep the prefix.
        if field(257, 6) == b"ustar\0" && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let mode = octal(field(100, 8)).and_then(|mode| u32::try_from(mode & 0o7777).ok()).unwrap_or(0);
        let link = until_nul(field(157, 100)).to_vec();
        Ok(Self { name, link, mode, size, kind: field(156, 1).first().copied().unwrap_or(0) })
    }
}

/// What an entry is.
fn kind(header: &Header, name: &[u8]) -> Result<Kind, UnpackError> {
    let kind = match header.kind {
        // Before POSIX a directory was a file whose name ends so.
        0 | b'0' if name.ends_with(b"/") => Kind::Directory,
        0 | b'0' | b'7' => Kind::File,
        b'5' => Kind::Directory,
        b'1' | b'2' => return Err(refused(name, Refused::Link)),
        b'3' | b'4' | b'6' => return Err(refused(name, Refused::Device)),
        b'S' => return Err(UnpackError::Unsupported("sparse files".to_owned())),
        other => return Err(UnpackError::Unsupported(format!("tar entries of kind {other}"))),
    };
    if kind == Kind::Directory && header.size > 0 {
        return Err(refused(name, Refused::Disagrees));
    }
    if kind == Kind::File && name.ends_with(b"/") {
        return Err(refused(name, Refused::Disagrees));
    }
    Ok(kind)
}

/// The bytes of a header's entry, which is held.
fn body(stream: &mut Stream<'_>, header: &Header, max: u64) -> Result<Vec<u8>, UnpackError> {
    if header.size > max {
        return Err(UnpackError::Limit(format!("a header of the archive is longer than {max} bytes")));
    }
    let mut bytes = Vec::new();
    stream.exactly(header.size, |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    padding(stream, header.size)?;
    Ok(bytes)
}

fn padding(stream: &mut Stream<'_>, size: u64) -> Result<(), UnpackError> {
    let block = BLOCK as u64;
    stream.exactly((block - size % block) % block, |_| Ok(()))
}

/// What headers before an entry say about it.
#[derive(Default)]
struct Long {
    name: Option<Vec<u8>>,
    /// Where a link leads.
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Long {
    const fn is_pending(&self) -> bool {
        self.name.is_some() || self.size.is_some()
    }

    fn set(&mut self, name: &[u8]) -> Result<(), UnpackError> {
        match self.name.replace(name.to_vec()) {
            Some(_) => Err(UnpackError::malformed("an entry has two long names")),
            None => Ok(()),
        }
    }

    fn gnu(&mut self, bytes: &[u8]) -> Result<(), UnpackError> {
        self.set(until_nul(bytes))
    }

    /// "%d %s=%s\n", and nothing else.
    fn pax(&mut self, mut bytes: &[u8], global: bool) -> Result<(), UnpackError> {
        let wrong = || UnpackError::malformed("a pax header is wrong");
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
            let length = decimal(bytes.get(..space).unwrap_or_default()).ok_or_else(wrong)?;
            let length = usize::try_from(length).map_err(|_| wrong())?;
            let record = bytes.get(space + 1..length).and_then(|record| record.strip_suffix(b"\n"));
            let record = record.ok_or_else(wrong)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
            let (key, value) =
                (record.get(..equals).unwrap_or_default(), record.get(equals + 1..).unwrap_or_default());
            bytes = bytes.get(length..).unwrap_or_default();
            match key {
                // One name or size for every entry is no honest archive's.
                b"path" | b"size" | b"linkpath" if global => return Err(wrong()),
                b"path" => self.set(value)?,
                b"size" if self.size.is_none() => self.size = Some(decimal(value).ok_or_else(wrong)?),
                b"size" => return Err(wrong()),
                b"linkpath" => self.link = Some(value.to_vec()),
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(UnpackError::Unsupported("sparse files".to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The entry's name, and where it leads. A size that differs from the header's would be another's to other programs.
    fn names(self, header: &Header) -> Result<(Vec<u8>, Vec<u8>), UnpackError> {
        let name = self.name.unwrap_or_else(|| header.name.clone());
        if self.size.is_some_and(|size| size != header.size) {
            return Err(refused(&name, Refused::Disagrees));
        }
        Ok((name, self.link.unwrap_or_else(|| header.link.clone())))
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits, or GNU's binary number for what does not fit.
fn size(field: &[u8]) -> Option<u64> {
    match field.split_first()? {
        (0x80, rest) => {
            let (high, low) = rest.split_last_chunk::<8>()?;
            high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low))
        }
        _ => octal(field),
    }
}

/// Digits with spaces or zero bytes around them.
fn octal(field: &[u8]) -> Option<u64> {
    let blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !blank(byte))?;
    let field = field.get(start..)?;
    let end = field.iter().position(blank).unwrap_or(field.len());
    let (digits, rest) = field.split_at_checked(end)?;
    if !rest.iter().all(blank) {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| match digit {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}
