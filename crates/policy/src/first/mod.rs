//! A first policy: what was seen of the images that a repository names, as entries that nobody has accepted yet.
//!
//! Every entry is a comment. What nobody uncommented is refused, so that a first policy never trusts whoever happens to sign.
//! Lines to be uncommented have no space after their `#`; what explains has one.

mod signers;
mod text;

use std::collections::BTreeMap;

use proofmark_core::{Digest, Extension, Repository, SanKind, Timestamp};

use crate::{FILE_NAME, MemoryFiles};

/// What was seen of the images of a repository's files.
#[derive(Debug, Clone, Default)]
pub struct FirstPolicy {
    /// Each repository once, in the order in which the policy shall name them.
    pub images: Vec<FirstImage>,
    /// Files beneath `trust-roots/` that signers name: keys, roots. They are trusted by nobody before a signer names them.
    pub trust: BTreeMap<String, Vec<u8>>,
}

/// What was seen of one repository.
#[derive(Debug, Clone)]
pub struct FirstImage {
    /// The repository.
    pub repository: Repository,
    /// Where it is named: `Dockerfile:1`.
    pub places: Vec<String>,
    /// What its images showed, in the order in which they are named.
    pub seen: Vec<Seen>,
}

/// What one image showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Its digest, and who signed it.
    Image {
        /// The image, as it was asked for.
        reference: String,
        /// Its digest.
        digest: Digest,
        /// Who signed it; none if nobody did whom a root or key at hand knows.
        by: Vec<FirstSigner>,
        /// Signatures that do not verify, with any root or key at hand.
        others: usize,
    },
    /// It could not be read.
    Nothing {
        /// The image, as it was asked for.
        reference: String,
        /// Why.
        cause: String,
    },
}

/// Who signed an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSigner {
    /// Who.
    pub by: SeenBy,
    /// The trusted root that vouches for it, by name.
    pub root: String,
    /// The earliest verified time.
    pub time: Option<Timestamp>,
}

/// A signer as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenBy {
    /// The holder of a certificate.
    Certificate {
        /// The OIDC issuer.
        issuer: String,
        /// The kind of the certificate's one name.
        san: SanKind,
        /// The name.
        name: String,
        /// The certificate's extensions.
        extensions: BTreeMap<Extension, String>,
    },
    /// A key at hand.
    Key {
        /// Its file's name beneath `trust-roots/`.
        file: String,
        /// Whether the signature counts without a log entry alone.
        unlogged: bool,
    },
}

impl Seen {
    /// Who signed it.
    pub fn signers(&self) -> &[FirstSigner] {
        match self {
            Self::Image { by, .. } => by,
            Self::Nothing { .. } => &[],
        }
    }
}

impl FirstPolicy {
    /// The policy as files: `proofmark.toml`, `allowlists/registries.toml`, and what stands beneath `trust-roots/`.
    pub fn files(&self) -> MemoryFiles {
        let mut files: BTreeMap<String, Vec<u8>> =
            self.trust.iter().map(|(name, bytes)| (format!("trust-roots/{name}"), bytes.clone())).collect();
        files.insert(FILE_NAME.to_owned(), text::policy(self).into_bytes());
        files.insert("allowlists/registries.toml".to_owned(), text::registries(self).into_bytes());
        MemoryFiles(files)
    }
}
