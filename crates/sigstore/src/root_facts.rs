//! What a trusted root trusts, for people: lists, ages, differences.

use proofmark_core::Timestamp;
use sigstore_verify::trust_root::TrustedRoot;

use crate::hex;
use crate::root::window;

/// A kind of authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthorityKind {
    /// Issues signing certificates (Fulcio).
    CertificateAuthority,
    /// Logs signatures (Rekor).
    TransparencyLog,
    /// Logs certificates (RFC 6962).
    CertificateLog,
    /// Stamps times (RFC 3161).
    TimestampAuthority,
}

impl AuthorityKind {
    const ALL: [Self; 4] =
        [Self::CertificateAuthority, Self::TransparencyLog, Self::CertificateLog, Self::TimestampAuthority];

    /// The words for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CertificateAuthority => "certificate authority",
            Self::TransparencyLog => "transparency log",
            Self::CertificateLog => "certificate log",
            Self::TimestampAuthority => "timestamp authority",
        }
    }
}

/// When an authority is believed: both ends belong to it; an absent end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First moment.
    pub from: Option<Timestamp>,
    /// Last moment.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether `at` lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at <= until)
    }
}

/// One authority of a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFacts {
    /// What it does.
    pub kind: AuthorityKind,
    /// Its URL.
    pub name: String,
    /// A log's id, or SHA-256 over the certificates of an authority: hexadecimal.
    pub id: String,
    /// When it is believed.
    pub window: Window,
}

/// A difference between two roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only the new root has it.
    Added(AuthorityFacts),
    /// Only the old root has it.
    Removed(AuthorityFacts),
    /// Both have it, with another window or name.
    Changed {
        /// As it was.
        before: AuthorityFacts,
        /// As it is.
        after: AuthorityFacts,
    },
}

pub(crate) fn collect(root: &TrustedRoot) -> Vec<AuthorityFacts> {
    let mut facts = Vec::new();
    // An authority is known by its certificates, all together.
    let chain_id = |certificates: &mut dyn Iterator<Item = &[u8]>| {
        let all: Vec<u8> = certificates.flatten().copied().collect();
        hex::sha256(&all)
    };
    for ca in &root.certificate_authorities {
        facts.push(AuthorityFacts {
            kind: AuthorityKind::CertificateAuthority,
            name: ca.uri.clone(),
            id: chain_id(&mut ca.cert_chain.certificates.iter().map(|c| c.raw_bytes.as_bytes())),
            window: window(ca.valid_for),
        });
    }
    let logs = root.tlogs.iter().map(|log| {
        (
            AuthorityKind::TransparencyLog,
            &log.base_url,
            log.log_id.key_id.as_bytes(),
            log.public_key.valid_for,
        )
    });
    let ct_logs = root.ctlogs.iter().map(|log| {
        (AuthorityKind::CertificateLog, &log.base_url, log.log_id.key_id.as_bytes(), log.public_key.valid_for)
    });
    for (kind, name, id, range) in logs.chain(ct_logs) {
        facts.push(AuthorityFacts { kind, name: name.clone(), id: hex::encode(id), window: window(range) });
    }
    for tsa in &root.timestamp_authorities {
        facts.push(AuthorityFacts {
            kind: AuthorityKind::TimestampAuthority,
            name: tsa.uri.clone().unwrap_or_default(),
            id: chain_id(&mut tsa.cert_chain.certificates.iter().map(|c| c.raw_bytes.as_bytes())),
            window: window(tsa.valid_for),
        });
    }
    facts
}

pub(crate) fn expired(facts: &[AuthorityFacts], now: Timestamp) -> bool {
    AuthorityKind::ALL.iter().any(|kind| {
        let mut members = facts.iter().filter(|facts| facts.kind == *kind).peekable();
        members.peek().is_some() && !members.any(|member| member.window.contains(now))
    })
}

pub(crate) fn diff(before: &[AuthorityFacts], after: &[AuthorityFacts]) -> Vec<Change> {
    let same = |a: &AuthorityFacts, b: &AuthorityFacts| a.kind == b.kind && a.id == b.id;
    let mut changes = Vec::new();
    for old in before {
        match after.iter().find(|new| same(old, new)) {
            None => changes.push(Change::Removed(old.clone())),
            Some(new) if new != old => {
                changes.push(Change::Changed { before: old.clone(), after: new.clone() });
            }
            Some(_) => {}
        }
    }
    changes.extend(
        after.iter().filter(|new| !before.iter().any(|old| same(old, new))).cloned().map(Change::Added),
    );
    changes
}
