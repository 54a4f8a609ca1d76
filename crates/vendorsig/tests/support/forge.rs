//! A key and a signature of it, each part of which can be made wrong.

use proofmark_core::Timestamp;
use proofmark_vendorsig::openpgp::{Key, KeyProblem, Rejection, Signature, Verified, Verifier};

use crate::support::{Pair, framed_user, made, packet, sub};

pub(crate) const FILE: &[u8] = b"the executable\n";
pub(crate) const BORN: u32 = 1_600_000_000;
pub(crate) const SIGNED: u32 = 1_700_000_000;
pub(crate) const NOW: i64 = 1_790_000_000;
pub(crate) const USER: &str = "Vendor";
pub(crate) const SIGNS: [u8; 1] = [0x03];

/// What a file is signed by: a primary key, and signatures over it.
pub(crate) struct Forge {
    pub(crate) primary: Pair,
    pub(crate) packets: Vec<Vec<u8>>,
}

impl Forge {
    pub(crate) fn new() -> Self {
        let primary = Pair::new(1, BORN);
        let packets = vec![packet(6, &primary.body)];
        Self { primary, packets }
    }

    /// The key with a self-signature of these subpackets, as an honest one has it.
    pub(crate) fn bound(subpackets: &[Vec<u8>]) -> Self {
        Self::new().user(USER).certified(0x13, subpackets)
    }

    pub(crate) fn honest() -> Self {
        Self::bound(&[made(BORN), sub(27, &SIGNS)])
    }

    pub(crate) fn and(mut self, tag: u8, body: &[u8]) -> Self {
        self.packets.push(packet(tag, body));
        self
    }

    pub(crate) fn user(self, name: &str) -> Self {
        self.and(13, name.as_bytes())
    }

    pub(crate) fn covered(&self) -> Vec<u8> {
        [self.primary.framed(), framed_user(USER)].concat()
    }

    pub(crate) fn certified(self, kind: u8, subpackets: &[Vec<u8>]) -> Self {
        let body = self.primary.sign(kind, &self.covered(), subpackets, &[]);
        self.and(2, &body)
    }

    /// A signature over the primary key alone, right after it.
    pub(crate) fn direct(mut self, by: &Pair, kind: u8, subpackets: &[Vec<u8>]) -> Self {
        let body = by.sign(kind, &self.primary.framed(), subpackets, &[]);
        self.packets.insert(1, packet(2, &body));
        self
    }

    /// A subkey with its binding of these subpackets, in the hashed and in the other area.
    pub(crate) fn subkey(self, subkey: &Pair, hashed: &[Vec<u8>], unhashed: &[Vec<u8>]) -> Self {
        let covered = [self.primary.framed(), subkey.framed()].concat();
        let body = self.primary.sign(0x18, &covered, hashed, unhashed);
        self.and(14, &subkey.body).and(2, &body)
    }

    pub(crate) fn key(&self) -> Key {
        Key::parse(&self.packets.concat()).unwrap()
    }

    pub(crate) fn verdict(&self) -> Result<Verified, Rejection> {
        verify(&self.key(), &signed(&self.primary, &[made(SIGNED)]))
    }

    pub(crate) fn problem(&self) -> KeyProblem {
        match self.verdict() {
            Err(Rejection::Key(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }
}

/// The detached signature over [`FILE`] with these subpackets.
pub(crate) fn signed(by: &Pair, subpackets: &[Vec<u8>]) -> Vec<u8> {
    packet(2, &by.sign(0, FILE, subpackets, &[]))
}

pub(crate) fn verify(key: &Key, signature: &[u8]) -> Result<Verified, Rejection> {
    let signature = Signature::parse(signature).unwrap();
    let mut verifier = Verifier::new(&signature, key)?;
    verifier.update(FILE);
    verifier.finish(Timestamp::from_second(NOW).unwrap())
}

/// A subpacket that whoever does not know its kind must not ignore.
pub(crate) fn critical(kind: u8, body: &[u8]) -> Vec<u8> {
    sub(0x80 + kind, body)
}

pub(crate) fn back_signature(primary: &Pair, subkey: &Pair, kind: u8, subpackets: &[Vec<u8>]) -> Vec<u8> {
    sub(32, &subkey.sign(kind, &[primary.framed(), subkey.framed()].concat(), subpackets, &[]))
}
