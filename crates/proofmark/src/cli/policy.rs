//! `proofmark policy …`, and where a policy comes from.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{OutputArgs, TimeArgs};

/// Where the policy comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicySource {
    /// The policy file, or the directory that holds proofmark.toml; else the nearest one upward.
    #[arg(long, value_name = "PATH")]
    pub(crate) policy: Option<PathBuf>,
}

/// Commands about the policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show the policy in effect, and where each part comes from.
    Show {
        /// When ages are judged.
        #[command(flatten)]
        time: TimeArgs,
        /// The policy.
        #[command(flatten)]
        source: PolicySource,
    },
    /// Find what weakens a policy.
    Lint {
        /// The policy.
        #[command(flatten)]
        source: PolicySource,
        /// The report.
        #[command(flatten)]
        output: Box<OutputArgs>,
    },
    /// Accept the policy found in this repository, as it stands now, for commands that run things.
    Trust {
        /// The policy.
        #[command(flatten)]
        source: PolicySource,
    },
}
