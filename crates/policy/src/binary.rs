//! Executables that may be pinned, and the keys of those who sign them.

use std::sync::Arc;

use proofmark_core::{Origin, Platform, Threshold};

use crate::KeyFacts;

/// `allowlists/binaries.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryList {
    /// In order, one for each tool.
    pub rows: Vec<BinaryEntry>,
    /// The list itself.
    pub origin: Origin,
}

impl BinaryList {
    /// The row of a tool.
    pub fn get(&self, tool: &str) -> Option<&BinaryEntry> {
        self.rows.iter().find(|row| row.tool == tool)
    }
}

/// One `[[binary]]`: a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryEntry {
    /// Its name, as the lock has it.
    pub tool: String,
    /// Versions that may be pinned; never empty.
    pub versions: Vec<String>,
    /// Platforms, normalised, for which one of the versions must be pinned; never empty. It may be pinned for others too.
    pub platforms: Vec<Platform>,
    /// Who must have signed it.
    pub demand: BinaryDemand,
    /// How many operators other than the vendor must give the same SHA-256.
    pub sources: usize,
    /// Variables that are left to it when it runs, although they could load other code into it, or lead it elsewhere.
    pub environment: Vec<String>,
    /// Why it is here.
    pub why: String,
    /// Who approved it.
    pub by: String,
    /// Where the row stands.
    pub origin: Origin,
}

impl BinaryEntry {
    /// Who must have signed it, where somebody must.
    pub fn signed_by(&self) -> Option<&Threshold> {
        match &self.demand {
            BinaryDemand::Signed(threshold) => Some(threshold),
            BinaryDemand::Unsigned(_) => None,
        }
    }
}

/// Who must have signed a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BinaryDemand {
    /// `signed-by`: signers of any kind.
    Signed(Threshold),
    /// `unsigned`: nobody, for this reason.
    Unsigned(String),
}

/// A signer with a key of a vendor of tools; images are not signed so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorSigner {
    /// The file in `trust-roots/`.
    pub file: String,
    /// What kind of key it is.
    pub kind: VendorKeyKind,
    /// The file's bytes, which the check of [`crate::LoadOptions`] has read.
    pub bytes: Arc<[u8]>,
    /// What is known of the key.
    pub facts: KeyFacts,
    /// Where the policy defines it.
    pub origin: Origin,
}

/// A kind of key that vendors of tools sign with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum VendorKeyKind {
    /// `openpgp` with `fingerprint`.
    OpenPgp {
        /// Of the primary key: hexadecimal digits, upper case.
        fingerprint: String,
    },
    /// `minisign`.
    Minisign,
}

impl VendorKeyKind {
    /// What it is called in sentences.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::OpenPgp { .. } => "an OpenPGP key",
            Self::Minisign => "a minisign key",
        }
    }
}
