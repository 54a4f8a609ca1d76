//! The two files of minisign.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::MAX_FILE;
use super::error::{KeyError, Malformed, SignatureError};

const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

/// The eight bytes by which minisign names a key. They are random and prove nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    /// As minisign prints it: the bytes are a little-endian number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub(super) id: KeyId,
    pub(super) point: [u8; 32],
}

impl PublicKey {
    /// Reads a `.pub` file, or its second line alone, as `minisign -P` takes it.
    ///
    /// # Errors
    /// [`KeyError`] for everything else.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let text = text(bytes)?;
        let mut lines = Lines::new(text);
        let alone = !text.starts_with(UNTRUSTED);
        if !alone {
            let comment = lines.comment(UNTRUSTED)?;
            if comment.contains("secret key") {
                return Err(KeyError::Secret);
            }
        }
        let [a, b, rest @ ..] = lines.base64::<42>()?;
        lines.end()?;
        if [a, b] != *b"Ed" {
            return Err(KeyError::Algorithm);
        }
        let id = rest.first_chunk().copied().unwrap_or_default();
        let point = rest.last_chunk().copied().unwrap_or_default();
        Ok(Self { id: KeyId(id), point })
    }

    /// How the key is called.
    pub const fn id(&self) -> KeyId {
        self.id
    }
}

/// A signature, read and not yet believed.
#[derive(Debug, Clone)]
pub struct Signature {
    pub(super) hashed: bool,
    pub(super) id: KeyId,
    pub(super) over_file: [u8; 64],
    pub(super) comment: String,
    pub(super) over_comment: [u8; 64],
}

impl Signature {
    /// Reads a `.minisig` file.
    ///
    /// # Errors
    /// [`SignatureError`] for everything that is not its four lines.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        let mut lines = Lines::new(text(bytes)?);
        lines.comment(UNTRUSTED)?;
        let [a, b, rest @ ..] = lines.base64::<74>()?;
        let comment = lines.comment(TRUSTED)?.to_owned();
        let over_comment = lines.base64()?;
        lines.end()?;
        let hashed = match &[a, b] {
            b"ED" => true,
            b"Ed" => false,
            _ => return Err(SignatureError::Algorithm),
        };
        let id = rest.first_chunk().copied().unwrap_or_default();
        let over_file = rest.last_chunk().copied().unwrap_or([0; 64]);
        Ok(Self { hashed, id: KeyId(id), over_file, comment, over_comment })
    }

    /// Which key it names: a hint, which anyone can write.
    pub const fn issuer(&self) -> KeyId {
        self.id
    }
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    if bytes.len() > MAX_FILE {
        return Err(Malformed::TooLong { max: MAX_FILE });
    }
    std::str::from_utf8(bytes).map_err(|_| Malformed::NotText)
}

/// Lines, counted. What ends a line is no part of it, and a file that ends in the middle of its last one is whole.
struct Lines<'a> {
    rest: std::str::Lines<'a>,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.lines(), line: 0 }
    }

    fn next(&mut self) -> &'a str {
        self.line += 1;
        self.rest.next().unwrap_or_default()
    }

    fn comment(&mut self, prefix: &'static str) -> Result<&'a str, Malformed> {
        let line = self.next();
        let comment = line.strip_prefix(prefix).ok_or(Malformed::Comment { line: self.line, prefix })?;
        if comment.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Malformed::Control { line: self.line });
        }
        Ok(comment)
    }

    fn base64<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let decoded = STANDARD.decode(self.next()).ok().and_then(|bytes| bytes.try_into().ok());
        decoded.ok_or(Malformed::Base64 { line: self.line, bytes: N })
    }

    fn end(mut self) -> Result<(), Malformed> {
        self.line += 1;
        if self.rest.any(|line| !line.is_empty()) {
            return Err(Malformed::Outside { line: self.line });
        }
        Ok(())
    }
}
