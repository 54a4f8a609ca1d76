//! `proofmark trust …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::TimeArgs;
use super::policy::PolicySource;

/// Commands about trusted roots.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Show authorities and logs of the trusted roots, with their windows and ages.
    Show {
        /// When windows and ages are judged.
        #[command(flatten)]
        time: TimeArgs,
        /// The policy whose roots are shown; the built-in roots are always shown.
        #[command(flatten)]
        source: PolicySource,
    },
    /// Compare a trusted root file with the one in use.
    Diff {
        /// The other trusted root (JSON).
        file: PathBuf,
        /// The name of the root in use.
        #[arg(long, default_value = "sigstore-public-good", value_name = "NAME")]
        root: String,
        /// When windows are judged.
        #[command(flatten)]
        time: TimeArgs,
        /// The policy whose roots are compared.
        #[command(flatten)]
        source: PolicySource,
    },
    /// Fetch the newest trusted root by TUF into trust-roots/.
    Update(UpdateArgs),
}

/// `proofmark trust update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// The name under which it is kept.
    #[arg(long, default_value = "sigstore-public-good", value_name = "NAME")]
    pub(crate) name: String,
    /// The TUF repository; that of the built-in root of this name otherwise.
    #[arg(long, value_name = "URL", requires = "root")]
    pub(crate) mirror: Option<String>,
    /// The TUF root metadata to start from (JSON).
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    /// The policy whose trust-roots/ is updated.
    #[command(flatten)]
    pub(crate) source: PolicySource,
}
