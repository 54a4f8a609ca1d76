//! ASCII armor, of one block and nothing else (RFC 9580 6.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::{ArmorError, Malformed};

/// What a block says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// `PGP SIGNATURE`.
    Signature,
    /// `PGP PUBLIC KEY BLOCK`.
    PublicKey,
    /// `PGP PRIVATE KEY BLOCK`.
    PrivateKey,
    /// `PGP SIGNED MESSAGE`: text and its signature.
    Cleartext,
    /// `PGP MESSAGE`.
    Message,
}

const LABELS: [(&str, Label); 5] = [
    ("PGP SIGNATURE", Label::Signature),
    ("PGP PUBLIC KEY BLOCK", Label::PublicKey),
    ("PGP PRIVATE KEY BLOCK", Label::PrivateKey),
    ("PGP SIGNED MESSAGE", Label::Cleartext),
    ("PGP MESSAGE", Label::Message),
];

/// The headers that OpenPGP defines; what they say has no meaning here.
const HEADERS: [&str; 5] = ["Version", "Comment", "MessageID", "Hash", "Charset"];

/// Binary packets as they are, or the bytes of the one armored block with its label.
pub(super) fn open(bytes: &[u8], max: usize) -> Result<(Option<Label>, Vec<u8>), Malformed> {
    if bytes.len() > max {
        return Err(Malformed::TooLong { max });
    }
    match bytes.first() {
        None => Err(Malformed::Empty),
        // Every packet begins with this bit, and no text does.
        Some(first) if first & 0x80 != 0 => Ok((None, bytes.to_vec())),
        Some(_) => {
            let text = std::str::from_utf8(bytes).map_err(|_| ArmorError::NotText)?;
            Ok(block(text).map(|(label, bytes)| (Some(label), bytes))?)
        }
    }
}

/// A line and its number, from one. White space at the end of a line has no meaning.
type Line<'a> = (usize, &'a str);

fn block(text: &str) -> Result<(Label, Vec<u8>), ArmorError> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_ascii_end()));
    let first = lines.by_ref().find(|(_, line)| !line.is_empty()).ok_or(ArmorError::NoBegin)?;
    let (name, label) = begun(first.1).ok_or(ArmorError::NoBegin)?;
    // What follows is text, and no base64: the caller refuses it by its label.
    if label == Label::Cleartext {
        return Ok((label, Vec::new()));
    }
    headers(&mut lines)?;
    let bytes = content(&mut lines, name)?;
    match lines.find(|(_, line)| !line.is_empty()) {
        Some((line, _)) => Err(ArmorError::Outside { line }),
        None => Ok((label, bytes)),
    }
}

fn begun(line: &str) -> Option<(&'static str, Label)> {
    let name = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
    LABELS.into_iter().find(|(known, _)| *known == name)
}

/// Headers to the empty line that ends them.
fn headers<'a>(lines: &mut impl Iterator<Item = Line<'a>>) -> Result<(), ArmorError> {
    for (line, text) in lines {
        if text.is_empty() {
            return Ok(());
        }
        // "a colon (':' 0x3A) and a single space (0x20)"
        let known = text.split_once(": ").is_some_and(|(name, _)| HEADERS.contains(&name));
        if !known {
            return Err(ArmorError::Header { line });
        }
    }
    Err(ArmorError::NoEnd)
}

fn content<'a>(lines: &mut impl Iterator<Item = Line<'a>>, name: &str) -> Result<Vec<u8>, ArmorError> {
    let mut text = String::new();
    let mut checksum = None;
    for (line, one) in lines {
        if let Some(end) = one.strip_prefix("-----") {
            let ends = end.strip_prefix("END ").and_then(|end| end.strip_suffix("-----")) == Some(name);
            return if ends { decoded(&text, line, checksum) } else { Err(ArmorError::NoEnd) };
        }
        if checksum.is_some() || one.is_empty() {
            return Err(ArmorError::Base64 { line });
        }
        match one.strip_prefix('=') {
            Some(sum) => checksum = Some(STANDARD.decode(sum).map_err(|_| ArmorError::Base64 { line })?),
            None => text.push_str(one),
        }
    }
    Err(ArmorError::NoEnd)
}

/// The bytes; a checksum may be absent (RFC 9580 6.1), and must be right where it is.
fn decoded(text: &str, line: usize, checksum: Option<Vec<u8>>) -> Result<Vec<u8>, ArmorError> {
    let bytes = STANDARD.decode(text).map_err(|_| ArmorError::Base64 { line: line - 1 })?;
    match checksum {
        Some(sum) if sum != crc24(&bytes).to_be_bytes()[1..] => Err(ArmorError::Checksum),
        _ => Ok(bytes),
    }
}

/// RFC 9580 6.1.1.
fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00b7_04ce, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 16), |crc, _| {
            let next = crc << 1;
            if next & 0x0100_0000 == 0 { next } else { next ^ 0x0186_4cfb }
        })
    })
}

#[cfg(test)]
mod tests;
