//! Content digests, parsed strictly.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

/// A hash algorithm that proofmark accepts for content addressing (OCI image-spec, descriptor digests).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256: 64 hexadecimal digits.
    Sha256,
    /// SHA-512: 128 hexadecimal digits.
    Sha512,
}

impl Algorithm {
    /// The name as written before the colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The other one: the same bytes have a digest by each.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Sha256 => Self::Sha512,
            Self::Sha512 => Self::Sha256,
        }
    }

    /// The number of hexadecimal digits of a digest.
    pub const fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// Why a string is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// No `algorithm:hex` shape.
    #[error("a digest is written algorithm:hex")]
    Shape,
    /// An algorithm other than sha256 and sha512.
    #[error("digest algorithm is neither sha256 nor sha512")]
    Algorithm,
    /// The wrong number of digits.
    #[error("{} digest has {found} digits, not {}", algorithm.as_str(), algorithm.hex_len())]
    Length {
        /// The algorithm named.
        algorithm: Algorithm,
        /// Digits found.
        found: usize,
    },
    /// A character other than 0-9 and a-f; upper case is refused, as OCI demands.
    #[error("digest has a character other than 0-9 and a-f")]
    Digit,
}

/// `algorithm:hex`, lower case, of a known algorithm and of its exact length.
///
/// Strict at the boundary (CVE-2024-3727: digests such as `sha256:../../x` became paths).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

impl Digest {
    /// Parses `sha256:…` or `sha512:…`.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text.split_once(':').ok_or(DigestError::Shape)?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => return Err(DigestError::Algorithm),
        };
        if hex.len() != algorithm.hex_len() {
            return Err(DigestError::Length { algorithm, found: hex.len() });
        }
        if !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError::Digit);
        }
        Ok(Self { algorithm, hex: hex.to_owned() })
    }

    /// The SHA-256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::of(Algorithm::Sha256, bytes)
    }

    /// The digest of `bytes` by `algorithm`.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let hex = match algorithm {
            Algorithm::Sha256 => to_hex(&Sha256::digest(bytes)),
            Algorithm::Sha512 => to_hex(&Sha512::digest(bytes)),
        };
        Self { algorithm, hex }
    }

    /// Whether `bytes` hash to this digest.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        Self::of(self.algorithm, bytes) == *self
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hexadecimal digits, lower case.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The first twelve digits: for people, never for comparison.
    pub fn short(&self) -> &str {
        self.hex.get(..12).unwrap_or(&self.hex)
    }

    /// The raw bytes of the hash.
    pub fn to_bytes(&self) -> Vec<u8> {
        let value = |b: u8| if b.is_ascii_digit() { b - b'0' } else { b - b'a' + 10 };
        self.hex.as_bytes().chunks_exact(2).map(|pair| value(pair[0]) * 16 + value(pair[1])).collect()
    }
}

/// Hashes what comes piece by piece, so that it need not be held.
#[derive(Debug, Clone)]
pub struct Hasher(Hashing);

#[derive(Debug, Clone)]
enum Hashing {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => Hashing::Sha256(Sha256::new()),
            Algorithm::Sha512 => Hashing::Sha512(Sha512::new()),
        })
    }

    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Hashing::Sha256(hasher) => hasher.update(bytes),
            Hashing::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all pieces together.
    pub fn finish(self) -> Digest {
        let (algorithm, hex) = match self.0 {
            Hashing::Sha256(hasher) => (Algorithm::Sha256, to_hex(&hasher.finalize())),
            Hashing::Sha512(hasher) => (Algorithm::Sha512, to_hex(&hasher.finalize())),
        };
        Digest { algorithm, hex }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn hashes_and_round_trips() {
        let digest = Digest::sha256(b"");
        assert_eq!(digest.to_string(), EMPTY);
        assert_eq!(Digest::parse(EMPTY).unwrap(), digest);
        assert!(digest.matches(b"") && !digest.matches(b"x"));
        assert_eq!(digest.to_bytes()[..2], [0xe3, 0xb0]);
        assert_eq!(Digest::of(Algorithm::Sha512, b"").hex().len(), 128);
    }

    /// REF-03: digest strings that later become paths or are compared loosely.
    #[test]
    fn ref_03_refuses_what_is_not_a_digest() {
        let upper = EMPTY.replace('e', "E");
        let long = format!("{EMPTY}0");
        for bad in
            ["", "sha256:", "sha256:../../x", "md5:00", "SHA256:00", "e3b0", &upper, &long, &EMPTY[..70]]
        {
            assert!(Digest::parse(bad).is_err(), "{bad}");
        }
        let path = format!("sha256:{:a<64}", "../../etc/passwd");
        assert_eq!(Digest::parse(&path), Err(DigestError::Digit));
    }
}
