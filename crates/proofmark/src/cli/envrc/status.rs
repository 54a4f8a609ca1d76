//! `proofmark envrc status`.

use clap::Args;

use crate::cli::{OutputArgs, PolicySource};

/// `proofmark envrc status`.
#[derive(Debug, Args)]
pub(crate) struct EnvrcStatusArgs {
    /// Remove approvals and downloads that are reported, each after a question; nothing else is ever changed.
    #[arg(long)]
    pub(crate) fix: bool,
    /// With --fix, remove this file without a question: allow/HASH, allowed-required/HASH/HASH or cas/HASH. May be repeated.
    #[arg(long, value_name = "FILE", requires = "fix")]
    pub(crate) yes: Vec<String>,
    /// The policy, whose allowlists/envrc.toml says what may be approved at all.
    #[command(flatten)]
    pub(crate) source: PolicySource,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
