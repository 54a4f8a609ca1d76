//! `proofmark pin …`, a file for each command.

mod add;
mod adding;
mod doctor;
pub(crate) mod exec;
mod import;
mod install;
mod list;
mod refused;
mod shim;
mod told;
mod update;
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
        PinCommand::Add(args) => add::add(args, surroundings, output),
        PinCommand::Install(args) => install::install(args, surroundings, output),
        PinCommand::Update(args) => update::update(args, surroundings, output),
        PinCommand::Verify(args) => verify::verify(args, surroundings, output),
        PinCommand::Doctor(args) => doctor::doctor(args, surroundings, output),
        PinCommand::List(args) => list::list(args, output),
        PinCommand::Exec(args) => {
            Err(exec::Call::asked(args, surroundings.quiet).run(surroundings.environment))
        }
        PinCommand::Shim(args) => shim::shim(args, surroundings.environment, output),
        PinCommand::Import(args) => import::import(args, surroundings, output),
    }
}
