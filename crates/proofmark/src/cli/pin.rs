//! `proofmark pin …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::deferred::Deferred;
use super::pin_add::{PinAddArgs, PinInstallArgs, PinUpdateArgs};
use super::{OutputArgs, PinExecArgs, PinShimArgs, PolicySource};

/// Commands about pinned executables.
#[derive(Debug, Subcommand)]
pub(crate) enum PinCommand {
    /// Download a tool, verify who signed it, and pin it in proofmark.lock.
    Add(Deferred<PinAddArgs>),
    /// Install what proofmark.lock pins for this platform, verified before it gets its name.
    Install(Deferred<PinInstallArgs>),
    /// Pin newer versions of what is pinned, for somebody to review.
    Update(Deferred<PinUpdateArgs>),
    /// Tell whether executables are the ones that proofmark.lock pins, and signed by those whom the policy names.
    Verify(Deferred<PinVerifyArgs>),
    /// Tell what a tool's name leads to in every PATH: shells, sudo, cron, systemd, direnv.
    Doctor(Deferred<PinDoctorArgs>),
    /// List what proofmark.lock pins.
    List(Deferred<PinListArgs>),
    /// Pin what the lists of other tools say: aqua-checksums.json, mise.lock, or a list of checksums.
    Import(Deferred<PinImportArgs>),
    /// Verify a tool, and run exactly what was verified: the process becomes the tool.
    Exec(Deferred<PinExecArgs>),
    /// Write files that stand for tools on PATH, and run them as exec does.
    Shim(Deferred<PinShimArgs>),
}

/// `proofmark pin verify`.
#[derive(Debug, Args)]
pub(crate) struct PinVerifyArgs {
    /// Executables, or directories of them; without any, what PATH leads to of each tool of the policy.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// What PATH leads to of each tool of the policy.
    #[arg(long, conflicts_with = "paths")]
    pub(crate) installed: bool,
    /// A program that was built with proofmark-build: what it carries of its lock, and not the program itself.
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["paths", "installed"])]
    pub(crate) embedded: Option<PathBuf>,
    /// The policy; proofmark.lock lies beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `proofmark pin doctor`.
#[derive(Debug, Args)]
pub(crate) struct PinDoctorArgs {
    /// Only these tools; else those that the policy lists or the lock pins.
    #[arg(value_name = "TOOL")]
    pub(crate) tools: Vec<String>,
    /// The repository whose .envrc, devcontainer.json and Dockerfiles are looked at.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) path: PathBuf,
    /// The layers of an image in an OCI layout, in place of this machine.
    #[arg(long, value_name = "oci:DIR[:TAG]")]
    pub(crate) image: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The policy; proofmark.lock lies beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

/// `proofmark pin list`.
#[derive(Debug, Args)]
pub(crate) struct PinListArgs {
    /// Only these tools.
    #[arg(value_name = "TOOL")]
    pub(crate) tools: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The policy; proofmark.lock lies beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

/// `proofmark pin import`.
#[derive(Debug, Args)]
pub(crate) struct PinImportArgs {
    /// aqua-checksums.json, mise.lock, or lines as sha256sum writes them.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Call the tool so, whatever its files are called.
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// The version, where it does not stand in the addresses.
    #[arg(long, value_name = "VERSION")]
    pub(crate) tool_version: Option<String>,
    /// Where the files of a list of checksums are.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Only entries whose address contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Who keeps the list, if that is not the vendor: it counts as a source then.
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    /// Replace pins of another SHA-256.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Write nothing, and show what would be pinned.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who pins; by default the user.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// The policy; proofmark.lock lies beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}
