//! A DER writer (ITU-T X.690): just what certificates, SCTs and timestamp tokens need.
//!
//! Every function returns the whole element, tag and length included, so elements nest by concatenation.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One element: `tag`, definite length, `content`.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(low_byte(length));
    } else {
        let bytes = length.to_be_bytes();
        let significant: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
        out.push(0x80 | low_byte(significant.len()));
        out.extend(significant);
    }
    out.extend_from_slice(content);
    out
}

const fn low_byte(value: usize) -> u8 {
    value.to_le_bytes()[0]
}

/// SEQUENCE of the given elements.
pub(crate) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &elements.concat())
}

/// SET OF: DER demands the elements in ascending order (X.690 11.6).
pub(crate) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    tlv(0x31, &elements.concat())
}

/// `[n] EXPLICIT`.
pub(crate) fn explicit(n: u8, element: &[u8]) -> Vec<u8> {
    tlv(0xa0 | n, element)
}

/// BOOLEAN TRUE: the only one that DER writes where FALSE is the default.
pub(crate) fn boolean_true() -> Vec<u8> {
    tlv(0x01, &[0xff])
}

/// A non-negative INTEGER from big-endian bytes.
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
    if content.first().is_none_or(|b| b & 0x80 != 0) {
        content.insert(0, 0);
    }
    tlv(0x02, &content)
}

/// A small non-negative INTEGER.
pub(crate) fn integer(value: u64) -> Vec<u8> {
    unsigned(&value.to_be_bytes())
}

/// OBJECT IDENTIFIER from its arcs; at least two.
pub(crate) fn oid(arcs: &[u64]) -> Vec<u8> {
    let mut content = Vec::new();
    if let [first, second, rest @ ..] = arcs {
        base128(&mut content, first * 40 + second);
        for arc in rest {
            base128(&mut content, *arc);
        }
    }
    tlv(0x06, &content)
}

fn base128(out: &mut Vec<u8>, value: u64) {
    let groups = (1..10).take_while(|n| value >> (7 * n) != 0).count();
    for n in (0..=groups).rev() {
        let more = if n == 0 { 0 } else { 0x80 };
        out.push((value >> (7 * n)).to_le_bytes()[0] & 0x7f | more);
    }
}

/// OCTET STRING.
pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, bytes)
}

/// BIT STRING of whole bytes.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    bits_unused(bytes, 0)
}

/// BIT STRING whose last byte has `unused` bits that do not count.
pub(crate) fn bits_unused(bytes: &[u8], unused: u8) -> Vec<u8> {
    let mut content = vec![unused];
    content.extend_from_slice(bytes);
    tlv(0x03, &content)
}

/// NULL.
pub(crate) fn null() -> Vec<u8> {
    tlv(0x05, &[])
}

/// UTF8String.
pub(crate) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

/// A certificate's Time: UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5).
pub(crate) fn time(at: Timestamp) -> Vec<u8> {
    let text = digits(at);
    if at.to_zoned(TimeZone::UTC).year() < 2050 {
        tlv(0x17, text.get(2..).unwrap_or_default().as_bytes())
    } else {
        tlv(0x18, text.as_bytes())
    }
}

/// GeneralizedTime with whole seconds, or with the fraction as RFC 3161 2.4.2 writes it.
pub(crate) fn generalized_time(at: Timestamp, fraction: Option<&str>) -> Vec<u8> {
    let whole = digits(at);
    let text = fraction.map_or_else(|| whole.clone(), |f| format!("{}.{f}Z", whole.trim_end_matches('Z')));
    tlv(0x18, text.as_bytes())
}

fn digits(at: Timestamp) -> String {
    let t = at.to_zoned(TimeZone::UTC);
    format!("{:04}{:02}{:02}{:02}{:02}{:02}Z", t.year(), t.month(), t.day(), t.hour(), t.minute(), t.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(tlv(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(tlv(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn integers_are_minimal_and_not_negative() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(unsigned(&[0, 0, 1]), [2, 1, 1]);
    }

    #[test]
    fn object_identifiers_match_the_published_bytes() {
        // RFC 5280: id-ce-subjectAltName 2.5.29.17; Fulcio: 1.3.6.1.4.1.57264.1.8.
        assert_eq!(oid(&[2, 5, 29, 17]), [6, 3, 0x55, 0x1d, 0x11]);
        assert_eq!(oid(&[1, 3, 6, 1, 4, 1, 57264, 1, 8]), [6, 10, 0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, 8]);
    }

    #[test]
    fn times_change_form_in_2050() {
        let before: Timestamp = "2049-12-31T23:59:59Z".parse().unwrap();
        let after: Timestamp = "2050-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(time(before)[2..], *b"491231235959Z");
        assert_eq!(time(after)[2..], *b"20500101000000Z");
        assert_eq!(generalized_time(before, Some("25"))[2..], *b"20491231235959.25Z");
    }
}
