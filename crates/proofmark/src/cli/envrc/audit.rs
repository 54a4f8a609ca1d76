//! `proofmark envrc audit`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{FilesArgs, OutputArgs};

/// `proofmark envrc audit`.
#[derive(Debug, Args)]
pub(crate) struct EnvrcAuditArgs {
    /// Files, whatever they are called, or directories with every .envrc below them.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// The files.
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
