//! Everything that can be wrong, one thing each, applied at the stage where a forger would do it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rekor::LogEntry;
use super::x509::CertificateSpec;

/// One thing that is wrong with what is signed. What is signed later is signed honestly over the wrong thing, so that
/// exactly one step of verification can notice.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Tamper {
    // The certificate.
    /// No SCT list.
    SctMissing,
    /// Right log ID, signed by another key.
    SctWrongKey,
    /// An honest SCT of a log that is not in the trusted root.
    SctUnknownLog,
    /// An honest SCT for another certificate.
    SctOtherCertificate,
    /// The same SCT twice.
    SctTwice,
    /// SCT extensions that were not signed.
    SctExtensionsAdded,
    /// Issued by an authority that is not in the trusted root.
    CertificateUnknownAuthority,
    /// Issued in the name of the trusted authority, by another key.
    CertificateForged,
    /// The certificate's own signature has a flipped bit.
    CertificateBitFlip,
    /// The leaf is an authority.
    LeafIsCa,
    /// The certificate is for another key than the one that signed.
    CertificateOtherKey,
    /// Anything in the certificate, before it is logged and signed.
    Leaf(fn(&mut CertificateSpec)),

    // The signature.
    /// One bit of the signature; logged and stamped like that.
    SignatureBitFlip,
    /// Another key signed.
    SignatureOtherKey,
    /// The raw payload was signed instead of its pre-authentication encoding (SIG-07).
    RawPayloadSigned,
    /// Signed honestly, then another payload was put in.
    PayloadReplaced(Vec<u8>),
    /// Signed honestly, then another payload type was put in.
    PayloadTypeReplaced(String),
    /// `messageDigest` of other bytes.
    MessageDigestReplaced,
    /// No signature in the envelope (SIG-08).
    NoSignature,
    /// A second, meaningless signature in the envelope (SIG-08).
    SecondSignature,
    /// The same signature twice in the envelope (SIG-08).
    SignatureTwice,

    // The log entry.
    /// The whole entry is the honest one of another signature (SIG-01, SIG-02).
    EntryOfOtherSignature,
    /// The entry says that another artifact was signed, and is logged like that.
    EntryOtherDigest,
    /// The entry holds another signature, and is logged like that.
    EntryOtherSignature,
    /// The entry holds another verifier, and is logged like that.
    EntryOtherVerifier,
    /// White space in the entry, logged like that.
    EntryWhitespaceLogged,
    /// White space in the entry, added after it was logged.
    EntryWhitespaceAdded,
    /// The same entry twice.
    EntryTwice,
    /// The same entry so many times (REG-07).
    EntryTimes(usize),
    /// An honest second entry in a log that is not in the trusted root.
    EntryOfUnknownLogAdded,
    /// Logged honestly, in a log that is not in the trusted root.
    UnknownLog,
    /// Another log ID in the entry.
    LogIdReplaced,
    /// The entry is said to be of another kind.
    KindReplaced,
    /// The promise's signature has a flipped bit.
    SetBitFlip,
    /// The promise is signed by another key.
    SetWrongKey,
    /// The promise of another entry.
    SetOfOtherEntry,
    /// No promise.
    SetMissing,
    /// So many seconds are added to the integrated time after it was promised.
    IntegratedTimeShifted(i64),
    /// So much is added to the entry's global index.
    LogIndexShifted(i64),
    /// No proof.
    ProofMissing,
    /// Another root hash in the proof.
    ProofRootHash,
    /// A bit of one hash of the path.
    ProofHashBitFlip,
    /// One hash of the path is missing.
    ProofHashDropped,
    /// One hash more than the path has.
    ProofHashAdded,
    /// So much is added to the proof's tree size.
    ProofTreeSize(i64),
    /// So much is added to the proof's index.
    ProofLogIndex(i64),
    /// No checkpoint.
    CheckpointMissing,
    /// Another origin, signed by the log's own key.
    CheckpointOrigin,
    /// Another key hint in the signature line.
    CheckpointHint,
    /// A bit of the checkpoint's signature.
    CheckpointBitFlip,
    /// The log's name and hint, signed by another key.
    CheckpointWrongKey,
    /// An honest checkpoint of another tree of the same log.
    CheckpointOfOtherTree,
    /// A witness' cosignature is added: honest.
    CheckpointCosigned,
    /// Anything in an entry, after it was logged.
    Entry(fn(&mut LogEntry)),

    // The timestamps.
    /// Stamped over other bytes.
    TimestampOfOtherBytes,
    /// An authority that is not in the trusted root; its token carries its certificate.
    TimestampUnknownAuthority,
    /// The trusted authority's names and serial, signed by another key.
    TimestampForged,
    /// A bit of the token's signature.
    TimestampBitFlip,
    /// The same token twice.
    TimestampTwice,
    /// The same token so many times (REG-07).
    TimestampTimes(usize),
    /// An honest token of an unknown authority beside the good one.
    TimestampOfUnknownAuthorityAdded,

    // The document.
    /// The root certificate at the end of the chain (bundles ≤ 0.2).
    RootInChain,
    /// No certificate in the chain (bundles ≤ 0.2).
    EmptyChain,
    /// Public key hint beside the certificate: two of a `oneof`.
    CertificateAndKey,
    /// The `hint` of a key bundle.
    Hint(String),
    /// The `mediaType`.
    MediaType(String),
    /// The first `"key":` of the text is there twice.
    DuplicateKey(&'static str),
    /// Anything in the bundle.
    Document(fn(&mut Value)),
    /// Anything in the bundle's text.
    Text(fn(String) -> String),
    /// Anything in the annotations of a legacy signature.
    Annotations(fn(&mut BTreeMap<String, String>)),
}

/// Reading a list of tampers without repeating the loop.
pub(crate) trait Tampers {
    /// Whether a tamper of this shape is in the list.
    fn has(&self, wanted: fn(&Tamper) -> bool) -> bool;
}

impl Tampers for [Tamper] {
    fn has(&self, wanted: fn(&Tamper) -> bool) -> bool {
        self.iter().any(wanted)
    }
}

/// `has!(list, Variant)`.
macro_rules! has {
    ($list:expr, $($variant:ident)|+) => {
        $crate::sigstore::tamper::Tampers::has(&$list[..], |t| matches!(t, $($crate::sigstore::tamper::Tamper::$variant { .. })|+))
    };
}
pub(crate) use has;

/// Flips the lowest bit of the last byte but two: inside of an ECDSA `s`, and inside of everything else.
pub(crate) fn flip(bytes: &mut [u8]) {
    let place = bytes.len().saturating_sub(3);
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1;
    }
}
