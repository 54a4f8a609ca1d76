//! Packets and numbers (RFC 9580 3.2, 4.2).

use super::error::Malformed;
use crate::cursor::Cursor;

/// Packets of one file.
const MAX_PACKETS: usize = 4096;

/// Bits of a number: twice the largest key that is verified by.
const MAX_BITS: u16 = 16_384;

/// A signature.
pub(super) const SIGNATURE: u8 = 2;
/// A secret key, and a secret subkey.
pub(super) const SECRET: [u8; 2] = [5, 7];
/// A public key.
pub(super) const PUBLIC_KEY: u8 = 6;
/// A user ID.
pub(super) const USER_ID: u8 = 13;
/// A public subkey.
pub(super) const PUBLIC_SUBKEY: u8 = 14;
/// A user attribute, such as a picture.
pub(super) const USER_ATTRIBUTE: u8 = 17;

/// One packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// The kind of the first packet, whatever its length is: what is something else altogether is told as that.
pub(super) fn first_tag(bytes: &[u8]) -> Option<u8> {
    let first = *bytes.first()?;
    (first & 0x80 != 0).then_some(if first & 0x40 == 0 { (first >> 2) & 0xf } else { first & 0x3f })
}

/// All packets, to the last byte.
pub(super) fn packets(bytes: &[u8]) -> Result<Vec<Packet<'_>>, Malformed> {
    let mut all = Vec::new();
    let mut cursor = Cursor::new(bytes);
    while !cursor.is_empty() {
        if all.len() == MAX_PACKETS {
            return Err(Malformed::TooMany { max: MAX_PACKETS });
        }
        let at = bytes.len() - cursor.rest().len();
        all.push(packet(&mut cursor, at)?);
    }
    if all.is_empty() { Err(Malformed::Empty) } else { Ok(all) }
}

fn packet<'a>(cursor: &mut Cursor<'a>, at: usize) -> Result<Packet<'a>, Malformed> {
    let cut = Malformed::CutOff { at };
    let first = cursor.u8().ok_or(cut)?;
    if first & 0x80 == 0 {
        return Err(Malformed::NoPacket { at });
    }
    let (tag, length) = if first & 0x40 == 0 {
        let length = match first & 3 {
            0 => cursor.u8().map(u32::from),
            1 => cursor.u16().map(u32::from),
            2 => cursor.u32(),
            _ => return Err(Malformed::NoLength { at }),
        };
        ((first >> 2) & 0xf, length.ok_or(cut)?)
    } else {
        (first & 0x3f, new_length(cursor, at)?)
    };
    if tag == 0 {
        return Err(Malformed::NoPacket { at });
    }
    let body = usize::try_from(length).ok().and_then(|length| cursor.take(length)).ok_or(cut)?;
    Ok(Packet { tag, body })
}

/// A length of the newer form.
fn new_length(cursor: &mut Cursor<'_>, at: usize) -> Result<u32, Malformed> {
    let cut = Malformed::CutOff { at };
    match cursor.u8().ok_or(cut)? {
        short @ 0..=191 => Ok(u32::from(short)),
        high @ 192..=223 => Ok(((u32::from(high) - 192) << 8) + u32::from(cursor.u8().ok_or(cut)?) + 192),
        255 => cursor.u32().ok_or(cut),
        // A part of a packet.
        _ => Err(Malformed::NoLength { at }),
    }
}

/// A multiprecision integer, without leading zeros: its bits must be those that it says.
pub(super) fn mpi<'a>(cursor: &mut Cursor<'a>, what: &'static str) -> Result<&'a [u8], Malformed> {
    let wrong = Malformed::Body { what };
    let bits = cursor.u16().filter(|bits| (1..=MAX_BITS).contains(bits)).ok_or(wrong)?;
    let bytes = cursor.take(usize::from(bits.div_ceil(8))).ok_or(wrong)?;
    let first = bytes.first().copied().ok_or(wrong)?;
    let unused = u32::from(bits.div_ceil(8) * 8 - bits);
    if first.leading_zeros() == unused { Ok(bytes) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(bytes: &[u8]) -> Result<Vec<(u8, usize)>, Malformed> {
        Ok(packets(bytes)?.iter().map(|one| (one.tag, one.body.len())).collect())
    }

    #[test]
    fn lengths_of_both_forms() {
        assert_eq!(tags(&[0x88, 1, 9, 0xc2, 1, 9]), Ok(vec![(2, 1), (2, 1)]));
        assert_eq!(tags(&[0x89, 0, 1, 9]), Ok(vec![(2, 1)]));
        assert_eq!(tags(&[0x8a, 0, 0, 0, 1, 9]), Ok(vec![(2, 1)]));
        assert_eq!(tags(&[0xc2, 255, 0, 0, 0, 1, 9]), Ok(vec![(2, 1)]));
        let two_octets = [&[0xc2, 192, 8][..], &[7; 200]].concat();
        assert_eq!(tags(&two_octets), Ok(vec![(2, 200)]));
    }

    #[test]
    fn what_is_no_packet() {
        assert_eq!(tags(&[]), Err(Malformed::Empty));
        assert_eq!(tags(&[0x88, 0, 0x08]), Err(Malformed::NoPacket { at: 2 }));
        assert_eq!(tags(&[0x80, 0]), Err(Malformed::NoPacket { at: 0 }));
        assert_eq!(tags(&[0x8b, 1, 2]), Err(Malformed::NoLength { at: 0 }));
        assert_eq!(tags(&[0xc2, 224, 1]), Err(Malformed::NoLength { at: 0 }));
        assert_eq!(tags(&[0xc2, 254, 1]), Err(Malformed::NoLength { at: 0 }));
        assert_eq!(tags(&[0xc2, 255, 255, 255, 255, 255, 1]), Err(Malformed::CutOff { at: 0 }));
        assert_eq!(tags(&[0x88, 0, 0x88, 2, 1]), Err(Malformed::CutOff { at: 2 }));
        let many = [0x88, 0].repeat(MAX_PACKETS + 1);
        assert_eq!(tags(&many), Err(Malformed::TooMany { max: MAX_PACKETS }));
    }

    #[test]
    fn numbers_say_their_bits() {
        let read = |bytes: &[u8]| mpi(&mut Cursor::new(bytes), "number").ok().map(<[u8]>::to_vec);
        assert_eq!(read(&[0, 9, 1, 255]), Some(vec![1, 255]));
        for bad in [&[0, 0][..], &[0, 9, 2, 255], &[0, 9, 0, 255], &[0, 9, 1], &[0xff, 0xff, 1], &[0]] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
