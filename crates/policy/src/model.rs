//! A policy in effect: typed, resolved, and every part knows its line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use proofmark_core::pattern::Glob;
use proofmark_core::registry::RegistryEntry;
use proofmark_core::{Digest, Limits, Origin, Platform, Repository, Severity, Signer, Threshold, Timestamp};

/// How a policy was found; every report says it (verdicts.md 1, "Which policy").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// `--policy`.
    Flag,
    /// The nearest `proofmark.toml` upward.
    Nearest,
    /// The machine's policy in `/etc/proofmark`.
    Machine,
    /// A revision of the repository, `--policy-from`.
    Revision(String),
    /// Made of options of the command line, without a file.
    CommandLine,
}

impl How {
    /// A few words for reports.
    pub fn words(&self) -> String {
        match self {
            Self::Flag => "--policy".to_owned(),
            Self::Nearest => "nearest proofmark.toml".to_owned(),
            Self::Machine => "machine policy".to_owned(),
            Self::Revision(revision) => format!("--policy-from {revision}"),
            Self::CommandLine => "command line".to_owned(),
        }
    }
}

/// A policy that loaded without error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The policy file, as it is shown.
    pub path: PathBuf,
    /// The digest of the policy and of every file that it names: see [`crate::files_digest`].
    pub digest: Digest,
    /// Each file that was read, relative to the policy's directory, with the SHA-256 of its bytes.
    pub files: BTreeMap<String, Digest>,
    /// How it was found.
    pub found: How,
    /// `[signers.…]` with certificates and keys, by name.
    pub signers: BTreeMap<String, Signer>,
    /// What is known of the keys of key signers, by the signer's name.
    pub keys: BTreeMap<String, KeyFacts>,
    /// `[signers.…]` with OpenPGP and minisign keys, by name. No image can be verified with one.
    pub vendors: BTreeMap<String, VendorSigner>,
    /// `[[image]]`, in order: the first that matches decides.
    pub images: Vec<ImageEntry>,
    /// `allowlists/registries.toml`, in order.
    pub registries: Vec<RegistryEntry>,
    /// `allowlists/denied.toml`.
    pub denied: Vec<Denied>,
    /// `allowlists/base-images.toml`, in order, expired and revoked ones included: they take part in the match.
    pub bases: Vec<ApprovedBase>,
    /// `allowlists/exceptions.toml`, those that have expired left out.
    pub exceptions: Vec<Exception>,
    /// `allowlists/envrc.toml`; without one nothing is restricted.
    pub envrc: Option<EnvrcList>,
    /// `allowlists/binaries.toml`; without one no executable is judged.
    pub binaries: Option<BinaryList>,
    /// `[limits]` over the defaults.
    pub limits: Limits,
    /// The trusted roots that signers name, by name.
    pub roots: Vec<NamedRoot>,
    /// What loading found that is worth mending.
    pub findings: Vec<LintFinding>,
}

/// What is known of a public key once it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal: two names of one key have the same.
    pub id: String,
    /// Such as `ecdsa-p256` or `rsa`.
    pub algorithm: String,
}

/// What is known of a trusted root once it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootFacts {
    /// Whether it has transparency logs.
    pub has_logs: bool,
    /// Whether it has certificate transparency logs.
    pub has_ct_logs: bool,
    /// Whether it has timestamp authorities.
    pub has_tsas: bool,
    /// When a built-in root was fetched; files say it in their `NAME.toml`.
    pub fetched: Option<Timestamp>,
    /// Whether some kind has no member that is valid now, ended or not begun, so that new evidence cannot be verified with it.
    pub expired: bool,
    /// Digest of its bytes.
    pub digest: Digest,
}

/// Where a trusted root came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootOrigin {
    /// Compiled in.
    BuiltIn,
    /// A file in `trust-roots/`.
    File {
        /// As it is shown.
        path: PathBuf,
        /// Its content.
        bytes: Vec<u8>,
        /// Its `NAME.toml`.
        meta: Option<RootMeta>,
    },
}

/// `NAME.toml` beside a root or key: where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootMeta {
    /// URL or words.
    pub source: String,
    /// Digest of the file, which must be right.
    pub sha256: Digest,
    /// When it was fetched.
    pub fetched: Timestamp,
    /// Who fetched it.
    pub by: String,
}

/// A trusted root that a signer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRoot {
    /// The name in the policy.
    pub name: String,
    /// Where it came from.
    pub source: RootOrigin,
    /// What it can give.
    pub facts: RootFacts,
    /// The first signer that names it.
    pub origin: Origin,
}

impl NamedRoot {
    /// When it was fetched, if that is known.
    pub fn fetched(&self) -> Option<Timestamp> {
        match &self.source {
            RootOrigin::BuiltIn => self.facts.fetched,
            RootOrigin::File { meta, .. } => meta.as_ref().map(|meta| meta.fetched),
        }
    }
}

/// How a signature must bind the repository (verdicts.md 2, "Repository").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RepositoryRule {
    /// A signed statement must claim this repository.
    Bound,
    /// A statement that claims only another repository does not count: the default.
    #[default]
    NotOther,
    /// Claims are shown.
    Any,
}

impl RepositoryRule {
    /// The name in the policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::NotOther => "not-other",
            Self::Any => "any",
        }
    }
}

/// What ties the tag to the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagFrom {
    /// The certificate's `source-repository-ref` must be `refs/tags/<tag>`.
    SourceRepositoryRef,
}

impl TagFrom {
    /// The name in the policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceRepositoryRef => "source-repository-ref",
        }
    }
}

/// One `[[image]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageEntry {
    /// `match`, over `host[:port]/repository`.
    pub pattern: Glob,
    /// `signed-by`.
    pub signed_by: Option<Threshold>,
    /// `digests`.
    pub digests: Option<DigestList>,
    /// `repository`.
    pub repository: RepositoryRule,
    /// `also`.
    pub also: Vec<Also>,
    /// `tag-from`.
    pub tag_from: Option<TagFrom>,
    /// `base`.
    pub base: Option<BaseRule>,
    /// `[image.attestation]`.
    pub attestation: crate::Attestations,
    /// Where the entry begins.
    pub origin: Origin,
}

/// One mapping of `also`, `"CLAIMED = HERE"`: a claim of the left name counts as a claim of the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The name that statements claim: literal, or ending in `/**`.
    pub claimed: Glob,
    /// The name that images have here: of the same shape.
    pub here: Glob,
    /// Where the policy says so.
    pub origin: Origin,
}

impl Also {
    /// The name here of an image whose statement claims `claim`.
    pub fn maps(&self, claim: &Repository) -> Option<Repository> {
        let name = claim.to_string();
        if self.claimed.is_literal() {
            return (self.claimed.as_str() == name).then(|| Repository::parse(self.here.as_str()).ok())?;
        }
        let tail = name.strip_prefix(self.claimed.as_str().strip_suffix("**")?)?;
        Repository::parse(&format!("{}{tail}", self.here.as_str().strip_suffix("**")?)).ok()
    }
}

/// The rows of a digest list, such as `allowlists/images.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestList {
    /// The file, as it is shown.
    pub file: String,
    /// The file as the policy names it, relative to `allowlists/`.
    pub name: String,
    /// Its rows; entries that name one file share them.
    pub rows: Arc<[ListedDigest]>,
    /// Where the entry names it.
    pub origin: Origin,
}

/// One row of a digest list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDigest {
    /// The repository that the row is for.
    pub repository: Repository,
    /// The digest of an index or manifest.
    pub digest: Digest,
    /// Platforms it was reviewed for; empty: all.
    pub platforms: Vec<Platform>,
    /// Why it is approved.
    pub why: String,
    /// Who approved it.
    pub by: String,
    /// The row holds before this moment.
    pub not_after: Option<Timestamp>,
    /// Where the row stands.
    pub origin: Origin,
}

/// What a row of `allowlists/denied.toml` denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeniedWhat {
    /// A digest, wherever it is.
    Everywhere(Digest),
    /// A digest in one repository: a tag that was moved back to it, or a release made by an abused workflow.
    InRepository {
        /// The repository.
        repository: Repository,
        /// The digest, `tag-digest`.
        digest: Digest,
    },
}

/// One row of `allowlists/denied.toml`: looked at first, and no signature helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// What is denied.
    pub what: DeniedWhat,
    /// Why.
    pub why: String,
    /// Who denied it.
    pub by: String,
    /// Where the row stands.
    pub origin: Origin,
}

/// `allowlists/envrc.toml`: what direnv may be allowed to load at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvrcList {
    /// Folders in which, or beneath which, an `.envrc` may be approved.
    pub directories: Vec<EnvrcDirectory>,
    /// Files that may run before every `.envrc`.
    pub startup: Vec<EnvrcStartup>,
    /// What `.envrc` files of the repository load, as it was locked; several of one file permit several states.
    pub closures: Vec<EnvrcClosure>,
    /// The list itself.
    pub origin: Origin,
}

impl EnvrcList {
    /// Whether it says where files may be approved, and what may run before them: one that holds locks alone does not.
    pub fn restricts(&self) -> bool {
        self.closures.is_empty() || !self.directories.is_empty() || !self.startup.is_empty()
    }
}

/// Everything that one `.envrc` makes the shell load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvrcClosure {
    /// The file, from the root of the version-controlled tree in which the policy lies.
    pub file: String,
    /// The digest of the members ([`proofmark_core::closure_digest`]).
    pub sha256: Digest,
    /// Sorted by path and kind.
    pub members: Vec<EnvrcMember>,
    /// Who locked it.
    pub by: String,
    /// Where the row stands.
    pub origin: Origin,
}

/// A member of [`EnvrcClosure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvrcMember {
    /// Its path, from the folder of the file; of a download its address.
    pub path: String,
    /// One of [`proofmark_core::MEMBER_KINDS`].
    pub kind: String,
    /// `absent`, `sha256:…`, or the integrity of a download.
    pub content: String,
}

/// A folder of [`EnvrcList`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvrcDirectory {
    /// Absolute, or `~/…`; no slash at its end.
    pub path: String,
    /// Why.
    pub why: String,
    /// Who answers for it.
    pub by: String,
    /// Where the row stands.
    pub origin: Origin,
}

/// A startup file of [`EnvrcList`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvrcStartup {
    /// Absolute, or `~/…`.
    pub path: String,
    /// SHA-256 of the bytes that were reviewed, in lower-case hexadecimal.
    pub sha256: String,
    /// Why.
    pub why: String,
    /// Who reviewed it.
    pub by: String,
    /// Where the row stands.
    pub origin: Origin,
}

/// Something that loading or [`crate::lint`] found: not an error, and worth mending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintFinding {
    /// The rule's identifier.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// One thing to do.
    pub help: String,
}

pub use crate::base::{ApprovedBase, BaseRule};
pub use crate::binary::{BinaryDemand, BinaryEntry, BinaryList, VendorKeyKind, VendorSigner};
pub use crate::exception::Exception;
