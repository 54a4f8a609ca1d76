//! Commands over the files of a repository: `proofmark check`, `proofmark image scan`.

use std::path::PathBuf;

use clap::Args;

use super::policy::PolicySource;
use super::{OutputArgs, TimeArgs};

/// Which files are looked into.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
pub(crate) struct FilesArgs {
    /// Leave out files and directories whose path below PATH matches: `charts/**`; may be repeated.
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
}

/// `proofmark check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The repository, a directory of it, or a file.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// The files.
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// Do not use the download cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// The policy; the nearest one is looked for upward of PATH.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `proofmark init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The directory of the repository: the policy is written here.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Write nothing, and show what would be written.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// A public key that may have signed, PEM; may be repeated. `*.pub` in PATH and PATH/trust-roots are tried as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// The `trusted_root.json` of a private Sigstore, in place of the built-in roots.
    #[arg(long, value_name = "FILE")]
    pub(crate) trusted_root: Option<PathBuf>,
    /// The files.
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// Do not use the download cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// When validity is judged.
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

/// `proofmark image pin`.
#[derive(Debug, Args)]
pub(crate) struct ImagePinArgs {
    /// Directories, or files.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing and ask no registry: exit 1 if something would be pinned.
    #[arg(long, conflicts_with_all = ["update", "dry_run", "no_verify"])]
    pub(crate) check: bool,
    /// Change nothing, and show what would change.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also bring the digests of references that have a tag and a digest to what the tag names now.
    #[arg(long)]
    pub(crate) update: bool,
    /// Pin what the policy does not verify, too.
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// The files.
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// Do not use the download cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// When validity is judged, and allows end.
    #[command(flatten)]
    pub(crate) time: TimeArgs,
    /// The policy; the nearest one is looked for upward of the first PATH.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

/// `proofmark image scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// A directory, or a file.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Print every reference as JSON.
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Count only inline allows that stood at this git revision, beside the same reference of the same file.
    #[arg(long, value_name = "REV")]
    pub(crate) policy_from: Option<String>,
    /// The files.
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
