//! The command line, one definition for parsing, help, completions and man page.

mod base;
mod deferred;
mod envrc;
mod image;
mod node;
mod output;
mod pin;
mod pin_add;
mod pin_exec;
mod policy;
mod pull;
mod repository;
mod save;
mod trust;

use clap::{Parser, Subcommand};

use deferred::Deferred;

pub(crate) use base::{BaseAddArgs, BaseCheckArgs, BaseCommand};
pub(crate) use envrc::{
    EnvrcAllowArgs, EnvrcAuditArgs, EnvrcCommand, EnvrcGuardArgs, EnvrcStatusArgs, EnvrcVerifyArgs,
};
pub(crate) use image::{
    ImageCommand, ImagesArgs, ReadingArgs, SingleEntryArgs, TransparencyArg, TreeArgs, VerifyArgs,
};
pub(crate) use node::{NodeCommand, NodeDoctorArgs, NodeInstallArgs};
pub(crate) use output::{ColorChoice, OutputArgs, ReportArgs, TimeArgs};
pub(crate) use pin::{PinCommand, PinDoctorArgs, PinImportArgs, PinListArgs, PinVerifyArgs};
pub(crate) use pin_add::{PinAddArgs, PinInstallArgs, PinUpdateArgs, PinningArgs, ToolVersion};
pub(crate) use pin_exec::{PinExecArgs, PinShimArgs};
pub(crate) use policy::{PolicyCommand, PolicySource};
pub(crate) use pull::{LayoutDir, PullArgs};
pub(crate) use repository::{CheckArgs, FilesArgs, ImagePinArgs, InitArgs, ScanArgs};
pub(crate) use save::SaveArgs;
pub(crate) use trust::{TrustCommand, UpdateArgs};

/// May this run? Verify container images and executables against your policy, and tell what an .envrc does.
///
/// Exit codes: 0 clean, 1 failed, 2 usage or configuration error, 3 could not verify, 4 nothing to check.
#[derive(Debug, Parser)]
#[command(name = "proofmark", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// No progress display and no notes: only the report and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// No progress display.
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    /// Never use the network.
    #[arg(long, global = true)]
    pub(crate) offline: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a repository: every gate that the policy configures, over every file, in one report.
    Check(Deferred<CheckArgs>),
    /// Write a first policy from what a repository's files name and who signs it, with nothing trusted yet.
    Init(Deferred<InitArgs>),
    /// Verify container images, or show what is attached to one.
    #[command(subcommand)]
    Image(ImageCommand),
    /// Tell what the files do that direnv runs when a folder is entered.
    #[command(subcommand)]
    Envrc(EnvrcCommand),
    /// Pin executables, install them, and verify them by the lock that pins them.
    #[command(subcommand)]
    Pin(PinCommand),
    /// Ask for every image that a node pulls: the hook of containerd.
    #[command(subcommand)]
    Node(NodeCommand),
    /// Show, compare and update trusted roots.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Show, check and accept policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Explain a rule, a reason or an error, offline.
    Explain {
        /// A rule such as `image-signature`, a reason such as `unsigned`, or an error such as `policy-invalid`.
        name: String,
    },
    /// List every rule.
    Rules,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page in roff.
    Man,
}
