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
    /// Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by.
    #[arg(long, value_name = "REV")]
    pub(crate) policy_from: Option<String>,
}

impl PolicySource {
    /// Whether a policy was asked for: then none is not the same as any.
    pub(crate) const fn is_named(&self) -> bool {
        self.policy.is_some() || self.policy_from.is_some()
    }
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
