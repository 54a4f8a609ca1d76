//! `proofmark pin exec` and `proofmark pin shim`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::PolicySource;

/// `proofmark pin exec`.
///
/// It judges at the clock's time alone: what is verified runs now.
#[derive(Debug, Args)]
pub(crate) struct PinExecArgs {
    /// The tool, as the lock names it.
    #[arg(value_name = "TOOL")]
    pub(crate) tool: String,
    /// What the tool gets.
    #[arg(last = true, value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<OsString>,
    /// Run the file of this directory; else the first on PATH that is no shim.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    /// Run this version alone; else every pinned one that the policy allows.
    #[arg(long, value_name = "VERSION")]
    pub(crate) pin_version: Option<String>,
    /// Hash the file whatever is remembered, and remember nothing.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// The policy; proofmark.lock lies beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

/// `proofmark pin shim`.
#[derive(Debug, Args)]
pub(crate) struct PinShimArgs {
    /// Tools of the lock that shall run through proofmark.
    #[arg(value_name = "TOOL", required = true)]
    pub(crate) tools: Vec<String>,
    /// Where the shims go; else $XDG_DATA_HOME/proofmark/shims.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Where the tools are; else the shims take the first on PATH that is no shim.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    /// The policy, which the shims keep where it is named; proofmark.lock lies beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}
