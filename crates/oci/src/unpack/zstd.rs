//! Zstandard (RFC 8878). The decoder pulls its input, so it runs on a thread of its own behind a short channel.

use std::io::{self, Read, Write as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{Counted, MAX_WINDOW, UnpackError, Unpacked};

/// Pieces that wait for the decoder.
const WAITING: usize = 2;
/// Bytes that are taken from the decoder at a time.
const TAKEN: usize = 64 * 1024;

/// The decoder's end of the channel, and its thread.
pub(super) struct Pipe {
    pieces: Option<SyncSender<Vec<u8>>>,
    decoder: Option<JoinHandle<Result<Unpacked, UnpackError>>>,
}

impl Pipe {
    pub(super) fn start(out: Counted) -> Result<Self, UnpackError> {
        let (pieces, received) = sync_channel(WAITING);
        let input = Pieces { received, piece: Vec::new(), at: 0 };
        let decoder = std::thread::Builder::new()
            .name("proofmark-zstd".to_owned())
            .spawn(move || decode(input, out))
            .map_err(|error| UnpackError::Limit(format!("no thread to unpack a layer: {error}")))?;
        Ok(Self { pieces: Some(pieces), decoder: Some(decoder) })
    }

    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), UnpackError> {
        let gone = self.pieces.as_ref().is_none_or(|pieces| pieces.send(piece.to_vec()).is_err());
        // The decoder stops listening when it has failed.
        if gone { self.end().map(|_| ()) } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<Unpacked, UnpackError> {
        self.end()
    }

    fn end(&mut self) -> Result<Unpacked, UnpackError> {
        self.pieces = None;
        let broken = || UnpackError::Malformed("the layer cannot be unpacked: the decoder failed".to_owned());
        let decoder = self.decoder.take().ok_or_else(broken)?;
        decoder.join().unwrap_or_else(|_| Err(broken()))
    }
}

/// What was pushed, as a reader.
struct Pieces {
    received: Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Pieces {
    /// What is left of the piece; waits for the next one, and is empty at the end.
    fn left(&mut self) -> &[u8] {
        while self.at == self.piece.len() {
            let Ok(next) = self.received.recv() else { return &[] };
            (self.piece, self.at) = (next, 0);
        }
        self.piece.get(self.at..).unwrap_or_default()
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.left().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Frame after frame: `zstd:chunked` layers and those of parallel compressors have many.
fn decode(mut input: Pieces, mut out: Counted) -> Result<Unpacked, UnpackError> {
    let broken =
        |why: &dyn std::fmt::Display| UnpackError::Malformed(format!("the layer cannot be unpacked: {why}"));
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(MAX_WINDOW);
    let mut taken = vec![0; TAKEN];
    let mut frames = 0_u64;
    while !input.left().is_empty() {
        // An empty frame costs time as well.
        out.take(&[]).map_err(|error| out.told(&error))?;
        match StreamingDecoder::new_with_decoder(&mut input, &mut decoder) {
            Ok(mut frame) => {
                frames += 1;
                loop {
                    let read = frame.read(&mut taken).map_err(|error| broken(&error))?;
                    if read == 0 {
                        break;
                    }
                    out.write_all(taken.get(..read).unwrap_or_default()).map_err(|error| out.told(&error))?;
                }
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let skipped = io::copy(&mut (&mut input).take(u64::from(length)), &mut io::sink());
                if skipped.ok() != Some(u64::from(length)) {
                    return Err(broken(&"a skippable frame is cut off"));
                }
            }
            Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                let cap = format!("a layer asks for a window of {requested} bytes, and may for {MAX_WINDOW}");
                return Err(UnpackError::Limit(cap));
            }
            Err(error) => return Err(broken(&error)),
        }
    }
    if frames == 0 {
        return Err(broken(&"it holds no frame"));
    }
    Ok(out.finish())
}
