//! `proofmark pin …`, a file for each command.

mod import;
mod list;
mod verify;

use proofmark_engine::Exit;

use super::verify::Surroundings;
use crate::cli::PinCommand;
use crate::failure::Failure;
use crate::output::Output;

/// Runs the command.
pub(crate) fn run(
    command: &PinCommand,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        PinCommand::Verify(args) => verify::verify(args, surroundings, output),
        PinCommand::List(args) => list::list(args, output),
        PinCommand::Import(args) => import::import(args, surroundings, output),
    }
}
