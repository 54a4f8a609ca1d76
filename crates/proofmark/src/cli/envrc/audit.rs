//! `proofmark envrc audit`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{FilesArgs, OutputArgs, PolicySource};

/// `proofmark envrc audit`.
#[derive(Debug, Args)]
pub(crate) struct EnvrcAuditArgs {
    /// Files, whatever they are called, or directories with every .envrc below them.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Judge what a change adds alone: BASE..HEAD, BASE...HEAD (since the two came apart), or BASE (the work tree against it).
    #[arg(long, value_name = "BASE..HEAD")]
    pub(crate) diff: Option<String>,
    /// The files.
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// The policy, whose allowlists/envrc.toml locks what is loaded, and whose exceptions answer for findings.
    #[command(flatten)]
    pub(crate) source: PolicySource,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
