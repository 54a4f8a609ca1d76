//! Subpackets of signatures (RFC 9580 5.2.3.7 and after).

use super::Fingerprint;
use super::error::Malformed;
use crate::cursor::Cursor;

/// Subpackets of one area.
const MAX_SUBPACKETS: usize = 256;

const WRONG: Malformed = Malformed::Body { what: "signature's subpackets" };

/// Kinds that are evaluated, or that say nothing about whether a signature holds (preferences, policies, names). Notations
/// are not among them: one that is critical changes what was signed in a way that nobody here knows.
const KNOWN: [u8; 21] = [2, 3, 4, 7, 9, 11, 12, 16, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 34];

/// What one area of a signature says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Area {
    /// When the signature was made, in seconds since 1970.
    pub(super) created: Option<u32>,
    /// Seconds that the signature holds; 0 is for ever.
    pub(super) lifetime: Option<u32>,
    /// Seconds that the key holds, from its creation; 0 is for ever.
    pub(super) key_lifetime: Option<u32>,
    /// The first octet of the key flags.
    pub(super) flags: Option<u8>,
    /// The issuer's key ID.
    pub(super) issuer_id: Option<u64>,
    /// The issuer's fingerprint.
    pub(super) issuer: Option<Fingerprint>,
    /// Who else may revoke the key.
    pub(super) revokers: Vec<Fingerprint>,
    /// The code of a revocation's reason.
    pub(super) reason: Option<u8>,
    /// Signatures in it.
    pub(super) embedded: Vec<Vec<u8>>,
    /// The first critical kind that is not known.
    pub(super) critical: Option<u8>,
}

impl Area {
    /// Reads an area. A kind that says something here may stand once.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut area = Self::default();
        let mut cursor = Cursor::new(bytes);
        let mut count = 0;
        while !cursor.is_empty() {
            count += 1;
            let length = length(&mut cursor).filter(|_| count <= MAX_SUBPACKETS).ok_or(WRONG)?;
            let (kind, body) = cursor.take(length).and_then(<[u8]>::split_first).ok_or(WRONG)?;
            area.take(kind & 0x7f, kind & 0x80 != 0, body)?;
        }
        Ok(area)
    }

    fn take(&mut self, kind: u8, critical: bool, body: &[u8]) -> Result<(), Malformed> {
        if critical && !KNOWN.contains(&kind) {
            self.critical.get_or_insert(kind);
        }
        match kind {
            2 => once(&mut self.created, number(body)),
            3 => once(&mut self.lifetime, number(body)),
            9 => once(&mut self.key_lifetime, number(body)),
            12 => revoker(body).map(|by| self.revokers.push(by)).ok_or(WRONG),
            16 => once(&mut self.issuer_id, body.try_into().ok().map(u64::from_be_bytes)),
            // Flags end where they are no longer needed: none is no flag.
            27 => once(&mut self.flags, Some(body.first().copied().unwrap_or(0))),
            29 => once(&mut self.reason, body.first().copied()),
            32 => {
                self.embedded.push(body.to_vec());
                Ok(())
            }
            // Those of other versions are not of keys that are read here.
            33 if body.first() == Some(&4) => once(&mut self.issuer, fingerprint(&body[1..])),
            _ => Ok(()),
        }
    }
}

fn once<T>(place: &mut Option<T>, value: Option<T>) -> Result<(), Malformed> {
    if place.is_some() || value.is_none() {
        return Err(WRONG);
    }
    *place = value;
    Ok(())
}

fn number(body: &[u8]) -> Option<u32> {
    body.try_into().ok().map(u32::from_be_bytes)
}

fn fingerprint(body: &[u8]) -> Option<Fingerprint> {
    body.try_into().ok().map(Fingerprint::from_bytes)
}

/// "1 octet of class, 1 octet of public-key algorithm ID, 20 octets of fingerprint."
fn revoker(body: &[u8]) -> Option<Fingerprint> {
    fingerprint(body.get(2..)?)
}

fn length(cursor: &mut Cursor<'_>) -> Option<usize> {
    let length = match cursor.u8()? {
        short @ 0..=191 => u32::from(short),
        high @ 192..=254 => ((u32::from(high) - 192) << 8) + u32::from(cursor.u8()?) + 192,
        255 => cursor.u32()?,
    };
    usize::try_from(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRITICAL: u8 = 0x80;

    #[test]
    fn what_is_said() {
        let area = Area::parse(&[
            5,
            2,
            0,
            0,
            0,
            9,
            9,
            16,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            7,
            2,
            CRITICAL + 27,
            3,
            1,
            100,
            2,
            CRITICAL + 77,
            0,
        ]);
        let area = area.unwrap();
        assert_eq!((area.created, area.issuer_id, area.flags), (Some(9), Some(7), Some(3)));
        assert_eq!(area.critical, Some(77));
        // A critical notation is not known; one that is not critical does no harm.
        assert_eq!(Area::parse(&[2, CRITICAL + 20, 0]).unwrap().critical, Some(20));
        assert_eq!(Area::parse(&[2, 20, 0]).unwrap(), Area::default());
        let long = [&[192, 10, 20][..], &[0; 201]].concat();
        assert_eq!(Area::parse(&long).unwrap(), Area::default());
        let longest = [&[255, 0, 0, 0, 2, 20][..], &[0]].concat();
        assert_eq!(Area::parse(&longest).unwrap(), Area::default());
    }

    #[test]
    fn what_is_no_area() {
        let created = [5, 2, 0, 0, 0, 9];
        for bad in [
            &[0][..],
            &[9, 2, 0],
            &[3, 2, 0, 0],
            &[created, created].concat(),
            &[255, 255, 255, 255, 255, 2],
            &[3, 12, 0x80, 1],
            &[1, 29],
            &[2, 20, 0].repeat(MAX_SUBPACKETS + 1),
        ] {
            assert_eq!(Area::parse(bad), Err(WRONG), "{bad:?}");
        }
    }
}
