//! One public key with its subkeys, user IDs and their signatures (RFC 9580 10.1).

use super::armor::{self, Label};
use super::error::{KeyError, Malformed};
use super::material::Material;
use super::packet::{self, Packet, packets};
use super::signature::Parsed;
use super::{Fingerprint, MAX_KEY};
use crate::cursor::Cursor;

const WRONG: Malformed = Malformed::Body { what: "key" };

/// A public key, read. Whether it may sign now, [`Key::standing`] says.
#[derive(Debug, Clone)]
pub struct Key {
    pub(super) primary: Component,
    /// Signatures over the primary key alone.
    pub(super) direct: Signatures,
    pub(super) users: Vec<User>,
    pub(super) subkeys: Vec<(Component, Signatures)>,
}

/// A primary key or a subkey.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) fingerprint: Fingerprint,
    /// Seconds since 1970.
    pub(super) created: u64,
    pub(super) material: Result<Material, KeyError>,
    /// The packet as it is hashed (RFC 9580 5.2.4).
    pub(super) framed: Vec<u8>,
}

/// A user ID or attribute.
#[derive(Debug, Clone)]
pub(super) struct User {
    /// Its text, where it is a text.
    pub(super) name: Option<String>,
    /// The packet as it is hashed.
    pub(super) framed: Vec<u8>,
    pub(super) signatures: Signatures,
}

/// The signatures that stand after a packet.
#[derive(Debug, Clone, Default)]
pub(super) struct Signatures {
    pub(super) list: Vec<Parsed>,
    /// Kinds of those that could not be read.
    pub(super) unread: Vec<u8>,
}

impl Signatures {
    fn take(&mut self, body: &[u8]) {
        match (Parsed::parse(body), Parsed::kind_of(body)) {
            (Ok(parsed), _) => self.list.push(parsed),
            (Err(_), kind) => self.unread.extend(kind),
        }
    }

    fn extend(&mut self, other: &Self) {
        self.list.extend(other.list.iter().cloned());
        self.unread.extend(&other.unread);
    }
}

impl Key {
    /// Reads one public key, armored or binary.
    ///
    /// # Errors
    /// [`KeyError`] for everything that is not one version 4 public key that can verify. Signatures in it that cannot be read are
    /// no error: others may have added them.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let (label, bytes) = armor::open(bytes, MAX_KEY)?;
        if label == Some(Label::PrivateKey) {
            return Err(KeyError::Secret);
        }
        // It begins with a text, whatever follows.
        if label == Some(Label::Cleartext) {
            return Err(KeyError::NotAKey { tag: packet::SIGNATURE });
        }
        match packet::first_tag(&bytes) {
            Some(tag) if packet::SECRET.contains(&tag) => return Err(KeyError::Secret),
            Some(tag) if tag != packet::PUBLIC_KEY => return Err(KeyError::NotAKey { tag }),
            _ => {}
        }
        let packets = packets(&bytes)?;
        let Some((first, rest)) = packets.split_first() else { return Err(Malformed::Empty.into()) };
        let primary = Component::parse(first.body)?;
        primary.material.clone()?;
        let mut key = Self { primary, direct: Signatures::default(), users: Vec::new(), subkeys: Vec::new() };
        key.read(rest)?;
        Ok(key)
    }

    fn read(&mut self, packets: &[Packet<'_>]) -> Result<(), KeyError> {
        let mut last = packet::PUBLIC_KEY;
        for Packet { tag, body } in packets {
            match *tag {
                packet::SIGNATURE => {
                    let place = match last {
                        packet::PUBLIC_KEY => Some(&mut self.direct),
                        packet::PUBLIC_SUBKEY => self.subkeys.last_mut().map(|(_, signatures)| signatures),
                        _ => self.users.last_mut().map(|user| &mut user.signatures),
                    };
                    place.ok_or(KeyError::Packet { tag: *tag })?.take(body);
                    continue;
                }
                packet::USER_ID => self.users.push(User::new(0xb4, body, Some(body))?),
                packet::USER_ATTRIBUTE => self.users.push(User::new(0xd1, body, None)?),
                packet::PUBLIC_SUBKEY => {
                    self.subkeys.push((Component::parse(body)?, Signatures::default()));
                }
                packet::PUBLIC_KEY => return Err(KeyError::Several),
                tag if packet::SECRET.contains(&tag) => return Err(KeyError::Secret),
                tag => return Err(KeyError::Packet { tag }),
            }
            last = *tag;
        }
        Ok(())
    }

    /// The fingerprint of the primary key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.primary.fingerprint
    }

    /// Every user ID that is a text, as it stands: nobody may have confirmed it.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.users.iter().filter_map(|user| user.name.as_deref())
    }

    /// The signatures after every packet: a revocation means the same wherever it stands, and whoever appends one to a file puts it last.
    pub(super) fn signatures(&self) -> Signatures {
        let mut all = self.direct.clone();
        let users = self.users.iter().map(|user| &user.signatures);
        users.chain(self.subkeys.iter().map(|(_, signatures)| signatures)).for_each(|one| all.extend(one));
        all
    }

    /// The primary key and every subkey.
    pub(super) fn components(&self) -> impl Iterator<Item = &Component> {
        std::iter::once(&self.primary).chain(self.subkeys.iter().map(|(subkey, _)| subkey))
    }
}

impl Component {
    fn parse(body: &[u8]) -> Result<Self, KeyError> {
        let mut cursor = Cursor::new(body);
        let version = cursor.u8().ok_or(WRONG)?;
        if version != 4 {
            return Err(KeyError::Version(version));
        }
        let created = cursor.u32().ok_or(WRONG)?;
        let algorithm = cursor.u8().ok_or(WRONG)?;
        let length = u16::try_from(body.len()).map_err(|_| WRONG)?;
        let framed = [&[0x99][..], &length.to_be_bytes(), body].concat();
        Ok(Self {
            fingerprint: Fingerprint::of(&framed),
            created: u64::from(created),
            material: Material::parse(algorithm, cursor.rest()),
            framed,
        })
    }
}

impl User {
    fn new(prefix: u8, body: &[u8], name: Option<&[u8]>) -> Result<Self, Malformed> {
        let length = u32::try_from(body.len()).map_err(|_| Malformed::Body { what: "user ID" })?;
        Ok(Self {
            name: name.and_then(|name| String::from_utf8(name.to_vec()).ok()),
            framed: [&[prefix][..], &length.to_be_bytes(), body].concat(),
            signatures: Signatures::default(),
        })
    }
}
