//! The schema of `proofmark.toml` and its allowlists, loaded with spans, every error at once.
//!
//! [`locate`] or [`Location::at`] finds a policy, [`Policy::load`] reads it with everything that it names, and [`lint`]
//! says what weakens it. Nothing here uses the network or verifies a signature: what keys and trusted roots are worth,
//! the caller's checks say ([`LoadOptions`]).

mod append;
mod attestation;
mod base;
mod binary;
mod change;
mod error;
mod exception;
mod files;
mod first;
mod level;
mod lint;
mod load;
mod locate;
mod lock;
mod model;
mod options;
mod render;
mod schema;
mod select;
mod show;
mod single;
mod source;
mod write;

pub use append::{AppendError, Appended, NewBase, append_bases};
pub use attestation::{
    AllowedAdvisory, Attestations, Condition, CustomRule, Demand, FailAt, ProvenanceRule, SbomFormat,
    SbomRule, Scalar, VsaRule, VulnerabilityRule, source_uri,
};
pub use change::{changes, replaced};
pub use error::{Code, LoadFailure, MAX_ERRORS, PolicyError};
pub use exception::{ExceptionSubject, MAX_DAYS as MAX_EXCEPTION_DAYS, NEVER_EXCEPTED};
pub use files::{DirectoryFiles, FileError, Files, MemoryFiles, files_digest};
pub use first::{FirstImage, FirstPolicy, FirstSigner, Seen, SeenBy};
pub use level::SlsaLevel;
pub use lint::{
    lint,
    rules::{ROOT_OLD, RULES},
};
pub use load::{Allowlist, Draft, check_allowlist, parse_str};
pub use locate::{FILE_NAME, Location, MACHINE_DIRECTORY, locate};
pub use lock::{LockError, NewClosure, write_closure};
pub use model::{
    Also, ApprovedBase, BaseRule, BinaryDemand, BinaryEntry, BinaryList, Denied, DeniedWhat, DigestList,
    EnvrcClosure, EnvrcDirectory, EnvrcList, EnvrcMember, EnvrcStartup, Exception, How, ImageEntry, KeyFacts,
    LintFinding, ListedDigest, NamedRoot, Policy, RepositoryRule, RootFacts, RootMeta, RootOrigin, TagFrom,
    VendorKeyKind, VendorSigner,
};
pub use options::{BUILT_IN_ROOTS, CaCheck, KeyCheck, LoadOptions, OwnerRule, RootCheck, VendorCheck};
pub use render::{render_errors, render_failure};
pub use schema::{allowlist_schema, json_schema, parse_span};
pub use show::render_show;
pub use single::{SingleEntry, SingleSigner};
