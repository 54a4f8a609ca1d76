//! What a world consists of.

use jiff::{Timestamp, ToSpan as _};

use super::keys::KeyType;
use super::x509::Eku;

/// From when until when something is valid; both ends belong to it (sigstore's `validFor`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// First moment.
    pub start: Timestamp,
    /// Last moment; `None` is for ever.
    pub end: Option<Timestamp>,
}

impl Window {
    /// From 2020 on, without end.
    pub fn always() -> Self {
        Self { start: Timestamp::from_second(1_577_836_800).unwrap_or(Timestamp::UNIX_EPOCH), end: None }
    }

    /// From 2020 until `end`.
    pub fn until(end: Timestamp) -> Self {
        Self { end: Some(end), ..Self::always() }
    }

    /// From `start` on.
    pub const fn from(start: Timestamp) -> Self {
        Self { start, end: None }
    }
}

/// A certificate authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaOptions {
    /// Key type of root and intermediate: P-256 or P-384.
    pub key: KeyType,
    /// Whether an intermediate stands between root and leaf, as in Fulcio.
    pub intermediate: bool,
    /// Validity inside of the root's certificate.
    pub root_certificate: Window,
    /// Validity inside of the intermediate's certificate (TIME-03).
    pub intermediate_certificate: Window,
    /// `validFor` in the trusted root.
    pub valid_for: Window,
}

impl Default for CaOptions {
    fn default() -> Self {
        Self {
            key: KeyType::P384,
            intermediate: true,
            root_certificate: Window::always(),
            intermediate_certificate: Window::always(),
            valid_for: Window::always(),
        }
    }
}

/// A CT log, or a Rekor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Key type; Rekor v2 uses Ed25519, the others P-256.
    pub key: KeyType,
    /// `validFor` of the key in the trusted root.
    pub valid_for: Window,
}

impl LogOptions {
    /// A log with this key, valid always.
    pub fn new(key: KeyType) -> Self {
        Self { key, valid_for: Window::always() }
    }
}

/// A timestamp authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsaOptions {
    /// Key type of root, intermediate and leaf.
    pub key: KeyType,
    /// Whether an intermediate stands between root and leaf.
    pub intermediate: bool,
    /// Validity inside of the root's certificate (TIME-03).
    pub root_certificate: Window,
    /// Validity inside of the intermediate's certificate (TIME-03).
    pub intermediate_certificate: Window,
    /// Validity inside of the leaf's certificate.
    pub certificate: Window,
    /// `validFor` in the trusted root.
    pub valid_for: Window,
    /// Extended key usages of the leaf: honest is time stamping alone (TIME-04).
    pub ekus: Vec<Eku>,
    /// A leaf that is an authority itself (TIME-04).
    pub leaf_is_ca: bool,
}

impl Default for TsaOptions {
    fn default() -> Self {
        Self {
            key: KeyType::P256,
            intermediate: false,
            root_certificate: Window::always(),
            intermediate_certificate: Window::always(),
            certificate: Window::always(),
            valid_for: Window::always(),
            ekus: vec![Eku::TimeStamping],
            leaf_is_ca: false,
        }
    }
}

/// What stands in the world, and in its trusted root. An empty list leaves the service out.
///
/// ```
/// use proofmark_testkit::sigstore::{World, WorldOptions};
/// let keys_only = WorldOptions { authorities: Vec::new(), ct_logs: Vec::new(), ..WorldOptions::default() };
/// let world = World::new(keys_only);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldOptions {
    /// Equal seeds and requests give equal bytes; other seeds give strangers.
    pub seed: String,
    /// When things are signed, unless a request says otherwise.
    pub now: Timestamp,
    /// Fulcios.
    pub authorities: Vec<CaOptions>,
    /// Certificate transparency logs.
    pub ct_logs: Vec<LogOptions>,
    /// Rekor v1 logs: signed entry timestamps, proofs and checkpoints.
    pub rekor_v1: Vec<LogOptions>,
    /// Rekor v2 logs: proofs and checkpoints, no time.
    pub rekor_v2: Vec<LogOptions>,
    /// Timestamp authorities.
    pub timestamp_authorities: Vec<TsaOptions>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            seed: "world".to_owned(),
            now: default_now(),
            authorities: vec![CaOptions::default()],
            ct_logs: vec![LogOptions::new(KeyType::P256)],
            rekor_v1: vec![LogOptions::new(KeyType::P256)],
            rekor_v2: vec![LogOptions::new(KeyType::Ed25519)],
            timestamp_authorities: vec![TsaOptions::default()],
        }
    }
}

impl WorldOptions {
    /// The defaults under another seed: a world of strangers with the same names.
    pub fn seeded(seed: &str) -> Self {
        Self { seed: seed.to_owned(), ..Self::default() }
    }
}

/// 2025-09-01T12:00:00Z: in the past of every machine that runs the tests.
fn default_now() -> Timestamp {
    let midnight = Timestamp::from_second(1_756_684_800).unwrap_or(Timestamp::UNIX_EPOCH);
    midnight.saturating_add(12.hours()).unwrap_or(midnight)
}
