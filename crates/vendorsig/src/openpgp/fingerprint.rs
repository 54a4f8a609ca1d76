//! Fingerprints of version 4 keys.

use std::fmt;

use aws_lc_rs::digest;

/// The SHA-1 of a version 4 key packet (RFC 9580 5.5.4.2). It names a key and proves nothing: the key's bytes are the caller's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 20]);

impl Fingerprint {
    /// From 40 hexadecimal digits of either case; spaces between them are let be, as `gpg` prints them.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = text.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16));
        let mut bytes = [0; 20];
        for byte in &mut bytes {
            let pair = digits.next()?? * 16 + digits.next()??;
            *byte = u8::try_from(pair).ok()?;
        }
        digits.next().is_none().then_some(Self(bytes))
    }

    pub(super) const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    pub(super) fn of(framed: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, framed);
        Self(hash.as_ref().try_into().unwrap_or([0; 20]))
    }

    /// The key ID: the last eight bytes.
    pub fn key_id(&self) -> u64 {
        self.0[12..].iter().fold(0, |id, byte| (id << 8) | u64::from(*byte))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_digits_and_nothing_else() {
        let text = "3FEF9748469ADBE15DA7CA80AC2D62742012EA22";
        let spaced = "3fef 9748 469a dbe1 5da7  ca80 ac2d 6274 2012 ea22";
        let read = Fingerprint::parse(text).unwrap();
        assert_eq!(Fingerprint::parse(spaced), Some(read));
        assert_eq!((read.to_string().as_str(), read.key_id()), (text, 0xAC2D_6274_2012_EA22));
        for bad in ["", &text[1..], &format!("{text}0"), &format!("0x{text}"), &text.replace('3', "g")] {
            assert_eq!(Fingerprint::parse(bad), None, "{bad}");
        }
    }
}
