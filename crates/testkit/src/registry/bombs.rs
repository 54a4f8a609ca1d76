//! Content that costs its reader more than its writer.

use proofmark_core::Digest;
use serde_json::{Value, json};

use super::Registry;
use super::image::Pushed;

/// `[[[…]]]` of this depth.
pub fn deep_json(depth: usize) -> Vec<u8> {
    [vec![b'['; depth], vec![b']'; depth]].concat()
}

/// A gzip member (RFC 1952) of spaces: about one byte for 160.
pub fn gzip(unpacked: usize) -> Vec<u8> {
    let mut bits = BitWriter::default();
    // One last block with fixed codes (RFC 1951 3.2.6).
    bits.push(0b1, 1);
    bits.push(0b01, 2);
    let mut written = 0;
    if unpacked > 0 {
        bits.literal(b' ');
        written = 1;
    }
    while unpacked - written >= 258 {
        // Length 258 is code 285, eight bits 11000101; distance 1 is code 0, five bits.
        bits.push_reversed(0b1100_0101, 8);
        bits.push_reversed(0, 5);
        written += 258;
    }
    for _ in written..unpacked {
        bits.literal(b' ');
    }
    bits.push_reversed(0, 7);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(bits.finish());
    out.extend(crc32_of_spaces(unpacked).to_le_bytes());
    out.extend(u32::try_from(unpacked % (1 << 32)).unwrap_or_default().to_le_bytes());
    out
}

/// RFC 1952 8, over `count` spaces; in as many steps as `count` has bits, so that a large bomb costs its maker nothing.
fn crc32_of_spaces(count: usize) -> u32 {
    let (mut crc, mut step, mut left) = (!0, Step::of_space(), count);
    while left > 0 {
        if left & 1 == 1 {
            crc = step.apply(crc);
        }
        step = step.twice();
        left >>= 1;
    }
    !crc
}

/// What some bytes do to a checksum: affine over GF(2), so known from what it does to zero and to each bit.
struct Step {
    of_zero: u32,
    of_bits: [u32; 32],
}

impl Step {
    fn from(step: impl Fn(u32) -> u32) -> Self {
        Self { of_zero: step(0), of_bits: std::array::from_fn(|bit| step(1 << bit)) }
    }

    fn of_space() -> Self {
        let shift = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        Self::from(|crc| (0..8).fold(crc ^ u32::from(b' '), |crc, _| shift(crc)))
    }

    fn apply(&self, crc: u32) -> u32 {
        let set = self.of_bits.iter().enumerate().filter(|(bit, _)| crc >> bit & 1 == 1);
        set.fold(self.of_zero, |sum, (_, of_bit)| sum ^ of_bit ^ self.of_zero)
    }

    fn twice(&self) -> Self {
        Self::from(|crc| self.apply(self.apply(crc)))
    }
}

#[derive(Default)]
struct BitWriter {
    out: Vec<u8>,
    hold: u32,
    held: u32,
}

impl BitWriter {
    /// The lowest bit first.
    fn push(&mut self, value: u32, width: u32) {
        self.hold |= value << self.held;
        self.held += width;
        while self.held >= 8 {
            self.out.push(self.hold.to_le_bytes()[0]);
            self.hold >>= 8;
            self.held -= 8;
        }
    }

    /// Huffman codes go highest bit first.
    fn push_reversed(&mut self, code: u32, width: u32) {
        self.push(code.reverse_bits() >> (32 - width), width);
    }

    /// A literal below 144: eight bits from 00110000 on.
    fn literal(&mut self, byte: u8) {
        self.push_reversed(0b0011_0000 + u32::from(byte), 8);
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0, (8 - self.held) % 8);
        self.out
    }
}

impl Registry {
    /// Indexes in `levels`, each listing the one below twice: 2^levels paths over as many manifests as levels. Gives
    /// the top; at the bottom is `leaf`.
    pub fn push_index_bomb(&self, repository: &str, levels: usize, leaf: &Pushed) -> Pushed {
        (0..levels).fold(leaf.clone(), |below, level| {
            let entry = |side: &str| {
                let mut descriptor = below.descriptor();
                descriptor["annotations"] = json!({ "side": side, "level": level.to_string() });
                descriptor
            };
            self.push_index_of(repository, vec![entry("left"), entry("right")])
        })
    }

    /// Attaches `count` distinct bundles that verify nowhere; each has a manifest and a blob of its own.
    pub fn attach_junk(&self, repository: &str, subject: &Pushed, count: usize) {
        let media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
        for n in 0..count {
            let junk = json!({ "mediaType": media_type, "junk": n }).to_string();
            self.attach(
                repository,
                subject,
                media_type,
                junk.as_bytes(),
                Some("https://sigstore.dev/cosign/sign/v1"),
            );
        }
    }

    /// Lists `count` referrers of which nothing else exists: a list alone costs its reader.
    pub fn list_absent_referrers(&self, repository: &str, subject: &Digest, count: usize) {
        let mut state = self.shared.lock();
        let list = state.store.repository(repository).referrers.entry(subject.to_string()).or_default();
        list.extend((0..count).map(absent_descriptor));
    }
}

fn absent_descriptor(n: usize) -> Value {
    json!({
        "mediaType": super::MEDIA_MANIFEST,
        "digest": Digest::sha256(format!("absent {n}").as_bytes()).to_string(),
        "size": 1000,
        "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gzip_member_has_the_published_checksum_and_stays_small() {
        // CRC-32 of nothing and of one space, by RFC 1952's polynomial.
        assert_eq!(crc32_of_spaces(0), 0);
        assert_eq!(crc32_of_spaces(1), 0xe96c_cf45);
        // Of 1,000 and of a million spaces, by Python's zlib.crc32.
        assert_eq!(crc32_of_spaces(1000), 0xcd93_e382);
        assert_eq!(crc32_of_spaces(1_000_000), 0xcb26_08d7);
        let bomb = gzip(1 << 20);
        assert!(bomb.len() < 8192, "{}", bomb.len());
        assert_eq!(bomb[bomb.len() - 4..], (1_u32 << 20).to_le_bytes());
    }

    #[test]
    fn deep_json_is_as_deep_as_asked() {
        assert_eq!(deep_json(3), b"[[[]]]");
    }
}
