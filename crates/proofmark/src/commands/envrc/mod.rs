//! `proofmark envrc …`, a file for each command.

mod audit;

use proofmark_engine::Exit;

use crate::cli::EnvrcCommand;
use crate::failure::Failure;
use crate::output::Output;

/// Runs the command.
pub(crate) fn run(command: &EnvrcCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        EnvrcCommand::Audit(args) => audit::audit(args, output),
    }
}
