//! Decompression within caps: what comes of a byte that was read is counted, and so is the time.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;
use std::time::Instant;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::error::UnpackError;
use super::{ArchiveKind, Caps, Sink};

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;
/// What may come of anything, however small: the ratio holds beyond it.
const FREE: u64 = 8 << 20;
/// The largest dictionary or window: `xz -9` and `zstd --ultra -22` need 64 and 128 MiB, and are refused beyond the first.
const MAX_WINDOW: u32 = 64 << 20;

/// Counts what is read of an archive.
struct Counting<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// What comes out of an archive's compression, never more than it may.
pub(super) struct Stream<'a> {
    inner: Box<dyn Read + 'a>,
    read: Rc<Cell<u64>>,
    given: u64,
    caps: Caps,
}

/// Opens the compression of `kind`; plain bytes are a stream too.
pub(super) fn open<'a, R: Read + 'a>(archive: R, kind: ArchiveKind, caps: &Caps) -> Stream<'a> {
    let read = Rc::new(Cell::new(0));
    let input = BufReader::with_capacity(PIECE, Counting { inner: archive, read: Rc::clone(&read) });
    let inner: Box<dyn Read + 'a> = match kind {
        ArchiveKind::None | ArchiveKind::Tar | ArchiveKind::Zip => Box::new(input),
        ArchiveKind::Gz | ArchiveKind::TarGz => Box::new(Whole::new(MultiGzDecoder::new(input))),
        ArchiveKind::Xz | ArchiveKind::TarXz => {
            // The limit is in KiB, and counts tables of a fixed size too.
            let limit = (MAX_WINDOW >> 10) + 1024;
            Box::new(Whole::new(XzReader::new_mem_limit(input, true, limit)))
        }
        ArchiveKind::Zst | ArchiveKind::TarZst => Box::new(Zstd::new(input)),
    };
    Stream { inner, read, given: 0, caps: *caps }
}

/// Opens one deflated entry of a zip.
pub(super) fn deflated<'a, R: Read + 'a>(entry: R, caps: &Caps) -> Stream<'a> {
    let read = Rc::new(Cell::new(0));
    let input = BufReader::with_capacity(PIECE, Counting { inner: entry, read: Rc::clone(&read) });
    Stream { inner: Box::new(Deflated(DeflateDecoder::new(input))), read, given: 0, caps: *caps }
}

/// A deflated entry that ends where its bytes do: what follows the last block would be another's.
struct Deflated<R>(DeflateDecoder<R>);

impl<R: BufRead> Read for Deflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 && !buffer.is_empty() && !self.0.get_mut().fill_buf()?.is_empty() {
            return Err(invalid("bytes follow an entry's end"));
        }
        Ok(read)
    }
}

impl Stream<'_> {
    /// The next piece; empty at the end.
    pub(super) fn piece<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], UnpackError> {
        if Instant::now() >= self.caps.deadline {
            return Err(UnpackError::Limit("the time for unpacking is spent".to_owned()));
        }
        let read = loop {
            match self.inner.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => break done.map_err(|error| told(&error))?,
            }
        };
        self.given = self.given.saturating_add(read as u64);
        if self.given > self.caps.unpacked {
            return Err(UnpackError::Limit(format!("it unpacks to more than {} bytes", self.caps.unpacked)));
        }
        if self.given > FREE && self.given / self.caps.ratio.max(1) > self.read.get() {
            let message = format!("it unpacks to more than {} times its size", self.caps.ratio);
            return Err(UnpackError::Limit(message));
        }
        Ok(buffer.get(..read).unwrap_or_default())
    }

    /// Fills a buffer; `false` if nothing is left, and an error if too little is.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<bool, UnpackError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.piece(rest)?.len() {
                0 if filled == 0 => return Ok(false),
                0 => return Err(UnpackError::malformed("it is cut off")),
                read => filled += read,
            }
        }
        Ok(true)
    }

    /// Hands over exactly so many bytes.
    pub(super) fn exactly(
        &mut self,
        mut left: u64,
        mut to: impl FnMut(&[u8]) -> Result<(), UnpackError>,
    ) -> Result<(), UnpackError> {
        let mut buffer = vec![0; PIECE];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let piece = self.piece(buffer.get_mut(..most).unwrap_or_default())?;
            if piece.is_empty() {
                return Err(UnpackError::malformed("it is cut off"));
            }
            left -= piece.len() as u64;
            to(piece)?;
        }
        Ok(())
    }
}

/// Everything to its end.
pub(super) fn copy(stream: &mut Stream<'_>, sink: &mut Sink<'_>) -> Result<(), UnpackError> {
    let mut buffer = vec![0; PIECE];
    loop {
        let piece = stream.piece(&mut buffer)?;
        if piece.is_empty() {
            return Ok(());
        }
        sink.take(piece)?;
    }
}

/// An error of the file, or of what a decoder found in it.
fn told(error: &io::Error) -> UnpackError {
    match error.kind() {
        io::ErrorKind::OutOfMemory => {
            UnpackError::Limit(format!("it asks for more memory than {MAX_WINDOW} bytes"))
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            UnpackError::Malformed(error.to_string())
        }
        // The decoders' own errors have no number of the system's.
        kind if error.raw_os_error().is_some() => UnpackError::Read(kind, error.to_string()),
        _ => UnpackError::Malformed(error.to_string()),
    }
}

/// A decoder that must give something: an empty file is no archive.
struct Whole<R> {
    inner: R,
    started: bool,
}

impl<R: Read> Whole<R> {
    const fn new(inner: R) -> Self {
        Self { inner, started: false }
    }
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !self.started && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "nothing is in it"));
        }
        self.started = true;
        Ok(read)
    }
}

/// Zstandard, frame after frame, with a bound on the window.
struct Zstd<R> {
    input: R,
    decoder: FrameDecoder,
    /// Whether the decoder is in a frame.
    inside: bool,
    frames: u64,
}

impl<R: BufRead> Zstd<R> {
    fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(MAX_WINDOW));
        Self { input, decoder, inside: false, frames: 0 }
    }

    /// Opens the next frame; there may be none.
    fn open(&mut self) -> io::Result<()> {
        while !self.inside && !self.input.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.input) {
                Ok(()) => {
                    self.inside = true;
                    self.frames += 1;
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.input).take(length), &mut io::sink())? != length {
                        return Err(invalid("a skippable frame is cut off"));
                    }
                }
                Err(FrameDecoderError::WindowSizeTooBig { .. }) => {
                    return Err(io::Error::new(io::ErrorKind::OutOfMemory, "window"));
                }
                Err(error) => return Err(invalid(&error.to_string())),
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            self.open()?;
            if !self.inside {
                return if self.frames > 0 { Ok(0) } else { Err(invalid("nothing is in it")) };
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let some = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.input, some);
                decoded.map_err(|error| invalid(&error.to_string()))?;
            }
            match self.decoder.read(buffer)? {
                0 => self.inside = false,
                read => return Ok(read),
            }
        }
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
