//! Why a key or a signature is not believed, with what was found.

use proofmark_core::Timestamp;

use super::{Fingerprint, HashAlgorithm};

/// What is wrong with the armor around the bytes (RFC 9580 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArmorError {
    /// It begins with something else.
    #[error("it is neither binary nor begins with -----BEGIN PGP …-----")]
    NoBegin,
    /// It does not end, or ends as something else.
    #[error("the line -----END PGP …----- that belongs to its first line is missing")]
    NoEnd,
    /// A header that OpenPGP does not define, or a line that is no header.
    #[error("line {line} is no header that OpenPGP defines")]
    Header {
        /// Counted from one.
        line: usize,
    },
    /// A line that is not base64.
    #[error("line {line} is not base64")]
    Base64 {
        /// Counted from one.
        line: usize,
    },
    /// The checksum is of other bytes.
    #[error("its checksum is of other bytes")]
    Checksum,
    /// Text before or after the block, or another block.
    #[error("line {line} stands outside the one block that is read")]
    Outside {
        /// Counted from one.
        line: usize,
    },
    /// It is not UTF-8.
    #[error("it is neither binary nor text")]
    NotText,
}

/// Bytes that are not OpenPGP, or that use what no vendor's file needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// Longer than may be.
    #[error("it is longer than {max} bytes")]
    TooLong {
        /// The cap.
        max: usize,
    },
    /// More packets than may be.
    #[error("it has more than {max} packets")]
    TooMany {
        /// The cap.
        max: usize,
    },
    /// The armor is wrong.
    #[error(transparent)]
    Armor(#[from] ArmorError),
    /// A byte that begins no packet.
    #[error("byte {at} begins no packet")]
    NoPacket {
        /// Its offset after the armor.
        at: usize,
    },
    /// A length that runs beyond the end.
    #[error("it is cut off in the packet at byte {at}")]
    CutOff {
        /// The offset of the packet.
        at: usize,
    },
    /// A partial or indeterminate length, which only streams of data have.
    #[error("the packet at byte {at} has no definite length")]
    NoLength {
        /// The offset of the packet.
        at: usize,
    },
    /// The inside of a packet is not as its kind demands.
    #[error("the {what} is not as OpenPGP writes it")]
    Body {
        /// What was read.
        what: &'static str,
    },
}

/// Why bytes are not one public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not OpenPGP.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// A secret key, which nobody should hand out.
    #[error("it is a secret key: export the public one, and think of this one as known")]
    Secret,
    /// Something else, such as a signature or a message.
    #[error("it begins with a packet of kind {tag}, and no public key")]
    NotAKey {
        /// The packet's kind (RFC 9580 5).
        tag: u8,
    },
    /// More than one key.
    #[error("it holds more than one key")]
    Several,
    /// A version other than 4.
    #[error("version {0} keys are not read; version 4 is")]
    Version(u8),
    /// An algorithm that no signature is verified by.
    #[error("signatures by public-key algorithm {0} are not verified")]
    Algorithm(u8),
    /// Shorter than can be believed, or longer than can be computed.
    #[error("an RSA key of {bits} bits is not between 2048 and 8192 bits")]
    RsaSize {
        /// The bits of its modulus.
        bits: usize,
    },
    /// A packet that has no place in a key.
    #[error("a packet of kind {tag} has no place in a key")]
    Packet {
        /// The packet's kind.
        tag: u8,
    },
}

/// Why bytes are not one detached signature that may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Not OpenPGP.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// A signed text with its signature: what was signed is in there, and not in the file beside it.
    #[error("it is a signed text, and no signature of another file")]
    Cleartext,
    /// Something else, such as a signed message or a key.
    #[error("it holds a packet of kind {tag}, and is no detached signature")]
    NotDetached {
        /// The packet's kind (RFC 9580 5).
        tag: u8,
    },
    /// More than one signature.
    #[error("it holds {count} signatures, and which of them is meant nobody says")]
    Several {
        /// How many.
        count: usize,
    },
    /// A version other than 4.
    #[error("version {0} signatures are not believed; version 4 is")]
    Version(u8),
    /// A kind other than that of a binary document.
    #[error("signature kind 0x{0:02x} is not that of a file (0x00)")]
    Kind(u8),
    /// A hash that can be forged, or that is unknown.
    #[error("it is made over {0}, which is not believed; SHA-256, SHA-384 and SHA-512 are")]
    Hash(HashAlgorithm),
    /// An algorithm that is not verified.
    #[error("signatures by public-key algorithm {0} are not verified")]
    Algorithm(u8),
    /// Something that whoever does not know it must not ignore (RFC 9580 5.2.3.7).
    #[error("it has a critical subpacket of kind {0}, which is not known")]
    Critical(u8),
    /// No time of creation under the signature.
    #[error("it does not say when it was made")]
    NoTime,
    /// No key is named.
    #[error("it does not say which key made it")]
    NoIssuer,
}

/// Why a key may not sign now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// No signature of the key over its own user ID or subkey.
    #[error("{0} has no signature of its own that says what it is for")]
    Unbound(Fingerprint),
    /// The newest such signature is made over a hash that is not believed.
    #[error("{key} is described by a signature of its own over {hash}, which is not believed")]
    WeakBinding {
        /// The key or subkey.
        key: Fingerprint,
        /// The hash.
        hash: HashAlgorithm,
    },
    /// The newest such signature has a critical part that is not known.
    #[error(
        "{key} is described by a signature of its own with a critical subpacket of kind {subpacket}, which is not known"
    )]
    UnknownBinding {
        /// The key or subkey.
        key: Fingerprint,
        /// The subpacket's kind.
        subpacket: u8,
    },
    /// A subkey that did not agree to belong to the key: anyone could claim it (RFC 9580 5.2.1.10).
    #[error("subkey {0} has not signed that it belongs to this key")]
    NoBackSignature(Fingerprint),
    /// It is not for signing files.
    #[error("{0} is not for signing files")]
    NotForSigning(Fingerprint),
    /// It was revoked, by itself or by one whom it named.
    #[error("{key} was revoked at {at}{}", if *.hard { "" } else { ", as no longer used" })]
    Revoked {
        /// The key or subkey.
        key: Fingerprint,
        /// When, as the revocation says.
        at: Timestamp,
        /// Whether signatures from before are worth nothing either: it was lost, or no reason is given.
        hard: bool,
    },
    /// A revocation that cannot be read: it is believed.
    #[error("{0} may have been revoked: a revocation cannot be read")]
    UnreadableRevocation(Fingerprint),
    /// Its time is over.
    #[error("{key} expired at {at}")]
    Expired {
        /// The key or subkey.
        key: Fingerprint,
        /// The end.
        at: Timestamp,
    },
    /// It was made later than now.
    #[error("{key} was made at {at}, which is later than now")]
    FromFuture {
        /// The key or subkey.
        key: Fingerprint,
        /// Its creation.
        at: Timestamp,
    },
    /// It cannot be used at all.
    #[error("{key}: {error}")]
    Unusable {
        /// The key or subkey.
        key: Fingerprint,
        /// Why.
        error: KeyError,
    },
}

/// Why a file is not signed by a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Another key made the signature, by its own words.
    #[error("it is by key {issuer}, and not by {expected} or one of its subkeys")]
    WrongKey {
        /// The fingerprint or key ID that the signature names, in hexadecimal digits.
        issuer: String,
        /// The key that was expected.
        expected: Fingerprint,
    },
    /// The signature is not one of this key over these bytes.
    #[error("it is not a signature by {key} over these bytes")]
    BadSignature {
        /// The key or subkey that it names.
        key: Fingerprint,
    },
    /// It was made at a time that has not come.
    #[error("it says that it was made at {at}, which is later than now")]
    FromFuture {
        /// Its time.
        at: Timestamp,
    },
    /// It was made for a time that is over.
    #[error("it expired at {at}")]
    Expired {
        /// The end.
        at: Timestamp,
    },
    /// It was made before its key, or after the key's end.
    #[error("it was made at {made}, and {key} holds from {from}{}", until.map(|end| format!(" to {end}")).unwrap_or_default())]
    OutsideKey {
        /// When it was made, as it says.
        made: Timestamp,
        /// The key or subkey.
        key: Fingerprint,
        /// Its creation.
        from: Timestamp,
        /// Its end.
        until: Option<Timestamp>,
    },
    /// The key may not sign now.
    #[error(transparent)]
    Key(#[from] KeyProblem),
}
