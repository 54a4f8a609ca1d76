//! Bodies: honest, wrong in length, slow, endless.

use std::io::{self, Write};
use std::time::Duration;

/// A body and how it is sent.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// With its length.
    Bytes(Vec<u8>),
    /// With a length that is not its own; the connection ends after it.
    Claimed { bytes: Vec<u8>, length: u64 },
    /// With its length, a few bytes a second.
    Slow { bytes: Vec<u8>, per_second: u64 },
    /// Zeros until the client has enough; `None` is chunked.
    Endless(Option<u64>),
    /// Nothing at all, not even a head; the connection ends.
    Reset,
    /// Nothing at all, and the connection stays.
    Silent,
}

impl Body {
    /// The bytes of an honest body.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) | Self::Claimed { bytes, .. } | Self::Slow { bytes, .. } => bytes,
            Self::Endless(_) | Self::Reset | Self::Silent => &[],
        }
    }

    /// The header line that frames it.
    pub(crate) fn length_header(&self) -> String {
        match self {
            Self::Bytes(bytes) | Self::Slow { bytes, .. } => format!("Content-Length: {}\r\n", bytes.len()),
            Self::Claimed { length, .. } | Self::Endless(Some(length)) => {
                format!("Content-Length: {length}\r\n")
            }
            Self::Endless(None) => "Transfer-Encoding: chunked\r\n".to_owned(),
            Self::Reset | Self::Silent => String::new(),
        }
    }

    /// Writes head and body; whether the connection may be used again.
    pub(crate) fn write(
        &self,
        out: &mut dyn Write,
        head: &[u8],
        stopped: &dyn Fn() -> bool,
    ) -> io::Result<bool> {
        match self {
            Self::Reset => return Ok(false),
            Self::Silent => {
                while !stopped() {
                    std::thread::sleep(Duration::from_millis(20));
                }
                return Ok(false);
            }
            _ => {}
        }
        match self {
            Self::Bytes(bytes) => {
                // One write, so that small answers are one packet.
                out.write_all(&[head, bytes].concat())?;
                return Ok(true);
            }
            _ => out.write_all(head)?,
        }
        match self {
            Self::Claimed { bytes, .. } => out.write_all(bytes)?,
            Self::Slow { bytes, per_second } => trickle(out, bytes, *per_second, stopped)?,
            Self::Endless(length) => flood(out, length.is_none(), stopped)?,
            Self::Bytes(_) | Self::Reset | Self::Silent => {}
        }
        Ok(false)
    }
}

fn trickle(out: &mut dyn Write, bytes: &[u8], per_second: u64, stopped: &dyn Fn() -> bool) -> io::Result<()> {
    let pause = Duration::from_micros(1_000_000 / per_second.max(1));
    for byte in bytes {
        if stopped() {
            break;
        }
        out.write_all(&[*byte])?;
        out.flush()?;
        std::thread::sleep(pause);
    }
    Ok(())
}

/// Ends when the client hangs up or the registry stops.
fn flood(out: &mut dyn Write, chunked: bool, stopped: &dyn Fn() -> bool) -> io::Result<()> {
    let zeros = vec![b' '; 64 * 1024];
    while !stopped() {
        if chunked {
            out.write_all(b"10000\r\n")?;
        }
        out.write_all(&zeros)?;
        if chunked {
            out.write_all(b"\r\n")?;
        }
    }
    Ok(())
}
