//! `proofmark envrc …`, a file for each command.

mod allow;
mod audit;
mod status;

use clap::Subcommand;

use super::deferred::Deferred;

pub(crate) use allow::{EnvrcAllowArgs, EnvrcGuardArgs, EnvrcVerifyArgs};
pub(crate) use audit::EnvrcAuditArgs;
pub(crate) use status::EnvrcStatusArgs;

/// Commands about the files that direnv runs.
#[derive(Debug, Subcommand)]
pub(crate) enum EnvrcCommand {
    /// Tell what .envrc files do, with everything that they load, without running any of it.
    Audit(Deferred<EnvrcAuditArgs>),
    /// Approve an .envrc for direnv, after an audit, with everything that it loads.
    Allow(Deferred<EnvrcAllowArgs>),
    /// Tell whether an .envrc and everything that it loads are as they were approved.
    Verify(Deferred<EnvrcVerifyArgs>),
    /// Print what makes direnv ask `envrc verify` before it loads a file.
    Guard(Deferred<EnvrcGuardArgs>),
    /// Tell what direnv trusts on this machine: approvals, settings, startup files and downloads.
    Status(Deferred<EnvrcStatusArgs>),
}
