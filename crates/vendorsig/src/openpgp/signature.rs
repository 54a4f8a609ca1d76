//! Signature packets of version 4 (RFC 9580 5.2.3).

use aws_lc_rs::digest;

use super::armor::{self, Label};
use super::error::{Malformed, SignatureError};
use super::packet::{self, packets};
use super::subpacket::Area;
use super::{Fingerprint, HashAlgorithm, MAX_SIGNATURE};
use crate::cursor::Cursor;

/// The kind of a signature over a file as it is.
const BINARY: u8 = 0x00;

const WRONG: Malformed = Malformed::Body { what: "signature" };

/// A detached signature over a file, read and not yet believed.
#[derive(Debug, Clone)]
pub struct Signature(pub(super) Parsed);

impl Signature {
    /// Reads one detached signature, armored or binary.
    ///
    /// # Errors
    /// [`SignatureError`] for everything that is not one version 4 signature of kind 0x00 over SHA-2, with its time under the
    /// signature and its key named.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        let (label, bytes) = armor::open(bytes, MAX_SIGNATURE)?;
        if label == Some(Label::Cleartext) {
            return Err(SignatureError::Cleartext);
        }
        if let Some(tag) = packet::first_tag(&bytes).filter(|tag| *tag != packet::SIGNATURE) {
            return Err(SignatureError::NotDetached { tag });
        }
        let packets = packets(&bytes)?;
        let tag = packets.iter().map(|one| one.tag).find(|tag| *tag != packet::SIGNATURE);
        match (tag, packets.as_slice()) {
            (Some(tag), _) => Err(SignatureError::NotDetached { tag }),
            (None, _) if !matches!(label, None | Some(Label::Signature)) => {
                Err(SignatureError::NotDetached { tag: packet::SIGNATURE })
            }
            (None, [one]) => Parsed::parse(one.body)?.of_a_file().map(Self),
            (None, several) => Err(SignatureError::Several { count: several.len() }),
        }
    }

    /// Which key it names, in hexadecimal digits: a hint, which anyone can write.
    pub fn issuer(&self) -> String {
        self.0.issuer_text()
    }
}

/// Any signature packet.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub(super) kind: u8,
    pub(super) algorithm: u8,
    pub(super) hash: HashAlgorithm,
    /// From the version to the end of the hashed area: these bytes are hashed.
    covered: Vec<u8>,
    /// What is under the signature.
    pub(super) hashed: Area,
    /// What anyone could have written: a hint, or what proves itself.
    pub(super) unhashed: Area,
    /// The first two bytes of the hash.
    left: [u8; 2],
    /// The signature's numbers.
    pub(super) numbers: Vec<u8>,
}

impl Parsed {
    /// The kind of a signature packet of whatever version, as far as it can be told.
    pub(super) fn kind_of(body: &[u8]) -> Option<u8> {
        match body.first()? {
            0..=3 => body.get(2).copied(),
            _ => body.get(1).copied(),
        }
    }

    pub(super) fn parse(body: &[u8]) -> Result<Self, SignatureError> {
        let mut cursor = Cursor::new(body);
        let version = cursor.u8().ok_or(WRONG)?;
        if version != 4 {
            return Err(SignatureError::Version(version));
        }
        let [kind, algorithm, hash] = cursor.array().ok_or(WRONG)?;
        let hashed = area(&mut cursor)?;
        let covered = body.get(..body.len() - cursor.rest().len()).ok_or(WRONG)?.to_vec();
        let unhashed = area(&mut cursor)?;
        let left = cursor.array().ok_or(WRONG)?;
        Ok(Self {
            kind,
            algorithm,
            hash: HashAlgorithm(hash),
            covered,
            hashed: Area::parse(hashed)?,
            unhashed: Area::parse(unhashed)?,
            left,
            numbers: cursor.rest().to_vec(),
        })
    }

    /// This signature, if it is one that a file may have.
    fn of_a_file(self) -> Result<Self, SignatureError> {
        if self.kind != BINARY {
            return Err(SignatureError::Kind(self.kind));
        }
        if !self.hash.is_strong() {
            return Err(SignatureError::Hash(self.hash));
        }
        if !super::material::is_verified(self.algorithm) {
            return Err(SignatureError::Algorithm(self.algorithm));
        }
        // In whichever area: gpg refuses both, and no honest program writes either.
        if let Some(kind) = self.hashed.critical.or(self.unhashed.critical) {
            return Err(SignatureError::Critical(kind));
        }
        if self.hashed.created.is_none() {
            return Err(SignatureError::NoTime);
        }
        if self.names_nobody() {
            return Err(SignatureError::NoIssuer);
        }
        Ok(self)
    }

    /// The hash of what was pushed into `context`, with the end that every signature adds (RFC 9580 5.2.4).
    pub(super) fn digest(&self, mut context: digest::Context) -> digest::Digest {
        context.update(&self.covered);
        context.update(&[4, 0xff]);
        // The areas' lengths are of sixteen bits each.
        context.update(&u32::try_from(self.covered.len()).unwrap_or(u32::MAX).to_be_bytes());
        context.finish()
    }

    /// Whether the hash begins as the signature says.
    pub(super) fn begins(&self, digest: &digest::Digest) -> bool {
        digest.as_ref().starts_with(&self.left)
    }

    /// Whether it names no key at all.
    pub(super) fn names_nobody(&self) -> bool {
        self.fingerprint().is_none() && self.key_id().is_none()
    }

    /// Whether every key that it names may be this one, and it names one.
    pub(super) fn names(&self, key: &Fingerprint) -> bool {
        !self.names_nobody()
            && self.fingerprint().is_none_or(|named| named == *key)
            && self.key_id().is_none_or(|named| named == key.key_id())
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        self.hashed.issuer.or(self.unhashed.issuer)
    }

    fn key_id(&self) -> Option<u64> {
        self.hashed.issuer_id.or(self.unhashed.issuer_id)
    }

    pub(super) fn issuer_text(&self) -> String {
        let key_id = || self.key_id().map(|id| format!("{id:016X}"));
        self.fingerprint().map(|named| named.to_string()).or_else(key_id).unwrap_or_default()
    }

    /// When it was made.
    pub(super) fn created(&self) -> Option<u64> {
        self.hashed.created.map(u64::from)
    }

    /// When it ends, if ever.
    pub(super) fn expires(&self) -> Option<u64> {
        let lifetime = self.hashed.lifetime.filter(|lifetime| *lifetime > 0)?;
        Some(self.created()? + u64::from(lifetime))
    }
}

fn area<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Malformed> {
    let length = cursor.u16().ok_or(WRONG)?;
    cursor.take(usize::from(length)).ok_or(WRONG)
}
