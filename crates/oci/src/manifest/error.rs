//! Why bytes are not a manifest.

use proofmark_core::display::safe_short;
use proofmark_core::{DigestError, Reason};

/// Characters of text from outside that an error shows.
pub(crate) const SHOWN: usize = 120;

/// Why bytes are not a manifest.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// No JSON, JSON of another shape, a duplicate key, or nesting without end.
    #[error("{0}")]
    Json(String),
    /// Both an index and a manifest (GHSA-5j5w-g665-5m35): two readers would take it for different things.
    #[error("it is an index and a manifest at the same time")]
    Ambiguous,
    /// Neither an index nor a manifest.
    #[error("it is neither an index nor an image manifest")]
    Neither,
    /// `mediaType` says one thing, the document's shape another (GHSA-5j5w-g665-5m35).
    #[error("its media type is {}, and it is {}", safe_short(.stated, SHOWN), safe_short(.found, SHOWN))]
    MediaType {
        /// What the document says.
        stated: String,
        /// What it is.
        found: String,
    },
    /// `Content-Type` or a descriptor says one thing, the document another (GHSA-5j5w-g665-5m35).
    #[error("media type {} was announced, and it is {}", safe_short(.stated, SHOWN), safe_short(.found, SHOWN))]
    Stated {
        /// What was announced.
        stated: String,
        /// What the document says or is.
        found: String,
    },
    /// Docker schema 1, or a schema not made yet.
    #[error("schema version {0} is not supported; only 2 is")]
    SchemaVersion(u64),
    /// `schemaVersion` is required.
    #[error("it has no schemaVersion")]
    NoSchemaVersion,
    /// A digest that is not one (CVE-2024-3727).
    #[error("digest {:?}: {error}", safe_short(.text, SHOWN))]
    Digest {
        /// What is written.
        text: String,
        /// What is wrong with it.
        error: DigestError,
    },
}

impl ManifestError {
    /// Schema 1 is `unsupported`; everything else is `malformed`.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::SchemaVersion(_) => Reason::Unsupported,
            _ => Reason::Malformed,
        }
    }
}
