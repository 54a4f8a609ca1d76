//! What a verification found out: signer, times, log entry.

use std::collections::BTreeMap;

use proofmark_core::{Extension, SanKind, Timestamp};

/// A subject alternative name of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct San {
    /// The kind; `None` for kinds that no policy can name (DNS, address, …).
    pub kind: Option<SanKind>,
    /// What people call the kind, of every kind: `uri`, `dns`, `directory name`.
    pub kind_name: &'static str,
    /// The name's text.
    pub value: String,
}

/// What a signing certificate says about its holder (Fulcio `docs/oid-info.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Every subject alternative name, in the certificate's order.
    pub sans: Vec<San>,
    /// The OIDC issuer of extension 1.3.6.1.4.1.57264.1.1 (raw text, deprecated).
    pub issuer_v1: Option<String>,
    /// Extensions 1.3.6.1.4.1.57264.1.8 to .1.24.
    pub extensions: BTreeMap<Extension, String>,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki: String,
}

impl CertificateFacts {
    /// The OIDC issuer: extension .1.8, or .1.1 where .1.8 is absent; `None` when they differ (verdicts.md 2).
    pub fn issuer(&self) -> Option<&str> {
        match (self.extensions.get(&Extension::Issuer), &self.issuer_v1) {
            (Some(v2), Some(v1)) if v1 != v2 => None,
            (Some(v2), _) => Some(v2),
            (None, v1) => v1.as_deref(),
        }
    }

    /// The subject alternative name, if there is exactly one and a policy can name its kind.
    pub fn san(&self) -> Option<(SanKind, &str)> {
        match self.sans.as_slice() {
            [San { kind: Some(kind), value, .. }] => Some((*kind, value)),
            _ => None,
        }
    }
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerFacts {
    /// The holder of a certificate.
    Certificate(CertificateFacts),
    /// A managed key.
    Key {
        /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
        id: String,
    },
}

/// Who a candidate says that it is from. Nothing of it was verified: for people, **never** a reason to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimedSigner {
    /// The holder of this certificate.
    Certificate(CertificateFacts),
    /// A key that is not named, but for a hint that anyone may write; it may be empty.
    Key {
        /// The hint.
        hint: String,
    },
}

/// What vouches for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeKind {
    /// A transparency log's integrated time, under its signed entry timestamp.
    Log,
    /// An RFC 3161 token of a timestamp authority.
    Timestamp,
}

/// A time that was verified: the signature existed then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTime {
    /// The time.
    pub at: Timestamp,
    /// What vouches for it.
    pub kind: TimeKind,
    /// The log's or authority's name in the trusted root (its URL).
    pub authority: String,
}

/// An entry of a transparency log that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntryFacts {
    /// The index as the bundle gives it: in the whole log for Rekor v1, in the tree for v2.
    pub index: u64,
    /// The log's id, hexadecimal.
    pub log_id: String,
    /// The log's URL in the trusted root.
    pub log: String,
    /// The origin line of the checkpoint; absent for entries with a signed entry timestamp alone.
    pub origin: Option<String>,
    /// `kind/version`, such as `hashedrekord/0.0.2`.
    pub kind: String,
}
