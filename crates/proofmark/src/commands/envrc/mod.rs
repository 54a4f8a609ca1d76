//! `proofmark envrc …`, a file for each command.

mod audit;
mod status;

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
        EnvrcCommand::Audit(args) => audit::audit(args, output),
        EnvrcCommand::Status(args) => status::status(args, surroundings, output),
    }
}
