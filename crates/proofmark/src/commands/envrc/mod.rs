//! `proofmark envrc …`, a file for each command.

mod allow;
mod audit;
mod diff;
mod guard;
mod judge;
mod lock;
mod pairs;
mod status;
mod verify;

use proofmark_engine::Exit;

use super::verify::Surroundings;
use crate::cli::EnvrcCommand;
use crate::failure::Failure;
use crate::output::Output;

/// Runs the command.
pub(crate) fn run(
    command: &EnvrcCommand,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        EnvrcCommand::Audit(args) => audit::audit(args, surroundings, output),
        EnvrcCommand::Allow(args) => allow::allow(args, surroundings, output),
        EnvrcCommand::Verify(args) => verify::verify(args, surroundings),
        EnvrcCommand::Guard(args) => guard::guard(args, surroundings, output),
        EnvrcCommand::Status(args) => status::status(args, surroundings, output),
    }
}
