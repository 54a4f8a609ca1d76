//! `proofmark envrc …`, a file for each command.

mod audit;
mod status;

use clap::Subcommand;

use super::deferred::Deferred;

pub(crate) use audit::EnvrcAuditArgs;
pub(crate) use status::EnvrcStatusArgs;

/// Commands about the files that direnv runs.
#[derive(Debug, Subcommand)]
pub(crate) enum EnvrcCommand {
    /// Tell what .envrc files do, with everything that they load, without running any of it.
    Audit(Deferred<EnvrcAuditArgs>),
    /// Tell what direnv trusts on this machine: approvals, settings, startup files and downloads.
    Status(Deferred<EnvrcStatusArgs>),
}
