//! `proofmark envrc allow`, `verify` and `guard`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{OutputArgs, PolicySource};

/// `proofmark envrc allow`.
#[derive(Debug, Args)]
pub(crate) struct EnvrcAllowArgs {
    /// The .envrc, or the directory that holds it.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write nothing, and show what would be approved.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Lock what the file loads in allowlists/envrc.toml, also where it was not locked before.
    #[arg(long)]
    pub(crate) lock: bool,
    /// Who locks it; by default the user.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// The policy, whose allowlists/envrc.toml says what may be approved at all, and locks what is loaded.
    #[command(flatten)]
    pub(crate) source: PolicySource,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `proofmark envrc verify`.
#[derive(Debug, Args)]
pub(crate) struct EnvrcVerifyArgs {
    /// The .envrc, or the directory that holds it.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
}

/// `proofmark envrc guard`.
#[derive(Debug, Args)]
pub(crate) struct EnvrcGuardArgs {
    /// Write it where direnv reads it, in place of printing it.
    #[arg(long)]
    pub(crate) write: bool,
}
