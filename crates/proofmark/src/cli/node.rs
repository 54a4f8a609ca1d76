//! `proofmark node …`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Commands of a node that runs containers.
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Answer containerd: may this image be pulled? Called by containerd, with its options and a descriptor on standard input.
    Verify {
        /// containerd's own options: -name, -digest, -stdin-media-type, -operation.
        #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Put the hook among containerd's image verifiers.
    Install(NodeInstallArgs),
    /// Find each state in which containerd pulls without asking.
    Doctor(NodeDoctorArgs),
}

/// `proofmark node install`.
#[derive(Debug, Args)]
pub(crate) struct NodeInstallArgs {
    /// Place the link and the configuration; without it they are only shown.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) write: bool,
    /// Show what would be placed; the default.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// containerd's configuration.
    #[arg(long, value_name = "PATH", default_value = "/etc/containerd/config.toml")]
    pub(crate) config: PathBuf,
}

/// `proofmark node doctor`.
#[derive(Debug, Args)]
pub(crate) struct NodeDoctorArgs {
    /// containerd's configuration.
    #[arg(long, value_name = "PATH", default_value = "/etc/containerd/config.toml")]
    pub(crate) config: PathBuf,
}
