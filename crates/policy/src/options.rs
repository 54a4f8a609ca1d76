//! What loading needs from its caller: the time, who may own a policy, and what the verifier says of keys and roots.

use std::path::Path;

use proofmark_core::Timestamp;

use crate::{KeyFacts, RootFacts, VendorKeyKind};

/// Who may own the files of a policy (verdicts.md 1, "Which policy").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerRule {
    /// The caller or root: a policy that was found.
    CallerOrRoot {
        /// The caller's effective user id.
        uid: u32,
    },
    /// Whoever owns the policy's directory, or root: `--policy`.
    DirectoryOwner,
    /// Root, and no group may write: the machine's policy, which the node hook uses.
    Root,
    /// No question is asked: tests, and policies without files.
    Any,
}

/// Reads a public key's PEM text: the facts, or why it cannot be used (weak, unknown, malformed).
pub type KeyCheck<'a> = &'a dyn Fn(&str) -> Result<KeyFacts, String>;

/// Reads the file of a vendor's key: the facts, or why it cannot be used (weak, malformed, another key than the policy says). That it
/// has ended is no error of the policy: what it signed then is judged where it is used.
pub type VendorCheck<'a> = &'a dyn Fn(&VendorKeyKind, &[u8]) -> Result<KeyFacts, String>;

/// Reads a trusted root: its name, and its bytes or `None` for a built-in one.
pub type RootCheck<'a> = &'a dyn Fn(&str, Option<&[u8]>) -> Result<RootFacts, String>;

/// Reads the certificates of a `ca-file`: nothing, or why they cannot be used.
pub type CaCheck<'a> = &'a dyn Fn(&[u8]) -> Result<(), String>;

/// The trusted roots that are compiled in.
pub const BUILT_IN_ROOTS: &[&str] = &["sigstore-public-good", "github"];

/// What [`crate::Policy::load`] needs.
#[derive(Clone, Copy)]
pub struct LoadOptions<'a> {
    /// Evaluation time: expiry of exceptions, age of roots.
    pub now: Timestamp,
    /// Who may own the policy.
    pub owner_rule: OwnerRule,
    /// Paths below it are shown relative to it: the working directory.
    pub display_base: Option<&'a Path>,
    /// Reads keys.
    pub key_check: KeyCheck<'a>,
    /// Reads keys of vendors.
    pub vendor_check: VendorCheck<'a>,
    /// Reads trusted roots.
    pub root_check: RootCheck<'a>,
    /// Reads the certificates of a `ca-file`.
    pub ca_check: CaCheck<'a>,
    /// Identifiers of the rules that take exceptions, by digest and repository.
    pub exception_rules: &'a [&'a str],
}

impl std::fmt::Debug for LoadOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadOptions")
            .field("now", &self.now)
            .field("owner_rule", &self.owner_rule)
            .field("display_base", &self.display_base)
            .finish_non_exhaustive()
    }
}
