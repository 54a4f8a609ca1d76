//! `proofmark envrc …`, a file for each command.

mod audit;

use clap::Subcommand;

use super::deferred::Deferred;

pub(crate) use audit::EnvrcAuditArgs;

/// Commands about the files that direnv runs.
#[derive(Debug, Subcommand)]
pub(crate) enum EnvrcCommand {
    /// Tell what .envrc files do, with everything that they load, without running any of it.
    Audit(Deferred<EnvrcAuditArgs>),
}
